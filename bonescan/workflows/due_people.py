"""Everybody of a result folder as the lists of who is due read them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bonescan.classify.known_facts import KnownFacts
from bonescan.model.due import DuePerson, Pair
from bonescan.model.guidance import FactSheet
from bonescan.model.page import PersonPage
from bonescan.model.person import Fact
from bonescan.model.vocabulary import OutcomeKind

from .gather_study import Study
from .guide_person import opened_study
from .person_sheet import person_sheet
from .pseudonyms import Pseudonyms

CONFLICT = "identity_conflict"
DXA_ELSEWHERE = "elsewhere"


def due_people(out: Path, on: date) -> tuple[list[DuePerson], Pseudonyms]:
    """Gather everybody, scanned or only recorded, as known on a day.

    Raises
    ------
    UsageError
        BS-E305: there is no store of ours.
    """
    with opened_study(out) as (study, pseudonyms):
        people = [person for person, _page in _everybody(study, pseudonyms, on)]
    return people, pseudonyms


def due_people_with_pages(out: Path, on: date) -> list[tuple[DuePerson, PersonPage | None]]:
    """Gather everybody with what their page shows; None for whom no scan names.

    Raises
    ------
    UsageError
        BS-E305: there is no store of ours.
    """
    with opened_study(out) as (study, pseudonyms):
        return _everybody(study, pseudonyms, on)


def _everybody(
    study: Study, pseudonyms: Pseudonyms, on: date
) -> list[tuple[DuePerson, PersonPage | None]]:
    found: list[tuple[DuePerson, PersonPage | None]]
    found = [(_scanned(page, study, on), page) for page in study.people]
    found += [(_recorded(name, facts, on), None) for name, facts in _others(study, pseudonyms)]
    return sorted(found, key=lambda pair: pair[0].patient_id)


def _scanned(page: PersonPage, study: Study, on: date) -> DuePerson:
    facts = study.facts.get(page.pseudonym, ())
    doubt = any(CONFLICT in v.verdict.flags for v in page.verdicts) or any(
        CONFLICT in e.person.flags for e in page.exams
    )
    sheet = (
        FactSheet(patient_id=page.patient_id, on=on)
        if doubt
        else person_sheet(page.patient_id, on, facts, page)
    )
    return DuePerson(
        sheet=sheet,
        facts=facts,
        birth_date=None if doubt else _birth_date(page, facts),
        assessed=_assessed(page, facts, on),
        review=tuple(_review(page)),
        identity_in_doubt=doubt,
    )


def _recorded(name: str, facts: tuple[Fact, ...], on: date) -> DuePerson:
    return DuePerson(
        sheet=person_sheet(name, on, facts, None),
        facts=facts,
        birth_date=_birth_date(None, facts),
        assessed=_assessed(None, facts, on),
    )


def _others(study: Study, pseudonyms: Pseudonyms) -> list[tuple[str, tuple[Fact, ...]]]:
    people: dict[str, list[Fact]] = {}
    for fact in study.facts_without_scan:
        name = pseudonyms.of(fact.issuer or "", fact.patient_id)
        people.setdefault(name, []).append(fact)
    return [(name, tuple(facts)) for name, facts in people.items()]


def _birth_date(page: PersonPage | None, facts: tuple[Fact, ...]) -> date | None:
    scanned = () if page is None else [e.person.birth_date for e in reversed(page.exams)]
    known = next((b for b in scanned if b), None)
    if known is not None:
        return known
    recorded = {f.value for f in facts if f.fact == "birth_date"}
    return date.fromisoformat(recorded.pop()) if len(recorded) == 1 else None


def _assessed(
    page: PersonPage | None, facts: tuple[Fact, ...], on: date
) -> tuple[tuple[date, str], ...]:
    """List days with a bone density: rows of patients.csv, and what was done elsewhere."""
    known = KnownFacts.of(facts, on)
    days = {(d, DXA_ELSEWHERE) for d, _v in known.until("bmd_elsewhere")}
    if page is not None:
        days |= {
            (v.exam_date, str(v.verdict.technique))
            for v in page.verdicts
            if v.exam_date is not None and v.exam_date <= on
        }
    return tuple(sorted(days))


def _review(page: PersonPage) -> list[Pair]:
    """Say what has to be looked at: files nobody could read for certain, and doubtful records."""
    found = []
    files = [e.file for e in page.exams if e.outcome == OutcomeKind.NEEDS_REVIEW]
    if files:
        n = len(files)
        found.append((f"Files to be reviewed: {n}.", f"待人工確認之檔案：{n} 個。"))
    days = sorted({v.exam_date.isoformat() if v.exam_date else "–"
                   for v in page.verdicts if v.verdict.needs_review})  # fmt: skip
    if days:
        found.append((f"Results to be reviewed: {', '.join(days)}.",
                      f"待人工確認之結果：{'、'.join(days)}。"))  # fmt: skip
    return found
