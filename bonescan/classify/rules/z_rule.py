"""Z words: women before menopause, in pregnancy and while breastfeeding, men under 50."""

from bonescan.classify.rule import Rule
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import MenopausalStatus as Status
from bonescan.norms.who_words import ADULT_YEARS, WHO_FROM_YEARS, z_category

BEFORE_MENOPAUSE = frozenset(
    {Status.PREMENOPAUSAL, Status.PREGNANT, Status.LACTATING, Status.AFTER_WEANING}
)


def _applies(person: PersonAtExam) -> bool:
    if person.sex is None or person.age_years is None or person.age_years < ADULT_YEARS:
        return False
    if person.sex == "M":
        return person.age_years < WHO_FROM_YEARS
    return person.menopausal_status in BEFORE_MENOPAUSE


RULE = Rule(
    id="z",
    applies=_applies,
    decide=z_category,
    citation="ISCD Adult Official Positions 2019 and 2023: females before menopause and males "
    "younger than 50; pregnancy and breastfeeding are put here by this project.",
    reads="Z",
    shows_t=False,
)
