"""Who is due by any rule: the lists over a result folder, their table, page and calendar."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from bonescan.errors import EnvironmentFault, UsageError, code_info
from bonescan.files.calendar_file import DayEvent, calendar_text
from bonescan.files.tables import Column, table_text, write_atomically
from bonescan.guidance.due import IDENTITY, due_of
from bonescan.guidance.due_rules import rule_notes
from bonescan.guidance.load import load_rules
from bonescan.model.due import (
    DueList,
    DueRow,
    DueState,
    DueStudy,
    PersonDue,
    RuleNote,
)
from bonescan.model.outcome import Problem
from bonescan.model.vocabulary import Severity

from .due_people import due_people
from .pseudonyms import Pseudonyms

LANGUAGES = ("en", "zh-TW")
CSV_NAME, PAGE_NAME, CALENDAR_NAME = "due.csv", "due.html", "due.ics"
SUMMARY = ("bone follow-up", "骨骼追蹤")
UID_LENGTH = 32
IN_CALENDAR = frozenset({DueState.LATER, DueState.DUE, DueState.OVERDUE})

COLUMNS = (
    Column(name="patient_id", meaning="pseudonym"),
    Column(name="list", meaning="which list"),
    Column(name="leads", meaning="yes on the earliest row of the person"),
    Column(name="rule_ids", meaning="the rules"),
    Column(name="state", meaning="due, overdue, later, missed or cannot-be-judged"),
    Column(name="due_from", meaning="first day of the window; empty: nobody recorded since when"),
    Column(name="due_until", meaning="last day of the window; empty: no end is published"),
    Column(name="overdue_days", meaning="days since the last day of the window", unit="day"),
    Column(name="why", meaning="why, in words"),
    Column(name="because", meaning="the facts that made the rule fire"),
    Column(name="missing", meaning="facts to ask for"),
    Column(name="notes", meaning="conflicts of sources and limits"),
    Column(name="safety", meaning="safety notes that belong to the rule"),
)


def due_study(
    out: Path,
    *,
    on: date,
    lists: Sequence[str] = (),
    rules: Path | None = None,
    from_memory: bool = False,
) -> tuple[DueStudy, Pseudonyms]:
    """Judge every list for everybody of a result folder.

    Parameters
    ----------
    out : Path
        Result folder of `bonescan run`.
    on : date
        Facts and exams after it say nothing.
    lists : sequence of str
        Names of lists; empty for all.
    rules : Path, optional
        Folder of further rule tables.
    from_memory : bool
        Recommendations marked as from memory too.

    Returns
    -------
    study : DueStudy
    pseudonyms : Pseudonyms
        Of the folder; the calendar's identifiers are keyed with it.

    Raises
    ------
    UsageError
        BS-E305, BS-E400, BS-E403.
    """
    chosen = _chosen(lists)
    book = load_rules(rules)
    people, pseudonyms = due_people(out, on)
    judged = [due_of(person, book, from_memory=from_memory) for person in people]
    found = [_only(p, chosen) for p in judged if p is not None]
    rows = [row for person in found for row in person.rows]
    ids = [i for row in rows for i in (*row.rule_ids, *row.safety_ids)]
    study = DueStudy(
        on=on,
        people=tuple(found),
        left_out=sum(p is None for p in judged),
        rules=rule_notes(ids, book),
        questions=book.facts,
        lists=chosen,
    )
    return study, pseudonyms


def _chosen(lists: Sequence[str]) -> tuple[DueList, ...]:
    names = [str(known) for known in DueList]
    for name in lists:
        if name not in names:
            raise UsageError("BS-E403", f"found --list {name}, wanted one of {', '.join(names)}.")
    return tuple(known for known in DueList if not lists or known in lists)


def _only(person: PersonDue, lists: tuple[DueList, ...]) -> PersonDue:
    return replace(person, rows=tuple(r for r in person.rows if r.list_name in lists))


def study_problems(study: DueStudy) -> list[Problem]:
    """Name what the reader of the lists should know."""
    n = sum(any(row.why == IDENTITY for row in p.rows) for p in study.people)
    if not n:
        return []
    info = code_info("BS-W400")
    return [
        Problem(
            code=info.code,
            severity=Severity.WARNING,
            file="",
            reason=f"{n} {'person is' if n == 1 else 'people are'} in doubt by identity and "
            "judged by no rule.",
            hint=info.hint,
        )
    ]


# ------------------------------------------------------------------ as plain values


def study_dict(study: DueStudy) -> dict[str, Any]:
    """Give the lists as plain values, both languages side by side."""
    return {
        "on": study.on.isoformat(),
        "lists": [str(name) for name in study.lists],
        "counts": study.counts(),
        "people": [_person_dict(p, study) for p in study.people if p.rows],
        "rules": {i: _note_dict(n) for i, n in study.rules.items()},
    }


def _person_dict(person: PersonDue, study: DueStudy) -> dict[str, Any]:
    return {
        "patient_id": person.patient_id,
        "rows": [_row_dict(r) for r in person.rows],
        "ask": [
            {"fact": n, "en": study.questions[n].ask_en, "zh": study.questions[n].ask_zh}
            for n in dict.fromkeys(n for r in person.unjudged for n in r.missing)
        ],
    }


def _row_dict(row: DueRow) -> dict[str, Any]:
    return {
        "list": str(row.list_name),
        "rule_ids": list(row.rule_ids),
        "state": str(row.state),
        "due_from": row.due_from.isoformat() if row.due_from else None,
        "due_until": row.due_until.isoformat() if row.due_until else None,
        "overdue_days": row.overdue_days,
        "why": {"en": row.why[0], "zh": row.why[1]},
        "because": list(row.reasons),
        "missing": list(row.missing),
        "notes": [{"en": en, "zh": zh} for en, zh in row.notes],
        "safety_ids": list(row.safety_ids),
    }


def _note_dict(note: RuleNote) -> dict[str, str]:
    return {"en": note.text[0], "zh": note.text[1], "source": note.source,
            "evidence": note.evidence}  # fmt: skip


# ------------------------------------------------------------------ as files


def write_due(study: DueStudy, pseudonyms: Pseudonyms, folder: Path, lang: str) -> tuple[Path, ...]:
    """Write due.csv, due.html and due.ics into a folder, made if it is new.

    Raises
    ------
    EnvironmentFault
        BS-E501 when it can't be written.
    """
    from bonescan.report.due_page import due_page

    texts = {
        CSV_NAME: table_text(COLUMNS, _csv_rows(study, lang)),
        PAGE_NAME: due_page(study, lang),
        CALENDAR_NAME: calendar_text(events(study, pseudonyms, lang), stamp=study.on),
    }
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            write_atomically(folder / name, text.encode("utf-8"))
            written.append(folder / name)
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the folder can't be written: {error.strerror}.", file=folder
        ) from error
    return tuple(written)


def _csv_rows(study: DueStudy, lang: str) -> Iterator[dict[str, Any]]:
    i = LANGUAGES.index(lang)
    for person in study.people:
        lead = next((r for r in person.rows if r.state in IN_CALENDAR and r.rule_ids), None)
        for row in person.rows:
            yield {
                "patient_id": person.patient_id,
                "list": str(row.list_name),
                "leads": (row is lead) or None,
                "rule_ids": row.rule_ids,
                "state": str(row.state),
                "due_from": row.due_from,
                "due_until": row.due_until,
                "overdue_days": row.overdue_days,
                "why": row.why[i],
                "because": row.reasons,
                "missing": row.missing,
                "notes": " ".join(n[i] for n in row.notes),
                "safety": " ".join(f"[{s}] {study.rules[s].text[i]}" for s in row.safety_ids),
            }


def events(study: DueStudy, pseudonyms: Pseudonyms, lang: str = "en") -> Iterable[DayEvent]:
    """Make one whole-day event a person and due date: pseudonym and "bone follow-up", no more.

    What is due already stands on the day of the list. The identifier rests on
    person and due date alone, keyed, so that a calendar updates and a stranger
    can't tell from it who it is.
    """
    found: dict[str, DayEvent] = {}
    for person in study.people:
        for row in person.rows:
            if row.state not in IN_CALENDAR or row.list_name is DueList.PERSON:
                continue
            begin = row.due_from.isoformat() if row.due_from else "open"
            body = f"due\0{person.patient_id}\0{begin}".encode()
            uid = hmac.digest(pseudonyms.key, body, "sha256").hex()[:UID_LENGTH]
            day = max(row.due_from or study.on, study.on)
            summary = f"{person.patient_id} {SUMMARY[LANGUAGES.index(lang)]}"
            found.setdefault(uid, DayEvent(uid=f"{uid}@bonescan", day=day, summary=summary))
    return sorted(found.values(), key=lambda e: (e.day, e.summary, e.uid))
