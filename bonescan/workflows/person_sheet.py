"""What a result folder knows of a person, under the names that guidance reads.

What nobody recorded is left out, never set to no. Drugs, cancers and diseases
are answered with no only where "none" was recorded for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from bonescan.classify.age import exact_age_years
from bonescan.classify.known_facts import KnownFacts
from bonescan.classify.person_at_exam import person_at_exam
from bonescan.guidance.recorded_words import DENIED, denied_facts, facts_named_by
from bonescan.model.exam import Exam, Subject
from bonescan.model.guidance import FactSheet, Known
from bonescan.model.page import PageVerdict, PersonPage
from bonescan.model.person import Fact, PersonAtExam
from bonescan.model.vocabulary import Category, MenopausalStatus

CM_IN_M = 100.0
DAYS_PER_WEEK = 7.0
RECENT = timedelta(days=365)  # a symptom or habit of longer ago is not one of today
FIFTY = 50.0
FROM_FACTS = "facts"
YES_NO_NAMES = (
    "parent_hip_fracture", "back_pain", "smoking", "bone_pain", "fall_with_injury",
    "family_osteoporosis", "high_risk_pregnancy", "preterm_risk_or_planned_caesarean",
)  # fmt: skip
LASTING = frozenset({"parent_hip_fracture", "family_osteoporosis"})  # true of the person
NUMBER_NAMES = ("falls_12_months", "calcium_intake_mg_day", "vitamin_d_ng_ml")
Values = dict[str, tuple[Known, str]]


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
    """
    known = KnownFacts.of(facts, on)
    person = person_at_exam(_subject(page), Exam(exam_date=on), facts)
    found: Values = {}
    found |= _who(person, known, on)
    found |= _reproduction(person, known)
    found |= _fractures(known, person)
    found |= _body(known, person)
    found |= _records(known)
    found |= _bone(page, on, known)
    return FactSheet(
        patient_id=patient_id,
        on=on,
        values={name: value for name, (value, _source) in found.items()},
        sources={name: source for name, (_value, source) in found.items()},
    )


def _subject(page: PersonPage | None) -> Subject:
    """Take sex and birth date from the last exam that has them."""
    if page is None:
        return Subject()
    people = [e.person for e in page.exams] or [r.person for r in page.rows]
    sex = next((p.sex for p in reversed(people) if p.sex), None)
    birth = next((p.birth_date for p in reversed(people) if p.birth_date), None)
    return Subject(sex=sex, birth_date=birth)


def _who(person: PersonAtExam, known: KnownFacts, on: date) -> Values:
    found: Values = {}
    if person.age_years is not None and person.age_is_exact:
        found["age_years"] = (person.age_years, "birth date")  # whole on the birthday: not rounded
    if person.sex:
        found["sex"] = (person.sex, "record")
    status = person.menopausal_status
    if status not in (None, MenopausalStatus.UNKNOWN):
        found["menopausal_status"] = (str(status), "record")
    menopause = known.until("menopause")
    if menopause:
        day, kind = menopause[-1]
        found["menopause_date"] = (day, FROM_FACTS)
        found["menopause_kind"] = (kind, FROM_FACTS)
        age = _age(person, day)
        if age is not None:
            found["menopause_age_years"] = (age, FROM_FACTS)
    elif ages := known.undated("menopause_age_years"):
        found["menopause_age_years"] = (float(ages[0]), FROM_FACTS)
    if known.until("hysterectomy"):
        found["uterus_present"] = (False, FROM_FACTS)
    if known.until("withdrawn"):
        found["withdrawn"] = (True, FROM_FACTS)
    if person.sex == "M":
        found |= dict.fromkeys(_CHILDBEARING, (False, "sex"))
    return found


def _age(person: PersonAtExam, day: date) -> float | None:
    return None if person.birth_date is None else exact_age_years(person.birth_date, day)


def _reproduction(person: PersonAtExam, known: KnownFacts) -> Values:
    found: Values = {}
    status = person.menopausal_status
    if status is MenopausalStatus.PREGNANT:
        found["pregnant"] = (True, FROM_FACTS)
        if person.gestation_days is not None:
            weeks = person.gestation_days / DAYS_PER_WEEK
            found["gestation_weeks"] = (round(weeks, 2), FROM_FACTS)
    elif status in _PAST_CHILDBEARING:
        found |= dict.fromkeys(_CHILDBEARING, (False, "menopausal status"))
    elif status in (MenopausalStatus.LACTATING, MenopausalStatus.AFTER_WEANING):
        found["pregnant"] = (False, FROM_FACTS)
    if person.weaned is not None:
        found["breastfeeding"] = (not person.weaned, FROM_FACTS)
    return found | _births(known)


def _births(known: KnownFacts) -> Values:
    found: Values = {}
    for name, fact in (
        ("delivery_date", "delivery"),
        ("weaning_date", "weaning"),
        ("pregnancy_loss_date", "pregnancy_loss"),
    ):
        day = known.last_day(fact)
        if day is not None:
            found[name] = (day, FROM_FACTS)
    if many := known.until("multiplicity"):
        found["multiple_pregnancy"] = (float(many[-1][1]) > 1, FROM_FACTS)
    if births := known.until("parity"):
        found["parity"] = (float(births[-1][1]), FROM_FACTS)
    return found


_CHILDBEARING = ("pregnant", "breastfeeding", "may_become_pregnant")
_PAST_CHILDBEARING = (MenopausalStatus.POSTMENOPAUSAL, MenopausalStatus.SURGICAL)


def _fractures(known: KnownFacts, person: PersonAtExam) -> Values:
    found: Values = {}
    if person.fragility_fracture is not None:
        found["fragility_fracture"] = (person.fragility_fracture, FROM_FACTS)
    dated = [(d, v) for d, v in known.until("fragility_fracture") if v != "none"]
    undated = [v for v in known.undated("fragility_fracture") if v != "none"]
    sites = tuple(dict.fromkeys([v for _d, v in dated] + undated))
    if sites or person.fragility_fracture is False:
        found["fracture_sites"] = (sites, FROM_FACTS)
    if dated:
        found["fragility_fracture_date"] = (dated[-1][0], FROM_FACTS)
    ages = [_age(person, d) for d, _v in dated]
    if ages and None not in ages:
        late = any(a is not None and a >= FIFTY for a in ages)
        if late or not undated:
            found["fracture_after_50"] = (late, FROM_FACTS)
    elif person.fragility_fracture is False:
        found["fracture_after_50"] = (False, FROM_FACTS)
    births = known.days("delivery")
    if any(b - timedelta(days=280) <= d <= b + RECENT for d, _v in dated for b in births):
        found["fracture_in_pregnancy_or_lactation"] = (True, FROM_FACTS)
    elif person.fragility_fracture is False:
        found["fracture_in_pregnancy_or_lactation"] = (False, FROM_FACTS)
    return found


def _body(known: KnownFacts, person: PersonAtExam) -> Values:
    found: Values = {}
    for name in ("height_cm", "weight_kg", "bmi_kg_m2"):
        value = getattr(person, name)
        if value is not None:
            found[name] = (round(value, 2), "record")
    heights = [float(v) for _d, v in known.until("height_cm")]
    if len(heights) > 1:
        found["height_loss_cm"] = (max(0.0, heights[-2] - heights[-1]), FROM_FACTS)
        found["height_gain_cm"] = (max(0.0, heights[-1] - heights[-2]), FROM_FACTS)
    tallest = known.undated("tallest_height_cm")
    if tallest and heights:
        found["height_loss_from_tallest_cm"] = (max(0.0, float(tallest[0]) - heights[-1]),
                                                FROM_FACTS)  # fmt: skip
    weights = [float(v) for _d, v in known.until("weight_kg")]
    if len(weights) > 1:
        change = 100.0 * (weights[-1] - weights[-2]) / weights[-2]
        found["weight_change_percent"] = (round(change, 2), FROM_FACTS)
    before = known.until("prepregnancy_weight_kg")
    if before and person.height_cm:
        bmi = float(before[-1][1]) / (person.height_cm / CM_IN_M) ** 2
        found["prepregnancy_bmi_kg_m2"] = (round(bmi, 2), FROM_FACTS)
    return found


def _records(known: KnownFacts) -> Values:
    """Turn symptoms, habits, drugs, cancers and diseases into facts."""
    found: Values = {}
    for name in YES_NO_NAMES:
        said = [v for d, v in known.until(name) if name in LASTING
                or (known.day is not None and known.day - d <= RECENT)]  # fmt: skip
        said = [*known.undated(name), *said]
        if said:
            found[name] = (said[-1] == "yes", FROM_FACTS)
    for name in NUMBER_NAMES:
        numbers = [v for _d, v in known.until(name)] or list(known.undated(name))
        if numbers:
            found[name] = (float(numbers[-1]), FROM_FACTS)
    for kind in ("cancer", "disease"):
        found |= _diagnoses(kind, known)
    return found | _drugs(known)


def _diagnoses(kind: str, known: KnownFacts) -> Values:
    dated = list(known.until(kind))
    texts = [v for _d, v in dated] + list(known.undated(kind))
    found: Values = dict.fromkeys(denied_facts(kind, texts), (False, "denied"))
    for text in texts:
        found |= dict.fromkeys(facts_named_by(kind, text), (True, text))
    breast = [d for d, v in dated if "breast_cancer" in facts_named_by(kind, v)]
    if breast:
        found["breast_cancer_date"] = (breast[0], FROM_FACTS)
    return found


def _drugs(known: KnownFacts) -> Values:
    """Say what is taken now, what was taken, and when it stopped."""
    starts, doses, stops = (known.until(f"drug_{what}") for what in ("start", "dose", "stop"))
    undated = [(date.min, v) for v in known.undated("drug_start")]
    given = sorted([*undated, *starts, *doses])
    found: Values = dict.fromkeys(denied_facts("drug", [v for _d, v in given]), (False, "denied"))
    for day, text in given:
        if text.casefold() in DENIED:
            continue
        for name in facts_named_by("drug", text):
            stopped = any(d >= day and name in facts_named_by("drug", v) for d, v in stops)
            ever = name == "denosumab"  # what follows a dose matters after the stop
            found[name] = (ever or not stopped, text)
    for day, text in stops:
        names = facts_named_by("drug", text)
        if "hormone_therapy" in names:
            found["hormone_therapy_stop_date"] = (day, text)
        if "denosumab" in names:
            found["denosumab_stopped"] = (True, text)
    last = [d for d, v in given if d > date.min and "denosumab" in facts_named_by("drug", v)]
    if last:
        found["denosumab_last_dose_date"] = (last[-1], "drug record")
        after = [v for d, v in (*starts, *doses) if d >= last[-1] and "bisphosphonate"
                 in facts_named_by("drug", v)]  # fmt: skip
        found["denosumab_follow_on"] = (bool(after), "drug record")
        found.setdefault("denosumab_stopped", (False, "drug record"))
    return found


def _bone(page: PersonPage | None, on: date, known: KnownFacts) -> Values:
    verdicts = [] if page is None else [
        v for v in page.verdicts if v.exam_date is not None and v.exam_date <= on
    ]  # fmt: skip
    verdicts.sort(key=lambda v: (v.exam_date or date.min, str(v.verdict.technique)))
    found: Values = {}
    elsewhere = known.last_day("bmd_elsewhere")
    here = verdicts[-1].exam_date if verdicts else None
    measured = max((d for d in (here, elsewhere) if d is not None), default=None)
    if measured is not None:
        source = "patients.csv" if measured == here else FROM_FACTS
        found["last_bmd_date"] = (measured, source)
    if page is not None and verdicts:
        found["technique"] = (str(verdicts[-1].verdict.technique), "patients.csv")
        found |= _scores(page, verdicts[-1])
    return found | _since(measured, known)


def _scores(page: PersonPage, last: PageVerdict) -> Values:
    found: Values = {}
    verdict = last.verdict
    if verdict.category not in (None, Category.NONE):
        found["category"] = (str(verdict.category), "patients.csv")
    if verdict.severity:
        found["severity"] = (verdict.severity, "patients.csv")
    if verdict.deciding_score is None:
        return found
    who = verdict.category in (Category.NORMAL, Category.OSTEOPENIA, Category.OSTEOPOROSIS)
    name = "t_score" if who else "z_score"
    found[name] = (verdict.deciding_score, f"{verdict.deciding_site} {last.exam_date}")
    return found


def _since(last: date | None, known: KnownFacts) -> Values:
    """Tell whether bone was measured after an event; what happened elsewhere is not known."""
    found: Values = {}
    events = {
        "bmd_since_cancer": [d for d, v in known.until("cancer")
                             if "breast_cancer" in facts_named_by("cancer", v)],
        "bmd_since_menopause": [d for d, _v in known.until("menopause")],
        "bmd_since_hormone_stop": [d for d, v in known.until("drug_stop")
                                   if "hormone_therapy" in facts_named_by("drug", v)],
    }  # fmt: skip
    for name, days in events.items():
        if days:
            found[name] = (last is not None and last >= max(days), "patients.csv")
    return found
