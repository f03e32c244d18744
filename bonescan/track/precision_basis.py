"""By which precision a change is judged: the site's own study, or a named fallback.

A REMS-style value has no fallback: nothing is known of it but what a site
measured. A REMS device's value is judged by the independent figure, not the
maker's. DXA falls back on the largest precision error that ISCD accepts.
"""

from __future__ import annotations

from collections.abc import Sequence

from bonescan.model.change import OwnPrecision, PrecisionBasis, SeriesPoint
from bonescan.model.vocabulary import Technique
from bonescan.stats.precision import LSC_95_FACTOR

from .cross_calibration import site_fits

REMS_CV_PERCENT = 1.93
REMS_LSC_PERCENT = 5.35  # z√2 × 1.93, as it is printed
REMS_SOURCE = (
    "inter-operator CV 1.93 % at the femoral neck (Amorim 2021, Arch Osteoporos 16:175, "
    "independent of the maker), taken for every site"
)
# LSC in percent of the baseline: spine, total hip, femoral neck. Second-hand: a public study
# app for the ARRT densitometry examination that quotes the ISCD minimum for a technologist.
ISCD_LSC_PERCENT = {"spine": 5.3, "total-hip": 5.0, "femoral-neck": 6.9}
ISCD_SOURCE = (
    "largest precision error acceptable to ISCD (spine 5.3, total hip 5.0, femoral neck 6.9 %), "
    "as a public study app for the ARRT densitometry examination quotes it"
)
ISCD_DF = 30


def published_lsc_percent(technique: Technique, site: str) -> float | None:
    """Give the published least significant change of a site without a study of its own.

    In percent of the baseline; None where nothing fits: for REMS-style, a single vertebra,
    other sites.

    >>> published_lsc_percent(Technique.DXA, "L1-L4"), published_lsc_percent(Technique.DXA, "L3")
    (5.3, None)
    """
    if technique is Technique.REMS:
        return REMS_LSC_PERCENT
    kind = _kind(site) if technique is Technique.DXA else None
    return None if kind is None else ISCD_LSC_PERCENT[kind]


def precision_basis(point: SeriesPoint, own: Sequence[OwnPrecision] = ()) -> PrecisionBasis:
    """Find what a change from this baseline is judged by.

    Parameters
    ----------
    point : SeriesPoint
        The baseline: published precision in percent is taken of its density.
    own : sequence of OwnPrecision
        The site's studies; the one of the same technique, site, vertebra set and device
        counts, before one that names no device, and that before one that names no side.

    Returns
    -------
    basis : PrecisionBasis
        With `lsc_g_cm2` None where nothing fits: no verdict can be given then.
    """
    fitting = [o for o in own if fits(o, point)]
    if fitting:
        best = min(
            fitting,
            key=lambda o: (
                o.device_serial is None,
                not site_fits(o.site, point.site),
                -o.error_g_cm2,
            ),
        )
        few = best.df is not None and best.df < ISCD_DF
        return PrecisionBasis(
            error_g_cm2=best.error_g_cm2,
            lsc_g_cm2=LSC_95_FACTOR * best.error_g_cm2,
            source=best.source,
            is_own=True,
            df=best.df,
            flag="precision_study_small" if few else "",
        )
    percent = published_lsc_percent(point.technique, point.site)
    if percent is not None:
        lsc = percent / 100.0 * point.bmd_g_cm2
        if point.technique is Technique.REMS:
            return _fallback(REMS_CV_PERCENT / 100.0 * point.bmd_g_cm2, lsc, REMS_SOURCE)
        return _fallback(lsc / LSC_95_FACTOR, lsc, ISCD_SOURCE)
    return PrecisionBasis(
        error_g_cm2=None,
        lsc_g_cm2=None,
        source="no precision study of this site",
        is_own=False,
        flag="no_precision_study",
    )


def _fallback(error: float, lsc: float, source: str) -> PrecisionBasis:
    return PrecisionBasis(
        error_g_cm2=error,
        lsc_g_cm2=lsc,
        source=f"{source}; not measured at this site",
        is_own=False,
        flag="precision_not_own",
    )


def fits(own: OwnPrecision, point: SeriesPoint) -> bool:
    """Tell whether a precision study is about a value: a missing side or device fits any."""
    return (
        own.technique is point.technique
        and site_fits(own.site, point.site) is not None
        and own.vertebrae_used in {(), point.vertebrae_used}
        and own.device_serial in {None, point.device.serial}
    )


def _kind(site: str) -> str | None:
    if site.startswith("L") and site[1:2].isdigit():
        return "spine" if "-" in site or "+" in site else None  # no verdict on one vertebra
    return next((k for k in ("total-hip", "femoral-neck") if site.startswith(k)), None)
