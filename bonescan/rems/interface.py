"""Where the bone surface lies in each frame, and which frames show one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.kernels.interface import rectified_envelope, surface_score, viterbi_surface
from bonescan.model.arrays import kernel_input
from bonescan.model.scan import RfSite
from bonescan.model.sites import vertebrae_of

Array = NDArray[np.float64]

NOMINAL_C_M_S = 1540.0
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
# A second path this far from the first, and nearly as good, leaves the surface undecided.
SECOND_PATH_MM = 2.5
SECOND_PATH_SHARE_1 = 0.85

NO_SURFACE, CROOKED, TWO_SURFACES = "no surface", "crooked surface", "two surfaces alike"


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


def find_surfaces(samples: NDArray[np.int16], site: RfSite) -> Surfaces:
    """Find the bone surface of each frame.

    Parameters
    ----------
    samples : (frame, line, sample) int16
        Conditioned samples.
    site : RfSite
        Geometry; without `t0_s` the whole stored line is searched.

    Returns
    -------
    surfaces : Surfaces
        Possibly without an accepted frame.
    """
    n_frames, n_lines, n_samples = samples.shape
    per_mm = 2.0 / NOMINAL_C_M_S / 1000.0 * site.fs_hz
    grid = _Grid.of(per_mm)
    first, last = _search(site, n_samples, per_mm)
    found = np.full((n_frames, n_lines), np.nan)
    contrast = np.full((n_frames, n_lines), np.nan)
    accepted = np.zeros(n_frames, dtype=bool)
    reasons: dict[str, int] = {}
    for f in range(n_frames):
        frame = _frame_surface(samples[f], grid, first, last)
        if frame is not None:
            found[f], contrast[f], second = frame
        reason = NO_SURFACE if frame is None else _fault(found[f], contrast[f], second, per_mm)
        accepted[f] = reason is None
        if reason is not None:
            reasons[reason] = reasons.get(reason, 0) + 1
    return Surfaces(
        sample=found,
        usable=accepted[:, None] & (contrast >= MIN_CONTRAST),
        contrast=contrast,
        accepted=accepted,
        rejected=tuple(sorted(reasons.items())),
        search_range=(first, last),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """Lengths of the search in cells and samples."""

    step: int
    width: int
    smooth: int
    jump: int
    shadow: tuple[int, int]
    max_step: int
    apart: int
    refine: int

    @classmethod
    def of(cls, per_mm: float) -> _Grid:
        step = max(1, round(CELL_MM * per_mm))
        cells = per_mm / step

        def count(mm: float) -> int:
            return max(1, round(mm * cells))

        return cls(
            step=step,
            width=max(step, round(ENVELOPE_MM * per_mm)),
            smooth=count(SMOOTH_MM),
            jump=count(JUMP_MM),
            shadow=(count(SHADOW_MM[0]), count(SHADOW_MM[1])),
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


def _frame_surface(
    frame: NDArray[np.int16], grid: _Grid, first: int, last: int
) -> tuple[Array, Array, float] | None:
    """Give surface sample and contrast of each line, and how near the second best path comes."""
    lines = kernel_input(frame, np.int16)
    envelope = rectified_envelope(lines, grid.step, grid.width)
    low, high = -(-first // grid.step), last // grid.step
    if high <= low or envelope.shape[0] < MIN_LINES:
        return None
    score = surface_score(kernel_input(envelope, np.float32), grid.jump, *grid.shadow, grid.smooth)
    path = viterbi_surface(kernel_input(score, np.float32), grid.max_step, low, high)
    rows = np.arange(len(path))
    contrast = score[rows, path] - np.median(score[:, low : high + 1], axis=1)
    second = _second_best(score, path, grid, (low, high))
    smooth = _median_along(_refined(envelope, path, grid.refine))
    sample = (smooth + 0.5) * grid.step - 0.5
    return sample, contrast.astype(np.float64), second


def _second_best(
    score: NDArray[np.float32], path: NDArray[np.int64], grid: _Grid, within: tuple[int, int]
) -> float:
    """Compare the best path that keeps away from the first with it: share of its contrast."""
    rows = np.arange(len(path))
    base = np.median(score[:, within[0] : within[1] + 1], axis=1)
    best = float(np.mean(score[rows, path] - base))
    rest = score.copy()
    cells = np.arange(score.shape[1])
    rest[np.abs(cells[None, :] - path[:, None]) <= grid.apart] = score.min()
    other = viterbi_surface(kernel_input(rest, np.float32), grid.max_step, *within)
    return float(np.mean(rest[rows, other] - base)) / best if best > 0 else 1.0


def _refined(envelope: NDArray[np.float32], path: NDArray[np.int64], reach: int) -> Array:
    """Move each cell to the peak of the envelope near it, between cells by a parabola."""
    offsets = np.arange(-reach, reach + 1)
    near = np.clip(path[:, None] + offsets, 1, envelope.shape[1] - 2)
    rows = np.arange(len(path))
    peak = near[rows, np.argmax(envelope[rows[:, None], near], axis=1)]
    left, middle, right = (envelope[rows, peak + k].astype(np.float64) for k in (-1, 0, 1))
    bend = left - 2.0 * middle + right
    safe = np.where(bend < 0, bend, -1.0)
    shift = np.where(bend < 0, 0.5 * (left - right) / safe, 0.0)
    return np.asarray(peak + np.clip(shift, -0.5, 0.5))


def _median_along(values: Array) -> Array:
    half = MEDIAN_LINES // 2
    padded = np.pad(values, half, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, MEDIAN_LINES)
    return np.asarray(np.median(windows, axis=1))


def central(n_lines: int) -> slice:
    """Name the central lines, those that decide about a frame."""
    margin = round(n_lines * (1.0 - CENTRAL_SHARE_1) / 2.0)
    return slice(margin, n_lines - margin)


def _fault(sample: Array, contrast: Array, second: float, per_mm: float) -> str | None:
    """Say why a frame can't be used; None when it can."""
    middle = central(len(sample))
    if np.mean(contrast[middle] >= MIN_CONTRAST) < MIN_GOOD_1:
        return NO_SURFACE
    if fit_residual_mm(sample[middle], per_mm) >= MAX_RESIDUAL_MM:
        return CROOKED
    return TWO_SURFACES if second > SECOND_PATH_SHARE_1 else None


def fit_residual_mm(sample: Array, per_mm: float) -> float:
    """Root mean square distance of a surface from the parabola through it."""
    across = np.linspace(-1.0, 1.0, len(sample))
    fit = np.polynomial.polynomial.polyfit(across, sample, 2)
    rest = sample - np.polynomial.polynomial.polyval(across, fit)
    return float(np.sqrt(np.mean(rest**2)) / per_mm)
