"""What a page shows: plain values, gathered by a workflow, drawn by `report`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from .exam import Device, Exam
from .measurement import LabelledRow
from .outcome import Picture, Problem
from .person import PersonAtExam, PersonVerdict
from .reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRow:
    """One row of results.csv with what surrounds it."""

    file: str
    sha256: str
    labelled: LabelledRow
    exam: Exam
    device: Device
    person: PersonAtExam
    part: int = 0  # of a table of many people


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """One row of readings.csv: a number as a carrier gave it, with the exam it is of."""

    file: str
    sha256: str
    part: int  # of a table of many people; 0 otherwise
    exam_date: date | None
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class PageExam:
    """One exam of a person, with or without numbers in it."""

    file: str
    outcome: str
    reason: str
    hint: str
    exam: Exam
    device: Device
    person: PersonAtExam
    sha256: str = ""
    part: int = 0  # of a table of many people


@dataclass(frozen=True, slots=True, kw_only=True)
class PageVerdict:
    """One row of patients.csv."""

    exam_date: date | None
    verdict: PersonVerdict
    content: str = ""  # sha256 of the one content it is about; only where the date is unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPage:
    """Everything about one person."""

    patient_id: str  # pseudonym, or the chart number when the site chose so
    rows: tuple[PageRow, ...]
    verdicts: tuple[PageVerdict, ...]
    exams: tuple[PageExam, ...] = ()  # every exam, also those without a row
    pictures: tuple[tuple[str, Picture], ...] = ()  # (file, picture)
    details: tuple[tuple[str, str, str], ...] = ()  # (file, key, text): quality in words
    problems: tuple[Problem, ...] = ()
    readings: tuple[PageReading, ...] = ()  # every number found, in the order of its carrier
    pseudonym: str = ""  # names the page also when the chart number is shown

    @property
    def page_name(self) -> str:
        """File name of the page, without folder; pseudonyms are safe names by construction."""
        return f"{self.pseudonym or self.patient_id}.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One row of files.csv, fields as text in its order."""

    file: str
    sha256: str
    bytes: int | None
    format: str
    carrier: str
    site: str
    outcome: str
    code: str
    reason: str
    hint: str
    n_results: int
    patient_id: str = ""  # not a column: for links on the index page


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPage:
    """Everything about one result folder."""

    title: str
    version: str
    files: tuple[FileRow, ...]
    people: tuple[PersonPage, ...]
    problems: tuple[Problem, ...]
    outcome_counts: dict[str, int] = field(default_factory=dict)
    category_counts: dict[str, int] = field(default_factory=dict)
    attrition: tuple[dict[str, Any], ...] = ()  # rows of attrition.csv
    model_text: str = ""  # which REMS-style model, in words
    settings_text: tuple[tuple[str, str], ...] = ()
    flag_texts: dict[str, str] = field(default_factory=dict)  # flag -> plain words
    norms_dir: Path | None = None  # the site's own reference tables, to draw what the scores name
