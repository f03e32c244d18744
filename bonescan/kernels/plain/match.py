"""Twins of `kernels.match`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROWS = 64
WIDE, LANES = 64, 16
NO_MODEL = -1


def exact_product(
    spectra: NDArray[np.float32], i: int, library: NDArray[np.float32], m: int
) -> float:
    """Twin of `kernels.match.exact_product`."""
    return float(np.sum(spectra[i].astype(np.float64) * library[m].astype(np.float64)))


def surely_reached(products: NDArray[np.float32], i: int, k: int) -> float:
    """Twin of `kernels.match.surely_reached`."""
    whole = products.shape[1] // WIDE * WIDE
    parts = products[i, :whole].reshape(-1, LANES)
    best = np.where(np.isnan(parts), -np.inf, parts).max(axis=0, initial=-np.inf)
    return float(-np.sort(-best)[k - 1]) if k <= LANES else -np.inf


def insert_best(
    index: NDArray[np.int64], r: NDArray[np.float64], row: int, value: float, model: int
) -> None:
    """Twin of `kernels.match.insert_best`."""
    if np.isnan(value):
        return
    place = int(np.count_nonzero(r[row] >= value))
    index[row] = np.insert(index[row], place, model)[: index.shape[1]]
    r[row] = np.insert(r[row], place, value)[: r.shape[1]]


def top_matches(
    spectra_unit: NDArray[np.float32], library_unit: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Twin of `kernels.match.top_matches`: every product in float64, then a stable sort."""
    n, m = len(spectra_unit), len(library_unit)
    index = np.full((n, k), NO_MODEL, np.int64)
    r = np.full((n, k), np.nan)
    library = library_unit.astype(np.float64)
    for first in range(0, n, ROWS):
        rows = spectra_unit[first : first + ROWS].astype(np.float64)
        products = np.einsum("nb,mb->nm", rows, library)  # equal rows give equal products
        order = np.argsort(-products, axis=1, kind="stable")[:, :k]  # NaN last
        best = np.take_along_axis(products, order, axis=1)
        index[first : first + ROWS, : min(k, m)] = np.where(np.isnan(best), NO_MODEL, order)
        r[first : first + ROWS, : min(k, m)] = best
    return index, r
