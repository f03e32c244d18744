"""Vertebrae of one exam: together one row, singly only compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import UnusableScan
from bonescan.model.rems_model import RemsModel
from bonescan.model.scan import RfScan
from bonescan.model.sites import spine_site, vertebrae_of

from .quality import Remark, vertebra_outliers
from .site_result import SiteResult, Taken, Yardstick, estimate_result
from .spectra import pooled

VERTEBRA_OUTLIER = "vertebra_outlier"
SINGLE_VERTEBRA = "single_vertebra"


def with_vertebrae(
    scan: RfScan, results: dict[str, SiteResult], model: RemsModel
) -> dict[str, SiteResult]:
    """Add the row of all measured vertebrae; single ones give no T of their own.

    Parameters
    ----------
    scan : RfScan
    results : dict of str to SiteResult
        By site.
    model : RemsModel

    Returns
    -------
    results : dict of str to SiteResult
        Two or more measured vertebrae have a row of their pooled spectra, under
        the name of the set (L1-L4, L1+L3 ...).
    """
    singles = {
        name: r
        for name, r in results.items()
        if len(vertebrae_of(name)) == 1 and r.measurement is not None
    }
    site_model = model.for_site(next(iter(singles))) if singles else None
    if site_model is None:
        return results
    known = {n: r.estimate for n, r in singles.items() if r.estimate is not None}
    outliers = vertebra_outliers(
        {n: e.bmd_g_cm2 for n, e in known.items()},
        site_model.vertebra_sd_g_cm2,
        {n: e.uncertainty.sampling_g_cm2 for n, e in known.items()},
    )
    found = results | {n: _as_single(r, outliers.get(n)) for n, r in singles.items()}
    whole = spine_site(tuple(singles))
    if len(singles) > 1 and whole not in results:  # the file may bring the whole as a site
        found[whole] = _together(scan, singles, outliers)
    return found


def _as_single(result: SiteResult, away_g_cm2: float | None) -> SiteResult:
    remarks = [Remark(flag=SINGLE_VERTEBRA, text="compared with the other vertebrae")]
    if away_g_cm2 is not None:
        text = f"differs from the mean of the others by {away_g_cm2:+.3f} g/cm2"
        remarks.append(Remark(flag=VERTEBRA_OUTLIER, text=text))
    return _flagged(result, remarks, scores_allowed=False)


def _together(
    scan: RfScan,
    singles: dict[str, SiteResult],
    outliers: dict[str, float],
) -> SiteResult:
    spectra = pooled([r.spectra for r in singles.values() if r.spectra is not None])
    name = spine_site(tuple(singles))
    try:
        taken = Taken(site=name, yardstick=_shared(singles, name), spectra=spectra)
        result = estimate_result(scan, taken)
    except UnusableScan as refusal:
        return SiteResult(refused=refusal)
    # what is wrong with the samples of a vertebra is wrong with the whole
    known = {r.flag for r in result.remarks}
    inherited = {
        r.flag: Remark(flag=r.flag, text=f"{name}: {r.text}")
        for name, single in singles.items()
        for r in single.remarks
        if r.flag not in known and r.flag in FROM_SAMPLES
    }
    remarks = list(inherited.values())
    if outliers:
        names = ", ".join(f"{n} by {d:+.3f} g/cm2" for n, d in sorted(outliers.items()))
        remarks.append(Remark(flag=VERTEBRA_OUTLIER, text=f"unlike the others: {names}"))
    return _flagged(result, remarks, scores_allowed=True)


def _shared(singles: dict[str, SiteResult], name: str) -> Yardstick:
    """Give what all vertebrae are set against; refuse them under different calibrations."""
    first, *others = (r.yardstick for r in singles.values() if r.yardstick is not None)
    for other in others:
        if not _same(first.system_db, other.system_db):
            raise UnusableScan(
                "BS-E363", f"{name}: found vertebrae with different calibrations, wanted one."
            )
    return first


def _same(one: NDArray[np.float64] | None, other: NDArray[np.float64] | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(np.array_equal(one, other))


# Remarks about the samples of one vertebra that the row of all of them carries too.
FROM_SAMPLES = frozenset(
    {
        "saturated",
        "steep_incidence",
        "double_surface",
        "gas_shadow",
        "duplicate_frames",
        "few_frames",
        "level_uncalibrated",
        "incidence_unknown",
        "f0_outside_band",
        "calibration_not_applied",
        "power_unit_unknown",
    }
)


def _flagged(result: SiteResult, remarks: list[Remark], *, scores_allowed: bool) -> SiteResult:
    """Add remarks; scores that are not allowed already stay so."""
    if result.measurement is None:
        return result
    flags = dict.fromkeys((*result.measurement.flags, *(r.flag for r in remarks)))
    return replace(
        result,
        measurement=replace(
            result.measurement,
            scores_allowed=scores_allowed and result.measurement.scores_allowed,
            flags=tuple(flags),
        ),
        remarks=(*result.remarks, *remarks),
    )
