"""Numbers burned into a picture: report pages as secondary captures.

Tried last, and only where no text holds a number. A number becomes a
measurement when the arithmetic of the page proves it; every other one is kept
as a reading with its piece of the picture, for a person.
"""

from __future__ import annotations

from bonescan.errors import UnusableScan
from bonescan.model.exam import Exam, Subject
from bonescan.model.scan import DxaScan

from ..carrier import Carrier
from ..printed import Found

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
CONVERSION_TYPE, BURNED_IN = (0x0008, 0x0064), (0x0028, 0x0301)
MAX_PIXELS = 40 * 10**6
DAYS_PER_YEAR = 365.25


def _find(scan: DxaScan) -> Found | None:
    if scan.pixels is None or scan.image is None or not _may_be_page(scan):
        return None
    if scan.image.n_rows * scan.image.n_columns > MAX_PIXELS:
        return None
    try:
        pixels = scan.pixels.pixels()
    except UnusableScan:
        return None  # said once, where the picture is made
    from ..burned_in.ink import page_ink

    if page_ink(pixels) is None:
        return None
    from ..burned_in.proof import PageAbout
    from ..burned_in.read_page import read_page

    about = PageAbout(
        scale=scan.device.maker if scan.device.maker in {"hologic", "ge"} else None,
        sex=scan.subject.sex,
        age_years=age_range(scan.subject, scan.exam),
        region=scan.site or "",
    )
    return read_page(pixels, about)


def _may_be_page(scan: DxaScan) -> bool:
    """Tell by the header: a capture of a screen, or a picture that says it carries text."""
    captured = (scan.sop_class_uid or "").startswith(SECONDARY_CAPTURE)
    says_so = (scan.header.text(BURNED_IN) or "").upper() == "YES"
    return captured or says_so or bool(scan.header.text(CONVERSION_TYPE))


def age_range(subject: Subject, exam: Exam) -> tuple[float, float] | None:
    """Give the youngest and oldest that a person may have been; None where nothing says."""
    birth, day = subject.birth_date, exam.exam_date
    if birth is not None and day is not None and birth < day:
        age = (day - birth).days / DAYS_PER_YEAR
        return age - 0.01, age + 0.01
    stated = subject.stated_age_years
    return None if stated is None else (stated, stated + 1.0)


CARRIER = Carrier("burned-in", 60, _find)
