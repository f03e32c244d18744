"""The menopause that counts: day, kind and age."""

from __future__ import annotations

from bonescan.classify.known_facts import DatedValue, KnownFacts
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import MenopausalStatus

from .values import FROM_FACTS, Values, age_on

REVERSIBLE = str(MenopausalStatus.INDUCED_REVERSIBLE)


def menopause(known: KnownFacts, person: PersonAtExam) -> Values:
    """Tell of the menopause; a reversible one says nothing once it ended.

    Of several kinds the first counts: an operation later does not make an
    early menopause late.
    """
    found: Values = {}
    recorded = menopauses(known, person)
    if recorded:
        day, kind = [r for r in recorded if r[1] == recorded[0][1]][-1]
        found["menopause_date"] = (day, FROM_FACTS)
        found["menopause_kind"] = (kind, FROM_FACTS)
        age = age_on(person, day)
        if age is not None:
            found["menopause_age_years"] = (age, FROM_FACTS)
    elif ages := known.undated("menopause_age_years"):
        found["menopause_age_years"] = (float(ages[0]), FROM_FACTS)
    return found


def menopauses(known: KnownFacts, person: PersonAtExam) -> list[DatedValue]:
    """List recorded menopauses, without a reversible one that is not her state today."""
    returned = known.last_day("periods_returned")
    lasts = person.menopausal_status is MenopausalStatus.INDUCED_REVERSIBLE
    return [
        (d, kind)
        for d, kind in known.until("menopause")
        if kind != REVERSIBLE or (lasts and (returned is None or returned < d))
    ]
