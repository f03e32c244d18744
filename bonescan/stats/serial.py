"""One person's values over time: what a difference is worth, given the precision.

Everything here takes numbers of one series; whether two values belong to one
series is decided elsewhere (`bonescan.track.comparable`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bonescan.model.estimate import Estimate, undefined

from .quantiles import checked_confidence, normal_p, normal_quantile, t_quantile
from .record import Record

Array = NDArray[np.float64]

SLACK = 1e-12  # equality counts: values rounded to 0.001 differ by binary dust
LEAST_FOR_SLOPE = 3  # an interval exists from three points on
LEAST_FOR_CONCLUSION = 4  # with three, Student's t for one degree of freedom is 12.7
DAYS_PER_YEAR = 365.25
DAYS_PER_WEEK = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Record):
    """Follow-up − baseline with its uncertainty.

    `percent` is of the baseline. `z` is the difference over its standard error.
    """

    difference: float
    percent: float
    standard_error: float | None  # None: the precision is not known
    interval: Estimate
    percent_interval: Estimate
    z: float | None
    p: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueChange(Record):
    """What is believed of the true change once the measured one is known.

    Normal law of `mean` and `sd`; `p_loss` is the probability of a true change
    below 0, `p_loss_beyond` below −`chosen`.
    """

    mean: float
    sd: float
    p_loss: float
    p_loss_beyond: float
    chosen: float
    prior: str  # "flat", or the source of the expected course


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope(Record):
    """A straight line through a series.

    `may_conclude` is False below four visits: the interval stands, and nothing
    is concluded from it. `lsc_per_year` is the least slope that precision alone
    would not give.
    """

    n: int
    per_year: Estimate
    percent_per_year: float | None  # of the first value
    theil_sen_per_year: float | None
    lsc_per_year: float | None
    may_conclude: bool


def difference(
    baseline: float,
    follow_up: float,
    *,
    error: float | None,
    n_baseline: int = 1,
    n_follow_up: int = 1,
    see: float = 0.0,
    confidence: float = 0.95,
) -> Difference:
    """Compare two values of one series.

    Parameters
    ----------
    baseline, follow_up : float
        Means of the scans of each occasion; `baseline` above 0.
    error : float or None
        Precision error (RMS-SD) of one scan, in the unit of the values.
    n_baseline, n_follow_up : int
        Scans averaged on each occasion.
    see : float
        Standard error of estimate of a cross-calibration between the two devices.

    References
    ----------
    Glüer CC. Monitoring skeletal changes by radiological techniques. J Bone Miner Res
    1999;14:1952-1962.

    Examples
    --------
    >>> found = difference(0.723, 0.709, error=0.0024)
    >>> round(found.percent, 2), round(found.p, 5)
    (-1.94, 4e-05)
    """
    level = checked_confidence(confidence)
    if not (math.isfinite(baseline) and math.isfinite(follow_up) and baseline > 0.0):
        raise ValueError(f"found {baseline} and {follow_up}, wanted numbers and a baseline above 0")
    if n_baseline < 1 or n_follow_up < 1:
        raise ValueError("found a count of scans below 1")
    found = follow_up - baseline
    percent = 100.0 * found / baseline
    if error is None:
        unknown = undefined("no precision study")
        return Difference(
            difference=found,
            percent=percent,
            standard_error=None,
            interval=unknown,
            percent_interval=unknown,
            z=None,
            p=None,
        )
    if not error > 0.0:
        raise ValueError(f"found a precision error of {error}, wanted more than 0")
    se = math.sqrt(error**2 / n_baseline + error**2 / n_follow_up + see**2)
    half = normal_quantile(0.5 + level / 2.0) * se
    method = "normal, from the precision error"
    scale = 100.0 / baseline
    return Difference(
        difference=found,
        percent=percent,
        standard_error=se,
        interval=Estimate(est=found, lo=found - half, hi=found + half, method=method),
        percent_interval=Estimate(
            est=percent, lo=percent - scale * half, hi=percent + scale * half, method=method
        ),
        z=found / se,
        p=normal_p(found / se),
    )


def reaches(change: float, lsc: float) -> bool:
    """Tell whether a change counts against a least significant change; equality does.

    >>> reaches(-0.042, 0.042), reaches(0.0419, 0.042), reaches(0.709 - 0.723, 0.014)
    (True, False, True)
    """
    return abs(change) >= lsc - SLACK


def true_change(
    change: float,
    standard_error: float,
    *,
    chosen: float,
    expected: float | None = None,
    expected_sd: float | None = None,
    source: str = "",
) -> TrueChange:
    """Give the probability that the true change is a loss, and one beyond a chosen size.

    Parameters
    ----------
    change, standard_error : float
        Measured, in one unit (g/cm² or %).
    chosen : float
        Size of the loss that is asked about, 0 or more.
    expected, expected_sd : float, optional
        Mean and spread between women of the expected course over this interval; with
        them the two are joined (normal prior), without them every true change is as
        likely as any other beforehand.
    source : str
        Of the expected course.

    Examples
    --------
    >>> round(true_change(-1.96, 1.0, chosen=0.0).p_loss, 3)
    0.975
    """
    if not standard_error > 0.0 or not chosen >= 0.0:
        raise ValueError("found a standard error of 0 or a chosen size below 0")
    mean, sd, prior = change, standard_error, "flat"
    if expected is not None and expected_sd is not None:
        if not expected_sd > 0.0:
            raise ValueError(f"found a spread of {expected_sd}, wanted more than 0")
        weight = 1.0 / standard_error**2 + 1.0 / expected_sd**2
        mean = (change / standard_error**2 + expected / expected_sd**2) / weight
        sd, prior = math.sqrt(1.0 / weight), source or "expected course"
    return TrueChange(
        mean=mean,
        sd=sd,
        p_loss=float(special.ndtr(-mean / sd)),
        p_loss_beyond=float(special.ndtr((-chosen - mean) / sd)),
        chosen=chosen,
        prior=prior,
    )


def z_against_course(
    change: float, standard_error: float, expected: float, expected_sd: float
) -> float:
    """Distance from the expected course in standard deviations of measured changes.

    >>> round(z_against_course(-4.0, 0.8, -1.9, 0.6), 2)
    -2.1
    """
    return (change - expected) / math.hypot(standard_error, expected_sd)


def percent_per_year(baseline: float, follow_up: float, days: float) -> float:
    """Annualise as 100·(y₂/y₁ − 1)/years; not to be used across a pregnancy.

    >>> round(percent_per_year(1.0, 0.98, 730.5), 6)
    -1.0
    """
    if not days > 0.0:
        raise ValueError(f"found {days} days between two values, wanted more than 0")
    return 100.0 * (follow_up / baseline - 1.0) / (days / DAYS_PER_YEAR)


def percent_per_week(baseline: float, follow_up: float, days: float) -> float:
    """Percent of the baseline for each week of the interval.

    >>> round(percent_per_week(0.723, 0.709, 175), 4)
    -0.0775
    """
    if not days > 0.0:
        raise ValueError(f"found {days} days between two values, wanted more than 0")
    return 100.0 * (follow_up / baseline - 1.0) / (days / DAYS_PER_WEEK)


def slope(
    days: ArrayLike, values: ArrayLike, *, error: float | None = None, confidence: float = 0.95
) -> Slope:
    """Fit a straight line to a series.

    Parameters
    ----------
    days : (n,) array_like
        Days since any date.
    values : (n,) array_like
        One value a day; scans of one day are averaged before.
    error : float, optional
        Precision error of one value, for the least significant slope z·PE/√Sxx.

    Returns
    -------
    found : Slope
        Without an estimate below two days.
    """
    level = checked_confidence(confidence)
    years = np.ravel(np.asarray(days, dtype=np.float64)) / DAYS_PER_YEAR
    y = np.ravel(np.asarray(values, dtype=np.float64))
    if years.size != y.size or not (np.isfinite(years).all() and np.isfinite(y).all()):
        raise ValueError("found days and values that do not match, wanted a finite value a day")
    n = int(y.size)
    sxx = float(((years - years.mean()) ** 2).sum()) if n else 0.0
    if n < 2 or not sxx > 0.0:  # noqa: PLR2004 - a line needs two days
        return Slope(
            n=n,
            per_year=undefined("fewer than two days"),
            percent_per_year=None,
            theil_sen_per_year=None,
            lsc_per_year=None,
            may_conclude=False,
        )
    est = float(((years - years.mean()) * (y - y.mean())).sum()) / sxx
    per_year = Estimate(est=est, reason="an interval needs three visits")
    if n >= LEAST_FOR_SLOPE:
        left = y - y.mean() - est * (years - years.mean())
        se = math.sqrt(float(left @ left) / (n - 2) / sxx)
        half = t_quantile(0.5 + level / 2.0, n - 2) * se
        per_year = Estimate(est=est, lo=est - half, hi=est + half, method="Student's t")
    first = float(y[np.argmin(years)])
    return Slope(
        n=n,
        per_year=per_year,
        percent_per_year=100.0 * est / first if first > 0.0 else None,
        theil_sen_per_year=_theil_sen(years, y),
        lsc_per_year=None if error is None else normal_quantile(0.975) * error / math.sqrt(sxx),
        may_conclude=n >= LEAST_FOR_CONCLUSION,
    )


def _theil_sen(x: Array, y: Array) -> float | None:
    """Median of the slopes of all pairs; a person has too few visits to need a kernel."""
    i, j = np.triu_indices(x.size, 1)
    apart = x[j] != x[i]
    found = (y[j] - y[i])[apart] / (x[j] - x[i])[apart]
    return float(np.median(found)) if found.size else None
