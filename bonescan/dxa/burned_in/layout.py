"""From cells back to a table: the heading, its columns, and the rows below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .cells import ReadCell
from .glyphs import Box
from .words import heading_of, region_of

HEAD_LINES_1 = 2.6  # headings of one table stand within this many heights
FIRST_ROW_1, NEXT_ROW_1 = 9.0, 5.5  # heights to the first row, and to each next
SAME_LINE_1 = 0.6
MIN_COLUMNS = 2
MAX_ROWS = 60


@dataclass(slots=True)
class TableRow:
    """One line of a table: its label as read and as understood, and a cell a quantity."""

    label: str  # "" = not understood
    label_text: str
    box: Box
    cells: dict[str, ReadCell] = field(default_factory=dict)
    label_box: Box | None = None  # None: no word stands before the numbers


@dataclass(slots=True)
class Table:
    """A table of regions."""

    columns: dict[str, Box]
    rows: list[TableRow] = field(default_factory=list)


def find_tables(read: Sequence[ReadCell]) -> list[Table]:
    """Find the tables: a heading BMD with another quantity beside it, and rows of numbers below."""
    headings = [(heading_of(c.text), c) for c in read]
    headings = [(q, c) for q, c in headings if q]
    tables: list[Table] = []
    taken: set[int] = set()
    for quantity, cell in headings:
        if quantity != "bmd" or id(cell) in taken:
            continue
        columns = _columns(cell, headings)
        taken |= {id(c) for c in columns.values()}
        if len(columns) >= MIN_COLUMNS:
            table = _table(columns, read)
            if table.rows:
                tables.append(table)
    return tables


def _columns(bmd: ReadCell, headings: list[tuple[str, ReadCell]]) -> dict[str, ReadCell]:
    """Take the headings that stand level with this one; of two alike the nearer."""
    reach = HEAD_LINES_1 * bmd.cell.height
    found: dict[str, ReadCell] = {"bmd": bmd}
    level = sorted(headings, key=lambda h: abs(h[1].cell.base - bmd.cell.base))
    for quantity, cell in level:
        if abs(cell.cell.base - bmd.cell.base) <= reach:
            found.setdefault(quantity, cell)
    return found


def _table(columns: dict[str, ReadCell], read: Sequence[ReadCell]) -> Table:
    boxes = {q: c.cell.box for q, c in columns.items()}
    table = Table(columns=boxes)
    height = max(c.cell.height for c in columns.values())
    below = max(c.cell.base for c in columns.values())
    left, right = min(b.left for b in boxes.values()), max(b.right for b in boxes.values())
    limit = FIRST_ROW_1 * height
    for line in _lines(read, below, height):
        base = line[0].cell.base
        if base - below > limit or len(table.rows) >= MAX_ROWS:
            break
        row = _row(line, boxes, left, right + 2 * height)
        if row is not None:
            table.rows.append(row)
            below, limit = base, NEXT_ROW_1 * height
    return table


def _lines(read: Sequence[ReadCell], below: int, height: int) -> list[list[ReadCell]]:
    lines: list[list[ReadCell]] = []
    for cell in sorted(read, key=lambda c: c.cell.base):
        if cell.cell.base <= below + SAME_LINE_1 * height:
            continue
        if lines and cell.cell.base - lines[-1][0].cell.base <= SAME_LINE_1 * height:
            lines[-1].append(cell)
        else:
            lines.append([cell])
    return [sorted(line, key=lambda c: c.cell.box.left) for line in lines]


def _row(line: list[ReadCell], columns: dict[str, Box], left: int, right: int) -> TableRow | None:
    cells: dict[str, ReadCell] = {}
    twice: set[str] = set()
    for cell in line:
        box = cell.cell.box
        if not cell.looks_like_number or box.left > right or not any(_dotted(cell)):
            continue
        quantity = min(columns, key=lambda q: _apart(box, columns[q]))
        if _apart(box, columns[quantity]) > 2.5 * cell.cell.height:
            continue
        (twice.add(quantity) if quantity in cells else cells.setdefault(quantity, cell))
    if not cells:
        return None
    for quantity in twice:
        del cells[quantity]
    first = min(c.cell.box.left for c in cells.values()) if cells else left
    words = [c for c in line if c.cell.box.right <= first and c.cell.box.left < first]
    # a single number-like letter between label and numbers may be a side: L looks like 1
    named = [c for c in words if not c.looks_like_number or region_of(c)]
    left_over = bool(named) and any(
        c not in named and c.cell.box.left >= named[0].cell.box.right for c in words
    )
    words = named
    box = line[0].cell.box
    if not words:
        return TableRow("", "", box, cells)
    label = words[-1] if len(words) == 1 else words[0]
    known = region_of(label) if len(words) == 1 and not left_over else ""
    return TableRow(known, label.text, box, cells, around([w.cell.box for w in words]))


def around(boxes: Sequence[Box]) -> Box:
    """Give the smallest box that holds all of them; at least one is wanted."""
    return Box(
        min(b.left for b in boxes),
        min(b.top for b in boxes),
        max(b.right for b in boxes),
        max(b.bottom for b in boxes),
    )


def _dotted(cell: ReadCell) -> list[bool]:
    return [m.kind in {"point", "glyph"} for m in cell.marks]


def _apart(one: Box, other: Box) -> int:
    """Give the smallest of the distances between left ends, right ends and centres."""
    centres = abs(one.left + one.right - other.left - other.right) // 2
    return min(abs(one.left - other.left), abs(one.right - other.right), centres)
