"""Phantom scans from a CSV: date and value, with device, phantom and service where known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bonescan.errors import UsageError

from .csv_table import CsvRow, read_csv_table

NAMES = {
    "date": ("date", "scan_date", "exam_date", "日期"),
    "value": ("value", "bmd_g_cm2", "bmd"),
    "device": ("device", "device_serial", "serial"),
    "phantom": ("phantom", "phantom_id"),
    "service": ("service", "event", "service_event"),
}
NEEDED = ("date", "value")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomScan:
    """One row; `value` is None for a service without a scan."""

    day: date
    value: float | None
    device: str
    phantom: str
    service: str  # what was done before this scan; "" for none
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomTable:
    """The rows in the order of day and line, and what was left out."""

    scans: tuple[PhantomScan, ...]
    left_out: tuple[str, ...]  # "line 7: value '1,177' is no number above 0"
    has_device: bool


def read_phantom_scans(path: Path, columns: dict[str, str] | None = None) -> PhantomTable:
    """Read a table of phantom scans.

    Parameters
    ----------
    path : Path
        CSV in any encoding that `read_csv_table` takes. A row with a service
        and no value only says when the service was.
    columns : dict, optional
        "date" and the like -> the column's own name, where it is another.

    Raises
    ------
    UsageError
        BS-E320, BS-E321 as for every table; BS-E420 for a missing column.
    """
    table = read_csv_table(path)
    header = [name.casefold() for name in table.header]
    at = {what: _find(header, what, (columns or {}).get(what, ""), path) for what in NAMES}
    scans: list[PhantomScan] = []
    left_out: list[str] = []
    for row in table.rows:
        cells = {what: _cell(row, index) for what, index in at.items()}
        found = _scan(cells, row.line)
        if isinstance(found, str):
            left_out.append(f"line {row.line}: {found}")
        else:
            scans.append(found)
    scans.sort(key=lambda s: (s.day, s.line))
    return PhantomTable(
        scans=tuple(scans), left_out=tuple(left_out), has_device=at["device"] is not None
    )


def _find(header: Sequence[str], what: str, named: str, path: Path) -> int | None:
    wanted = (named.casefold(),) if named else NAMES[what]
    found = [i for i, name in enumerate(header) if name in wanted]
    if len(found) == 1:
        return found[0]
    if found or named or what in NEEDED:
        shown = ", ".join(header[:12])
        number = "no" if not found else f"{len(found)}"
        raise UsageError(
            "BS-E420",
            f"found {number} column {named or ' or '.join(NAMES[what][:3])} among {shown[:200]}, "
            "wanted one.",
            file=path,
        )
    return None


def _cell(row: CsvRow, index: int | None) -> str:
    return row.cells[index] if index is not None and index < len(row.cells) else ""


def _scan(cells: dict[str, str], line: int) -> PhantomScan | str:
    try:
        day = date.fromisoformat(cells["date"].replace("/", "-"))
    except ValueError:
        return f"date {cells['date'][:40]!r} is no YYYY-MM-DD"
    value: float | None = None
    if cells["value"] or not cells["service"]:
        try:
            value = float(cells["value"])
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value > 0.0):
            return f"value {cells['value'][:40]!r} is no number above 0"
    return PhantomScan(
        day=day,
        value=value,
        device=cells["device"],
        phantom=cells["phantom"],
        service=cells["service"],
        line=line,
    )
