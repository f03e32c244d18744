"""What several sites of the same people say together: the worst site, and spine against hip."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonescan.stats.agreement_study import AgreementSettings, SiteAgreement

from .classes import compare_classes
from .intervals import without_intervals

Array = NDArray[np.float64]

SPINE_BEGINNINGS = ("ls", "l1", "l2", "l3", "lumbar", "spine")
HIP_BEGINNINGS = ("fn", "femoral", "neck", "th", "total-hip", "hip")


def compare_across_sites(
    sites: Mapping[str, SiteAgreement], settings: AgreementSettings
) -> dict[str, Any]:
    """Compare the worst site of two methods, and spine with hip within each method.

    Parameters
    ----------
    sites : mapping
        Site to its analysis.
    settings : AgreementSettings

    Returns
    -------
    found : dict
        "sites" (the two), "worst_site" (T = the lower of the two, of rows
        complete at both), "spine_against_hip" by method (table rows = hip,
        columns = spine); empty without T-scores at a spine and a hip site of
        the same rows.
    """
    spine = _first(sites, SPINE_BEGINNINGS)
    hip = _first(sites, HIP_BEGINNINGS)
    if spine is None or hip is None:
        return {}
    both = _in_both(_by_label(spine), _by_label(hip))
    if not both:
        return {}
    t = np.array(both)  # (person, site, method)
    clustered = "cluster" in spine.more or "cluster" in hip.more
    found: dict[str, Any] = {"sites": [spine.site, hip.site], "spine_against_hip": {}}
    for i, name in enumerate((spine.reference_name, spine.test_name)):
        known = np.isfinite(t[:, :, i]).all(axis=1)
        found["spine_against_hip"][name] = compare_classes(
            t[known, 0, i], t[known, 1, i], settings
        ).agreement
    complete = t[np.isfinite(t).all(axis=(1, 2))].min(axis=1)
    found["worst_site"] = compare_classes(complete[:, 0], complete[:, 1], settings).agreement
    return dict(without_intervals(found)) if clustered else found


def _first(sites: Mapping[str, SiteAgreement], beginnings: tuple[str, ...]) -> SiteAgreement | None:
    return next(
        (
            site
            for name, site in sites.items()
            if name.lower().startswith(beginnings) and "t" in site.quantities
        ),
        None,
    )


def _by_label(site: SiteAgreement) -> dict[str, tuple[float, float]]:
    x, y = site.pairs.values["t"]
    return {
        label: (float(x[i]), math.nan if site.pairs.rejected[i] else float(y[i]))
        for i, label in enumerate(site.pairs.labels)
    }


def _in_both(
    spine: Mapping[str, tuple[float, float]], hip: Mapping[str, tuple[float, float]]
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    return [(spine[label], hip[label]) for label in spine if label in hip]
