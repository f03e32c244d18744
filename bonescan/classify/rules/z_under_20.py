"""Z words under 20 years: no T, no WHO word, and no class from ultrasound."""

from bonescan.classify.rule import Rule
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import Technique
from bonescan.norms.who_words import ADULT_YEARS, z_category


def _applies(person: PersonAtExam) -> bool:
    return (
        person.sex is not None and person.age_years is not None and person.age_years < ADULT_YEARS
    )


RULE = Rule(
    id="z-under-20",
    applies=_applies,
    decide=z_category,
    citation="ISCD Pediatric Official Positions 2019: no T-scores in children and adolescents; the "
    "word osteopenia is not used. No validation of REMS under 20 years was found, so "
    "ultrasound gives no class there.",
    reads="Z",
    shows_t=False,
    flags=("under_20",),
    techniques_without_class=frozenset({Technique.REMS, Technique.REMS_STYLE}),
)
