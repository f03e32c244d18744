"""The pregnancy or birth that the lists speak of, from dates only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bonescan.files.protocol import own_protocol
from bonescan.model.due import DuePerson
from bonescan.model.gestation import (
    LONGEST_DAYS,
    TERM_DAYS,
    PregnancyEnd,
    PregnancySpan,
    pregnancies,
)

TERM = timedelta(days=TERM_DAYS)
LONGEST = timedelta(days=LONGEST_DAYS)
DAYS_PER_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Pregnancy:
    """One pregnancy: its first day by weeks of gestation, and its end."""

    start: date | None  # 0+0 weeks; None: born, and no due date or last period is recorded
    delivery: date | None = None
    n_due_dates: int = 1  # more than one: the latest was taken
    early: bool = False  # twins, planned caesarean, risk of preterm birth
    end: PregnancyEnd | None = None

    @property
    def ended(self) -> bool:
        """Whether the child is born."""
        return self.delivery is not None

    def week(self, day: date) -> str:
        """Write the age of gestation as weeks + days.

        >>> Pregnancy(start=date(2026, 1, 1)).week(date(2026, 3, 20))
        '11+1'
        """
        if self.start is None:
            return "–"
        weeks, days = divmod((day - self.start).days, DAYS_PER_WEEK)
        return f"{weeks}+{days}"


def current_pregnancy(person: DuePerson) -> Pregnancy | None:
    """Find the pregnancy that goes on, else the last birth.

    The best dating that fits counts (`bonescan.model.gestation`). After a loss, also
    one recorded together with a birth, and for who was never pregnant by the record,
    there is none: everything about that pregnancy stops, until a new one begins. There
    is none either past 44 weeks without a recorded end (`overdue_birth`).
    """
    last = last_span(person)
    if last is None or last.loss is not None or _is_past_term(person, last):
        return None
    return Pregnancy(
        start=last.start,
        delivery=last.delivery,
        n_due_dates=last.n_dates,
        early=last.early,
        end=last.end,
    )


def overdue_birth(person: DuePerson) -> bool:
    """Whether a pregnancy is past 44 weeks without a recorded end."""
    last = last_span(person)
    return last is not None and _is_past_term(person, last)


def last_span(person: DuePerson) -> PregnancySpan | None:
    """Give the last pregnancy of the record."""
    found = pregnancies(person.facts, person.on, own_protocol("high_risk").dating)
    return found[-1] if found else None


def _is_past_term(person: DuePerson, span: PregnancySpan) -> bool:
    return span.end is None and span.start is not None and person.on - span.start > LONGEST
