"""Twins of `kernels.ranks`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def word_of_rank(words: NDArray[np.int32], n: int, rank: int) -> int:
    """Twin of `kernels.ranks.word_of_rank`."""
    return int(np.sort(words[:n])[rank])


def upper_words(values: NDArray[np.float64]) -> NDArray[np.int32]:
    """Twin of `kernels.ranks.upper_words`."""
    bits = values.view(np.int64)
    keys = np.where(bits < 0, bits ^ np.int64(0x7FFFFFFFFFFFFFFF), bits)
    return (keys >> 32).astype(np.int32)


def value_of_rank(
    values: NDArray[np.float64],
    rank: int,
    _upper: NDArray[np.int32],
    _lower: NDArray[np.int32],
) -> float:
    """Twin of `kernels.ranks.value_of_rank`."""
    return float(np.sort(values)[rank])


def column_medians(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Twin of `kernels.ranks.column_medians`."""
    n, p = values.shape
    if not n:
        return np.full(p, np.nan)
    # not np.median, which warns where a column has a NaN
    ordered = np.sort(values, axis=0)  # NaN comes last
    middle: NDArray[np.float64] = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2.0
    return np.where(np.isnan(ordered[-1]), np.nan, middle)


def middle_of_columns(
    values: NDArray[np.float64], cut: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Twin of `kernels.ranks.middle_of_columns`."""
    kept = np.sort(values, axis=0)[cut : len(values) - cut]
    return kept.mean(axis=0), kept[0].copy(), kept[-1].copy()
