"""Minuses, points and commas, told by their geometry alone."""

from __future__ import annotations

from .glyphs import Box, Cell

MID_HEIGHT_1 = (0.2, 0.75)  # of the height: where a minus lies; an underscore or a top bar does not
LOW_1 = 0.3  # the middle of a point lies no higher


def mark_kind(piece: Box, cell: Cell) -> str:
    """Tell points and minuses by where they stand and how large they are.

    A minus is a thin bar at mid height, wider than high; a point is small and
    stands on the base line, a comma reaches below it.
    """
    height = cell.height
    middle = (cell.base - (piece.top + piece.bottom) / 2) / height  # 0 base line, 1 top
    thin = piece.height <= max(2, 0.25 * height)
    wide = piece.width >= max(2, 0.22 * height) and piece.width >= 1.5 * piece.height
    if thin and wide and MID_HEIGHT_1[0] <= middle <= MID_HEIGHT_1[1]:
        return "minus"
    small = piece.height <= max(3, 0.36 * height) and piece.width <= max(3, 0.36 * height)
    if small and abs(piece.bottom - cell.base) <= max(1, 0.15 * height) and middle <= LOW_1:
        return "point"
    comma = piece.height <= 0.6 * height and piece.width <= max(3, 0.4 * height)
    if comma and piece.bottom > cell.base and piece.top >= cell.base - 0.4 * height:
        return "point"
    return "glyph"
