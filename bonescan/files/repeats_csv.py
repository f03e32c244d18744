"""Repeated measurements from a CSV: one value a row, or one column a scan."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bonescan.errors import UsageError

from .csv_table import CsvRow, CsvTable, read_csv_table
from .vertebra_sets import with_vertebra_sets

SUBJECT_NAMES = ("patient_id", "subject_id", "subject")
VALUE_NAMES = ("bmd_g_cm2",)
# What separates groups that are never pooled, as named in results.csv.
KEY_NAMES = (
    "site", "vertebrae_used", "technique", "origin", "manufacturer", "device_model",
    "device_serial",
)  # fmt: skip
OTHER_NAMES = frozenset({"exam_date", "exam_time", "scan", "replicate", "file", "sha256", "flags"})
# Flags of results.csv under which nobody knows whose scan a row is.
IN_DOUBT = frozenset({"identity_conflict", "no_patient_id"})
_NUMBERED = re.compile(r"(.*?)[ _-]?(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """One measurement of one person; `value` is NaN where the cell is empty."""

    subject: str
    value: float
    key: tuple[str, ...]  # of KEY_NAMES
    by: tuple[str, ...]  # of the columns asked for
    exam_date: str
    exam_time: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatTable:
    """The measurements of a table, in its order."""

    rows: tuple[Repeat, ...]
    by: tuple[str, ...]
    unit: str
    unused: tuple[str, ...]  # text columns whose values differ between people, not used
    n_in_doubt: int  # rows left out, flagged as of nobody knows whom


def read_repeats(
    path: Path,
    *,
    subject: str = "",
    values: Sequence[str] = (),
    by: Sequence[str] = (),
    vertebra_sets: bool = False,
) -> RepeatTable:
    """Read a table of repeats.

    Parameters
    ----------
    path : Path
        CSV with a column of people. Long: one value column (`bmd_g_cm2`), the
        repeats of a person in several rows, with the column names of
        ``results.csv`` where known. Wide: one column a scan (`scan1`, `scan2` …).
    subject : str, optional
        Column of people; else `patient_id`, `subject_id` or `subject`.
    values : sequence of str, optional
        Value column, or several in the wide form; else found by their names.
    by : sequence of str, optional
        Further columns whose values are never pooled.
    vertebra_sets : bool, default False
        Add the sets of vertebrae that single ones with BMC and area allow.

    Raises
    ------
    UsageError
        BS-E320, BS-E321 as for every table; BS-E390 a column is missing or
        stands twice; BS-E391 a value is no finite number, or nobody is named.
    """
    table = read_csv_table(path)
    if vertebra_sets:
        table = with_vertebra_sets(table)
    header = table.header
    twice = [c for c, n in Counter(header).items() if n > 1 and c]
    if twice:
        raise UsageError("BS-E390", f"found the column {twice[0]!r} twice, wanted once.", file=path)
    people = _column(header, [subject] if subject else SUBJECT_NAMES, "people", path)
    measured = _value_columns(header, values, path)
    for name in by:
        _column(header, [name], "groups", path)
    known = CsvTable(header=header, rows=tuple(r for r in table.rows if not _in_doubt(header, r)))
    rows = _rows(known, people, measured, tuple(by), path)
    used = {people, *measured, *by, *KEY_NAMES, *OTHER_NAMES}
    return RepeatTable(
        rows=tuple(rows),
        by=tuple(by),
        unit="g/cm2" if all("g_cm2" in m for m in measured) else "",
        unused=tuple(c for c in header if c and c not in used and _separates(known, c, people)),
        n_in_doubt=len(table.rows) - len(known.rows),
    )


def _in_doubt(header: Sequence[str], row: CsvRow) -> bool:
    cells = dict(zip(header, row.cells, strict=False))
    return not IN_DOUBT.isdisjoint(cells.get("flags", "").split(";"))


def _column(header: Sequence[str], wanted: Sequence[str], what: str, path: Path) -> str:
    for name in wanted:
        if name in header:
            return name
    raise UsageError(
        "BS-E390",
        f"found the columns {', '.join(header)}, wanted {' or '.join(wanted)} for {what}.",
        file=path,
    )


def _value_columns(header: Sequence[str], values: Sequence[str], path: Path) -> tuple[str, ...]:
    if values:
        return tuple(_column(header, [v], "values", path) for v in values)
    for name in VALUE_NAMES:
        if name in header:
            return (name,)
    numbered: dict[str, list[str]] = {}
    for name in header:
        found = _NUMBERED.fullmatch(name)
        if found and found[1]:
            numbered.setdefault(found[1], []).append(name)
    several = [names for names in numbered.values() if len(names) > 1]
    if len(several) != 1:
        raise UsageError(
            "BS-E390",
            f"found the columns {', '.join(header)}, wanted bmd_g_cm2, or scan1, scan2 and so on.",
            file=path,
        )
    return tuple(several[0])


def _rows(
    table: CsvTable, people: str, measured: Sequence[str], by: Sequence[str], path: Path
) -> list[Repeat]:
    found: list[Repeat] = []
    for row in table.rows:
        cells = dict(zip(table.header, row.cells, strict=False))
        if not cells.get(people):
            raise UsageError(
                "BS-E391", f"found nobody in the column {people} of line {row.line}.", file=path
            )
        found.extend(
            Repeat(
                subject=cells[people],
                value=_number(cells.get(name, ""), name, row.line, path),
                key=tuple(cells.get(k, "") for k in KEY_NAMES),
                by=tuple(cells.get(b, "") for b in by),
                exam_date=cells.get("exam_date", ""),
                exam_time=cells.get("exam_time", ""),
                line=row.line,
            )
            for name in measured
        )
    return found


def _number(cell: str, column: str, line: int, path: Path) -> float:
    if not cell:
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        raise UsageError(
            "BS-E391",
            f"found {cell!r} in the column {column} of line {line}, wanted a number.",
            file=path,
        )
    return value


def _separates(table: CsvTable, column: str, people: str) -> bool:
    """Whether a column has several texts, the same within each person: a group, perhaps."""
    of_person: dict[str, set[str]] = {}
    for row in table.rows:
        cells = dict(zip(table.header, row.cells, strict=False))
        of_person.setdefault(cells.get(people, ""), set()).add(cells.get(column, ""))
    texts = set().union(*of_person.values()) if of_person else set()
    constant = all(len(found) == 1 for found in of_person.values())
    return constant and 1 < len(texts) < len(of_person) and not all(map(_is_number, texts))


def _is_number(text: str) -> bool:
    try:
        float(text or "nan")
    except ValueError:
        return False
    return True
