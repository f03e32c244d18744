"""Write what a result folder shows: tables, dictionary, run record, pages."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from bonescan import __version__
from bonescan.files.attrition_table import ATTRITION_COLUMNS
from bonescan.files.flag_texts import all_flags
from bonescan.files.tables import (
    DICTIONARY_COLUMNS,
    FILES_COLUMNS,
    IDENTITY_COLUMNS,
    PATIENTS_COLUMNS,
    READINGS_COLUMNS,
    RESULTS_COLUMNS,
    dictionary_rows,
    write_atomically,
    write_table,
)
from bonescan.model.page import PageReading, PageRow, PageVerdict, PersonPage, StudyPage
from bonescan.model.reading import Reading

from .attrition import attrition_rows
from .gather_study import Study
from .patient_change import change_cells, patient_changes

PRIVATE_MODE = 0o600
SHA256_OF_NOTHING = hashlib.sha256(b"").hexdigest()


def write_tables(out: Path, study: Study) -> None:
    """Write the CSV files; the same study gives the same bytes."""
    flags = dictionary_rows(all_flags())
    write_table(out / "files.csv", FILES_COLUMNS, (_file_cells(f) for f in study.files))
    write_table(out / "results.csv", RESULTS_COLUMNS, result_rows(study))
    write_table(out / "patients.csv", PATIENTS_COLUMNS, patient_rows(study))
    write_table(out / "readings.csv", READINGS_COLUMNS, reading_rows(study))
    write_table(out / "attrition.csv", ATTRITION_COLUMNS, attrition_rows(study))
    write_table(out / "data_dictionary.csv", DICTIONARY_COLUMNS, flags)
    write_table(out / "identities.csv", IDENTITY_COLUMNS, study.identities, PRIVATE_MODE)


def write_run_record(out: Path, record: Mapping[str, Any]) -> None:
    """Write run.json: versions, settings, hashes, counts, times."""
    text = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    write_atomically(out / "run.json", (text + "\n").encode("utf-8"))


def remove_pages(out: Path) -> None:
    """Take away the pages of an earlier run, which would contradict the tables of this one."""
    for page in [out / "index.html", *(out / "patients").glob("P-*.html")]:
        page.unlink(missing_ok=True)


def write_pages(
    out: Path,
    study: Study,
    *,
    model_text: str,
    settings_text: tuple[tuple[str, str], ...],
    norms_dir: Path | None = None,
) -> None:
    """Write index.html and one page a person."""
    from bonescan.report.pages import write_pages as draw

    draw(
        out,
        StudyPage(
            title="bonescan results",
            version=__version__,
            files=study.files,
            people=study.people,
            problems=study.problems,
            outcome_counts=study.outcome_counts,
            category_counts=study.category_counts,
            attrition=tuple(attrition_rows(study)),
            model_text=model_text,
            settings_text=settings_text,
            flag_texts=all_flags(),
            norms_dir=norms_dir,
        ),
    )


def result_rows(study: Study) -> Iterator[dict[str, Any]]:
    """Make the rows of results.csv, in their final order, of one person at a time."""
    order = ("exam_date", "technique", "site", "origin", "sha256")
    for pages in _by_person(study):
        rows = [_result_cells(page, row, study) for page in pages for row in page.rows]
        yield from sorted(rows, key=lambda r: tuple(str(r[name] or "") for name in order))


def _by_person(study: Study) -> Iterator[list[PersonPage]]:
    """Bring pages of one shown name together: two issuers may give out one chart number."""
    people = sorted(study.people, key=lambda p: str(p.patient_id or ""))
    for _, pages in groupby(people, key=lambda p: str(p.patient_id or "")):
        yield list(pages)


def patient_rows(study: Study) -> list[dict[str, Any]]:
    """Make the rows of patients.csv, in their final order."""
    rows = []
    for page in study.people:
        changes = patient_changes(page)
        for entry in page.verdicts:
            found = changes.get((entry.exam_date, entry.verdict.technique), {})
            cells = change_cells(found, entry.verdict.deciding_site)
            rows.append(_patient_cells(page, entry) | cells)
    return rows


def reading_rows(study: Study) -> Iterator[dict[str, Any]]:
    """Make the rows of readings.csv: by person, day and file, then in the order of the file."""
    for pages in _by_person(study):
        rows = [
            ((str(r.exam_date or ""), r.sha256, r.part, number), page.patient_id, r)
            for page in pages
            for number, r in enumerate(page.readings)
        ]
        for _, name, reading in sorted(rows, key=lambda row: row[0]):
            yield _reading_cells(name, reading)


def _reading_cells(patient_id: str, entry: PageReading) -> dict[str, Any]:
    own = {"file": entry.file, "sha256": entry.sha256, "exam_date": entry.exam_date}
    named = {name: getattr(entry.reading, name) for name in _READING_FIELDS}
    return {**own, "patient_id": patient_id, **named}


_READING_FIELDS = tuple(
    c.name for c in READINGS_COLUMNS if c.name in {f.name for f in dataclasses.fields(Reading)}
)


def _file_cells(file: Any) -> dict[str, Any]:
    cells = {c.name: getattr(file, c.name) for c in FILES_COLUMNS}
    if file.code == "BS-E101" or (not file.bytes and file.sha256 != SHA256_OF_NOTHING):
        cells["sha256"] = ""  # its bytes were never seen: inside, it goes by a hash of its place
    return cells


def _result_cells(page: PersonPage, row: PageRow, study: Study) -> dict[str, Any]:
    m, s, v = row.labelled.measurement, row.labelled.scores, row.labelled.verdict
    outcome = study.contents[row.sha256].outcome
    cells: dict[str, Any] = {
        "file": row.file,
        "sha256": row.sha256,
        "format": outcome.format_name,
        "carrier": outcome.carrier,
        "patient_id": page.patient_id,
        "exam_date": row.exam.exam_date,
        "manufacturer": row.device.manufacturer,
        "device_model": row.device.model,
        "device_serial": row.device.serial,
        "software_version": row.device.software_version,
    }
    person = (
        "sex",
        "age_years",
        "height_cm",
        "weight_kg",
        "bmi_kg_m2",
        "menopausal_status",
    )
    exam = ("exam_time", "accession_number", "study_uid", "operator")
    cells |= {name: getattr(row.person, name) for name in person}
    cells |= {name: getattr(row.exam, name) for name in exam}
    for source in (m, s, v):
        for column in RESULTS_COLUMNS:
            if column.name not in cells and hasattr(source, column.name):
                cells[column.name] = getattr(source, column.name)
    cells["flags"] = tuple(sorted({*m.flags, *s.flags, *v.flags, *row.person.flags}))
    return cells


def _patient_cells(page: PersonPage, entry: PageVerdict) -> dict[str, Any]:
    verdict = entry.verdict
    people = [
        r.person
        for r in page.rows
        if r.exam.exam_date == entry.exam_date
        and r.labelled.measurement.technique == verdict.technique
        and entry.content in {"", r.sha256}
    ]
    person = min(people, key=lambda p: (p.age_years is None, p.menopausal_status is None))
    return {
        "patient_id": page.patient_id,
        "exam_date": entry.exam_date,
        "technique": verdict.technique,
        "sex": person.sex,
        "age_years": person.age_years,
        "menopausal_status": person.menopausal_status,
        "fragility_fracture": person.fragility_fracture,
        "category": verdict.category,
        "severity": verdict.severity,
        "deciding_site": verdict.deciding_site,
        "deciding_score": verdict.deciding_score,
        "category_rule": verdict.category_rule,
        "needs_review": verdict.needs_review,
        "flags": tuple(sorted(verdict.flags)),
    }
