"""From the pieces of a cell to text: points and minuses by their geometry, glyphs by the atlas."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bonescan.files.glyph_atlas import GlyphAtlas

from .features import features_of
from .glyphs import Box, Cell
from .marks import mark_kind
from .match import DIGITS, Matches, match_glyphs
from .touching import part_touching

if TYPE_CHECKING:
    from numpy.typing import NDArray

SURE_1 = 1.30  # a character this many times farther than the nearest is ruled out
FAR_1 = 0.30  # no known glyph is as near as this: unread
LETTER_1 = 0.80  # a letter this much nearer than any digit: no number
MAX_READINGS = 48  # of one number; more doubt than this is no reading
MAX_GLYPHS = 8_000
MINUS, POINT = "-", "."
UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Mark:
    """One character of a cell: a minus or point, or a glyph with what it may be."""

    kind: str  # "minus", "point", "glyph"
    box: Box
    best: str  # of all characters; "?" where none is near
    digits: str = ""  # the digits it may be, nearest first; "" = no digit
    capital_l_1: float = 9.0  # distance to "L" over that to the best


@dataclass(frozen=True, slots=True)
class ReadCell:
    """A cell as text."""

    cell: Cell
    marks: tuple[Mark, ...]

    @property
    def text(self) -> str:
        """The characters, nearest first, without blanks."""
        return "".join(m.best for m in self.marks)

    @property
    def shown(self) -> str:
        """What a person is shown as read: the nearest digits of a number, "?" for the rest."""
        signs = {"minus": MINUS, "point": POINT}
        return "".join(signs.get(m.kind, m.digits[:1] or UNKNOWN) for m in self.marks)

    @property
    def looks_like_number(self) -> bool:
        """Whether it is made of digits, points and minuses as far as it could be read."""
        glyphs = [m for m in self.marks if m.kind == "glyph"]
        return bool(glyphs) and sum(bool(m.digits) for m in glyphs) * 2 > len(glyphs)

    def readings(self) -> tuple[str, ...]:
        """List every number that the cell may be, the nearest first; empty where it is unread."""
        options = []
        for mark in self.marks:
            if mark.kind == "glyph" and not mark.digits:
                return ()
            options.append({"minus": MINUS, "point": POINT}.get(mark.kind) or mark.digits)
        if not options or np.prod([len(o) for o in options]) > MAX_READINGS:
            return ()
        return tuple("".join(letters) for letters in itertools.product(*options))


def read_cells(
    ink: NDArray[np.float32], cells: Sequence[Cell], atlas: GlyphAtlas
) -> list[ReadCell]:
    """Read all cells of a page against an atlas; touching glyphs are parted first."""
    cells = part_touching(ink, cells, atlas)
    kinds = [[mark_kind(piece, cell) for piece in cell.pieces] for cell in cells]
    asked = [
        features_of(ink, piece, cell.height)
        for cell, names in zip(cells, kinds, strict=True)
        for piece, name in zip(cell.pieces, names, strict=True)
        if name == "glyph"
    ]
    if len(asked) > MAX_GLYPHS:
        return []
    matches = match_glyphs(asked, atlas)
    numbers = itertools.count()
    read = []
    for cell, names in zip(cells, kinds, strict=True):
        marks = [
            _glyph(matches, next(numbers), piece) if name == "glyph" else _sign(name, piece)
            for piece, name in zip(cell.pieces, names, strict=True)
        ]
        read.append(ReadCell(cell, tuple(marks)))
    return read


def _sign(name: str, piece: Box) -> Mark:
    return Mark(name, piece, MINUS if name == "minus" else POINT)


def _glyph(matches: Matches, number: int, piece: Box) -> Mark:
    ranked = matches.ranked(number)
    best, nearest = ranked[0]
    if nearest > FAR_1:
        return Mark("glyph", piece, UNKNOWN)
    digits = [(c, d) for c, d in ranked if c in DIGITS]
    near = digits[0][1]
    maybe = "".join(c for c, d in digits if d <= max(SURE_1 * near, 0.02))
    if near > FAR_1 or nearest < LETTER_1 * near:
        maybe = ""
    to_l = next((d for c, d in ranked if c == "L"), 9.0) / max(nearest, 1e-3)
    return Mark("glyph", piece, best, maybe, to_l)
