"""The experimental variogram of an image: squared differences of pixels some offset apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel

Array = NDArray[np.float64]


# relaxed: sums in several lanes at once; within 2e-15 of the exact sum for 10^5 pairs
@kernel(relaxed=True)
def squared_differences(values: Array, offsets: NDArray[np.int64]) -> tuple[Array, Array]:
    """Sum (values[p + d] − values[p])² over all pairs of pixels, for each offset d.

    Parameters
    ----------
    values : (n_rows, n_columns) float64
        NaN marks a pixel that takes no part.
    offsets : (n_offsets, 2) int64
        Rows (0 or more) and columns (of any sign) from the first pixel of a pair to
        its second.

    Returns
    -------
    sums : (n_offsets,) float64
        Unit of `values` squared; 0 where there is no pair.
    n_pairs : (n_offsets,) float64
        Pairs with a number on both ends; whole numbers.
    """
    n_rows, n_columns = values.shape
    sums = np.zeros(offsets.shape[0])
    n_pairs = np.zeros(offsets.shape[0])
    for k in range(offsets.shape[0]):
        down, across = offsets[k, 0], offsets[k, 1]
        first, last = max(0, -across), min(n_columns, n_columns - across)
        total, count = 0.0, 0
        for row in range(n_rows - down):
            here = values[row, first:last]
            there = values[row + down, first + across : last + across]
            for i in range(here.size):
                step = there[i] - here[i]
                # a comparison and no branch, so that several pairs are taken at once
                known = not np.isnan(step)
                total += step * step if known else 0.0
                count += known
        sums[k], n_pairs[k] = total, count
    return sums, n_pairs
