"""Deming regression: a line for two methods that both err."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bonescan.model.estimate import Estimate, undefined

from .pairs import Array, checked_pairs, varies
from .quantiles import checked_confidence, t_quantile
from .record import Record

LEAST = 3
INTERVALS = ("jackknife", "analytical")
ROUNDS, STEP = 30, 1e-6  # of the weighted fit (Linnet 1990)
NOTHING_1 = 1e-13  # a correlation below this is rounding
BLOCK = 2**21  # cells of a block of refits


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFit(Record):
    """The line test = intercept + slope · reference.

    `error_ratio` is the variance of the error of x over that of y; None for lines that
    need none. `se_…` are None where the interval rests on none.
    """

    intercept: Estimate
    slope: Estimate
    ci_method: str
    n: int
    error_ratio: float | None = None
    se_intercept: float | None = None
    se_slope: float | None = None
    warning: str = ""


def deming(
    x: ArrayLike,
    y: ArrayLike,
    *,
    error_ratio: float = 1.0,
    ci: str = "jackknife",
    confidence: float = 0.95,
) -> LineFit:
    """Fit a line to pairs that err in both directions.

    Parameters
    ----------
    x, y : (n,) array_like
        Reference and test.
    error_ratio : float, default 1
        λ = variance of the error of x / variance of the error of y; 1 is the
        orthogonal fit. (mcr's `error.ratio`; the inverse of MethComp's `vr`.)
    ci : {"jackknife", "analytical"}
        Leave-one-out pseudo-values with t(n − 2), as CLSI EP09 takes; or the
        approximation from the correlation.
    confidence : float, default 0.95

    Returns
    -------
    fit : LineFit
        Without a line for fewer than 3 pairs, a constant series or no covariance.

    References
    ----------
    Deming WE. Statistical Adjustment of Data. Wiley, 1943. Linnet K. Evaluation of
    regression procedures for methods comparison studies. Clin Chem 1993;39:424-432
    (jackknife). CLSI EP09c, 2018.
    """
    reference, test, why = _usable(x, y, error_ratio)
    if ci not in INTERVALS:
        raise ValueError(f"found {ci!r}, wanted one of {', '.join(INTERVALS)}")
    tail = 0.5 + checked_confidence(confidence) / 2.0
    if why:
        return _no_line(why, ci, reference.size, error_ratio)
    whole, without = _fit(reference, test, error_ratio), None
    if ci == "jackknife":
        without = _leave_one_out(reference, test, error_ratio)
        se = _jackknife_se(whole, without)
    else:
        se = _analytical_se(reference, test, whole[1])
    return _line(whole, se, tail, reference.size, ci, error_ratio)


def weighted_deming(
    x: ArrayLike, y: ArrayLike, *, error_ratio: float = 1.0, confidence: float = 0.95
) -> LineFit | None:
    """Fit a line where both methods err in proportion to the value.

    Parameters
    ----------
    x, y : (n,) array_like
        Reference and test, all positive.
    error_ratio : float, default 1
        As in `deming`, of the relative errors.
    confidence : float, default 0.95

    Returns
    -------
    fit : LineFit or None
        None where a value is not positive: a constant coefficient of variation means
        nothing there (T and Z).

    Notes
    -----
    From the plain fit on, weights are the inverse squares of the estimated true values,
    until slope and intercept change by less than 1e-6 or for 30 rounds (as R's mcr); the
    jackknife goes through the whole iteration.

    References
    ----------
    Linnet K. Estimation of the linear relationship between the measurements of two
    methods with proportional errors. Stat Med 1990;9:1463-1473.
    """
    reference, test, why = _usable(x, y, error_ratio)
    tail = 0.5 + checked_confidence(confidence) / 2.0
    if reference.size == 0 or not bool(np.all(reference > 0) and np.all(test > 0)):
        return None
    n = reference.size
    if why:
        return _no_line(why, "jackknife", n, error_ratio)
    whole = _weighted(reference, test, None, error_ratio)[:, 0]
    rows = max(1, BLOCK // n)
    parts = [
        _weighted(reference, test, np.arange(first, min(first + rows, n)), error_ratio)
        for first in range(0, n, rows)
    ]
    se = _jackknife_se(whole, np.hstack(parts))
    return _line(whole, se, tail, n, "jackknife", error_ratio)


def bias_at(
    x: ArrayLike,
    y: ArrayLike,
    levels: Iterable[float],
    error_ratio: float = 1.0,
    *,
    confidence: float = 0.95,
) -> dict[float, Estimate]:
    """Estimate test − reference where the reference reads a decision level.

    Parameters
    ----------
    x, y : (n,) array_like
        Reference and test.
    levels : iterable of float
        On the scale of the reference, such as T = −1.0 and −2.5.
    error_ratio : float, default 1
        As in `deming`.
    confidence : float, default 0.95

    Returns
    -------
    bias : dict of float to Estimate
        a + (b − 1)·level of the Deming line, the interval by the jackknife of that
        number, t(n − 2).

    References
    ----------
    CLSI EP09c, 2018 (bias at medical decision levels).
    """
    reference, test, why = _usable(x, y, error_ratio)
    tail = 0.5 + checked_confidence(confidence) / 2.0
    if why:
        return {float(level): undefined(why) for level in levels}
    whole = _fit(reference, test, error_ratio)
    without = _leave_one_out(reference, test, error_ratio)
    found = {}
    for level in levels:
        direction = np.array([1.0, float(level)])
        est = float(direction @ whole) - float(level)
        se = _jackknife_se(direction[None] @ whole, direction[None] @ without)
        found[float(level)] = _bracketed(est, float(se[0]), tail, reference.size, "jackknife")
    return found


def _usable(x: ArrayLike, y: ArrayLike, error_ratio: float) -> tuple[Array, Array, str]:
    reference, test = checked_pairs(x, y)
    if not (math.isfinite(error_ratio) and error_ratio > 0.0):
        raise ValueError(f"found an error ratio of {error_ratio}, wanted a positive number")
    why = ""
    if reference.size < LEAST:
        why = "fewer than 3 pairs"
    elif not (varies(reference) and varies(test)):
        why = "a series is constant"
    elif not math.isfinite(_fit(reference, test, error_ratio)[1]):
        why = "the two series do not vary together"
    return reference, test, why


def _sums(x: Array, y: Array) -> tuple[float, float, float]:
    a, b = x - x.mean(), y - y.mean()
    return float(a @ a), float(b @ b), float(a @ b)


def _slope(sxx: Array, syy: Array, sxy: Array, ratio: float, least: float | Array = 0.0) -> Array:
    """Solve for the slope; NaN where the covariance is not above `least`."""
    lead = ratio * syy - sxx
    below = 2.0 * ratio * np.where(np.abs(sxy) > least, sxy, np.nan)
    return np.asarray((lead + np.sqrt(lead**2 + 4.0 * ratio * sxy**2)) / below)


def _fit(x: Array, y: Array, ratio: float) -> Array:
    """Intercept and slope, (2,)."""
    sxx, syy, sxy = (np.asarray(part) for part in _sums(x, y))
    slope = float(_slope(sxx, syy, sxy, ratio, NOTHING_1 * math.sqrt(float(sxx * syy))))
    return np.array([float(y.mean()) - slope * float(x.mean()), slope])


def _leave_one_out(x: Array, y: Array, ratio: float) -> Array:
    """Give intercepts and slopes without each pair, (2, n), by taking it out of the sums."""
    n = x.size
    a, b = x - x.mean(), y - y.mean()
    share = n / (n - 1.0)
    sxx, syy, sxy = (float(u @ v) - share * u * v for u, v in ((a, a), (b, b), (a, b)))
    slope = _slope(sxx, syy, sxy, ratio, NOTHING_1 * math.sqrt(float(a @ a) * float(b @ b)))
    x_mean, y_mean = x.mean() - a / (n - 1), y.mean() - b / (n - 1)
    return np.array([y_mean - slope * x_mean, slope])


def _jackknife_se(whole: Array, without: Array) -> Array:
    """SD of the pseudo-values n·θ − (n − 1)·θ₍₋ᵢ₎ over √n, one for each row of `without`."""
    n = without.shape[1]
    pseudo = n * whole[:, None] - (n - 1) * without
    return np.asarray(pseudo.std(axis=1, ddof=1) / math.sqrt(n))


def _analytical_se(x: Array, y: Array, slope: float) -> Array:
    """b²·(1/r² − 1)/(n − 2) for the slope, times the mean of x² for the intercept."""
    sxx, syy, sxy = _sums(x, y)
    unexplained = max(sxx * syy / sxy**2 - 1.0, 0.0)
    se = math.sqrt(slope**2 * unexplained / (x.size - 2))
    return np.array([se * math.sqrt(float(np.mean(x * x))), se])


def _weighted(x: Array, y: Array, out: NDArray[np.intp] | None, ratio: float) -> Array:
    """Give intercepts and slopes, (2, k): without each pair of `out`, or one of all pairs.

    The true value that a weight is taken from is c0 + c1·x + c2·y, so that weights of all
    refits are a matrix product, and the sums of the next line another.
    """
    # about the means, so that sums of squares keep their digits
    x_mean, y_mean = float(x.mean()), float(y.mean())
    a, b = x - x_mean, y - y_mean
    linear = np.array([np.ones(x.size), a, b])
    moments = np.array([*linear, a * a, b * b, a * b]).T
    k = 1 if out is None else out.size
    whole = np.tile(moments.sum(axis=0), (k, 1))
    fit = _line_of_moments(whole if out is None else whole - moments[out], ratio)
    fit[0] += y_mean - fit[1] * x_mean
    open_ = np.arange(k)
    for _ in range(ROUNDS):
        still = None if out is None else out[open_]
        slope = fit[1, open_]
        pull = ratio * (slope - 1.0) / (1.0 + ratio * slope * slope)
        # the same line about the means, and the mean of the true values
        centred = fit[0, open_] - y_mean + slope * x_mean
        c0 = x_mean + ratio * y_mean - pull * centred
        into = np.array([c0, 1.0 - pull * slope, ratio + pull]).T / (1.0 + ratio)
        weight = into @ linear
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            np.divide(1.0, weight * weight, out=weight)
            if still is not None:
                weight[np.arange(still.size), still] = 0.0
            fresh = _line_of_moments(weight @ moments, ratio)
        fresh[0] += y_mean - fresh[1] * x_mean
        settled = (np.abs(fresh - fit[:, open_]) < STEP).all(axis=0)
        fit[:, open_] = fresh
        open_ = open_[~settled]
        if open_.size == 0:
            break
    return fit


def _line_of_moments(sums: Array, ratio: float) -> Array:
    """Give intercepts and slopes from the sums of w, wx, wy, wx², wy², wxy, (k, 6)."""
    total, sx, sy, sxx, syy, sxy = sums.T
    nothing = NOTHING_1 * np.sqrt(sxx * syy)
    sxx, syy, sxy = sxx - sx * sx / total, syy - sy * sy / total, sxy - sx * sy / total
    slope = _slope(sxx, syy, sxy, ratio, nothing)
    return np.array([(sy - slope * sx) / total, slope])


def _line(fit: Array, se: Array, tail: float, n: int, method: str, error_ratio: float) -> LineFit:
    intercept, slope = (
        _bracketed(float(est), float(one), tail, n, method)
        for est, one in zip(fit, se, strict=True)
    )
    known = bool(np.isfinite(se).all())
    return LineFit(
        intercept=intercept,
        slope=slope,
        ci_method=method,
        n=n,
        error_ratio=error_ratio,
        se_intercept=float(se[0]) if known else None,
        se_slope=float(se[1]) if known else None,
    )


def _bracketed(est: float, se: float, tail: float, n: int, method: str) -> Estimate:
    if not math.isfinite(se):
        return Estimate(est=est, reason="without one of the pairs there is no line")
    arm = t_quantile(tail, n - 2) * se
    return Estimate(est=est, lo=est - arm, hi=est + arm, method=method)


def _no_line(why: str, ci: str, n: int, error_ratio: float) -> LineFit:
    return LineFit(
        intercept=undefined(why), slope=undefined(why), ci_method=ci, n=n, error_ratio=error_ratio
    )
