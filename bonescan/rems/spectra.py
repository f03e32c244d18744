"""From gates to averaged power spectra of groups of neighbouring lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bonescan.kernels.basis import dft_basis
from bonescan.kernels.ranks import column_medians
from bonescan.kernels.spectra import group_power
from bonescan.kernels.threads import for_each, pinned_blas
from bonescan.model.arrays import kernel_input
from bonescan.model.rems_model import SpectralForm

from .condition import INT16_MAX, Conditioned
from .gates import Gates

Array = NDArray[np.float64]

# The gates answer neither to an offset nor to drift at these frequencies, and hardly in between.
DRIFT_HZ = (0.0, 0.2e6, 0.4e6, 0.6e6)
# Beside the band of the model: where only noise is. The pulse of a 3.5 MHz probe is more than
# 100 dB down from 10 MHz on; the noise is taken as white.
NOISE_1 = tuple(np.arange(0.25, 0.401, 0.02))  # of the sampling rate: 10 to 16 MHz at 40 MHz
LEAST_SHARE_1 = 0.6  # of a group's lines; smaller groups are dropped
GROUPS_AT_ONCE = 128  # by one thread


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

    @property
    def sounding(self) -> NDArray[np.bool_]:
        """Mark the groups, (group,), with power in every bin of gates A and B."""
        return np.asarray((self.power[:2] > 0.0).all(axis=(0, 2)))

    def sounding_only(self) -> SiteSpectra:
        """Keep the groups with power in gates A and B."""
        return self.only(self.sounding)

    def only(self, kept: NDArray[np.bool_]) -> SiteSpectra:
        """Keep the marked groups; the lines of the others stay counted."""
        if kept.all():
            return self
        return SiteSpectra(
            power=np.compress(kept, self.power, axis=1),
            noise=np.compress(kept, self.noise, axis=1),
            depth_mm=self.depth_mm[kept],
            cluster=self.cluster[kept],
            n_lines=self.n_lines,
        )


def group_spectra(
    conditioned: Conditioned, gates: Gates, depth_mm: Array, form: SpectralForm
) -> SiteSpectra:
    """Average the power spectra of neighbouring lines in consecutive accepted frames.

    Parameters
    ----------
    conditioned : Conditioned
        Samples, offset and gain.
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
    lines = _Lines.of(gates, form)
    counts = np.bincount(lines.group, minlength=lines.n_groups)
    keep = counts >= LEAST_SHARE_1 * form.group_size
    echoes = _Echoes.of(conditioned, lines, gates, form)
    basis = _basis(form.fs_hz, form.gate_samples, tuple(form.frequency_hz))
    n_gates, n_band = len(gates.start), form.frequency_hz.size
    means = np.full((n_gates, lines.n_groups, n_band), np.nan)
    beside = np.empty((n_gates, len(lines.group)))  # power where only noise is
    ends = np.searchsorted(
        lines.group, np.arange(0, lines.n_groups + GROUPS_AT_ONCE, GROUPS_AT_ONCE)
    )

    def average(part: int) -> None:
        first, here = part * GROUPS_AT_ONCE, slice(ends[part], ends[part + 1])
        groups = slice(first, min(first + GROUPS_AT_ONCE, lines.n_groups))
        total, beside[:, here] = group_power(
            echoes.samples,
            kernel_input(echoes.row[here], np.int64),
            kernel_input(echoes.start[:, here], np.int64),
            kernel_input(lines.group[here] - first, np.int64),
            groups.stop - first,
            basis,
            n_band,
        )
        np.divide(
            total,
            counts[groups, None],
            out=means[:, groups],
            where=counts[groups, None] > 0,
        )

    with pinned_blas():
        for_each(average, len(ends) - 1)
    depth = np.bincount(
        lines.group, weights=depth_mm[lines.frame, lines.line], minlength=lines.n_groups
    )
    noise = np.array([_median(of_lines) for of_lines in beside])
    return SiteSpectra(
        power=np.compress(keep, means, axis=1),  # in C order, as means[:, keep] is not
        noise=np.repeat(noise[:, None], int(keep.sum()), axis=1),
        depth_mm=depth[keep] / counts[keep],
        cluster=np.flatnonzero(keep) % -(-gates.used.shape[1] // form.group_lines),
        n_lines=int(counts[keep].sum()),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Lines:
    """The lines that are used, (n,), group after group; in a group by frame and line."""

    frame: NDArray[np.intp]
    line: NDArray[np.intp]
    group: NDArray[np.int64]
    n_groups: int  # with and without lines

    @classmethod
    def of(cls, gates: Gates, form: SpectralForm) -> _Lines:
        """Group lines side by side in consecutive frames, of those frames with any used line."""
        frames = np.flatnonzero(gates.used.any(axis=1))
        place, line = np.nonzero(gates.used[frames])
        n_blocks = -(-gates.used.shape[1] // form.group_lines)
        group = (place // form.group_frames) * n_blocks + line // form.group_lines
        order = np.argsort(group, kind="stable")
        return cls(
            frame=frames[place[order]],
            line=line[order],
            group=group[order],
            n_groups=-(-frames.size // form.group_frames) * n_blocks,
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


@dataclass(frozen=True, eq=False, kw_only=True)
class _Echoes:
    """Where the samples of the lines that are used lie, without the gain curve."""

    samples: NDArray[np.int16]  # (row, sample)
    row: NDArray[np.int64]  # (line,)
    start: NDArray[np.int64]  # (gate, line); where a gate does not fit, below zero or too late

    @classmethod
    def of(
        cls, conditioned: Conditioned, lines: _Lines, gates: Gates, form: SpectralForm
    ) -> _Echoes:
        """Take the samples as they are; with a gain, copies of the gates without it."""
        samples = conditioned.samples.reshape(-1, conditioned.samples.shape[2])
        row = lines.frame * conditioned.samples.shape[1] + lines.line
        start = gates.start[:, lines.frame, lines.line]
        if conditioned.gain is None:
            return cls(samples=kernel_input(samples, np.int16), row=row, start=start)
        return cls._without_gain(conditioned, row, start, form.gate_samples)

    @classmethod
    def _without_gain(
        cls, conditioned: Conditioned, row: NDArray[np.int64], start: NDArray[np.int64], n: int
    ) -> _Echoes:
        """Copy the gates without the gain, the largest echo of any at full scale."""
        largest = max(
            [1.0]
            + [
                float(np.abs(_echoes(conditioned, row, begin, n)[0]).max(initial=0.0))
                for begin in start
            ]
        )
        copied = np.empty((*start.shape, n), np.int16)
        begin = np.empty(start.shape, np.int64)
        for gate, (room, first) in enumerate(zip(copied, start, strict=True)):
            echo, fits = _echoes(conditioned, row, first, n)
            room[:] = np.rint(echo * (INT16_MAX / largest))
            begin[gate] = np.where(fits, gate * n, -1)
        beside = np.ascontiguousarray(copied.transpose(1, 0, 2)).reshape(len(row), -1)
        return cls(samples=kernel_input(beside, np.int16), row=np.arange(len(row)), start=begin)


def _echoes(
    conditioned: Conditioned, rows: NDArray[np.intp], begin: NDArray[np.int64], n_window: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Take offset and gain off the samples of one gate, (n, sample); zero where it does not fit."""
    n_samples = conditioned.samples.shape[2]
    gain = np.asarray(conditioned.gain, dtype=np.float32)
    fits = (begin >= 0) & (begin + n_window <= n_samples)
    index = np.where(fits, begin, 0)[:, None] + np.arange(n_window)
    stacked = conditioned.samples.reshape(-1, n_samples)
    echo = (stacked[rows[:, None], index].astype(np.float32) - conditioned.offset) * gain[index]
    echo[~fits] = 0.0
    return np.asarray(echo), fits


def _median(values: Array) -> float:
    """Median of what is known: a few disturbed lines must not decide about the noise."""
    known = values[np.isfinite(values)]
    return float(column_medians(kernel_input(known[:, None]))[0])


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
