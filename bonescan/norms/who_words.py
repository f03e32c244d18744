"""WHO words and Z words: to whom they apply and where they begin.

One answer for scoring, which names references that would change a word, and
for the rules of `classify`, which give one.
"""

from __future__ import annotations

from decimal import Decimal

from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import Category
from bonescan.model.vocabulary import MenopausalStatus as Status

ADULT_YEARS = 20.0  # below: no T-score at all (ISCD paediatric positions; young adults are 20-29)
WHO_FROM_YEARS = 50.0  # men, and women whose menopause was surgical, induced or premature
UNKNOWN_WHO_FROM_YEARS = 55.0  # women whose menopausal status nobody recorded

OSTEOPOROSIS_T = Decimal("-2.5")
NORMAL_T = Decimal("-1.0")
BELOW_Z = Decimal("-2.0")

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


def who_category(t: Decimal) -> Category:
    """Put the WHO word on a T-score; both cut-offs are inclusive on the outer side.

    >>> [str(who_category(Decimal(t))) for t in ("-1.0", "-1.1", "-2.4", "-2.5")]
    ['normal', 'osteopenia', 'osteopenia', 'osteoporosis']

    References
    ----------
    WHO Study Group. Assessment of fracture risk and its application to
    screening for postmenopausal osteoporosis. Technical Report Series 843.
    Geneva: WHO; 1994: normal T >= -1.0, osteoporosis T <= -2.5.
    """
    if t.is_nan():
        raise ValueError("found NaN, wanted a T-score; an unmeasured site has no category")
    if t <= OSTEOPOROSIS_T:
        return Category.OSTEOPOROSIS
    return Category.NORMAL if t >= NORMAL_T else Category.OSTEOPENIA


def z_category(z: Decimal) -> Category:
    """Put the Z-rule word on a Z-score; -2.0 itself is below the expected range.

    >>> [str(z_category(Decimal(z))) for z in ("-1.9", "-2.0")]
    ['within-expected-range', 'below-expected-range']

    References
    ----------
    ISCD Adult Official Positions 2019 and 2023 (iscd.org): Z of -2.0 or lower
    is "below the expected range for age".
    """
    if z.is_nan():
        raise ValueError("found NaN, wanted a Z-score; an unmeasured site has no category")
    return Category.BELOW_EXPECTED_RANGE if z <= BELOW_Z else Category.WITHIN_EXPECTED_RANGE
