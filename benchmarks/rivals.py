"""Each kernel beside those that do the same work: one table for tests and for timings.

A row names the kernel, its NumPy twin, and where there is one the best that SciPy or BLAS
can do. `tests/kernels` holds them to the same answers; `run.py` times some of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from bonescan.kernels import (
    dicom_codes,
    dicom_walk,
    dual_energy,
    interface,
    lms,
    log2,
    match,
    pairwise_slopes,
    ranks,
    resample,
    scores,
    simulate_echoes,
    spectra,
    variogram,
)
from bonescan.kernels.basis import dft_basis, half_sample_hann
from bonescan.kernels.plain import dicom_walk as plain_dicom_walk
from bonescan.kernels.plain import dual_energy as plain_dual_energy
from bonescan.kernels.plain import interface as plain_interface
from bonescan.kernels.plain import lms as plain_lms
from bonescan.kernels.plain import log2 as plain_log2
from bonescan.kernels.plain import match as plain_match
from bonescan.kernels.plain import pairwise_slopes as plain_pairwise_slopes
from bonescan.kernels.plain import ranks as plain_ranks
from bonescan.kernels.plain import resample as plain_resample
from bonescan.kernels.plain import scores as plain_scores
from bonescan.kernels.plain import simulate_echoes as plain_simulate_echoes
from bonescan.kernels.plain import spectra as plain_spectra
from bonescan.kernels.plain import variogram as plain_variogram
from bonescan.model.arrays import kernel_input

Array = NDArray[Any]
Args = tuple[Any, ...]
Inputs = Callable[[np.random.Generator, int, float], Args]


@dataclass(frozen=True, kw_only=True)
class Rival:
    """A kernel and those that do the same work.

    `inputs(rng, n, gaps)` makes arguments with `n` rows, about the share `gaps` of
    them NaN or, for gates, outside their line. `others` give the kernel's result,
    or its first part, by other means; `bounds` do only a part of the work, for
    timing. `gaps_give` is what a row of nothing but gaps must give: "nan" (and the
    sentinel in integers), "zero", or "" where the input can't hold a gap.
    """

    kernel: Callable[..., Any]
    plain: Callable[..., Any]
    inputs: Inputs
    others: dict[str, Callable[..., Any]] = field(default_factory=dict)
    bounds: dict[str, Callable[..., Any]] = field(default_factory=dict)
    rtol: float = 1e-12
    atol: float = 1e-12
    gaps_give: str = "nan"


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Gates and bins: `n_window` samples, bins `first` ... of an `n_fft`-point transform."""

    fs_hz: float
    n_window: int
    n_fft: int
    first: int
    n_bins: int
    n_models: int

    @property
    def basis(self) -> Array:
        """The basis of these bins."""
        bins = np.arange(self.first, self.first + self.n_bins)
        basis = dft_basis(self.fs_hz, self.n_window, bins * self.fs_hz / self.n_fft)
        return kernel_input(basis, np.float32)


# Small enough for plain Python; and the size of design: 51 bins from 1.016 MHz, 4 models.
SMALL = Grid(fs_hz=40e6, n_window=16, n_fft=32, first=2, n_bins=7, n_models=3)
FULL = Grid(fs_hz=40e6, n_window=256, n_fft=512, first=13, n_bins=51, n_models=4)
LIBRARY_ROWS = 2000
BLOCK = 1024  # spectra that the rivals of the library match take at a time


def with_gaps(rng: np.random.Generator, values: Array, gaps: float) -> Array:
    """Put NaN in about the share `gaps` of the values."""
    return np.where(rng.random(values.shape) < gaps, np.nan, values)


def unit(rng: np.random.Generator, n: int, n_bins: int) -> Array:
    """Make random unit rows, float32."""
    return match.unit_rows(rng.normal(-40, 6, (n, n_bins))).astype(np.float32)


# --- spectra ---------------------------------------------------------------


def gates(grid: Grid) -> Inputs:
    """Put two gates on a line, on noise shaped a little like an echo train."""

    def make(rng: np.random.Generator, n: int, gaps: float) -> Args:
        n_lines, n_samples = max(1, n // 2), 8 * grid.n_window
        samples = rng.normal(0, 3000, (n_lines, n_samples)).clip(-32768, 32767)
        start = rng.integers(0, n_samples - grid.n_window + 1, n)
        start[rng.random(n) < gaps] = -1
        return (
            kernel_input(samples, np.int16),
            kernel_input(np.arange(n) % n_lines, np.int64),
            kernel_input(start, np.int64),
            grid.basis,
        )

    return make


def gates_and_models(grid: Grid) -> Inputs:
    """Add models to match to the gates."""

    def make(rng: np.random.Generator, n: int, gaps: float) -> Args:
        models = kernel_input(unit(rng, grid.n_models, grid.n_bins), np.float32)
        return *gates(grid)(rng, n, gaps), models

    return make


def grouped_gates(grid: Grid) -> Inputs:
    """Make three gates a line, lines in groups, and some bins for the noise."""

    def make(rng: np.random.Generator, n: int, gaps: float) -> Args:
        samples, line, start, basis = gates(grid)(rng, n, gaps)
        starts = np.stack([start, np.roll(start, 1), start])
        group = np.sort(rng.integers(0, n // 4 + 1, n))
        n_band = int(rng.choice([grid.n_bins, grid.n_bins - 2, 1]))
        return (
            *(samples, line, kernel_input(starts, np.int64), kernel_input(group, np.int64)),
            *(n // 4 + 1, basis, n_band),
        )

    return make


def tile(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """One tile of a list of gates; its basis comes from another kernel, so writable."""
    samples, line, start, basis = gates(SMALL)(rng, n, gaps)
    cosines, sines = np.hsplit(basis, 2)
    room = np.empty((2, spectra.TILE, len(cosines)), np.float32)
    return samples, line, start, int(rng.integers(0, n + 1)), cosines.copy(), sines.copy(), room


def _folded(fold: Callable[..., None]) -> Callable[..., Array]:
    def run(samples: Array, line: Array, start: Array, first: int, *rest: Array) -> Array:
        room = np.empty_like(rest[-1])
        fold(samples, line, start, first, room)
        return room

    return run


def _gathered(samples: Array, line: Array, start: Array, n_window: int) -> Array:
    """Copy the gates, a whole gate at a time, and convert them."""
    windows = np.lib.stride_tricks.sliding_window_view(samples, n_window, axis=1)
    gathered = windows[line, np.maximum(start, 0)].astype(np.float32)
    gathered[start < 0] = np.nan
    return gathered


def _matched(power: Array, models_unit: Array) -> Array:
    level = np.log2(power, out=power)
    level -= level.mean(axis=1, keepdims=True)
    level /= np.sqrt(np.einsum("ij,ij->i", level, level))[:, None]
    return level @ models_unit.T


def scipy_match(grid: Grid) -> Callable[..., Array]:
    """Batched float32 `scipy.fft.rfft`, then NumPy."""
    window = half_sample_hann(grid.n_window).astype(np.float32)
    band = slice(grid.first, grid.first + grid.n_bins)

    def run(samples: Array, line: Array, start: Array, _basis: Array, models_unit: Array) -> Array:
        windowed = _gathered(samples, line, start, grid.n_window)
        windowed *= window
        spectrum = scipy.fft.rfft(windowed, grid.n_fft, axis=1, workers=1)[:, band]
        return _matched(spectrum.real**2 + spectrum.imag**2, models_unit)

    return run


def signal_match(grid: Grid) -> Callable[..., Array]:
    """Batched `scipy.signal.periodogram` in float32, then NumPy."""
    from scipy.signal import periodogram  # slow to import

    window = half_sample_hann(grid.n_window).astype(np.float32)
    band = slice(grid.first, grid.first + grid.n_bins)

    def run(samples: Array, line: Array, start: Array, _basis: Array, models_unit: Array) -> Array:
        gathered = _gathered(samples, line, start, grid.n_window)
        _, power = periodogram(gathered, window=window, nfft=grid.n_fft, detrend=False, axis=1)
        return _matched(np.ascontiguousarray(power[:, band]), models_unit)

    return run


def _unfolded(basis: Array) -> Array:
    """Undo the folding: the plain basis of all samples, cosines then sines."""
    cosines, sines = np.hsplit(basis, 2)
    return np.hstack([np.vstack([cosines[::-1], cosines]), np.vstack([-sines[::-1], sines])])


def gemm_match(samples: Array, line: Array, start: Array, basis: Array, models: Array) -> Array:
    """One float32 matrix product for the transform, then NumPy."""
    gathered = _gathered(samples, line, start, 2 * basis.shape[0])
    parts = gathered @ _unfolded(basis)
    np.square(parts, out=parts)
    n_bins = basis.shape[1] // 2
    return _matched(parts[:, :n_bins] + parts[:, n_bins:], models)


def naive_bound(samples: Array, line: Array, start: Array, basis: Array, _models: Array) -> Array:
    """Do what nobody can leave out without folding: convert the samples, one matrix product."""
    n_window = 2 * basis.shape[0]
    rows = samples[: -(-line.size * n_window // samples.shape[1])]
    converted = rows.astype(np.float32).reshape(-1)[: line.size * n_window]
    return converted.reshape(line.size, n_window) @ _unfolded(basis)


# --- match -----------------------------------------------------------------


def library(n_models: int, n_bins: int, k: int | None = None) -> Inputs:
    """Make unit spectra and a library with equal rows in it."""

    def make(rng: np.random.Generator, n: int, gaps: float) -> Args:
        rows, models = unit(rng, n, n_bins), unit(rng, n_models, n_bins)
        models[n_models // 2] = models[0]
        rows[rng.random(n) < gaps] = np.nan
        models[rng.random(n_models) < gaps] = np.nan
        best = k if k is not None else int(rng.integers(0, n_models + 3))
        return kernel_input(rows, np.float32), kernel_input(models, np.float32), best

    return make


def cdist_match(spectra_unit: Array, library_unit: Array, k: int) -> tuple[Array, Array]:
    """Block by block through `scipy.spatial.distance.cdist`, with the best `k` of each row."""
    index = np.empty((len(spectra_unit), k), np.int64)
    r = np.empty((len(spectra_unit), k))
    for first in range(0, len(spectra_unit), BLOCK):
        rows = slice(first, first + BLOCK)
        distance = cdist(spectra_unit[rows], library_unit, "correlation")
        best = np.argpartition(distance, k - 1, axis=1)[:, :k]
        values = np.take_along_axis(distance, best, axis=1)
        order = np.lexsort((best, values), axis=1)
        index[rows] = np.take_along_axis(best, order, axis=1)
        r[rows] = 1 - np.take_along_axis(values, order, axis=1)
    return index, r


def cdist_only(spectra_unit: Array, library_unit: Array, _k: int) -> None:
    """Only the distances, block by block into one buffer."""
    buffer = np.empty((BLOCK, len(library_unit)))
    for first in range(0, len(spectra_unit), BLOCK):
        rows = spectra_unit[first : first + BLOCK]
        cdist(rows, library_unit, "correlation", out=buffer[: len(rows)])


def sklearn_only(spectra_unit: Array, library_unit: Array, _k: int) -> None:
    """Only the correlations by scikit-learn, block by block; it scales the rows once more."""
    from sklearn.metrics.pairwise import cosine_similarity

    for first in range(0, len(spectra_unit), BLOCK):
        cosine_similarity(spectra_unit[first : first + BLOCK], library_unit)


def gemm_only(spectra_unit: Array, library_unit: Array, _k: int) -> None:
    """Only the float32 products, block by block into one buffer."""
    buffer = np.empty((BLOCK, len(library_unit)), np.float32)
    for first in range(0, len(spectra_unit), BLOCK):
        rows = spectra_unit[first : first + BLOCK]
        np.dot(rows, library_unit.T, out=buffer[: len(rows)])


def pair_of_rows(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Two tables of float32 rows, and a row of each."""
    a, b = (with_gaps(rng, unit(rng, n + 1, 10), gaps) for _ in range(2))
    return kernel_input(a, np.float32), int(rng.integers(0, n + 1)), kernel_input(b, np.float32), n


def best_rows(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Make rows of the best, perhaps not full, and a value that may equal one of them."""
    r = rng.integers(-3, 4, (n + 1, 5)) / 4
    r[rng.random(r.shape) < gaps] = -np.inf
    value = np.nan if rng.random() < gaps else rng.integers(-3, 4) / 4
    index = rng.integers(0, 99, r.shape)
    return index, -np.sort(-r, axis=1), int(rng.integers(0, n + 1)), float(value), n


def products(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Make a block of products, one of its rows, and how many are wanted."""
    rows = with_gaps(rng, rng.normal(0, 0.3, (n + 1, int(rng.integers(0, 300)))), gaps)
    return rows.astype(np.float32), int(rng.integers(0, n + 1)), int(rng.integers(1, 20))


def _in_place(insert: Callable[..., None]) -> Callable[..., tuple[Array, Array]]:
    def run(index: Array, r: Array, *rest: float) -> tuple[Array, Array]:
        index, r = index.copy(), r.copy()
        insert(index, r, *rest)
        return index, r

    return run


# --- ranks -----------------------------------------------------------------


def words(rng: np.random.Generator, n: int, _gaps: float) -> Args:
    """Whole numbers, some alike, some past those that count; and a rank."""
    span = int(rng.choice([2, 1000, 2**31 - 1]))
    values = rng.integers(-span - 1, span, n + 1 + int(rng.integers(0, 3))).astype(np.int32)
    return values, n + 1, int(rng.integers(0, n + 1))


def table_of_values(rng: np.random.Generator, n: int, _gaps: float) -> Array:
    """Values of any size and sign, many of them alike, zeros of both signs among them."""
    table = rng.normal(0, 10.0 ** rng.integers(-300, 300), (n, 3))
    table[rng.random((n, 3)) < 0.3] = rng.choice([0.0, -0.0, 1.5, -np.inf, np.inf])
    table[:, 1] = np.round(rng.normal(40, 8, n), 1)
    table[:, 2] = 7.25
    return table


def ranked_values(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """One column and a rank, with the room the kernel takes."""
    values = table_of_values(rng, n + 1, gaps)[:, int(rng.integers(0, 3))].copy()
    room = np.empty(n + 1, np.int32)
    return values, int(rng.integers(0, n + 1)), plain_ranks.upper_words(values), room


def table_to_trim(rng: np.random.Generator, n: int, _gaps: float) -> Args:
    """Levels in decibels, many of them alike, and how many are cut off."""
    table = np.round(rng.normal(40, 8, (n + 1, 4)), int(rng.integers(0, 4)))
    return kernel_input(table), int(rng.integers(0, n // 2 + 1))


# --- interface -------------------------------------------------------------


def echo_lines(rng: np.random.Generator, n: int, _gaps: float) -> Args:
    """Lines of any length, with step and width."""
    samples = rng.normal(rng.normal(0, 100), 3000, (n, int(rng.integers(0, 120))))
    step, width = 4 * int(rng.integers(1, 5)), int(rng.integers(1, 60))
    return kernel_input(samples.clip(-32768, 32767), np.int16), step, width


def parts_of_cells(rng: np.random.Generator, n: int, _gaps: float) -> Args:
    """Make parts of cells, and room for their sums."""
    per_cell, reach = int(rng.integers(1, 6)), int(rng.integers(0, 4))
    part = rng.integers(-9999, 9999, n * per_cell, dtype=np.int32)
    return part, per_cell, reach, np.zeros(n + 2 * reach, np.int32), np.empty(n, np.int32)


def _summed(add: Callable[..., None]) -> Callable[..., Array]:
    def run(*args: Any) -> Array:
        room = args[-2].copy(), args[-1].copy()
        add(*args[:-2], *room)
        return room[1]

    return run


def rows_and_window(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Rows that differ little, and the window of a sum over them."""
    rows = with_gaps(rng, rng.uniform(1, 2, (n, int(rng.integers(0, 50)))), gaps)
    return rows.astype(np.float32), int(rng.integers(0, 9)), int(rng.integers(1, 9))


def levels(rng: np.random.Generator, n: int, gaps: float) -> Array:
    """Envelopes or scores, float32, with gaps and infinities in some lines."""
    rows = np.exp(rng.normal(3, 3, (n, int(rng.integers(1, 50)))))
    rows[rng.random(n) < gaps, rng.integers(0, rows.shape[1])] = rng.choice([np.nan, np.inf])
    return rows.astype(np.float32)


def envelopes(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Envelopes, windows that may be longer than a line, and a range of cells."""
    shadow = np.sort(rng.integers(0, 40, 2))
    windows = int(rng.integers(1, 9)), int(shadow[0]), int(shadow[1]), int(rng.integers(1, 9))
    rows = levels(rng, n, gaps)  # writable: from another kernel
    first, last = np.sort(rng.integers(0, rows.shape[1], 2))
    return rows, *windows, int(first), int(last)


def score_field(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Scores in quarters, so that equal paths are common, and a range of cells."""
    rows = with_gaps(rng, rng.integers(-4, 9, (n, int(rng.integers(1, 30)))) / 4, gaps)
    first, last = int(rng.integers(-2, 10)), int(rng.integers(0, 32))
    return rows.astype(np.float32), int(rng.integers(0, 8)), first, last


def scored_path(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Scores, a path through them, and a range of cells that lies in the line."""
    score = score_field(rng, n, gaps)[0]
    n_cells = score.shape[1]
    path = rng.integers(0, n_cells, n)
    first = int(rng.integers(0, n_cells))
    return score, path, int(rng.integers(0, 5)), first, int(rng.integers(first, n_cells))


def path_and_contrast(rng: np.random.Generator, n: int, _gaps: float) -> Args:
    """Scores with a path through them, its contrast, and how another path may run."""
    score = score_field(rng, n + 1, 0)[0]
    first, last = 0, score.shape[1] - 1
    max_step, apart = int(rng.integers(0, 4)), int(rng.integers(0, 5))
    path = plain_interface.viterbi_surface(score, max_step, first, last)
    contrast = plain_interface.path_contrast(score, path, apart, first, last)
    return score, path, contrast, max_step, apart, first, last


def frame_to_search(rng: np.random.Generator, n: int, _gaps: float) -> Args:
    """Make lines with a step in their level, how they are searched, and perhaps a gain.

    They are few: of many paths through noise, two may be alike but for the last digit.
    """
    n_cells, step = int(rng.integers(30, 60)), 4 * int(rng.integers(1, 3))
    level = np.where(np.arange(n_cells * step) > rng.integers(50, 100), 3000.0, 300.0)
    samples = rng.normal(0, level, (min(n, 5) + 1, level.size)).clip(-32768, 32767)
    first = int(rng.integers(0, 10))
    last = int(rng.integers(first, n_cells))
    plan = [step, 3 * step, 4, 5, 9, 3, 2, 4, 2, first, last]
    factor = rng.uniform(0.5, 2, n_cells if rng.random() < 0.5 else 0)
    return (
        kernel_input(samples, np.int16),
        kernel_input(plan, np.int64),
        kernel_input(factor, np.float32),
    )


def cells_to_fill(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Scores, and the range of cells to copy."""
    rows = score_field(rng, n, gaps)[0]
    first = int(rng.integers(0, rows.shape[1] + 1))
    return rows, first, int(rng.integers(0, rows.shape[1] - first + 1))


# --- scores ----------------------------------------------------------------


def table(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """BMD, mean and SD, L, M and S of `n` rows; a few references are not above 0."""
    bmd = np.round(rng.normal(0.85, 0.2, n), 3)
    mean, sd = rng.choice([0.858, 1.047, 0.942], n), rng.choice([0.12, 0.11, 0.122], n)
    power = rng.choice([1.0, 0.0, 1e-7], n) * (rng.random(n) < 0.3) + rng.normal(0.3, 1, n)
    columns = (bmd, mean, sd, power, rng.normal(0.9, 0.1, n), np.abs(rng.normal(0.13, 0.02, n)))
    return tuple(kernel_input(with_gaps(rng, column, gaps)) for column in columns)


def columns(*which: int) -> Inputs:
    """Take some columns of `table`."""
    return lambda rng, n, gaps: tuple(table(rng, n, gaps)[i] for i in which)


def ratios(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Make ratios, which another kernel works out, with L and S."""
    ratio, power, spread = columns(0, 3, 5)(rng, n, gaps)
    return ratio.copy(), power, spread


def _filled(*columns: Array) -> tuple[Array, ...]:
    results = tuple(np.empty_like(x) for x in plain_scores.score_rows(*columns))
    plain_scores.fill_scores(columns, results)
    return results


def score_column(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Scores at and around tenths and halves of tenths."""
    score = rng.integers(-100, 100, n) / 20 + rng.choice([0, 1e-12, -1e-12, 1e-8, -1e-8], n)
    return (kernel_input(with_gaps(rng, score, gaps)),)


def tenths_column(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Round a column of scores."""
    return (kernel_input(plain_scores.label_tenths(*score_column(rng, n, gaps)), np.int64),)


def _one(inputs: Inputs) -> Inputs:
    return lambda rng, _n, gaps: tuple(x[0].item() for x in inputs(rng, 1, gaps))


def _nano(inputs: Inputs) -> Inputs:
    def make(rng: np.random.Generator, n: int, gaps: float) -> Args:
        return (plain_scores.fixed_nano(*inputs(rng, n, gaps)),)

    return make


# --- variogram -------------------------------------------------------------


def image_and_offsets(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Make an image of `n` rows; some offsets reach beyond a small one."""
    columns = 9
    values = rng.normal(1.0, 0.1, (n, columns))
    values[rng.random(values.shape) < gaps] = np.nan
    offsets = [(0, 1), (0, 9), (1, -3), (1, 0), (2, 4), (3, -9), (150, 0)]
    return kernel_input(values), kernel_input(offsets, np.int64)


def fft_squared_differences(values: Array, offsets: Array) -> tuple[Array, Array]:
    """Give the sums of all offsets at once: (a - b)^2 is a^2 + b^2 - 2ab, three correlations."""
    known = ~np.isnan(values)
    mean = values[known].mean() if known.any() else 0.0  # less to cancel
    level = np.where(known, values - mean, 0.0)
    reach = np.abs(offsets).max(axis=0)
    shape = [
        scipy.fft.next_fast_len(int(a + b), real=True)
        for a, b in zip(values.shape, reach, strict=True)
    ]
    parts = (known.astype(np.float64), level, level * level)
    ones, first, second = (scipy.fft.rfft2(part, shape) for part in parts)
    cross = np.conj(ones) * second + ones * np.conj(second) - 2.0 * np.conj(first) * first
    at = offsets[:, 0] % shape[0], offsets[:, 1] % shape[1]
    counts = np.rint(scipy.fft.irfft2(np.conj(ones) * ones, shape)[at])
    return np.maximum(scipy.fft.irfft2(cross, shape)[at], 0.0) * (counts > 0), counts


# --- dual energy -----------------------------------------------------------

X_MM = kernel_input(0.6 * np.arange(11) - 3.0)


def frames_to_decompose(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Photons of two frames, some pixels below the least count, and two polynomials."""
    low, high = rng.poisson(60.0, (n, 11)).astype(float), rng.poisson(400.0, (n, 11)).astype(float)
    terms = rng.normal(0, 1, (2, 9)) * 0.3 ** np.array([0, 0, 1, 1, 1, 2, 2, 2, 2])
    counts = tuple(kernel_input(with_gaps(rng, frame, gaps)) for frame in (low, high))
    air = tuple(kernel_input(rng.uniform(1e3, 2e3, 11)) for _ in range(2))
    return *counts, *air, kernel_input(terms), 45.0


def maps_of_frames(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Decompose frames; NaN where nothing was measured."""
    low, high, air_low, air_high, terms, least = frames_to_decompose(rng, n, gaps)
    maps = plain_dual_energy.apparent_densities(low, high, air_low, air_high, terms, least)
    maps[3] = np.abs(maps[3]) + 5.0
    return (kernel_input(maps),)


def maps_and_mask(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Mark about half of what was measured as soft tissue."""
    (maps,) = maps_of_frames(rng, n, gaps)
    mask = np.isfinite(maps[0]) & (rng.random(maps.shape[1:]) < 0.5)
    return maps, kernel_input(mask, np.bool_), X_MM


def maps_and_line(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Draw a baseline for each row."""
    return *maps_of_frames(rng, n, gaps), kernel_input(rng.normal(0, 0.01, (n, 2))), X_MM, 1.05


# --- pairwise slopes -------------------------------------------------------


def points(rng: np.random.Generator, n: int, _gaps: float) -> Args:
    """Make points with x rising, on a lattice so that ties are common, and which slopes count."""
    x, y = np.sort(rng.integers(0, 12, n) / 8), rng.integers(0, 12, n) / 8
    return kernel_input(x), kernel_input(y), 1e-12, bool(rng.integers(0, 2))


def points_and_bounds(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Add bounds between the slopes of the lattice, and room for some or for all."""
    x, y, zero, keep_all = points(rng, n, gaps)
    low, high = np.sort(rng.normal(0, 2, 2)).tolist()
    return x, y, low, high, zero, keep_all, int(rng.choice([0, 5, n * n]))


# --- simulated echoes ------------------------------------------------------


def echoes_of_lines(rng: np.random.Generator, n: int, _gaps: float) -> Args:
    """Make lines of a simulated frame, and a plate over the bone in half of the cases."""
    shape = (n, 40)
    bone, tail = (rng.normal(0, 1, shape) + 1j * rng.normal(0, 1, shape) for _ in range(2))
    unit = rng.uniform(0, 1, (n, 5))
    lines = unit * np.array([2e-3, 1.0, 5e-5, 1.2e-6, 1e-7])
    plate = np.array([1.63, 6.5, 1.75, 3432.0, 5.8e-5, float(rng.integers(0, 2))])
    return (
        kernel_input(bone, np.complex128),
        kernel_input(tail, np.complex128),
        kernel_input(rng.uniform(0, 1, 40)),
        kernel_input(lines),
        kernel_input(plate),
        2.5e4,
    )


# --- resample --------------------------------------------------------------


def draws_of(rng: np.random.Generator, n: int) -> Array:
    """Draw as many of `n` people as there are, seven times."""
    return kernel_input(rng.integers(0, max(n, 1), (7, n)), np.int64)


def sums_to_draw(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Make what each person brings to three sums."""
    return kernel_input(with_gaps(rng, rng.normal(0, 1, (n, 3)), gaps)), draws_of(rng, n)


def curves_to_draw(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Make people of 0 to 3 rows, with tied levels, fewer of them sick the more gaps."""
    starts = np.concatenate([[0], np.cumsum(rng.integers(0, 4, n))])
    level = rng.integers(0, 6, starts[-1])
    sick = (rng.random(starts[-1]) < (1.0 - gaps) / 2.0).astype(np.int64)
    rows = tuple(kernel_input(x, np.int64) for x in (level, sick, starts))
    return *rows, draws_of(rng, n), 6


# --- the table -------------------------------------------------------------


# --- bytes -----------------------------------------------------------------

DICOM_TAGS = (0x00080005, 0x00080060, 0x00100010, 0x00280010, 0x7FE00010)
_MARKERS = [b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0" + bytes(4), b"\xfe\xff\xdd\xe0" + bytes(4)]


def data_set(
    rng: np.random.Generator, n: int, damage: float, implicit: bool, depth: int = 0
) -> bytes:
    """Make `n` elements of any kind, sequences among them, little endian; some of them damaged."""
    body = b""
    for group in sorted(rng.choice([8, 9, 16, 0x18, 0x28, 0x29, 0x40, 0x7FE0], n).tolist()):
        vr = rng.choice(["UI", "LO", "US", "UN", "OB", "SQ", "UT"]).encode()
        value, is_open = rng.bytes(rng.integers(0, 12)), False
        if vr == b"SQ" and depth < 40:
            is_open = bool(rng.integers(2))
            inner = (
                data_set(rng, min(n, 3), damage, implicit, depth + 1) if rng.random() < 0.7 else b""
            )
            size = 0xFFFFFFFF if is_open else len(inner)
            value = _MARKERS[0] + size.to_bytes(4, "little") + inner + _MARKERS[1] * is_open
            value += _MARKERS[2] * is_open
        size = 0xFFFFFFFF if is_open else len(value)
        if rng.random() < damage / 8:
            size = int(
                rng.choice([size + 1 & 0xFFFFFFFF, max(size - 1, 0), 0xFFFFFFFF, 0x7FFFFFFF])
            )
        tag = group.to_bytes(2, "little") + rng.choice([5, 16, 17, 96, 0x1001]).tobytes()[:2]
        long = vr in dicom_codes.LONG_VRS
        if implicit:
            body += tag + size.to_bytes(4, "little") + value
        elif long:
            body += tag + vr + bytes(2) + size.to_bytes(4, "little") + value
        else:
            body += tag + vr + (size & 0xFFFF).to_bytes(2, "little") + value
        if rng.random() < damage / 8:
            body += [*_MARKERS, bytes(3), bytes(9), b"\x01"][rng.integers(6)]
    return body


def data_sets(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Make the bytes of a data set, maybe cut or swapped, as they enter the walk."""
    implicit, big = bool(rng.integers(2)), bool(rng.random() < 0.1)
    body = data_set(rng, n % 24, gaps, implicit)
    size = len(body) + (int(rng.integers(0, 60)) if rng.random() < gaps else 0)
    end = int(rng.integers(0, len(body) + 1)) if rng.random() < gaps else len(body)
    shown = np.frombuffer(body[:end], np.uint8)
    return (
        kernel_input(shown, np.uint8),
        0,
        size,
        implicit,
        big,
        kernel_input(DICOM_TAGS, np.int64),
    )


def dicom_files(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Make the bytes of a file with preamble and file meta."""
    implicit = bool(rng.integers(2))
    endings = [b"" if implicit else b".1"] * 4 + [b".1.99", b".2", b".4.50", b".5", b".6", b"x"]
    syntax = b"1.2.840.10008.1.2" + endings[rng.integers(10)]
    syntax += bytes(len(syntax) % 2)
    vr = b"ZZ" if rng.random() < gaps / 8 else b"UI"
    body = bytes(128) + (b"DICM" if rng.random() > gaps / 8 else b"dicm")
    body += b"\2\0\1\0OB\0\0\2\0\0\0\0\1\2\0\2\0UI\4\0" + b"1.2\0"
    body += b"\2\0\x10\0" + vr + len(syntax).to_bytes(2, "little") + syntax
    if rng.random() < gaps / 8:
        body += (b"\2\0\x12\0UI\2\0" + b"1\0") * 40
    body += data_set(rng, n % 24, gaps, implicit)
    cut = int(rng.integers(0, len(body))) if rng.random() < gaps / 4 else len(body)
    return (
        kernel_input(np.frombuffer(body[:cut], np.uint8), np.uint8),
        len(body),
        kernel_input(DICOM_TAGS, np.int64),
    )


def dicom_texts(rng: np.random.Generator, n: int, gaps: float) -> Args:
    """Make the same with the forms of the wanted elements."""
    data, size, wanted = dicom_files(rng, n, gaps)
    forms = rng.integers(0, 3, wanted.size) if gaps else np.zeros(wanted.size)
    return data, size, wanted, kernel_input(forms, np.uint8)


def _plain_texts(data: Array, size: int, wanted: Array, forms: Array) -> Array:
    tables = wanted.tolist(), forms.tobytes()
    texts = plain_dicom_walk.header_texts(data.tobytes(), size, *tables)
    return np.frombuffer(texts, np.uint8)


def _plain_walk(walk: Callable[..., Any]) -> Callable[..., Any]:
    """Hand a twin what it takes: bytes, and numbers of Python."""

    def run(data: Array, *others: Any) -> Array:
        rows = walk(data.tobytes(), *others[:-1], others[-1].tolist())
        return np.array(rows, np.int64)

    return run


def rivals(grid: Grid = SMALL) -> dict[str, Rival]:
    """Every kernel by its name in the registry, for one size of gates."""
    library_size = (LIBRARY_ROWS, grid.n_bins, 5) if grid is FULL else (9, grid.n_bins)
    scored = _one(score_column)
    return {
        "dual_energy.apparent_densities": Rival(
            kernel=dual_energy.apparent_densities,
            plain=plain_dual_energy.apparent_densities,
            inputs=frames_to_decompose,
            rtol=1e-9,  # sums of terms of either sign
            atol=1e-9,
        ),
        "dual_energy.row_sums": Rival(
            kernel=dual_energy.row_sums,
            plain=plain_dual_energy.row_sums,
            inputs=maps_and_mask,
            rtol=1e-9,
            gaps_give="zero",
        ),
        "dual_energy.bone_density": Rival(
            kernel=dual_energy.bone_density,
            plain=plain_dual_energy.bone_density,
            inputs=maps_and_line,
            rtol=1e-9,
        ),
        "spectra.match_gates": Rival(
            kernel=spectra.match_gates,
            plain=plain_spectra.match_gates,
            inputs=gates_and_models(grid),
            others={
                "scipy.fft": scipy_match(grid),
                "scipy.signal": signal_match(grid),
                "NumPy GEMM": gemm_match,
            },
            bounds={"naive bound": naive_bound},
            # float32; with few samples and bins, one bin near zero weighs more
            atol=1e-5 if grid is FULL else 1e-4,
        ),
        "spectra.gate_power": Rival(
            kernel=spectra.gate_power,
            plain=plain_spectra.gate_power,
            inputs=gates(grid),
            rtol=2e-5,
            atol=1e3,  # counts^2, of sums of about 1e9
        ),
        "spectra.group_power": Rival(
            kernel=spectra.group_power,
            plain=plain_spectra.group_power,
            inputs=grouped_gates(grid),
            rtol=2e-5,
            atol=2e4,
            gaps_give="",  # a group without lines sums to zero
        ),
        "spectra.basis_halves": Rival(
            kernel=spectra.basis_halves,
            plain=plain_spectra.basis_halves,
            inputs=lambda rng, n, gaps: (grid.basis,),
            gaps_give="",
        ),
        "spectra.fold_tile": Rival(
            kernel=_folded(spectra.fold_tile),
            plain=_folded(plain_spectra.fold_tile),
            inputs=tile,
        ),
        "spectra.power_tile": Rival(
            kernel=spectra.power_tile,
            plain=plain_spectra.power_tile,
            inputs=tile,
            rtol=2e-5,
            atol=1e3,
        ),
        "match.exact_product": Rival(
            kernel=match.exact_product, plain=plain_match.exact_product, inputs=pair_of_rows
        ),
        "match.insert_best": Rival(
            kernel=_in_place(match.insert_best),
            plain=_in_place(plain_match.insert_best),
            inputs=best_rows,
            gaps_give="",
        ),
        "match.surely_reached": Rival(
            kernel=match.surely_reached,
            plain=plain_match.surely_reached,
            inputs=products,
            gaps_give="",
        ),
        "match.top_matches": Rival(
            kernel=match.top_matches,
            plain=plain_match.top_matches,
            inputs=library(*library_size),
            others={"scipy cdist": cdist_match} if grid is FULL else {},
            bounds={
                "cdist alone": cdist_only,
                "scikit-learn alone": sklearn_only,
                "GEMM alone": gemm_only,
            },
        ),
        "ranks.word_of_rank": Rival(
            kernel=ranks.word_of_rank,
            plain=plain_ranks.word_of_rank,
            inputs=words,
            gaps_give="",
        ),
        "ranks.upper_words": Rival(
            kernel=ranks.upper_words,
            plain=plain_ranks.upper_words,
            inputs=lambda rng, n, gaps: ranked_values(rng, n, gaps)[:1],
            gaps_give="",
        ),
        "ranks.value_of_rank": Rival(
            kernel=ranks.value_of_rank,
            plain=plain_ranks.value_of_rank,
            inputs=ranked_values,
            rtol=0,
            atol=0,
            gaps_give="",
        ),
        "ranks.column_medians": Rival(
            kernel=ranks.column_medians,
            plain=plain_ranks.column_medians,
            inputs=lambda rng, n, gaps: (
                kernel_input(with_gaps(rng, rng.normal(0, 9, (n, 3)), gaps / 9 if gaps < 1 else 1)),
            ),
            rtol=0,
            atol=0,
        ),
        "ranks.middle_of_columns": Rival(
            kernel=ranks.middle_of_columns,
            plain=plain_ranks.middle_of_columns,
            inputs=table_to_trim,
            gaps_give="",
        ),
        "interface.rectified_envelope": Rival(
            kernel=interface.rectified_envelope,
            plain=plain_interface.rectified_envelope,
            inputs=echo_lines,
            rtol=0,
            atol=0,
            gaps_give="",
        ),
        "interface.windows_of_cells": Rival(
            kernel=_summed(interface.windows_of_cells),
            plain=_summed(plain_interface.windows_of_cells),
            inputs=parts_of_cells,
            gaps_give="",
        ),
        "interface.window_sums": Rival(
            kernel=interface.window_sums,
            plain=plain_interface.window_sums,
            inputs=rows_and_window,
            rtol=2e-6,
        ),
        "interface.path_contrast": Rival(
            kernel=interface.path_contrast,
            plain=plain_interface.path_contrast,
            inputs=scored_path,
            gaps_give="",  # the second part is -inf
        ),
        "interface.line_extremes": Rival(
            kernel=interface.line_extremes,
            plain=plain_interface.line_extremes,
            inputs=lambda rng, n, gaps: frame_to_search(rng, n, gaps)[:1],
            gaps_give="",
        ),
        "interface.has_second_path": Rival(
            kernel=interface.has_second_path,
            plain=plain_interface.has_second_path,
            inputs=path_and_contrast,
            gaps_give="",
        ),
        "interface.surface_of_frame": Rival(
            kernel=interface.surface_of_frame,
            plain=plain_interface.surface_of_frame,
            inputs=frame_to_search,
            rtol=1e-5,
            atol=0.016,  # medians of scores are taken in steps of 1/64
            gaps_give="",
        ),
        "interface.running_sums": Rival(
            kernel=interface.running_sums,
            plain=plain_interface.running_sums,
            inputs=lambda rng, n, gaps: (levels(rng, n, gaps),),
            gaps_give="",  # sums before the gap are numbers
        ),
        "interface.smoothed": Rival(
            kernel=interface.smoothed,
            plain=plain_interface.smoothed,
            inputs=lambda rng, n, gaps: envelopes(rng, n, gaps)[:2],
            rtol=1e-6,
        ),
        "interface.surface_score": Rival(
            kernel=interface.surface_score,
            plain=plain_interface.surface_score,
            inputs=envelopes,
            rtol=1e-5,
            atol=1e-5,
        ),
        "interface.without_gaps": Rival(
            kernel=interface.without_gaps,
            plain=plain_interface.without_gaps,
            inputs=cells_to_fill,
            gaps_give="zero",
        ),
        "interface.viterbi_surface": Rival(
            kernel=interface.viterbi_surface,
            plain=plain_interface.viterbi_surface,
            inputs=score_field,
            gaps_give="",
        ),
        "log2.log2_positive": Rival(
            kernel=lambda values: log2.log2_positive(values.copy()),
            plain=plain_log2.log2_positive,
            inputs=lambda rng, n, gaps: (levels(rng, n, 0) / (levels(rng, n, 0) + 1)[:, :1],),
            rtol=2e-7,
            atol=2e-7,
            gaps_give="",
        ),
        "lms.lms_transform": Rival(
            kernel=lms.lms_transform,
            plain=plain_lms.lms_transform,
            inputs=ratios,
        ),
        "variogram.squared_differences": Rival(
            kernel=variogram.squared_differences,
            plain=plain_variogram.squared_differences,
            inputs=image_and_offsets,
            others={"scipy.fft": fft_squared_differences},
            gaps_give="zero",
        ),
        "pairwise_slopes.count_slopes": Rival(
            kernel=pairwise_slopes.count_slopes,
            plain=plain_pairwise_slopes.count_slopes,
            inputs=points,
            gaps_give="",
        ),
        "pairwise_slopes.slopes_between": Rival(
            kernel=pairwise_slopes.slopes_between,
            plain=plain_pairwise_slopes.slopes_between,
            inputs=points_and_bounds,
            gaps_give="",
        ),
        "resample.resample_sums": Rival(
            kernel=resample.resample_sums,
            plain=plain_resample.resample_sums,
            inputs=sums_to_draw,
        ),
        "resample.resample_auc": Rival(
            kernel=resample.resample_auc,
            plain=plain_resample.resample_auc,
            inputs=curves_to_draw,
        ),
        "simulate_echoes.echo_spectra": Rival(
            kernel=simulate_echoes.echo_spectra,
            plain=plain_simulate_echoes.echo_spectra,
            inputs=echoes_of_lines,
            rtol=1e-9,
            atol=1e-11,
            gaps_give="",
        ),
        "scores.t_scores": Rival(
            kernel=scores.t_scores, plain=plain_scores.t_scores, inputs=columns(0, 1, 2)
        ),
        "scores.lms_chunk": Rival(
            kernel=scores.lms_chunk, plain=plain_scores.lms_chunk, inputs=columns(0, 3, 4, 5)
        ),
        "scores.lms_z": Rival(
            kernel=scores.lms_z, plain=plain_scores.lms_z, inputs=columns(0, 3, 4, 5)
        ),
        "scores.fixed_nano": Rival(
            kernel=scores.fixed_nano, plain=plain_scores.fixed_nano, inputs=scored
        ),
        "scores.nano_to_tenths": Rival(
            kernel=scores.nano_to_tenths, plain=plain_scores.nano_to_tenths, inputs=_nano(scored)
        ),
        "scores.nano_to_code": Rival(
            kernel=scores.nano_to_code, plain=plain_scores.nano_to_code, inputs=_nano(scored)
        ),
        "scores.tenths_to_code": Rival(
            kernel=scores.tenths_to_code,
            plain=plain_scores.tenths_to_code,
            inputs=_one(tenths_column),
        ),
        "scores.nano_chunk": Rival(
            kernel=scores.nano_chunk,
            plain=plain_scores.nano_chunk,
            inputs=lambda rng, n, gaps: (score_column(rng, n, gaps)[0].copy(),),
        ),
        "scores.tenths_chunk": Rival(
            kernel=scores.tenths_chunk,
            plain=plain_scores.tenths_chunk,
            inputs=lambda rng, n, gaps: (plain_scores.nano_chunk(*score_column(rng, n, gaps)),),
        ),
        "scores.label_tenths": Rival(
            kernel=scores.label_tenths, plain=plain_scores.label_tenths, inputs=score_column
        ),
        "scores.who_codes": Rival(
            kernel=scores.who_codes, plain=plain_scores.who_codes, inputs=tenths_column
        ),
        "scores.who_codes_raw": Rival(
            kernel=scores.who_codes_raw, plain=plain_scores.who_codes_raw, inputs=score_column
        ),
        "scores.fill_scores": Rival(  # through the function that makes its results
            kernel=scores.score_rows,
            plain=plain_scores.score_rows,
            inputs=table,
            others={"NumPy into arrays": _filled},
        ),
        "dicom_walk.walk_data_set": Rival(
            kernel=dicom_walk.walk_data_set,
            plain=_plain_walk(plain_dicom_walk.walk_data_set),
            inputs=data_sets,
            gaps_give="",  # bytes
        ),
        "dicom_walk.header_texts": Rival(
            kernel=dicom_walk.header_texts,
            plain=_plain_texts,
            inputs=dicom_texts,
            gaps_give="",
        ),
        "dicom_walk.walk_header": Rival(
            kernel=dicom_walk.walk_header,
            plain=_plain_walk(plain_dicom_walk.walk_header),
            inputs=dicom_files,
            gaps_give="",
        ),
    }
