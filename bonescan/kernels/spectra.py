"""Gates of RF samples to power spectra, and straight on to their match with models.

The transform is a matrix product with the folded basis of `basis.dft_basis`,
128 gates at a time, so that everything between the samples and the result stays
in the processor's cache. All kernels run on one thread, release the GIL, and
call BLAS: put `threads.pinned_blas` around them. Working precision is float32.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel
from .log2 import log2_positive

TILE = 128
CACHE_LINE = 32  # samples of 2 bytes
# A spectrum whose log2 power varies less (rms) is flat to float32, and has no shape to match:
# rounding alone gives up to about 2e-5.
FLAT_LOG2 = np.float32(1e-4)
ZERO = np.float32(0)
ONE = np.float32(1)
NAN = np.float32(np.nan)


@kernel()
def fold_tile(
    samples: NDArray[np.int16],
    line: NDArray[np.int64],
    start: NDArray[np.int64],
    first: int,
    folded: NDArray[np.float32],
) -> None:
    """Fold the gates `first` to `first + TILE - 1` about their middle.

    Parameters
    ----------
    samples, line, start
        As in `gate_power`.
    first : int
        Index of the tile's first gate.
    folded : (2, TILE, n_half) float32
        Gets sums and differences of mirrored samples, from the middle outwards; NaN rows
        for gates outside their line and past the last gate. A working array.
    """
    n_half, n_samples = folded.shape[2], samples.shape[1]
    sums, differences = folded[0], folded[1]
    # Ask for all cache lines of the tile before the first is needed: a twentieth faster.
    touched = 0
    for g in range(min(TILE, line.shape[0] - first)):
        row, begin = line[first + g], start[first + g]
        if 0 <= row < samples.shape[0] and 0 <= begin <= n_samples - 2 * n_half:
            for k in range(0, 2 * n_half, CACHE_LINE):
                touched += int(samples[row, np.uint64(begin + k)])
    sums[0, 0] = touched  # or the compiler leaves it out; overwritten at once
    for g in range(TILE):
        row, begin = -1, -1
        if first + g < line.shape[0]:
            row, begin = line[first + g], start[first + g]
        if 0 <= row < samples.shape[0] and 0 <= begin <= n_samples - 2 * n_half:
            # unsigned: checks for negative indices would keep this loop out of vector code
            middle = np.uint64(begin + n_half)
            for k in range(n_half):
                after = np.float32(samples[row, middle + np.uint64(k)])
                before = np.float32(samples[row, middle - np.uint64(k + 1)])
                sums[g, k] = after + before
                differences[g, k] = after - before
        else:
            for k in range(n_half):
                sums[g, k] = NAN
                differences[g, k] = NAN


@kernel()
def power_tile(
    samples: NDArray[np.int16],
    line: NDArray[np.int64],
    start: NDArray[np.int64],
    first: int,
    cosines: NDArray[np.float32],
    sines: NDArray[np.float32],
    folded: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Give the power of the gates `first` to `first + TILE - 1`.

    Parameters
    ----------
    samples, line, start
        As in `gate_power`.
    first : int
        Index of the tile's first gate.
    cosines, sines : (n_half, n_bins) float32
        The two halves of the basis; working arrays, so writable.
    folded : (2, TILE, n_half) float32
        Room for sums and differences, the same for all tiles; written to.

    Returns
    -------
    power : (TILE, n_bins) float32
        NaN rows for gates outside their line and past the last gate.
    """
    n_bins = cosines.shape[1]
    fold_tile(samples, line, start, first, folded)
    power = np.empty((TILE, n_bins), np.float32)
    odd = np.empty((TILE, n_bins), np.float32)
    np.dot(folded[0], cosines, power)
    np.dot(folded[1], sines, odd)
    for g in range(TILE):
        for b in range(n_bins):
            power[g, b] = power[g, b] * power[g, b] + odd[g, b] * odd[g, b]
    return power


@kernel()
def basis_halves(
    basis: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Copy the cosines and the sines out of a basis.

    Parameters
    ----------
    basis : (n_half, 2 * n_bins) float32

    Returns
    -------
    cosines, sines : (n_half, n_bins) float32
    """
    n_half, n_bins = basis.shape[0], basis.shape[1] // 2
    cosines = np.empty((n_half, n_bins), np.float32)
    sines = np.empty((n_half, n_bins), np.float32)
    for k in range(n_half):
        for b in range(n_bins):
            cosines[k, b] = basis[k, b]
            sines[k, b] = basis[k, n_bins + b]
    return cosines, sines


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
    cosines, sines = basis_halves(basis)
    folded = np.empty((2, TILE, cosines.shape[0]), np.float32)
    power = np.empty((line.shape[0], n_bins), np.float32)
    for first in range(0, line.shape[0], TILE):
        tile = power_tile(samples, line, start, first, cosines, sines, folded)
        for g in range(min(TILE, line.shape[0] - first)):
            for b in range(n_bins):
                power[first + g, b] = tile[g, b]
    return power


@kernel()
def group_power(
    samples: NDArray[np.int16],
    line: NDArray[np.int64],
    start: NDArray[np.int64],
    group: NDArray[np.int64],
    n_groups: int,
    basis: NDArray[np.float32],
    n_band: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Add up the power spectra of groups of lines, gate by gate, without storing spectra.

    All gates of a tile of lines are taken while its samples are in the cache.

    Parameters
    ----------
    samples, basis
        As in `gate_power`.
    line : (n,) int64
        Row of `samples` of each line.
    start : (n_gates, n) int64
        First sample of each gate.
    group : (n,) int64
        The group of each line, 0 to n_groups - 1.
    n_groups : int
    n_band : int
        How many of the bins, from the first, are added up; the others tell the noise.

    Returns
    -------
    total : (n_gates, n_groups, n_band) float64
        Sums of linear power [counts^2], line after line; NaN where a gate of the group
        isn't inside its line, 0 for a group without lines.
    rest : (n_gates, n) float64
        Mean power of the other bins of each line; NaN without any.
    """
    n_gates, n, n_bins = start.shape[0], line.shape[0], basis.shape[1] // 2
    cosines, sines = basis_halves(basis)
    folded = np.empty((2, TILE, cosines.shape[0]), np.float32)
    total = np.zeros((n_gates, n_groups, n_band), np.float64)
    rest = np.empty((n_gates, n), np.float64)
    for first in range(0, n, TILE):
        for gate in range(n_gates):
            tile = power_tile(samples, line, start[gate], first, cosines, sines, folded)
            for g in range(min(TILE, n - first)):
                row, into = tile[g], total[gate, group[first + g]]
                for b in range(n_band):
                    into[b] += np.float64(row[b])
                other = 0.0
                for b in range(n_band, n_bins):
                    other += np.float64(row[b])
                rest[gate, first + g] = other / (n_bins - n_band) if n_bins > n_band else np.nan
    return total, rest


# relaxed: sums over bins may be taken in any order; r stays within 2e-6 of float64, as in order
@kernel(relaxed=True)
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
        Pearson's r, clipped to -1 ... 1; within 1e-5 of float64 arithmetic for gates of
        256 samples, less near where a bin lies 60 dB below the others. NaN where
        the gate isn't inside its line, a bin holds no power, the spectrum is flat
        (rms of log2 power below 1e-4, i.e. 3e-4 dB), or the model row is NaN.
    """
    n_bins, n_models = basis.shape[1] // 2, models_unit.shape[0]
    cosines, sines = basis_halves(basis)
    folded = np.empty((2, TILE, cosines.shape[0]), np.float32)
    weight = np.empty((n_bins, n_models), np.float32)
    for b in range(n_bins):
        for m in range(n_models):
            weight[b, m] = models_unit[m, b]
    r = np.empty((line.shape[0], n_models), np.float32)
    product = np.empty((TILE, n_models), np.float32)
    scale = np.empty(TILE, np.float32)
    for first in range(0, line.shape[0], TILE):
        level = log2_positive(power_tile(samples, line, start, first, cosines, sines, folded))
        for g in range(TILE):
            # from the first bin instead of the mean, which the centred models don't see
            total, square = ZERO, ZERO
            origin = level[g, 0] if n_bins else ZERO
            for b in range(n_bins):
                level[g, b] -= origin
                total += level[g, b]
                square += level[g, b] * level[g, b]
            square -= total * total / np.float32(n_bins if n_bins else 1)
            shaped = square > FLAT_LOG2 * FLAT_LOG2 * np.float32(n_bins)
            scale[g] = ONE / np.sqrt(square) if shaped else NAN
        np.dot(level, weight, product)
        for g in range(min(TILE, line.shape[0] - first)):
            for m in range(n_models):
                value = product[g, m] * scale[g]
                # not min() and max(), which would lose NaN
                value = ONE if value > ONE else value
                r[first + g, m] = -ONE if value < -ONE else value
    return r
