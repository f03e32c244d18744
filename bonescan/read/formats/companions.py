"""Files that belong to others: they are set aside, not refused."""

from __future__ import annotations

import csv
import re
from typing import NoReturn

from bonescan.errors import SetAside
from bonescan.settings import ReadSettings

from ..probe import Probe
from ..registry import Format
from ..results_table import map_of

# name, lower case -> what it is
_NAMES = (
    (r"dicomdir", "a DICOM media directory"),
    (r"manifest(\.csv|\.txt|\.json)?|sha256sums(\.txt)?|md5sums(\.txt)?", "a list of files"),
    (r".*\.(sha256|md5)", "a checksum"),
    (r"(readme|license|licence|provenance|copying|changelog)(\.\w+)?", "a description"),
    (r"\.ds_store|thumbs\.db|desktop\.ini|\._.*|\.directory", "a file of the desktop"),
    (r"autorun\.inf|lockfile|version(\.txt)?", "a file of the export medium"),
)
_PEOPLE_COLUMN = "patient_id"
_ABOUT_PEOPLE = "a table about people"
_ABOUT_PEOPLE_HINT = (
    "Facts about people are read from subjects.csv directly in an input folder; give any other "
    "table of facts with `--subjects PATH`."
)


def _claims(probe: Probe) -> bool:
    return not probe.is_dicom and bool(_what(probe))


def companion_by_name(name: str) -> str:
    """Say what a file of this name is that belongs to others; "" when the name says nothing."""
    for pattern, what in _NAMES:
        if re.fullmatch(pattern, name.lower()):
            return what
    return ""


def _what(probe: Probe) -> str:
    named = companion_by_name(probe.name)
    if named:
        return named
    if probe.suffix in {".yml", ".tgc"} and _capture(probe) in probe.siblings:
        return "the description of a raw capture"
    if probe.suffix in {".csv", ".tsv"} and map_of(probe) is None:
        return _table(probe.first_line)
    return ""


def _capture(probe: Probe) -> str:
    stem = probe.name[: -len(probe.path.suffix)]
    return stem.removesuffix(".tgc") + ".raw"


def _table(line: str) -> str:
    delimiter = "\t" if "\t" in line else ","
    try:
        rows = list(csv.reader([line], delimiter=delimiter))
    except csv.Error:
        return ""
    columns = {c.strip().lower() for row in rows for c in row}
    if {"file", "sha256"} <= columns:
        return "a list of files"
    return _ABOUT_PEOPLE if _PEOPLE_COLUMN in columns else ""


def _read(probe: Probe, settings: ReadSettings) -> NoReturn:
    what = _what(probe)
    hint = _ABOUT_PEOPLE_HINT if what == _ABOUT_PEOPLE else ""
    raise SetAside("companion", "BS-W280", f"{what}.", hint, probe.path)


FORMAT = Format("companion", _claims, _read)
