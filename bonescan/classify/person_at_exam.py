"""A person on the day of an exam: what the file says, corrected and completed by facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from bonescan.model.exam import Exam, Subject
from bonescan.model.person import Fact, PersonAtExam

from .age import exact_age_years
from .known_facts import DatedValue, KnownFacts
from .menopause import menopausal_status
from .reproduction import reproduction

WEIGHT_HOLDS = timedelta(days=365)  # a weight of another year is not the weight at the exam
CM_IN_M = 100.0
HIP_OR_VERTEBRAL = frozenset({"hip", "vertebral"})
NOT_EVALUABLE = {"spine_not_evaluable": "spine", "hip_not_evaluable": "hip"}
# ISCD Adult Official Positions 2019 and 2023 (iscd.org), read in summaries: the one-third radius
# when hip or spine can't be measured or read, in hyperparathyroidism, above the table's limit
FOREARM_FACTS = (*NOT_EVALUABLE, "hyperparathyroidism", "over_table_limit")


def person_at_exam(subject: Subject, exam: Exam, facts: Sequence[Fact]) -> PersonAtExam:
    """Resolve who was examined, how old, in which menopausal state, with which fractures.

    Parameters
    ----------
    subject, exam : Subject, Exam
        As the file says.
    facts : sequence of Fact
        About this person only.

    Returns
    -------
    person : PersonAtExam
        None for what nobody recorded. Birth date and sex of the file that
        contradict the facts give `identity_conflict`. Height and weight of the
        file go before those of the facts: they were taken for the exam. Facts
        dated after the exam say nothing about it, but for a birth that shows a
        pregnancy, a later "premenopausal", and feeding that belies a weaning.
    """
    known = KnownFacts.of(facts, exam.exam_date)
    birth, birth_flags = _birth(subject, known)
    sex, sex_flags = _sex(subject, known)
    age, exact, age_flags = _age(subject, birth, exam.exam_date, doubt=bool(birth_flags))
    now = reproduction(subject, known, sex)
    status = menopausal_status(subject, sex, age, birth, known, now)
    (height, height_flags), (weight, weight_flags) = (
        _height(subject, known),
        _weight(subject, known),
    )
    fractures = _fractures(known)
    flags = birth_flags + sex_flags + age_flags + status.flags + height_flags + weight_flags
    if exam.exam_date is None:
        flags += ("exam_date_unknown",)
    return PersonAtExam(
        sex=sex,
        age_years=age,
        age_is_exact=exact,
        menopausal_status=status.status,
        postpartum_days=now.postpartum_days,
        gestation_days=now.gestation_days,
        weaned=now.weaned,
        fragility_fracture=_any_fracture(fractures),
        hip_or_vertebral_fracture=_grave_fracture(fractures),
        height_cm=height,
        weight_kg=weight,
        bmi_kg_m2=weight / (height / CM_IN_M) ** 2 if height and weight else None,
        birth_date=birth,
        not_evaluable=tuple(what for name, what in NOT_EVALUABLE.items() if _holds(known, name)),
        forearm_reasons=tuple(name for name in FOREARM_FACTS if _holds(known, name)),
        flags=tuple(dict.fromkeys(flags)),
    )


def _birth(subject: Subject, known: KnownFacts) -> tuple[date | None, tuple[str, ...]]:
    recorded = {_date(v) for v in known.undated("birth_date")}
    if len(recorded | ({subject.birth_date} if subject.birth_date else set())) > 1:
        return subject.birth_date, ("identity_conflict",)
    if None in recorded:  # two birth dates stand in one facts file
        return subject.birth_date, ("identity_conflict",)
    return subject.birth_date or next(iter(recorded), None), ()


def _sex(subject: Subject, known: KnownFacts) -> tuple[str | None, tuple[str, ...]]:
    stated = {subject.sex} if subject.sex in {"F", "M"} else set()
    found = stated | set(known.undated("sex"))
    if found and not found <= {"F", "M"}:
        return subject.sex if stated else None, ("identity_conflict",)
    if len(found) > 1:
        return subject.sex if stated else None, ("identity_conflict",)
    return next(iter(found), None), ()


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _age(
    subject: Subject, birth: date | None, day: date | None, *, doubt: bool
) -> tuple[float | None, bool, tuple[str, ...]]:
    """Take the exact age, else the stated one; whole years mean half a year more on average.

    With a birth date in doubt only the file's own one counts, for the file's own exam.
    """
    if birth is not None and day is not None:
        age = exact_age_years(birth, day)
        return age, age is not None, () if age is not None else ("identity_conflict",)
    stated = subject.stated_age_years
    if stated is None or doubt:
        return None, False, ()
    if not float(stated).is_integer():
        return stated, True, ()
    return stated + 0.5, False, ("age_in_whole_years",)


_Body = tuple[float | None, tuple[str, ...]]


def _height(subject: Subject, known: KnownFacts) -> _Body:
    if subject.height_cm is not None:
        return subject.height_cm, ()
    return _one_number(_last(known.until("height_cm")) or known.undated("height_cm"))


def _weight(subject: Subject, known: KnownFacts) -> _Body:
    if subject.weight_kg is not None:
        return subject.weight_kg, ()
    dated = known.until("weight_kg")
    if dated and known.day is not None and known.day - dated[-1][0] <= WEIGHT_HOLDS:
        return _one_number(_last(dated))
    return _one_number(known.undated("weight_kg"))


def _holds(known: KnownFacts, name: str) -> bool:
    """Whether the latest word up to the exam is yes; yes and no at once is no yes."""
    return set(_last(known.until(name)) or known.undated(name)) == {"yes"}


def _last(dated: Sequence[DatedValue]) -> tuple[str, ...]:
    """Give the values of the latest day; two are a contradiction."""
    return tuple(value for day, value in dated if day == dated[-1][0])


def _one_number(values: Sequence[str]) -> _Body:
    numbers = {float(v) for v in values}
    if len(numbers) > 1:
        return None, ("facts_disagree",)
    return next(iter(numbers), None), ()


def _fractures(known: KnownFacts) -> set[str]:
    return {v for _, v in known.until("fragility_fracture")} | set(
        known.undated("fragility_fracture")
    )


def _any_fracture(fractures: set[str]) -> bool | None:
    return bool(fractures - {"none"}) if fractures else None


def _grave_fracture(fractures: set[str]) -> bool | None:
    return bool(fractures & HIP_OR_VERTEBRAL) if fractures else None
