"""What the tests of densitometry files share: the byte builder of the reading tests."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from bonescan.dxa.measure import measure_dxa
from bonescan.model.outcome import StageResult
from bonescan.model.scan import DxaScan
from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings


@pytest.fixture(scope="session")
def dicom() -> ModuleType:
    """Builds DICOM files byte by byte (tests/read/dicom_bytes.py)."""
    return _module("dicom_bytes")


@pytest.fixture(scope="session")
def pages() -> ModuleType:
    """Builds PDF files byte by byte (tests/read/pdf_bytes.py)."""
    return _module("pdf_bytes")


def _module(name: str) -> ModuleType:
    path = Path(__file__).parents[1] / "read" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"{name}_for_dxa", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def scan_of(tmp_path: Path) -> Callable[[bytes], DxaScan]:
    """Read bytes that are a densitometry file."""

    def _read(data: bytes) -> DxaScan:
        path = tmp_path / "scan.dcm"
        path.write_bytes(data)
        scan = read_scan(path, ReadSettings())
        assert isinstance(scan, DxaScan)
        return scan

    return _read


@pytest.fixture
def measured(scan_of: Callable[[bytes], DxaScan]) -> Callable[[bytes], StageResult]:
    """Read and measure bytes that are a densitometry file."""
    return lambda data: measure_dxa(scan_of(data))
