"""Which site a number is really of: the vertebrae that went into it count, not its heading."""

from __future__ import annotations

from bonescan.model.measurement import Measurement
from bonescan.norms.site import SPINE, Site, parse_site, site_of_vertebrae


def site_of(measurement: Measurement) -> Site | None:
    """Read the site of a measurement; None when it is outside the grammar.

    A spine whose `vertebrae_used` say that one was left out is scored as that
    set: the reference of L1-L4 does not fit L1+L3+L4.
    """
    site = parse_site(measurement.site)
    if site is not None and site.region == SPINE and measurement.vertebrae_used:
        return site_of_vertebrae(measurement.vertebrae_used)
    return site
