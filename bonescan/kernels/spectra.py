"""Gates of RF samples to power spectra, and straight on to their match with models.

The transform is a matrix product with the folded basis of `basis.dft_basis`,
128 gates at a time, so that everything between the samples and the result stays
in the processor's cache. Both kernels run on one thread, release the GIL, and
call BLAS: put `threads.pinned_blas` around them. Working precision is float32.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel
from .log2 import log2_positive

TILE = 128
# A spectrum whose log2 power varies less (rms) is flat to float32, and has no shape to match:
# rounding alone gives about 1e-6.
FLAT_LOG2 = np.float32(1e-5)
ZERO = np.float32(0)
ONE = np.float32(1)
NAN = np.float32(np.nan)


@kernel()
def power_tile(
    samples: NDArray[np.int16],
    line: NDArray[np.int64],
    start: NDArray[np.int64],
    first: int,
    cosines: NDArray[np.float32],
    sines: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Give the power of the gates `first` to `first + TILE - 1`, as columns.

    Parameters
    ----------
    samples, line, start
        As in `gate_power`.
    first : int
        Index of the tile's first gate.
    cosines, sines : (n_half, n_bins) float32
        The two halves of the basis; working arrays, so writable.

    Returns
    -------
    power : (n_bins, TILE) float32
        NaN columns for gates outside their line and past the last gate.
    """
    n_half = cosines.shape[0]
    sums = np.zeros((TILE, n_half), np.float32)
    differences = np.zeros((TILE, n_half), np.float32)
    usable = np.zeros(TILE, np.bool_)
    for g in range(min(TILE, line.shape[0] - first)):
        row, begin = line[first + g], start[first + g]
        inside = begin >= 0 and begin <= samples.shape[1] - 2 * n_half
        usable[g] = inside and row >= 0 and row < samples.shape[0]
        if usable[g]:
            early = samples[row, begin : begin + n_half]
            late = samples[row, begin + n_half : begin + 2 * n_half]
            for k in range(n_half):
                after = np.float32(late[k])
                # unsigned: the check for a negative index would keep this loop out of vectors
                before = np.float32(early[np.uint64(n_half - 1 - k)])
                sums[g, k] = after + before
                differences[g, k] = after - before
    power: NDArray[np.float32] = np.dot(cosines.T, sums.T)
    odd = np.dot(sines.T, differences.T)
    for b in range(power.shape[0]):
        for g in range(TILE):
            value = power[b, g] * power[b, g] + odd[b, g] * odd[b, g]
            power[b, g] = value if usable[g] else NAN
    return power


@kernel()
def gate_power(
    samples: NDArray[np.int16],
    line: NDArray[np.int64],
    start: NDArray[np.int64],
    basis: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Give the power spectrum of each gate.

    Parameters
    ----------
    samples : (n_lines, n_samples) int16
        RF lines; stack the frames of a site by reshaping, without a copy.
    line : (n,) int64
        Row of `samples` of each gate.
    start : (n,) int64
        First sample of each gate.
    basis : (n_window // 2, 2 * n_bins) float32
        From `basis.dft_basis`; it fixes the length of the gates and the bins.

    Returns
    -------
    power : (n, n_bins) float32
        Linear power [counts^2], scaled as `basis.dft_basis` says; a NaN row for a
        gate that starts before, or ends after, its line, or whose line isn't there.
    """
    n_bins = basis.shape[1] // 2
    cosines = basis[:, :n_bins].copy()
    sines = basis[:, n_bins:].copy()
    power = np.empty((line.shape[0], n_bins), np.float32)
    for first in range(0, line.shape[0], TILE):
        tile = power_tile(samples, line, start, first, cosines, sines)
        for g in range(min(TILE, line.shape[0] - first)):
            for b in range(n_bins):
                power[first + g, b] = tile[b, g]
    return power


@kernel()
def match_gates(
    samples: NDArray[np.int16],
    line: NDArray[np.int64],
    start: NDArray[np.int64],
    basis: NDArray[np.float32],
    models_unit: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Correlate the dB spectrum of each gate with each model, without storing spectra.

    Parameters
    ----------
    samples, line, start, basis
        As in `gate_power`.
    models_unit : (m, n_bins) float32
        Model spectra in any logarithmic unit, centred and of unit norm
        (`match.unit_rows`).

    Returns
    -------
    r : (n, m) float32
        Pearson's r, within 1e-5 of float64 arithmetic, clipped to -1 ... 1. NaN where
        the gate isn't inside its line, a bin holds no power, the spectrum is flat
        (rms of log2 power below 1e-5, i.e. 3e-5 dB), or the model row is NaN.
    """
    n_bins = basis.shape[1] // 2
    n_models = models_unit.shape[0]
    cosines = basis[:, :n_bins].copy()
    sines = basis[:, n_bins:].copy()
    r = np.empty((line.shape[0], n_models), np.float32)
    least = FLAT_LOG2 * FLAT_LOG2 * np.float32(n_bins)
    for first in range(0, line.shape[0], TILE):
        level = log2_positive(power_tile(samples, line, start, first, cosines, sines))
        mean = np.zeros(TILE, np.float32)
        square = np.zeros(TILE, np.float32)
        product = np.zeros((n_models, TILE), np.float32)
        for b in range(n_bins):
            for g in range(TILE):
                mean[g] += level[b, g] / np.float32(n_bins)
        for b in range(n_bins):
            for g in range(TILE):
                level[b, g] -= mean[g]
                square[g] += level[b, g] * level[b, g]
            for m in range(n_models):
                weight = models_unit[m, b]
                for g in range(TILE):
                    product[m, g] += weight * level[b, g]
        for g in range(min(TILE, line.shape[0] - first)):
            shaped = square[g] > least
            scale = ONE / np.sqrt(square[g]) if shaped else NAN
            for m in range(n_models):
                value = product[m, g] * scale
                # not min() and max(), which would lose NaN
                value = ONE if value > ONE else value
                r[first + g, m] = -ONE if value < -ONE else value
    return r
