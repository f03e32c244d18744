"""No class for women under 55 whose menopausal status nobody recorded; T and Z both shown."""

from bonescan.classify.rule import Rule, no_class
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import MenopausalStatus as Status
from bonescan.norms.who_words import ADULT_YEARS, UNKNOWN_WHO_FROM_YEARS


def _applies(person: PersonAtExam) -> bool:
    unknown = {None, Status.UNKNOWN, Status.NOT_APPLICABLE}
    return (
        person.sex == "F"
        and person.age_years is not None
        and ADULT_YEARS <= person.age_years < UNKNOWN_WHO_FROM_YEARS
        and person.menopausal_status in unknown
    )


RULE = Rule(
    id="none-unknown-menopause",
    applies=_applies,
    decide=no_class,
    citation="This project's choice: WHO words and Z words depend on menopause, so neither is "
    "given until somebody asks.",
    reads="",
    shows_t=True,
    flags=("menopause_unknown",),
)
