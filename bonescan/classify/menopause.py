"""Menopausal status on the day of an exam, from dated facts and the file, in one vocabulary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bonescan.model.exam import Subject
from bonescan.model.vocabulary import MenopausalStatus as Status
from bonescan.norms.who_words import EARLY_KINDS

from .known_facts import KnownFacts, years_later
from .reproduction import Reproduction

POI_BELOW_YEARS = 40  # premature ovarian insufficiency: menopause before 40 (ESHRE 2016)
HOLDS_BELOW_YEARS = 45  # below, "premenopausal" holds until another word (inferred: below 40)
STALE = timedelta(days=730)  # above, for two years
AMENORRHOEA_YEARS = 1  # natural menopause is known twelve months after the last period
LAST_PERIOD_FROM_YEARS = 45  # below, twelve months without a period have other causes too
DAYS_A_YEAR = 365.25
NOT_BEFORE_MENOPAUSE_YEARS = 60  # premenopausal, pregnant or breastfeeding: a slip at this age

_PERMANENT = frozenset({Status.POSTMENOPAUSAL, Status.SURGICAL})
_BEFORE = frozenset({Status.PREMENOPAUSAL, Status.PREGNANT, Status.LACTATING, Status.AFTER_WEANING})
_LASTS = {
    Status.PREGNANT: timedelta(days=280),
    Status.LACTATING: timedelta(days=365),
    Status.AFTER_WEANING: STALE,
    Status.TRANSITION: STALE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    """A status on a day; `day` None: said of the person without a date."""

    status: Status
    day: date | None
    inferred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFound:
    """A status and the remarks that belong to it."""

    status: Status
    flags: tuple[str, ...] = ()


def menopausal_status(
    subject: Subject,
    sex: str | None,
    age_years: float | None,
    birth: date | None,
    known: KnownFacts,
    now: Reproduction,
) -> StatusFound:
    """Resolve the status; doubt gives `unknown` and a flag, never a guess.

    Order: pregnancy and feeding by dates; the latest statement among the facts
    that still holds; facts without a date; what the file says of itself. A
    fact wins over the file, and where they differ `facts_disagree` says so.
    Surgical menopause and POI stay what they are after a later, less precise
    "postmenopausal". A woman "premenopausal" after natural or surgical
    menopause is a contradiction: unknown, unless it was said on the day of the
    exam itself; flagged either way.

    Whoever is called postmenopausal before 40 is taken for POI, as natural
    menopause before 40 is: if the word is true it is POI and no WHO word may be
    said of her; if it is a slip, `status_implausible` asks a person.

    References
    ----------
    Natural menopause, twelve months without a period: Harlow SD et al. STRAW
    + 10. Menopause 2012;19:387-395. POI below 40: ESHRE guideline, Hum Reprod
    2016;31:926-937.
    """
    if sex == "M":
        return _man(known)
    flags: tuple[str, ...] = now.flags
    found = _from_facts(known, age_years, birth)
    if now.pregnant or now.lactating:
        by_dates = Status.PREGNANT if now.pregnant else Status.LACTATING
        if found.status in _PERMANENT:
            flags += ("facts_disagree",)
        found = StatusFound(status=by_dates)
    elif _just_weaned(known, now) and found.status is Status.PREMENOPAUSAL:
        found = StatusFound(status=Status.AFTER_WEANING)
    found = _not_yet_40(_with_file(found, subject), known, age_years, birth)
    if (
        found.status in _BEFORE
        and age_years is not None
        and age_years >= NOT_BEFORE_MENOPAUSE_YEARS
    ):
        found = StatusFound(status=found.status, flags=(*found.flags, "status_implausible"))
    return StatusFound(status=found.status, flags=tuple(dict.fromkeys(flags + found.flags)))


def _man(known: KnownFacts) -> StatusFound:
    """Give men their word; facts of pregnancy under a man's id are another person's."""
    names = {"menopause", "delivery", "pregnancy_last_period", "due_date", "weaning"}
    strange = any(f.fact in names for f in known.facts)
    return StatusFound(status=Status.NOT_APPLICABLE, flags=("facts_disagree",) if strange else ())


def _just_weaned(known: KnownFacts, now: Reproduction) -> bool:
    return now.weaning is not None and known.day is not None and known.day - now.weaning < STALE


def _with_file(found: StatusFound, subject: Subject) -> StatusFound:
    """Take the file's own word where the facts have none; compare where both have one."""
    said = _word(subject.menopausal_status)
    if said is None:
        return found
    if found.status is Status.UNKNOWN:
        disagree = "facts_disagree" in found.flags  # contradictory facts are not mended by a file
        return found if disagree else StatusFound(status=said, flags=found.flags)
    if said is found.status or _compatible(found.status, said):
        return found
    if _compatible(said, found.status):
        return StatusFound(status=said, flags=found.flags)
    return StatusFound(status=found.status, flags=(*found.flags, "facts_disagree"))


def _not_yet_40(
    found: StatusFound, known: KnownFacts, age_years: float | None, birth: date | None
) -> StatusFound:
    """Take "postmenopausal", said of a woman before 40 by a fact or the file, for POI."""
    if found.status is not Status.POSTMENOPAUSAL:
        return found
    said = [d for d, v in known.until("menopausal_status") if _word(v) is Status.POSTMENOPAUSAL]
    first = min(said, default=None)
    early = age_years is not None and age_years < POI_BELOW_YEARS
    if first is not None and birth is not None:
        early = early or first < years_later(birth, POI_BELOW_YEARS)
    elif first is not None and known.day is not None and age_years is not None:
        early = early or age_years - (known.day - first).days / DAYS_A_YEAR < POI_BELOW_YEARS
    if not early:
        return found
    flags = (*found.flags, "menopause_inferred", "status_implausible")
    return StatusFound(status=Status.POI, flags=flags)


def _compatible(exact: Status, loose: Status) -> bool:
    """Whether the second says the same as the first, less precisely."""
    pairs = {(s, Status.POSTMENOPAUSAL) for s in EARLY_KINDS}
    pairs |= {(Status.AFTER_WEANING, Status.PREMENOPAUSAL)}
    return (exact, loose) in pairs


def _word(text: str | None) -> Status | None:
    if not text:
        return None
    try:
        status = Status(text.strip().casefold())
    except ValueError:
        return None
    return None if status in {Status.UNKNOWN, Status.NOT_APPLICABLE} else status


def _from_facts(known: KnownFacts, age_years: float | None, birth: date | None) -> StatusFound:
    statements = [s for s in _statements(known, age_years, birth) if _holds(s, known, age_years)]
    dated = [s for s in statements if s.day is not None]
    latest = max((s.day for s in dated if s.day is not None), default=None)
    chosen = [s for s in dated if s.day == latest] or [s for s in statements if s.day is None]
    if not chosen:
        return StatusFound(status=_later_premenopausal(known), flags=_later_flags(known))
    words = {s.status for s in chosen}
    early = {s.status for s in statements} & (EARLY_KINDS - {Status.INDUCED_REVERSIBLE})
    precise = Status.SURGICAL if Status.SURGICAL in early else Status.POI
    if early and words <= {Status.POSTMENOPAUSAL, precise}:  # called so less precisely
        words = {precise}
    flags: tuple[str, ...] = ()
    if len(words) > 1 or _contradicted(words, dated):
        said_then = latest == known.day and not any(s.inferred for s in chosen)
        if len(words) > 1 or not said_then:
            return StatusFound(status=Status.UNKNOWN, flags=("facts_disagree",))
        flags += ("facts_disagree",)  # somebody who saw her said so on the day itself
    if all(s.inferred for s in chosen):
        flags += ("menopause_inferred",)
    if latest is None:
        flags += ("fact_undated",)
    return StatusFound(status=next(iter(words)), flags=flags)


def _contradicted(words: set[Status], dated: list[_Statement]) -> bool:
    """Whether she is called premenopausal or in transition after a menopause that stays."""
    earlier = words <= {*_BEFORE, Status.TRANSITION}
    return earlier and any(s.status in _PERMANENT for s in dated)


def _statements(
    known: KnownFacts, age_years: float | None, birth: date | None
) -> Iterator[_Statement]:
    for day, value in known.until("menopausal_status"):
        if (status := _word(value)) is not None:
            yield _Statement(status=status, day=day)
    for value in known.undated("menopausal_status"):
        if (status := _word(value)) is not None:
            yield _Statement(status=status, day=None)
    for day, kind in known.until("menopause"):
        yield _menopause(kind, day, known, birth)
    for kind in known.undated("menopause"):
        status = Status.POSTMENOPAUSAL if kind == "natural" else Status(kind)
        yield _Statement(status=status, day=None)
    for text in known.undated("menopause_age_years"):
        yield from _by_age(float(text), age_years)
    for name in ("delivery", "weaning", "pregnancy_loss", "periods_returned"):
        last = known.last_day(name)
        if last is not None:
            yield _Statement(status=Status.PREMENOPAUSAL, day=last, inferred=True)
    yield from _by_last_period(known, age_years)


def _menopause(kind: str, day: date, known: KnownFacts, birth: date | None) -> _Statement:
    if kind != "natural":
        return _Statement(status=Status(kind), day=day)
    if birth is not None and day < years_later(birth, POI_BELOW_YEARS):
        return _Statement(status=Status.POI, day=day, inferred=True)
    settled = known.day is not None and known.day >= years_later(day, AMENORRHOEA_YEARS)
    return _Statement(status=Status.POSTMENOPAUSAL if settled else Status.TRANSITION, day=day)


def _by_age(menopause_years: float, age_years: float | None) -> Iterator[_Statement]:
    """Conclude from "menopause at 49": a whole year of life, and twelve months more."""
    if age_years is None or age_years < menopause_years:
        return
    if menopause_years < POI_BELOW_YEARS:
        yield _Statement(status=Status.POI, day=None, inferred=True)
    elif age_years >= menopause_years + 1 + AMENORRHOEA_YEARS:
        yield _Statement(status=Status.POSTMENOPAUSAL, day=None, inferred=True)
    else:
        yield _Statement(status=Status.TRANSITION, day=None, inferred=True)


def _by_last_period(known: KnownFacts, age_years: float | None) -> Iterator[_Statement]:
    last = known.last_day("last_period")
    if last is None or known.day is None or age_years is None:
        return
    if known.until("hysterectomy") or age_years < LAST_PERIOD_FROM_YEARS:
        return
    after = years_later(last, AMENORRHOEA_YEARS)
    if known.day >= after:
        yield _Statement(status=Status.POSTMENOPAUSAL, day=after, inferred=True)


def _holds(statement: _Statement, known: KnownFacts, age_years: float | None) -> bool:
    """Whether a statement still says something on the day of the exam."""
    if statement.day is None or known.day is None:
        return statement.day is None
    old = known.day - statement.day
    if statement.status is Status.PREMENOPAUSAL:
        limit = POI_BELOW_YEARS if statement.inferred else HOLDS_BELOW_YEARS
        return old <= STALE or (age_years is not None and age_years < limit)
    return old <= _LASTS.get(statement.status, old)


def _later_premenopausal(known: KnownFacts) -> Status:
    """Who is premenopausal later was so before."""
    later = {_word(v) for _, v in known.after("menopausal_status")}
    return Status.PREMENOPAUSAL if Status.PREMENOPAUSAL in later else Status.UNKNOWN


def _later_flags(known: KnownFacts) -> tuple[str, ...]:
    return ("menopause_inferred",) if _later_premenopausal(known) is not Status.UNKNOWN else ()
