"""Random-intercept model by restricted maximum likelihood, with Satterthwaite's degrees of freedom.

One person gives several values: y = X·β + b(person) + e, with b and e normal. The
ratio of the two variances is the one unknown of the likelihood; everything else
follows from it in closed form, in time and memory that grow with the rows only.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bonescan.model.estimate import Estimate

from .quantiles import checked_confidence, f_p, t_p, t_quantile
from .record import Record, Significance

Array = NDArray[np.float64]

LARGEST_LOG_RATIO = 30.0  # of the variances: beyond it the rows of a person are one number
SMALLEST_LOG_RATIO = -30.0
GRID = 61
ROUNDS = 200
RANK_TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class MixedModel(Record):
    """A fitted random-intercept model.

    Arrays: `beta` (term), `covariance` (term, term) of `beta`; `variance_covariance`
    (2, 2) of the variances between persons and within; `gradient` (2, term, term) of
    `covariance` after each of them. `on_the_border` says that persons do not differ
    beyond the noise: the variance between them is then 0, and the degrees of freedom
    are those of ordinary least squares.
    """

    names: tuple[str, ...]
    beta: Array
    covariance: Array
    sd_random: float
    sd_residual: float
    log_likelihood: float
    n_obs: int
    n_groups: int
    is_reml: bool
    on_the_border: bool
    variance_covariance: Array
    gradient: Array

    def contrast(self, weights: ArrayLike, *, confidence: float = 0.95) -> Contrast:
        """Estimate a weighted sum of the terms, with Satterthwaite's degrees of freedom."""
        level = checked_confidence(confidence)
        sums = np.ravel(np.asarray(weights, dtype=np.float64))
        if sums.shape != self.beta.shape or not sums.any():
            raise ValueError(f"found weights of shape {sums.shape}, wanted {self.beta.shape}")
        est = float(sums @ self.beta)
        variance = float(sums @ self.covariance @ sums)
        df = self._df(sums, variance)
        se = math.sqrt(variance)
        t = est / se
        half = t_quantile(0.5 + level / 2.0, df) * se
        return Contrast(est=est, se=se, df=df, t=t, p=t_p(t, df), lo=est - half, hi=est + half)

    def term(self, name: str, *, confidence: float = 0.95) -> Contrast:
        """Estimate one term."""
        weights = np.zeros(self.beta.size)
        weights[self.names.index(name)] = 1.0
        return self.contrast(weights, confidence=confidence)

    def test_together(self, names: Sequence[str]) -> Significance:
        """Test that all of these terms are 0 (F with Satterthwaite's denominator).

        References
        ----------
        Fai AH, Cornelius PL. Approximate F-tests of multiple degree of freedom hypotheses
        in generalized least squares analyses of unbalanced split-plot experiments. J Stat
        Comput Simul 1996;54:363-378.
        """
        where = [self.names.index(n) for n in names]
        block = self.covariance[np.ix_(where, where)]
        values, vectors = np.linalg.eigh(block)
        turned = vectors.T @ self.beta[where]
        statistic = float((turned**2 / values).sum()) / len(where)
        dfs = []
        for direction, variance in zip(vectors.T, values, strict=True):
            sums = np.zeros(self.beta.size)
            sums[where] = direction
            dfs.append(self._df(sums, float(variance)))
        df = _pooled_df(dfs)
        return Significance(
            statistic=statistic,
            p=f_p(statistic, len(where), df),
            method="F, Satterthwaite (Fai and Cornelius)",
            df=df,
        )

    def _df(self, sums: Array, variance: float) -> float:
        if self.on_the_border:
            return float(self.n_obs - self.beta.size)
        slopes = np.array([sums @ g @ sums for g in self.gradient])
        return 2.0 * variance**2 / float(slopes @ self.variance_covariance @ slopes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast(Record):
    """A difference the model estimates; the interval has the confidence asked for."""

    est: float
    se: float
    df: float
    t: float
    p: float
    lo: float
    hi: float

    def as_estimate(self) -> Estimate:
        """Give it as the estimate that every comparison prints."""
        return Estimate(est=self.est, lo=self.lo, hi=self.hi, p=self.p, method="satterthwaite")


@dataclass(frozen=True, eq=False, slots=True)
class _Groups:
    """The rows by person: what every pass over them needs."""

    y: Array
    x: Array  # (row, term)
    index: NDArray[np.intp]  # of the person, by row
    size: Array  # rows a person
    x_sum: Array  # (person, term)

    def sums(self, v: Array) -> Array:
        """Add the rows of each person."""
        return _floats(np.bincount(self.index, weights=v, minlength=self.size.size))


@dataclass(frozen=True, eq=False, slots=True)
class _At:
    """The model at one ratio of the variances; `variance` is that within persons."""

    ratio: float
    beta: Array
    variance: float
    bread: Array  # (X'H⁻¹X)⁻¹, H the covariance of y over the variance within
    log_det: float  # of H
    log_det_terms: float  # of X'H⁻¹X


def fit_random_intercept(
    y: ArrayLike,
    x: ArrayLike,
    groups: Sequence[Hashable],
    names: Sequence[str],
    *,
    reml: bool = True,
) -> MixedModel:
    """Fit y = X·β + b(person) + e.

    Parameters
    ----------
    y : (n,) array_like
        Values; finite.
    x : (n, k) array_like
        Design with the intercept as a column, of full rank.
    groups : sequence, (n,)
        Who each row belongs to.
    names : sequence of str, (k,)
        Of the columns of `x`.
    reml : bool, default True
        Restricted likelihood; False for plain maximum likelihood, which likelihood-ratio
        tests of terms need.

    Returns
    -------
    found : MixedModel

    Raises
    ------
    ValueError
        Shapes that do not fit, values that are not finite, a design without full rank,
        no more rows than terms, nobody with two rows, or no spread left to model.

    References
    ----------
    Laird NM, Ware JH. Random-effects models for longitudinal data. Biometrics
    1982;38:963-974. Satterthwaite FE. An approximate distribution of estimates of
    variance components. Biometrics Bull 1946;2:110-114. Giesbrecht FG, Burns JC.
    Two-stage analysis based on a mixed model. Biometrics 1985;41:477-486 (degrees of
    freedom from the curvature of the likelihood).
    """
    rows = _checked(y, x, groups, names)
    best = _best_ratio(rows, reml=reml)
    at = _solve(rows, best, reml=reml)
    n, k = rows.x.shape
    spread, gradient = (
        (np.zeros((2, 2)), np.zeros((2, k, k))) if best == 0.0 else _curvature(rows, at, reml=reml)
    )
    free = n - k if reml else n
    deviance = free * (1.0 + math.log(2.0 * math.pi * at.variance)) + at.log_det
    if reml:
        deviance += at.log_det_terms
    return MixedModel(
        names=tuple(names),
        beta=at.beta,
        covariance=at.variance * at.bread,
        sd_random=math.sqrt(best * at.variance),
        sd_residual=math.sqrt(at.variance),
        log_likelihood=-deviance / 2.0,
        n_obs=n,
        n_groups=int(rows.size.size),
        is_reml=reml,
        on_the_border=best == 0.0,
        variance_covariance=spread,
        gradient=gradient,
    )


def _checked(
    y: ArrayLike, x: ArrayLike, groups: Sequence[Hashable], names: Sequence[str]
) -> _Groups:
    values = np.ravel(np.asarray(y, dtype=np.float64))
    design = np.atleast_2d(np.asarray(x, dtype=np.float64))
    n, k = design.shape
    if values.size != n or len(groups) != n or len(names) != k:
        raise ValueError(
            f"found {values.size} values, {n} rows of {k} terms, {len(groups)} people and "
            f"{len(names)} names, wanted as many of each"
        )
    if not (np.isfinite(values).all() and np.isfinite(design).all()):
        raise ValueError("found values that are not finite")
    if n <= k:
        raise ValueError(f"found {n} rows for {k} terms, wanted more rows than terms")
    scale = np.linalg.norm(design, axis=0)
    if (scale == 0.0).any() or np.linalg.matrix_rank(design / scale, tol=RANK_TOLERANCE * n) < k:
        raise ValueError("found terms that are sums of others, wanted a design of full rank")
    places: dict[Hashable, int] = {}
    index = np.array([places.setdefault(g, len(places)) for g in groups], dtype=np.intp)
    size = np.bincount(index).astype(np.float64)
    if size.max() < 2.0:  # noqa: PLR2004 - two values of somebody are what tells the variances apart
        raise ValueError("found nobody with two values, wanted repeated measurements")
    x_sum = np.stack([np.bincount(index, weights=c, minlength=size.size) for c in design.T], 1)
    return _Groups(values, design, index, size, _floats(x_sum))


def _shrink(rows: _Groups, ratio: float) -> Array:
    return ratio / (1.0 + ratio * rows.size)


def _weigh(rows: _Groups, ratio: float, v: Array) -> Array:
    """H⁻¹·v for a column v."""
    return np.asarray(v - (_shrink(rows, ratio) * rows.sums(v))[rows.index])


def _solve(rows: _Groups, ratio: float, *, reml: bool) -> _At:
    shrink = _shrink(rows, ratio)
    gram: Array = rows.x.T @ rows.x - (rows.x_sum * shrink[:, None]).T @ rows.x_sum
    right = rows.x.T @ _weigh(rows, ratio, rows.y)
    root = np.linalg.cholesky(gram)
    bread = np.linalg.inv(gram)
    beta = np.linalg.solve(gram, right)
    left = rows.y - rows.x @ beta
    n, k = rows.x.shape
    squares = float(left @ _weigh(rows, ratio, left))
    size_2 = float(rows.y @ rows.y)
    if not squares > 1e-24 * size_2:
        raise ValueError("found no spread beside the terms, wanted values that vary")
    return _At(
        ratio=ratio,
        beta=_floats(beta),
        variance=squares / (n - k if reml else n),
        bread=_floats(bread),
        log_det=float(np.log1p(ratio * rows.size).sum()),
        log_det_terms=2.0 * float(np.log(np.diag(root)).sum()),
    )


def _deviance(rows: _Groups, ratio: float, *, reml: bool) -> float:
    at = _solve(rows, ratio, reml=reml)
    n, k = rows.x.shape
    if reml:
        return float((n - k) * math.log(at.variance) + at.log_det + at.log_det_terms)
    return float(n * math.log(at.variance) + at.log_det)


def _slope(rows: _Groups, ratio: float, *, reml: bool) -> float:
    """How the deviance falls with the variance between persons (times a positive number)."""
    at = _solve(rows, ratio, reml=reml)
    left = rows.sums(_weigh(rows, ratio, rows.y - rows.x @ at.beta))
    weight = 1.0 / (1.0 + ratio * rows.size)
    trace = float((rows.size * weight).sum())
    if reml:
        half = rows.x_sum * weight[:, None]
        trace -= float(np.einsum("ij,jk,ik->", half, at.bread, half))
    return float(left @ left) / at.variance - trace


def _best_ratio(rows: _Groups, *, reml: bool) -> float:
    """Find the ratio of the variances at the lowest deviance; 0 where persons do not differ."""
    logs = np.linspace(SMALLEST_LOG_RATIO, LARGEST_LOG_RATIO, GRID)
    found = [_deviance(rows, math.exp(v), reml=reml) for v in logs]
    lowest = int(np.argmin(found))
    low = float(logs[max(lowest - 1, 0)])
    high = float(logs[min(lowest + 1, GRID - 1)])
    if _slope(rows, math.exp(low), reml=reml) <= 0.0:
        return 0.0
    if _slope(rows, math.exp(high), reml=reml) >= 0.0:
        raise ValueError("found no spread within people, wanted repeated values that vary")
    for _ in range(ROUNDS):
        middle = 0.5 * (low + high)
        if middle in {low, high}:
            break
        if _slope(rows, math.exp(middle), reml=reml) > 0.0:
            low = middle
        else:
            high = middle
    return math.exp(0.5 * (low + high))


def _curvature(rows: _Groups, at: _At, *, reml: bool) -> tuple[Array, Array]:
    """Covariance of the two variances, and how that of β changes with each.

    From the observed information of the likelihood: with V linear in the variances,
    ∂²(−2l)/∂i∂j = 2·y'P Vᵢ P Vⱼ P y − tr(P Vᵢ P Vⱼ), for plain likelihood the trace
    with V⁻¹ in the place of P.
    """
    s2, ratio = at.variance, at.ratio
    weight = 1.0 / (1.0 + ratio * rows.size)
    cov = s2 * at.bread

    def w(v: Array) -> Array:
        return _weigh(rows, ratio, v) / s2

    def p(v: Array) -> Array:
        inner = w(v)
        return inner - wx @ (cov @ (rows.x.T @ inner))

    wx = np.stack([w(c) for c in rows.x.T], 1)
    wwx = np.stack([w(c) for c in wx.T], 1)
    u = rows.x_sum * (weight / s2)[:, None]  # Z'V⁻¹X
    half = u.T @ u
    quad = wx.T @ wx
    a = p(rows.y)
    s = rows.sums(a)
    pa = p(a)
    ps = p(s[rows.index])
    forms = np.array([[s @ rows.sums(ps), s @ rows.sums(pa)], [s @ rows.sums(pa), a @ pa]])
    d = rows.size * weight / s2
    flat = weight / s2
    traces = np.array(
        [
            [float((d**2).sum()), float((rows.size * flat**2).sum())],
            [float((rows.size * flat**2).sum()), float(((rows.size - 1) / s2**2 + flat**2).sum())],
        ]
    )
    if reml:
        z_wwx = u * flat[:, None]  # Z'V⁻²X
        loaded = u.T @ (u * d[:, None])
        traces[0, 0] += _trace(cov @ half @ cov @ half) - 2.0 * _trace(cov @ loaded)
        mixed = _trace(cov @ half @ cov @ quad) - 2.0 * _trace(cov @ (u.T @ z_wwx))
        traces[0, 1] += mixed
        traces[1, 0] += mixed
        traces[1, 1] += _trace(cov @ quad @ cov @ quad) - 2.0 * _trace(cov @ (wx.T @ wwx))
    information = forms - traces / 2.0  # of the log-likelihood
    gradient = np.stack([cov @ half @ cov, cov @ quad @ cov])
    return _floats(np.linalg.inv(information)), gradient


def _floats(values: ArrayLike) -> Array:
    return np.asarray(values, dtype=np.float64)


def _trace(matrix: Array) -> float:
    return float(np.trace(matrix))


def _pooled_df(dfs: Sequence[float]) -> float:
    if len(dfs) == 1:
        return dfs[0]
    kept = sum(d / (d - 2.0) for d in dfs if d > 2.0)  # noqa: PLR2004 - the mean of F exists above 2
    return 2.0 * kept / (kept - len(dfs)) if kept > len(dfs) else 2.0
