"""The pregnancy or birth that the lists speak of, from dates only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bonescan.model.due import DuePerson

TERM = timedelta(days=280)  # from the first day of the last period (Naegele)
LONGEST = timedelta(days=308)  # 44 weeks: without a recorded end a pregnancy is over by then
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

    A due date goes before a last period: it mostly rests on early ultrasound.
    After a loss, and for who was never pregnant by the record, there is none:
    everything about that pregnancy stops, until a new one begins.
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
    starts = _due_starts(person) or list(person.days("pregnancy_last_period"))
    last = max((s for s in starts if s <= person.on), default=None)
    return last is not None and person.on - last > LONGEST and not any(e > last for e in ends)


def _due_starts(person: DuePerson) -> list[date]:
    return [d - TERM for d in person.days("due_date")]


def _start(person: DuePerson, ended: date | None) -> tuple[date | None, int]:
    for starts in (_due_starts(person), list(person.days("pregnancy_last_period"))):
        fitting = [
            s for s in starts if s <= person.on <= s + LONGEST and (ended is None or s > ended)
        ]
        if fitting:
            return max(fitting), len(set(fitting))
    return None, 0


def _start_before(person: DuePerson, birth: date) -> tuple[date | None, int]:
    for starts in (_due_starts(person), list(person.days("pregnancy_last_period"))):
        fitting = [s for s in starts if s < birth <= s + LONGEST]
        if fitting:
            return max(fitting), len(set(fitting))
    return None, 0
