"""What a result folder knows of a person, under the names that guidance reads.

What nobody recorded is left out, never set to no. Drugs, cancers and diseases
are answered with no only where a recent "none" was recorded for them, and what
was recorded but not understood is listed, so that a person looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from bonescan.classify.known_facts import KnownFacts
from bonescan.classify.person_at_exam import person_at_exam
from bonescan.model.exam import Exam, Subject
from bonescan.model.guidance import FactSheet
from bonescan.model.page import PersonPage
from bonescan.model.person import Fact, PersonAtExam
from bonescan.model.vocabulary import MenopausalStatus

from .person_facts.answers import answers
from .person_facts.body import body
from .person_facts.bone import bone
from .person_facts.diagnoses import diagnoses
from .person_facts.drugs import drugs, in_pregnancy
from .person_facts.fractures import fractures
from .person_facts.habits import habits
from .person_facts.menopause import menopause
from .person_facts.pregnancies import births, this_or_last_pregnancy
from .person_facts.values import FROM_FACTS, Values

DAYS_PER_WEEK = 7.0
PREGNANCY_DENIED = timedelta(days=28)  # "not pregnant" of longer ago says nothing of today (ours)
_CHILDBEARING = ("pregnant", "breastfeeding", "may_become_pregnant")
_PAST_CHILDBEARING = (MenopausalStatus.POSTMENOPAUSAL, MenopausalStatus.SURGICAL)


def person_sheet(
    patient_id: str, on: date, facts: Sequence[Fact], page: PersonPage | None
) -> FactSheet:
    """Gather what is known of a person on a day.

    Parameters
    ----------
    patient_id : str
        As shown: a pseudonym, mostly.
    on : date
        Facts and exams after it say nothing.
    facts : sequence of Fact
        About this person only.
    page : PersonPage or None
        Her exams and classes; None when she was never scanned.

    Returns
    -------
    sheet : FactSheet
        `not_understood` holds recorded drugs, cancers and diseases from which
        nothing was concluded.
    """
    known = KnownFacts.of(facts, on)
    person = person_at_exam(_subject(page), Exam(exam_date=on), facts)
    pregnancy = this_or_last_pregnancy(known, person, on)
    found = _who(person, known) | _reproduction(person, known, on) | births(known, pregnancy)
    found |= fractures(known, person, pregnancy, on) | body(known, person, pregnancy)
    found |= habits(known, pregnancy, on)
    named, unread = diagnoses(known, on)
    taken, unread_drugs = drugs(known, on)
    found |= named | taken
    if pregnancy is not None:
        found |= in_pregnancy(known, pregnancy.start, pregnancy.end)
    found |= answers(known, pregnancy, on, found)
    found |= bone(page, known, pregnancy, found, on)
    return FactSheet(
        patient_id=patient_id,
        on=on,
        values={name: value for name, (value, _source) in found.items()},
        sources={name: source for name, (_value, source) in found.items()},
        not_understood=unread + unread_drugs,
    )


def _subject(page: PersonPage | None) -> Subject:
    """Take sex and birth date from the last exam that has them."""
    if page is None:
        return Subject()
    people = [e.person for e in page.exams] or [r.person for r in page.rows]
    sex = next((p.sex for p in reversed(people) if p.sex), None)
    birth = next((p.birth_date for p in reversed(people) if p.birth_date), None)
    return Subject(sex=sex, birth_date=birth)


def _who(person: PersonAtExam, known: KnownFacts) -> Values:
    found: Values = {}
    if person.age_years is not None and person.age_is_exact:
        found["age_years"] = (person.age_years, "birth date")  # whole on the birthday: not rounded
    if person.sex:
        found["sex"] = (person.sex, "record")
    status = person.menopausal_status
    if status not in (None, MenopausalStatus.UNKNOWN):
        found["menopausal_status"] = (str(status), "record")
    found |= menopause(known, person)
    if known.until("hysterectomy"):
        found["uterus_present"] = (False, FROM_FACTS)
    if known.until("withdrawn"):
        found["withdrawn"] = (True, FROM_FACTS)
    if person.sex == "M":
        found |= dict.fromkeys(_CHILDBEARING, (False, "sex"))
    return found


def _reproduction(person: PersonAtExam, known: KnownFacts, on: date) -> Values:
    """Tell of pregnancy and feeding; a woman who feeds a child may be pregnant again."""
    found: Values = {}
    status = person.menopausal_status
    if status is MenopausalStatus.PREGNANT:
        found["pregnant"] = (True, FROM_FACTS)
        if person.gestation_days is not None:
            weeks = person.gestation_days / DAYS_PER_WEEK
            found["gestation_weeks"] = (round(weeks, 2), FROM_FACTS)
    elif status in _PAST_CHILDBEARING:
        found |= dict.fromkeys(_CHILDBEARING, (False, "menopausal status"))
    elif _denied_lately(known, on):
        found["pregnant"] = (False, FROM_FACTS)
    if person.weaned is not None:
        found["breastfeeding"] = (not person.weaned, FROM_FACTS)
    return found


def _denied_lately(known: KnownFacts, on: date) -> bool:
    said = known.until("pregnancy")
    return bool(said) and said[-1][1] == "no" and on - said[-1][0] <= PREGNANCY_DENIED
