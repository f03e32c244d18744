"""GE enCORE's result document in (0020,4000) Image Comments.

Two roots: ``DXA_RESULTS`` with ``SCAN[@type]/ROI[@region]`` (newer), and
``DENSITOMETRY_RESULTS`` with ``CURRENT_EXAM/SCAN[@type]/TREND`` (older), whose
visits run from the oldest to the newest. Other roots are named, not guessed.
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
_NEWER = {"AREA": "area", "BMD": "bmd", "BMC": "bmc", "BMD_TSCORE": "t", "BMD_ZSCORE": "z"}
_OLDER = {"BMD": "bmd", "YAT": "t", "AMZ": "z"}
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
    _check_date(root.findtext("EXAM_DATE"), scan, found)
    for part in root.iter("SCAN"):
        region = imaged_region(part.get("type")) or ""
        for roi in part.iter("ROI"):
            _region(roi.get("region") or "", region, roi, _NEWER, found)


def _older(root: Element, scan: DxaScan, found: Found) -> None:
    for part in root.iterfind("CURRENT_EXAM/SCAN"):
        region = imaged_region(part.get("type")) or ""
        for trend in part.iter("TREND"):
            visits = trend.findall("EXAM")
            if not visits:
                continue
            last = visits[-1]  # the oldest stands first
            _check_date(last.findtext("EXAM_DATE"), scan, found)
            _region(trend.findtext("TREND_ROI") or "", region, last, _OLDER, found)


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


def _check_date(text: str | None, scan: DxaScan, found: Found) -> None:
    """Hold the document's date against the header's, day or month first as either fits."""
    match = _DATE.fullmatch((text or "").strip())
    exam = scan.exam.exam_date
    if match is None or exam is None:
        return
    numbers = [int(part) for part in match.groups()]
    orders = (numbers, [numbers[2], numbers[1], numbers[0]], [numbers[2], numbers[0], numbers[1]])
    if not any(_same_day(order, exam) for order in orders):
        found.not_understood.append(f"the date {match[0]} beside the exam of {exam}")


def _same_day(order: list[int], day: date) -> bool:
    return order == [day.year, day.month, day.day]


CARRIER = Carrier("ge-comments", 30, _find)
