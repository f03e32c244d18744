"""Pregnancy, birth and feeding as they stand on the day of an exam, from dates only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bonescan.model.exam import Subject
from bonescan.model.vocabulary import MenopausalStatus

from .known_facts import KnownFacts, years_later

TERM_DAYS = 280  # from the first day of the last period (Naegele); all counts begin there
LONGEST_PREGNANCY_DAYS = 308  # 44 weeks: a pregnancy without a recorded end is over by then
CERTAIN_BEFORE_BIRTH_DAYS = 154  # a birth of 24 weeks or more was a pregnancy 22 weeks before
DICOM_DEFINITELY_PREGNANT = 3  # (0010,21C0)
UNKNOWN_WEANING_YEARS = 1  # without a weaning date: until 12 months after delivery

# What a status word of the file says about weaning.
_FILE_KNOWS = {
    str(MenopausalStatus.LACTATING): False,
    str(MenopausalStatus.AFTER_WEANING): True,
    str(MenopausalStatus.PREMENOPAUSAL): None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """What is known of pregnancy and feeding on one day."""

    pregnant: bool = False
    lactating: bool = False
    gestation_days: float | None = None
    postpartum_days: float | None = None
    weaned: bool | None = None
    weaning: date | None = None
    flags: tuple[str, ...] = ()


def reproduction(subject: Subject, known: KnownFacts) -> Reproduction:
    """Resolve pregnancy first, then feeding after the latest birth.

    Facts go before what the file says of itself, wherever they speak of the
    day. Pregnancy ends with a recorded birth or loss, or 44 weeks after the
    last period. Breastfeeding ends on the weaning date; where none is known,
    12 months after delivery.
    """
    birth, loss = _last_birth(subject, known), known.last_day("pregnancy_loss")
    ended = max((d for d in (birth, loss) if d is not None), default=None)
    pregnancy = _pregnancy(subject, known, ended)
    if pregnancy is not None:
        return pregnancy
    if birth is None or known.day is None or (loss is not None and loss > birth):
        return Reproduction(postpartum_days=subject.postpartum_days)
    return _feeding(subject, known, birth, known.day)


def _last_birth(subject: Subject, known: KnownFacts) -> date | None:
    recorded = known.last_day("delivery")
    if recorded is not None or known.day is None or subject.postpartum_days is None:
        return recorded
    return known.day - timedelta(days=subject.postpartum_days)


def _pregnancy(subject: Subject, known: KnownFacts, ended: date | None) -> Reproduction | None:
    if known.day is None:
        days = subject.gestation_days
        return Reproduction(pregnant=True, gestation_days=days) if days else None
    start = _start(known, ended, known.day)
    if start is not None:
        days = float((known.day - start).days)
        return Reproduction(pregnant=True, gestation_days=days)
    if _stated(known, ended, known.day):
        return Reproduction(pregnant=True, gestation_days=subject.gestation_days or None)
    if _denied(known, known.day):
        return None
    return _by_file(subject, ended, known.day) or _before_birth(known, known.day)


def _by_file(subject: Subject, ended: date | None, day: date) -> Reproduction | None:
    """Take the file's word for a pregnancy that began after the last recorded birth or loss."""
    if subject.gestation_days:
        if ended is not None and day - timedelta(days=subject.gestation_days) <= ended:
            return None  # over by the facts, which go before the file
        return Reproduction(pregnant=True, gestation_days=subject.gestation_days)
    definite = subject.pregnancy_status_code == DICOM_DEFINITELY_PREGNANT and subject.sex == "F"
    if definite and (ended is None or day >= years_later(ended, UNKNOWN_WEANING_YEARS)):
        return Reproduction(pregnant=True)
    return None


def _start(known: KnownFacts, ended: date | None, day: date) -> date | None:
    """Find the first day of the last period of a pregnancy that holds the day.

    A due date goes before a last period: it mostly rests on early ultrasound.
    """
    due = [d - timedelta(days=TERM_DAYS) for d in known.days("due_date")]
    for starts in (due, list(known.days("pregnancy_last_period"))):
        fitting = [
            s
            for s in starts
            if s <= day <= s + timedelta(days=LONGEST_PREGNANCY_DAYS)
            and (ended is None or s > ended)
        ]
        if fitting:
            return max(fitting)
    return None


def _stated(known: KnownFacts, ended: date | None, day: date) -> bool:
    statements = known.until("pregnancy")
    if not statements:
        return False
    said, value = statements[-1]
    recent = day - said <= timedelta(days=TERM_DAYS)
    return value == "yes" and recent and (ended is None or said > ended)


def _denied(known: KnownFacts, day: date) -> bool:
    return (day, "no") in known.until("pregnancy")


def _before_birth(known: KnownFacts, day: date) -> Reproduction | None:
    """Conclude a pregnancy from a birth after the exam; flagged, for it is a conclusion."""
    births = known.after("delivery")
    if not births or (births[0][0] - day).days > CERTAIN_BEFORE_BIRTH_DAYS:
        return None
    return Reproduction(pregnant=True, flags=("pregnancy_inferred",))


def _feeding(subject: Subject, known: KnownFacts, birth: date, day: date) -> Reproduction:
    postpartum = float((day - birth).days)
    weaning = min((d for d in known.days("weaning") if d >= birth), default=None)
    said = [(d, v) for d, v in known.until("feeding") if d >= birth]
    fed = any(v != "none" for _, v in said)
    if weaning is not None and weaning <= day:
        return Reproduction(postpartum_days=postpartum, weaned=True, weaning=weaning)
    if said and said[-1][1] == "none":  # never breastfed, or stopped on that day
        stopped = said[-1][0] if fed else None
        return Reproduction(
            postpartum_days=postpartum, weaned=True if fed else None, weaning=stopped
        )
    if weaning is not None:
        return Reproduction(lactating=True, postpartum_days=postpartum, weaned=False)
    own_word = subject.menopausal_status or ""
    if not said and own_word in _FILE_KNOWS:  # nobody recorded feeding: the file's word for the day
        return Reproduction(
            lactating=own_word == MenopausalStatus.LACTATING,
            postpartum_days=postpartum,
            weaned=_FILE_KNOWS[own_word],
        )
    limit = years_later(birth, UNKNOWN_WEANING_YEARS)
    if day < limit or (said and said[-1][0] >= limit):
        return Reproduction(
            lactating=True,
            postpartum_days=postpartum,
            weaned=False if fed else None,
            flags=() if fed else ("feeding_unknown",),
        )
    return Reproduction(postpartum_days=postpartum)
