"""Phantom scans from a CSV: date and value, with device, phantom and service where known."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bonescan.errors import UsageError

from .csv_table import CsvRow, read_csv_table
from .fact_dates import parse_date
from .fact_values_error import Refused

NAMES = {
    "date": ("date", "scan_date", "exam_date", "日期"),
    "value": ("value", "bmd_g_cm2", "bmd"),
    "device": ("device", "device_serial", "serial"),
    "phantom": ("phantom", "phantom_id"),
    "service": ("service", "event", "service_event"),
}
NEEDED = ("date", "value")
MINGUO_ENDINGS = ("_roc", "_minguo", "_民國")
_MINGUO = re.compile(r"\d{2,3}[-/.]\d{1,2}[-/.]\d{1,2}", re.ASCII)
_DECIMAL_COMMA = re.compile(r"\d+,\d+", re.ASCII)


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
        and no value only says when the service was. Values may have a decimal
        comma where the cells are not parted by commas; years are Minguo only in a
        column of days whose name ends in _roc, _minguo or _民國.
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
    days = at["date"]
    minguo = days is not None and header[days].endswith(MINGUO_ENDINGS)
    commas = table.separator != ","
    scans: list[PhantomScan] = []
    left_out: list[str] = []
    for row in table.rows:
        cells = {what: _cell(row, index) for what, index in at.items()}
        found = _scan(cells, row.line, minguo=minguo, decimal_commas=commas)
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
    if what == "date" and not named:
        wanted += tuple(name + ending for name in wanted for ending in MINGUO_ENDINGS)
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


def _day(text: str, *, minguo: bool) -> date | str:
    """Read a day, or say why not."""
    if minguo:
        try:
            return parse_date(text, minguo=True)
        except Refused:
            return f"date {text[:40]!r} is no day with a Minguo year"
    try:
        return date.fromisoformat(text.replace("/", "-"))
    except ValueError:
        roc = ": for Minguo years call the column date_roc" if _MINGUO.fullmatch(text) else ""
        return f"date {text[:40]!r} is no YYYY-MM-DD{roc}"


def _scan(
    cells: dict[str, str], line: int, *, minguo: bool, decimal_commas: bool
) -> PhantomScan | str:
    day = _day(cells["date"], minguo=minguo)
    if isinstance(day, str):
        return day
    value: float | None = None
    if cells["value"] or not cells["service"]:
        try:
            text = cells["value"]
            comma = decimal_commas and _DECIMAL_COMMA.fullmatch(text)
            value = float(text.replace(",", ".") if comma else text)
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
