"""The facts about one person as they stand on one day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bonescan.model.person import Fact

DatedValue = tuple[date, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFacts:
    """Facts seen from the day of an exam; without a day, only undated facts say anything."""

    facts: tuple[Fact, ...]
    day: date | None

    @classmethod
    def of(cls, facts: Sequence[Fact], day: date | None) -> KnownFacts:
        """Take facts in the order of day, value and line, so that their file's order is nothing."""
        ordered = sorted(facts, key=lambda f: (f.date or date.min, f.fact, f.value, f.line))
        return cls(facts=tuple(ordered), day=day)

    def undated(self, name: str) -> tuple[str, ...]:
        """Give the values of a fact that hold without a date."""
        return tuple(f.value for f in self.facts if f.fact == name and f.date is None)

    def until(self, name: str) -> tuple[DatedValue, ...]:
        """Give what is dated on or before the day, oldest first."""
        if self.day is None:
            return ()
        return tuple(
            (f.date, f.value)
            for f in self.facts
            if f.fact == name and f.date is not None and f.date <= self.day
        )

    def after(self, name: str) -> tuple[DatedValue, ...]:
        """Give what is dated after the day, oldest first."""
        if self.day is None:
            return ()
        return tuple(
            (f.date, f.value)
            for f in self.facts
            if f.fact == name and f.date is not None and f.date > self.day
        )

    def last_day(self, name: str) -> date | None:
        """Find the latest day, up to the exam, on which something happened."""
        return max((day for day, _ in self.until(name)), default=None)

    def days(self, name: str) -> tuple[date, ...]:
        """Give every day of an event, before or after the exam."""
        return tuple(f.date for f in self.facts if f.fact == name and f.date is not None)


def years_later(day: date, years: int) -> date:
    """Add whole years; 29 February becomes 1 March in a common year."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
