"""Percentile intervals by resampling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]


def percentile_interval(
    statistic: Callable[[Rows], float],
    n: int,
    rng: np.random.Generator,
    n_resamples: int = 1000,
    level_1: float = 0.95,
) -> tuple[float, float]:
    """Bracket a statistic of n independent units.

    Parameters
    ----------
    statistic : callable
        Takes row numbers (with repeats) and returns the statistic of those rows.
    n : int
        Number of units (people, not scans).
    rng : numpy.random.Generator
        Source of the resamples.
    n_resamples : int, default 1000
    level_1 : float, default 0.95
        Two-sided coverage.

    Returns
    -------
    lo, hi : float
        Percentiles of the resampled statistic; NaN results are left out, and
        both are NaN when every result is.

    References
    ----------
    Efron B, Tibshirani RJ. An Introduction to the Bootstrap. Chapman & Hall,
    1993, chapter 13.
    """
    drawn = np.array([statistic(rng.integers(0, n, n)) for _ in range(n_resamples)])
    drawn = drawn[np.isfinite(drawn)]
    if drawn.size == 0:
        return float("nan"), float("nan")
    tail = 50.0 * (1.0 - level_1)
    lo, hi = np.percentile(drawn, [tail, 100.0 - tail])
    return float(lo), float(hi)
