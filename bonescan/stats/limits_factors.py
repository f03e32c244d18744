"""How far a limit of agreement may lie: factors of the SD, for each way to make the interval.

Every function gives (inner, outer): with n differences of mean b and SD s, the upper
limit b + z·s has the interval b + inner·s … b + outer·s, and the lower limit its mirror.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from .quantiles import Z_95, chi2_quantile, normal_quantile, t_quantile

CONTENT_1 = 0.95  # what limits of agreement hold
KEPT = 256  # sizes of which the factors are kept: strata and sites repeat them
N_NODES, FARTHEST = 120, 8.0  # of the Gauss-Legendre integral over a standard normal mean


@lru_cache(maxsize=KEPT)
def individual_factors(n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact, for each limit by itself.

    Parameters
    ----------
    n : int
        Differences, at least 2.
    confidence : float, default 0.95
        Two-sided.

    Returns
    -------
    inner, outer : float
        Quantiles of the noncentral t with n − 1 degrees of freedom and
        noncentrality z√n, over √n.

    References
    ----------
    Carkeet A. Exact parametric confidence intervals for Bland-Altman limits of
    agreement. Optom Vis Sci 2015;92:e71-e80.
    """
    from scipy import stats

    tail = (1.0 - confidence) / 2.0
    root = math.sqrt(n)
    inner, outer = stats.nct.ppf([tail, 1.0 - tail], n - 1, Z_95 * root) / root
    return float(inner), float(outer)


@lru_cache(maxsize=KEPT)
def pair_factor(n: int, confidence: float) -> float:
    """Factor k for which b ± k·s holds 95 % of the differences with this one-sided confidence.

    Parameters
    ----------
    n : int
        Differences, at least 2.
    confidence : float
        P[the content of b ± k·s is at least 0.95].

    Returns
    -------
    k : float

    Notes
    -----
    Given that the mean is off by u/√n SD, the content is 0.95 for a half width r that
    solves Φ(u/√n + r) − Φ(u/√n − r) = 0.95, and k·s is as wide with the probability of a
    χ². The average over u is a Gauss-Legendre sum, so that no root search is nested in
    another.

    References
    ----------
    Carkeet A. Optom Vis Sci 2015;92:e71-e80. Krishnamoorthy K, Mathew T. Statistical
    Tolerance Regions. Wiley, 2009, equation 2.3.4 (the same factor).
    """
    from scipy import special

    nodes, weights = np.polynomial.legendre.leggauss(N_NODES)
    u = FARTHEST / 2.0 * (nodes + 1.0)
    weights = weights * FARTHEST / 2.0 * 2.0 * np.exp(-u * u / 2.0) / math.sqrt(2.0 * math.pi)
    off = u / math.sqrt(n)
    low, high = off + Z_95 / 2.0, off + 2.0 * Z_95
    low = np.minimum(low, off)
    for _ in range(64):  # to the last bit
        r = (low + high) / 2.0
        short = special.ndtr(off + r) - special.ndtr(off - r) < CONTENT_1
        low, high = np.where(short, r, low), np.where(short, high, r)
    least = (n - 1) * ((low + high) / 2.0) ** 2

    def enough(k: float) -> float:
        return float(weights @ special.chdtrc(n - 1, least / (k * k)))

    return _rising_root(enough, confidence)


def _rising_root(function: Callable[[float], float], wanted: float) -> float:
    """Find where a rising function of a positive number reaches a value, by halving."""
    low, high = 0.0, 1.0
    while function(high) < wanted:
        low, high = high, 2.0 * high
    for _ in range(100):
        middle = (low + high) / 2.0
        if middle in {low, high}:
            break
        low, high = (middle, high) if function(middle) < wanted else (low, middle)
    return (low + high) / 2.0


def pair_factors(n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact, for the two limits as a pair: a statement about the content between them.

    References
    ----------
    Carkeet A. Optom Vis Sci 2015;92:e71-e80.
    """
    tail = (1.0 - confidence) / 2.0
    return pair_factor(n, tail), pair_factor(n, 1.0 - tail)


def factors_1986(n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Take the standard error √(3/n)·s, with t(n − 1).

    References
    ----------
    Bland JM, Altman DG. Statistical methods for assessing agreement between two methods
    of clinical measurement. Lancet 1986;327:307-310.
    """
    arm = t_quantile(0.5 + confidence / 2.0, n - 1) * math.sqrt(3.0 / n)
    return Z_95 - arm, Z_95 + arm


def factors_1999(n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Take the standard error √(1/n + z²/(2(n − 1)))·s, with t(n − 1).

    References
    ----------
    Bland JM, Altman DG. Measuring agreement in method comparison studies. Stat Methods
    Med Res 1999;8:135-160, section 3.
    """
    arm = t_quantile(0.5 + confidence / 2.0, n - 1)
    arm *= math.sqrt(1.0 / n + Z_95**2 / (2.0 * (n - 1)))
    return Z_95 - arm, Z_95 + arm


def mover_factors(n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Recover the variance of each part from its own interval (MOVER).

    References
    ----------
    Zou GY. Confidence interval estimation for the Bland-Altman limits of agreement with
    multiple observations per individual. Stat Methods Med Res 2013;22:630-642.
    """
    tail = (1.0 - confidence) / 2.0
    mean_arm = normal_quantile(1.0 - tail) / math.sqrt(n)
    widest = math.sqrt((n - 1) / chi2_quantile(tail, n - 1))
    narrowest = math.sqrt((n - 1) / chi2_quantile(1.0 - tail, n - 1))
    inner = math.hypot(mean_arm, Z_95 * (1.0 - narrowest))
    outer = math.hypot(mean_arm, Z_95 * (widest - 1.0))
    return Z_95 - inner, Z_95 + outer


# By the name that stands beside the interval.
FACTORS: dict[str, Callable[[int, float], tuple[float, float]]] = {
    "carkeet-individual": individual_factors,
    "carkeet-pair": pair_factors,
    "ba1999-t": factors_1999,
    "ba1986": factors_1986,
    "mover": mover_factors,
}
