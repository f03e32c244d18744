"""WHO words for women of 55 and over whose menopausal status nobody recorded."""

from bonescan.classify.rule import Rule
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import MenopausalStatus as Status
from bonescan.norms.who_words import who_category, who_words_apply


def _applies(person: PersonAtExam) -> bool:
    unknown = {None, Status.UNKNOWN, Status.NOT_APPLICABLE}
    return person.sex != "M" and person.menopausal_status in unknown and who_words_apply(person)


RULE = Rule(
    id="who-unknown-menopause",
    applies=_applies,
    decide=who_category,
    citation="This project's choice: at 55 nearly every woman is past menopause; the positions of "
    "the ISCD do not say what to do when nobody asked.",
    reads="T",
    shows_t=True,
    flags=("menopause_unknown",),
)
