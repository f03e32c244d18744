"""When a pregnancy began by weeks of gestation (0+0), from dates only and in one stated order.

What dates a pregnancy best goes first: the transfer of an embryo, then
ultrasound (the earliest one), then a due date as it was told, then the last
period. The order is that of obstetric practice (ACOG Committee Opinion 700,
from memory: a due date by assisted reproduction is kept; ultrasound of the
first trimester goes before the last period).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from .person import Fact

TERM_DAYS = 280  # from the first day of the last period (Naegele)
LONGEST_DAYS = 308  # 44 weeks: without a recorded end a pregnancy is over by then
OVULATION_DAYS = 14  # an embryo of age 0 days is transferred at 2+0
SOURCES = ("embryo_transfer", "ultrasound_gestation_days", "due_date", "pregnancy_last_period")


def beginnings(facts: Iterable[Fact]) -> Iterator[tuple[str, list[date]]]:
    """Give every day 0+0 that the facts allow, source by source, the best source first.

    Parameters
    ----------
    facts : iterable of Fact
        About one person.

    Yields
    ------
    source : str
        Name of the fact.
    starts : list of date
        In the order in which they count: the earliest ultrasound of a pregnancy, and of
        the others the latest.

    Examples
    --------
    >>> transfer = Fact(patient_id="1", issuer=None, date=date(2026, 1, 20),
    ...                 fact="embryo_transfer", value="5")
    >>> next(iter(beginnings([transfer])))[1]
    [datetime.date(2026, 1, 1)]
    """
    known = list(facts)
    for source in SOURCES:
        dated = sorted((f.date, f.value) for f in known if f.fact == source and f.date is not None)
        starts = [s for day, value in dated if (s := _start(source, day, value)) is not None]
        yield source, starts if source == "ultrasound_gestation_days" else starts[::-1]


def _start(source: str, day: date, value: str) -> date | None:
    if source == "pregnancy_last_period":
        return day
    if source == "due_date":
        return day - timedelta(days=TERM_DAYS)
    try:
        days = round(float(value))
    except ValueError:
        return None
    return day - timedelta(days=days + (OVULATION_DAYS if source == "embryo_transfer" else 0))
