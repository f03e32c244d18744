"""Sites in the order of a densitometry report, and the one spine among many sets of vertebrae."""

from __future__ import annotations

from collections.abc import Iterable

from bonescan.model.page import PageRow
from bonescan.model.sites import vertebrae_of, without_side

from .words import parsed_site

REGIONS = (
    "lumbar-spine",
    "femoral-neck",
    "total-hip",
    "trochanter",
    "intertrochanter",
    "wards",
    "radius-33",
)
SIDES = ("left", "right", "mean")
MANY_SETS = 3  # so many further sets of vertebrae are folded away


def site_rank(row: PageRow) -> tuple[int, int, int, str]:
    """Rank a row: spine, its vertebrae, hip regions, forearm, the rest; left before right."""
    name = row.labelled.measurement.site
    site = parsed_site(name)
    if site is None:
        return len(REGIONS) + 1, 0, 0, name
    region = REGIONS.index(site.region) if site.region in REGIONS else len(REGIONS)
    side = SIDES.index(site.side) + 1 if site.side else 0
    return region, -len(site.vertebrae), side, name


def main_spine(rows: Iterable[PageRow], deciding_site: str | None) -> str | None:
    """Pick the set of vertebrae that stands for the spine.

    Devices list every combination of vertebrae. The one that decided is
    taken, else the largest set that has a class.
    """
    sets = {
        r.labelled.measurement.site: _n_vertebrae(r)
        for r in rows
        if _n_vertebrae(r) > 1 and r.labelled.verdict.category is not None
    }
    if deciding_site in sets:
        return deciding_site
    return min(sets, key=lambda name: (-sets[name], name), default=None)


def is_further_set(row: PageRow, spine: str | None) -> bool:
    """Whether a row is a set of vertebrae other than the one that stands for the spine."""
    return _n_vertebrae(row) > 1 and row.labelled.measurement.site != spine


def _n_vertebrae(row: PageRow) -> int:
    site = parsed_site(row.labelled.measurement.site)
    return len(site.vertebrae) if site else 0


def deciding_rank(site: str) -> int:
    """Put the sites that may decide a class first: spine, femoral neck, total hip, others."""
    if vertebrae_of(site):
        return 0
    order = {"femoral-neck": 1, "total-hip": 2}
    return order.get(without_side(site), 3 if site else 4)
