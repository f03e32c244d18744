"""The table of a training cohort: one row a pair of an ultrasound exam and a DXA reading.

Columns (header in any order, capitals don't matter):

=================  ==========  =============================================
``exam``           wanted      path of the exam, relative to the table
``patient_id``     wanted      text, leading zeros kept
``issuer``                     who gave the number
``site``           wanted      ``L1-L4``, or ``femoral-neck-left``, ``-right``
``dxa_bmd_g_cm2``  wanted      BMD of the paired DXA, g/cm²
``dxa_device``     wanted      maker and model as text ("Hologic Horizon A")
``dxa_date``       wanted      ISO date
``fracture``                   1, 0 or empty
``centre``                     where the pair was taken
=================  ==========  =============================================

What the exam file holds (sex, birth date, height, weight, date) is not
repeated. Every faulty row is listed; nothing is guessed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bonescan.errors import NothingUsable, UsageError
from bonescan.model.rems_model import FEMORAL_NECK
from bonescan.model.sites import side_of, without_side

from .csv_table import CsvRow, read_csv_table

WANTED = ("exam", "patient_id", "site", "dxa_bmd_g_cm2", "dxa_device", "dxa_date")
OPTIONAL = ("issuer", "fracture", "centre")
SPINE = "L1-L4"  # other sets of vertebrae have other references
# Outside lie typing errors: a BMD in mg/cm2, a T-score, a comma lost.
PLAUSIBLE_BMD_G_CM2 = (0.2, 2.5)
EARLIEST = date(1987, 1, 1)  # the first commercial DXA
LISTED = 10  # rows named in the sentence; the others are counted
_YES_NO = {"1": True, "0": False, "": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortRow:
    """One pair as the table says it; `line` counts from 1, the header is 1."""

    line: int
    exam: str  # as written
    path: Path
    patient_id: str
    issuer: str | None
    site: str
    dxa_bmd_g_cm2: float
    dxa_device: str
    dxa_date: date
    fracture: bool | None
    centre: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """What is wrong with a row of the table."""

    line: int
    reason: str


class CohortRefused(NothingUsable):
    """A cohort with faulty rows: all of them are listed, and no model is made.

    Parameters
    ----------
    code : str
    faults : sequence of RowFault
    file : Path
        The table.
    """

    def __init__(self, code: str, faults: Sequence[RowFault], file: Path) -> None:
        self.faults = tuple(sorted(faults, key=lambda f: (f.line, f.reason)))
        shown = "; ".join(f"row {f.line}: {f.reason}" for f in self.faults[:LISTED])
        more = len(self.faults) - LISTED
        tail = f"; and {more} more" if more > 0 else ""
        super().__init__(code, f"found {shown}{tail}.", file=file)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code, self.faults, Path(self.file))


def read_cohort(path: Path, today: date) -> tuple[CohortRow, ...]:
    """Read and check the table of a cohort; exam files are looked for, not opened.

    Parameters
    ----------
    path : Path
        UTF-8 with or without a mark, UTF-16 with a mark, or CP950.
    today : date
        No reading is from later than this.

    Returns
    -------
    rows : tuple of CohortRow
        In the order of the table.

    Raises
    ------
    UsageError
        BS-E320, BS-E321 for a file that is no table; BS-E380 for missing
        columns.
    CohortRefused
        BS-E381 with every faulty row.
    """
    table = read_csv_table(path)
    header = [name.casefold() for name in table.header]
    missing = [name for name in WANTED if name not in header]
    doubled = sorted({n for n in header if n in (*WANTED, *OPTIONAL) and header.count(n) > 1})
    if missing or doubled or not table.rows:
        found = f"no column {', '.join(missing)}" if missing else "no row"
        found = f"the column {doubled[0]} twice" if doubled else found
        raise UsageError(
            "BS-E380", f"found {found}, wanted the columns {', '.join(WANTED)}.", file=path
        )
    faults: list[RowFault] = []
    rows = [_row(row, header, path.parent, today, faults) for row in table.rows]
    faults += _doubled([r for r in rows if r is not None])
    if faults:
        raise CohortRefused("BS-E381", faults, path)
    return tuple(r for r in rows if r is not None)


def _row(
    row: CsvRow, header: list[str], folder: Path, today: date, faults: list[RowFault]
) -> CohortRow | None:
    """Read one row; what is wrong with it is added to `faults`, and None given."""
    wrong: list[str] = []
    if len(row.cells) > len(header):
        wrong.append(f"{len(row.cells)} cells under {len(header)} headings")
    cells = dict(zip(header, row.cells, strict=False))
    exam, person = cells.get("exam", ""), cells.get("patient_id", "")
    place = _exam_path(exam, folder, wrong)
    if not person:
        wrong.append("no patient_id")
    site = _site(cells.get("site", ""), wrong)
    bmd = _bmd(cells.get("dxa_bmd_g_cm2", ""), wrong)
    device = cells.get("dxa_device", "")
    if not device:
        wrong.append("no dxa_device")
    day = _date(cells.get("dxa_date", ""), today, wrong)
    fracture = cells.get("fracture", "")
    if fracture not in _YES_NO:
        wrong.append(f"fracture {fracture!r}, wanted 1, 0 or nothing")
    faults += [RowFault(line=row.line, reason=w) for w in wrong]
    if wrong or day is None or place is None:
        return None
    return CohortRow(
        line=row.line,
        exam=exam,
        path=place,
        patient_id=person,
        issuer=cells.get("issuer") or None,
        site=site,
        dxa_bmd_g_cm2=bmd,
        dxa_device=device,
        dxa_date=day,
        fracture=_YES_NO[fracture],
        centre=cells.get("centre") or None,
    )


def _exam_path(text: str, folder: Path, wrong: list[str]) -> Path | None:
    if not text:
        wrong.append("no exam")
        return None
    try:
        place = folder / text
        if place.is_file():
            return place
    except (OSError, ValueError):  # a name that no file can have
        pass
    wrong.append(f"no exam file {text}")
    return None


def _site(text: str, wrong: list[str]) -> str:
    is_neck = without_side(text) == FEMORAL_NECK and side_of(text) in ("left", "right")
    if not is_neck and text != SPINE:
        wrong.append(f"site {text!r}, wanted L1-L4 or femoral-neck-left or -right")
    return text


def _bmd(text: str, wrong: list[str]) -> float:
    low, high = PLAUSIBLE_BMD_G_CM2
    if not text:
        wrong.append("no dxa_bmd_g_cm2")
        return math.nan
    try:
        value = float(text)
    except ValueError:
        wrong.append(f"dxa_bmd_g_cm2 {text!r}, wanted a number with a decimal point")
        return math.nan
    if not low <= value <= high:
        wrong.append(f"dxa_bmd_g_cm2 {text}, wanted {low:g} to {high:g} g/cm2")
    return value


def _date(text: str, today: date, wrong: list[str]) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        wrong.append(f"dxa_date {text!r}, wanted a date as 2026-03-31" if text else "no dxa_date")
        return None
    if day > today:
        wrong.append(f"dxa_date {day} in the future")
    elif day < EARLIEST:
        wrong.append(f"dxa_date {day}, before there was DXA")
    return day


def _doubled(rows: Sequence[CohortRow]) -> list[RowFault]:
    """Find pairs that stand twice: one exam and site, whatever path or number leads to it."""
    keys = [(r.path.resolve(), r.site) for r in rows]
    count = Counter(keys)
    first = {key: row.line for key, row in reversed(list(zip(keys, rows, strict=True)))}
    return [
        RowFault(line=row.line, reason=f"{row.exam} {row.site} again (first in row {first[key]})")
        for key, row in zip(keys, rows, strict=True)
        if count[key] > 1 and row.line != first[key]
    ]
