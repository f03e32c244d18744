"""Read back the tables of a result folder, typed by their own data dictionary."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bonescan.errors import UsageError

DICTIONARY = "data_dictionary.csv"
PRIVATE = frozenset({"identities.csv"})  # who is who never leaves the result folder
DATES = frozenset({"exam_date"})
WHOLE = frozenset({"bytes", "n_results", "spectra_valid", "spectra_total"})
PRINTED_NUMBERS = frozenset({"value"})  # their unit stands in a column of its own
YES_NO = frozenset({"fragility_fracture", "needs_review", "rounding_decides"})
MAX_CELL_CHARACTERS = 1 << 20


class CellKind(StrEnum):
    """What the cells of a column hold, where they hold anything."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole number"
    DATE = "date"
    YES_NO = "yes or no"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedColumn:
    """A column with what the dictionary says of it."""

    name: str
    kind: CellKind
    meaning: str = ""
    unit: str = ""
    decimals: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultTable:
    """One table of a result folder; rows are read when they are asked for."""

    path: Path
    columns: tuple[TypedColumn, ...]

    @property
    def name(self) -> str:
        """The name without suffix."""
        return self.path.stem

    def rows(self) -> Iterator[list[str]]:
        """Read the rows one by one, cells as they stand."""
        with self.path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            next(reader, None)
            yield from reader


def result_tables(out: Path) -> list[ResultTable]:
    """List the tables of a result folder that may leave it, results first.

    Raises
    ------
    UsageError
        It holds no results.
    """
    if not (out / "results.csv").is_file() or not (out / DICTIONARY).is_file():
        raise UsageError(
            "BS-E305", f"found no results.csv in {out}, wanted the result folder of a run."
        )
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    known = _dictionary(out / DICTIONARY)
    names = sorted(
        (name for name in known if name not in PRIVATE and (out / name).is_file()),
        key=lambda n: (n != "results.csv", n != "patients.csv", n),
    )
    return [
        ResultTable(path=out / name, columns=_columns(out / name, known[name])) for name in names
    ]


def dictionary_table(out: Path) -> ResultTable:
    """Give the data dictionary as a table of its own, all text."""
    path = out / DICTIONARY
    return ResultTable(path=path, columns=_columns(path, {}))


def _dictionary(path: Path) -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["table"].endswith(".csv"):
                found.setdefault(row["table"], {})[row["name"]] = row
    return found


def _columns(path: Path, known: dict[str, dict[str, str]]) -> tuple[TypedColumn, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file), [])
    return tuple(_column(name, known.get(name, {})) for name in names)


def _column(name: str, row: dict[str, str]) -> TypedColumn:
    unit, decimals = row.get("unit", ""), row.get("decimals", "")
    kind = CellKind.NUMBER if unit or decimals else CellKind.TEXT
    for names, special in (
        (WHOLE, CellKind.WHOLE),
        (PRINTED_NUMBERS, CellKind.NUMBER),
        (DATES, CellKind.DATE),
        (YES_NO, CellKind.YES_NO),
    ):
        if name in names:
            kind = special
    return TypedColumn(
        name=name,
        kind=kind,
        meaning=row.get("meaning", ""),
        unit=unit,
        decimals=int(decimals) if decimals else None,
    )
