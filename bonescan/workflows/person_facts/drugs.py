"""Recorded drugs as facts: what is taken, what was, and what follows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bonescan.classify.known_facts import KnownFacts
from bonescan.guidance.recorded_words import DRUG, facts_named_by, read_record, recorded_words

from .denials import denied, not_understood
from .denosumab import denosumab
from .drug_courses import DOSE, START, STOP, drug_courses
from .values import Text, Values, texts

EVER = {"denosumab": "denosumab", "bisphosphonate": "bisphosphonate_ever"}


def drug_records(known: KnownFacts) -> list[Text]:
    """List starts, doses and stops."""
    return texts(known, (START, DOSE, STOP))


def drugs(known: KnownFacts, on: date) -> tuple[Values, tuple[str, ...]]:
    """Turn starts, doses and stops into facts, and list what was not understood."""
    records = drug_records(known)
    courses = drug_courses(records, on)
    found = denied(DRUG, records, on)
    for name in recorded_words()[DRUG]:
        last = _last_text(records, name)
        if last is None:
            continue
        if name in EVER:
            found[EVER[name]] = (True, last)  # what follows a dose matters after the stop
        taken = courses.fact(name)
        if name != "denosumab" and _is_told(taken, name, records):
            found[name] = (bool(taken), last)
    found |= _hormone_stop(found, records)
    found |= denosumab(records, courses)
    return found, not_understood(DRUG, records)


def in_pregnancy(known: KnownFacts, start: date, end: date) -> Values:
    """Tell of heparin or steroids in a pregnancy; nothing recorded is not "no"."""
    for day, _name, text in drug_records(known):
        risky = any(drug.pregnancy_risk for drug in read_record(DRUG, text).drugs)
        if risky and day is not None and start <= day <= end:
            return {"heparin_or_steroid_in_pregnancy": (True, f"{text} {day}")}
    courses = drug_courses(drug_records(known), start)
    if any(drug.pregnancy_risk and courses.taken(drug) for drug in courses.states):
        return {"heparin_or_steroid_in_pregnancy": (True, "drug record")}
    return {}


def _last_text(records: Sequence[Text], name: str) -> str | None:
    return next((v for _d, _n, v in reversed(records) if name in facts_named_by(DRUG, v)), None)


def _is_told(taken: bool | None, name: str, records: Sequence[Text]) -> bool:
    """Whether what is taken is known: a drug of the class may stand in what nobody could read."""
    if taken is not False:
        return taken is not None
    stopped = max(
        (d for d, n, v in records if d and n == STOP and name in facts_named_by(DRUG, v)),
        default=date.min,
    )
    return not any(
        n != STOP and (d is None or d >= stopped) and not read_record(DRUG, v).understood
        for d, n, v in records
    )


def _hormone_stop(found: Values, records: Sequence[Text]) -> Values:
    """Give the day of the stop, unless hormones may be taken again."""
    if found.get("hormone_therapy", (None, ""))[0] is not False:
        return {}
    stops = [(d, v) for d, n, v in records
             if d and n == STOP and "hormone_therapy" in facts_named_by(DRUG, v)]  # fmt: skip
    return {"hormone_therapy_stop_date": stops[-1]} if stops else {}
