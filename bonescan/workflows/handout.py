"""The handout for patients: read by a clinician first, then released and written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bonescan.errors import EnvironmentFault, UsageError
from bonescan.files.tables import write_atomically
from bonescan.guidance.education import education_sheet
from bonescan.model.education import EducationSheet, Release

LONGEST_NAME = 120


def released(by: str | None, on: str | None, today: date) -> Release:
    """Take the release of a clinician.

    Parameters
    ----------
    by : str or None
        Who read the sheet.
    on : str or None
        ISO date of the release.
    today : date
        A release can't lie ahead.

    Raises
    ------
    UsageError
        BS-E404: one of the two is missing, or is none.
    """
    name = " ".join((by or "").split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError("BS-E404", "found no name of a clinician, wanted --released-by NAME.")
    try:
        day = date.fromisoformat(on or "")
    except ValueError as fault:
        raise UsageError(
            "BS-E404", f"found {on!r}, wanted --released-on with a date as 2026-03-01."
        ) from fault
    if day > today:
        raise UsageError("BS-E404", f"found a release on {day}, which lies ahead.")
    return Release(by=name, on=day)


def write_handout(path: Path, release: Release, lang: str) -> EducationSheet:
    """Write the sheet as one HTML page that prints on one A4 page.

    Raises
    ------
    EnvironmentFault
        BS-E501 when it can't be written.
    """
    from bonescan.report.education_page import education_page

    sheet = education_sheet()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, education_page(sheet, release, lang).encode("utf-8"))
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the sheet can't be written: {error.strerror}.", file=path
        ) from error
    return sheet
