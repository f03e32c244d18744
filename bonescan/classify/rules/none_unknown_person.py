"""No class where sex or age is unknown."""

from bonescan.classify.rule import Rule, no_class
from bonescan.model.person import PersonAtExam


def _applies(person: PersonAtExam) -> bool:
    return person.sex is None or person.age_years is None


RULE = Rule(
    id="none-unknown-person",
    applies=_applies,
    decide=no_class,
    citation="Every rule of the ISCD positions asks for sex and age; a class without them would be "
    "a guess.",
    reads="",
    shows_t=False,
    flags=("sex_or_age_unknown",),
)
