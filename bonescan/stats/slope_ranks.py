"""Slopes of given ranks among those of all pairs of points, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bonescan.kernels.pairwise_slopes import count_slopes, slopes_between
from bonescan.model.arrays import kernel_input

from .pairs import ROUNDING_1, Array, size_of

ROOM = 2**23  # slopes kept at most: 64 MiB
FEW = 2**17  # up to here all are kept at once
LEAST_SAMPLE, MOST_SAMPLE, SLOPES_A_DRAW = 2**14, 2**18, 128
MARGIN = 3.5  # standard errors of a sampled rank on each side
HUGE = 1e300  # stands for infinity in comparisons
APART_1 = 1e-9  # slopes closer than this share differ by rounding where millions are tied
SEED = 1  # the draw decides only how soon the slopes are found, never which


@dataclass(frozen=True, eq=False, kw_only=True)
class PairwiseSlopes:
    """Points with x rising, and how many slopes their pairs have.

    `n_slopes` and `n_below` are those of `kernels.pairwise_slopes.count_slopes`.
    """

    x: Array
    y: Array
    zero: float
    keep_all: bool
    n_slopes: int
    n_below: int


def pairwise_slopes(x: Array, y: Array, *, keep_all: bool) -> PairwiseSlopes:
    """Sort points and count their slopes.

    Parameters
    ----------
    x, y : (n,) float64
        Points in any order.
    keep_all : bool
        True for Theil-Sen, False for Passing-Bablok.

    Returns
    -------
    slopes : PairwiseSlopes
    """
    order = np.argsort(x, kind="stable")
    a, b = kernel_input(x[order]), kernel_input(y[order])
    zero = ROUNDING_1 * size_of(x, y)
    n_slopes, n_below = count_slopes(a, b, zero, keep_all)
    return PairwiseSlopes(
        x=a, y=b, zero=zero, keep_all=keep_all, n_slopes=int(n_slopes), n_below=int(n_below)
    )


def slopes_of_rank(
    slopes: PairwiseSlopes, ranks: Sequence[int], *, room: int = ROOM, few: int = FEW
) -> list[float]:
    """Give the slopes of these ranks, as sorting all of them would.

    Parameters
    ----------
    slopes : PairwiseSlopes
        From `pairwise_slopes`.
    ranks : sequence of int
        From 1 to `n_slopes`.
    room : int
        How many slopes may be kept at a time.
    few : int
        Up to how many are taken without a sample first.

    Returns
    -------
    values : list of float
        −∞ or ∞ for a vertical pair.

    Notes
    -----
    A sample of pairs gives bounds that almost surely hold all ranks; one pass counts what
    lies below and keeps what lies between. Where the bounds miss, or hold more than there
    is room for, each rank is sought by itself: the bounds are halved at the median of
    what was kept until there is room. More slopes than that within 1e-9 of each other are
    taken as ties (the last digits of one ratio).
    """
    if not ranks or min(ranks) < 1 or max(ranks) > slopes.n_slopes:
        raise ValueError(f"found ranks {list(ranks)}, wanted 1 to {slopes.n_slopes}")
    low, high = -HUGE, HUGE
    if slopes.n_slopes > few:
        low, high = _bounds(slopes, min(ranks), max(ranks))
    values, below, between = _between(slopes, low, high, room)
    everything = low == -HUGE and high == HUGE
    held = below < min(ranks) and max(ranks) <= below + between
    if between <= room and (held or everything):
        return _picked(values, [rank - below for rank in ranks])
    return [_sought(slopes, rank, room) for rank in ranks]


def _between(slopes: PairwiseSlopes, low: float, high: float, room: int) -> tuple[Array, int, int]:
    room = min(room, slopes.n_slopes)
    values, below, between = slopes_between(
        slopes.x, slopes.y, low, high, slopes.zero, slopes.keep_all, room
    )
    return values, int(below), int(between)


def _picked(values: Array, places: list[int]) -> list[float]:
    """Pick by place from 1; before the first is −∞, behind the last ∞."""
    inside = sorted({place - 1 for place in places if 1 <= place <= values.size})
    if inside:
        values.partition(inside)
    return [
        -math.inf if place < 1 else math.inf if place > values.size else float(values[place - 1])
        for place in places
    ]


def _bounds(slopes: PairwiseSlopes, first: int, last: int) -> tuple[float, float]:
    """Bracket ranks by a sample of pairs; ∓HUGE where the sample doesn't reach."""
    sample = _sample(slopes)
    m = sample.size
    if m == 0:  # every pair drawn is left out
        return -HUGE, HUGE

    def place(rank: int, sign: float) -> int:
        share = (rank - 0.5) / slopes.n_slopes
        return round(share * m + sign * (MARGIN * math.sqrt(m * share * (1.0 - share)) + 2.0))

    below, above = place(first, -1.0), place(last, 1.0)
    sample.partition([max(below, 0), min(above, m - 1)])
    low = float(sample[below]) if below >= 0 else -HUGE
    high = float(sample[above]) if above < m else HUGE
    return _outwards(low, -1.0), _outwards(high, 1.0)


def _sample(slopes: PairwiseSlopes) -> Array:
    """Take the slopes of points to those some places on in a shuffled ring: all points alike."""
    n = slopes.x.size
    wanted = min(max(slopes.n_slopes // SLOPES_A_DRAW, LEAST_SAMPLE), MOST_SAMPLE)
    turns = min(max(1, wanted // n), (n - 1) // 2)
    ring = np.random.default_rng(SEED).permutation(n)
    x, y = slopes.x[ring], slopes.y[ring]
    found = np.empty((turns, n))
    for turn in range(turns):
        dx, dy = np.roll(x, turn + 1) - x, np.roll(y, turn + 1) - y
        flat = np.abs(dx) <= slopes.zero
        out = flat if slopes.keep_all else np.abs(np.where(flat, dy, dx + dy)) <= slopes.zero
        # a vertical pair is infinite by the order of its points, like in the kernels
        later = np.where(np.roll(ring, turn + 1) > ring, HUGE, -HUGE)
        found[turn] = np.where(flat, np.sign(dy) * later, dy / np.where(flat, 1.0, dx))
        found[turn, out] = np.nan
    return found[~np.isnan(found)]


def _outwards(bound: float, sign: float) -> float:
    """Move a bound off the slope that gave it, so that its ties are all on one side."""
    return bound if abs(bound) >= HUGE else bound + sign * APART_1 * abs(bound)


def _sought(slopes: PairwiseSlopes, rank: int, room: int) -> float:
    low, high = _bounds(slopes, rank, rank)
    while True:
        values, below, between = _between(slopes, low, high, room)
        held = below < rank <= below + between
        everything = low == -HUGE and high == HUGE
        if everything and not held:
            return math.copysign(math.inf, rank - below - 0.5)
        if held and between <= room:
            return _picked(values, [rank - below])[0]
        if not held:
            low, high = -HUGE, HUGE
            continue
        pivot = float(np.median(values[:: 1 + values.size // LEAST_SAMPLE]))
        left, right = _outwards(pivot, -1.0), _outwards(pivot, 1.0)
        _, under, near = _between(slopes, left, right, 0)
        if rank <= under:
            high = left
        elif rank > under + near:
            low = right
        elif near > room:
            return pivot
        else:
            low, high = left, right
