"""To whom the WHO words apply: one answer for scoring and for classes.

Scoring asks before it names references that would change a word; the rules of
`classify` ask before they give one.
"""

from __future__ import annotations

from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import MenopausalStatus as Status

ADULT_YEARS = 20.0  # below: no T-score at all (ISCD paediatric positions; young adults are 20-29)
WHO_FROM_YEARS = 50.0  # men, and women whose menopause was surgical, induced or premature
UNKNOWN_WHO_FROM_YEARS = 55.0  # women whose menopausal status nobody recorded

EARLY_KINDS = frozenset({Status.SURGICAL, Status.INDUCED_REVERSIBLE, Status.POI})
AFTER_OR_DURING_TRANSITION = frozenset({Status.POSTMENOPAUSAL, Status.TRANSITION})


def who_words_apply(person: PersonAtExam) -> bool:
    """Whether normal, osteopenia and osteoporosis may be said of this person.

    Returns
    -------
    bool
        True for women after menopause or in the transition, women of 50 and
        over whose menopause was surgical, induced or premature, women of 55
        and over without a recorded status, and men of 50 and over. False for
        everybody else, and whenever sex or age is unknown.

    References
    ----------
    ISCD Adult Official Positions 2019 and 2023 (iscd.org): WHO words for
    postmenopausal women, women in the transition and men of 50 and over. The
    limits of 50 and 55 years for early and unknown menopause are this
    project's; the positions leave both open.
    """
    age, status = person.age_years, person.menopausal_status
    if person.sex is None or age is None or age < ADULT_YEARS:
        return False
    if person.sex == "M":
        return age >= WHO_FROM_YEARS
    if status in AFTER_OR_DURING_TRANSITION:
        return True
    if status in EARLY_KINDS:
        return age >= WHO_FROM_YEARS
    if status in {None, Status.UNKNOWN, Status.NOT_APPLICABLE}:  # the last is a slip for a woman
        return age >= UNKNOWN_WHO_FROM_YEARS
    return False
