"""Which days belong to this pregnancy, or to the last one that ended in a birth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bonescan.classify.known_facts import KnownFacts
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import MenopausalStatus

from .values import FROM_FACTS, RECENT, Values

TERM = timedelta(days=280)  # from the first day of the last period (Naegele)
SAME_BIRTH = timedelta(days=154)  # two births do not lie closer: twins, or two records of one


@dataclass(frozen=True, slots=True, kw_only=True)
class PregnancyDays:
    """One pregnancy in days."""

    start: date  # where gestation is unknown: the day on which she was called pregnant
    end: date  # the birth; the day of asking while it goes on
    after: date | None  # end of the pregnancy before, which this one's records follow
    is_over: bool

    def has(self, day: date) -> bool:
        """Whether a record of this day is about this pregnancy, or the year before it."""
        return self.start - RECENT <= day <= self.end and (self.after is None or day > self.after)

    def holds(self, day: date) -> bool:
        """Whether a day lies inside the pregnancy."""
        return self.start <= day <= self.end


def this_or_last_pregnancy(
    known: KnownFacts, person: PersonAtExam, on: date
) -> PregnancyDays | None:
    """Find the pregnancy that goes on, else the one before the last birth."""
    ends = sorted({d for n in ("delivery", "pregnancy_loss") for d, _v in known.until(n)})
    if person.menopausal_status is MenopausalStatus.PREGNANT:
        start = _start(known, person, on)
        return PregnancyDays(start=start, end=on, after=ends[-1] if ends else None, is_over=False)
    birth = known.last_day("delivery")
    if birth is None:
        return None
    before = [d for d in ends if d < birth - SAME_BIRTH]
    return PregnancyDays(
        start=birth - TERM, end=birth, after=before[-1] if before else None, is_over=True
    )


def _start(known: KnownFacts, person: PersonAtExam, on: date) -> date:
    if person.gestation_days is not None:
        return on - timedelta(days=person.gestation_days)
    said = [d for d, v in known.until("pregnancy") if v == "yes"]
    return said[-1] if said else on


def births(known: KnownFacts, pregnancy: PregnancyDays | None) -> Values:
    """Tell of births, weaning and losses, and of twins in this pregnancy."""
    found: Values = {}
    for name, fact in (
        ("delivery_date", "delivery"),
        ("weaning_date", "weaning"),
        ("pregnancy_loss_date", "pregnancy_loss"),
    ):
        day = known.last_day(fact)
        if day is not None:
            found[name] = (day, FROM_FACTS)
    many = [v for d, v in known.until("multiplicity") if pregnancy and pregnancy.has(d)]
    if many:
        found["multiple_pregnancy"] = (float(many[-1]) > 1, FROM_FACTS)
    if parity := known.until("parity"):
        found["parity"] = (float(parity[-1][1]), FROM_FACTS)
    return found
