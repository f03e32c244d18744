"""Twins of `kernels.interface`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FLOOR_COUNTS = 0.25
FRACTION = 64
OF_FRACTIONS = np.float32(1 / FRACTION**2)
NO_CELL = -1
STEPS_A_NEPER = np.float32(64)
LEAST_STEP, MOST_STEP = np.float32(-2048), np.float32(2047)
SECOND_PATH_SHARE_1 = 0.85


def _windows(n: int, before: int, after: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the ends of the windows i - before to i + after - 1, cut off at 0 and n."""
    cell = np.arange(n)
    return np.maximum(cell - before, 0), np.minimum(cell + after, n)


def windows_of_cells(
    part: NDArray[np.int32],
    per_cell: int,
    reach: int,
    cell: NDArray[np.int32],
    around: NDArray[np.int32],
) -> None:
    """Twin of `kernels.interface.windows_of_cells`."""
    n_cells = around.size
    cell[reach : reach + n_cells] = (
        part[: n_cells * per_cell].reshape(n_cells, per_cell).sum(axis=1)
    )
    low, high = _windows(n_cells, reach, reach + 1)
    sums = np.concatenate([[0], np.cumsum(cell[reach : reach + n_cells], dtype=np.int64)])
    around[:] = sums[high] - sums[low]


def rectified_envelope(samples: NDArray[np.int16], step: int, width: int) -> NDArray[np.float32]:
    """Twin of `kernels.interface.rectified_envelope`."""
    n_lines, n_samples = samples.shape
    n_cells = n_samples // step
    reach = max(width // step - 1, 0) // 2
    cells = samples[:, : n_cells * step].astype(np.int64).reshape(n_lines, n_cells, step)
    low, high = _windows(n_cells, reach, reach + 1)
    share = (FRACTION / ((high - low) * step)).astype(np.float32)
    sums = running_sums(cells.sum(axis=2))
    mean = np.floor((sums[:, high] - sums[:, low]).astype(np.float32) * share).astype(np.int64)
    deviation = np.abs(cells * FRACTION - mean[:, :, None]).sum(axis=2)
    sums = running_sums(deviation)
    around = (sums[:, high] - sums[:, low]).astype(np.float32)
    envelope: NDArray[np.float32] = around * share * OF_FRACTIONS
    return envelope


def running_sums(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Twin of `kernels.interface.running_sums`."""
    sums = np.zeros((rows.shape[0], rows.shape[1] + 1))
    np.cumsum(rows, axis=1, dtype=np.float64, out=sums[:, 1:])
    return sums


def window_sums(rows: NDArray[np.float32], before: int, after: int) -> NDArray[np.float32]:
    """Twin of `kernels.interface.window_sums`."""
    n_cells = rows.shape[1]
    padded = np.pad(rows.astype(np.float64), ((0, 0), (before, after)))
    total = np.zeros(rows.shape)
    for k in range(before + after):
        total += padded[:, k : k + n_cells]
    return total.astype(np.float32)


def smoothed(envelope: NDArray[np.float32], half: int) -> NDArray[np.float32]:
    """Twin of `kernels.interface.smoothed`."""
    usable = np.isfinite(envelope).all(axis=1, keepdims=True)
    low, high = _windows(envelope.shape[1], half, half + 1)
    sums = running_sums(np.where(usable, envelope, 0))
    level = np.maximum((sums[:, high] - sums[:, low]) / (high - low), FLOOR_COUNTS)
    return np.where(usable, level, np.nan).astype(np.float32)


def surface_score(
    envelope: NDArray[np.float32],
    jump_cells: int,
    shadow_from: int,
    shadow_to: int,
    smooth_cells: int,
    first_cell: int,
    last_cell: int,
) -> NDArray[np.float32]:
    """Twin of `kernels.interface.surface_score`."""
    n_cells = envelope.shape[1]
    level = smoothed(envelope, max(smooth_cells - 1, 0) // 2).astype(np.float64)

    cell = np.arange(n_cells)
    low, high = _windows(n_cells, jump_cells, jump_cells)
    sums = running_sums(level)
    with np.errstate(invalid="ignore", divide="ignore"):
        above = (sums[:, cell] - sums[:, low]) / (cell - low)
        below = (sums[:, high] - sums[:, cell]) / (high - cell)
        jump = np.where(cell > 0, np.log(below / above), 0.0)

    sums = running_sums(np.log(level))
    low = cell + shadow_from
    high = np.minimum(cell + shadow_to, n_cells)
    there = (cell > 0) & (high > low)
    inside = np.where(there, high - low, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        deep = (sums[:, high] - sums[:, np.minimum(low, n_cells)]) / inside
        difference = sums[:, cell] / cell - deep
        shadow = inside / max(shadow_to - shadow_from, 1) * difference
    score = np.log(level) + 2 * jump + np.where(there, shadow, 0.0)
    rounded: NDArray[np.float32] = score[:, first_cell : last_cell + 1].astype(np.float32)
    return rounded


def without_gaps(score: NDArray[np.float32], first: int, n_cells: int) -> NDArray[np.float32]:
    """Twin of `kernels.interface.without_gaps`."""
    score = score[:, first : first + n_cells]
    finite = np.isfinite(score)
    lowest = np.where(finite, score, np.inf).min(axis=1, keepdims=True, initial=np.inf)
    return np.where(finite, score, np.where(np.isfinite(lowest), lowest, 0)).astype(np.float32)


def viterbi_surface(
    score: NDArray[np.float32], max_step: int, first_cell: int, last_cell: int
) -> NDArray[np.int64]:
    """Twin of `kernels.interface.viterbi_surface`: every step tried in order of its size."""
    first = max(first_cell, 0)
    n_lines, n_cells = score[:, first : max(last_cell + 1, 0)].shape
    path = np.full(n_lines, NO_CELL, np.int64)
    if n_lines == 0 or n_cells == 0:
        return path
    part = without_gaps(score, first, n_cells)
    steps = np.array(sorted(range(-max_step, max_step + 1), key=lambda step: (abs(step), step)))
    cells = np.arange(n_cells)
    came = np.zeros((n_lines, n_cells), np.int64)
    best = part[0]
    for row in range(1, n_lines):
        padded = np.pad(best, max_step, constant_values=-np.inf)
        options = padded[max_step + cells[:, None] + steps]
        choice = options.argmax(axis=1)
        came[row] = steps[choice]
        best = options[cells, choice] + part[row]
    cell = int(best.argmax())
    for row in range(n_lines - 1, -1, -1):
        path[row] = first + cell
        cell += came[row, cell]
    return path


def path_contrast(
    score: NDArray[np.float32], path: NDArray[np.int64], apart: int, first_cell: int, last_cell: int
) -> NDArray[np.float32]:
    """Twin of `kernels.interface.path_contrast`."""
    cells = np.arange(first_cell, last_cell + 1)
    part = score[:, first_cell : last_cell + 1]
    known = np.where(np.isnan(part), -np.inf, part)
    steps = np.floor(np.clip(known * STEPS_A_NEPER, LEAST_STEP, MOST_STEP))
    median = np.sort(steps, axis=1)[:, cells.size // 2] / STEPS_A_NEPER
    away = np.abs(cells[None, :] - path[:, None]) > apart
    highest = np.where(away, known, -np.inf).max(axis=1, initial=-np.inf)
    own = score[np.arange(path.size), path]
    return np.stack([own - median, highest - median]).astype(np.float32)


def line_extremes(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """Twin of `kernels.interface.line_extremes`."""
    return np.stack([samples.min(axis=1), samples.max(axis=1)])


def has_second_path(
    score: NDArray[np.float32],
    path: NDArray[np.int64],
    contrast: NDArray[np.float32],
    max_step: int,
    apart: int,
    first_cell: int,
    last_cell: int,
) -> bool:
    """Twin of `kernels.interface.has_second_path`."""
    best, most = contrast.astype(np.float64).sum(axis=1)
    if not best > 0:
        return True
    if most <= SECOND_PATH_SHARE_1 * best:
        return False
    lines, cells = np.arange(len(path)), np.arange(score.shape[1])
    near = np.abs(cells[None, :] - path[:, None]) <= apart
    rest = np.where(near, np.nanmin(score), score)
    other = viterbi_surface(rest, max_step, first_cell, last_cell)
    base = score[lines, path] - contrast[0]
    above = rest[lines, other] - base
    return bool(above.astype(np.float64).sum() > SECOND_PATH_SHARE_1 * best)


def surface_of_frame(
    samples: NDArray[np.int16], plan: NDArray[np.int64], factor: NDArray[np.float32]
) -> tuple[NDArray[np.int16], NDArray[np.float32], NDArray[np.int64], NDArray[np.float32], bool]:
    """Twin of `kernels.interface.surface_of_frame`."""
    step, width, jump, shadow_from, shadow_to, smooth = (int(n) for n in plan[:6])
    max_step, apart, around, first, last = (int(n) for n in plan[6:])
    envelope = rectified_envelope(samples, step, width)
    envelope = envelope * factor if factor.size else envelope
    score = surface_score(envelope, jump, shadow_from, shadow_to, smooth, first, last)
    path = viterbi_surface(score, max_step, 0, last - first)
    contrast = path_contrast(score, path, apart, 0, last - first)
    second = has_second_path(score, path, contrast, max_step, apart, 0, last - first)
    path = np.clip(first + path, around + 1, envelope.shape[1] - around - 2)
    places = np.arange(-around - 1, around + 2)
    near = envelope[np.arange(len(path))[:, None], path[:, None] + places]
    return line_extremes(samples), near, path, contrast, second
