"""GE enCORE's result document in (0020,4000) Image Comments.

Two roots: ``DXA_RESULTS`` with ``SCAN[@type]/ROI[@region]`` (newer), and
``DENSITOMETRY_RESULTS`` with ``CURRENT_EXAM/SCAN[@type]/TREND`` (older), which
holds every visit: that of the exam's day counts, wherever it stands. Other
roots are named, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from xml.etree.ElementTree import Element

from bonescan.files.page_labels import printed_date
from bonescan.model.header import Tag
from bonescan.model.regions import imaged_region, measured_site
from bonescan.model.scan import DxaScan

from ..carrier import Carrier
from ..printed import Found, PrintedRegion, kept_word, other_day, take_number
from ..safe_xml import parse_xml

IMAGE_COMMENTS: Tag = (0x0020, 0x4000)
OTHER_DAY = "numbers_of_another_day"
_NEWER = {"AREA": "area", "BMD": "bmd", "BMC": "bmc", "BMD_TSCORE": "t", "BMD_ZSCORE": "z"}
_OLDER = {"BMD": "bmd", "YAT": "t", "AMZ": "z"}
_ORDERS = ((0, 1, 2), (2, 1, 0), (2, 0, 1))  # places of year, month and day: Y/M/D, D/M/Y, M/D/Y
_DATE = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?=$|[ T]\d{1,2}:)")  # a time may follow


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
            name = roi.get("region") or ""
            _region(name, region, roi, _NEWER, (found, f"SCAN[{part.get('type')}]/ROI[{name}]"))
        for trend in part.iter("TREND"):
            _keep_visits(trend.get("region") or "", region, trend.iter("EXAM"), found)
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
                _region(name, region, visit, _OLDER, (found, f"TREND[{name}]/EXAM"))
            others = (v for v in visits if v is not visit)
            _keep_visits(name, region, others, found)


def _keep_visits(text: str, scan: str, visits: Iterable[Element], found: Found) -> None:
    """Note the numbers of other days; none of them becomes a measurement of this exam."""
    region = PrintedRegion(site=measured_site(text, "", scan) or "", text=text)
    for visit in visits:
        day = visit.get("date") or visit.findtext("EXAM_DATE") or ""
        for name, quantity in _OLDER.items():
            for element in visit.findall(name):
                place = f"(0020,4000) TREND[{text}]/EXAM[{day}]/{name}"
                unit = element.get("units") or ""
                take_number(found, region, other_day(quantity), element.text or "", unit, place)


def _region(
    text: str, scan: str, holder: Element, names: dict[str, str], into: tuple[Found, str]
) -> None:
    found, place = into
    site = measured_site(text, "", scan)
    region = PrintedRegion(site=site or "", text=text, is_average=(site or "").endswith("-mean"))
    for element in holder:
        quantity = names.get(element.tag, "")
        if not quantity and (len(element) or element.tag == "EXAM_DATE"):
            continue
        take_number(
            found,
            region,
            quantity or kept_word(element.tag),
            element.text or "",
            element.get("units") or "",
            f"(0020,4000) {place}/{element.tag}",
        )
    if site is None:
        found.not_understood.append(f"region {text[:40]!r}")
    else:
        found.regions.append(region)


def _visit_of(visits: list[Element], exam: date | None) -> Element | None:
    """Find the one visit of the exam's day; None where no visit is, or more than one may be.

    A document writes all its dates in one order: an order in which one of them
    is no date is not the document's.
    """
    written = [(visit.findtext("EXAM_DATE") or "").strip() for visit in visits]
    fitting: set[int] = set()
    for order in _ORDERS:
        days = [_day(text, order) for text in written]
        if all(d is not None or not _DATE.match(t) for d, t in zip(days, written, strict=True)):
            fitting |= {i for i, day in enumerate(days) if day is not None and day == exam}
    return visits[fitting.pop()] if len(fitting) == 1 else None


def _is_of_the_exam(text: str | None, scan: DxaScan, found: Found) -> bool:
    """Hold the document's date against the header's, day or month first as either fits.

    A date that can't be read counts as another one: nobody knows that it is the exam's.
    """
    written, exam = (text or "").strip(), scan.exam.exam_date
    if not written or exam is None or any(_day(written, order) == exam for order in _ORDERS):
        return True
    found.not_understood.append(f"the date {written[:40]} beside the exam of {exam}")
    return False


def _day(text: str, order: tuple[int, int, int]) -> date | None:
    """Read a date, of numbers in this order or with its month named."""
    match = _DATE.match(text)
    if not match:
        return printed_date(text) if re.search("[A-Za-z]", text) else None
    numbers = [int(part) for part in match.groups()]
    try:
        return date(*(numbers[place] for place in order))
    except ValueError:
        return None


CARRIER = Carrier("ge-comments", 30, _find)
