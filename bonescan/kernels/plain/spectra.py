"""Twins of `kernels.spectra`, in float64 from the same float32 basis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TILE = 128
FLAT_LOG2 = 1e-4
LEAST = np.finfo(np.float32).tiny


def _gates(
    samples: NDArray[np.int16],
    line: NDArray[np.int64],
    start: NDArray[np.int64],
    n_window: int,
) -> NDArray[np.float64]:
    """Gather the gates, one a row; NaN rows where a gate isn't inside its line."""
    n_lines, n_samples = samples.shape
    usable = (line >= 0) & (line < n_lines) & (start >= 0) & (start <= n_samples - n_window)
    gates = np.full((line.size, n_window), np.nan)
    columns = start[usable, None] + np.arange(n_window)
    gates[usable] = samples[line[usable, None], columns]
    return gates


def gate_power(
    samples: NDArray[np.int16],
    line: NDArray[np.int64],
    start: NDArray[np.int64],
    basis: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Twin of `kernels.spectra.gate_power`."""
    n_half, n_bins = basis.shape[0], basis.shape[1] // 2
    gates = _gates(samples, line, start, 2 * n_half)
    after, before = gates[:, n_half:], gates[:, n_half - 1 :: -1]
    even = (after + before) @ basis[:, :n_bins]
    odd = (after - before) @ basis[:, n_bins:]
    return (even**2 + odd**2).astype(np.float32)


def basis_halves(
    basis: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Twin of `kernels.spectra.basis_halves`."""
    cosines, sines = np.hsplit(basis, 2)
    return cosines.copy(), sines.copy()


def fold_tile(
    samples: NDArray[np.int16],
    line: NDArray[np.int64],
    start: NDArray[np.int64],
    first: int,
    folded: NDArray[np.float32],
) -> None:
    """Twin of `kernels.spectra.fold_tile`."""
    n_half = folded.shape[2]
    tile = slice(first, first + TILE)
    gates = _gates(samples, line[tile], start[tile], 2 * n_half)
    after, before = gates[:, n_half:], gates[:, n_half - 1 :: -1]
    folded[:] = np.nan
    folded[0, : len(gates)], folded[1, : len(gates)] = after + before, after - before


def power_tile(
    samples: NDArray[np.int16],
    line: NDArray[np.int64],
    start: NDArray[np.int64],
    first: int,
    cosines: NDArray[np.float32],
    sines: NDArray[np.float32],
    folded: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Twin of `kernels.spectra.power_tile`."""
    basis = np.concatenate([cosines, sines], axis=1)
    tile = slice(first, first + TILE)
    power = gate_power(samples, line[tile], start[tile], basis)
    padded = np.full((TILE, cosines.shape[1]), np.nan, np.float32)
    padded[: len(power)] = power
    return padded


def group_power(
    samples: NDArray[np.int16],
    line: NDArray[np.int64],
    start: NDArray[np.int64],
    group: NDArray[np.int64],
    n_groups: int,
    basis: NDArray[np.float32],
    n_band: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Twin of `kernels.spectra.group_power`."""
    total = np.zeros((len(start), n_groups, n_band))
    rest = np.full(start.shape, np.nan)
    for gate, begin in enumerate(start):
        power = gate_power(samples, line, begin, basis).astype(np.float64)
        np.add.at(total[gate], group, power[:, :n_band])
        if power.shape[1] > n_band:
            rest[gate] = power[:, n_band:].mean(axis=1)
    return total, rest


def match_gates(
    samples: NDArray[np.int16],
    line: NDArray[np.int64],
    start: NDArray[np.int64],
    basis: NDArray[np.float32],
    models_unit: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Twin of `kernels.spectra.match_gates`."""
    power = gate_power(samples, line, start, basis).astype(np.float64)
    n_bins = power.shape[1]
    level = np.log2(np.where(power >= LEAST, power, np.nan))
    level -= level.mean(axis=1, keepdims=True) if n_bins else 0.0
    square = (level**2).sum(axis=1, keepdims=True)
    norm = np.sqrt(np.where(square > FLAT_LOG2**2 * n_bins, square, np.nan))
    r = (level / norm) @ models_unit.T.astype(np.float64)
    return np.clip(r, -1, 1).astype(np.float32)
