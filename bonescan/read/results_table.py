"""Whether a file is a table of device results, and by which column map it is read."""

from __future__ import annotations

from bonescan.settings import ColumnMap

from .probe import Probe

SUFFIXES = frozenset({".csv", ".tsv", ".txt"})


def map_of(probe: Probe) -> ColumnMap | None:
    """Find the map that fits the header line: the user's, or that of numbers typed in twice."""
    if probe.suffix not in SUFFIXES or probe.is_dicom:
        return None
    line = _header_line(probe)
    if not line:
        return None
    from bonescan.files.column_map import fits
    from bonescan.files.typed_twice import typed_twice_map

    cells = _cells(line)
    if probe.column_map is not None and fits(probe.column_map, cells):
        return probe.column_map
    return typed_twice_map(cells)


def _header_line(probe: Probe) -> str:
    if probe.first_line:
        return probe.first_line
    raw = probe.head.split(b"\n", 1)[0]
    try:
        return raw.decode("cp950").strip() if b"\0" not in raw else ""
    except UnicodeDecodeError:
        return ""


def _cells(line: str) -> tuple[str, ...]:
    import csv

    from bonescan.files.csv_table import SEPARATORS

    try:
        row = next(csv.reader([line], delimiter=max(SEPARATORS, key=line.count)), [])
    except csv.Error:
        return ()
    return tuple(cell.strip() for cell in row)
