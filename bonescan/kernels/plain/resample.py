"""Twins of `kernels.resample`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def resample_sums(columns: NDArray[np.float64], draws: NDArray[np.int64]) -> NDArray[np.float64]:
    """Twin of `kernels.resample.resample_sums`."""
    return np.asarray(columns[draws].sum(axis=1))


def resample_auc(
    level: NDArray[np.int64],
    sick: NDArray[np.int64],
    starts: NDArray[np.int64],
    draws: NDArray[np.int64],
    n_levels: int,
) -> NDArray[np.float64]:
    """Twin of `kernels.resample.resample_auc`."""
    n_rows = level.size
    owner = np.searchsorted(starts, np.arange(n_rows), side="right") - 1
    area = np.full(draws.shape[0], np.nan)
    for i, people in enumerate(draws):
        times = np.bincount(people, minlength=starts.size)[owner]
        with_disease = np.bincount(level, weights=times * sick, minlength=n_levels)
        without = np.bincount(level, weights=times * (1 - sick), minlength=n_levels)
        below = np.cumsum(without) - without
        pairs = with_disease.sum() * without.sum()
        if pairs > 0:
            area[i] = (with_disease * (below + without / 2.0)).sum() / pairs
    return area
