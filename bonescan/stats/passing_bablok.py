"""Lines from the slopes of all pairs: Passing-Bablok for two methods, Theil-Sen for one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bonescan.model.estimate import Estimate, undefined

from .deming import LineFit
from .pairs import ROUNDING_1, Array, checked_pairs, size_of, varies
from .quantiles import checked_confidence, kolmogorov_p, normal_quantile
from .record import Record
from .slope_ranks import PairwiseSlopes, pairwise_slopes, slopes_of_rank

LEAST = 3
COARSE = 100  # fewer distinct values than this, and than half the pairs, make a lattice
METHOD = "passing-bablok 1983"
OUT_OF_RANGE = "too few pairs for an interval"
CUSUM_5, CUSUM_1 = 1.36, 1.63  # critical values of H at 5 and 1 % (Passing and Bablok 1983)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cusum(Record):
    """Whether residuals change sign at random along the line.

    `path` is the sum after each point in the order along the line; `h` its largest
    size over √(n_below + 1), with Kolmogorov's asymptotic p. Tied distances keep the
    order of the rows, on which the sum then depends.
    """

    h: float | None
    p: float | None
    n_above: int
    n_below: int
    path: tuple[float, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassingBablok(Record):
    """The shifted median of all slopes, and the ranks that bracket it.

    `n_slopes` take part; of these `n_below_minus_1` are below −1 and shift the ranks;
    the limits of the slope are those of ranks m1 and m2 after the shift.
    """

    intercept: Estimate
    slope: Estimate
    n: int
    n_slopes: int
    n_below_minus_1: int
    m1: int | None
    m2: int | None
    cusum: Cusum
    warning: str = ""


def passing_bablok(x: ArrayLike, y: ArrayLike, *, confidence: float = 0.95) -> PassingBablok:
    """Compare two methods without assuming a distribution of their errors.

    Parameters
    ----------
    x, y : (n,) array_like
        Reference and test, which must be positively related.
    confidence : float, default 0.95

    Returns
    -------
    found : PassingBablok
        Undefined for fewer than 3 pairs or a constant series. A limit whose rank lies
        outside the slopes, or on a vertical pair, is None.

    Notes
    -----
    The paper to the letter: pairs of equal points and slopes of exactly −1 are left out,
    a vertical pair counts as ±∞. What is equal but for rounding (1e-12 of the largest
    value) is equal. Packages differ here: without that tolerance slopes of −1 between
    decimals fall on either side by chance. The limits of the intercept are sorted.

    References
    ----------
    Passing H, Bablok W. A new biometrical procedure for testing the equality of
    measurements from two different analytical methods. J Clin Chem Clin Biochem
    1983;21:709-720.
    """
    reference, test = checked_pairs(x, y)
    z = normal_quantile(0.5 + checked_confidence(confidence) / 2.0)
    n = int(reference.size)
    if why := _unusable(reference, test):
        return _no_line(why, n)
    slopes = pairwise_slopes(reference, test, keep_all=False)
    count, shift = slopes.n_slopes, slopes.n_below
    width = z * math.sqrt(n * (n - 1) * (2 * n + 5) / 18.0)
    m1 = round((count - width) / 2.0)
    m2 = count - m1 + 1
    middle = [(count + 1) // 2 + shift, count // 2 + 1 + shift]
    if middle[1] > count:
        return _no_line("the series are not positively related", n, slopes)
    with_limits = m1 >= 1 and m2 + shift <= count
    ranks = [*middle, m1 + shift, m2 + shift] if with_limits else middle
    values = slopes_of_rank(slopes, ranks)
    slope = (values[0] + values[1]) / 2.0
    if not math.isfinite(slope):
        return _no_line("half of the pairs are vertical", n, slopes)
    bounds = (values[2], values[3]) if with_limits else (-math.inf, math.inf)
    cusum = _cusum(reference, test, slope)
    return PassingBablok(
        intercept=_intercept(reference, test, slope, bounds),
        slope=_bounded(slope, *bounds, METHOD),
        n=n,
        n_slopes=count,
        n_below_minus_1=shift,
        m1=m1 if with_limits else None,
        m2=m2 if with_limits else None,
        cusum=cusum,
        warning=_warning(reference, test, slope, cusum),
    )


def theil_sen(x: ArrayLike, y: ArrayLike, *, confidence: float = 0.95) -> LineFit:
    """Take the median of all slopes as the slope of y on x.

    Parameters
    ----------
    x, y : (n,) array_like
        x without error (time, say) and the response.
    confidence : float, default 0.95

    Returns
    -------
    fit : LineFit
        The intercept is the median of y − slope·x and has no interval; the limits of the
        slope are Sen's ranks, with his correction for ties.

    References
    ----------
    Sen PK. Estimates of the regression coefficient based on Kendall's tau. J Am Stat
    Assoc 1968;63:1379-1389.
    """
    predictor, response = checked_pairs(x, y)
    z = normal_quantile(0.5 + checked_confidence(confidence) / 2.0)
    n = int(predictor.size)
    why = "fewer than 3 pairs" if n < LEAST else "" if varies(predictor) else "x is constant"
    if why:
        return LineFit(intercept=undefined(why), slope=undefined(why), ci_method="sen", n=n)
    slopes = pairwise_slopes(predictor, response, keep_all=True)
    count = slopes.n_slopes
    variance = (_tied(n) - _ties(predictor) - _ties(response)) / 18.0
    width = z * math.sqrt(max(variance, 0.0))
    upper = min(round((count + width) / 2.0), count - 1) + 1
    lower = max(round((count - width) / 2.0) - 1, 0) + 1
    values = slopes_of_rank(slopes, [(count + 1) // 2, count // 2 + 1, lower, upper])
    slope = (values[0] + values[1]) / 2.0
    intercept = float(np.median(response - slope * predictor))
    return LineFit(
        intercept=Estimate(est=intercept, reason="the ranks of slopes bracket the slope only"),
        slope=_bounded(slope, values[2], values[3], "sen"),
        ci_method="sen",
        n=n,
    )


def _tied(k: float) -> float:
    return k * (k - 1.0) * (2.0 * k + 5.0)


def _ties(values: Array) -> float:
    _, counts = np.unique(values, return_counts=True)
    return float(sum(_tied(float(k)) for k in counts if k > 1))


def _unusable(x: Array, y: Array) -> str:
    if x.size < LEAST:
        return "fewer than 3 pairs"
    return "" if varies(x) and varies(y) else "a series is constant"


def _no_line(why: str, n: int, slopes: PairwiseSlopes | None = None) -> PassingBablok:
    return PassingBablok(
        intercept=undefined(why),
        slope=undefined(why),
        n=n,
        n_slopes=slopes.n_slopes if slopes else 0,
        n_below_minus_1=slopes.n_below if slopes else 0,
        m1=None,
        m2=None,
        cusum=Cusum(h=None, p=None, n_above=0, n_below=0, path=(), reason=why),
    )


def _bounded(est: float, lo: float, hi: float, method: str) -> Estimate:
    known = math.isfinite(lo), math.isfinite(hi)
    return Estimate(
        est=est,
        lo=lo if known[0] else None,
        hi=hi if known[1] else None,
        method=method,
        reason="" if all(known) else OUT_OF_RANGE,
    )


def _intercept(x: Array, y: Array, slope: float, bounds: tuple[float, float]) -> Estimate:
    """Take the median of y − slope·x, and those of the limits in rising order."""
    est = float(np.median(y - slope * x))
    if not all(math.isfinite(bound) for bound in bounds):
        return Estimate(est=est, method=METHOD, reason=OUT_OF_RANGE)
    lo, hi = sorted(float(np.median(y - bound * x)) for bound in bounds)
    return Estimate(est=est, lo=lo, hi=hi, method=METHOD)


def _cusum(x: Array, y: Array, slope: float) -> Cusum:
    """Sum scores along the line (Passing and Bablok 1983, section 4)."""
    intercept = float(np.median(y - slope * x))
    residual = y - intercept - slope * x
    side = np.where(np.abs(residual) <= ROUNDING_1 * size_of(x, y), 0.0, np.sign(residual))
    n_above, n_below = int((side > 0).sum()), int((side < 0).sum())
    why = "no points on both sides of the line" if min(n_above, n_below) == 0 else ""
    if slope <= 0.0:
        why = "the line does not rise"
    if why:
        return Cusum(h=None, p=None, n_above=n_above, n_below=n_below, path=(), reason=why)
    score = np.where(side > 0, math.sqrt(n_below / n_above), -math.sqrt(n_above / n_below))
    score[side == 0] = 0.0
    distance = (y + x / slope - intercept) / math.sqrt(1.0 + 1.0 / slope**2)
    path = np.cumsum(score[np.argsort(distance, kind="stable")])
    h = float(np.abs(path).max()) / math.sqrt(n_below + 1)
    return Cusum(
        h=h,
        p=kolmogorov_p(h),
        n_above=n_above,
        n_below=n_below,
        path=tuple(float(value) for value in path),
    )


def _warning(x: Array, y: Array, slope: float, cusum: Cusum) -> str:
    found = []
    if slope <= 0.0:
        found.append("the line does not rise: the method is for positively related series")
    few = min(np.unique(x).size, np.unique(y).size)
    if few < min(COARSE, x.size / 2):
        found.append("values are rounded so that slopes are ratios of a few steps")
    if cusum.h is not None and cusum.h > CUSUM_5:
        found.append("the residuals are not at random along the line (cusum)")
    return "; ".join(found)
