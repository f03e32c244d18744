"""A table of numbers that a device gave, read by its column map; bad rows are listed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bonescan.errors import UnusableScan
from bonescan.model.exam import Device, Exam, Subject
from bonescan.model.reading import Reading
from bonescan.model.regions import measured_site
from bonescan.model.scan import DeviceResults, ResultsRow, Source
from bonescan.model.sites import is_site
from bonescan.model.vocabulary import Technique
from bonescan.settings import ColumnMap

from .column_map import named_columns
from .csv_table import CsvRow, read_csv_table
from .fact_values_error import Refused
from .table_dates import read_table_date

RESULTS_TABLE, TYPED_TWICE = "results-table", "typed-twice"
LIMITS = {"height_cm": (30.0, 260.0), "weight_kg": (1.0, 400.0)}
_UNITS = {"bmc": "g", "area": "cm2"}
_NUMBER = re.compile(r"([-+]?\d{1,9})(?:([.,])(\d{1,9}))?", re.ASCII)
_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-"})
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)


@dataclass(slots=True)
class _Table:
    """What is known of the whole table while its rows are read."""

    columns: ColumnMap
    index: dict[str, int]
    named: dict[str, str]
    carrier: str
    refused: list[tuple[int, str]] = field(default_factory=list)


def read_results(source: Source, columns: ColumnMap) -> DeviceResults:
    """Read the table of `source` by its map.

    Returns
    -------
    results : DeviceResults
        One row of it a row of the table that names a person, a readable day
        and a number; the others are in `refused`, with line and reason.

    Raises
    ------
    UnusableScan
        BS-E187: a column that the map names stands twice, or no row can be used.
    UsageError
        BS-E320, BS-E321: the file is no text table.
    """
    table = read_csv_table(source.path)
    twice = [name for name in named_columns(columns) if table.header.count(name) > 1]
    if twice:
        raise UnusableScan("BS-E187", f"found the column {twice[0]!r} twice.", file=source.path)
    known = _Table(
        columns=columns,
        index={name: number for number, name in enumerate(table.header)},
        named=dict(columns.columns),
        carrier=TYPED_TWICE if columns.again else RESULTS_TABLE,
    )
    rows: list[ResultsRow] = []
    last = None if _ends_with_a_line(source.path) else table.rows[-1:]
    for row in table.rows:
        try:
            if last and row is last[0]:
                raise Refused("found no end of the line: the table may be cut off within it")  # noqa: TRY301 - listed with the others
            rows.append(_row(row, known))
        except Refused as refusal:
            known.refused.append((row.line, str(refusal)))
    if not rows:
        line, reason = known.refused[0] if known.refused else (1, "found no row")
        raise UnusableScan("BS-E187", f"line {line}: {reason}.", file=source.path)
    return DeviceResults(
        source=source, carrier=known.carrier, rows=tuple(rows), refused=tuple(known.refused)
    )


def _ends_with_a_line(path: Path) -> bool:
    """Tell whether the file ends with the end of a line, in any of the encodings read."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - 2))
        return any(mark in file.read() for mark in (b"\n", b"\r"))


def _row(row: CsvRow, table: _Table) -> ResultsRow:
    if len(row.cells) < len(table.index):
        raise Refused(f"found {len(row.cells)} cells, wanted {len(table.index)}")
    subject, exam = _subject(row, table), _exam(row, table)
    numbers = tuple(_numbers(row, table))
    if not any(r.value is not None for entries in numbers for r in entries):
        raise Refused("found no number")
    return ResultsRow(
        line=row.line,
        subject=subject,
        device=_device(row, table),
        exam=exam,
        technique=_technique(row, table),
        numbers=numbers,
    )


def _cell(row: CsvRow, table: _Table, word: str) -> str:
    return _under(row, table, table.named[word]) if word in table.named else ""


def _under(row: CsvRow, table: _Table, column: str) -> str:
    place = table.index[column]
    return row.cells[place] if place < len(row.cells) else ""


def _subject(row: CsvRow, table: _Table) -> Subject:
    patient_id = _cell(row, table, "patient_id")
    if not patient_id:
        raise Refused(f"found no {table.named['patient_id']}, wanted the person's number")
    sex = _cell(row, table, "sex")
    known = dict(table.columns.sex_words) or {"F": "F", "M": "M"}
    if sex and sex not in known:
        raise Refused(f"found {sex!r} as sex, wanted {' or '.join(known)}")
    birth = _day(row, table, "birth_date")
    return Subject(
        patient_id=patient_id,
        issuer=_cell(row, table, "issuer") or None,
        name=_cell(row, table, "name") or None,
        sex=known.get(sex),
        birth_date=birth,
        height_cm=_quantity(row, table, "height_cm"),
        weight_kg=_quantity(row, table, "weight_kg"),
    )


def _exam(row: CsvRow, table: _Table) -> Exam:
    day, birth = _day(row, table, "exam_date"), _day(row, table, "birth_date")
    if day is None:
        raise Refused(f"found no {table.named['exam_date']}, wanted the day of the exam")
    if birth is not None and day < birth:
        raise Refused(f"found the exam on {day} before the birth on {birth}")
    return Exam(
        exam_date=day,
        exam_time=_time(_cell(row, table, "exam_time")),
        accession_number=_cell(row, table, "accession_number") or None,
        operator=_cell(row, table, "operator") or None,
    )


def _day(row: CsvRow, table: _Table, word: str) -> date | None:
    text = _cell(row, table, word)
    return read_table_date(text, table.columns.date_pattern) if text else None


def _time(text: str) -> str | None:
    match = _TIME.fullmatch(text)
    if not match:
        if text:
            raise Refused(f"found {text!r}, wanted a time as HH:MM")
        return None
    hour, minute, second = (int(part or 0) for part in match.groups())
    if hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004 - a clock
        raise Refused(f"found {text!r}, wanted a time as HH:MM")
    return f"{hour:02d}:{minute:02d}:{second:02d}"


def _quantity(row: CsvRow, table: _Table, word: str) -> float | None:
    text = _cell(row, table, word)
    value = read_number(text, table.columns.decimal)
    low, high = LIMITS[word]
    if text and (value is None or not low <= value <= high):
        raise Refused(f"found {text!r} as {word}, wanted a number from {low:g} to {high:g}")
    return value


def _device(row: CsvRow, table: _Table) -> Device:
    said = dict(table.columns.constants)
    words = {w: _cell(row, table, w) or said.get(w) for w in ("manufacturer", "model", "serial")}
    return Device(
        **words,
        software_version=_cell(row, table, "software_version") or said.get("software_version"),
        maker=said.get("maker"),
    )


def _technique(row: CsvRow, table: _Table) -> Technique:
    word = table.columns.technique
    if word in {"REMS", "DXA"}:
        return Technique(word)
    text = _under(row, table, word)
    if text not in {"REMS", "DXA"}:
        raise Refused(f"found {text!r} as {word}, wanted REMS or DXA")
    return Technique(text)


def _numbers(row: CsvRow, table: _Table) -> Iterator[tuple[Reading, ...]]:
    """Yield each number with its second entry, where the table has one."""
    again = dict(table.columns.again)
    if table.columns.measures:
        for measure in table.columns.measures:
            for quantity, column in measure.columns:
                yield (_reading(row, table, (measure.site, measure.site), quantity, column),)
        return
    place = _place(_cell(row, table, "site"), table)
    for quantity in ("bmd", "bmc", "area", "t", "z", "fragility"):
        if quantity in table.named:
            names = [table.named[quantity], *([again[quantity]] if quantity in again else [])]
            yield tuple(_reading(row, table, place, quantity, name) for name in names)
    if "depth_mm" in table.named:
        yield (_reading(row, table, place, "depth", table.named["depth_mm"]),)


def _place(text: str, table: _Table) -> tuple[str, str]:
    site = dict(table.columns.sites).get(text) or (text if is_site(text) else measured_site(text))
    if not site:
        raise Refused(f"found {text!r} as site, wanted one that the map or bonescan knows")
    return site, text


def _reading(
    row: CsvRow, table: _Table, place: tuple[str, str], quantity: str, column: str
) -> Reading:
    text = _under(row, table, column)
    value = read_number(text, table.columns.decimal)
    if text and value is None:
        wanted = f"a number with the decimal sign {table.columns.decimal!r}"
        table.refused.append((row.line, f"found {text!r} in {column}, wanted {wanted}"))
    unit = table.columns.bmd_unit if quantity == "bmd" else _UNITS.get(quantity, "")
    return Reading(
        site=place[0],
        region_text=place[1],
        quantity=quantity,
        text=text,
        value=value,
        unit="mm" if quantity == "depth" else unit,
        carrier=table.carrier,
        place=f"line {row.line}, column {column}",
        reference=_cell(row, table, "reference") if quantity in "tz" else "",
    )


def read_number(text: str, decimal: str) -> float | None:
    """Read a number written with one decimal sign; any other writing is none.

    >>> read_number("-1,5", ","), read_number("1.050", ","), read_number("-0.0", ".")
    (-1.5, None, 0.0)
    """
    match = _NUMBER.fullmatch(text.strip().translate(_SIGNS))
    if match is None or match[2] not in (None, decimal):
        return None
    return float(f"{match[1]}.{match[3] or 0}") + 0.0
