"""p-values adjusted for how many were looked at."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def bonferroni(p_values: ArrayLike) -> Array:
    """Multiply by their number: family-wise error, whatever the dependence.

    >>> bonferroni([0.01, 0.4, 0.2]).round(3).tolist()
    [0.03, 1.0, 0.6]
    """
    return _adjusted(p_values, lambda p: p * p.size)


def holm(p_values: ArrayLike) -> Array:
    """Holm's step-down: family-wise error, for a few planned contrasts.

    References
    ----------
    Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat
    1979;6:65-70.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    return _adjusted(p_values, lambda p: np.maximum.accumulate(p * np.arange(p.size, 0, -1)))


def benjamini_hochberg(p_values: ArrayLike) -> Array:
    """Hold the false discovery rate of independent tests: for screening lists.

    References
    ----------
    Benjamini Y, Hochberg Y. J R Stat Soc B 1995;57:289-300.
    """
    return _adjusted(p_values, lambda p: _step_up(p * p.size / np.arange(1, p.size + 1)))


def benjamini_yekutieli(p_values: ArrayLike) -> Array:
    """Hold the false discovery rate whatever the dependence of the tests.

    References
    ----------
    Benjamini Y, Yekutieli D. Ann Stat 2001;29:1165-1188.
    """

    def adjust(p: Array) -> Array:
        places = np.arange(1, p.size + 1)
        return _step_up(p * p.size * (1.0 / places).sum() / places)

    return _adjusted(p_values, adjust)


def hommel(p_values: ArrayLike) -> Array:
    """Hommel's closed procedure: family-wise error, sharper than Holm's.

    References
    ----------
    Hommel G. A stagewise rejective multiple test procedure based on a modified
    Bonferroni test. Biometrika 1988;75:383-386. Wright SP. Adjusted p-values for
    simultaneous inference. Biometrics 1992;48:1005-1013 (the algorithm).
    """
    return _adjusted(p_values, _hommel)


def _hommel(p: Array) -> Array:
    n = p.size
    places = np.arange(1, n + 1)
    smallest = np.full(n, float((n * p / places).min()))
    adjusted = smallest.copy()
    for m in range(n - 1, 1, -1):
        low = n - m + 1  # this many smallest, and m - 1 largest
        bound = float((m * p[low:] / np.arange(2, m + 1)).min())
        smallest[:low] = np.minimum(m * p[:low], bound)
        smallest[low:] = smallest[low - 1]
        adjusted = np.maximum(adjusted, smallest)
    return np.asarray(np.maximum(adjusted, p))


def _step_up(scaled: Array) -> Array:
    return np.asarray(np.minimum.accumulate(scaled[::-1])[::-1])


def _adjusted(p_values: ArrayLike, adjust: Callable[[Array], Array]) -> Array:
    """Adjust the known p-values in rising order; NaN stays NaN and does not count."""
    p = np.ravel(np.asarray(p_values, dtype=np.float64))
    known = ~np.isnan(p)
    if ((p[known] < 0.0) | (p[known] > 1.0)).any():
        raise ValueError("found p-values outside 0 to 1")
    out = np.full(p.size, np.nan)
    where = np.flatnonzero(known)
    if where.size:
        where = where[np.argsort(p[where], kind="stable")]
        out[where] = np.minimum(adjust(p[where]), 1.0)
    return out
