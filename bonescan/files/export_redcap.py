"""Tables in REDCap's flat form: one import file, and the data dictionary of its project."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from .result_tables import CellKind, ResultTable, TypedColumn

DATA_NAME, DICTIONARY_NAME = "redcap_data.csv", "redcap_data_dictionary.csv"
RECORD = "record_id"
PERSON = "patient_id"
PERSON_FORM = "person"
# table -> form; a field is its column behind the first letters of the form
FORMS = {"results": "result", "patients": "verdict"}
# what points at a person or at one exam of one (dates, numbers of records, devices and files):
# REDCap leaves marked fields out of a de-identified export
IDENTIFYING = frozenset(
    {
        "file", "sha256", "accession_number", "study_uid", "operator", "exam_date", "exam_time",
        "device_serial",
    }
)  # fmt: skip
UNVERIFIED = "1"  # REDCap: 0 incomplete, 1 unverified, 2 complete; nobody has looked yet
HEAD = (RECORD, "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")
# the order in which REDCap itself writes and reads its data dictionary
DICTIONARY_HEAD = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
VALIDATION = {
    CellKind.NUMBER: "number",
    CellKind.WHOLE: "integer",
    CellKind.DATE: "date_ymd",
}


def write_redcap(tables: Sequence[ResultTable], folder: Path, event: str) -> list[Path]:
    """Write the import file and the dictionary.

    A person is a record; rows of ``results.csv`` and ``patients.csv`` are
    instances of two repeating instruments, numbered from 1 in the order of the
    tables. Yes and no are 1 and 0, as REDCap codes them.

    Parameters
    ----------
    tables : sequence of ResultTable
        Those without a form of their own are passed over.
    folder : Path
        Exists.
    event : str
        Unique name of the event, as ``visits_arm_1``; empty for a project
        without events.
    """
    forms = [(FORMS[t.name], t) for t in tables if t.name in FORMS]
    data, dictionary = folder / DATA_NAME, folder / DICTIONARY_NAME
    _write(data, _data_rows(forms, event))
    _write(dictionary, _dictionary_rows(forms))
    return [data, dictionary]


def _write(path: Path, rows: Iterator[list[str]]) -> None:
    draft = path.with_name(f".tmp-{path.name}")
    with draft.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    draft.replace(path)


def _fields(form: str, table: ResultTable) -> list[tuple[int, str, TypedColumn]]:
    return [(n, f"{form}_{c.name}", c) for n, c in enumerate(table.columns) if c.name != PERSON]


def _data_rows(forms: Sequence[tuple[str, ResultTable]], event: str) -> Iterator[list[str]]:
    names = [
        name
        for form, t in forms
        for name in [*(f for _, f, _ in _fields(form, t)), f"{form}_complete"]
    ]
    yield [*HEAD, *names]
    widths = [len(_fields(form, t)) + 1 for form, t in forms]
    for number, (form, table) in enumerate(forms):
        before, after = [""] * sum(widths[:number]), [""] * sum(widths[number + 1 :])
        fields = _fields(form, table)
        person = [c.name for c in table.columns].index(PERSON)
        seen: Counter[str] = Counter()
        for row in table.rows():
            record = row[person]
            seen[record] += 1
            cells = [_coded(row[n], column) for n, _, column in fields]
            head = [record, event, form, str(seen[record])]
            yield [*head, *before, *cells, UNVERIFIED, *after]


def _coded(cell: str, column: TypedColumn) -> str:
    if column.kind is CellKind.YES_NO and cell:
        return "1" if cell == "yes" else "0"
    return cell


def _dictionary_rows(forms: Sequence[tuple[str, ResultTable]]) -> Iterator[list[str]]:
    yield list(DICTIONARY_HEAD)
    yield _dictionary_row(RECORD, PERSON_FORM, "text", "Person (pseudonym)")
    for form, table in forms:
        for _, name, column in _fields(form, table):
            kind = "yesno" if column.kind is CellKind.YES_NO else "text"
            label = column.meaning or column.name
            validation = VALIDATION.get(column.kind, "")
            identifies = "y" if _identifies(column.name) else ""
            yield _dictionary_row(name, form, kind, label, column.unit, validation, identifies)


def _identifies(name: str) -> bool:
    return name in IDENTIFYING or name.endswith(("_date", "_uid"))


def _dictionary_row(
    name: str,
    form: str,
    kind: str,
    label: str,
    note: str = "",
    validation: str = "",
    identifies: str = "",
) -> list[str]:
    known = {
        "Variable / Field Name": name,
        "Form Name": form,
        "Field Type": kind,
        "Field Label": label,
        "Field Note": note if note != "1" else "",
        "Text Validation Type OR Show Slider Number": validation,
        "Identifier?": identifies,
    }
    return [known.get(head, "") for head in DICTIONARY_HEAD]
