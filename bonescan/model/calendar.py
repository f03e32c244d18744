"""Calendar months, which are no fixed number of days."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

MONTHS_PER_YEAR = 12


def after_months(day: date, months: int) -> date:
    """Add calendar months; the day is held at the month's last.

    >>> after_months(date(2026, 1, 31), 1), after_months(date(2023, 8, 31), 6)
    (datetime.date(2026, 2, 28), datetime.date(2024, 2, 29))
    """
    year, month = divmod(day.year * MONTHS_PER_YEAR + day.month - 1 + months, MONTHS_PER_YEAR)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
