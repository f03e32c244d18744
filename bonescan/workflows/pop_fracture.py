"""Fractures of women in a pregnancy study: taken in, listed, counted, and never analysed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from bonescan.errors import UsageError
from bonescan.files.fact_values_error import Refused
from bonescan.files.fracture_event import FACT, fracture_text, read_fracture
from bonescan.model.person import Fact
from bonescan.model.pop_page import PopFracture
from bonescan.store.open_store import open_store

from .pop_record import Recorded, record_facts
from .pseudonyms import open_pseudonyms

BY_BONE = frozenset({"none", "light"})  # trauma that a sound bone withstands


def record_fracture(
    out: Path, patient: str, fracture: PopFracture, *, issuer: str | None, on: date
) -> Recorded:
    """Keep a fracture, and for guidance whether it was a fragility fracture.

    Raises
    ------
    UsageError
        BS-E449: a site or trauma that can't be; BS-E446: a day to come, nobody of that name.
    """
    try:
        text = fracture_text(fracture)
    except Refused as error:
        raise UsageError("BS-E449", f"{error}.") from error
    name = "fragility_fracture" if fracture.trauma in BY_BONE else "other_fracture"
    entries: list[tuple[str, str, date | None]] = [
        (FACT, text, fracture.day),
        (name, fracture.site, fracture.day),
    ]
    return record_facts(out, patient, entries, issuer=issuer, source="pop fracture", on=on)


def fractures_of(
    facts: Iterable[Fact], on: date, scans: Sequence[tuple[date, str]] = ()
) -> tuple[PopFracture, ...]:
    """List the fractures in somebody's facts, each with the scanned visits around it.

    A later record of one site and day (imaging read, adjudicated) goes before the earlier.

    Parameters
    ----------
    facts : iterable of Fact
        Of one woman.
    on : date
        Later fractures say nothing.
    scans : sequence of (date, str)
        Days of scans and the visits they belong to.
    """
    found: dict[tuple[date, str], PopFracture] = {}
    for fact in facts:
        if fact.fact != FACT or fact.date is None or fact.date > on:
            continue
        fracture = read_fracture(fact.date, fact.value)
        if fracture is None:
            continue
        key = fact.date, fracture.site
        before = found.get(key)
        if before is not None:
            fracture = replace(
                fracture,
                imaging=fracture.imaging or before.imaging,
                adjudicated=fracture.adjudicated or before.adjudicated,
            )
        found[key] = fracture
    return tuple(replace(found[k], near=_near(k[0], scans)) for k in sorted(found))


def _near(day: date, scans: Sequence[tuple[date, str]]) -> str:
    before = max((s for s in scans if s[0] <= day), default=None)
    after = min((s for s in scans if s[0] > day), default=None)
    return ", ".join(f"{name} {when.isoformat()}" for when, name in filter(None, (before, after)))


def fracture_summary(out: Path, people: Iterable[str], on: date) -> dict[str, Any]:
    """Count the fractures of these women; always said to be underpowered.

    At 4 to 8 cases of pregnancy-associated osteoporosis in a million pregnancies no cohort
    of the usual size has events enough for a conclusion.

    Parameters
    ----------
    out : Path
    people : iterable of str
        Pseudonyms.
    on : date
    """
    wanted = set(people)
    store = open_store(out)
    try:
        facts = store.facts()
    finally:
        store.close()
    pseudonyms = open_pseudonyms(out)
    by_woman: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.fact != FACT:
            continue
        name = pseudonyms.of(fact.issuer or "", fact.patient_id)
        if name in wanted:
            by_woman.setdefault(name, []).append(fact)
    events = [f for facts_ in by_woman.values() for f in fractures_of(facts_, on)]
    trauma = Counter(f.trauma for f in events)
    return {
        "n_events": len(events),
        "n_adjudicated": sum(bool(f.adjudicated) for f in events),
        "by_trauma": {word: trauma.get(word, 0) for word in ("none", "light", "other")},
        "underpowered": True,
        "note": f"{len(events)} fracture events: underpowered, no conclusion may be drawn.",
    }
