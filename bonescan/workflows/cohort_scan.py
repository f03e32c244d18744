"""An exam as its row completes it: who was examined and where, as far as the file is silent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bonescan.files.cohort_csv import CohortRow
from bonescan.model.scan import RfScan
from bonescan.model.sites import vertebrae_of
from bonescan.read.named_site import under_site
from bonescan.rems.quality import age_years

# How far table and file may lie apart: whole years, and a height and weight taken again the same
# month. Ours.
SAME_AGE_YEARS, SAME_HEIGHT_CM, SAME_WEIGHT_KG = 1.0, 2.0, 3.0


def is_of(site: str, name: str) -> bool:
    """Tell whether a site of the exam is (a part of) the site of the row."""
    return name == site or name in vertebrae_of(site)


def scan_of_row(scan: RfScan, row: CohortRow) -> RfScan:
    """Complete a scan from its row: what the file says leads, then the row.

    Parameters
    ----------
    scan : RfScan
    row : CohortRow

    Returns
    -------
    scan : RfScan
        The only site of a file that names none is that of the row.
    """
    said, subject, exam = row.subject, scan.subject, scan.exam
    scan = replace(
        scan,
        exam=replace(exam, exam_date=exam.exam_date or said.exam_date),
        subject=replace(
            subject,
            sex=subject.sex or said.sex,
            birth_date=subject.birth_date or said.birth_date,
            stated_age_years=_first(subject.stated_age_years, said.age_years),
            height_cm=_first(subject.height_cm, said.height_cm),
            weight_kg=_first(subject.weight_kg, said.weight_kg),
        ),
    )
    return under_site(scan, row.site)


def row_against_scan(row: CohortRow, scan: RfScan) -> Iterator[str]:
    """Say where the person of the row is not the person of the file."""
    said, subject, exam = row.subject, scan.subject, scan.exam
    for name, ours, theirs in (
        ("exam_date", said.exam_date, exam.exam_date),
        ("sex", said.sex, subject.sex),
        ("birth_date", said.birth_date, subject.birth_date),
    ):
        if ours is not None and theirs is not None and ours != theirs:
            yield f"{name} {ours}, and the exam says {theirs}"
    full = scan_of_row(scan, row)
    known_age = age_years(full.subject, full.exam)
    for name, mine, its, same in (
        ("age_years", said.age_years, known_age, SAME_AGE_YEARS),
        ("height_cm", said.height_cm, subject.height_cm, SAME_HEIGHT_CM),
        ("weight_kg", said.weight_kg, subject.weight_kg, SAME_WEIGHT_KG),
    ):
        if mine is not None and its is not None and abs(mine - its) > same:
            yield f"{name} {mine:g}, and the exam or birth date says {its:.1f}"


def _first(one: float | None, other: float | None) -> float | None:
    return other if one is None else one
