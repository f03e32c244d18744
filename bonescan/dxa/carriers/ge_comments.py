"""GE enCORE's result document in (0020,4000) Image Comments.

Two roots: ``DXA_RESULTS`` with ``SCAN[@type]/ROI[@region]`` (newer), and
``DENSITOMETRY_RESULTS`` with ``CURRENT_EXAM/SCAN[@type]/TREND`` (older), which
holds every visit: that of the exam's day counts, wherever it stands. Other
roots are named, not guessed.
"""

from __future__ import annotations

import re
from datetime import date
from xml.etree.ElementTree import Element

from bonescan.model.header import Tag
from bonescan.model.regions import imaged_region, measured_site
from bonescan.model.scan import DxaScan

from ..carrier import Carrier
from ..printed import Found, PrintedRegion, plain_number, plain_unit, set_number
from ..safe_xml import parse_xml

IMAGE_COMMENTS: Tag = (0x0020, 0x4000)
OTHER_DAY = "numbers_of_another_day"
_NEWER = {"AREA": "area", "BMD": "bmd", "BMC": "bmc", "BMD_TSCORE": "t", "BMD_ZSCORE": "z"}
_OLDER = {"BMD": "bmd", "YAT": "t", "AMZ": "z"}
_ORDERS = ((0, 1, 2), (2, 1, 0), (2, 0, 1))  # places of year, month and day: Y/M/D, D/M/Y, M/D/Y
_DATE = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})")


def _find(scan: DxaScan) -> Found | None:
    text = scan.header.text(IMAGE_COMMENTS)
    if not text or not text.lstrip("\ufeff \r\n\t").startswith("<"):
        return None
    found = Found(carrier="ge-comments")
    root = parse_xml(text, found)
    if root is None:
        return found
    if root.tag == "DXA_RESULTS":
        _newer(root, scan, found)
    elif root.tag == "DENSITOMETRY_RESULTS":
        _older(root, scan, found)
    else:
        found.not_understood.append(f"XML with the root {root.tag[:40]!r}")
    return found


def _newer(root: Element, scan: DxaScan, found: Found) -> None:
    of_that_day = _is_of_the_exam(root.findtext("EXAM_DATE"), scan, found)
    for part in root.iter("SCAN"):
        region = imaged_region(part.get("type")) or ""
        for roi in part.iter("ROI"):
            _region(roi.get("region") or "", region, roi, _NEWER, found)
    if not of_that_day:
        for printed in found.regions:
            printed.flags.append(OTHER_DAY)


def _older(root: Element, scan: DxaScan, found: Found) -> None:
    for part in root.iterfind("CURRENT_EXAM/SCAN"):
        region = imaged_region(part.get("type")) or ""
        for trend in part.iter("TREND"):
            visits = trend.findall("EXAM")
            if not visits:
                continue
            name = trend.findtext("TREND_ROI") or ""
            visit = _visit_of(visits, scan.exam.exam_date)
            if visit is None:
                day = scan.exam.exam_date or "an unknown day"
                found.not_understood.append(f"which visit of {name[:40]!r} is the exam of {day}")
            else:
                _region(name, region, visit, _OLDER, found)


def _region(text: str, scan: str, holder: Element, names: dict[str, str], found: Found) -> None:
    site = measured_site(text, "", scan)
    if site is None:
        found.not_understood.append(f"region {text[:40]!r}")
        return
    region = PrintedRegion(site=site, text=text, is_average=site.endswith("-mean"))
    for name, quantity in names.items():
        element = holder.find(name)
        value = None if element is None else plain_number(element.text)
        if element is not None and value is not None:
            set_number(region, quantity, value, plain_unit(element.get("units")))
    found.regions.append(region)


def _visit_of(visits: list[Element], exam: date | None) -> Element | None:
    """Find the one visit of the exam's day; None where no visit is, or more than one may be.

    A document writes all its dates in one order: an order in which one of them
    is no date is not the document's.
    """
    written = [_numbers(visit.findtext("EXAM_DATE")) for visit in visits]
    fitting: set[int] = set()
    for order in _ORDERS:
        days = [_day(numbers, order) for numbers in written]
        if all(day is not None or not numbers for day, numbers in zip(days, written, strict=True)):
            fitting |= {i for i, day in enumerate(days) if day is not None and day == exam}
    return visits[fitting.pop()] if len(fitting) == 1 else None


def _is_of_the_exam(text: str | None, scan: DxaScan, found: Found) -> bool:
    """Hold the document's date against the header's, day or month first as either fits."""
    numbers, exam = _numbers(text), scan.exam.exam_date
    if not numbers or exam is None or any(_day(numbers, order) == exam for order in _ORDERS):
        return True
    found.not_understood.append(f"the date {(text or '').strip()} beside the exam of {exam}")
    return False


def _numbers(text: str | None) -> tuple[int, ...]:
    match = _DATE.fullmatch((text or "").strip())
    return tuple(int(part) for part in match.groups()) if match else ()


def _day(numbers: tuple[int, ...], order: tuple[int, int, int]) -> date | None:
    try:
        return date(*(numbers[place] for place in order)) if numbers else None
    except ValueError:
        return None


CARRIER = Carrier("ge-comments", 30, _find)
