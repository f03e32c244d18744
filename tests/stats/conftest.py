"""What R computed: on our own synthetic tables, and on published ones beside the checkout."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parent / "data"
Table = dict[str, list[str]]


def _load_json(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.expected.json").read_text(encoding="utf-8"))


def _load_csv(folder: Path, name: str) -> Table:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: [row[column] for row in rows] for column in rows[0]}


@pytest.fixture(scope="session")
def expected() -> Callable[[str], Any]:
    """Give what R computed, by the name of a set in tests/stats/data."""
    return lambda name: _load_json(DATA, name)


@pytest.fixture(scope="session")
def table() -> Callable[[str], Table]:
    """Give the columns of a set in tests/stats/data, as text."""
    return lambda name: _load_csv(DATA, name)


@pytest.fixture(scope="session")
def published(shared_dir: Path) -> Callable[[str], tuple[Table, Any]]:
    """Give columns and R's values of a published set, which the project doesn't carry."""
    folder = shared_dir / "data" / "stats" / "visible"
    return lambda name: (_load_csv(folder, name), _load_json(folder, name))
