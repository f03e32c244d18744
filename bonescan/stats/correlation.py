"""Pearson's correlation coefficient."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike


def pearson(x: ArrayLike, y: ArrayLike) -> float:
    """Correlate two series of numbers.

    Parameters
    ----------
    x, y : (n,) array_like
        Paired values.

    Returns
    -------
    r : float
        NaN with fewer than two pairs, a constant series or any NaN.

    Examples
    --------
    >>> round(pearson([1, 2, 3, 4], [1, 3, 2, 5]), 4)
    0.8315
    """
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"found series of shapes {a.shape} and {b.shape}, wanted one length")
    if a.size <= 1:
        return math.nan
    a, b = a - a.mean(), b - b.mean()
    norm = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / norm if norm > 0 else math.nan
