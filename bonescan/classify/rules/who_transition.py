"""WHO words in the menopausal transition, with a flag."""

from bonescan.classify.rule import Rule
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import MenopausalStatus as Status
from bonescan.norms.who_words import who_category, who_words_apply


def _applies(person: PersonAtExam) -> bool:
    in_transition = person.menopausal_status is Status.TRANSITION
    return person.sex != "M" and in_transition and who_words_apply(person)


RULE = Rule(
    id="who-transition",
    applies=_applies,
    decide=who_category,
    citation="ISCD Adult Official Positions 2019 and 2023: WHO words may be used for women in the "
    "menopausal transition.",
    reads="T",
    shows_t=True,
    flags=("menopausal_transition",),
)
