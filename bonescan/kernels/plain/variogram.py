"""Twin of `kernels.variogram`: one offset at a time, all pixels at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def squared_differences(values: Array, offsets: NDArray[np.int64]) -> tuple[Array, Array]:
    """Twin of `kernels.variogram.squared_differences`."""
    n_rows, n_columns = values.shape
    sums, n_pairs = np.zeros(len(offsets)), np.zeros(len(offsets))
    for k, (down, across) in enumerate(offsets):
        first, last = max(0, -across), min(n_columns, n_columns - across)
        if down >= n_rows or first >= last:
            continue
        step = (
            values[down:, first + across : last + across] - values[: n_rows - down, first:last]
        ).ravel()
        step = step[~np.isnan(step)]
        sums[k], n_pairs[k] = step @ step, step.size
    return sums, n_pairs
