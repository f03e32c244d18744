"""Kernels beside their rivals, and whether the whole folder is being tested."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent
WHOLE_FOLDER = pytest.StashKey[bool]()
LAST = "test_signatures.py"


def load_rivals() -> ModuleType:
    """Load the table of benchmarks/rivals.py, wherever the tests are started from."""
    name = "benchmarks.rivals"
    if name not in sys.modules:
        path = HERE.parent.parent / "benchmarks" / "rivals.py"
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests that judge all others' kernels last, and see whether all will run."""
    items.sort(key=lambda item: item.path == HERE / LAST)  # stable: nothing else moves
    collected = {item.path for item in items}
    chosen = config.option.keyword or config.option.markexpr or "::" in " ".join(config.args)
    config.stash[WHOLE_FOLDER] = not chosen and collected.issuperset(HERE.glob("test_*.py"))


@pytest.fixture
def whole_folder(request: pytest.FixtureRequest) -> bool:
    """Whether every test of this folder was collected and none deselected."""
    return request.config.stash[WHOLE_FOLDER]
