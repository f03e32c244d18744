"""Correlation and concordance of two methods, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bonescan.model.estimate import Estimate, undefined

from .correlation import pearson
from .folds import person_folds
from .pairs import Array, checked_pairs, checked_series, varies
from .quantiles import checked_confidence, f_p, f_quantile, normal_p, normal_quantile, t_p
from .record import Record

LEAST = 3
PERFECT = 1.0 - 1e-14  # a correlation this close to 1 is 1, but for rounding
CONSTANT = "a series is constant"
TOO_FEW = "fewer than 3 pairs"
ON_A_LINE = "every pair is on one line"
# Variance of z times n − 3, as a + b·r².
SPEARMAN = {"bonett-wright": (1.0, 0.5), "fieller": (1.06, 0.0), "fisher-z": (1.0, 0.0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinConcordance(Record):
    """Lin's concordance correlation, and what lowers it."""

    ccc: Estimate
    c_b: float | None  # bias correction, ccc / r
    location_shift: float | None  # (mean y − mean x) / √(s_x s_y)
    scale_shift: float | None  # s_y / s_x
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IntraclassForms(Record):
    """Six intraclass correlations of people (rows) and methods (columns).

    `icc_1` one-way, `icc_a` two-way for absolute agreement, `icc_c` two-way for
    consistency; `…1` of a single reading, `…k` of the mean of all. ICC(2,1) of Shrout
    and Fleiss is `icc_a1`, ICC(3,1) `icc_c1`.
    """

    icc_11: Estimate
    icc_1k: Estimate
    icc_a1: Estimate
    icc_ak: Estimate
    icc_c1: Estimate
    icc_ck: Estimate
    n: int
    n_methods: int


def _fisher(r: float, se: float, confidence: float, p: float | None, method: str) -> Estimate:
    if abs(r) >= PERFECT:
        r = math.copysign(1.0, r)
        return Estimate(est=r, lo=r, hi=r, p=0.0, method=method, reason=ON_A_LINE)
    arm = normal_quantile(0.5 + confidence / 2.0) * se
    lo, hi = math.tanh(math.atanh(r) - arm), math.tanh(math.atanh(r) + arm)
    return Estimate(est=r, lo=lo, hi=hi, p=p, method=method)


def _t_test(r: float, df: float) -> float:
    return 0.0 if abs(r) >= PERFECT else t_p(r * math.sqrt(df / (1.0 - r * r)), df)


def _unusable(x: Array, y: Array) -> str:
    if x.size < LEAST:
        return TOO_FEW
    return "" if varies(x) and varies(y) else CONSTANT


def pearson_correlation(x: ArrayLike, y: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Correlate two series; interval by Fisher's z with 1/√(n − 3), p by the t-test.

    Parameters
    ----------
    x, y : (n,) array_like
        Pairs.
    confidence : float, default 0.95

    Returns
    -------
    r : Estimate
        Undefined for fewer than 3 pairs or a constant series; no interval for 3.

    References
    ----------
    Fisher RA. On the probable error of a coefficient of correlation. Metron 1921;1:3-32.
    """
    a, b = checked_pairs(x, y)
    checked_confidence(confidence)
    if why := _unusable(a, b):
        return undefined(why)
    return _bracketed(pearson(a, b), a.size, confidence)


def _bracketed(r: float, n: int, confidence: float) -> Estimate:
    """Give r of n pairs, or of as many as n less those that covariates took."""
    p = _t_test(r, n - 2)
    if n == LEAST:
        return Estimate(est=r, p=p, reason="3 pairs have no interval")
    return _fisher(r, 1.0 / math.sqrt(n - 3), confidence, p, "fisher-z")


def spearman_correlation(
    x: ArrayLike, y: ArrayLike, *, interval: str = "bonett-wright", confidence: float = 0.95
) -> Estimate:
    """Correlate the ranks; interval by Fisher's z, p by t.

    Parameters
    ----------
    x, y : (n,) array_like
        Pairs; ties have their mean rank.
    interval : {"bonett-wright", "fieller", "fisher-z"}
        Variance of z: (1 + r²/2)/(n − 3), which covers best; 1.06/(n − 3); 1/(n − 3).
    confidence : float, default 0.95

    Returns
    -------
    rho : Estimate

    References
    ----------
    Bonett DG, Wright TA. Sample size requirements for estimating Pearson, Kendall and
    Spearman correlations. Psychometrika 2000;65:23-28. Fieller EC, Hartley HO, Pearson
    ES. Tests for rank correlation coefficients. Biometrika 1957;44:470-481 (1.06).
    """
    if interval not in SPEARMAN:
        raise ValueError(f"found {interval!r}, wanted one of {', '.join(SPEARMAN)}")
    a, b = checked_pairs(x, y)
    checked_confidence(confidence)
    if why := _unusable(a, b):
        return undefined(why)
    r = pearson(mean_ranks(a), mean_ranks(b))
    p = _t_test(r, a.size - 2)
    if a.size == LEAST:
        return Estimate(est=r, p=p, reason="3 pairs have no interval")
    lead, square = SPEARMAN[interval]
    se = math.sqrt((lead + square * r * r) / (a.size - 3))
    return _fisher(r, se, confidence, p, interval)


def mean_ranks(values: ArrayLike) -> Array:
    """Rank from 1, ties with the mean of their ranks, (n,)."""
    _, place, count = np.unique(
        np.asarray(values, dtype=np.float64), return_inverse=True, return_counts=True
    )
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2.0)[place], dtype=np.float64)


def kendall_tau_b(x: ArrayLike, y: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Compare the order of all pairs of pairs; interval by Fisher's z with √(0.437/(n − 4)).

    Parameters
    ----------
    x, y : (n,) array_like
        Pairs; ties are taken off both sides (τ-b).
    confidence : float, default 0.95

    Returns
    -------
    tau : Estimate
        Without an interval for fewer than 5 pairs.

    References
    ----------
    Kendall MG. Biometrika 1945;33:239-251 (ties). Fieller EC, Hartley HO, Pearson ES.
    Biometrika 1957;44:470-481 (0.437/(n − 4)).
    """
    a, b = checked_pairs(x, y)
    checked_confidence(confidence)
    if why := _unusable(a, b):
        return undefined(why)
    from scipy import stats

    found = stats.kendalltau(a, b, variant="b")
    tau, p = float(found.statistic), float(found.pvalue)
    if a.size <= LEAST + 1:
        return Estimate(est=tau, p=p, reason="fewer than 5 pairs have no interval")
    return _fisher(tau, math.sqrt(0.437 / (a.size - 4)), confidence, p, "fieller")


def lin_ccc(x: ArrayLike, y: ArrayLike, *, confidence: float = 0.95) -> LinConcordance:
    """Measure how far pairs lie from the line of identity.

    Parameters
    ----------
    x, y : (n,) array_like
        Reference and test.
    confidence : float, default 0.95
        Of the interval, by Fisher's z of the coefficient.

    Returns
    -------
    found : LinConcordance
        Moments have the divisor n, as in Lin's own estimator.

    References
    ----------
    Lin LI. A concordance correlation coefficient to evaluate reproducibility. Biometrics
    1989;45:255-268, and the correction in Biometrics 2000;56:324-325.
    """
    a, b = checked_pairs(x, y)
    checked_confidence(confidence)
    n = a.size
    if n < LEAST or not (varies(a) or varies(b)):
        why = TOO_FEW if n < LEAST else CONSTANT
        return LinConcordance(
            ccc=undefined(why), c_b=None, location_shift=None, scale_shift=None, n=n
        )
    shift, sx, sy = float(b.mean() - a.mean()), float(a.std()), float(b.std())
    if not (varies(a) and varies(b)):
        none = Estimate(est=0.0, reason=f"{CONSTANT}: no interval")
        return LinConcordance(ccc=none, c_b=None, location_shift=None, scale_shift=None, n=n)
    r = pearson(a, b)
    c_b = 2.0 * sx * sy / (sx * sx + sy * sy + shift * shift)
    return LinConcordance(
        ccc=_concordance(r, r * c_b, shift * shift / (sx * sy), n, confidence),
        c_b=c_b,
        location_shift=shift / math.sqrt(sx * sy),
        scale_shift=sy / sx,
        n=n,
    )


def _concordance(r: float, c: float, u2: float, n: int, confidence: float) -> Estimate:
    method = "fisher-z (Lin)"
    if abs(c) >= PERFECT or r == 0.0:
        return (
            _fisher(c, 0.0, confidence, None, method)
            if r
            else Estimate(est=0.0, reason="a correlation of exactly 0: no interval")
        )
    variance = (1 - r * r) * c * c * (1 - c * c) / (r * r)
    variance += 2 * c**3 * (1 - c) * u2 / r - c**4 * u2 * u2 / (2 * r * r)
    se = math.sqrt(max(variance, 0.0) / (n - 2)) / (1 - c * c)
    return _fisher(c, se, confidence, normal_p(math.atanh(c) / se) if se else 0.0, method)


def icc_forms(ratings: ArrayLike, *, confidence: float = 0.95) -> IntraclassForms:
    """Give six intraclass correlations with intervals from F.

    Parameters
    ----------
    ratings : (n, k) array_like
        People and methods, without gaps.
    confidence : float, default 0.95

    Returns
    -------
    found : IntraclassForms
        Undefined for fewer than 3 people or where nothing varies; with no residual at
        all, 1 without an interval.

    Notes
    -----
    The interval of the mean of several readings for agreement (`icc_ak`) steps up that of
    a single one, as R's psych does; irr's differs in the sixth digit.

    References
    ----------
    Shrout PE, Fleiss JL. Psychol Bull 1979;86:420-428. McGraw KO, Wong SP. Forming
    inferences about some intraclass correlation coefficients. Psychol Methods
    1996;1:30-46, table 7.
    """
    rows = np.asarray(ratings, dtype=np.float64)
    tail = 0.5 + checked_confidence(confidence) / 2.0
    if rows.ndim != 2 or rows.shape[1] < 2:  # noqa: PLR2004 - two methods at least
        raise ValueError(f"found ratings of shape {rows.shape}, wanted people and 2 methods")
    checked_series(rows.ravel(), "ratings")
    n, k = rows.shape
    if n < LEAST or not varies(rows.ravel()):
        why = undefined("fewer than 3 people" if n < LEAST else "nothing varies")
        return IntraclassForms(
            icc_11=why, icc_1k=why, icc_a1=why, icc_ak=why, icc_c1=why, icc_ck=why, n=n, n_methods=k
        )
    ms = _mean_squares(rows)
    one_way = _ratio_forms(ms.rows, ms.within, (n - 1, n * (k - 1)), k, tail)
    consistent = _ratio_forms(ms.rows, ms.error, (n - 1, (n - 1) * (k - 1)), k, tail)
    return IntraclassForms(
        icc_11=one_way[0],
        icc_1k=one_way[1],
        icc_a1=_agreement(ms, n, k, k, tail),
        icc_ak=_agreement(ms, n, k, 1, tail),
        icc_c1=consistent[0],
        icc_ck=consistent[1],
        n=n,
        n_methods=k,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _MeanSquares:
    """Of people, of methods, of the residual, and of everything within people."""

    rows: float
    columns: float
    error: float
    within: float


def _mean_squares(rows: Array) -> _MeanSquares:
    n, k = rows.shape
    grand = float(rows.mean())
    of_row, of_column = rows.mean(axis=1) - grand, rows.mean(axis=0) - grand
    left = rows - grand - of_row[:, None] - of_column
    error = float((left**2).sum())
    if error <= 1e-26 * n * k * float(np.abs(rows).max()) ** 2:  # rounding of the values
        error = 0.0
    columns = n * float(of_column @ of_column)
    return _MeanSquares(
        rows=k * float(of_row @ of_row) / (n - 1),
        columns=columns / (k - 1),
        error=error / ((n - 1) * (k - 1)),
        within=(error + columns) / (n * (k - 1)),
    )


def _ratio_forms(
    between: float, within: float, df: tuple[int, int], k: int, tail: float
) -> tuple[Estimate, Estimate]:
    """Give the forms that hang on F = between / within alone: single, and mean of k."""
    if within == 0.0:
        return _no_error(), _no_error()
    if between == 0.0:
        low = undefined("people do not differ")
        return low, low
    f, method = between / within, "F"
    ends = f / f_quantile(tail, *df), f * f_quantile(tail, df[1], df[0])
    p = f_p(f, *df)
    single = ((v - 1.0) / (v + k - 1.0) for v in (f, *ends))
    mean = (1.0 - 1.0 / v for v in (f, *ends))
    return tuple(  # type: ignore[return-value]
        Estimate(est=est, lo=lo, hi=hi, p=p, method=method)
        for est, lo, hi in (tuple(single), tuple(mean))
    )


def _no_error() -> Estimate:
    return Estimate(est=1.0, reason="nothing is left beside the people: no interval")


def _agreement(ms: _MeanSquares, n: int, k: int, m: int, tail: float) -> Estimate:
    """ICC(A,1) with m = k, ICC(A,k) with m = 1 (McGraw and Wong, table 7)."""
    if ms.error == 0.0 and ms.columns == 0.0:
        return _no_error()
    below = ms.rows + (m - 1) * ms.error + m * (ms.columns - ms.error) / n
    if ms.rows == 0.0 or below <= 0.0:
        return undefined("people do not differ")
    icc = (ms.rows - ms.error) / below
    if icc == 1.0:
        return _no_error()
    a = m * icc / (n * (1.0 - icc))
    b = 1.0 + m * icc * (n - 1) / (n * (1.0 - icc))
    spread = (a * ms.columns) ** 2 / (k - 1) + (b * ms.error) ** 2 / ((n - 1) * (k - 1))
    if spread == 0.0:
        return Estimate(est=icc, reason="no variance is left for an interval")
    v = (a * ms.columns + b * ms.error) ** 2 / spread
    f1, f2 = f_quantile(tail, n - 1, v), f_quantile(tail, v, n - 1)
    rest = m * ms.columns + (m * n - m - n) * ms.error
    lo = n * (ms.rows - f1 * ms.error) / (f1 * rest + n * ms.rows)
    hi = n * (f2 * ms.rows - ms.error) / (rest + n * f2 * ms.rows)
    return Estimate(est=icc, lo=lo, hi=hi, method="F, satterthwaite")


def _design(covariates: ArrayLike, n: int) -> Array:
    """Take covariates as columns, with the constant first, (n, 1 + k)."""
    columns = np.asarray(covariates, dtype=np.float64)
    columns = columns[:, None] if columns.ndim == 1 else columns
    if columns.ndim != 2 or columns.shape[0] != n:  # noqa: PLR2004 - rows and columns
        raise ValueError(f"found covariates of shape {columns.shape}, wanted {n} rows")
    checked_series(columns.ravel(), "the covariates")
    # standardised, so that a year and a kilogram weigh alike in the rank
    spread = columns.std(axis=0)
    scaled = (columns - columns.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
    return np.hstack([np.ones((n, 1)), scaled])


def partial_correlation(
    x: ArrayLike, y: ArrayLike, covariates: ArrayLike, *, confidence: float = 0.95
) -> Estimate:
    """Correlate what covariates (age, BMI) leave of two series.

    Parameters
    ----------
    x, y : (n,) array_like
        Pairs.
    covariates : (n,) or (n, k) array_like
        What both are regressed on; dependent columns count once.
    confidence : float, default 0.95

    Returns
    -------
    r : Estimate
        Interval by Fisher's z with 1/√(n − k − 3), p by t(n − k − 2).

    References
    ----------
    Fisher RA. The distribution of the partial correlation coefficient. Metron
    1924;3:329-332.
    """
    a, b = checked_pairs(x, y)
    checked_confidence(confidence)
    if a.size < LEAST:
        return undefined(TOO_FEW)
    design = _design(covariates, a.size)
    freed = a.size - (int(np.linalg.matrix_rank(design)) - 1)
    if freed < LEAST:
        return undefined("fewer than 3 pairs beyond the covariates")
    left = [v - design @ np.linalg.lstsq(design, v, rcond=None)[0] for v in (a, b)]
    if not (varies(left[0], float(np.abs(a).max())) and varies(left[1], float(np.abs(b).max()))):
        return undefined("the covariates leave nothing of a series")
    return _bracketed(pearson(*left), freed, confidence)


def multiple_correlation(
    y: ArrayLike, covariates: ArrayLike, *, confidence: float = 0.95
) -> Estimate:
    """Measure how well covariates together predict a series, R.

    Parameters
    ----------
    y : (n,) array_like
        Response.
    covariates : (n,) or (n, k) array_like
        Predictors.
    confidence : float, default 0.95

    Returns
    -------
    r : Estimate
        0 … 1, p by F; the interval inverts the noncentral F and takes the predictors as
        fixed.

    References
    ----------
    Smithson M. Correct confidence intervals for various regression effect sizes. Educ
    Psychol Meas 2001;61:605-632.
    """
    response = checked_series(y, "y")
    tail = 0.5 + checked_confidence(confidence) / 2.0
    n = response.size
    if n < LEAST:
        return undefined(TOO_FEW)
    design = _design(covariates, n)
    k = int(np.linalg.matrix_rank(design)) - 1
    if not varies(response) or k == 0:
        return undefined(CONSTANT)
    if n - k - 1 < 1:
        return undefined("as many covariates as pairs")
    fitted = design @ np.linalg.lstsq(design, response, rcond=None)[0]
    rest, whole = float(((response - fitted) ** 2).sum()), float(response.var()) * n
    r2 = max(0.0, 1.0 - rest / whole)
    if r2 >= PERFECT:
        return Estimate(est=1.0, lo=1.0, hi=1.0, p=0.0, method="noncentral-F", reason=ON_A_LINE)
    df = k, n - k - 1
    f = r2 / (1.0 - r2) * df[1] / df[0]
    ends = (_noncentrality(f, df, share) for share in (tail, 1.0 - tail))
    lo, hi = (math.sqrt(value / (value + n)) for value in ends)
    return Estimate(est=math.sqrt(r2), lo=lo, hi=hi, p=f_p(f, *df), method="noncentral-F")


def _noncentrality(f: float, df: tuple[int, int], share: float) -> float:
    """Find the noncentrality under which F is below f with this probability; 0 if none."""
    from scipy import special

    if special.fdtr(*df, f) <= share:
        return 0.0
    low, high = 0.0, 1.0
    while special.ncfdtr(*df, high, f) > share:
        low, high = high, 2.0 * high
    for _ in range(80):
        middle = (low + high) / 2.0
        above = special.ncfdtr(*df, middle, f) > share
        low, high = (middle, high) if above else (low, middle)
    return (low + high) / 2.0


def covariate_prediction(
    reference: ArrayLike,
    covariates: ArrayLike,
    people: Sequence[str],
    rng: np.random.Generator,
    *,
    n_folds: int = 10,
) -> Array | None:
    """Predict the reference from covariates alone, each person by a fit without them.

    Parameters
    ----------
    reference : (n,) array_like
        What a method claims to measure, such as BMD by DXA.
    covariates : (n,) or (n, k) array_like
        What is known without measuring: age, BMI.
    people : sequence of str
        Who each row belongs to; all rows of a person are in one fold.
    rng : numpy.random.Generator
        Source of the folds.
    n_folds : int, default 10

    Returns
    -------
    predicted : (n,) float64 or None
        The baseline a method has to beat; None with fewer people than folds, or too few
        rows for the fit.

    References
    ----------
    Stone M. Cross-validatory choice and assessment of statistical predictions. J R Stat
    Soc B 1974;36:111-147.
    """
    response = checked_series(reference, "the reference")
    n = response.size
    if len(people) != n:
        raise ValueError(f"found {len(people)} people for {n} rows")
    if len(set(people)) < n_folds:
        return None
    design = _design(covariates, n)
    fold = person_folds(list(people), np.zeros(n), n_folds, rng)
    predicted = np.empty(n)
    for one in range(n_folds):
        out = fold == one
        if n - int(out.sum()) <= design.shape[1] + 1:
            return None
        line, *_ = np.linalg.lstsq(design[~out], response[~out], rcond=None)
        predicted[out] = design[out] @ line
    return predicted
