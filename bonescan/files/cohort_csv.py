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
``exam_date``                  ISO date
``sex``                        ``F`` or ``M``
``birth_date``                 ISO date
``age_years``                  on the day of the exam
``height_cm``
``weight_kg``
=================  ==========  =============================================

The last six serve where the exam file is silent: many vendors' files name
nobody. Every faulty row is listed; nothing is guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from bonescan.errors import NothingUsable, UsageError

from .cohort_cells import RowSubject, exam_path, read_bmd, read_date, read_site, read_subject
from .csv_table import CsvRow, read_csv_table

WANTED = ("exam", "patient_id", "site", "dxa_bmd_g_cm2", "dxa_device", "dxa_date")
OPTIONAL = (
    "issuer", "fracture", "centre", "exam_date", "sex", "birth_date", "age_years", "height_cm",
    "weight_kg",
)  # fmt: skip
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
    dxa_bmd_g_cm2: float  # NaN only in a row that is refused
    dxa_device: str
    dxa_date: date | None  # None only in a row that is refused
    fracture: bool | None
    centre: str | None
    subject: RowSubject = field(default_factory=RowSubject)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """What is wrong with a row of the table."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortTable:
    """What a table says, and what is wrong with its cells.

    `rows` are those whose exam is there, faulty ones too: their exams can be held
    against them, so that all faults are told at once. `devices` are the lines and
    DXA devices of every row.
    """

    rows: tuple[CohortRow, ...]
    devices: tuple[tuple[int, str], ...]
    faults: tuple[RowFault, ...]


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
    table = read_cohort_table(path, today)
    if table.faults:
        raise CohortRefused("BS-E381", table.faults, path)
    return table.rows


def read_cohort_table(path: Path, today: date) -> CohortTable:
    """Read the table of a cohort with its faults, which are the caller's to raise.

    Raises
    ------
    UsageError
        As `read_cohort`.
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
    devices, rows = [], []
    for cells in table.rows:
        row, device = _row(cells, header, path.parent, today, faults)
        devices.append((cells.line, device))
        rows += [] if row is None else [row]
    faults += _doubled(rows)
    return CohortTable(rows=tuple(rows), devices=tuple(devices), faults=tuple(faults))


def _row(
    row: CsvRow, header: list[str], folder: Path, today: date, faults: list[RowFault]
) -> tuple[CohortRow | None, str]:
    """Read one row (None without its exam) and its device; `faults` hears what is wrong."""
    wrong: list[str] = []
    if len(row.cells) > len(header):
        wrong.append(f"{len(row.cells)} cells under {len(header)} headings")
    cells = dict(zip(header, row.cells, strict=False))
    exam, person = cells.get("exam", ""), cells.get("patient_id", "")
    place = exam_path(exam, folder, wrong)
    if not person:
        wrong.append("no patient_id")
    site = read_site(cells.get("site", ""), wrong)
    bmd = read_bmd(cells.get("dxa_bmd_g_cm2", ""), wrong)
    device = cells.get("dxa_device", "")
    if not device:
        wrong.append("no dxa_device")
    day = read_date(cells.get("dxa_date", ""), today, wrong)
    fracture = cells.get("fracture", "")
    if fracture not in _YES_NO:
        wrong.append(f"fracture {fracture!r}, wanted 1, 0 or nothing")
    subject = read_subject(cells, today, wrong)
    faults += [RowFault(line=row.line, reason=w) for w in wrong]
    if place is None:
        return None, device
    found = CohortRow(
        line=row.line,
        exam=exam,
        path=place,
        patient_id=person,
        issuer=cells.get("issuer") or None,
        site=site,
        dxa_bmd_g_cm2=bmd,
        dxa_device=device,
        dxa_date=day,
        fracture=_YES_NO.get(fracture),
        centre=cells.get("centre") or None,
        subject=subject,
    )
    return found, device


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
