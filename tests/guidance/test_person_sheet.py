"""What a store knows of a person: dates to the day, and nothing unrecorded taken for no."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bonescan.guidance.load import load_rules
from bonescan.guidance.recorded_words import facts_named_by, recorded_words
from bonescan.model.vocabulary import Category

from .records import TODAY, fact, of, page, verdict

BORN = (fact("birth_date", "1970-03-02"), fact("sex", "F"))


def test_nothing_recorded_is_nothing_known() -> None:
    assert of() == {}


def test_age_and_sex() -> None:
    found = of(*BORN)
    assert found["sex"] == "F"
    assert found["age_years"] == pytest.approx(55.997, abs=0.01)  # one day short of 56


def test_menopause_from_its_date() -> None:
    found = of(*BORN, fact("menopause", "natural", date(2009, 3, 1)))
    assert found["menopause_date"] == date(2009, 3, 1)
    assert found["menopause_age_years"] == pytest.approx(39.0, abs=0.01)
    assert found["bmd_since_menopause"] is False
    assert "pregnant" not in found  # before 40 ovarian function may come back
    usual = of(*BORN, fact("menopause", "natural", date(2021, 3, 2)))
    assert usual["pregnant"] is False


@pytest.mark.parametrize(
    ("stop", "taken"), [(date(2025, 1, 1), False), (None, True), (date(2026, 3, 2), True)]
)
def test_a_drug_is_taken_until_it_stops(stop: date | None, taken: bool) -> None:
    facts = [fact("drug_start", "anastrozole", date(2024, 1, 1))]
    if stop is not None:
        facts.append(fact("drug_stop", "Anastrozole", stop))
    assert of(*facts)["aromatase_inhibitor"] is taken


def test_a_drug_started_again_is_taken() -> None:
    facts = (fact("drug_start", "raloxifene", date(2020, 1, 1)),
             fact("drug_stop", "raloxifene", date(2021, 1, 1)),
             fact("drug_start", "raloxifene", date(2022, 1, 1)))  # fmt: skip
    assert of(*facts)["raloxifene"] is True


def test_doses_of_denosumab_and_what_follows() -> None:
    doses = (fact("drug_dose", "denosumab", date(2025, 1, 1)),
             fact("drug_dose", "denosumab", date(2025, 7, 1)))  # fmt: skip
    found = of(*doses)
    assert found["denosumab_last_dose_date"] == date(2025, 7, 1)
    assert (found["denosumab"], found["denosumab_follow_on"]) == (True, False)
    after = of(*doses, fact("drug_start", "alendronate", date(2026, 1, 1)))
    assert after["denosumab_follow_on"] is True
    stopped = of(*doses, fact("drug_stop", "denosumab", date(2025, 12, 1)))
    assert (stopped["denosumab"], stopped["denosumab_stopped"]) == (True, True)


def test_hormone_therapy_stopped() -> None:
    found = of(fact("drug_start", "estradiol", date(2019, 1, 1)),
               fact("drug_stop", "estradiol", date(2024, 5, 1)))  # fmt: skip
    assert found["hormone_therapy"] is False
    assert found["hormone_therapy_stop_date"] == date(2024, 5, 1)
    assert found["bmd_since_hormone_stop"] is False


def test_cancer_with_its_date_and_others_denied_later() -> None:
    found = of(fact("cancer", "乳癌", date(2025, 6, 1)), fact("cancer", "none", date(2025, 6, 2)))
    assert found["breast_cancer"] is True
    assert found["breast_cancer_date"] == date(2025, 6, 1)
    assert found["hormone_dependent_cancer"] is False
    assert found["bmd_since_cancer"] is False


def test_fractures_with_their_ages() -> None:
    found = of(*BORN, fact("fragility_fracture", "forearm", date(2020, 3, 1)))
    assert found["fragility_fracture"] is True
    assert found["fracture_sites"] == ("forearm",)
    assert "fracture_after_50" not in found  # the day before her 50th birthday; later: not asked
    late = of(*BORN, fact("fragility_fracture", "hip", date(2020, 3, 2)))
    assert late["fracture_after_50"] is True
    assert of(fact("fragility_fracture", "none"))["fragility_fracture"] is False


def test_a_fracture_around_a_birth() -> None:
    birth = fact("delivery", "yes", date(2025, 1, 1))
    inside = of(birth, fact("fragility_fracture", "vertebral", date(2025, 6, 1)))
    assert inside["fracture_in_pregnancy_or_lactation"] is True
    before = of(birth, fact("fragility_fracture", "vertebral", date(2020, 6, 1)))
    assert "fracture_in_pregnancy_or_lactation" not in before


def test_height_weight_and_what_changed() -> None:
    found = of(
        fact("height_cm", "162", date(2024, 1, 1)), fact("height_cm", "159.5", date(2026, 1, 1)),
        fact("tallest_height_cm", "164"), fact("weight_kg", "60", date(2025, 1, 1)),
        fact("weight_kg", "57", date(2026, 1, 1)),
    )  # fmt: skip
    assert found["height_loss_cm"] == 2.5
    assert found["height_gain_cm"] == 0.0
    assert found["height_loss_from_tallest_cm"] == 4.5
    assert found["weight_change_percent"] == -5.0


def test_a_symptom_of_long_ago_is_not_one_of_today() -> None:
    assert of(fact("back_pain", "yes", date(2025, 3, 1)))["back_pain"] is True
    assert "back_pain" not in of(fact("back_pain", "yes", date(2025, 2, 28)))


def test_facts_of_after_the_day_say_nothing() -> None:
    assert "breast_cancer" not in of(fact("cancer", "breast", date(2026, 3, 2)))


def test_the_last_class_until_the_day_counts_as_t_or_z() -> None:
    two = page(verdict(date(2024, 1, 1), Category.OSTEOPENIA, -1.5),
               verdict(date(2026, 1, 1), Category.OSTEOPOROSIS, -2.6))  # fmt: skip
    assert of(page=two)["t_score"] == -2.6
    assert of(page=two, on=date(2025, 1, 1))["t_score"] == -1.5
    z = of(page=page(verdict(date(2026, 1, 1), Category.BELOW_EXPECTED_RANGE, -2.1)))
    assert ("t_score" in z, z["z_score"]) == (False, -2.1)
    none = of(page=page(verdict(date(2026, 1, 1), Category.NONE, None)))
    assert "category" not in none
    assert none["last_bmd_date"] == date(2026, 1, 1)


def test_bone_measured_after_the_diagnosis() -> None:
    cancer = fact("cancer", "breast", date(2025, 1, 1))
    scanned = page(verdict(date(2025, 1, 1), Category.OSTEOPENIA, -1.5))
    assert of(cancer, page=scanned)["bmd_since_cancer"] is True
    early = page(verdict(date(2024, 12, 31), Category.OSTEOPENIA, -1.5))
    assert of(cancer, page=early)["bmd_since_cancer"] is False


def test_every_name_it_gives_is_one_that_rules_may_read() -> None:
    book = load_rules()
    named = {name for facts in recorded_words().values() for name in facts}
    assert named <= set(book.facts)
    found = of(*BORN, fact("menopause", "natural", date(2009, 3, 1)),
               fact("fragility_fracture", "hip", date(2020, 3, 2)),
               fact("drug_dose", "denosumab", date(2025, 1, 1)),
               fact("delivery", "yes", date(2000, 1, 1)), fact("multiplicity", "2",
               date(2000, 1, 1)), fact("parity", "1", date(2000, 1, 1)),
               page=page(verdict(date(2026, 1, 1), Category.OSTEOPENIA, -1.5)))  # fmt: skip
    assert set(found) <= set(book.facts)


def test_words_of_records() -> None:
    assert set(facts_named_by("drug", "Goserelin 3.6 mg")) == {"gnrh_drug", "ovarian_suppression"}
    assert facts_named_by("disease", "headache") == ()


def test_what_stands_in_the_record_of_a_woman_after_menopause() -> None:
    found = of(*BORN, fact("menopause_age_years", "49"), fact("hysterectomy", "yes", TODAY),
               fact("withdrawn", "yes", TODAY))  # fmt: skip
    assert found["menopause_age_years"] == 49
    assert (found["uterus_present"], found["withdrawn"]) == (False, True)
    assert found["may_become_pregnant"] is False


def test_a_man_is_not_asked_about_pregnancy() -> None:
    found = of(fact("sex", "M"), fact("birth_date", "1950-01-01"))
    assert (found["pregnant"], found["breastfeeding"], found["may_become_pregnant"]) == (False,) * 3


def test_a_severe_class_is_told() -> None:
    last = verdict(TODAY, Category.OSTEOPOROSIS, -2.6)
    severe = replace(last, verdict=replace(last.verdict, severity="severe"))
    assert of(page=page(severe))["severity"] == "severe"


def test_feeding_and_weaning() -> None:
    birth = fact("delivery", "yes", date(2025, 12, 1))
    fed = of(*BORN, birth, fact("feeding", "exclusive", date(2025, 12, 2)))
    assert fed["breastfeeding"] is True
    assert of(*BORN, birth, fact("weaning", "yes", TODAY))["breastfeeding"] is False
