"""From gates to averaged power spectra of groups of neighbouring lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bonescan.kernels.basis import dft_basis
from bonescan.kernels.spectra import gate_power
from bonescan.kernels.threads import pinned_blas
from bonescan.model.arrays import kernel_input
from bonescan.model.rems_model import SpectralForm

from .gates import Gates

Array = NDArray[np.float64]

# The gates answer neither to an offset nor to drift at these frequencies, and hardly in between.
DRIFT_HZ = (0.0, 0.2e6, 0.4e6, 0.6e6)
# Beside the band of the model: where only noise is. The pulse of a 3.5 MHz probe is more than
# 100 dB down from 10 MHz on; the noise is taken as white.
NOISE_1 = tuple(np.arange(0.25, 0.401, 0.02))  # of the sampling rate: 10 to 16 MHz at 40 MHz
LEAST_SHARE_1 = 0.6  # of a group's lines; smaller groups are dropped


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteSpectra:
    """Averaged spectra of one site, or of several vertebrae together.

    `power` is (gate, group, bin), linear, gates A, B and any further ones; those
    are NaN where they do not fit or were not stored. `noise` is the power that
    noise alone puts into a bin of each gate, NaN where unknown. Groups of one
    `cluster` look at the same tissue and are not independent.
    """

    power: Array
    noise: Array  # (gate, group)
    depth_mm: Array  # (group,), NaN where unknown
    cluster: NDArray[np.int64]  # (group,)
    n_lines: int  # lines in the groups

    @property
    def n_groups(self) -> int:
        """How many averaged spectra there are."""
        return int(self.power.shape[1])


def group_spectra(
    samples: NDArray[np.int16], gates: Gates, depth_mm: Array, form: SpectralForm
) -> SiteSpectra:
    """Average the power spectra of neighbouring lines in consecutive accepted frames.

    Parameters
    ----------
    samples : (frame, line, sample) int16
    gates : Gates
        Which lines, and where.
    depth_mm : (frame, line) ndarray
        Depth of the surface; NaN where unknown.
    form : SpectralForm
        Bins, window and the size of a group.

    Returns
    -------
    spectra : SiteSpectra
        Groups with fewer than 60 % of their lines are dropped.
    """
    frames = np.flatnonzero(gates.used.any(axis=1))
    used, start, depth = gates.used[frames], gates.start[:, frames], depth_mm[frames]
    power = _line_power(samples, frames, used, start, form)
    n_band = form.frequency_hz.size
    quiet = power[..., n_band:].mean(axis=-1)
    noise = np.array([_median(q[used]) for q in quiet])
    member = _members(used.shape, form)
    means, counts = _group_means(power[..., :n_band], used, member)
    keep = counts[1] >= LEAST_SHARE_1 * form.group_size
    n_blocks = -(-used.shape[1] // form.group_lines)
    return SiteSpectra(
        power=means[:, keep],
        noise=np.repeat(noise[:, None], int(keep.sum()), axis=1),
        depth_mm=_depth_means(depth, used, member)[keep],
        cluster=np.flatnonzero(keep) % n_blocks,
        n_lines=int(counts[1][keep].sum()),
    )


@lru_cache(maxsize=4)
def _basis(fs_hz: float, gate_samples: int, band_hz: tuple[float, ...]) -> NDArray[np.float32]:
    """Make the transform of a gate, and take from it what would answer to drift.

    Rows count samples either side of the middle; cosine columns see the even
    part of a gate, sine columns the odd one. Each column is made orthogonal to
    the even or odd drifts: a high-pass that costs nothing, line by line.
    """
    grid = (*band_hz, *(share * fs_hz for share in NOISE_1))
    basis = dft_basis(fs_hz, gate_samples, grid).astype(np.float64)
    n_bins = len(grid)
    phase = 2.0 * np.pi * (np.arange(gate_samples // 2)[:, None] + 0.5) / fs_hz
    for columns, drift in (
        (slice(0, n_bins), np.cos(phase * np.array(DRIFT_HZ))),
        (slice(n_bins, None), np.sin(phase * np.array(DRIFT_HZ[1:]))),
    ):
        even_or_odd, _ = np.linalg.qr(drift)
        basis[:, columns] -= even_or_odd @ (even_or_odd.T @ basis[:, columns])
    return kernel_input(basis, np.float32)


def _line_power(
    samples: NDArray[np.int16],
    frames: NDArray[np.intp],
    used: NDArray[np.bool_],
    start: NDArray[np.int64],
    form: SpectralForm,
) -> Array:
    """Power of every gate, (gate, frame, line, bin); zero where a line is not used."""
    n_lines = used.shape[1]
    frame, line = np.nonzero(used)
    rows = frames[frame] * n_lines + line
    stacked = samples.reshape(-1, samples.shape[2])
    basis = _basis(form.fs_hz, form.gate_samples, tuple(form.frequency_hz))
    power = np.zeros((len(start), *used.shape, basis.shape[1] // 2))
    with pinned_blas():
        for gate in range(len(start)):
            power[gate, frame, line] = gate_power(
                kernel_input(stacked, np.int16),
                kernel_input(rows, np.int64),
                kernel_input(start[gate, frame, line], np.int64),
                basis,
            )
    return power


def _members(shape: tuple[int, int], form: SpectralForm) -> NDArray[np.int64]:
    """Give each line its group, (frame, line) -> group."""
    n_frames, n_lines = shape
    n_blocks = -(-n_lines // form.group_lines)
    frame, line = np.arange(n_frames)[:, None], np.arange(n_lines)[None, :]
    return np.asarray((frame // form.group_frames) * n_blocks + line // form.group_lines)


def _group_means(
    power: Array, used: NDArray[np.bool_], member: NDArray[np.int64]
) -> tuple[Array, NDArray[np.int64]]:
    """Mean power of each group, (gate, group, bin), and its lines, (gate, group)."""
    n_groups = int(member.max()) + 1 if member.size else 0
    counts = np.bincount(member[used], minlength=n_groups)
    order = np.argsort(member[used], kind="stable")
    edges = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.intp)
    filled = counts > 0
    n_gates = len(power)
    means = np.full((n_gates, n_groups, power.shape[-1]), np.nan)
    for gate in range(n_gates):
        rows = power[gate][used][order]
        if filled.any():
            sums = np.add.reduceat(rows, edges[filled], axis=0)
            means[gate, filled] = sums / counts[filled, None]
    return means, np.broadcast_to(counts, (n_gates, n_groups))


def _depth_means(depth: Array, used: NDArray[np.bool_], member: NDArray[np.int64]) -> Array:
    n_groups = int(member.max()) + 1 if member.size else 0
    counts = np.bincount(member[used], minlength=n_groups)
    sums = np.bincount(member[used], weights=depth[used], minlength=n_groups)
    with np.errstate(invalid="ignore"):
        return np.asarray(sums / counts)  # NaN where no line is


def _median(values: Array) -> float:
    """Median of what is known: a few disturbed lines must not decide about the noise."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")


def pooled(parts: list[SiteSpectra]) -> SiteSpectra:
    """Put the spectra of several vertebrae together; groups never cross vertebrae."""
    offset = 1 + max(int(p.cluster.max(initial=0)) for p in parts)
    return SiteSpectra(
        power=np.concatenate([p.power for p in parts], axis=1),
        noise=np.concatenate([p.noise for p in parts], axis=1),
        depth_mm=np.concatenate([p.depth_mm for p in parts]),
        cluster=np.concatenate([p.cluster + i * offset for i, p in enumerate(parts)]),
        n_lines=sum(p.n_lines for p in parts),
    )
