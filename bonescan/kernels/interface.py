"""The bone surface: a cheap envelope, a score for each cell, the best path across lines.

`rectified_envelope` and `surface_score` work line by line, so frames may be stacked;
`viterbi_surface` takes one frame. Cells count along depth: cell i has its centre at
sample (i + 1/2) * step - 1/2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel

# Mean rectified level of the rounding of a silent line; below it a logarithm means nothing.
FLOOR_COUNTS = np.float32(0.25)
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
    reach = (width // step - 1) // 2 if width > step else 0
    total = np.empty(n_cells, np.int64)
    rectified = np.empty(n_cells, np.int64)
    envelope = np.empty((n_lines, n_cells), np.float32)
    # in integers, so that the order of additions can't matter
    for row in range(n_lines):
        for cell in range(n_cells):
            begin = np.uint64(cell * step)  # unsigned: spares a check for each sample
            part = 0
            for k in range(step):
                part += int(samples[row, begin + np.uint64(k)])
            total[cell] = part
        for cell in range(n_cells):
            low = cell - reach if cell > reach else 0
            high = cell + reach + 1 if cell + reach < n_cells else n_cells
            around = 0
            for near in range(low, high):
                around += total[near]
            # exact: the quotient is never within rounding of a whole number unless it is one
            mean = int(np.floor(around * FRACTION / ((high - low) * step)))
            begin = np.uint64(cell * step)
            part = 0
            for k in range(step):
                part += abs(int(samples[row, begin + np.uint64(k)]) * FRACTION - mean)
            rectified[cell] = part
        for cell in range(n_cells):
            low = cell - reach if cell > reach else 0
            high = cell + reach + 1 if cell + reach < n_cells else n_cells
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
    sums = np.empty((n, n_cells + 1), np.float64)
    for row in range(n):
        total = 0.0
        sums[row, 0] = total
        for cell in range(n_cells):
            total += float(rows[row, cell])
            sums[row, cell + 1] = total
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
    sums = running_sums(level)
    for row in range(n_lines):
        for i in range(n_cells):
            low = i - half if i > half else 0
            high = i + half + 1 if i + half < n_cells else n_cells
            mean = np.float32((sums[row, high] - sums[row, low]) / (high - low))
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
    level = smoothed(envelope, (smooth_cells - 1) // 2 if smooth_cells > 1 else 0)
    sums = running_sums(level)
    score = np.empty((n_lines, n_cells), np.float32)
    for row in range(n_lines):
        for i in range(n_cells):
            score[row, i] = np.log(level[row, i])
    log_sums = running_sums(score)
    for row in range(n_lines):
        for i in range(1, n_cells):
            low = i - jump_cells if i > jump_cells else 0
            high = i + jump_cells if i + jump_cells < n_cells else n_cells
            below = (sums[row, high] - sums[row, i]) * (i - low)
            above = (sums[row, i] - sums[row, low]) * (high - i)
            score[row, i] += JUMP_WEIGHT * np.log(np.float32(below / above))
            low = i + shadow_from
            high = i + shadow_to if i + shadow_to < n_cells else n_cells
            if high > low:
                shadow = log_sums[row, high] - log_sums[row, low]
                brighter = log_sums[row, i] / i * (high - low) - shadow
                score[row, i] += brighter / (shadow_to - shadow_from)
    return score


@kernel()
def without_gaps(score: NDArray[np.float32], first: int, n_cells: int) -> NDArray[np.float32]:
    """Copy some cells, with the lowest finite score of the line, or 0, for NaN and infinities.

    Parameters
    ----------
    score : (n_lines, any) float32
    first, n_cells : int
        The cells `first` to `first + n_cells - 1` are copied.

    Returns
    -------
    filled : (n_lines, n_cells) float32
    """
    filled = np.empty((score.shape[0], n_cells), np.float32)
    for row in range(score.shape[0]):
        lowest = INFINITY
        for i in range(n_cells):
            filled[row, i] = score[row, first + i]
            if np.isfinite(filled[row, i]) and filled[row, i] < lowest:
                lowest = filled[row, i]
        for i in range(n_cells):
            if not np.isfinite(filled[row, i]):
                filled[row, i] = lowest if lowest < INFINITY else ZERO
    return filled


@kernel()
def viterbi_surface(  # noqa: C901 - one recurrence, there and back
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
    first = first_cell if first_cell > 0 else 0
    n_cells = (last_cell + 1 if last_cell < score.shape[1] else score.shape[1]) - first
    path = np.empty(n_lines, np.int64)
    if n_cells <= 0:
        for row in range(n_lines):
            path[row] = NO_CELL
        return path
    gain = without_gaps(score, first, n_cells)
    came = np.empty((n_lines, n_cells), np.int32)
    reached = np.empty(n_cells, np.float32)
    # a margin of -inf on both sides spares the inner loop its bounds
    best = np.empty(n_cells + 2 * max_step, np.float32)
    for i in range(n_cells + 2 * max_step):
        best[i] = -INFINITY
    for row in range(n_lines):
        for i in range(n_cells):
            reached[i] = best[max_step + i] if row else ZERO
            came[row, i] = 0
        for rank in range(2, 2 * max_step + 2):  # -1, 1, -2, 2 ...
            away = rank // 2 if rank % 2 else -(rank // 2)
            begin = np.uint64(max_step + away)  # unsigned: for vector code
            for i in range(n_cells):
                before = best[begin + np.uint64(i)]
                better = before > reached[i]
                reached[i] = before if better else reached[i]
                came[row, i] = away if better else came[row, i]
        for i in range(n_cells):
            best[max_step + i] = reached[i] + gain[row, i]
    cell = 0
    for i in range(n_cells):
        cell = i if best[max_step + i] > best[max_step + cell] else cell
    for row in range(n_lines - 1, -1, -1):
        path[row] = first + cell
        cell += came[row, cell]
    return path
