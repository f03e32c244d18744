"""Tables of answers to the questionnaire of a pregnancy study, as REDCap writes and reads them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bonescan.errors import UsageError, code_info
from bonescan.model.outcome import Problem
from bonescan.model.vocabulary import Severity

from .csv_table import read_csv_table
from .export_redcap import DICTIONARY_HEAD, HEAD, RECORD
from .fact_dates import parse_date
from .fact_names import FACT_NAMES, FactKind
from .fact_values_error import Refused
from .facts_csv import unwrap_excel_text

FORM = "pop_questionnaire"
DAY = "answer_date"
PERSON_NAMES = (RECORD, "patient_id", "chart_number")
DAY_NAMES = (DAY, "date", "visit_date")
# What REDCap puts beside the answers; nothing of it is a question.
PASSED_OVER = frozenset({*HEAD[1:], "redcap_data_access_group", "redcap_survey_identifier",
                         f"{FORM}_timestamp", f"{FORM}_complete"})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """One woman's answers of one day: by column, as written, empty ones left out."""

    line: int
    person: str
    day: date
    cells: Mapping[str, str]


def read_answers(path: Path, names: Sequence[str]) -> tuple[tuple[AnswerRow, ...], list[Problem]]:
    """Read a table of answers.

    Parameters
    ----------
    path : Path
    names : sequence of str
        Columns of the questionnaire.

    Returns
    -------
    rows : tuple of AnswerRow
    problems : list of Problem
        BS-E447: a row without a person or a day; BS-W444: a column of no question.

    Raises
    ------
    UsageError
        BS-E448 no column of the person or of the day; BS-E320, BS-E321.
    """
    table = read_csv_table(path)
    header = [h.strip().casefold() for h in table.header]
    person = next((header.index(n) for n in PERSON_NAMES if n in header), None)
    day = next((header.index(n) for n in DAY_NAMES if n in header), None)
    if person is None or day is None:
        lacks = RECORD if person is None else DAY
        raise UsageError("BS-E448", f"found no column {lacks}.", file=path)
    twice = sorted({h for h in header if h in names and header.count(h) > 1})
    if twice:
        raise UsageError("BS-E448", f"found the column {twice[0]} twice.", file=path)
    problems = [
        problem("BS-W444", path, f"Found the column {h!r}, which is no question.")
        for n, h in enumerate(header)
        if h and n not in {person, day} and h not in names and h not in PASSED_OVER
    ]
    rows = []
    for row in table.rows:
        cells = dict(zip(header, row.cells, strict=False))
        who = unwrap_excel_text(cells.get(header[person], ""))
        if not who:
            problems.append(cell_problem(path, row.line, header[person], "found nobody"))
            continue
        try:
            on = parse_date(cells.get(header[day], ""), minguo=False)
        except Refused as error:
            problems.append(cell_problem(path, row.line, header[day], str(error)))
            continue
        answers = {n: cells[n] for n in names if cells.get(n)}
        rows.append(AnswerRow(line=row.line, person=who, day=on, cells=answers))
    return tuple(rows), problems


def problem(code: str, path: Path, reason: str) -> Problem:
    """Make a problem of this file."""
    severity = Severity.WARNING if code.startswith("BS-W") else Severity.ERROR
    return Problem(
        code=code, severity=severity, file=str(path), reason=reason, hint=code_info(code).hint
    )


def cell_problem(path: Path, line: int, column: str, found: str) -> Problem:
    """Name a cell that can't be kept by its line and column."""
    return problem("BS-E447", path, f"Line {line}, column {column!r}: {found}.")


def template_text(names: Iterable[str]) -> str:
    """Write the header of a table to fill."""
    return _csv([[RECORD, DAY, *names]])


def redcap_text(rows: Iterable[AnswerRow], names: Sequence[str], event: str) -> str:
    """Write answers as REDCap imports them: each day an instance of one repeating form."""
    lines = [[*HEAD, DAY, *names, f"{FORM}_complete"]]
    seen: dict[str, int] = {}
    for row in rows:
        seen[row.person] = seen.get(row.person, 0) + 1
        head = [row.person, event, FORM, str(seen[row.person]), row.day.isoformat()]
        lines.append([*head, *(row.cells.get(n, "") for n in names), "1"])
    return _csv(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryField:
    """One question as REDCap's data dictionary names it."""

    name: str
    kind: str
    label: str
    section: str = ""
    fact: str = ""
    choices: str = ""


def dictionary_text(fields: Iterable[DictionaryField]) -> str:
    """Write REDCap's data dictionary of the form; limits are those of the facts."""
    rows = [list(DICTIONARY_HEAD), _row(DictionaryField(name=RECORD, kind="text", label="Person"))]
    rows.append(_row(DictionaryField(name=DAY, kind="date", label="Day of the answers")))
    rows += [_row(f) for f in fields]
    return _csv(rows)


def _row(field: DictionaryField) -> list[str]:
    types = {"yesno": "yesno", "choice": "radio"}
    fact = FACT_NAMES.get(field.fact)
    number = field.kind == "number" and fact is not None and fact.kind is FactKind.NUMBER
    checked = "number" if number else "date_ymd" if field.kind == "date" else ""
    known = {
        "Variable / Field Name": field.name,
        "Form Name": FORM,
        "Section Header": field.section,
        "Field Type": types.get(field.kind, "text"),
        "Field Label": field.label,
        "Choices, Calculations, OR Slider Labels": field.choices,
        "Text Validation Type OR Show Slider Number": checked,
        "Text Validation Min": f"{fact.low:g}" if number and fact and fact.low is not None else "",
        "Text Validation Max": f"{fact.high:g}"
        if number and fact and fact.high is not None
        else "",
        "Required Field?": "y" if field.name in {RECORD, DAY} else "",
    }
    return [known.get(head, "") for head in DICTIONARY_HEAD]


def _csv(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
