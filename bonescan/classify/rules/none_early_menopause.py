"""No class for surgical, induced or premature menopause under 50; T and Z both shown."""

from bonescan.classify.rule import Rule, no_class
from bonescan.model.person import PersonAtExam
from bonescan.norms.who_words import ADULT_YEARS, EARLY_KINDS, WHO_FROM_YEARS


def _applies(person: PersonAtExam) -> bool:
    return (
        person.sex == "F"
        and person.age_years is not None
        and ADULT_YEARS <= person.age_years < WHO_FROM_YEARS
        and person.menopausal_status in EARLY_KINDS
    )


RULE = Rule(
    id="none-early-menopause",
    applies=_applies,
    decide=no_class,
    citation="This project's choice: by menopause WHO words would apply, by age the Z rule; the "
    "positions of the ISCD do not settle it.",
    reads="",
    shows_t=True,
    flags=("early_menopause",),
)
