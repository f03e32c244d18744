"""Bland-Altman analysis: how far the test lies from the reference, and for how many."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bonescan.model.estimate import Estimate, undefined

from .correlation import pearson
from .limits_factors import FACTORS, pair_factor
from .ordinary import OrdinaryFit, ordinary_least_squares
from .pairs import Array, checked_pairs, size_of, varies
from .quantiles import Z_95, checked_confidence, chi2_p, t_p, t_quantile
from .record import Record, Significance
from .relative_difference import (
    LogRatio,
    PercentOfMean,
    PercentOfReference,
    log_ratio,
    percent_of_mean,
    percent_of_reference,
)

__all__ = [
    "BlandAltman",
    "Heteroscedastic",
    "LogRatio",
    "PercentOfMean",
    "PercentOfReference",
    "bland_altman",
    "log_ratio",
    "percent_of_mean",
    "percent_of_reference",
]

LEAST_FOR_LIMITS, LEAST_FOR_TREND = 2, 3
ALL_EQUAL = "all differences are equal: no spread to make an interval of"
MOST_FOR_SHAPIRO = 5000  # the approximation of its p reaches this far
# E|e| = σ·√(2/π) for a normal residual, so √(π/2) times the mean absolute one is its SD.
ABSOLUTE_TO_SD = math.sqrt(math.pi / 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heteroscedastic(Record):
    """Limits that widen along the mean: difference b0 + b1·m, absolute residual c0 + c1·m."""

    b0: float
    b1: float
    c0: float
    c1: float
    p: float | None  # of c1 = 0

    def limits_at(self, mean: ArrayLike) -> tuple[Array, Array]:
        """Give the lower and the upper limit at means, (n,) each; no width below 0."""
        m = np.asarray(mean, dtype=np.float64)
        centre = self.b0 + self.b1 * m
        arm = Z_95 * ABSOLUTE_TO_SD * np.maximum(self.c0 + self.c1 * m, 0.0)
        return np.asarray(centre - arm), np.asarray(centre + arm)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlandAltman(Record):
    """Differences test − reference of n pairs, in the unit of the measurement.

    What two pairs, or three for a trend, are too few for is None or an estimate with a
    reason. `prediction` is where the next difference lies with the confidence,
    `tolerance` what holds 95 % of all differences with that confidence.
    """

    n: int
    bias: Estimate  # p: paired t-test
    sd_diff: float | None
    loa_lower: Estimate
    loa_upper: Estimate
    loa_ci_method: str
    repeatability: float | None  # z · SD of the differences
    n_outside_loa: int | None
    percent_outside_loa: float | None
    proportional_intercept: Estimate
    proportional_slope: Estimate  # of the difference on the mean; p
    proportional_residual_sd: float | None
    pitman_morgan_r: float | None  # correlation of difference and mean
    pitman_morgan_p: float | None
    heteroscedastic: Heteroscedastic | None
    breusch_pagan: Significance
    shapiro: Significance
    percentile_limits: tuple[float, float, float] | None  # 2.5, 50, 97.5 %
    rmse: float | None
    mae: float | None
    prediction: tuple[float, float] | None
    tolerance: tuple[float, float] | None
    confidence: float


def bland_altman(
    x: ArrayLike,
    y: ArrayLike,
    *,
    loa_ci: str = "carkeet-individual",
    confidence: float = 0.95,
) -> BlandAltman:
    """Describe the differences y − x.

    Parameters
    ----------
    x, y : (n,) array_like
        Reference and test, in one unit.
    loa_ci : {"carkeet-individual", "carkeet-pair", "ba1999-t", "ba1986", "mover"}
        How the intervals of the limits of agreement are made. The default is exact for
        each limit by itself, which is how a printed interval is read; "carkeet-pair" is
        exact for the share of differences between the two.
    confidence : float, default 0.95
        Of every interval. The limits themselves always hold 95 %.

    Returns
    -------
    found : BlandAltman
        Differences that are equal but for rounding have SD 0 and no intervals, with the reason.

    Notes
    -----
    Bias: mean ± t(n − 1)·s/√n. Limits: bias ∓ 1.959964·s. A pair is outside when it is
    strictly beyond. Proportional bias is the regression of the difference on the mean of
    the two, never on x, which would find one where there is none.

    References
    ----------
    Bland JM, Altman DG. Lancet 1986;327:307-310, and Stat Methods Med Res 1999;8:135-160
    (section 3.2 for limits that change with the mean). Carkeet A. Optom Vis Sci
    2015;92:e71-e80. Pitman EJG. Biometrika 1939;31:9-12. Morgan WA. Biometrika
    1939;31:13-19. Francq BG, Berger M, Boachie C. To tolerate or to agree. Stat Med
    2020;39:4334-4349 (tolerance interval; pages from memory).
    """
    reference, test = checked_pairs(x, y)
    checked_confidence(confidence)
    if loa_ci not in FACTORS:
        raise ValueError(f"found {loa_ci!r}, wanted one of {', '.join(FACTORS)}")
    d, m = test - reference, (reference + test) / 2.0
    if d.size and not varies(d, size_of(reference, test)):
        d = np.full(d.size, float(np.median(d)))  # rounding is no disagreement
    n = int(d.size)
    limits = _limits(d, loa_ci, confidence)
    trend = ordinary_least_squares(m, d, confidence=confidence)
    return BlandAltman(
        n=n,
        bias=_bias(d, confidence),
        sd_diff=limits.sd,
        loa_lower=limits.lower,
        loa_upper=limits.upper,
        loa_ci_method=loa_ci,
        repeatability=Z_95 * limits.sd if limits.sd is not None else None,
        n_outside_loa=limits.n_outside,
        percent_outside_loa=100.0 * limits.n_outside / n if limits.n_outside is not None else None,
        proportional_intercept=_trend_part(trend, trend.intercept),
        proportional_slope=_trend_part(trend, trend.slope),
        proportional_residual_sd=trend.see,
        pitman_morgan_r=_correlation(d, m),
        pitman_morgan_p=trend.slope.p,
        heteroscedastic=_heteroscedastic(d, m, trend),
        breusch_pagan=_breusch_pagan(d, m, trend),
        shapiro=shapiro_wilk(d),
        percentile_limits=_percentiles(d),
        rmse=math.sqrt(float(np.mean(d * d))) if n else None,
        mae=float(np.mean(np.abs(d))) if n else None,
        prediction=limits.prediction,
        tolerance=limits.tolerance,
        confidence=confidence,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    """What needs an SD."""

    sd: float | None
    lower: Estimate
    upper: Estimate
    n_outside: int | None = None
    prediction: tuple[float, float] | None = None
    tolerance: tuple[float, float] | None = None


def _bias(d: Array, confidence: float) -> Estimate:
    n = d.size
    if n == 0:
        return undefined("no pairs")
    bias = float(d.mean())
    if n < LEAST_FOR_LIMITS:
        return Estimate(est=bias, reason="one pair has no interval")
    se = float(d.std(ddof=1)) / math.sqrt(n)
    if not varies(d):
        return Estimate(est=bias, reason=ALL_EQUAL)
    arm = t_quantile(0.5 + confidence / 2.0, n - 1) * se
    p = t_p(bias / se, n - 1)
    return Estimate(est=bias, lo=bias - arm, hi=bias + arm, p=p, method="t(n-1)")


def _limits(d: Array, loa_ci: str, confidence: float) -> _Limits:
    n = d.size
    if n < LEAST_FOR_LIMITS:
        why = undefined("fewer than 2 pairs have no spread")
        return _Limits(sd=None, lower=why, upper=why)
    bias = float(d.mean())
    if not varies(d):
        # no spread was seen, which is not to say that there is none
        limit = Estimate(est=bias, reason=ALL_EQUAL)
        return _Limits(sd=0.0, lower=limit, upper=limit, n_outside=0)
    s = float(d.std(ddof=1))
    low, high = bias - Z_95 * s, bias + Z_95 * s
    inner, outer = FACTORS[loa_ci](n, confidence)
    arm = t_quantile(0.5 + confidence / 2.0, n - 1) * s * math.sqrt(1.0 + 1.0 / n)
    k = pair_factor(n, confidence)
    return _Limits(
        sd=s,
        lower=Estimate(est=low, lo=bias - outer * s, hi=bias - inner * s, method=loa_ci),
        upper=Estimate(est=high, lo=bias + inner * s, hi=bias + outer * s, method=loa_ci),
        n_outside=int(np.count_nonzero((d < low) | (d > high))),
        prediction=(bias - arm, bias + arm),
        tolerance=(bias - k * s, bias + k * s),
    )


def _trend_part(trend: OrdinaryFit, part: Estimate) -> Estimate:
    """Say it in the words of differences and means; 2 pairs are no trend."""
    if trend.n < LEAST_FOR_TREND:
        return undefined("fewer than 3 pairs show no trend")
    return undefined("the mean of the two is constant") if part.est is None else part


def _correlation(d: Array, m: Array) -> float | None:
    if d.size < LEAST_FOR_TREND or not (varies(d) and varies(m)):
        return None
    return pearson(d, m)


def _residual(d: Array, m: Array, trend: OrdinaryFit) -> Array | None:
    """Give what the trend leaves; None without a trend or where it leaves nothing."""
    if trend.n < LEAST_FOR_TREND or trend.slope.est is None or trend.intercept.est is None:
        return None
    return d - trend.intercept.est - trend.slope.est * m if trend.see else None


def _heteroscedastic(d: Array, m: Array, trend: OrdinaryFit) -> Heteroscedastic | None:
    residual = _residual(d, m, trend)
    if residual is None or trend.intercept.est is None or trend.slope.est is None:
        return None
    spread = ordinary_least_squares(m, np.abs(residual))
    if spread.intercept.est is None or spread.slope.est is None:
        return None
    return Heteroscedastic(
        b0=trend.intercept.est,
        b1=trend.slope.est,
        c0=spread.intercept.est,
        c1=spread.slope.est,
        p=spread.slope.p,
    )


def _breusch_pagan(d: Array, m: Array, trend: OrdinaryFit) -> Significance:
    """n·R² of the squared residuals on the mean, χ²(1) (Koenker R. J Econom 1981;17:107-112)."""
    method = "breusch-pagan-koenker"
    residual = _residual(d, m, trend)
    r2 = None if residual is None else ordinary_least_squares(m, residual**2).r2
    if r2 is None:
        return Significance(
            statistic=None, p=None, method=method, reason="no residuals that could widen"
        )
    statistic = d.size * r2
    return Significance(statistic=statistic, p=chi2_p(statistic, 1), df=1, method=method)


def shapiro_wilk(values: ArrayLike) -> Significance:
    """Test whether values may be normal.

    Parameters
    ----------
    values : (n,) array_like
        Differences or residuals.

    Returns
    -------
    test : Significance
        W and its p; a reason for fewer than 3 or more than 5000 values, or equal ones.

    References
    ----------
    Royston P. Remark AS R94. Appl Stat 1995;44:547-551.
    """
    series = np.asarray(values, dtype=np.float64)
    method, why = "shapiro-wilk", ""
    if series.size < LEAST_FOR_TREND:
        why = "fewer than 3 values"
    elif series.size > MOST_FOR_SHAPIRO:
        why = f"its p is known up to {MOST_FOR_SHAPIRO} values only"
    elif not varies(series):
        why = "all values are equal"
    if why:
        return Significance(statistic=None, p=None, method=method, reason=why)
    from scipy import stats

    w, p = stats.shapiro(series)
    return Significance(statistic=float(w), p=float(p), method=method)


def _percentiles(d: Array) -> tuple[float, float, float] | None:
    """R's type 7, NumPy's default."""
    if d.size < LEAST_FOR_LIMITS:
        return None
    low, middle, high = np.percentile(d, [2.5, 50.0, 97.5])
    return float(low), float(middle), float(high)
