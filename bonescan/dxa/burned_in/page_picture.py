"""What may be shown of a report page: its table, and nothing else that is written on it.

Report pages show the name and the birth date of a person. Only the headings,
the labels that were understood and the numbers of a table are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bonescan.files.png import grey_png

from .glyphs import Box
from .layout import Table, TableRow, around

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME_PX = 2  # around the number that is asked about
_COLOUR_DIMENSIONS = 3
Crop = tuple["NDArray[np.uint8]", int, int]  # pixels, and the page's row and column of the first


def grey_page(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Give a page in greys of 0 to 255."""
    flat = pixels[..., :3].mean(axis=-1) if pixels.ndim == _COLOUR_DIMENSIONS else pixels
    if pixels.dtype != np.uint8:
        low, high = float(flat.min()), float(flat.max())
        flat = (flat - low) * (255.0 / ((high - low) or 1.0))
    return np.asarray(np.rint(flat), dtype=np.uint8)


def row_crop(table: Table, row: TableRow, grey: NDArray[np.uint8]) -> Crop:
    """Cut out a row with its label, below the headings of its columns; nothing between them.

    A row label that was not understood is kept here: a person has to name it.
    """
    cells = [c.cell.box for c in row.cells.values()]
    parts = [*cells, *([row.label_box] if row.label_box else [])]
    heads = [table.columns[q] for q in row.cells if q in table.columns]
    line = around(parts or [row.box])
    head = around(heads) if heads else line  # a row of which no number stands below a heading
    height = max(b.height for b in [*cells, *heads, line])
    rim = max(2, height // 2)
    shown = _only([*heads, *parts], grey, rim)
    left, right = max(0, min(head.left, line.left) - rim), max(head.right, line.right) + rim
    top = max(0, head.top - rim)
    if line.top - head.bottom <= 2 * rim:
        return shown[top : line.bottom + rim, left:right], top, left
    upper = shown[top : head.bottom + rim, left:right]
    start = max(0, line.top - rim)
    lower = shown[start : line.bottom + rim, left:right]
    both = np.concatenate([upper, lower])
    return both, start - upper.shape[0], left


def marked_crop(crop: Crop, box: Box) -> bytes:
    """Write a crop as PNG, with a frame around one number of its row."""
    pixels, first_row, first_column = crop
    marked = pixels.copy()
    ink = 255 - int(np.median(pixels))
    top, bottom = box.top - first_row - FRAME_PX - 1, box.bottom - first_row + FRAME_PX + 1
    left, right = box.left - first_column - FRAME_PX - 1, box.right - first_column + FRAME_PX + 1
    top, left = max(0, top), max(0, left)
    tone = 128 if abs(ink - 128) > 64 else ink  # noqa: PLR2004 - a grey between paper and ink
    marked[top:bottom, left : left + 1] = marked[top:bottom, right - 1 : right] = tone
    marked[top : top + 1, left:right] = marked[bottom - 1 : bottom, left:right] = tone
    return grey_png(marked)


def table_only(tables: Sequence[Table], pixels: NDArray[Any]) -> NDArray[np.uint8] | None:
    """Cut the tables out of a page and blank everything else; None where there is no table."""
    boxes = [b for table in tables for b in _boxes_of(table)]
    if not boxes:
        return None
    grey = grey_page(pixels)
    rim = max(2, max(b.height for b in boxes) // 3)
    whole = around(boxes)
    shown = _only(boxes, grey, rim)
    return shown[
        max(0, whole.top - rim) : whole.bottom + rim, max(0, whole.left - rim) : whole.right + rim
    ]


def _boxes_of(table: Table) -> Iterable[Box]:
    yield from table.columns.values()
    for row in table.rows:
        yield from (c.cell.box for c in row.cells.values())
        if row.label and row.label_box is not None:
            yield row.label_box


def _only(boxes: Sequence[Box], grey: NDArray[np.uint8], rim: int) -> NDArray[np.uint8]:
    """Blank a page outside of boxes with the grey of its paper."""
    paper = int(np.bincount(grey.ravel(), minlength=256).argmax())
    shown = np.full_like(grey, paper)
    for b in boxes:
        rows = slice(max(0, b.top - rim), b.bottom + rim)
        columns = slice(max(0, b.left - rim), b.right + rim)
        shown[rows, columns] = grey[rows, columns]
    return shown
