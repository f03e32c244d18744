"""Both hips beside each other: left, right, their mean and their difference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bonescan.i18n import _
from bonescan.model.measurement import Measurement
from bonescan.model.page import PageRow
from bonescan.report.context import PersonContext, Section
from bonescan.report.figures.numbers import fixed
from bonescan.report.people_words import device_words
from bonescan.report.site_order import REGIONS
from bonescan.report.visits import Visit
from bonescan.report.words import NOTHING, parsed_site, site_words

HIP_REGIONS = ("femoral-neck", "total-hip", "trochanter", "intertrochanter", "wards")
# On a printed page with a misplaced trochanter the two areas were as 1 to 4.4, on all others below
# 2: twice the area on one side asks for a look at the regions, and proves nothing.
LARGEST_AREA_RATIO = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One region of both hips, by one device on one day."""

    region: str
    left: Measurement
    right: Measurement
    mean: Measurement | None  # as the device printed it


def build(context: PersonContext) -> Section | None:
    """Build one table a visit and device with both sides of a region; None without any."""
    tables = [table for visit in context.visits for table in _tables(visit)]
    return Section(key="hips", title=_("Both hips"), data={"tables": tables}) if tables else None


def _tables(visit: Visit) -> Iterable[dict[str, Any]]:
    groups: dict[tuple[str, str], list[PageRow]] = {}
    for row in visit.rows:
        key = str(row.labelled.measurement.origin), device_words(row.device)
        groups.setdefault(key, []).append(row)
    for (_origin, device), rows in groups.items():
        pairs = list(_pairs(rows))
        if pairs:
            yield {
                "day": visit.exam_date.isoformat() if visit.exam_date else _("no date"),
                "device": device,
                "rows": [_row(pair) for pair in pairs],
                "remarks": [words for pair in pairs if (words := _remark(pair))],
            }


def _pairs(rows: Iterable[PageRow]) -> Iterable[Pair]:
    by_site: dict[tuple[str, str], Measurement] = {}
    for row in rows:
        m = row.labelled.measurement
        site = parsed_site(m.site)
        if site is not None and site.side and m.bmd_g_cm2 is not None:
            by_site.setdefault((site.region, site.side), m)
    for region in sorted(HIP_REGIONS, key=REGIONS.index):
        left, right = by_site.get((region, "left")), by_site.get((region, "right"))
        if left is not None and right is not None:
            yield Pair(region=region, left=left, right=right, mean=by_site.get((region, "mean")))


def _row(pair: Pair) -> dict[str, str]:
    left, right = pair.left.bmd_g_cm2 or 0.0, pair.right.bmd_g_cm2 or 0.0
    # as devices do: the mean of two densities, and a difference taken before rounding
    mean = (left + right) / 2.0
    printed = pair.mean.bmd_g_cm2 if pair.mean is not None else None
    return {
        "site": site_words(pair.region),
        "left": fixed(left, 3),
        "right": fixed(right, 3),
        "mean": fixed(mean if printed is None else printed, 3),
        "is_printed": "yes" if printed is not None else "",
        "difference": fixed(left - right, 3),
        "percent": _("%s %%") % fixed(100.0 * (left - right) / mean, 1) if mean else NOTHING,
    }


def _remark(pair: Pair) -> str:
    left, right = pair.left.area_cm2, pair.right.area_cm2
    if not left or not right or max(left, right) / min(left, right) <= LARGEST_AREA_RATIO:
        return ""
    return _(
        "%(site)s: the areas differ, %(left)s cm² left and %(right)s cm² right. A region may be "
        "misplaced; look at the analysis."
    ) % {"site": site_words(pair.region), "left": fixed(left, 2), "right": fixed(right, 2)}
