"""Values by their rank, exactly, without sorting: bits are settled by counting.

A float64 maps to a whole number that keeps the order; the upper and the lower half
of it are found one after the other, each by halving the range of possible values
and counting how many lie below: passes that the compiler turns into vector code.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel

HALF_BITS = 32
LOW_HALF = np.int64(0xFFFFFFFF)
TURNED = np.int64(0x7FFFFFFFFFFFFFFF)  # negative floats are stored the other way round
SIGN = np.int64(0x80000000)  # from unsigned order to signed
NAN = np.nan


@kernel()
def word_of_rank(words: NDArray[np.int32], n: int, rank: int) -> int:
    """Find the word that has `rank` words before it in order.

    Parameters
    ----------
    words : (any,) int32
        The first `n` count; a working array of another kernel.
    n, rank : int
        0 <= rank < n.

    Returns
    -------
    word : int
    """
    lowest, highest = words[0], words[0]
    for i in range(n):
        word = words[i]
        lowest = word if word < lowest else lowest
        highest = word if word > highest else highest
    low, high = np.int64(lowest), np.int64(highest)
    while low < high:
        middle = np.int32((low + high) >> 1)
        n_below = np.int32(0)
        for i in range(n):
            n_below += np.int32(words[i] <= middle)
        if n_below > rank:
            high = np.int64(middle)
        else:
            low = np.int64(middle) + 1
    return int(low)


@kernel()
def value_of_rank(
    values: NDArray[np.float64], rank: int, upper: NDArray[np.int32], lower: NDArray[np.int32]
) -> float:
    """Find the value that has `rank` values before it in order.

    Parameters
    ----------
    values : (n,) float64
        Without NaN; a working array of another kernel.
    rank : int
        0 <= rank < n.
    upper : (n,) int32
        From `upper_words`.
    lower : (n,) int32
        Room; written to.

    Returns
    -------
    value : float
        Exactly one of the values.
    """
    word = word_of_rank(upper, values.shape[0], rank)
    bits = values.view(np.int64)
    n_before, n_like = 0, int(np.int64(0))  # a bare 0 would be compiled apart
    for i in range(values.shape[0]):
        n_before += upper[i] < word
        if upper[i] == word:
            key = bits[i] ^ ((bits[i] >> 63) & TURNED)
            lower[n_like] = np.int32((key & LOW_HALF) - SIGN)
            n_like += 1
    key = (np.int64(word) << HALF_BITS) | (word_of_rank(lower, n_like, rank - n_before) + SIGN)
    found = np.empty(1, np.int64)
    found[0] = key ^ ((key >> 63) & TURNED)
    return float(found.view(np.float64)[0])


@kernel()
def upper_words(values: NDArray[np.float64]) -> NDArray[np.int32]:
    """Give the upper halves of the whole numbers that keep the order of `values`.

    Parameters
    ----------
    values : (n,) float64
        A working array of another kernel.

    Returns
    -------
    upper : (n,) int32
    """
    bits = values.view(np.int64)
    upper = np.empty(values.shape[0], np.int32)
    for i in range(values.shape[0]):
        upper[i] = np.int32((bits[i] ^ ((bits[i] >> 63) & TURNED)) >> HALF_BITS)
    return upper


@kernel()
def column_medians(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the median of each column.

    Parameters
    ----------
    values : (n, p) float64

    Returns
    -------
    median : (p,) float64
        The mean of the two middle values where `n` is even; NaN for a column with
        a NaN, and without rows.
    """
    n, p = values.shape
    median = np.empty(p, np.float64)
    column = np.empty(n, np.float64)
    lower = np.empty(n, np.int32)
    for c in range(p):
        known = n > 0
        for i in range(n):
            column[i] = values[i, c]
            known &= column[i] == column[i]  # not true for NaN
        median[c] = NAN
        if known:
            upper = upper_words(column)
            median[c] = value_of_rank(column, n // 2, upper, lower)
            if n % 2 == 0:
                median[c] = (value_of_rank(column, n // 2 - 1, upper, lower) + median[c]) / 2.0
    return median


@kernel(relaxed=True)  # values added in any order: 1e-13 off, as in order
def middle_of_columns(
    values: NDArray[np.float64], cut: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Average each column without its `cut` lowest and `cut` highest values.

    Parameters
    ----------
    values : (n, p) float64
        Without NaN.
    cut : int
        0 <= cut < n / 2.

    Returns
    -------
    mean, lowest, highest : (p,) float64
        Of the values that are left. Means are within 1e-12 of the largest value.
    """
    n, p = values.shape
    mean = np.empty(p, np.float64)
    lowest = np.empty(p, np.float64)
    highest = np.empty(p, np.float64)
    column = np.empty(n, np.float64)
    lower = np.empty(n, np.int32)
    for c in range(p):
        for i in range(n):
            column[i] = values[i, c]
        upper = upper_words(column)
        low = value_of_rank(column, cut, upper, lower)
        high = value_of_rank(column, n - 1 - cut, upper, lower)
        total = 0.0  # away from the lowest one: what is cut off below adds nothing
        for i in range(n):
            held = column[i] if column[i] < high else high
            total += held - low if held > low else 0.0
        total -= cut * (high - low)
        mean[c] = low + total / (n - 2 * cut)
        lowest[c], highest[c] = low, high
    return mean, lowest, highest
