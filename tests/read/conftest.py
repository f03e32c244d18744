"""What the tests of reading share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bonescan.model.scan import DxaScan, Scan
from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Scan]:
    """Write bytes under a name and read them as a scan."""

    def _read(data: bytes, name: str = "scan.dcm", **settings: float) -> Scan:
        path = tmp_path / name
        path.write_bytes(data)
        return read_scan(path, ReadSettings(**settings))

    return _read


@pytest.fixture
def read_dxa(read: Callable[..., Scan]) -> Callable[..., DxaScan]:
    """Read bytes that are a densitometry file."""

    def _read(data: bytes) -> DxaScan:
        scan = read(data)
        assert isinstance(scan, DxaScan)
        return scan

    return _read
