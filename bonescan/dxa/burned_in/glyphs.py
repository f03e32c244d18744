"""From ink to cells: connected pieces of ink, chained into the words and numbers of a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

INK_1 = 0.5  # darker than this belongs to a glyph
FAINT_1 = 0.22  # a point or a thin minus may be this pale at 72 dpi
MAX_GLYPH_PX, MIN_GLYPH_PX = 130, 4
MAX_FAINT_PX = 8
MAX_PIECES = 12_000
GAP_1 = 0.95  # of the height: a wider gap parts two cells
REJOIN_1 = 0.7  # from a point at the edge of one half to the other half
SAME_HEIGHT_1 = 2.3  # pieces of one word differ less
OVERLAP_1 = 0.5
MARK_1 = 0.5  # of the height of a line: lower pieces are points, commas, minuses


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels; `right` and `bottom` are the first ones outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    def join(self, other: Box) -> Box:
        """Give the smallest box around both."""
        return Box(
            min(self.left, other.left), min(self.top, other.top),
            max(self.right, other.right), max(self.bottom, other.bottom),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """A word or number: its pieces from left to right.

    `height` is that of its capitals or digits and `base` the row below them.
    """

    pieces: tuple[Box, ...]
    box: Box
    height: int
    base: int


def find_cells(ink: NDArray[np.float32]) -> list[Cell]:
    """Find the words and numbers of a page, top to bottom, then left to right.

    Returns
    -------
    cells : list of Cell
        Empty where there are more pieces than any page of text has.
    """
    pieces = _pieces(ink > INK_1)
    if not 0 < len(pieces) <= MAX_PIECES:
        return []
    chains = _chains(pieces) + [[mark] for mark in _faint_marks(ink)]
    cells = [_cell(members) for members in _absorb(chains)]
    return sorted(_rejoin(cells), key=lambda c: (c.base, c.box.left))


def _pieces(dark: NDArray[np.bool_]) -> list[Box]:
    from scipy import ndimage

    labels, count = ndimage.label(dark, structure=np.ones((3, 3), dtype=int))
    if count > 10 * MAX_PIECES:
        return []
    boxes = [
        Box(int(x.start), int(y.start), int(x.stop), int(y.stop))
        for y, x in ndimage.find_objects(labels)
    ]
    return [b for b in boxes if b.height <= MAX_GLYPH_PX and b.width <= 3 * MAX_GLYPH_PX]


def _faint_marks(ink: NDArray[np.float32]) -> list[Box]:
    """Find small pale spots that are no part of a glyph: a point or minus at 72 dpi."""
    from scipy import ndimage

    labels, count = ndimage.label(ink > FAINT_1, structure=np.ones((3, 3), dtype=int))
    if not 0 < count <= MAX_PIECES:
        return []
    has_dark = np.zeros(count + 1, dtype=bool)
    has_dark[labels[ink > INK_1]] = True
    found = ndimage.find_objects(labels)
    boxes = [
        Box(int(x.start), int(y.start), int(x.stop), int(y.stop))
        for number, (y, x) in enumerate(found, start=1)
        if not has_dark[number]
    ]
    return [b for b in boxes if b.height < MIN_GLYPH_PX and b.width < MAX_FAINT_PX]


def _chains(pieces: Sequence[Box]) -> list[list[Box]]:
    """Chain neighbours of like height on one line."""
    order = sorted(pieces, key=lambda b: b.left)
    lefts = np.array([b.left for b in order])
    heads = list(range(len(order)))

    def head(at: int) -> int:
        while heads[at] != at:
            heads[at] = heads[heads[at]]
            at = heads[at]
        return at

    for one, box in enumerate(order):
        end = int(np.searchsorted(lefts, box.right + GAP_1 * SAME_HEIGHT_1 * box.height, "right"))
        for other in range(one + 1, end):
            if _are_neighbours(box, order[other]):
                heads[head(other)] = head(one)
    chains: dict[int, list[Box]] = {}
    for at, box in enumerate(order):
        chains.setdefault(head(at), []).append(box)
    return list(chains.values())


def _are_neighbours(one: Box, other: Box) -> bool:
    tall, low = max(one.height, other.height), min(one.height, other.height)
    if tall > SAME_HEIGHT_1 * low or other.left - one.right > GAP_1 * tall:
        return False
    return min(one.bottom, other.bottom) - max(one.top, other.top) >= OVERLAP_1 * low


def _around(boxes: Sequence[Box]) -> Box:
    box = boxes[0]
    for other in boxes[1:]:
        box = box.join(other)
    return box


def _absorb(chains: list[list[Box]]) -> list[list[Box]]:
    """Give points, commas and minuses to the line that they stand in."""
    boxes = [_around(c) for c in chains]
    tall = [i for i, b in enumerate(boxes) if b.height >= MIN_GLYPH_PX]
    edges = np.array([(boxes[i].left, boxes[i].top, boxes[i].right, boxes[i].bottom) for i in tall])
    kept = {i: list(chains[i]) for i in tall}
    for at in sorted(range(len(boxes)), key=lambda i: boxes[i].height):  # hosts come later
        host = _host(boxes[at], tall, edges, at)
        if host is not None:
            kept[host] += kept.pop(at, chains[at])
    return list(kept.values())


def _host(small: Box, tall: list[int], edges: NDArray[Any], own: int) -> int | None:
    if not tall:
        return None
    left, top, right, bottom = edges.T
    height = bottom - top
    middle = (small.top + small.bottom) / 2
    gap = np.maximum(np.maximum(left - small.right, small.left - right), 0)
    fits = (
        (small.height < MARK_1 * height)
        & (small.width < height)
        & (gap <= GAP_1 * height)
        & (middle >= top - 0.15 * height)
        & (middle <= bottom + 0.3 * height)
        & (np.array(tall) != own)
    )
    if not fits.any():
        return None
    return tall[int(np.where(fits, gap, np.inf).argmin())]


def _cell(members: Sequence[Box]) -> Cell:
    pieces = _merge_stacked(sorted(members, key=lambda b: (b.left, b.top)))
    tallest = max(b.height for b in pieces)
    tall = [b for b in pieces if b.height >= 0.7 * tallest]
    height = int(np.median([b.height for b in tall]))
    base = int(np.median([b.bottom for b in tall]))
    return Cell(tuple(pieces), _around(pieces), height, base)


def _merge_stacked(pieces: list[Box]) -> list[Box]:
    """Join what stands above each other: the dot of an i, the two of a colon."""
    merged: list[Box] = []
    for box in pieces:
        last = merged[-1] if merged else None
        if last is not None:
            shared = min(last.right, box.right) - max(last.left, box.left)
            if shared >= 0.6 * min(last.width, box.width):
                merged[-1] = last.join(box)
                continue
        merged.append(box)
    return merged


def _rejoin(cells: list[Cell]) -> list[Cell]:
    """Join the halves of a number that stand far from its decimal point, as in fixed pitch."""
    joined: list[Cell] = []
    for cell in sorted(cells, key=lambda c: c.box.left):
        match = next((i for i, c in enumerate(joined) if _continues(c, cell)), None)
        if match is None:
            joined.append(cell)
        else:
            joined[match] = _cell((*joined[match].pieces, *cell.pieces))
    return joined


def _continues(one: Cell, other: Cell) -> bool:
    tall = max(one.height, other.height)
    level = abs(one.base - other.base) <= max(1.0, 0.15 * tall)
    alike = abs(one.height - other.height) <= max(1.0, 0.4 * tall)
    return level and alike and -1 <= other.box.left - one.box.right <= REJOIN_1 * tall
