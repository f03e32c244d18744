"""Order statistics of the slopes between all pairs of points, without keeping them all.

n points have n(n − 1)/2 slopes: 200 million for 20,000. They are counted and compared in
passes over the pairs; only those between two bounds that hold the wanted ranks are kept.
Comparisons are of dy with bound · dx: no division, and no branch on the data.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel

Array = NDArray[np.float64]

WORD = 8  # flags looked at together


@kernel()
def count_slopes(x: Array, y: Array, zero: float, keep_all: bool) -> tuple[int, int]:
    """Count the slopes that take part, and those below −1.

    Parameters
    ----------
    x, y : (n,) float64
        Points, x rising.
    zero : float
        Differences up to this are rounding and count as 0.
    keep_all : bool
        False: the slopes of Passing and Bablok, a vertical pair counting as ±∞ by the
        sign of dy (later − earlier), pairs of equal points and slopes of −1 left out.
        True: those of Theil and Sen, every pair that is not vertical.

    Returns
    -------
    n_slopes, n_below : int
        n_below is 0 with `keep_all`, which shifts nothing.
    """
    n_slopes, n_below = 0, 0
    for i in range(x.size):
        x_i, y_i, right, above = x[i], y[i], x[i + 1 :], y[i + 1 :]
        kept, below = 0, 0
        for j in range(right.size):
            dx = right[j] - x_i
            dx = 0.0 if dx <= zero else dx
            total = dx + (above[j] - y_i)  # of the sign of slope + 1
            kept += (dx > 0.0) if keep_all else (abs(total) > zero)
            below += total < -zero
        n_slopes += kept
        n_below += below
    return n_slopes, 0 if keep_all else n_below


@kernel()
def slopes_between(
    x: Array, y: Array, low: float, high: float, zero: float, keep_all: bool, room: int
) -> tuple[Array, int, int]:
    """Count the slopes below `low`, and give those from `low` to `high`.

    Parameters
    ----------
    x, y : (n,) float64
        As in `count_slopes`.
    low, high : float
        Bounds, finite. A slope within rounding of a bound may fall on either side of it.
    zero : float
        As in `count_slopes`.
    keep_all : bool
        As in `count_slopes`.
    room : int
        How many to keep; the others are only counted.

    Returns
    -------
    slopes : (min(n_between, room),) float64
        dy/dx in the order of the pairs.
    n_below, n_between : int
    """
    slopes = np.empty(room, np.float64)
    inside = np.zeros((x.size // WORD + 1) * WORD, np.int8)
    words = inside.view(np.uint64)
    column = np.empty(inside.size, np.int32)
    n_below, n_between = 0, 0
    for i in range(x.size):
        x_i, y_i, right, above = x[i], y[i], x[i + 1 :], y[i + 1 :]
        below = 0
        for j in range(right.size):
            dx, dy = right[j] - x_i, above[j] - y_i
            dx = 0.0 if dx <= zero else dx
            counts = (dx > 0.0) if keep_all else (abs(dx + dy) > zero)
            under, over = dy < low * dx, dy > high * dx
            below += counts & under
            inside[j] = counts & (not (under | over))
        n_below += below
        inside[right.size] = 0  # of the row before; the others behind it are 0 already
        n_row = 0
        for w in range(right.size // WORD + 1):
            if words[w] != 0:  # in most, no slope is inside
                for j in range(w * WORD, (w + 1) * WORD):  # all are written, those inside stay
                    column[n_row] = j
                    n_row += int(inside[j])
        for c in range(min(n_row, room - n_between)):
            j = column[c]
            slopes[n_between + c] = (above[j] - y_i) / (right[j] - x_i)
        n_between += n_row
    return slopes[: min(n_between, room)], n_below, n_between
