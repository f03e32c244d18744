"""The bone surface: a cheap envelope, a score for each cell, the best path across lines.

`surface_of_frame` is the whole search in one frame, and calls the others while the frame is
in the processor's cache. Cells count along depth: cell i has its centre at sample
(i + 1/2) * step - 1/2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel
from .log2 import log2_positive

# Mean rectified level of the rounding of a silent line; below it a logarithm means nothing.
FLOOR_COUNTS = np.float32(0.25)
JUMP_WEIGHT = np.float32(2)
LN_2 = np.float32(np.log(2))
ZERO = np.float32(0)
ONE = np.float32(1)
NAN = np.float32(np.nan)
INFINITY = np.float32(np.inf)
NO_CELL = -1
FRACTION = 64  # local means are kept to 1/64 count
OF_FRACTIONS = np.float32(1 / FRACTION**2)
MAX_WIDTH = 511  # sums of so many deviations of 1/64 count stay within int32
SAMPLES_AT_ONCE = 4
ROWS_AT_ONCE = 4
# Medians of scores are taken in steps of 1/64 neper, from -32 to 32: 12 bits.
STEPS_A_NEPER = np.float32(64)
LEAST_STEP, MOST_STEP = np.float32(-2048), np.float32(2047)
BITS = 12
SECOND_PATH_SHARE_1 = 0.85  # of the best path's contrast


@kernel()
def windows_of_cells(
    part: NDArray[np.int32],
    per_cell: int,
    reach: int,
    cell: NDArray[np.int32],
    around: NDArray[np.int32],
) -> None:
    """Add up the parts of each cell, and then each cell with those around it.

    Parameters
    ----------
    part : (n_cells * per_cell,) int32
    per_cell, reach : int
        Parts in a cell, and cells on either side; the latter >= 0.
    cell : (n_cells + 2 * reach,) int32
        Room with a margin of zeros on both sides; a working array.
    around : (n_cells,) int32
        Gets the sums.
    """
    n_cells = around.shape[0]
    for i in range(n_cells):
        cell[np.uint64(reach + i)] = part[np.uint64(i * per_cell)]
    for k in range(1, per_cell):
        for i in range(n_cells):
            cell[np.uint64(reach + i)] += part[np.uint64(i * per_cell + k)]
    for i in range(n_cells):
        around[i] = cell[i]
    for k in range(1, 2 * reach + 1):
        for i in range(n_cells):
            around[i] += cell[np.uint64(i + k)]


@kernel()
def rectified_envelope(samples: NDArray[np.int16], step: int, width: int) -> NDArray[np.float32]:
    """Average the rectified samples over `width` samples, every `step` samples.

    Parameters
    ----------
    samples : (n_lines, n_samples) int16
        RF lines.
    step : int
        Samples in a cell, a multiple of 4 up to 508.
    width : int
        Samples averaged, at most 511; taken down to an odd number of cells, at least one.

    Returns
    -------
    envelope : (n_lines, n_samples // step) float32
        Mean of abs(x - local mean) [counts], where the local mean is that of
        `width` samples around x's cell, to 1/64 count; both windows are cut off at
        the line's ends. A last, incomplete cell is left out.
    """
    n_lines, n_cells = samples.shape[0], samples.shape[1] // step
    reach = (width // step - 1) // 2 if width > step else 0
    per_cell = step // SAMPLES_AT_ONCE
    n_parts = n_cells * per_cell
    # in integers, so that the order of additions can't matter
    part = np.empty(n_parts, np.int32)
    mean = np.empty(n_parts, np.int32)
    cell = np.zeros(n_cells + 2 * reach, np.int32)  # a margin of zeros on both sides
    around = np.empty(n_cells, np.int32)
    share = np.empty(n_cells, np.float32)
    for i in range(n_cells):
        low = i - reach if i > reach else 0
        high = i + reach + 1 if i + reach < n_cells else n_cells
        share[i] = FRACTION / ((high - low) * step)
    envelope = np.empty((n_lines, n_cells), np.float32)
    for row in range(n_lines):
        x, out = samples[row], envelope[row]
        for i in range(n_parts):  # unsigned indices: for vector code
            first = np.uint64(4 * i)
            a, b = np.int32(x[first]), np.int32(x[first + np.uint64(1)])
            c, d = np.int32(x[first + np.uint64(2)]), np.int32(x[first + np.uint64(3)])
            part[i] = a + b + c + d
        windows_of_cells(part, per_cell, reach, cell, around)
        for i in range(n_cells):
            around[i] = np.int32(np.floor(np.float32(around[i]) * share[i]))
        for k in range(per_cell):
            for i in range(n_cells):
                mean[np.uint64(i * per_cell + k)] = around[i]
        for i in range(n_parts):
            first, m = np.uint64(4 * i), mean[i]
            a, b = np.int32(x[first]), np.int32(x[first + np.uint64(1)])
            c, d = np.int32(x[first + np.uint64(2)]), np.int32(x[first + np.uint64(3)])
            a, b = np.int32(FRACTION * a - m), np.int32(FRACTION * b - m)
            c, d = np.int32(FRACTION * c - m), np.int32(FRACTION * d - m)
            part[i] = abs(a) + abs(b) + abs(c) + abs(d)
        windows_of_cells(part, per_cell, reach, cell, around)
        for i in range(n_cells):
            out[i] = np.float32(around[i]) * share[i] * OF_FRACTIONS
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
    whole = n - n % ROWS_AT_ONCE
    for row in range(0, whole, ROWS_AT_ONCE):  # four sums that needn't wait for each other
        a, b, c, d = 0.0, 0.0, 0.0, 0.0
        for k in range(ROWS_AT_ONCE):
            sums[row + k, 0] = 0.0
        for i in range(n_cells):
            a += float(rows[row, i])
            b += float(rows[row + 1, i])
            c += float(rows[row + 2, i])
            d += float(rows[row + 3, i])
            after = np.uint64(i + 1)
            sums[row, after], sums[row + 1, after] = a, b
            sums[row + 2, after], sums[row + 3, after] = c, d
    for row in range(whole, n):
        a, sums[row, 0] = 0.0, 0.0
        for i in range(n_cells):
            a += float(rows[row, i])
            sums[row, i + 1] = a
    return sums


@kernel()
def window_sums(rows: NDArray[np.float32], before: int, after: int) -> NDArray[np.float32]:
    """Add up the cells i - before to i + after - 1 for each cell i, those there are.

    Parameters
    ----------
    rows : (n, n_cells) float32
        A working array of another kernel, so writable.
    before, after : int
        >= 0.

    Returns
    -------
    sums : (n, n_cells) float32
        0 where the window holds no cell.
    """
    n, n_cells = rows.shape
    sums = np.empty((n, n_cells), np.float32)
    padded = np.zeros(before + n_cells + after, np.float32)
    for r in range(n):
        row, out = rows[r], sums[r]
        for i in range(n_cells):
            padded[np.uint64(before + i)] = row[i]
            out[i] = ZERO
        for k in range(before + after):
            for i in range(n_cells):
                out[i] += padded[np.uint64(k + i)]
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
    rows = np.empty((n_lines, n_cells), np.float32)
    share = np.empty(n_cells, np.float32)
    for i in range(n_cells):
        low = i - half if i > half else 0
        high = i + half + 1 if i + half < n_cells else n_cells
        share[i] = ONE / np.float32(high - low)
    for r in range(n_lines):
        finite = True
        for i in range(n_cells):
            finite &= bool(abs(envelope[r, i]) < INFINITY)  # not true for NaN
        for i in range(n_cells):
            rows[r, i] = envelope[r, i] if finite else NAN
    level = window_sums(rows, half, half + 1)
    for r in range(n_lines):
        row = level[r]
        for i in range(n_cells):
            mean = row[i] * share[i]
            row[i] = FLOOR_COUNTS if mean < FLOOR_COUNTS else mean  # NaN stays
    return level


@kernel()
def surface_score(  # noqa: C901 - one formula, term by term
    envelope: NDArray[np.float32],
    jump_cells: int,
    shadow_from: int,
    shadow_to: int,
    smooth_cells: int,
    first_cell: int,
    last_cell: int,
) -> NDArray[np.float32]:
    """Score each cell of a range as the place of the bone surface.

    Parameters
    ----------
    envelope : (n_lines, n_cells) float32
        Envelope [counts], 0 to 1e30; a working array of another kernel.
    jump_cells : int
        Cells before and from a cell whose mean levels are compared, >= 1.
    shadow_from, shadow_to : int
        The shadow is looked for in the cells i + shadow_from to i + shadow_to - 1;
        equal: not looked for.
    smooth_cells : int
        Cells of the smoothing window; taken down to an odd number, at least one.
    first_cell, last_cell : int
        The range, both included; within the line.

    Returns
    -------
    score : (n_lines, last_cell + 1 - first_cell) float32
        ln e + 2 ln(mean e of the cells i to i + jump - 1 / mean e of the cells
        i - jump to i - 1) + w (mean ln e of all cells above i - mean ln e of the
        shadow), with the smoothed envelope e, held above 0.25 counts, windows
        cut off at the line's ends, and w the share of the shadow that lies inside
        the line. Cell 0 has neither of the two differences. A line with a NaN or an
        infinity is NaN throughout.
    """
    n_lines, n_cells = envelope.shape
    level = smoothed(envelope, (smooth_cells - 1) // 2 if smooth_cells > 1 else 0)
    longer = np.zeros((n_lines, n_cells + jump_cells), np.float32)
    for r in range(n_lines):
        for i in range(n_cells):
            longer[r, i] = level[r, i]
    nothing = int(np.int64(0))  # a bare 0 would be compiled apart
    above = window_sums(longer, jump_cells, nothing)  # and below, `jump_cells` further on
    n_wanted = last_cell + 1 - first_cell
    top = 0 if first_cell else 1  # nothing is above cell 0
    rise = np.empty((n_lines, n_wanted), np.float32)
    ratio = np.empty(n_cells, np.float32)  # of the numbers of cells above and below
    up = np.empty(n_cells, np.float64)  # what the sum of logarithms above counts
    deep = np.empty(n_cells, np.float64)  # and that of the shadow
    for i in range(n_cells):
        n_above = i if i < jump_cells else jump_cells
        n_below = jump_cells if i + jump_cells < n_cells else n_cells - i
        ratio[i] = np.float32(n_above) / np.float32(n_below)
        high = i + shadow_to if i + shadow_to < n_cells else n_cells
        inside = high - i - shadow_from if i > 0 and high > i + shadow_from else 0
        deep[i] = 1.0 / (shadow_to - shadow_from) if inside else 0.0
        up[i] = deep[i] * inside / i if inside else 0.0
    for r in range(n_lines):
        row, over = rise[r], above[r]
        for k in range(min(top, n_wanted)):
            row[k] = ONE
        for k in range(top, n_wanted):
            at = np.uint64(first_cell + k)
            row[k] = over[at + np.uint64(jump_cells)] / over[at] * ratio[at]
    jump = log2_positive(rise)
    log_level = log2_positive(level)  # log2 here, ln in the end
    sums = running_sums(log_level)
    padded = np.empty(n_cells + 1 + shadow_to, np.float64)
    score = np.empty((n_lines, n_wanted), np.float32)
    for r in range(n_lines):
        row, own, step, total = score[r], log_level[r], jump[r], sums[r]
        for i in range(n_cells + 1):
            padded[i] = total[i]
        for i in range(n_cells + 1, n_cells + 1 + shadow_to):
            padded[i] = total[n_cells]
        for k in range(n_wanted):
            at = np.uint64(first_cell + k)
            shadow = padded[at + np.uint64(shadow_to)] - padded[at + np.uint64(shadow_from)]
            brighter = np.float32(padded[at] * up[at] - shadow * deep[at])
            row[k] = LN_2 * (own[at] + JUMP_WEIGHT * step[k] + brighter)
    return score


@kernel()
def without_gaps(score: NDArray[np.float32], first: int, n_cells: int) -> NDArray[np.float32]:
    """Copy some cells, with the lowest finite score of the line, or 0, for NaN and infinities.

    Parameters
    ----------
    score : (n_lines, any) float32
        A working array of another kernel.
    first, n_cells : int
        The cells `first` to `first + n_cells - 1` are copied.

    Returns
    -------
    filled : (n_lines, n_cells) float32
    """
    filled = np.empty((score.shape[0], n_cells), np.float32)
    for row in range(score.shape[0]):
        here, finite = filled[row], True
        for i in range(n_cells):
            here[i] = score[row, np.uint64(first + i)]
        for i in range(n_cells):
            finite &= bool(abs(here[i]) < INFINITY)  # not true for NaN
        lowest = INFINITY
        for i in range(0 if finite else n_cells):
            lowest = here[i] if -INFINITY < here[i] < lowest else lowest
        for i in range(0 if finite else n_cells):
            if not abs(here[i]) < INFINITY:
                here[i] = lowest if lowest < INFINITY else ZERO
    return filled


@kernel()
def viterbi_surface(  # noqa: C901, PLR0912 - one recurrence, there and back
    score: NDArray[np.float32], max_step: int, first_cell: int, last_cell: int
) -> NDArray[np.int64]:
    """Find the path across lines with the highest total score.

    Parameters
    ----------
    score : (n_lines, n_cells) float32
        Score of each cell; a working array of another kernel. NaN and infinities count as
        the lowest finite score of their line between the first and last cell, or as 0 in a
        line without one.
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

    Notes
    -----
    The maximum over the cells within a step is taken by doubling windows, a few
    passes whatever the step; steps are found again on the way back.
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
    window, n_padded = 2 * max_step + 1, n_cells + 2 * max_step
    # best[row, max_step + i]: of the paths that end there; a margin of -inf on both sides
    best = np.empty((n_lines, n_padded), np.float32)
    one = np.empty(n_padded, np.float32)
    other = np.empty(n_padded, np.float32)
    for row in range(n_lines):
        here, add = best[row], gain[row]
        for i in range(n_padded):
            here[i] = -INFINITY
            one[i] = best[row - 1, i] if row else ZERO
        size = 1
        while 2 * size <= window:
            for i in range(n_padded - size):
                a, b = one[i], one[np.uint64(i + size)]
                other[i] = b if b > a else a
            one, other, size = other, one, 2 * size
        for i in range(n_cells):
            a, b = one[i], one[np.uint64(i + window - size)]
            here[np.uint64(max_step + i)] = (b if b > a else a) + add[i]
    cell = 0
    for row in range(n_lines - 1, -1, -1):
        here = best[row]
        if row == n_lines - 1:
            for i in range(n_cells):
                cell = i if here[max_step + i] > here[max_step + cell] else cell
        else:
            step = 0
            for rank in range(2, window + 1):  # -1, 1, -2, 2 ...
                away = rank // 2 if rank % 2 else -(rank // 2)
                if here[max_step + cell + away] > here[max_step + cell + step]:
                    step = away
            cell += step
        path[row] = first + cell
    return path


@kernel()
def path_contrast(
    score: NDArray[np.float32], path: NDArray[np.int64], apart: int, first_cell: int, last_cell: int
) -> NDArray[np.float32]:
    """Compare the score on a path with its line, on the path and away from it.

    Parameters
    ----------
    score : (n_lines, n_cells) float32
    path : (n_lines,) int64
        A cell of each line; both are working arrays of other kernels.
    apart : int
        Cells on either side of the path that do not count as away from it.
    first_cell, last_cell : int
        The cells that are looked at, both included; within the line, and at most 32,767.

    Returns
    -------
    contrast : (2, n_lines) float32
        On the path, and the highest away from it, both above the median of the line: the
        upper one of two, held between -32 and 32 nepers and taken down to 1/64 neper.
        NaN counts as -32 for the median; -inf for the second where no cell is away, NaN for
        the first where the path's own score is.
    """
    n_lines, n_cells = score.shape[0], last_cell + 1 - first_cell
    contrast = np.empty((2, n_lines), np.float32)
    level = np.empty(n_cells, np.int16)
    for r in range(n_lines):
        row = score[r]
        for i in range(n_cells):
            value = row[np.uint64(first_cell + i)] * STEPS_A_NEPER
            value = value if value > LEAST_STEP else LEAST_STEP  # NaN too
            value = value if value < MOST_STEP else MOST_STEP
            level[i] = np.int16(np.int32(np.floor(value)))
        median = np.int32(LEAST_STEP)
        for bit in range(BITS - 1, -1, -1):  # the highest level with no more than half below it
            trial, n_below = np.int16(median + (1 << bit)), np.int16(0)
            for i in range(n_cells):
                n_below = np.int16(n_below + np.int16(level[i] < trial))
            median = np.int32(trial) if n_below <= n_cells // 2 else median
        base = np.float32(median) / STEPS_A_NEPER
        highest = -INFINITY
        for i in range(first_cell, min(last_cell + 1, path[r] - apart)):
            highest = row[np.uint64(i)] if row[np.uint64(i)] > highest else highest
        for i in range(max(first_cell, path[r] + apart + 1), last_cell + 1):
            highest = row[np.uint64(i)] if row[np.uint64(i)] > highest else highest
        contrast[0, r] = row[path[r]] - base
        contrast[1, r] = highest - base
    return contrast


@kernel()
def line_extremes(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """Find the least and the greatest sample of each line.

    Parameters
    ----------
    samples : (n_lines, n_samples) int16
        At least one sample a line.

    Returns
    -------
    extremes : (2, n_lines) int16
    """
    n_lines, n_samples = samples.shape
    extremes = np.empty((2, n_lines), np.int16)
    for row in range(n_lines):
        x = samples[row]
        low, high = x[0], x[0]
        for i in range(n_samples):
            low = x[i] if x[i] < low else low
            high = x[i] if x[i] > high else high
        extremes[0, row], extremes[1, row] = low, high
    return extremes


@kernel()
def has_second_path(
    score: NDArray[np.float32],
    path: NDArray[np.int64],
    contrast: NDArray[np.float32],
    max_step: int,
    apart: int,
    first_cell: int,
    last_cell: int,
) -> bool:
    """Tell whether a path that keeps away from the best one reaches nearly its contrast.

    Parameters
    ----------
    score, path, apart, first_cell, last_cell
        As in `path_contrast`.
    contrast : (2, n_lines) float32
        From `path_contrast`; a working array.
    max_step : int
        As in `viterbi_surface`.

    Returns
    -------
    second : bool
        Mean contrast above 0.85 of that of `path`; true where the latter is not above 0.
    """
    n_lines, n_cells = score.shape
    best, most = 0.0, 0.0
    for r in range(n_lines):
        best += np.float64(contrast[0, r])
        most += np.float64(contrast[1, r])
    if not best > 0:
        return True
    # no path away from the first reaches more than the best cell of each line
    if most <= SECOND_PATH_SHARE_1 * best:
        return False
    lowest = INFINITY
    for r in range(n_lines):
        for i in range(n_cells):
            lowest = score[r, i] if score[r, i] < lowest else lowest
    rest = score.copy()
    for r in range(n_lines):
        for i in range(max(0, path[r] - apart), min(n_cells, path[r] + apart + 1)):
            rest[r, i] = lowest
    other = viterbi_surface(rest, max_step, first_cell, last_cell)
    total = 0.0
    for r in range(n_lines):
        base = score[r, path[r]] - contrast[0, r]
        total += np.float64(rest[r, other[r]] - base)
    return total > SECOND_PATH_SHARE_1 * best


@kernel()
def surface_of_frame(
    samples: NDArray[np.int16], plan: NDArray[np.int64], factor: NDArray[np.float32]
) -> tuple[NDArray[np.int16], NDArray[np.float32], NDArray[np.int64], NDArray[np.float32], bool]:
    """Find the best path through one frame, and what speaks for and against it.

    Parameters
    ----------
    samples : (n_lines, n_samples) int16
        RF lines.
    plan : (11,) int64
        Step and width of `rectified_envelope`; the four windows of `surface_score`;
        largest step, cells apart, cells around the path where its peak may lie; first and
        last cell of the search, in which there is at least one.
    factor : (n_cells,) or (0,) float32
        What the envelope is multiplied with, if anything.

    Returns
    -------
    extremes : (2, n_lines) int16
        From `line_extremes`.
    near : (n_lines, 2 * around + 3) float32
        Envelope in the cells around that of `path`, one more on either side than the
        peak may lie in.
    path : (n_lines,) int64
        Cell of each line, kept so far from the ends of the line that `near` fits.
    contrast : (2, n_lines) float32
        From `path_contrast`, of the best path itself.
    second : bool
        From `has_second_path`.
    """
    extremes = line_extremes(samples)
    envelope = rectified_envelope(samples, plan[0], plan[1])
    n_lines, n_cells = envelope.shape
    if factor.shape[0]:
        for r in range(n_lines):
            for i in range(n_cells):
                envelope[r, i] *= factor[i]
    first, last = plan[9], plan[10]
    score = surface_score(envelope, plan[2], plan[3], plan[4], plan[5], first, last)
    max_step, apart, around = plan[6], plan[7], plan[8]
    start, end = first - first, last - first  # not a bare 0, which would be compiled apart
    path = viterbi_surface(score, max_step, start, end)
    contrast = path_contrast(score, path, apart, start, end)
    second = has_second_path(score, path, contrast, max_step, apart, start, end)
    near = np.empty((n_lines, 2 * around + 3), np.float32)
    for r in range(n_lines):
        path[r] = min(max(first + path[r], around + 1), n_cells - around - 2)
        for k in range(2 * around + 3):
            near[r, k] = envelope[r, path[r] - around - 1 + k]
    return extremes, near, path, contrast, second
