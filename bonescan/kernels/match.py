"""Spectra against models and libraries of models, by Pearson's r."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel

# A row whose rms deviation from its mean is below this share of its largest value is constant:
# rounding the mean alone leaves about 1e-16.
FLAT_1 = 1e-12
LARGEST_LEVEL = 1e100  # so that squares stay finite
ROWS = 128  # spectra in a block
COLUMNS = 2048  # models in a block: the float32 block of products is 1 MiB
GROUP = 32  # products looked at together
WIDE, LANES = 64, 16  # parts of a row whose best are compared
# A float32 product of two unit rows is within n_bins * 2^-24 of the exact one (Higham, Accuracy
# and Stability of Numerical Algorithms, 2002, section 3.1); twice that separates two of them.
ROUNDING_PER_BIN = 2.0**-23
NO_MODEL = -1


def unit_rows(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centre each row and scale it to unit norm, so that r is one dot product.

    Plain NumPy, for a site has few spectra: compiling would take longer than it saves.

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
    n_bins = rows.shape[1]
    if n_bins == 0:
        return np.empty(rows.shape)
    finite = (np.abs(rows) < LARGEST_LEVEL).all(axis=1, keepdims=True)  # not true for NaN
    usable = np.where(finite, rows, 0.0)
    centred = usable - usable.mean(axis=1, keepdims=True)
    square = np.einsum("nb,nb->n", centred, centred)[:, None]
    largest = np.abs(usable).max(axis=1, keepdims=True)
    shaped = square > n_bins * (FLAT_1 * largest) ** 2
    return np.asarray(centred / np.sqrt(np.where(shaped, square, np.nan)))


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
        Pearson's r, within 1e-10 of exact arithmetic, clipped to -1 ... 1; NaN
        where `unit_rows` gives a NaN row. No BLAS: its threads can't change a digit.
    """
    if spectra.shape[1] == 0:
        return np.full((len(spectra), len(models_unit)), np.nan)
    return np.asarray(np.clip(np.einsum("nb,mb->nm", unit_rows(spectra), models_unit), -1.0, 1.0))


@kernel(relaxed=True)  # any order of adding will do; 1e-16 off, as in order
def exact_product(
    spectra: NDArray[np.float32], i: int, library: NDArray[np.float32], m: int
) -> float:
    """Multiply two float32 rows in float64.

    Returns
    -------
    product : float
        The order of additions is that of the compiled code, the same for every pair:
        equal rows give equal products, so ties are real ties.
    """
    product = 0.0
    for b in range(spectra.shape[1]):
        product += np.float64(spectra[i, b]) * np.float64(library[m, b])
    return product


@kernel()
def surely_reached(products: NDArray[np.float32], i: int, k: int) -> float:
    """Give a level that at least `k` products of row `i` reach, fast and not too low.

    Parameters
    ----------
    products : (rows, columns) float32
    i : int
    k : int
        >= 1.

    Returns
    -------
    level : float
        The k-th best of the maxima of 16 interleaved parts of the row; -inf
        where `k` is above 16 or too few products are numbers.
    """
    best = np.empty(WIDE, np.float32)
    for lane in range(WIDE):
        best[lane] = -np.inf
    for begin in range(0, products.shape[1] - WIDE + 1, WIDE):
        for lane in range(WIDE):
            value = products[i, np.uint64(begin + lane)]  # unsigned: for vector code
            best[lane] = value if value > best[lane] else best[lane]
    for half in (WIDE // 2, WIDE // 4):
        for lane in range(half):
            value = best[lane + half]
            best[lane] = value if value > best[lane] else best[lane]
    level = np.float32(np.inf)
    for _ in range(k):
        highest = 0
        for lane in range(LANES):
            highest = lane if best[lane] > best[highest] else highest
        level = best[highest]
        best[highest] = -np.inf
    return float(level)


@kernel()
def insert_best(
    index: NDArray[np.int64], r: NDArray[np.float64], row: int, value: float, model: int
) -> None:
    """Put a model into a row of the best, behind its equals; NaN is never put in.

    Parameters
    ----------
    index, r : (n, k) int64, float64
        The rows so far, best first, -inf where empty. Working arrays of another
        kernel: written to.
    row : int
    value : float
        r of the new model.
    model : int
        Its row in the library.
    """
    place = index.shape[1]
    while place > 0 and value > r[row, place - 1]:
        place -= 1
        if place + 1 < index.shape[1]:
            index[row, place + 1], r[row, place + 1] = index[row, place], r[row, place]
    if place < index.shape[1]:
        index[row, place], r[row, place] = model, value


@kernel()
def top_matches(
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
    Memory is one block of 128 x 2048 products, whatever `n` and `m`. It calls BLAS:
    put `threads.pinned_blas` around it. A block's float32 products only choose
    which pairs are multiplied again in float64, so blocking can't change a result.
    """
    n, m = spectra_unit.shape[0], library_unit.shape[0]
    margin = spectra_unit.shape[1] * ROUNDING_PER_BIN
    index = np.full((n, k), NO_MODEL, np.int64)
    r = np.full((n, k), -np.inf)
    room: NDArray[np.float32] = np.empty(ROWS * COLUMNS, np.float32)
    for first in range(0, n if k else 0, ROWS):
        rows = spectra_unit[first : first + ROWS]
        for begin in range(0, m, COLUMNS):
            models = library_unit[begin : begin + COLUMNS]
            here, there = rows.shape[0], models.shape[0]
            block = room[: here * there].reshape((here, there))
            np.dot(rows, models.T, block)
            for i in range(here):
                row = first + i
                least = surely_reached(block, i, k) if begin == 0 else r[row, k - 1]
                for group in range(0, there, GROUP):
                    end = min(group + GROUP, there)
                    least = r[row, k - 1] if r[row, k - 1] > least else least
                    worth, hits = np.float32(least - margin), 0
                    for j in range(np.uint64(group), np.uint64(end)):
                        hits += block[i, j] >= worth
                    for j in range(group, end if hits else group):
                        if block[i, j] >= worth:
                            value = exact_product(rows, i, library_unit, begin + j)
                            insert_best(index, r, row, value, begin + j)
    for i in range(n):
        for j in range(k):
            r[i, j] = r[i, j] if index[i, j] != NO_MODEL else np.nan
    return index, r
