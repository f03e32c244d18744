"""A CSV from somebody's spreadsheet as text cells, whatever it was encoded and separated with."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path

from bonescan.errors import UsageError

LARGEST_BYTES = 64 * 2**20  # no list of people comes near; a wrong file might
SEPARATORS = (",", ";", "\t")
_WORKBOOK = b"PK\x03\x04"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvRow:
    """One row as stripped text; `line` is where it begins in the file, counted from 1."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvTable:
    """A header and its rows; empty rows are left out."""

    header: tuple[str, ...]
    rows: tuple[CsvRow, ...]
    separator: str = ","


def read_csv_table(path: Path) -> CsvTable:
    """Read a CSV with a header.

    Parameters
    ----------
    path : Path
        UTF-8 with or without a mark, UTF-16 with a mark, or CP950 (what a
        Taiwanese spreadsheet writes); comma, semicolon or tab.

    Raises
    ------
    UsageError
        BS-E320 for a file that can't be opened, BS-E321 for one that is no
        text table.
    """
    text = _decode(_read(path), path)
    lines = text.split("\n", 1)
    separator = max(SEPARATORS, key=lines[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[CsvRow] = []
    line = 1
    try:
        for cells in reader:
            stripped = tuple(c.strip() for c in cells)
            if any(stripped):
                rows.append(CsvRow(line=line, cells=stripped))
            line = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(
            "BS-E321", f"found a broken row in line {reader.line_num} ({error}), wanted a CSV.",
            file=path,
        ) from error  # fmt: skip
    if not rows:
        raise UsageError("BS-E321", "found an empty file, wanted a CSV with a header.", file=path)
    return CsvTable(header=rows[0].cells, rows=tuple(rows[1:]), separator=separator)


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise UsageError("BS-E320", f"{path} is no regular file, wanted a CSV.", file=path)
        if path.stat().st_size > LARGEST_BYTES:
            size = path.stat().st_size // 2**20
            raise UsageError(
                "BS-E321", f"found {size} MiB, wanted a table of at most 64 MiB.", file=path
            )
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            "BS-E320", f"the file {path} can't be read: {error.strerror}.", file=path
        ) from error


def _decode(content: bytes, path: Path) -> str:
    if content.startswith((_WORKBOOK, _OLD_WORKBOOK)):
        raise UsageError("BS-E321", "found a workbook, wanted a CSV.", file=path)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp950")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UsageError("BS-E321", "found bytes that are neither UTF-8 nor CP950 text.", file=path)
