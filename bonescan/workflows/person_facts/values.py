"""What every part of a person's sheet shares: found values, and for how long a record speaks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from bonescan.classify.age import exact_age_years
from bonescan.classify.known_facts import KnownFacts
from bonescan.model.guidance import Known
from bonescan.model.person import PersonAtExam

RECENT = timedelta(days=365)  # what was said longer ago is not a word about today
FROM_FACTS = "facts"
Values = dict[str, tuple[Known, str]]  # name -> value and where it came from
Text = tuple[date | None, str, str]  # day, name of the fact, recorded text


def texts(known: KnownFacts, names: Iterable[str]) -> list[Text]:
    """List recorded texts of these facts, undated ones first, then by day."""
    found: list[Text] = []
    for name in names:
        found += [(None, name, v) for v in known.undated(name)]
        found += [(d, name, v) for d, v in known.until(name)]
    return sorted(found, key=lambda t: (t[0] or date.min, t[1], t[2]))


def is_recent(day: date, on: date) -> bool:
    """Whether a record still says something about the day."""
    return on - day <= RECENT


def age_on(person: PersonAtExam, day: date) -> float | None:
    """Give the age on a day, where the birth date is known."""
    return None if person.birth_date is None else exact_age_years(person.birth_date, day)
