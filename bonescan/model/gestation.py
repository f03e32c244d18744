"""Pregnancies of one person by weeks of gestation, from dates only and in one stated order.

What dates a pregnancy best goes first: the transfer of an embryo, then
ultrasound (the earliest one), then a due date as it was told, then the last
period. The order is that of obstetric practice (ACOG Committee Opinion 700,
from memory: a due date by assisted reproduction is kept; ultrasound of the
first trimester goes before the last period). An ultrasound after 13+6 weeks by
its own measure does not re-date: it counts last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from .person import Fact

DAYS_PER_WEEK = 7
TERM_DAYS = 280  # from the first day of the last period (Naegele)
LONGEST_DAYS = 308  # 44 weeks: without a recorded end a pregnancy is over by then
OVER_TERM_DAYS = 336  # our choice, 48 weeks: a birth so late is still of that pregnancy, in doubt
VIABLE_DAYS = 140  # 20 weeks, our choice: a birth before is a loss, or a wrong date
OVULATION_DAYS = 14  # an embryo of age 0 days is transferred at 2+0
ONE_BIRTH = timedelta(days=60)  # births and losses of one pregnancy may lie some weeks apart
ULTRASOUND = "ultrasound_gestation_days"
LATE_ULTRASOUND = "late_ultrasound"  # one that counts last; no fact of its own
SOURCES = ("embryo_transfer", ULTRASOUND, "due_date", "pregnancy_last_period")
FED = frozenset({"exclusive", "mixed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dating:
    """What dates a pregnancy, the best source first.

    `ultrasound_until_days` is the gestation, by its own measure, up to which an
    ultrasound dates; a later one counts after every other source.
    """

    order: tuple[str, ...] = SOURCES
    ultrasound_until_days: int = 97  # 13+6


DATING = Dating()


@dataclass(frozen=True, slots=True, kw_only=True)
class PregnancyEnd:
    """Births and losses of one pregnancy. `day`: the last birth, or the first day of a loss."""

    day: date
    is_loss: bool
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PregnancySpan:
    """One pregnancy; `start` None: no recorded date dates it."""

    start: date | None = None  # 0+0 weeks
    source: str = ""  # of the start
    n_dates: int = 1  # more than one: dates of the source disagree, the latest was taken
    end: PregnancyEnd | None = None  # None: it goes on, or nobody recorded its end
    early: bool = False  # twins, planned caesarean, risk of preterm birth

    @property
    def delivery(self) -> date | None:
        """Day of the last birth."""
        return None if self.end is None or self.end.is_loss else self.end.day

    @property
    def loss(self) -> date | None:
        """Day of the loss."""
        return self.end.day if self.end is not None and self.end.is_loss else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeding:
    """Breastfeeding after one birth."""

    weaning: date | None = None
    never: bool = False
    recorded: bool = False


def beginnings(
    facts: Iterable[Fact], on: date | None = None, dating: Dating = DATING
) -> Iterator[tuple[str, list[date]]]:
    """Give every day 0+0 that the facts allow, source by source, the best source first.

    Parameters
    ----------
    facts : iterable of Fact
        About one person.
    on : date, optional
        Facts dated after it are not used, except a due date, which lies ahead.
    dating : Dating
        The order of the sources.

    Yields
    ------
    source : str
        Name of the fact; the last one is `LATE_ULTRASOUND`.
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
    for source in dating.order:
        starts = [s for s, _day, late in _starts(known, source, on, dating) if not late]
        yield source, starts if source == ULTRASOUND else starts[::-1]
    yield LATE_ULTRASOUND, [s for s, _day, late in _starts(known, ULTRASOUND, on, dating) if late]


def late_ultrasounds(
    facts: Iterable[Fact], on: date | None = None, dating: Dating = DATING
) -> tuple[tuple[date, date], ...]:
    """Give each ultrasound too late to re-date: the day 0+0 it says, and its own day."""
    found = _starts(facts, ULTRASOUND, on, dating)
    return tuple((start, day) for start, day, late in found if late)


def _starts(
    facts: Iterable[Fact], source: str, on: date | None, dating: Dating
) -> list[tuple[date, date, bool]]:
    """List start, day of the fact, and whether it is a late ultrasound, by day."""
    dated = sorted(
        (f.date, f.value)
        for f in facts
        if f.fact == source
        and f.date is not None
        and (on is None or source == "due_date" or f.date <= on)
    )
    found = []
    for day, value in dated:
        start = _start(source, day, value)
        if start is not None:
            late = source == ULTRASOUND and (day - start).days > dating.ultrasound_until_days
            found.append((start, day, late))
    return found


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


def pregnancy_ends(facts: Iterable[Fact], on: date) -> tuple[PregnancyEnd, ...]:
    """Give the births and losses up to a day, those of one pregnancy (60 days) as one.

    A birth and a loss of one pregnancy are a stillbirth, in either order: a loss. They
    are a birth where more than one child was expected, or where a child was fed.
    """
    known = [f for f in facts if f.date is not None and f.date <= on]
    events = sorted(
        (f.date, f.fact == "pregnancy_loss")
        for f in known
        if f.fact in {"delivery", "pregnancy_loss"} and f.date is not None
    )
    groups: list[list[tuple[date, bool]]] = []
    for event in events:
        if groups and event[0] - groups[-1][0][0] <= ONE_BIRTH:
            groups[-1].append(event)
        else:
            groups.append([event])
    found = []
    for number, group in enumerate(groups):
        before = groups[number - 1][-1][0] if number else date.min
        after = groups[number + 1][0][0] if number + 1 < len(groups) else date.max
        births = [d for d, loss in group if not loss]
        is_loss = not births or (
            len(births) < len(group) and not _one_lives(known, before, group[0][0], after)
        )
        first, last = group[0][0], group[-1][0]
        found.append(
            PregnancyEnd(day=first if is_loss else births[-1], is_loss=is_loss,
                         first=first, last=last)
        )  # fmt: skip
    return tuple(found)


def _one_lives(known: Sequence[Fact], before: date, first: date, after: date) -> bool:
    for fact in known:
        day = fact.date
        if day is None or not before < day < after:
            continue
        if fact.fact == "multiplicity" and float(fact.value) > 1:
            return True
        if fact.fact == "feeding" and fact.value in FED and day >= first:
            return True
    return False


def pregnancies(
    facts: Iterable[Fact], on: date, dating: Dating = DATING
) -> tuple[PregnancySpan, ...]:
    """Give every pregnancy of the record, the first one first.

    Parameters
    ----------
    facts : iterable of Fact
        About one person.
    on : date
        Facts after it say nothing, except a due date.
    dating : Dating

    Returns
    -------
    spans : tuple of PregnancySpan
        A start never lies before the end of the pregnancy before. A start that no birth,
        loss or later start ends stays a pregnancy of its own, also after 44 weeks.
    """
    known = [f for f in facts if f.date is not None]
    ranked = list(beginnings(known, on, dating))
    found: list[PregnancySpan] = []
    after: date | None = None
    for end in pregnancy_ends(known, on):
        best = _dated(ranked, after, end.first, LONGEST_DAYS) or _dated(
            ranked, after, end.first, OVER_TERM_DAYS
        )
        found += _unended(ranked, after, end.first if best is None else best[1], known)
        source, start, n_dates = best or ("", None, 1)
        found.append(
            PregnancySpan(
                start=start,
                source=source,
                n_dates=n_dates,
                end=end,
                early=_early(known, start, end.day),
            )
        )
        after = end.last
    best = _dated(ranked, after, on + timedelta(days=1), LONGEST_DAYS + 1)
    found += _unended(ranked, after, on if best is None else best[1], known)
    if best is not None:
        source, start, n_dates = best
        early = _early(known, start, on)
        found.append(PregnancySpan(start=start, source=source, n_dates=n_dates, early=early))
    return tuple(found)


_Ranked = Sequence[tuple[str, list[date]]]


def _dated(
    ranked: _Ranked, after: date | None, before: date, longest_days: int
) -> tuple[str, date, int] | None:
    """Find the best start after the pregnancy before, and so long before an end at most."""
    for source, starts in ranked:
        fitting = [
            s
            for s in starts
            if (after is None or s > after) and s < before <= s + timedelta(days=longest_days)
        ]
        if fitting:
            by_ultrasound = source in {ULTRASOUND, LATE_ULTRASOUND}
            return source, fitting[0], 1 if by_ultrasound else len(set(fitting))
    return None


def _unended(
    ranked: _Ranked, after: date | None, boundary: date, known: Sequence[Fact]
) -> Iterator[PregnancySpan]:
    """Give pregnancies that were over, by 44 weeks, before the next one, without an end."""
    longest = timedelta(days=LONGEST_DAYS)
    left = sorted(
        (s, source)
        for source, starts in ranked
        for s in starts
        if (after is None or s > after) and s + longest < boundary
    )
    while left:
        last = left[0][0] + longest
        best = _dated(
            [(source, [s for s in starts if s <= last]) for source, starts in ranked],
            left[0][0] - timedelta(days=1), last + timedelta(days=1), LONGEST_DAYS + 1,
        )  # fmt: skip
        source, start, n_dates = best or (left[0][1], left[0][0], 1)
        early = _early(known, start, start + longest)
        yield PregnancySpan(start=start, source=source, n_dates=n_dates, early=early)
        left = [x for x in left if x[0] > last]


def _early(known: Sequence[Fact], start: date | None, end: date) -> bool:
    """Whether the third visit is earlier: twins, a planned caesarean, a risk of preterm birth."""
    if start is None:
        return False
    return any(
        (f.fact == "multiplicity" and float(f.value) > 1)
        or (f.fact == "preterm_risk_or_planned_caesarean" and f.value == "yes")
        for f in known
        if f.date is not None and start <= f.date <= end
    )


def feeding_after(
    facts: Iterable[Fact], on: date, end: PregnancyEnd, until: date = date.max
) -> Feeding:
    """Say how a child was fed, from the first birth of the pregnancy until the next one's end.

    Who fed and then did not is weaned on the day of the first such word, unless a day of
    weaning is recorded.
    """
    known = [f for f in facts if f.date is not None and end.first <= f.date <= on]
    inside = [f for f in known if f.date is not None and f.date < until]
    weaned = max((f.date for f in inside if f.fact == "weaning" and f.date), default=None)
    said = sorted((f.date, f.value) for f in inside if f.fact == "feeding" and f.date)
    fed = [d for d, v in said if v != "none"]
    if weaned is None and fed:
        weaned = min((d for d, v in said if v == "none" and d > fed[-1]), default=None)
    return Feeding(
        weaning=weaned, never=bool(said) and not fed and weaned is None, recorded=bool(said)
    )


def week_text(days: int) -> str:
    """Write days as weeks + days.

    >>> week_text(97)
    '13+6'
    """
    weeks, rest = divmod(days, DAYS_PER_WEEK)
    return f"{weeks}+{rest}"
