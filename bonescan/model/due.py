"""Who is due: one row a person and rule, what can't be judged, and what is followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from .guidance import FactQuestion, FactSheet
from .person import Fact


class DueList(StrEnum):
    """The lists over a result folder."""

    RETEST = "retest"
    CANCER = "cancer-without-bmd"
    TREATMENT = "cancer-treatment"
    EARLY_MENOPAUSE = "early-menopause"
    HORMONE_STOPPED = "hormone-stopped"
    DENOSUMAB = "denosumab"
    PREGNANCY = "pregnancy"
    POP = "pop"
    FLS = "fls"
    HEIGHT = "height-loss"
    PERSON = "needs-person"


class DueState(StrEnum):
    """Where the day of the list lies to the window of a row."""

    LATER = "later"  # before the window
    DUE = "due"
    OVERDUE = "overdue"
    MISSED = "missed"  # the window is over and can't be made good
    CANNOT_BE_JUDGED = "cannot-be-judged"


NOW = frozenset({DueState.DUE, DueState.OVERDUE})
Pair = tuple[str, str]  # English, Traditional Chinese


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePerson:
    """What the lists read of one person; `facts` are dated and about this person only."""

    sheet: FactSheet
    facts: tuple[Fact, ...] = ()
    birth_date: date | None = None
    assessed: tuple[tuple[date, str], ...] = ()  # bone density: day and technique, oldest first
    review: tuple[Pair, ...] = ()  # what a person has to look at
    identity_in_doubt: bool = False  # nothing but that may be said

    @property
    def patient_id(self) -> str:
        """Pseudonym."""
        return self.sheet.patient_id

    @property
    def on(self) -> date:
        """The day that the lists are for."""
        return self.sheet.on

    def until(self, name: str) -> tuple[tuple[date, str], ...]:
        """Give what is recorded of a fact up to the day, oldest first."""
        found = [(f.date, f.value) for f in self.facts if f.fact == name and f.date is not None]
        return tuple(sorted(x for x in found if x[0] <= self.on))

    def days(self, name: str) -> tuple[date, ...]:
        """Give every day of an event, also those to come (a date of delivery)."""
        return tuple(sorted(f.date for f in self.facts if f.fact == name and f.date is not None))

    def last_day(self, name: str) -> date | None:
        """Find the last day of an event up to the day."""
        return max((d for d, _value in self.until(name)), default=None)

    @property
    def last_assessed(self) -> date | None:
        """Last bone density up to the day."""
        return max((d for d, _technique in self.assessed if d <= self.on), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """One row of a list. `due_from` None: due, and nobody recorded since when."""

    patient_id: str
    list_name: DueList
    rule_ids: tuple[str, ...]
    state: DueState
    why: Pair
    due_from: date | None = None
    due_until: date | None = None  # None: no end is published
    overdue_days: int | None = None
    reasons: tuple[str, ...] = ()  # the facts that made it fire
    notes: tuple[Pair, ...] = ()
    missing: tuple[str, ...] = ()  # facts that leave a rule open; only with CANNOT_BE_JUDGED
    safety_ids: tuple[str, ...] = ()

    @property
    def lead(self) -> tuple[date, date]:
        """Order rows: the earliest due date leads; a row without one is due now and leads too."""
        return (self.due_from or date.min, self.due_until or date.max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Height, weight and falls as recorded; nothing is judged here."""

    heights_cm: tuple[tuple[date, float], ...] = ()
    weights_kg: tuple[tuple[date, float], ...] = ()
    falls: tuple[tuple[date, float], ...] = ()
    height_loss_cm: float | None = None
    height_loss_from_tallest_cm: float | None = None
    weight_change_percent: float | None = None
    imaging: tuple[tuple[date, str], ...] = ()

    @property
    def anything(self) -> bool:
        """Whether there is a course to show: a loss, a change of weight over 5 %, or a fall."""
        lost = (self.height_loss_cm or 0.0) > 0 or (self.height_loss_from_tallest_cm or 0.0) > 0
        fell = any(n > 0 for _day, n in self.falls)
        return lost or fell or abs(self.weight_change_percent or 0.0) > WEIGHT_CHANGE_PERCENT


WEIGHT_CHANGE_PERCENT = 5.0  # our choice, as rule WGT-01


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDue:
    """Every row of one person, the leading one first."""

    patient_id: str
    rows: tuple[DueRow, ...] = ()
    followed: Followed = Followed()

    @property
    def due(self) -> tuple[DueRow, ...]:
        """Rows that are due or overdue."""
        return tuple(r for r in self.rows if r.state in NOW and r.list_name != DueList.PERSON)

    @property
    def needs(self) -> tuple[DueRow, ...]:
        """What a person has to look at."""
        return tuple(r for r in self.rows if r.list_name == DueList.PERSON)

    @property
    def unjudged(self) -> tuple[DueRow, ...]:
        """Rows that a missing fact leaves open."""
        return tuple(r for r in self.rows if r.state is DueState.CANNOT_BE_JUDGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNote:
    """What a rule named in a list says, and where it stands."""

    rule_id: str
    text: Pair
    source: str
    evidence: str
    safety: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStudy:
    """The lists over everybody of a result folder on one day."""

    on: date
    people: tuple[PersonDue, ...]
    left_out: int = 0  # withdrawn or dead
    rules: Mapping[str, RuleNote] = field(default_factory=dict)
    questions: Mapping[str, FactQuestion] = field(default_factory=dict)
    lists: tuple[DueList, ...] = tuple(DueList)  # those asked for

    def counts(self) -> dict[str, Any]:
        """Count people, not rows; one person may stand in several lists."""
        due = [p for p in self.people if p.due]
        open_ = [p for p in self.people if p.unjudged]
        return {
            "people": len(self.people) + self.left_out,
            "due": len(due),
            "overdue": sum(any(r.state is DueState.OVERDUE for r in p.rows) for p in due),
            "cannot_be_judged": len(open_),
            "needs_person": sum(bool(p.needs) for p in self.people),
            "not_due": sum(not (p.due or p.unjudged or p.needs) for p in self.people),
            "left_out": self.left_out,
        }
