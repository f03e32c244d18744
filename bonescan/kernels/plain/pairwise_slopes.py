"""Twins of `kernels.pairwise_slopes`: all pairs at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _pairs(x: Array, y: Array, zero: float, keep_all: bool) -> tuple[Array, Array]:
    """Give dx (0 where it is rounding) and dy of the pairs that take part, in their order."""
    i, j = np.triu_indices(x.size, 1)
    dx, dy = x[j] - x[i], y[j] - y[i]
    dx = np.where(dx <= zero, 0.0, dx)
    counts = dx > 0.0 if keep_all else np.abs(dx + dy) > zero
    return dx[counts], dy[counts]


def count_slopes(x: Array, y: Array, zero: float, keep_all: bool) -> tuple[int, int]:
    """Twin of `kernels.pairwise_slopes.count_slopes`."""
    dx, dy = _pairs(x, y, zero, keep_all)
    return dx.size, 0 if keep_all else int(np.count_nonzero(dx + dy < 0.0))


def slopes_between(
    x: Array, y: Array, low: float, high: float, zero: float, keep_all: bool, room: int
) -> tuple[Array, int, int]:
    """Twin of `kernels.pairwise_slopes.slopes_between`."""
    dx, dy = _pairs(x, y, zero, keep_all)
    under = dy < low * dx
    inside = ~under & (dy <= high * dx)
    slopes = dy[inside] / dx[inside]
    return slopes[:room], int(np.count_nonzero(under)), slopes.size
