"""WHO words: women after menopause, men of 50 and over."""

from bonescan.classify.rule import Rule
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import MenopausalStatus as Status
from bonescan.norms.who_words import EARLY_KINDS, who_category, who_words_apply


def _applies(person: PersonAtExam) -> bool:
    if not who_words_apply(person):
        return False
    known = {Status.POSTMENOPAUSAL, *EARLY_KINDS}
    return person.sex == "M" or person.menopausal_status in known


RULE = Rule(
    id="who",
    applies=_applies,
    decide=who_category,
    citation="WHO Technical Report Series 843 (1994); ISCD Adult Official Positions 2019 and 2023: "
    "postmenopausal women and men of 50 and over. From 50 years on surgical, induced and "
    "premature menopause count as menopause (this project's choice).",
    reads="T",
    shows_t=True,
)
