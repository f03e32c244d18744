"""Spectra against models and libraries of models, by Pearson's r."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel

# A row whose rms deviation from its mean is below this share of its largest value is constant:
# rounding the mean alone leaves about 1e-16.
FLAT_1 = 1e-12
LARGEST_LEVEL = 1e100  # so that squares stay finite
ROWS = 64  # spectra in a block
COLUMNS = 512  # models in a block: the float32 block of products is 128 KiB
GROUP = 64  # products looked at together
# The float32 product of two unit rows of up to 500 bins is within 2e-5 of the exact one, and
# 500 bins * 2^-24 = 3e-5 bounds it: everything above best - MARGIN is computed again in float64.
MARGIN = 3e-5
NO_MODEL = -1


@kernel()
def unit_rows(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centre each row and scale it to unit norm, so that r is one dot product.

    Parameters
    ----------
    rows : (n, n_bins) float64
        Spectra in a logarithmic unit.

    Returns
    -------
    unit : (n, n_bins) float64
        Mean 0 and sum of squares 1; a NaN row where one value is NaN or beyond
        1e100 in size, or the row is constant (rms deviation below 1e-12 of its largest value).
    """
    n, n_bins = rows.shape
    unit = np.empty((n, n_bins), np.float64)
    for i in range(n):
        finite, total, largest, square = True, 0.0, 0.0, 0.0
        for b in range(n_bins):
            finite &= bool(abs(rows[i, b]) < LARGEST_LEVEL)  # not true for NaN
        for b in range(n_bins if finite else 0):
            total += rows[i, b]
            largest = rows[i, b] if rows[i, b] > largest else largest
            largest = -rows[i, b] if -rows[i, b] > largest else largest
        for b in range(n_bins if finite else 0):
            deviation = rows[i, b] - total / n_bins
            square += deviation * deviation
        least = FLAT_1 * largest
        norm = np.sqrt(square) if square > n_bins * least * least else np.nan
        for b in range(n_bins):
            unit[i, b] = (rows[i, b] - total / n_bins) / norm if finite else np.nan
    return unit


@kernel()
def pearson_match(
    spectra: NDArray[np.float64], models_unit: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Correlate each spectrum with each model, in float64 and fixed order.

    Parameters
    ----------
    spectra : (n, n_bins) float64
        In a logarithmic unit, of any level.
    models_unit : (m, n_bins) float64
        From `unit_rows`.

    Returns
    -------
    r : (n, m) float64
        Pearson's r, within 1e-10 of exact arithmetic (tested against the twin),
        clipped to -1 ... 1; NaN where `unit_rows` gives a NaN row.
    """
    unit = unit_rows(spectra)
    n, n_bins = unit.shape
    r = np.empty((n, models_unit.shape[0]), np.float64)
    for i in range(n):
        for m in range(models_unit.shape[0]):
            value = 0.0 if n_bins else np.nan
            for b in range(n_bins):
                value += unit[i, b] * models_unit[m, b]
            # not min() and max(), which would lose NaN
            value = 1.0 if value > 1.0 else value
            r[i, m] = -1.0 if value < -1.0 else value
    return r


@kernel()
def exact_product(
    spectra: NDArray[np.float32], i: int, library: NDArray[np.float32], m: int
) -> float:
    """Multiply two float32 rows in float64, in an order that depends on nothing else.

    Returns
    -------
    product : float
        Equal rows give equal products, so ties are real ties.
    """
    n_bins = spectra.shape[1]
    a, b, c, d = 0.0, 0.0, 0.0, 0.0  # four sums, so that additions needn't wait for each other
    whole = n_bins - n_bins % 4
    for k in range(0, whole, 4):
        a += np.float64(spectra[i, k]) * np.float64(library[m, k])
        b += np.float64(spectra[i, k + 1]) * np.float64(library[m, k + 1])
        c += np.float64(spectra[i, k + 2]) * np.float64(library[m, k + 2])
        d += np.float64(spectra[i, k + 3]) * np.float64(library[m, k + 3])
    for k in range(whole, n_bins):
        a += np.float64(spectra[i, k]) * np.float64(library[m, k])
    return (a + b) + (c + d)


@kernel()
def insert_best(index: NDArray[np.int64], r: NDArray[np.float64], value: float, model: int) -> None:
    """Put a model into a list of the best, behind its equals; NaN is never put in.

    Parameters
    ----------
    index, r : (k,) int64, float64
        The list so far, best first, -inf where empty. Working arrays of another
        kernel: written to.
    value : float
        r of the new model.
    model : int
        Its row.
    """
    place = index.shape[0]
    while place > 0 and value > r[place - 1]:
        place -= 1
    for move in range(index.shape[0] - 1, place, -1):
        index[move], r[move] = index[move - 1], r[move - 1]
    if place < index.shape[0]:
        index[place], r[place] = model, value


@kernel()
def top_matches(  # noqa: C901 - blocks of blocks, one screen
    spectra_unit: NDArray[np.float32], library_unit: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the `k` best models of each spectrum.

    Parameters
    ----------
    spectra_unit : (n, n_bins) float32
        Unit rows (`unit_rows`, cast).
    library_unit : (m, n_bins) float32
        Unit rows.
    k : int
        How many; >= 0.

    Returns
    -------
    index : (n, k) int64
        Rows of `library_unit`, best first; ties go to the lower row; -1 where there are
        fewer than `k` valid models. A NaN row, in either, matches nothing.
    r : (n, k) float64
        Pearson's r of the float32 unit rows, multiplied in float64; NaN where
        `index` is -1.

    Notes
    -----
    Memory is one block of 64 x 512 products, whatever `n` and `m`. It calls BLAS:
    put `threads.pinned_blas` around it. A block's float32 products only choose
    which pairs are multiplied again in float64, so blocking can't change a result.
    """
    n, m = spectra_unit.shape[0], library_unit.shape[0]
    index = np.full((n, k), NO_MODEL, np.int64)
    r = np.full((n, k), -np.inf)
    for first in range(0, n if k else 0, ROWS):
        rows = spectra_unit[first : first + ROWS]
        for begin in range(0, m, COLUMNS):
            block = np.dot(rows, library_unit[begin : begin + COLUMNS].T)
            for i in range(rows.shape[0]):
                best = r[first + i]
                for group in range(0, block.shape[1], GROUP):
                    products = block[i, group : group + GROUP]
                    worth = np.float32(best[k - 1] - MARGIN)
                    hits = 0
                    for j in range(products.shape[0]):
                        hits += products[j] > worth
                    if hits == 0:
                        continue
                    for j in range(products.shape[0]):
                        if products[j] > best[k - 1] - MARGIN:
                            model = begin + group + j
                            value = exact_product(rows, i, library_unit, model)
                            insert_best(index[first + i], best, value, model)
    for i in range(n):
        for j in range(k):
            r[i, j] = r[i, j] if index[i, j] != NO_MODEL else np.nan
    return index, r
