"""Statistics of many resamples of people at once.

A resample is a row of `draws`, the numbers of the people drawn. Sums over people
are enough for every moment and every table of counts; the area under the ROC
curve needs its own loop.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel


@kernel()
def resample_sums(columns: NDArray[np.float64], draws: NDArray[np.int64]) -> NDArray[np.float64]:
    """Add up the columns over the people of each resample.

    Parameters
    ----------
    columns : (n_people, p) float64
        What each person brings to each sum: 1, x, x², or a place in a table.
    draws : (n_resamples, m) int64
        Rows of `columns`, with repeats.

    Returns
    -------
    sums : (n_resamples, p) float64
        NaN where a person drawn has a NaN; 0 of nobody.
    """
    p = columns.shape[1]
    sums = np.zeros((draws.shape[0], p))
    for i in range(draws.shape[0]):
        for j in range(draws.shape[1]):
            person = draws[i, j]
            for c in range(p):
                sums[i, c] += columns[person, c]
    return sums


@kernel()
def resample_auc(
    level: NDArray[np.int64],
    sick: NDArray[np.int64],
    starts: NDArray[np.int64],
    draws: NDArray[np.int64],
    n_levels: int,
) -> NDArray[np.float64]:
    """Area under the ROC curve of each resample, ties half.

    Parameters
    ----------
    level : (n_rows,) int64
        Dense rank of each score from 0, higher = more disease; rows of a person
        stand together.
    sick : (n_rows,) int64
        1 with the disease, else 0.
    starts : (n_people + 1,) int64
        First row of each person, and the number of rows at the end.
    draws : (n_resamples, m) int64
        People, with repeats.
    n_levels : int
        Above every rank.

    Returns
    -------
    area : (n_resamples,) float64
        NaN where one of the groups is empty. Counts are whole numbers, so nothing
        depends on the order.
    """
    area = np.empty(draws.shape[0])
    count = np.empty((2, n_levels), np.int64)
    for i in range(draws.shape[0]):
        count[:] = 0
        for j in range(draws.shape[1]):
            for row in range(starts[draws[i, j]], starts[draws[i, j] + 1]):
                count[sick[row], level[row]] += 1
        wins_twice, well_below, n_sick = 0, 0, 0
        for k in range(n_levels):
            wins_twice += count[1, k] * (2 * well_below + count[0, k])
            well_below += count[0, k]
            n_sick += count[1, k]
        pairs = n_sick * well_below
        area[i] = wins_twice / (2.0 * pairs) if pairs > 0 else np.nan
    return area
