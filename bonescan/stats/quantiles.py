"""Quantiles and tails of the laws that intervals rest on.

From `scipy.special`: `scipy.stats` takes seconds to import.
"""

from __future__ import annotations

from scipy import special

# Φ⁻¹(0.975): limits of agreement hold 95 % of normal differences whatever the confidence.
Z_95 = 1.959963984540054
LOWEST_CONFIDENCE, HIGHEST_CONFIDENCE = 0.5, 0.9999


def checked_confidence(confidence: float) -> float:
    """Take a two-sided confidence of an interval.

    Raises
    ------
    ValueError
        Outside 0.5 … 0.9999, where 95 for 0.95 is the usual slip.
    """
    if not LOWEST_CONFIDENCE <= confidence <= HIGHEST_CONFIDENCE:
        raise ValueError(f"found a confidence of {confidence}, wanted a share such as 0.95")
    return confidence


def normal_quantile(p: float) -> float:
    """Φ⁻¹(p)."""
    return float(special.ndtri(p))


def normal_p(z: float) -> float:
    """Two-sided p of a standard normal statistic."""
    return float(2.0 * special.ndtr(-abs(z)))


def t_quantile(p: float, df: float) -> float:
    """Quantile of Student's t."""
    return float(special.stdtrit(df, p))


def t_p(t: float, df: float) -> float:
    """Two-sided p of Student's t."""
    # The incomplete beta keeps its digits where 2·(1 − F) has none left.
    return float(special.betainc(df / 2.0, 0.5, df / (df + t * t)))


def chi2_quantile(p: float, df: float) -> float:
    """Quantile of χ²."""
    return float(2.0 * special.gammaincinv(df / 2.0, p))


def chi2_p(statistic: float, df: float) -> float:
    """Upper tail of χ²."""
    return float(special.chdtrc(df, statistic))


def f_quantile(p: float, df1: float, df2: float) -> float:
    """Quantile of F."""
    return float(special.fdtri(df1, df2, p))


def f_p(statistic: float, df1: float, df2: float) -> float:
    """Upper tail of F."""
    return float(special.fdtrc(df1, df2, statistic))


def kolmogorov_p(statistic: float) -> float:
    """Upper tail of Kolmogorov's asymptotic law."""
    return float(special.kolmogorov(statistic))
