"""Part glyphs that touch: a piece like nothing is cut where both halves are like something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bonescan.files.glyph_atlas import GlyphAtlas

from .features import features_of
from .glyphs import INK_1, Box, Cell
from .marks import mark_kind
from .match import match_glyphs

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDE_1 = 0.72  # of the height: few single digits are wider
NARROWEST_1 = 0.12  # of the height: the narrowest half
UNLIKE_1 = 0.12  # a piece this like a known glyph stays whole
HALF_1 = 0.16  # both halves are at least this like a known glyph ...
GAIN_1 = 0.8  # ... and nearer than the whole by this factor
MAX_WIDE = 600
_ROUNDS = 3  # a piece of up to four glyphs


def part_touching(ink: NDArray[np.float32], cells: Sequence[Cell], atlas: GlyphAtlas) -> list[Cell]:
    """Cut wide pieces in two as long as that makes them like known glyphs; else leave them."""
    parted = list(cells)
    for _ in range(_ROUNDS):
        wide = [
            (at, piece)
            for at, cell in enumerate(parted)
            for piece in cell.pieces
            if piece.width > WIDE_1 * cell.height and mark_kind(piece, cell) == "glyph"
        ]
        if not 0 < len(wide) <= MAX_WIDE:
            return parted
        cuts = _best_cuts(ink, wide, parted, atlas)
        if not cuts:
            return parted
        for (at, piece), halves in cuts.items():
            cell = parted[at]
            pieces = [p for old in cell.pieces for p in (halves if old == piece else (old,))]
            parted[at] = Cell(tuple(pieces), cell.box, cell.height, cell.base)
    return parted


_Wide = tuple[int, Box]


def _best_cuts(
    ink: NDArray[np.float32], wide: list[_Wide], cells: list[Cell], atlas: GlyphAtlas
) -> dict[_Wide, tuple[Box, Box]]:
    tries = [(one, halves) for one in wide for halves in _halves(ink, one[1], cells[one[0]].height)]
    wholes = [features_of(ink, piece, cells[at].height) for at, piece in wide]
    parts = [
        features_of(ink, half, cells[at].height) for (at, _), halves in tries for half in halves
    ]
    nearest = match_glyphs([*wholes, *parts], atlas).distance.min(axis=1)
    whole = dict(zip(wide, nearest[: len(wide)].tolist(), strict=True))
    worse_half = nearest[len(wide) :].reshape(-1, 2).max(axis=1).tolist()
    best: dict[_Wide, tuple[float, tuple[Box, Box]]] = {}
    for (one, halves), distance in zip(tries, worse_half, strict=True):
        good = distance <= min(HALF_1, GAIN_1 * whole[one]) and whole[one] > UNLIKE_1
        if good and distance < best.get(one, (9.0, halves))[0]:
            best[one] = (distance, halves)
    return {one: halves for one, (_, halves) in best.items()}


def _halves(ink: NDArray[np.float32], piece: Box, height: int) -> list[tuple[Box, Box]]:
    """List the cuts at columns of little ink, each half shrunk to its own ink."""
    part = ink[piece.top : piece.bottom, piece.left : piece.right]
    sums = part.sum(axis=0)
    margin = max(1, round(NARROWEST_1 * height))
    found = []
    for column in range(margin, piece.width - margin):
        around = sums[max(0, column - 1) : column + 2]
        if sums[column] <= around.min() + 1e-6:
            for left_end, right_start in ((column, column), (column, column + 1)):
                left = _shrunk(part[:, :left_end], piece.left, piece.top)
                right = _shrunk(part[:, right_start:], piece.left + right_start, piece.top)
                if left is not None and right is not None:
                    found.append((left, right))
    return found


def _shrunk(part: NDArray[np.float32], left: int, top: int) -> Box | None:
    rows, columns = np.nonzero(part > INK_1)
    if not rows.size:
        return None
    return Box(
        left + int(columns.min()), top + int(rows.min()),
        left + int(columns.max()) + 1, top + int(rows.max()) + 1,
    )  # fmt: skip
