"""The bone surface: a cheap envelope, a score for each cell, the best path across lines.

`rectified_envelope` and `surface_score` work line by line, so frames may be stacked;
`viterbi_surface` takes one frame. Cells count along depth: cell i has its centre at
sample (i + 1/2) * step - 1/2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel
from .log2 import log2_positive

# Mean rectified level of the rounding of a silent line; below it a logarithm means nothing.
FLOOR_COUNTS = np.float32(0.25)
LN_2 = np.float32(0.6931471805599453)
JUMP_WEIGHT = np.float32(2)
ZERO = np.float32(0)
NAN = np.float32(np.nan)
INFINITY = np.float32(np.inf)
NO_CELL = -1
FRACTION = 256  # local means are kept to 1/256 count


@kernel()
def rectified_envelope(samples: NDArray[np.int16], step: int, width: int) -> NDArray[np.float32]:
    """Average the rectified samples over `width` samples, every `step` samples.

    Parameters
    ----------
    samples : (n_lines, n_samples) int16
        RF lines.
    step : int
        Samples in a cell, 1 to 65,536.
    width : int
        Samples averaged; taken down to an odd number of cells, at least one.

    Returns
    -------
    envelope : (n_lines, n_samples // step) float32
        Mean of abs(x - local mean) [counts], where the local mean is that of
        `width` samples around x's cell, to 1/256 count; both windows are cut off at
        the line's ends. A last, incomplete cell is left out.
    """
    n_lines = samples.shape[0]
    n_cells = samples.shape[1] // step
    reach = max(width // step - 1, 0) // 2
    total = np.empty(n_cells, np.int64)
    rectified = np.empty(n_cells, np.int64)
    envelope = np.empty((n_lines, n_cells), np.float32)
    # in integers, so that the order of additions can't matter
    for row in range(n_lines):
        line = samples[row, : n_cells * step].reshape(n_cells, step)
        for cell in range(n_cells):
            part = 0
            for k in range(step):
                part += int(line[cell, k])
            total[cell] = part
        for cell in range(n_cells):
            low, high = max(cell - reach, 0), min(cell + reach + 1, n_cells)
            around = 0
            for near in range(low, high):
                around += total[near]
            mean = (around * FRACTION) // ((high - low) * step)
            part = 0
            for k in range(step):
                part += abs(int(line[cell, k]) * FRACTION - mean)
            rectified[cell] = part
        for cell in range(n_cells):
            low, high = max(cell - reach, 0), min(cell + reach + 1, n_cells)
            around = 0
            for near in range(low, high):
                around += rectified[near]
            envelope[row, cell] = around / ((high - low) * step * FRACTION)
    return envelope


@kernel()
def running_sums(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Sum each row from its start: result[:, j] - result[:, i] is the sum of cells i to j - 1.

    Parameters
    ----------
    rows : (n, n_cells) float32
        A working array of another kernel, so writable.

    Returns
    -------
    sums : (n, n_cells + 1) float64
    """
    n, n_cells = rows.shape
    sums = np.zeros((n, n_cells + 1))
    for row in range(n):
        for cell in range(n_cells):
            sums[row, cell + 1] = sums[row, cell] + rows[row, cell]
    return sums


@kernel()
def smoothed(envelope: NDArray[np.float32], half: int) -> NDArray[np.float32]:
    """Average each cell with `half` cells on either side, and hold it above the floor.

    Parameters
    ----------
    envelope : (n_lines, n_cells) float32
        Envelope [counts].
    half : int
        >= 0; the window is cut off at the line's ends.

    Returns
    -------
    level : (n_lines, n_cells) float32
        At least 0.25 counts; a NaN line where one cell is NaN or infinite.
    """
    n_lines, n_cells = envelope.shape
    level = np.empty((n_lines, n_cells), np.float32)
    for row in range(n_lines):
        finite = True
        for i in range(n_cells):
            finite &= bool(np.isfinite(envelope[row, i]))
        for i in range(n_cells):
            level[row, i] = envelope[row, i] if finite else NAN
    all_sums = running_sums(level)
    for row in range(n_lines):
        sums = all_sums[row]
        for i in range(n_cells):
            low, high = max(i - half, 0), min(i + half + 1, n_cells)
            mean = np.float32((sums[high] - sums[low]) / (high - low))
            level[row, i] = FLOOR_COUNTS if mean < FLOOR_COUNTS else mean  # NaN stays
    return level


@kernel()
def surface_score(
    envelope: NDArray[np.float32],
    jump_cells: int,
    shadow_from: int,
    shadow_to: int,
    smooth_cells: int,
) -> NDArray[np.float32]:
    """Score each cell as the place of the bone surface.

    Parameters
    ----------
    envelope : (n_lines, n_cells) float32
        Envelope [counts], >= 0.
    jump_cells : int
        Cells before and from a cell whose mean levels are compared, >= 1.
    shadow_from, shadow_to : int
        The shadow is looked for in the cells i + shadow_from to i + shadow_to - 1;
        equal: not looked for.
    smooth_cells : int
        Cells of the smoothing window; taken down to an odd number, at least one.

    Returns
    -------
    score : (n_lines, n_cells) float32
        ln e + 2 ln(mean e of the cells i to i + jump - 1 / mean e of the cells
        i - jump to i - 1) + w (mean ln e of all cells above i - mean ln e of the
        shadow), with the smoothed envelope e, held above 0.25 counts, windows
        cut off at the line's ends, and w the share of the shadow that lies inside
        the line. Cell 0 has neither of the two differences. A line with a NaN or an
        infinity is NaN throughout.
    """
    n_lines, n_cells = envelope.shape
    level = smoothed(envelope, max(smooth_cells - 1, 0) // 2)
    ratio = np.ones((n_lines, n_cells), np.float32)
    level_sums = running_sums(level)
    for row in range(n_lines):
        sums = level_sums[row]
        for i in range(1, n_cells):
            low, high = max(i - jump_cells, 0), min(i + jump_cells, n_cells)
            below = (sums[high] - sums[i]) / (high - i)
            ratio[row, i] = below * (i - low) / (sums[i] - sums[low])
    score = log2_positive(level)
    jump = log2_positive(ratio)
    log_sums = running_sums(score)
    for row in range(n_lines):
        sums = log_sums[row]
        for i in range(n_cells):
            score[row, i] += JUMP_WEIGHT * jump[row, i]
            low, high = i + shadow_from, min(i + shadow_to, n_cells)
            if i > 0 and high > low:
                share = (high - low) / (shadow_to - shadow_from)
                shadow = (sums[high] - sums[low]) / (high - low)
                score[row, i] += share * (sums[i] / i - shadow)
            score[row, i] *= LN_2
    return score


@kernel()
def without_gaps(score: NDArray[np.float32]) -> NDArray[np.float32]:
    """Copy the scores, with the lowest finite one of the line, or 0, for NaN and infinities.

    Parameters
    ----------
    score : (n_lines, n_cells) float32

    Returns
    -------
    filled : (n_lines, n_cells) float32
    """
    filled = score.copy()
    for row in range(score.shape[0]):
        lowest = INFINITY
        for i in range(score.shape[1]):
            if np.isfinite(score[row, i]):
                lowest = min(lowest, score[row, i])
        if lowest == INFINITY:
            lowest = ZERO
        for i in range(score.shape[1]):
            if not np.isfinite(score[row, i]):
                filled[row, i] = lowest
    return filled


@kernel()
def viterbi_surface(
    score: NDArray[np.float32], max_step: int, first_cell: int, last_cell: int
) -> NDArray[np.int64]:
    """Find the path across lines with the highest total score.

    Parameters
    ----------
    score : (n_lines, n_cells) float32
        Score of each cell. NaN and infinities count as the lowest finite score of
        their line between the first and last cell, or as 0 in a line without one.
    max_step : int
        Largest step [cells] from line to line, >= 0.
    first_cell, last_cell : int
        The path stays within these, both included; taken to the ends of the line
        where they lie beyond.

    Returns
    -------
    path : (n_lines,) int64
        Cell of each line, exact for the float32 sums of scores. Of equal paths the one
        that ends shallowest, and going back from there the smaller step, then the
        step from the shallower cell. -1 throughout where no cell is allowed.
    """
    n_lines = score.shape[0]
    first = max(first_cell, 0)
    n_cells = min(last_cell + 1, score.shape[1]) - first
    path = np.full(n_lines, NO_CELL, np.int64)
    if n_lines == 0 or n_cells <= 0:
        return path
    gain = without_gaps(score[:, first : first + n_cells].copy())
    came = np.zeros((n_lines, n_cells), np.int32)
    # a margin of -inf on both sides spares the inner loop its bounds
    best = np.full(n_cells + 2 * max_step, -INFINITY, np.float32)
    here = best[max_step : max_step + n_cells]
    for i in range(n_cells):
        here[i] = gain[0, i]
    for row in range(1, n_lines):
        reached = here.copy()
        step = came[row]
        for rank in range(2, 2 * max_step + 2):  # -1, 1, -2, 2 ...
            away = rank // 2 if rank % 2 else -(rank // 2)
            before = best[max_step + away : max_step + away + n_cells]
            for i in range(n_cells):
                better = before[i] > reached[i]
                reached[i] = before[i] if better else reached[i]
                step[i] = away if better else step[i]
        for i in range(n_cells):
            here[i] = reached[i] + gain[row, i]
    cell = np.argmax(here)
    for row in range(n_lines - 1, -1, -1):
        path[row] = first + cell
        cell += came[row, cell]
    return path
