"""Chance-corrected agreement of two raters on one table, each with its standard error.

All take a (K, K) table of counts, rows = test, columns = reference, and a (K, K)
matrix of weights (`identity_weights`, `linear_weights`, `quadratic_weights`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from bonescan.model.estimate import Estimate, undefined

from .quantiles import normal_p
from .record import Significance

Array = NDArray[np.float64]
ALL_CHANCE = "agreement by chance alone would be complete: every case is in one class"
NO_CASES = "the table holds no case"
ONE_CASE = "one case has no standard error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """A coefficient and its standard error; None where undefined, with the reason."""

    est: float | None
    se: float | None
    n: int
    reason: str = ""

    def normal_interval(self, method: str) -> Estimate:
        """Give est ± z·se."""
        return self._interval(float(ndtri(0.975)), math.inf, method)

    def t_interval(self, method: str) -> Estimate:
        """Give est ± t(n − 1)·se, the upper end cut at 1."""
        if self.est is None or self.n <= 1:
            return self._interval(0.0, 1.0, method)
        return self._interval(float(stdtrit(self.n - 1, 0.975)), 1.0, method)

    def _interval(self, factor: float, largest: float, method: str) -> Estimate:
        if self.est is None:
            return undefined(self.reason)
        if self.se is None or self.n <= 1:
            return Estimate(est=self.est, reason=self.reason or ONE_CASE)
        half = factor * self.se
        return Estimate(
            est=self.est, lo=self.est - half, hi=min(self.est + half, largest), method=method
        )


def identity_weights(n_classes: int) -> Array:
    """Count equal classes only."""
    return np.eye(n_classes)


def linear_weights(n_classes: int) -> Array:
    """Give 1 − |i − j|/(K − 1)."""
    return 1.0 - _distance(n_classes) / (n_classes - 1)


def quadratic_weights(n_classes: int) -> Array:
    """Give 1 − (i − j)²/(K − 1)²."""
    return 1.0 - (_distance(n_classes) / (n_classes - 1)) ** 2


def cohen_kappa(table: ArrayLike, weights: Array) -> Coefficient:
    """Cohen's kappa, weighted or not, with its large-sample standard error.

    References
    ----------
    Cohen J. A coefficient of agreement for nominal scales. Educ Psychol Meas
    1960;20:37-46. Fleiss JL, Cohen J, Everitt BS. Large sample standard errors of
    kappa and weighted kappa. Psychol Bull 1969;72:323-327.
    """
    share, n = _shares(table)
    if n == 0:
        return _none(NO_CASES)
    row, column = share.sum(axis=1), share.sum(axis=0)
    by_chance = float(row @ weights @ column)
    if math.isclose(by_chance, 1.0, rel_tol=1e-12):
        return _none(ALL_CHANCE, n)
    kappa = (float((share * weights).sum()) - by_chance) / (1.0 - by_chance)
    expected = (weights @ column)[:, None] + (row @ weights)[None, :]
    inner = float((share * (weights - expected * (1.0 - kappa)) ** 2).sum())
    outer = (kappa - by_chance * (1.0 - kappa)) ** 2
    return _with_se(kappa, inner - outer, by_chance, n)


def kappa_against_chance(table: ArrayLike, weights: Array) -> Significance:
    """Test whether kappa is 0, with its standard error under independence.

    References
    ----------
    Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327, equation 14.
    """
    share, n = _shares(table)
    kappa = cohen_kappa(table, weights)
    method = "z"
    if kappa.est is None:
        return Significance(statistic=None, p=None, method=method, reason=kappa.reason)
    row, column = share.sum(axis=1), share.sum(axis=0)
    by_chance = float(row @ weights @ column)
    pull = weights - (weights @ column)[:, None] - (row @ weights)[None, :]
    spread = float((np.outer(row, column) * pull**2).sum()) - by_chance**2
    if spread <= by_chance**2 * 1e-12:
        return Significance(
            statistic=None, p=None, method=method, reason="kappa can't vary with these margins"
        )
    z = kappa.est / math.sqrt(spread / (n * (1.0 - by_chance) ** 2))
    return Significance(statistic=z, p=normal_p(z), method=method)


def gwet_ac(table: ArrayLike, weights: Array) -> Coefficient:
    """Gwet's AC1 (identity weights) or AC2, with no finite-population correction.

    References
    ----------
    Gwet KL. Computing inter-rater reliability and its variance in the presence of
    high agreement. Br J Math Stat Psychol 2008;61:29-48; Handbook of Inter-Rater
    Reliability, 4th ed. 2014.
    """
    share, n = _shares(table)
    if n == 0:
        return _none(NO_CASES)
    k = share.shape[0]
    prevalence = (share.sum(axis=1) + share.sum(axis=0)) / 2.0
    factor = float(weights.sum()) / (k * (k - 1))
    by_chance = factor * float((prevalence * (1.0 - prevalence)).sum())
    observed = float((share * weights).sum())
    gamma = (observed - by_chance) / (1.0 - by_chance)
    pull = factor * (1.0 - (prevalence[:, None] + prevalence[None, :]) / 2.0)
    inner = float((share * (weights - 2.0 * (1.0 - gamma) * pull) ** 2).sum())
    outer = (observed - 2.0 * (1.0 - gamma) * by_chance) ** 2
    return _with_se(gamma, inner - outer, by_chance, n)


def brennan_prediger(table: ArrayLike, weights: Array) -> Coefficient:
    """Chance agreement 1/K: PABAK of a K × K table with identity weights.

    References
    ----------
    Brennan RL, Prediger DJ. Coefficient kappa: some uses, misuses, and
    alternatives. Educ Psychol Meas 1981;41:687-699. Byrt T, Bishop J, Carlin JB.
    Bias, prevalence and kappa. J Clin Epidemiol 1993;46:423-429.
    """
    share, n = _shares(table)
    if n == 0:
        return _none(NO_CASES)
    by_chance = float(weights.mean())
    observed = float((share * weights).sum())
    inner = float((share * weights**2).sum()) - observed**2
    return _with_se((observed - by_chance) / (1.0 - by_chance), inner, by_chance, n)


def scott_pi(table: ArrayLike, weights: Array) -> Coefficient:
    """Scott's pi: both raters' shares pooled for chance.

    References
    ----------
    Scott WA. Reliability of content analysis: the case of nominal scale coding.
    Public Opin Q 1955;19:321-325.
    """
    share, n = _shares(table)
    if n == 0:
        return _none(NO_CASES)
    prevalence = (share.sum(axis=1) + share.sum(axis=0)) / 2.0
    by_chance = float(prevalence @ weights @ prevalence)
    if math.isclose(by_chance, 1.0, rel_tol=1e-12):
        return _none(ALL_CHANCE, n)
    observed = float((share * weights).sum())
    pi = (observed - by_chance) / (1.0 - by_chance)
    pooled = (weights @ prevalence + prevalence @ weights) / 2.0
    inner = share * (weights - (1.0 - pi) * (pooled[:, None] + pooled[None, :])) ** 2
    outer = (observed - 2.0 * (1.0 - pi) * by_chance) ** 2
    return _with_se(pi, float(inner.sum()) - outer, by_chance, n)


def krippendorff_alpha(table: ArrayLike, weights: Array) -> Coefficient:
    """Krippendorff's alpha of two raters without gaps: pi + (1 − pi)/(2n), with pi's error.

    References
    ----------
    Krippendorff K. Content Analysis, 2nd ed. Sage, 2004, chapter 11.
    """
    pi = scott_pi(table, weights)
    if pi.est is None:
        return pi
    return Coefficient(est=pi.est + (1.0 - pi.est) / (2 * pi.n), se=pi.se, n=pi.n)


def _distance(n_classes: int) -> Array:
    place = np.arange(n_classes, dtype=np.float64)
    return np.abs(place[:, None] - place[None, :])


def _shares(table: ArrayLike) -> tuple[Array, int]:
    counts = np.asarray(table, dtype=np.float64)
    n = int(counts.sum())
    return (counts / n if n else counts), n


def _none(reason: str, n: int = 0) -> Coefficient:
    return Coefficient(est=None, se=None, n=n, reason=reason)


def _with_se(value: float, spread: float, by_chance: float, n: int) -> Coefficient:
    # a complete agreement leaves -1e-17 where the variance is 0
    variance = max(spread, 0.0) / (n * (1.0 - by_chance) ** 2)
    return Coefficient(est=value, se=math.sqrt(variance), n=n)
