"""Where the bone surface lies in each frame, and which frames show one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.kernels.interface import (
    MAX_WIDTH,
    SAMPLES_AT_ONCE,
    surface_of_frame,
)
from bonescan.kernels.threads import for_each
from bonescan.model.arrays import kernel_input
from bonescan.model.scan import RfSite
from bonescan.model.sites import vertebrae_of

from .condition import LineExtremes
from .spacing import NOMINAL_C_M_S, line_spacing_mm

Array = NDArray[np.float64]

# Search range of the surface below the skin: trans-abdominal spine, hip.
SPINE_RANGE_MM = (30.0, 140.0)
NECK_RANGE_MM = (20.0, 100.0)
# All lengths below are ours; they scale with the sampling rate.
CELL_MM = 0.154  # 8 samples at 40 MHz
ENVELOPE_MM = 0.46
SMOOTH_MM = 0.5
JUMP_MM = 1.0
SHADOW_MM = (5.0, 10.0)
MAX_STEP_MM = 1.0  # from line to line
REFINE_MM = 0.5  # the echo's peak is looked for this far around the path
MEDIAN_LINES = 7
BEHIND_MM = 6.5  # gates A and B must fit behind the surface
# A frame counts when this share of its central lines shows a surface, and a parabola fits it.
CENTRAL_SHARE_1 = 0.6
MIN_GOOD_1 = 0.60
MAX_RESIDUAL_MM = 1.5
MIN_LINES = 7
# Score of the surface above the median score of its line, nepers. Chosen on simulated exams,
# between frames with a surface and frames of soft tissue with bright layers (tests/rems).
MIN_CONTRAST = 6.0
# A second path this far from the first, and nearly as good (`kernels.interface`), leaves the
# surface undecided.
SECOND_PATH_MM = 2.5

# The lines that show the surface must see so much of the bone, where their distance is known.
MIN_SPINE_MM = 15.0
MIN_NECK_MM = 8.0
# A neck is round: its middle may not lie deeper than its sides by more than this.
MAX_HOLLOW_MM = 0.5

NO_SURFACE, CROOKED, TWO_SURFACES = "no surface", "crooked surface", "two surfaces alike"
NARROW, HOLLOW = "narrow surface", "hollow surface"


@dataclass(frozen=True, eq=False, kw_only=True)
class Surfaces:
    """The bone surface of one site, frame by frame.

    `sample` is (frame, line), in samples of the stored line; `usable` marks the
    lines of accepted frames that show the surface themselves. `rejected` holds
    a reason for every frame that was not accepted.
    """

    sample: Array
    usable: NDArray[np.bool_]
    contrast: Array  # (frame, line), nepers
    accepted: NDArray[np.bool_]  # (frame,)
    rejected: tuple[tuple[str, int], ...]
    search_range: tuple[int, int]  # first and last sample looked at


def depth_range_mm(site: str) -> tuple[float, float]:
    """Name the depths at which the bone of a site is looked for."""
    return SPINE_RANGE_MM if vertebrae_of(site) else NECK_RANGE_MM


def sample_depth_mm(site: RfSite, sample: float) -> float | None:
    """Turn a sample of the stored line into depth below the probe; None without a time zero."""
    if site.t0_s is None:
        return None
    speed = site.c_m_s if site.c_m_s is not None else NOMINAL_C_M_S
    return (site.t0_s + sample / site.fs_hz) * speed / 2.0 * 1000.0


def find_surfaces(samples: NDArray[np.int16], site: RfSite, gain: Array | None = None) -> Surfaces:
    """Find the bone surface of each frame.

    Parameters
    ----------
    samples : (frame, line, sample) int16
        Conditioned samples.
    site : RfSite
        Geometry; without `t0_s` the whole stored line is searched.
    gain : (sample,) ndarray, optional
        What the envelope is still to be multiplied with.

    Returns
    -------
    surfaces : Surfaces
        Possibly without an accepted frame.
    """
    search = SurfaceSearch(site, samples.shape, gain)
    for_each(lambda f: search.look(f, samples[f]), len(samples))
    return search.found()


class SurfaceSearch:
    """The search for the surface in frames that may come in any order, on any thread.

    Parameters
    ----------
    site : RfSite
        Geometry; without `t0_s` the whole stored line is searched.
    shape : tuple of int
        Frames, lines and samples.
    gain : (sample,) ndarray, optional
        What the envelope is still to be multiplied with.
    """

    def __init__(
        self, site: RfSite, shape: tuple[int, int, int], gain: Array | None = None
    ) -> None:
        n_frames, n_lines, n_samples = shape
        self._site = site
        self._per_mm = 2.0 / NOMINAL_C_M_S / 1000.0 * site.fs_hz
        self._grid = grid = _Grid.of(self._per_mm)
        self._range = _search(site, n_samples, self._per_mm)
        self._cells = -(-self._range[0] // grid.step), self._range[1] // grid.step
        self._possible = self._cells[1] > self._cells[0] and n_lines >= MIN_LINES
        factor = np.empty(0) if gain is None else _at_cells(gain, grid.step)
        self._factor = kernel_input(factor, np.float32)
        self._plan = kernel_input([*grid.plan, *self._cells], np.int64)
        self.extremes = LineExtremes((n_frames, n_lines), np.dtype(np.int16))
        # around the path of each line: where its peak may lie, and one cell more on either side
        self._near = np.zeros((n_frames, n_lines, 2 * grid.refine + 3), np.float32)
        self._path = np.zeros((n_frames, n_lines), np.int64)
        self._contrast = np.full((n_frames, n_lines), np.nan)
        self._second = np.zeros(n_frames, dtype=bool)

    def look(self, index: int, frame: NDArray[np.int16]) -> None:
        """Find the best path through one frame, (line, sample), and its extremes."""
        if not self._possible:
            self.extremes.look(index, frame)
            return
        ends, self._near[index], self._path[index], contrast, self._second[index] = (
            surface_of_frame(kernel_input(frame, np.int16), self._plan, self._factor)
        )
        self.extremes.lows[index], self.extremes.highs[index] = ends
        self._contrast[index] = contrast[0]

    def found(self, frames: NDArray[np.bool_] | slice = slice(None)) -> Surfaces:
        """Judge the frames looked at, or those of them that count."""
        contrast = self._contrast[frames]
        if not self._possible:
            return Surfaces(
                sample=np.full(contrast.shape, np.nan),
                usable=np.zeros(contrast.shape, dtype=bool),
                contrast=contrast,
                accepted=np.zeros(len(contrast), dtype=bool),
                rejected=((NO_SURFACE, len(contrast)),),
                search_range=self._range,
            )
        cell = _median_along(_refined(self._near[frames], self._path[frames]))
        return _judged(
            _Paths(
                sample=(cell + 0.5) * self._grid.step - 0.5,
                contrast=contrast,
                second=self._second[frames],
            ),
            self._site,
            self._range,
            self._per_mm,
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Paths:
    """The best path of each frame: (frame, line), and what speaks against it."""

    sample: Array
    contrast: Array
    second: NDArray[np.bool_]  # (frame,): another path comes too near


def _judged(paths: _Paths, site: RfSite, search: tuple[int, int], per_mm: float) -> Surfaces:
    """Accept the frames that show one surface of the right shape; count why others don't."""
    n_frames, n_lines = paths.sample.shape
    seen = paths.contrast >= MIN_CONTRAST
    middle = central(n_lines)
    residual, sag = fit_parabola_mm(paths.sample[:, middle], per_mm)
    faults = (
        (NO_SURFACE, seen[:, middle].mean(axis=1) < MIN_GOOD_1),
        (CROOKED, residual >= MAX_RESIDUAL_MM),
        (NARROW, _is_narrow(paths.sample, seen, site)),
        (HOLLOW, (sag < -MAX_HOLLOW_MM) & (not vertebrae_of(site.site))),
        (TWO_SURFACES, paths.second),
    )
    accepted = np.ones(n_frames, dtype=bool)
    rejected: dict[str, int] = {}
    for reason, fault in faults:
        count = int((accepted & fault).sum())
        if count:
            rejected[reason] = count
        accepted &= ~fault
    return Surfaces(
        sample=paths.sample,
        usable=accepted[:, None] & seen,
        contrast=paths.contrast,
        accepted=accepted,
        rejected=tuple(sorted(rejected.items())),
        search_range=search,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """Lengths of the search in cells and samples."""

    step: int
    width: int
    score: tuple[int, int, int, int]  # jump, shadow from and to, smoothing
    max_step: int
    apart: int
    refine: int

    @property
    def plan(self) -> tuple[int, ...]:
        """Give the lengths in the order of `kernels.interface.surface_of_frame`."""
        return self.step, self.width, *self.score, self.max_step, self.apart, self.refine

    @classmethod
    def of(cls, per_mm: float) -> _Grid:
        most = MAX_WIDTH // SAMPLES_AT_ONCE
        step = SAMPLES_AT_ONCE * min(max(1, round(CELL_MM * per_mm / SAMPLES_AT_ONCE)), most)
        cells = per_mm / step

        def count(mm: float) -> int:
            return max(1, round(mm * cells))

        return cls(
            step=step,
            width=min(max(step, round(ENVELOPE_MM * per_mm)), MAX_WIDTH),
            score=(count(JUMP_MM), count(SHADOW_MM[0]), count(SHADOW_MM[1]), count(SMOOTH_MM)),
            max_step=count(MAX_STEP_MM),
            apart=count(SECOND_PATH_MM),
            refine=count(REFINE_MM),
        )


def _search(site: RfSite, n_samples: int, per_mm: float) -> tuple[int, int]:
    """Range of samples in which the surface may lie, with room for the gates behind it."""
    first, last = 0.0, n_samples - 1 - BEHIND_MM * per_mm
    if site.t0_s is not None:
        speed = site.c_m_s if site.c_m_s is not None else NOMINAL_C_M_S
        low, high = (
            (mm / 1000.0 * 2.0 / speed - site.t0_s) * site.fs_hz for mm in depth_range_mm(site.site)
        )
        first, last = max(first, low), min(last, high)
    return math.ceil(first), math.floor(last)


def _at_cells(gain: Array, step: int) -> NDArray[np.float32]:
    """Mean gain of each cell."""
    n_cells = gain.size // step
    return np.asarray(gain[: n_cells * step].reshape(n_cells, step).mean(axis=1), np.float32)


def _refined(near: NDArray[np.float32], path: NDArray[np.int64]) -> Array:
    """Move each cell to the peak of the envelope near it, between cells by a parabola.

    `near` is (frame, line, cell): the cells around that of `path`, with one more
    on either side than the peak may lie in.
    """
    inner = near[..., 1:-1]
    at = np.argmax(inner, axis=-1)[..., None]
    left, middle, right = (
        np.take_along_axis(near, at + k, axis=-1)[..., 0].astype(np.float64) for k in range(3)
    )
    bend = left - 2.0 * middle + right
    safe = np.where(bend < 0, bend, -1.0)
    shift = np.where(bend < 0, 0.5 * (left - right) / safe, 0.0)
    peak = path + at[..., 0] - inner.shape[-1] // 2
    return np.asarray(peak + np.clip(shift, -0.5, 0.5))


def _median_along(values: Array) -> Array:
    """Median of each line and its neighbours in the same frame; the ends are repeated."""
    half = MEDIAN_LINES // 2
    padded = np.pad(values, ((0, 0), (half, half)), mode="edge")
    n = values.shape[1]
    ordered = [padded[:, k : k + n] for k in range(MEDIAN_LINES)]
    for start in range(MEDIAN_LINES):  # neighbours change places until all are in order
        for k in range(start % 2, MEDIAN_LINES - 1, 2):
            one, other = ordered[k], ordered[k + 1]
            ordered[k], ordered[k + 1] = np.minimum(one, other), np.maximum(one, other)
    return ordered[half]


def central(n_lines: int) -> slice:
    """Name the central lines, those that decide about a frame."""
    margin = round(n_lines * (1.0 - CENTRAL_SHARE_1) / 2.0)
    return slice(margin, n_lines - margin)


def _is_narrow(sample: Array, seen: NDArray[np.bool_], site: RfSite) -> NDArray[np.bool_]:
    """Tell which frames show less of the bone than its site needs."""
    spacing = line_spacing_mm(sample, site)
    if spacing is None:
        return np.zeros(len(sample), dtype=bool)
    least = MIN_SPINE_MM if vertebrae_of(site.site) else MIN_NECK_MM
    return np.asarray(seen.sum(axis=1) * spacing < least)


def fit_parabola_mm(sample: Array, per_mm: float) -> tuple[Array, Array]:
    """Fit a parabola to the surface of each frame.

    Parameters
    ----------
    sample : (frame, line) ndarray
    per_mm : float
        Samples in a millimetre.

    Returns
    -------
    residual : (frame,) ndarray
        Root mean square distance from the parabola.
    sag : (frame,) ndarray
        How much deeper its sides lie than the middle between them; positive for
        a surface that bulges towards the probe.

    Examples
    --------
    >>> line = np.linspace(-1.0, 1.0, 21)
    >>> rest, sag = fit_parabola_mm((300.0 + 5.0 * line + 104.0 * line**2)[None], 52.0)
    >>> bool(rest[0] < 1e-9), round(float(sag[0]), 6)
    (True, 2.0)
    """
    across = np.linspace(-1.0, 1.0, sample.shape[1])
    shapes, bends = np.linalg.qr(np.stack([np.ones_like(across), across, across**2], axis=1))
    parts = sample @ shapes
    rest = sample - parts @ shapes.T
    residual = np.sqrt(np.mean(rest**2, axis=1)) / per_mm
    return residual, parts[:, 2] / bends[2, 2] / per_mm
