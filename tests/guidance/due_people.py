"""People made of facts alone, as the lists read them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from bonescan.guidance.due import due_of
from bonescan.guidance.load import load_rules
from bonescan.model.due import DueList, DuePerson, DueRow, DueState, PersonDue
from bonescan.model.person import Fact
from bonescan.workflows.person_sheet import person_sheet

BOOK = load_rules()
ON = date(2026, 3, 1)


def fact(name: str, value: str = "yes", day: str | date | None = None) -> Fact:
    """One recorded fact; ISO dates are easier to read in tests, so `day` may be text."""
    when = date.fromisoformat(day) if isinstance(day, str) else day
    return Fact(patient_id="7", issuer="H", date=when, fact=name, value=value)


def person(
    facts: Iterable[Fact] = (),
    *,
    scans: Iterable[tuple[str, str]] = (),
    on: str | date = ON,
    **more: object,
) -> DuePerson:
    """A person of the store: facts, and days of bone density with their technique."""
    day = date.fromisoformat(on) if isinstance(on, str) else on
    known = tuple(facts)
    births = [f.value for f in known if f.fact == "birth_date"]
    assessed = tuple(sorted((date.fromisoformat(d), t) for d, t in scans))
    recorded = known + tuple(  # what the sheet learns from a scan, it learns from this fact too
        fact("bmd_elsewhere", "yes", d) for d, _t in assessed
    )
    sheet = person_sheet("P-aaaaaaaaaa", day, recorded, None)
    return DuePerson(
        sheet=sheet,
        facts=known,
        birth_date=date.fromisoformat(births[0]) if births else None,
        assessed=assessed,
        **more,  # type: ignore[arg-type]
    )


def due(who: DuePerson, *, from_memory: bool = False) -> PersonDue | None:
    """Judge every list."""
    return due_of(who, BOOK, from_memory=from_memory)


def rows(who: DuePerson, name: DueList, *, from_memory: bool = False) -> list[DueRow]:
    """Give the rows of one list that could be judged."""
    found = due(who, from_memory=from_memory)
    assert found is not None
    return [r for r in found.rows
            if r.list_name is name and r.state is not DueState.CANNOT_BE_JUDGED]  # fmt: skip


def unjudged(who: DuePerson, name: DueList) -> dict[str, tuple[str, ...]]:
    """Give the missing facts of one list by rule."""
    found = due(who)
    assert found is not None
    return {", ".join(r.rule_ids): r.missing for r in found.unjudged if r.list_name is name}
