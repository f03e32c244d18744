"""Recorded facts of one person, and the sheet that comes of them."""

from __future__ import annotations

from datetime import date

from bonescan.model.guidance import FactSheet, Known
from bonescan.model.page import PageVerdict, PersonPage
from bonescan.model.person import Fact, PersonVerdict
from bonescan.model.vocabulary import Category, Technique
from bonescan.workflows.person_sheet import person_sheet

TODAY = date(2026, 3, 1)


def fact(name: str, value: str, day: date | None = None) -> Fact:
    """One recorded fact; without a day it is true of the person."""
    return Fact(patient_id="p", issuer=None, date=day, fact=name, value=value)


def sheet(*facts: Fact, page: PersonPage | None = None, on: date = TODAY) -> FactSheet:
    """The sheet of a person of whom these facts are recorded."""
    return person_sheet("p", on, facts, page)


def of(*facts: Fact, page: PersonPage | None = None, on: date = TODAY) -> dict[str, Known]:
    """The values alone."""
    return dict(sheet(*facts, page=page, on=on).values)


def page(*verdicts: PageVerdict) -> PersonPage:
    """A page with these classes."""
    return PersonPage(patient_id="p", rows=(), verdicts=verdicts)


def verdict(
    day: date, category: Category, score: float | None, technique: Technique = Technique.DXA
) -> PageVerdict:
    """The class of one day."""
    return PageVerdict(
        exam_date=day,
        verdict=PersonVerdict(
            technique=technique, category=category, severity=None, deciding_site="L1-L4",
            deciding_score=score, category_rule="who", needs_review=False,
        ),
    )  # fmt: skip
