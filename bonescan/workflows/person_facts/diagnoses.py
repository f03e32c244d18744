"""Recorded cancers and diseases as facts."""

from __future__ import annotations

from datetime import date

from bonescan.classify.known_facts import KnownFacts
from bonescan.guidance.recorded_words import CANCER, DISEASE, facts_named_by

from .denials import denied, not_understood
from .values import FROM_FACTS, Values, texts


def diagnoses(known: KnownFacts, on: date) -> tuple[Values, tuple[str, ...]]:
    """Turn cancers and diseases into facts, and list what was not understood.

    A yes of one kind goes before a no of the other: a disease may be recorded
    as "breast cancer" while no cancer is.
    """
    found: Values = {}
    unread: tuple[str, ...] = ()
    for kind in (CANCER, DISEASE):
        records = texts(known, (kind,))
        found |= denied(kind, records, on)
        unread += not_understood(kind, records)
    for kind in (CANCER, DISEASE):
        for _day, _name, text in texts(known, (kind,)):
            found |= dict.fromkeys(facts_named_by(kind, text), (True, text))
    days = breast_cancer_days(known)
    if days:
        found["breast_cancer_date"] = (days[0], FROM_FACTS)
    return found, unread


def breast_cancer_days(known: KnownFacts) -> list[date]:
    """List the days on which breast cancer was recorded."""
    return [
        d
        for kind in (CANCER, DISEASE)
        for d, _name, v in texts(known, (kind,))
        if d is not None and "breast_cancer" in facts_named_by(kind, v)
    ]
