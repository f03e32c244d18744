"""Ordinary least squares of one series on another, with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bonescan.model.estimate import Estimate, undefined

from .pairs import checked_pairs, size_of, varies
from .quantiles import checked_confidence, t_p, t_quantile
from .record import Record

LEAST = 2
METHOD = "t(n-2)"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinaryFit(Record):
    """The line y = intercept + slope · x that predicts y from x.

    `see` is the standard error of estimate: the residual SD with n − 2 degrees of
    freedom; `see_percent` the same in percent of the mean of y, None where the values
    are not all positive (a percentage of a T-score means nothing).
    """

    intercept: Estimate
    slope: Estimate  # p: of slope 0
    see: float | None
    see_percent: float | None
    r2: float | None
    n: int


def ordinary_least_squares(x: ArrayLike, y: ArrayLike, *, confidence: float = 0.95) -> OrdinaryFit:
    """Regress y on x.

    Parameters
    ----------
    x, y : (n,) array_like
        Predictor (reference) and response (test).
    confidence : float, default 0.95
        Of the intervals, which are t(n − 2).

    Returns
    -------
    fit : OrdinaryFit
        Without a line when n < 2 or x is constant, without intervals when n = 2.

    Examples
    --------
    >>> fit = ordinary_least_squares([1, 2, 3, 4], [1, 3, 2, 5])
    >>> round(fit.slope.est, 9), round(fit.intercept.est, 9)
    (1.1, 0.0)

    References
    ----------
    Draper NR, Smith H. Applied Regression Analysis. 3rd ed. Wiley, 1998, chapter 1.
    """
    predictor, response = checked_pairs(x, y)
    tail = 0.5 + checked_confidence(confidence) / 2.0
    n = predictor.size
    if n < LEAST or not varies(predictor):
        why = undefined("fewer than 2 pairs" if n < LEAST else "x is constant")
        return OrdinaryFit(intercept=why, slope=why, see=None, see_percent=None, r2=None, n=n)
    x_mean, y_mean = float(predictor.mean()), float(response.mean())
    away, off = predictor - x_mean, response - y_mean
    sxx, syy = float(away @ away), float(off @ off)
    slope = float(away @ off) / sxx
    intercept = y_mean - slope * x_mean
    residual = off - slope * away
    rss = float(residual @ residual)
    r2 = 1.0 - rss / syy if varies(response) else None
    if n == LEAST:
        return OrdinaryFit(
            intercept=Estimate(est=intercept, reason="2 pairs leave nothing to judge the line by"),
            slope=Estimate(est=slope, reason="2 pairs leave nothing to judge the line by"),
            see=None, see_percent=None, r2=r2, n=n,
        )  # fmt: skip
    see = math.sqrt(rss / (n - 2))
    if see <= 1e-14 * size_of(response):  # a perfect line, but for rounding
        see = 0.0
    t = t_quantile(tail, n - 2)
    se_slope = see / math.sqrt(sxx)
    se_intercept = see * math.sqrt(1.0 / n + x_mean * x_mean / sxx)
    return OrdinaryFit(
        intercept=_bracketed(intercept, se_intercept, t, n),
        slope=_bracketed(slope, se_slope, t, n),
        see=see,
        see_percent=100.0 * see / y_mean if bool(np.all(response > 0)) else None,
        r2=r2,
        n=n,
    )


def _bracketed(est: float, se: float, t: float, n: int) -> Estimate:
    if se == 0.0:
        return Estimate(est=est, lo=est, hi=est, method=METHOD, reason="every pair is on the line")
    p = t_p(est / se, n - 2)
    return Estimate(est=est, lo=est - t * se, hi=est + t * se, p=p, method=METHOD)
