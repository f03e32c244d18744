"""When a person was pregnant, and the year after: the time over which no yearly rate holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from bonescan.model.gestation import LONGEST_DAYS, beginnings
from bonescan.model.page import PageRow
from bonescan.model.person import Fact
from bonescan.model.vocabulary import MenopausalStatus

LONGEST = timedelta(days=LONGEST_DAYS)
# Our choice: density comes back within about a year of the birth, or of weaning where that is
# later, by most cohorts.
AFTER = timedelta(days=365)
LONGEST_FEEDING = timedelta(days=1095)  # a birth further back is not what is fed after

Span = tuple[date, date]


def pregnancy_spans(rows: Sequence[PageRow], facts: Iterable[Fact] = ()) -> tuple[Span, ...]:
    """Give every pregnancy with what follows it, as far as exams and facts tell.

    Parameters
    ----------
    rows : sequence of PageRow
        Exams: gestation, days since birth, pregnant, lactating or after weaning.
    facts : iterable of Fact
        Datings, births, losses, weaning and feeding.

    Returns
    -------
    spans : tuple of (date, date)
        From 0+0 weeks to a year after the birth, or after the last day on which she is
        known to have breastfed. What is not dated is taken at its longest: 44 weeks before
        the birth or around the day on which she was called pregnant.
    """
    known = [f for f in facts if f.date is not None]
    exams = [(r.exam.exam_date, r.person) for r in rows if r.exam.exam_date is not None]
    ends = {d for f in known if f.fact in {"delivery", "pregnancy_loss"} and (d := f.date)}
    ends |= {d - timedelta(days=p.postpartum_days) for d, p in exams if p.postpartum_days}
    starts = {s for _source, days in beginnings(known) for s in days}
    starts |= {d - timedelta(days=p.gestation_days) for d, p in exams if p.gestation_days}
    pregnant = {d for d, p in exams if p.menopausal_status is MenopausalStatus.PREGNANT}
    pregnant |= {d for f in known if _says_pregnant(f) and (d := f.date)}
    fed = {
        d
        for d, p in exams
        if p.menopausal_status in {MenopausalStatus.LACTATING, MenopausalStatus.AFTER_WEANING}
    }
    fed |= {d for f in known if _says_fed(f) and (d := f.date)}
    spans = [(_start(end, starts), end + AFTER) for end in ends]
    spans += [(start, _end(start, ends, start + LONGEST)) for start in starts]
    spans += [(_start(day, starts), _end(day, ends, _latest(day, starts))) for day in pregnant]
    spans += [(_birth(day, ends), day + AFTER) for day in fed]
    return _joined(spans)


def _says_pregnant(fact: Fact) -> bool:
    return (fact.fact, fact.value) in {
        ("pregnancy", "yes"),
        ("menopausal_status", str(MenopausalStatus.PREGNANT)),
    }


def _says_fed(fact: Fact) -> bool:
    return fact.fact == "weaning" or (fact.fact, fact.value) in {
        ("feeding", "exclusive"),
        ("feeding", "mixed"),
        ("menopausal_status", str(MenopausalStatus.LACTATING)),
        ("menopausal_status", str(MenopausalStatus.AFTER_WEANING)),
    }


def _start(day: date, starts: Iterable[date]) -> date:
    """Find 0+0 of the pregnancy that a day lies in or ends."""
    return min((s for s in starts if s <= day <= s + LONGEST), default=day - LONGEST)


def _latest(day: date, starts: Iterable[date]) -> date:
    return max((s for s in starts if s <= day <= s + LONGEST), default=day) + LONGEST


def _end(day: date, ends: Iterable[date], latest: date) -> date:
    """Find the end of the pregnancy that a day lies in, with the year after it."""
    return min((e for e in ends if day <= e <= latest), default=latest) + AFTER


def _birth(day: date, ends: Iterable[date]) -> date:
    """Find the birth before a day of feeding; without one, a pregnancy as long as can be."""
    return max(
        (e for e in ends if day - LONGEST_FEEDING <= e <= day), default=day - AFTER - LONGEST
    )


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return tuple(found)
