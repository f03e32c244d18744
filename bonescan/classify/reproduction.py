"""Pregnancy, birth and feeding as they stand on the day of an exam, from dates only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bonescan.model.exam import Subject
from bonescan.model.gestation import TERM_DAYS, beginnings, pregnancy_ends
from bonescan.model.vocabulary import MenopausalStatus

from .known_facts import KnownFacts, years_later

LONGEST_PREGNANCY_DAYS = 308  # 44 weeks: a pregnancy without a recorded end is over by then
CERTAIN_BEFORE_BIRTH_DAYS = 154  # a birth of 24 weeks or more was a pregnancy 22 weeks before
DICOM_DEFINITELY_PREGNANT = 3  # (0010,21C0)
UNKNOWN_WEANING_YEARS = 1  # without a weaning date: until 12 months after delivery
SAME_BIRTH = timedelta(days=7)  # the file counts days after birth roughly
TWINS = timedelta(days=1)  # born before and after midnight
NEXT_BIRTH = timedelta(days=CERTAIN_BEFORE_BIRTH_DAYS)  # no two births lie closer

_DISAGREE = ("facts_disagree",)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Birth:
    """The latest birth until the exam; `flags` where facts, or facts and file, differ on it."""

    day: date | None
    flags: tuple[str, ...] = ()


def reproduction(subject: Subject, known: KnownFacts, sex: str | None) -> Reproduction:
    """Resolve pregnancy first, then feeding after the latest birth.

    `sex` is that of the person, whoever said it. Facts go before what the file
    says of itself, wherever they speak of the day; of two births the later one
    counts. Pregnancy ends with a recorded birth or loss, or 44 weeks after the
    last period. Breastfeeding ends on the weaning date; where none is known,
    12 months after delivery. A birth with a loss, and no word of a living child, is a
    stillbirth: nobody is breastfed. Where facts contradict each other she is taken as
    still breastfeeding, and `facts_disagree` says so.
    """
    birth, loss = _last_birth(subject, known), known.last_day("pregnancy_loss")
    ended = max((d for d in (birth.day, loss) if d is not None), default=None)
    pregnancy = _pregnancy(subject, known, ended, sex)
    if pregnancy is not None:
        return replace(pregnancy, flags=pregnancy.flags + birth.flags)
    lost = loss is not None and birth.day is not None and loss > birth.day
    if birth.day is None or known.day is None or lost or _stillborn(known, birth.day):
        return Reproduction(postpartum_days=subject.postpartum_days, flags=birth.flags)
    feeding = _feeding(subject, known, birth.day, known.day)
    return replace(feeding, flags=feeding.flags + birth.flags)


def _last_birth(subject: Subject, known: KnownFacts) -> _Birth:
    """Take the later of the recorded and the file's birth; of one birth the recorded day."""
    recorded, stated = known.last_day("delivery"), _stated_birth(subject, known.day)
    nearest = recorded or min(known.days("delivery"), default=None)
    torn = nearest is not None and any(
        TWINS < abs(d - nearest) < NEXT_BIRTH for d in known.days("delivery")
    )
    if recorded is None or stated is None:
        return _Birth(day=recorded or stated, flags=_DISAGREE if torn else ())
    if abs(recorded - stated) <= SAME_BIRTH:
        return _Birth(day=recorded, flags=_DISAGREE if torn else ())
    return _Birth(day=max(recorded, stated), flags=_DISAGREE)


def _stillborn(known: KnownFacts, birth: date) -> bool:
    """Whether a loss is recorded with the birth, and nothing of a living child."""
    if known.day is None:
        return False
    ends = pregnancy_ends(known.facts, known.day)
    return bool(ends) and ends[-1].is_loss and birth <= ends[-1].last


def _stated_birth(subject: Subject, day: date | None) -> date | None:
    if day is None or subject.postpartum_days is None or subject.postpartum_days < 0:
        return None
    return day - timedelta(days=subject.postpartum_days)


def _pregnancy(
    subject: Subject, known: KnownFacts, ended: date | None, sex: str | None
) -> Reproduction | None:
    definite = subject.pregnancy_status_code == DICOM_DEFINITELY_PREGNANT and sex == "F"
    if known.day is None:  # no fact can be set against the file's word for its own day
        days = subject.gestation_days or None
        return Reproduction(pregnant=True, gestation_days=days) if days or definite else None
    start = _start(known, ended, known.day)
    if start is not None:
        days = float((known.day - start).days)
        return Reproduction(pregnant=True, gestation_days=days)
    if (said := _stated(known, ended, known.day)) is not None:
        torn = (said, "no") in known.until("pregnancy")
        return Reproduction(
            pregnant=True,
            gestation_days=subject.gestation_days or None,
            flags=_DISAGREE if torn else (),
        )
    if _denied(known, known.day):
        return None
    return _by_file(subject, ended, known.day, definite=definite) or _before_birth(known, known.day)


def _by_file(
    subject: Subject, ended: date | None, day: date, *, definite: bool
) -> Reproduction | None:
    """Take the file's word for a pregnancy that began after the last recorded birth or loss."""
    if subject.gestation_days:
        if ended is not None and day - timedelta(days=subject.gestation_days) <= ended:
            return None  # over by the facts, which go before the file
        return Reproduction(pregnant=True, gestation_days=subject.gestation_days)
    if definite and (ended is None or day >= years_later(ended, UNKNOWN_WEANING_YEARS)):
        return Reproduction(pregnant=True)
    return None


def _start(known: KnownFacts, ended: date | None, day: date) -> date | None:
    """Find the first day of the last period of a pregnancy that holds the day.

    The best dating of `bonescan.model.gestation` that fits counts.
    """
    for _source, starts in beginnings(known.facts):
        for start in starts:
            longest = start + timedelta(days=LONGEST_PREGNANCY_DAYS)
            if start <= day <= longest and (ended is None or start > ended):
                return start
    return None


def _stated(known: KnownFacts, ended: date | None, day: date) -> date | None:
    """Find the day on which she was last called pregnant, where that still holds."""
    statements = known.until("pregnancy")
    if not statements:
        return None
    said, value = statements[-1]  # of "no" and "yes" on one day the latter
    recent = day - said <= timedelta(days=TERM_DAYS)
    return said if value == "yes" and recent and (ended is None or said > ended) else None


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
    next_birth = min((d for d in known.days("delivery") if d - birth >= NEXT_BIRTH), default=None)
    cycle = [
        d for d in known.days("weaning") if d >= birth and (next_birth is None or d < next_birth)
    ]
    weaning = max(cycle, default=None)
    said = [(d, v) for d, v in known.until("feeding") if d >= birth]
    soon = min(d for d in (next_birth, years_later(day, UNKNOWN_WEANING_YEARS)) if d is not None)
    later = [x for x in known.after("feeding") if x[0] < soon]
    nursed = [d for d, v in (*said, *later) if v != "none"]
    if weaning is not None and (len(set(cycle)) > 1 or any(d > min(cycle) for d in nursed)):
        return _contradicted(birth, day, weaning, nursed)
    fed = any(v != "none" for _, v in said)
    if weaning is not None and weaning <= day:
        return Reproduction(postpartum_days=postpartum, weaned=True, weaning=weaning)
    last = {v for d, v in said if d == said[-1][0]}
    if last == {"none"}:  # never breastfed, or stopped on that day
        stopped = said[-1][0] if fed else None
        return Reproduction(
            postpartum_days=postpartum, weaned=True if fed else None, weaning=stopped
        )
    flags = _DISAGREE if "none" in last else ()  # fed and not fed on one day: fed
    if weaning is not None:
        return Reproduction(lactating=True, postpartum_days=postpartum, weaned=False, flags=flags)
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
            flags=flags if fed else ("feeding_unknown",),
        )
    return Reproduction(postpartum_days=postpartum, flags=flags)


def _contradicted(birth: date, day: date, weaning: date, fed: Sequence[date]) -> Reproduction:
    """Take her as breastfeeding for as long as any of the facts may mean it.

    `weaning` is the last one of the child, `fed` are the days of breastfeeding,
    also soon after the exam: they tell that a weaning before them was none.
    """
    postpartum = float((day - birth).days)
    end = weaning
    if fed and max(fed) > weaning:  # nobody knows when it ended
        end = years_later(max(fed), UNKNOWN_WEANING_YEARS)
    if day < end:
        return Reproduction(
            lactating=True, postpartum_days=postpartum, weaned=False, flags=_DISAGREE
        )
    return Reproduction(postpartum_days=postpartum, weaned=True, weaning=end, flags=_DISAGREE)
