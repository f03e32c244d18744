"""The one kind of input of a comparison: two series of numbers, value by value."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# Decimals differ by rounding in their last bits: below this share of the largest value,
# differences are none.
ROUNDING_1 = 1e-12


def checked_series(values: ArrayLike, name: str) -> Array:
    """Take a series of finite numbers.

    Parameters
    ----------
    values : (n,) array_like
        Numbers.
    name : str
        What they are called in an error.

    Returns
    -------
    series : (n,) float64

    Raises
    ------
    ValueError
        For another number of dimensions, a gap (NaN) or an infinite value: what to do
        with those is for the caller to say.
    """
    series = np.asarray(values, dtype=np.float64)
    if series.ndim != 1:
        raise ValueError(f"found {name} with {series.ndim} dimensions, wanted a plain series")
    if np.isnan(series).any():
        raise ValueError(f"found a gap (NaN) in {name}; leave out the pair and count it")
    if np.isinf(series).any():
        raise ValueError(f"found an infinite value in {name}, wanted measurements")
    return series


def checked_pairs(x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """Take the reference `x` and the test `y`, of one length, without gaps.

    Raises
    ------
    ValueError
        For unlike lengths, more than one dimension, gaps or infinite values.
    """
    reference, test = checked_series(x, "x"), checked_series(y, "y")
    if reference.size != test.size:
        raise ValueError(f"found {reference.size} values of x and {test.size} of y, wanted pairs")
    return reference, test


def varies(values: Array, size: float | None = None) -> bool:
    """Whether values differ by more than the rounding of numbers of `size` (their own largest)."""
    if values.size == 0:
        return False
    largest = float(np.abs(values).max()) if size is None else size
    return float(values.max() - values.min()) > ROUNDING_1 * largest


def size_of(*series: Array) -> float:
    """Give the largest absolute value among several series; 0 where all are empty."""
    return max((float(np.abs(one).max()) for one in series if one.size), default=0.0)
