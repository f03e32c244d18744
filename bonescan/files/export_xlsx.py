"""Tables as one Excel workbook: ids as text, numbers as numbers, and no formula."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bonescan.errors import EnvironmentFault, UsageError

from .result_tables import CellKind, ResultTable, TypedColumn

NAME = "bonescan.xlsx"
MAX_ROWS = 1_048_576  # of a sheet, with its head
MAX_CHARACTERS = 32_767  # of a cell
TEXT_FORMAT = "@"


def write_xlsx(tables: list[ResultTable], folder: Path) -> list[Path]:
    """Write ``bonescan.xlsx`` with a sheet for each table, row by row.

    Raises
    ------
    EnvironmentFault
        openpyxl is not installed.
    UsageError
        A table has more rows, or a cell more characters, than a sheet holds.
    """
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise EnvironmentFault(
            "BS-E505",
            "found no openpyxl, which writes Excel workbooks.",
            "Install it: pip install 'bonescan[xlsx]'.",
        ) from error
    for table in tables:
        _check_size(table)  # a workbook that is given up half way leaves files behind
    book = Workbook(write_only=True)
    for table in tables:
        _add_sheet(book, table)
    path = folder / NAME
    draft = path.with_name(f".tmp-{path.name}")
    book.save(draft)
    draft.replace(path)
    return [path]


def _check_size(table: ResultTable) -> None:
    for number, row in enumerate(table.rows(), start=2):
        if number > MAX_ROWS:
            raise UsageError(
                "BS-E436",
                f"found more than {MAX_ROWS - 1} rows in {table.path.name}, wanted no more than a "
                "sheet holds.",
            )
        longest = max(map(len, row), default=0)
        if longest > MAX_CHARACTERS:
            raise UsageError(
                "BS-E436",
                f"found a text of {longest} characters in {table.path.name}, wanted no more than "
                "a cell holds.",
            )


def _add_sheet(book: Any, table: ResultTable) -> None:
    sheet = book.create_sheet(table.name[:31])
    sheet.freeze_panes = "A2"
    sheet.append([_text(sheet, c.name, bold=True) for c in table.columns])
    for row in table.rows():
        sheet.append(
            [_cell(sheet, cell, column) for cell, column in zip(row, table.columns, strict=True)]
        )


def _cell(sheet: Any, cell: str, column: TypedColumn) -> Any:
    if not cell:
        return None
    if column.kind not in {CellKind.NUMBER, CellKind.WHOLE}:
        return _text(sheet, cell)
    from openpyxl.cell import WriteOnlyCell

    made = WriteOnlyCell(sheet, float(cell) if column.kind is CellKind.NUMBER else int(cell))
    if column.decimals:
        made.number_format = "0." + "0" * column.decimals
    return made


def _text(sheet: Any, text: str, *, bold: bool = False) -> Any:
    """Make a cell that stays text, whatever it starts with and whoever edits it."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font

    made = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\ufffd", text))
    made.data_type = "s"  # openpyxl would take =... for a formula
    made.number_format = TEXT_FORMAT
    if bold:
        made.font = Font(bold=True)
    return made
