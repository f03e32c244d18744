"""Comparisons through the command line, and tables written for one test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

STATS = Path(__file__).resolve().parents[1] / "stats" / "data"


@pytest.fixture(scope="session")
def set_200() -> Path:
    """200 synthetic women; what R makes of them lies beside it."""
    return STATS / "rems_dxa_200.csv"


@pytest.fixture(scope="session")
def r_200() -> Any:
    return json.loads((STATS / "rems_dxa_200.expected.json").read_text(encoding="utf-8"))


@pytest.fixture
def agree(verb: Callable[..., tuple[int, str, str]]) -> Callable[..., Any]:
    """Call ``bonescan agree ... --json`` and give its data."""

    def call(*words: object) -> Any:
        key = tuple(str(w) for w in words)
        if key not in _SAID or str(STATS) not in key[0]:
            code, out, err = verb("agree", *words, "--json")
            assert code == 0, err
            _SAID[key] = out
        return json.loads(_SAID[key])["data"]

    return call


_SAID: dict[tuple[str, ...], str] = {}  # what was asked about the shipped table is asked once


@pytest.fixture
def refused(verb: Callable[..., tuple[int, str, str]]) -> Callable[..., tuple[int, str]]:
    """Call ``bonescan agree ... --json`` that must fail: exit code, and code with reason."""

    def call(*words: object) -> tuple[int, str]:
        code, out, err = verb("agree", *words, "--json")
        assert "Traceback" not in err
        problem = json.loads(out)["problems"][0]
        assert problem["severity"] == "error"
        assert problem["hint"]
        return code, f"{problem['code']} {problem['reason']}"

    return call


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[[str], Path]:
    """Write lines as a CSV."""

    def write(text: str) -> Path:
        path = tmp_path / "table.csv"
        path.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n")
        return path

    return write
