"""The pregnancy or birth that the lists speak of, from dates only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bonescan.model.due import DuePerson
from bonescan.model.gestation import LONGEST_DAYS, TERM_DAYS, beginnings

TERM = timedelta(days=TERM_DAYS)
LONGEST = timedelta(days=LONGEST_DAYS)
DAYS_PER_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Pregnancy:
    """One pregnancy: its first day by weeks of gestation, and its end."""

    start: date | None  # 0+0 weeks; None: born, and no due date or last period is recorded
    delivery: date | None = None
    n_due_dates: int = 1  # more than one: the latest was taken

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

    The best dating that fits counts (`bonescan.model.gestation`). After a loss,
    and for who was never pregnant by the record, there is none: everything about
    that pregnancy stops, until a new one begins.
    """
    birth, loss = person.last_day("delivery"), person.last_day("pregnancy_loss")
    ended = max((d for d in (birth, loss) if d is not None), default=None)
    now, n_dates = _start(person, ended)
    if now is not None:
        return Pregnancy(start=now, n_due_dates=n_dates)
    if birth is None or (loss is not None and loss >= birth):
        return None
    start, n_dates = _start_before(person, birth)
    return Pregnancy(start=start, delivery=birth, n_due_dates=n_dates)


def overdue_birth(person: DuePerson) -> bool:
    """Whether a pregnancy is past 44 weeks without a recorded end."""
    ends = [d for n in ("delivery", "pregnancy_loss") if (d := person.last_day(n)) is not None]
    known = (starts for _source, starts in beginnings(person.facts) if starts)
    last = max((s for s in next(known, []) if s <= person.on), default=None)
    return last is not None and person.on - last > LONGEST and not any(e > last for e in ends)


def _start(person: DuePerson, ended: date | None) -> tuple[date | None, int]:
    for source, starts in beginnings(person.facts):
        fitting = [
            s for s in starts if s <= person.on <= s + LONGEST and (ended is None or s > ended)
        ]
        if fitting:
            return fitting[0], _n_dates(source, fitting)
    return None, 0


def _start_before(person: DuePerson, birth: date) -> tuple[date | None, int]:
    for source, starts in beginnings(person.facts):
        fitting = [s for s in starts if s < birth <= s + LONGEST]
        if fitting:
            return fitting[0], _n_dates(source, fitting)
    return None, 0


def _n_dates(source: str, fitting: list[date]) -> int:
    """Count dates that disagree; of several ultrasounds the earliest counts, without a word."""
    return 1 if source == "ultrasound_gestation_days" else len(set(fitting))
