"""Differences as ratios and percentages, where every value is positive."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bonescan.model.estimate import Estimate

from .pairs import Array, checked_pairs, varies
from .quantiles import Z_95, checked_confidence, t_p, t_quantile
from .record import Record

LEAST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRatio(Record):
    """Agreement on the logarithmic scale, back as ratios test / reference."""

    ratio: Estimate  # geometric mean
    mean_log: float
    sd_log: float | None
    loa_ratio: tuple[float, float] | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentOfMean(Record):
    """Differences in percent of the mean of the two."""

    bias_percent: Estimate
    sd_percent: float | None
    loa_percent: tuple[float, float] | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentOfReference(Record):
    """Differences in percent of the reference; `mape_percent` is their mean size."""

    bias_percent: float
    sd_percent: float | None
    mape_percent: float
    n: int


def _positive(x: ArrayLike, y: ArrayLike) -> tuple[Array, Array] | None:
    reference, test = checked_pairs(x, y)
    usable = reference.size > 0 and bool(np.all(reference > 0) and np.all(test > 0))
    return (reference, test) if usable else None


def _spread(values: Array) -> float | None:
    if values.size < LEAST:
        return None
    return float(values.std(ddof=1)) if varies(values, max(1.0, float(values.max()))) else 0.0


def _mean(values: Array, confidence: float) -> Estimate:
    centre, sd = float(values.mean()), _spread(values)
    if sd is None:
        return Estimate(est=centre, reason="one pair has no interval")
    if sd == 0.0:
        return Estimate(est=centre, lo=centre, hi=centre, method="t(n-1)", reason="all equal")
    se = sd / math.sqrt(values.size)
    arm = t_quantile(0.5 + confidence / 2.0, values.size - 1) * se
    p = t_p(centre / se, values.size - 1)
    return Estimate(est=centre, lo=centre - arm, hi=centre + arm, p=p, method="t(n-1)")


def log_ratio(x: ArrayLike, y: ArrayLike, *, confidence: float = 0.95) -> LogRatio | None:
    """Compare on the logarithmic scale.

    Parameters
    ----------
    x, y : (n,) array_like
        Reference and test.
    confidence : float, default 0.95
        Of the interval of the ratio.

    Returns
    -------
    found : LogRatio or None
        None where any value is not positive (scores), or there is none.

    References
    ----------
    Bland JM, Altman DG. Stat Methods Med Res 1999;8:135-160, section 3.1.
    """
    checked_confidence(confidence)
    pairs = _positive(x, y)
    if pairs is None:
        return None
    away = np.log(pairs[1]) - np.log(pairs[0])
    mean, sd = _mean(away, confidence), _spread(away)
    centre = float(away.mean())
    ratio = Estimate(
        est=math.exp(centre),
        lo=None if mean.lo is None else math.exp(mean.lo),
        hi=None if mean.hi is None else math.exp(mean.hi),
        p=mean.p,
        method=mean.method and "log, " + mean.method,
        reason=mean.reason,
    )
    arm = None if sd is None else Z_95 * sd
    return LogRatio(
        ratio=ratio,
        mean_log=centre,
        sd_log=sd,
        loa_ratio=None if arm is None else (math.exp(centre - arm), math.exp(centre + arm)),
        n=away.size,
    )


def percent_of_mean(
    x: ArrayLike, y: ArrayLike, *, confidence: float = 0.95
) -> PercentOfMean | None:
    """Describe 100·(y − x)/mean of the two.

    Parameters
    ----------
    x, y : (n,) array_like
        Reference and test.
    confidence : float, default 0.95
        Of the interval of the bias.

    Returns
    -------
    found : PercentOfMean or None
        None where any value is not positive, or there is none.

    References
    ----------
    Bland JM, Altman DG. Stat Methods Med Res 1999;8:135-160, section 3.1.
    """
    checked_confidence(confidence)
    pairs = _positive(x, y)
    if pairs is None:
        return None
    percent = 200.0 * (pairs[1] - pairs[0]) / (pairs[1] + pairs[0])
    bias, sd = _mean(percent, confidence), _spread(percent)
    centre = float(percent.mean())
    loa = None if sd is None else (centre - Z_95 * sd, centre + Z_95 * sd)
    return PercentOfMean(bias_percent=bias, sd_percent=sd, loa_percent=loa, n=percent.size)


def percent_of_reference(x: ArrayLike, y: ArrayLike) -> PercentOfReference | None:
    """Describe 100·(y − x)/x.

    Parameters
    ----------
    x, y : (n,) array_like
        Reference and test.

    Returns
    -------
    found : PercentOfReference or None
        None where any value is not positive, or there is none.
    """
    pairs = _positive(x, y)
    if pairs is None:
        return None
    percent = 100.0 * (pairs[1] - pairs[0]) / pairs[0]
    return PercentOfReference(
        bias_percent=float(percent.mean()),
        sd_percent=_spread(percent),
        mape_percent=float(np.abs(percent).mean()),
        n=percent.size,
    )
