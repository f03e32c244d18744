"""The shipped rule tables: links, words, sources, thresholds on both sides."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from bonescan.errors import UsageError
from bonescan.guidance.evaluate import evaluate
from bonescan.guidance.load import load_rules
from bonescan.model.guidance import Evidence, FactSheet, Guidance, Known, Rule, RuleKind, Truth

BOOK = load_rules()
RULES = list(BOOK.rules.values())
TODAY = date(2026, 3, 1)
DRUGS = re.compile(
    r"denosumab|alendronate|zoledron|raloxifene|bisphosphonate|teriparatide|romosozumab|estradiol"
    r"|oestrogen|progestogen|dydrogesterone|hormone (?:therapy|replacement)|雙磷酸鹽|雌激素|黃體素",
    re.IGNORECASE,
)
# Words that no output may hold: they promise what nobody knows.
FORBIDDEN_EN = re.compile(r"\beligible|\bsafe\b|no contraindication|you should|\bprescribe", re.I)
FORBIDDEN_ZH = (
    "技術員",
    "技師",
    "臨界",
    "髌",
    "T 評分",
    "骨質不足",
    "骨質疏少症",
    "保證",
    "安全無虞",
)


def ids(rules: list[Rule]) -> list[str]:
    return [r.rule_id for r in rules]


def of(**values: Known) -> Guidance:
    return evaluate(FactSheet(patient_id="p", on=TODAY, values=values), BOOK)


def fired(**values: Known) -> set[str]:
    return {p.rule_id for p in of(**values).prompts}


@pytest.mark.parametrize("rule", RULES, ids=ids(RULES))
def test_each_rule_has_a_source_a_mark_and_both_languages(rule: Rule) -> None:
    assert len(rule.source) > 3
    assert rule.evidence in Evidence
    assert re.search(r"[\u4e00-\u9fff]", rule.text_zh)
    assert len(rule.conflicts) == len(rule.conflicts_zh)
    assert not re.search(r"seed 00\d", rule.source)


@pytest.mark.parametrize("rule", RULES, ids=ids(RULES))
def test_no_rule_promises_or_prescribes(rule: Rule) -> None:
    assert not FORBIDDEN_EN.search(rule.text_en)
    assert not [word for word in FORBIDDEN_ZH if word in rule.text_zh]
    if rule.kind is RuleKind.RECOMMENDATION:
        assert rule.text_en.endswith("For the clinician to decide.")
        assert rule.text_zh.endswith("由臨床醫師判斷。")


@pytest.mark.parametrize("rule", RULES, ids=ids(RULES))
def test_a_drug_never_stands_without_its_safety_rules(rule: Rule) -> None:
    if not DRUGS.search(rule.text_en + rule.text_zh) or rule.kind is RuleKind.SAFETY:
        return
    assert rule.names_drug, "the text names a drug"
    for name in rule.safety_ids:
        assert BOOK.rules[name].kind is RuleKind.SAFETY
    pairs = (("denosumab", "SAF-01"), ("raloxifene", "SAF-06"), ("teriparatide", "SAF-10"),
             ("romosozumab", "SAF-11"), ("estradiol", "SAF-07"), ("alendronate", "SAF-04"),
             ("zoledronate", "SAF-04"), ("bisphosphonate", "SAF-03"))  # fmt: skip
    for drug, safety in pairs:
        if drug in rule.text_en.casefold():
            assert safety in rule.safety_ids, f"{drug} without {safety}"


@pytest.mark.parametrize("rule", RULES, ids=ids(RULES))
def test_nothing_fires_where_nothing_is_known(rule: Rule) -> None:
    found = of()
    assert rule.rule_id not in {p.rule_id for p in found.prompts}
    assert rule.rule_id not in {p.rule_id for p in found.safety if p.truth is Truth.YES}


@pytest.mark.parametrize("rule", RULES, ids=ids(RULES))
def test_a_recommendation_from_memory_is_off_and_a_safety_note_on(rule: Rule) -> None:
    if rule.kind is RuleKind.RECOMMENDATION and rule.evidence is Evidence.MEMORY:
        assert not rule.default_on
    if rule.kind is RuleKind.SAFETY:
        assert rule.default_on


def test_every_fact_is_read_by_some_rule_or_names_a_state() -> None:
    read = {name for rule in RULES for name in rule.needs}
    assert {"age_years", "t_score", "denosumab_last_dose_date"} <= read


AI = {"aromatase_inhibitor": True, "parent_hip_fracture": False, "fracture_after_50": False,
      "steroid_over_6_months": False, "smoking": False}  # fmt: skip


@pytest.mark.parametrize(
    ("t_score", "smoking", "family", "expected"),
    [  # Hadji 2017: T < -2.0; T < -1.5 with one factor; two factors; all strict
        (-2.1, False, False, True), (-2.0, False, False, False),
        (-1.6, True, False, True), (-1.5, True, False, False), (-1.6, False, False, False),
        (0.5, True, True, True),
    ],
)  # fmt: skip
def test_thresholds_under_an_aromatase_inhibitor(
    t_score: float, smoking: bool, family: bool, expected: bool
) -> None:
    facts = AI | {"t_score": t_score, "smoking": smoking, "parent_hip_fracture": family}
    assert ("CTI-12" in fired(**facts)) is expected


def test_an_unknown_risk_factor_leaves_the_rule_open_and_says_what_to_ask() -> None:
    facts = {k: v for k, v in AI.items() if k != "smoking"} | {"t_score": -1.8}
    found = of(**facts)
    assert "CTI-12" not in {p.rule_id for p in found.prompts}
    assert next(p.missing for p in found.unknown if p.rule_id == "CTI-12") == ("smoking",)


@pytest.mark.parametrize(
    ("last", "expected"),
    [(date(2025, 8, 1), False), (date(2025, 7, 31), True)],  # seven calendar months before
)
def test_an_overdue_dose_of_denosumab(last: date, expected: bool) -> None:
    facts: dict[str, Known] = {
        "denosumab": True, "denosumab_follow_on": False, "denosumab_stopped": False,
        "denosumab_last_dose_date": last,
    }  # fmt: skip
    found = of(**facts)
    assert ("DMB-01" in {p.rule_id for p in found.prompts}) is expected
    assert "SAF-01" in {p.rule_id for p in found.safety}


NO_RISK: dict[str, Known] = {
    "sex": "F", "menopausal_status": "premenopausal", "fragility_fracture": False,
    "breast_cancer": False, "aromatase_inhibitor": False, "ovarian_suppression": False,
    "pregnant": False,
}  # fmt: skip
WOMAN: dict[str, Known] = {
    "sex": "F", "age_years": 55.0, "menopausal_status": "postmenopausal",
    "vasomotor_symptoms": True, "menopause_date": date(2020, 1, 1),
}  # fmt: skip
CONTRAINDICATIONS = (
    "breast_cancer", "thrombosis_history", "cardiovascular_history", "hormone_dependent_cancer",
    "aromatase_inhibitor", "anti_oestrogen", "stroke_or_coronary_history",
    "liver_disease_active", "unexplained_bleeding", "pregnant", "may_become_pregnant",
)  # fmt: skip
CLEAR = WOMAN | dict.fromkeys(CONTRAINDICATIONS, False) | {"cervical_cancer": False}


EARLY = CLEAR | {
    "menopause_age_years": 38.0, "age_years": 45.0, "menopausal_status": "poi",
    "uterus_present": True,
}  # fmt: skip


def hormone_prompts(found: Guidance) -> set[str]:
    return {p.rule_id for p in found.prompts if p.topic.startswith("mht")}


def test_hormone_prompts_stand_with_every_contraindication_and_its_state() -> None:
    found = of(**CLEAR)
    assert {"MHT-04", "MHT-05", "MHT-D1"} <= hormone_prompts(found)
    states = {p.rule_id: p.truth for p in found.safety}
    for rule_id in ("MHT-01", "MHT-02", "MHT-11", "MHT-12", "MHT-13", "MHT-14", "MHT-15",
                    "MHT-16"):  # fmt: skip
        assert states[rule_id] is Truth.NO
    text = next(p.text_en for p in found.prompts if p.rule_id == "MHT-04")
    assert "No listed contraindication recorded; list not complete." in text


@pytest.mark.parametrize("name", CONTRAINDICATIONS)
def test_one_recorded_contraindication_stops_every_hormone_prompt(name: str) -> None:
    assert hormone_prompts(of(**CLEAR | {name: True})) == set()


@pytest.mark.parametrize("name", CONTRAINDICATIONS)
def test_one_unknown_contraindication_leaves_every_hormone_prompt_unknown(name: str) -> None:
    found = of(**{k: v for k, v in CLEAR.items() if k != name})
    assert hormone_prompts(found) == set()
    open_rules = {p.rule_id: p.missing for p in found.unknown}
    assert name in open_rules["MHT-04"]


@pytest.mark.parametrize(
    ("age", "menopause", "expected"),
    [  # under 60 OR under 10 years since: 62 with menopause at 55 is inside
        (59.9, date(2000, 1, 1), True), (60.0, date(2000, 1, 1), False),
        (62.0, date(2019, 1, 1), True), (62.0, date(2016, 3, 1), False),
        (62.0, date(2016, 3, 2), True),
    ],
)  # fmt: skip
def test_the_window_of_the_societies_is_age_or_time(
    age: float, menopause: date, expected: bool
) -> None:
    facts = CLEAR | {"age_years": age, "menopause_date": menopause}
    assert ("MHT-04" in fired(**facts)) is expected


def test_after_cancer_early_menopause_keeps_its_screening_and_loses_its_hormones() -> None:
    facts = EARLY | {"hormone_dependent_cancer": True}
    assert "POI-01" in fired(**facts)
    assert "POI-01b" not in fired(**facts)
    assert "POI-01b" in fired(**facts | {"hormone_dependent_cancer": False})


HORMONES_OF_POI = {"POI-01b", "MHT-06", "MHT-D3", "MHT-D4", "MHT-D5"}


@pytest.mark.parametrize("cancer", [True, None, False])
def test_cervical_cancer_leaves_only_the_screening_of_early_menopause(cancer: bool | None) -> None:
    facts = {k: v for k, v in EARLY.items() if k != "cervical_cancer"}
    if cancer is not None:
        facts |= {"cervical_cancer": cancer}
    found = of(**facts)
    assert "POI-01" in {p.rule_id for p in found.prompts}
    shown = HORMONES_OF_POI & {p.rule_id for p in found.prompts}
    assert shown == (HORMONES_OF_POI if cancer is False else set())
    assert bool(hormone_prompts(found)) is (cancer is False)  # the window and the societies too
    states = {p.rule_id: p.truth for p in found.safety}
    assert states["POI-01c"] is {True: Truth.YES, None: Truth.UNKNOWN, False: Truth.NO}[cancer]


def test_cervical_cancer_stops_nothing_after_a_menopause_at_forty_or_later() -> None:
    facts = CLEAR | {"cervical_cancer": True}
    assert "MHT-04" in fired(**facts | {"menopause_age_years": 40.0})
    assert "MHT-04" not in fired(**facts | {"menopause_age_years": 39.9})
    assert "MHT-04" not in fired(**facts)  # at what age is not known


@pytest.mark.parametrize(("age", "expected"), [(50.9, True), (51.0, False)])
def test_hormones_for_early_menopause_end_at_the_natural_age(age: float, expected: bool) -> None:
    shown = HORMONES_OF_POI & fired(**EARLY | {"age_years": age})
    assert shown == (HORMONES_OF_POI if expected else set())


@pytest.mark.parametrize(
    ("age", "menopause", "expected"),
    [  # the dose and both societies keep to the window of MHT-04
        (59.9, date(2000, 1, 1), True), (60.0, date(2016, 3, 1), False),
        (60.0, date(2016, 3, 2), True),
    ],
)  # fmt: skip
def test_a_standard_dose_stands_inside_the_window_only(
    age: float, menopause: date, expected: bool
) -> None:
    facts = CLEAR | {"age_years": age, "menopause_date": menopause}
    rows = {"MHT-D1", "MHT-D2", "MHT-S1", "MHT-S2"}
    assert rows & fired(**facts) == (rows if expected else set())


@pytest.mark.parametrize(
    ("rule_id", "fact"),
    [("MHT-03", "family_breast_cancer"), ("MHT-07", "uterus_present"),
     ("MHT-10", "thrombosis_risk")],
)  # fmt: skip
def test_every_hormone_prompt_stands_with_its_conditions_and_harms(rule_id: str, fact: str) -> None:
    for answer, state in ((True, Truth.YES), (False, Truth.NO), (None, Truth.UNKNOWN)):
        found = of(**CLEAR | ({} if answer is None else {fact: answer}))
        safety = {p.rule_id: p for p in found.safety}
        assert "MHT-D1" in {p.rule_id for p in found.prompts}
        assert safety[rule_id].truth is state
        assert safety[rule_id].shows_state
        assert "breast cancer, thrombosis, stroke" in safety["MHT-E1"].text_en
    for rule in RULES:
        if rule.kind is not RuleKind.SAFETY and "MHT-01" in rule.blocked_by:
            assert "POI-01c" in rule.blocked_by, rule.rule_id
            assert {rule_id, "MHT-E1", "SAF-07"} <= set(rule.safety_ids), rule.rule_id


def test_no_age_of_the_trial_is_printed() -> None:
    for rule in RULES:
        assert "67" not in rule.text_en + rule.text_zh


def test_premature_insufficiency_without_an_age_is_early_menopause() -> None:
    facts = {k: v for k, v in EARLY.items() if k != "menopause_age_years"}
    shown = fired(**facts | {"bmd_since_menopause": False})
    assert {"MHT-06", "POI-01", "POI-01b", "POI-02", "RET-09"} <= shown


@pytest.mark.parametrize(
    ("fracture", "sites", "expected"),
    [(True, ("hip",), False), (True, ("vertebral", "rib"), False), (True, ("forearm",), True),
     (False, (), True), (None, ("hip",), False)],
)  # fmt: skip
def test_a_hip_or_vertebral_fracture_is_osteoporosis_and_no_high_risk_without_it(
    fracture: bool | None, sites: tuple[str, ...], expected: bool
) -> None:
    facts = CLEAR | {"high_fracture_risk": True, "t_score": -2.0, "fracture_sites": sites}
    if fracture is not None:
        facts |= {"fragility_fracture": fracture}
    found = of(**facts)
    assert ("MHT-09" in {p.rule_id for p in found.prompts}) is expected
    if not expected:
        assert "CLS-02" in {p.rule_id for p in found.safety if p.truth is Truth.YES}
    assert "MHT-09" not in fired(**facts | {"menopausal_status": "premenopausal"})


def test_every_row_that_reads_a_t_score_says_what_a_fracture_means() -> None:
    assert BOOK.rules["CLS-02"].kind is RuleKind.SAFETY
    assert BOOK.rules["CLS-02"].evidence is Evidence.MEMORY
    for rule in RULES:
        if "t_score" in rule.needs:
            assert "CLS-02" in rule.safety_ids, rule.rule_id


STOPPED: dict[str, Known] = {"hormone_therapy_stop_date": date(2023, 3, 1),
                             "bmd_since_hormone_stop": False}  # fmt: skip
SEQUENCE = {f"SEQ-0{i}" for i in range(1, 6)}


def test_hormones_taken_again_are_no_stop() -> None:
    assert fired(**STOPPED | {"hormone_therapy": False}) >= SEQUENCE
    again = of(**STOPPED | {"hormone_therapy": True})
    assert not SEQUENCE & {p.rule_id for p in again.prompts}
    assert "SAF-08" not in {p.rule_id for p in again.safety}
    assert "SAF-08" in {p.rule_id for p in of(**STOPPED).safety}


def test_after_a_stop_every_contraindication_still_shows_its_state() -> None:
    found = of(**STOPPED | {"hormone_therapy": False, "breast_cancer": True})
    states = {p.rule_id: p.truth for p in found.safety}
    assert states["MHT-01"] is Truth.YES
    assert states["MHT-14"] is Truth.UNKNOWN
    assert "SAF-07" in states


@pytest.mark.parametrize(
    "values",
    [{"pregnant": True}, {"breastfeeding": True}, {"menopausal_status": "lactating"},
     {"delivery_date": date(2025, 3, 1)}],
)  # fmt: skip
def test_a_z_score_clears_nobody_in_pregnancy_or_after_birth(values: dict[str, Known]) -> None:
    assert "SAF-16" in {p.rule_id for p in of(**values).safety}


def test_a_year_after_the_birth_the_note_on_z_scores_ends() -> None:
    assert "SAF-16" not in {
        p.rule_id
        for p in of(
            pregnant=False, breastfeeding=False, menopausal_status="premenopausal",
            delivery_date=date(2025, 2, 28),
        ).safety
    }  # fmt: skip


@pytest.mark.parametrize("pain", ["back_pain", "bone_pain"])
@pytest.mark.parametrize("state", [{"pregnant": True}, {"menopausal_status": "pregnant"}])
def test_pain_in_pregnancy_needs_assessment(state: dict[str, Known], pain: str) -> None:
    found = of(**state | {pain: True, "z_score": 0.5})
    assert "PLO-P3b" in {p.rule_id for p in found.prompts}
    assert "SAF-16" in {p.rule_id for p in found.safety}
    assert "PLO-P3b" not in fired(pregnant=False, menopausal_status="premenopausal", **{pain: True})


@pytest.mark.parametrize(
    ("rule_id", "fact"),
    [("PLO-R2", "multiple_pregnancy"), ("PLO-R4", "heparin_or_steroid_in_pregnancy"),
     ("PLO-R7", "lrp5_or_col1a1_variant")],
)  # fmt: skip
def test_a_factor_of_pregnancy_counts_in_pregnancy_and_lactation(rule_id: str, fact: str) -> None:
    facts: dict[str, Known] = {fact: True, "pregnant": False, "breastfeeding": False}
    assert rule_id not in fired(**facts)
    assert rule_id in fired(**facts | {"breastfeeding": True})


PREGNANCY_ONLY = {"delivery_date", "fracture_in_pregnancy_or_lactation", "pop_enrolled",
                  "menopausal_status", "ovarian_suppression", "plo_diagnosed"}  # fmt: skip


def test_a_man_is_not_asked_about_pregnancy() -> None:
    found = of(sex="M", age_years=72.0, pregnant=False, breastfeeding=False)
    assert not PREGNANCY_ONLY - {"ovarian_suppression"} & {
        n for p in found.unknown for n in p.missing
    }
    assert "CTI-02" not in {p.rule_id for p in found.unknown}


def test_long_after_the_menopause_nobody_is_asked_for_a_birth() -> None:
    found = of(sex="F", menopausal_status="postmenopausal", pregnant=False, breastfeeding=False)
    assert "delivery_date" not in {n for p in found.unknown for n in p.missing}


def test_pain_after_birth_is_seen_where_sex_and_status_are_not_recorded() -> None:
    assert {"PLO-P3", "PLO-04", "PLO-06", "PLO-02"} <= fired(breastfeeding=True, back_pain=True)
    assert {"PLO-P3", "PLO-04"} <= fired(delivery_date=date(2025, 3, 1), bone_pain=True)
    # a status that can't be right never hides it
    facts: dict[str, Known] = {"menopausal_status": "postmenopausal", "back_pain": True}
    assert "PLO-P3" in fired(**facts | {"breastfeeding": True})
    assert "PLO-P3" in fired(**facts | {"breastfeeding": False, "delivery_date": TODAY})


@pytest.mark.parametrize(
    ("status", "expected"),
    [("transition", True), ("postmenopausal", True), ("surgical", True), ("poi", True),
     ("premenopausal", False), ("lactating", False), ("after-weaning", False)],
)  # fmt: skip
def test_sleeplessness_before_the_menopause_prompts_for_no_hormones(
    status: str, expected: bool
) -> None:
    facts = CLEAR | {"menopausal_status": status, "bone_drug_not_tolerated": True}
    rows = {"MHT-05", "MHT-08"}
    assert rows & fired(**facts) == (rows if expected else set())


def test_a_bisphosphonate_of_the_past_is_still_in_bone() -> None:
    facts: dict[str, Known] = {"bisphosphonate": False, "may_become_pregnant": True}
    noted = {p.rule_id for p in of(**facts | {"bisphosphonate_ever": True}).safety}
    assert "SAF-03" in noted
    assert "SAF-03" not in {p.rule_id for p in of(**facts | {"bisphosphonate_ever": False}).safety}


@pytest.mark.parametrize(("age", "expected"), [(39.9, True), (40.0, False)])
def test_menopause_under_forty(age: float, expected: bool) -> None:
    assert ("POI-01" in fired(sex="F", menopause_age_years=age)) is expected


@pytest.mark.parametrize("z_score", [-1.9, 0.0, 1.0])
def test_back_pain_after_birth_is_never_cleared_by_a_z_score(z_score: float) -> None:
    found = of(breastfeeding=True, back_pain=True, z_score=z_score, menopausal_status="lactating")
    assert "PLO-P3" in {p.rule_id for p in found.prompts}
    assert "SAF-16" in {p.rule_id for p in found.safety}


@pytest.mark.parametrize(
    ("values", "rule_id", "expected"),
    [
        ({"sex": "F", "age_years": 65.0}, "RET-01", True),
        ({"sex": "F", "age_years": 64.9}, "RET-01", False),
        ({"sex": "M", "age_years": 70.0}, "RET-02", True),
        ({"sex": "M", "age_years": 69.9}, "RET-02", False),
        ({"age_years": 20.0, "poor_habits": True}, "RET-05", True),
        ({"age_years": 19.9, "poor_habits": True}, "RET-05", False),
        ({"age_years": 40.9, "poor_habits": True}, "RET-05", True),
        ({"age_years": 41.0, "poor_habits": True}, "RET-05", False),
        (NO_RISK | {"age_years": 41.0}, "RET-NONE", True),
        (NO_RISK | {"age_years": 40.9}, "RET-NONE", False),
        (NO_RISK | {"age_years": 49.9}, "RET-NONE", True),
        (NO_RISK | {"age_years": 50.0}, "RET-NONE", False),
        (NO_RISK | {"age_years": 19.9}, "RET-NONE", True),
        ({"pregnant": True, "age_years": 30.0}, "PLO-R1", False),
        ({"pregnant": True, "age_years": 30.5}, "PLO-R1", True),
        ({"vitamin_d_ng_ml": 29.9}, "NUT-05", True),
        ({"vitamin_d_ng_ml": 30.0}, "NUT-05", False),
        ({"weight_change_percent": 5.0}, "WGT-01", False),
        ({"weight_change_percent": -5.1}, "WGT-01", True),
        ({"age_years": 40.0, "frax_country": "US", "frax_major_percent": 20.0}, "FRX-03", True),
        ({"age_years": 40.0, "frax_country": "US", "frax_major_percent": 19.9,
          "frax_hip_percent": 2.9}, "FRX-03", False),
        ({"age_years": 90.0, "frax_country": "US", "frax_major_percent": 9.3}, "FRX-05", True),
        ({"age_years": 90.0, "frax_country": "US", "frax_major_percent": 9.2}, "FRX-05", False),
        ({"age_years": 90.1, "frax_country": "US", "frax_major_percent": 20.0}, "FRX-05", False),
        ({"age_years": 90.1, "frax_country": "US", "frax_major_percent": 20.0}, "FRX-03", False),
        ({"age_years": 90.1, "frax_country": "Taiwan", "frax_hip_percent": 9.0}, "FRX-04", False),
        ({"age_years": 90.0, "frax_major_percent": 20.0}, "FRX-06", False),
        ({"age_years": 90.1, "frax_major_percent": 20.0}, "FRX-06", True),
        ({"age_years": 39.9, "frax_major_percent": 20.0}, "FRX-06", True),
        ({"height_loss_cm": 0.1}, "HGT-01f", True),
        ({"height_loss_cm": 0.0}, "HGT-01f", False),
        ({"height_loss_from_tallest_cm": 3.0}, "HGT-02f", True),
        ({"height_loss_from_tallest_cm": 0.0}, "HGT-02f", False),
        ({"falls_12_months": 1.0}, "FAL-01f", True),
        ({"falls_12_months": 0.0, "fall_with_injury": False}, "FAL-01f", False),
        ({"bmi_kg_m2": 22.0, "prepregnancy_bmi_kg_m2": 18.4, "pregnant": True}, "WGT-02", True),
        ({"bmi_kg_m2": 22.0, "prepregnancy_bmi_kg_m2": 18.4, "pregnant": False}, "WGT-02", False),
        ({"bmi_kg_m2": 22.0, "prepregnancy_bmi_kg_m2": 18.5, "pregnant": True}, "WGT-02", False),
        ({"bmi_kg_m2": 18.4}, "WGT-02", True),
        ({"bmi_kg_m2": 18.5}, "WGT-02", False),
        ({"breast_cancer": True, "frax_hip_percent": 2.0}, "CTI-04", True),
        ({"breast_cancer": True}, "CTI-04", False),
        ({"aromatase_inhibitor": True}, "CTI-13", True),
        ({"denosumab": True, "denosumab_stopped": False}, "DMB-02", True),
        ({"denosumab": True, "denosumab_stopped": True}, "DMB-02", False),
        ({"denosumab": True, "denosumab_stopped": True, "denosumab_follow_on": False},
         "DMB-03", True),
        ({"pop_enrolled": True, "pregnant": True}, "RET-08", True),
        ({"pop_enrolled": True, "pregnant": False, "breastfeeding": False,
          "delivery_date": date(2025, 2, 28)}, "RET-08", False),
        ({"breastfeeding": True}, "PLO-02", True),
        ({"breastfeeding": True, "back_pain": True}, "PLO-04", True),
        ({"breastfeeding": True, "back_pain": True}, "PLO-06", True),
        ({"pregnant": True, "bone_pain": True}, "FLS-01", True),
        ({"pregnant": False, "breastfeeding": False, "delivery_date": date(2025, 2, 28),
          "back_pain": True}, "FLS-01", False),
        ({"age_years": 40.0, "frax_major_percent": 20.0}, "FRX-06", False),
        ({"fragility_fracture": True, "t_score": -2.5}, "CLS-01", True),
        ({"fragility_fracture": True, "t_score": -2.4}, "CLS-01", False),
    ],
)  # fmt: skip
def test_thresholds_on_both_sides(values: dict[str, Known], rule_id: str, expected: bool) -> None:
    assert (rule_id in fired(**values)) is expected


@pytest.mark.parametrize(
    "risk",
    [
        {"fragility_fracture": True}, {"breast_cancer": True}, {"aromatase_inhibitor": True},
        {"ovarian_suppression": True}, {"menopausal_status": "poi"},
        {"menopausal_status": "surgical", "menopause_age_years": 39.9},
        {"pregnant": True, "multiple_pregnancy": True},
        {"pregnant": True, "high_risk_pregnancy": True},
    ],
)  # fmt: skip
def test_no_interval_is_never_said_where_a_row_has_one(risk: dict[str, Known]) -> None:
    facts = NO_RISK | {"age_years": 45.0}
    assert "RET-NONE" in fired(**facts)
    assert "RET-NONE" not in fired(**facts | risk)


def test_a_late_surgical_menopause_has_no_interval_of_its_own() -> None:
    facts = NO_RISK | {"age_years": 45.0, "menopausal_status": "surgical"}
    assert "RET-NONE" in fired(**facts | {"menopause_age_years": 40.0})
    assert "RET-NONE" not in fired(**facts)  # unknown at what age


def test_a_man_is_judged_without_facts_of_women() -> None:
    man: dict[str, Known] = dict.fromkeys(
        ("smoking", "heavy_alcohol", "steroid_use", "chronic_disease", "fragility_fracture",
         "breast_cancer", "aromatase_inhibitor", "ovarian_suppression"), False
    ) | {"sex": "M", "bmi_kg_m2": 24.0}  # fmt: skip
    assert "RET-NONE" in fired(**man | {"age_years": 55.0})
    assert "RET-NONE" not in fired(**man | {"age_years": 70.0})


def test_pregnancy_by_either_word_hides_exercise() -> None:
    facts: dict[str, Known] = {"exercise_severity": "severe", "pregnant": False}
    assert "EX-02" in fired(**facts | {"menopausal_status": "premenopausal"})
    assert "EX-02" not in fired(**facts | {"menopausal_status": "pregnant"})


def test_what_the_insurance_pays_is_off_until_asked_for() -> None:
    facts: dict[str, Known] = {"fragility_fracture": True, "t_score": -2.5, "sex": "F",
                               "menopausal_status": "postmenopausal",
                               "last_bmd_date": TODAY}  # fmt: skip
    rows = {"TWN-01b", "TWN-02", "TWN-04", "TWN-05"}
    assert not rows & fired(**facts)
    sheet = FactSheet(patient_id="p", on=TODAY, values=facts)
    assert rows <= {p.rule_id for p in evaluate(sheet, BOOK, from_memory=True).prompts}


def test_numbers_on_early_menopause_stand_behind_the_contraindications() -> None:
    rows = {"POI-03", "POI-04", "POI-05"}
    assert rows <= fired(**EARLY)
    assert not rows & fired(**EARLY | {"breast_cancer": True})


def test_the_numbers_of_the_evidence_stand_with_both_readings() -> None:
    rows = {"MHT-E2", "MHT-E3", "MHT-E4", "MHT-E5"}
    assert rows <= fired(**CLEAR)
    assert not rows & fired(**CLEAR | {"thrombosis_history": True})
    assert [c[:3] for c in BOOK.rules["MHT-E2"].conflicts] == ["C9:"]
    assert BOOK.rules["MHT-E1"].conflicts[0].startswith("C10:")


@pytest.mark.parametrize("rule_id", ["MHT-01", "MHT-11", "MHT-12", "POI-01", "POI-01b", "POI-01c"])
def test_hormones_after_cancer_say_that_the_stop_wins(rule_id: str) -> None:
    assert any(c.startswith("C13:") for c in BOOK.rules[rule_id].conflicts)


@pytest.mark.parametrize("rule", RULES, ids=ids(RULES))
def test_terms_are_those_of_the_glossary(rule: Rule) -> None:
    words = " ".join((rule.text_zh, rule.value, *rule.conflicts_zh))
    assert not re.search("骨密度(?!分類)|荷爾蒙相關|階梯機|脊椎壓迫", words)


def test_the_questions_keep_to_the_glossary() -> None:
    words = " ".join(f.ask_zh for f in BOOK.facts.values())
    assert not re.search("骨密度(?!分類)|荷爾蒙相關|是否可能懷孕|何時中止", words)
    assert BOOK.facts["frax_country"].words == ("US", "Taiwan", "other")


def test_exercise_is_never_inferred_from_t_alone_nor_shown_in_pregnancy() -> None:
    assert not {i for i in fired(t_score=-3.0, pregnant=False) if i.startswith("EX-")}
    assert not {i for i in fired(pregnant=True, exercise_severity="severe") if i.startswith("EX-")}
    assert "EX-02" in fired(pregnant=False, exercise_severity="severe")


def test_rules_of_the_site_stand_beside_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(
        '[[rule]]\nrule_id = "OUR-1"\nkind = "information"\ntopic = "ours"\n'
        'when = "smoking"\ntext_en = "x"\ntext_zh = "某"\nsource = "site"\nevidence = "C"\n',
        encoding="utf-8",
    )
    book = load_rules(tmp_path)
    sheet = FactSheet(patient_id="p", on=TODAY, values={"smoking": True})
    assert "OUR-1" in {p.rule_id for p in evaluate(sheet, book).prompts}


GOOD = ('rule_id = "OUR-1"\nkind = "information"\ntopic = "t"\nwhen = "smoking"\ntext_en = "x"\n'
        'text_zh = "某"\nsource = "site"\nevidence = "C"\n')  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('evidence = "C"', 'evidence = "Q"'), "Q"),
        (('kind = "information"', 'kind = "advice"'), "advice"),
        (('when = "smoking"', 'when = "smoking +"'), "not a condition"),
        (('when = "smoking"', 'when = "shoe_size > 3"'), "nobody can ask for shoe_size"),
        (('text_zh = "某"', 'text_zh = ""'), "found nothing for text_zh"),
        (('text_en = "x"', 'text_en = "x"\ncolour = "red"'), "colour"),
        (('text_en = "x"', 'text_en = "x"\nnames_drug = true'), "no safety rule"),
        (('text_en = "x"', 'text_en = "x"\nsafety_ids = ["SAF-99"]'), "no rule SAF-99"),
        (('text_en = "x"', 'text_en = "x"\ninterval_years = [2]'), "interval_years"),
        (('rule_id = "OUR-1"', 'rule_id = "SAF-01"'), "twice"),
        (('kind = "information"', 'kind = "recommendation"\ndefault_on = true'), None),
        (('kind = "information"', 'kind = "recommendation"'), "wanted texts that end"),
        (('text_en = "x"', 'text_en = "This is safe."'), "'safe', which no output may say"),
        (('text_zh = "某"', 'text_zh = "臨界"'), "'臨界', which no output may say"),
        (
            ('text_en = "x"', 'text_en = "x"\nconflicts = ["you should"]\nconflicts_zh = ["某"]'),
            "'you should', which no output may say",
        ),
        (('text_en = "x"', 'text_en = "x"\nconflicts = ["y"]'), "as many conflicts"),
        (('text_en = "x"', 'text_en = "Denosumab."'), "'Denosumab', wanted names_drug = true"),
        (('text_zh = "某"', 'text_zh = "雌激素"'), "'雌激素', wanted names_drug = true"),
        (
            ('text_en = "x"', 'text_en = "Denosumab."\nnames_drug = true\nsafety_ids = ["SAF-01"]'),
            "'Denosumab' without its safety rule SAF-02",
        ),
        (
            (
                'text_en = "x"',
                'text_en = "x"\nnames_drug = true\nsafety_ids = ["SAF-01"]\n'
                'conflicts = ["y"]\nconflicts_zh = ["荷爾蒙治療"]',
            ),
            "without its safety rule SAF-07",
        ),
        (('text_en = "x"', 'text_en = "x"\nsafety_ids = ["RET-01"]'), "RET-01 is no safety rule"),
        (('when = "smoking"', 'when = "age_years"'), "where yes or no was wanted"),
        (('when = "smoking"', 'when = "years_since(smoking) > 1"'), "smoking is no date"),
        (('when = "smoking"', "when = '\"hip\" in category'"), "wanted a word in several words"),
        (('text_en = "x"', 'text_en = "x"\nnames_drug = "yes"'), "wanted true or false"),
        (('text_en = "x"', 'text_en = "x"\nsafety_ids = "SAF-01"'), "as a list of texts"),
    ],
)
def test_a_faulty_rule_is_refused_by_name(
    tmp_path: Path, change: tuple[str, str], words: str | None
) -> None:
    text = "[[rule]]\n" + GOOD.replace(*change)
    if words is None:  # a recommendation from memory may not be on
        text, words = text.replace('evidence = "C"', 'evidence = "M"'), "from memory"
    (tmp_path / "ours.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        load_rules(tmp_path)


@pytest.mark.parametrize(
    "words",
    ["a hormone-dependent cancer", "an anti-oestrogen", "荷爾蒙依賴性癌症", "抗雌激素", "unsafe"],
)
def test_a_cancer_or_an_antagonist_is_no_hormone(tmp_path: Path, words: str) -> None:
    text = "[[rule]]\n" + GOOD.replace('"x"', f'"{words}"')
    (tmp_path / "ours.toml").write_text(text, encoding="utf-8")
    assert load_rules(tmp_path).rules["OUR-1"].text_en == words


def test_broken_files_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text("rule = [", encoding="utf-8")
    with pytest.raises(UsageError, match=r"ours\.toml can't be read"):
        load_rules(tmp_path)
    path.write_text("[[rules]]\n", encoding="utf-8")
    load_rules.cache_clear()
    with pytest.raises(UsageError, match="found the table rules"):
        load_rules(tmp_path)
    path.write_text('[[fact]]\nname = "x y"\n', encoding="utf-8")
    load_rules.cache_clear()
    with pytest.raises(UsageError, match="wanted name, kind"):
        load_rules(tmp_path)
    path.write_text('[[fact]]\nname = "x"\nkind = "number"\nask_en = "?"\n', encoding="utf-8")
    load_rules.cache_clear()
    with pytest.raises(UsageError, match="both languages"):
        load_rules(tmp_path)


def test_what_presses_most_stands_first() -> None:
    facts = CLEAR | {"fracture_in_pregnancy_or_lactation": True, "age_years": 66.0,
                     "menopause_date": date(2020, 1, 1), "kidney_disease": False}  # fmt: skip
    found = of(**facts)
    order = [p.rule_id for p in found.prompts]
    wanted = ["PLO-P4", "RET-01", "MHT-04", "NUT-04"]
    assert [i for i in order if i in wanted] == wanted
    ranks = [p.rank for p in found.prompts]
    assert ranks == sorted(ranks)
    # by rank, except that a recorded one leads
    assert [p.truth is Truth.YES for p in found.safety] == sorted(
        (p.truth is Truth.YES for p in found.safety), reverse=True
    )
    notes = [p.rule_id for p in of(**CLEAR | {"hormone_therapy": False}).safety]
    assert notes.index("SAF-07") < notes.index("MHT-01")
    notes = [p.rule_id for p in of(**CLEAR | {"hormone_therapy": False, "kidney_disease": True})
             .safety]  # fmt: skip
    assert notes.index("SAF-12") < notes.index("SAF-07")  # recorded, though of a later rank


def test_only_contraindications_show_a_state() -> None:
    shown = {p.rule_id for p in of(**CLEAR | {"denosumab": True}).safety if p.shows_state}
    assert {"MHT-01", "MHT-16"} <= shown
    assert not {i for i in shown if i.startswith("SAF-")}


def test_a_topic_never_hides_a_safety_rule() -> None:
    sheet = FactSheet(patient_id="p", on=TODAY, values={"denosumab": True, "breast_cancer": True})
    found = evaluate(sheet, BOOK, topics=["nutrition"])
    assert {"SAF-01", "MHT-01"} <= {p.rule_id for p in found.safety}
    assert {p.topic for p in found.prompts} <= {"nutrition"}


def test_what_holds_a_rule_back_is_shown() -> None:
    facts = {k: v for k, v in CLEAR.items() if k != "liver_disease_active"}
    found = of(**facts)
    states = {p.rule_id: p.truth for p in found.safety}
    assert states["MHT-14"] is Truth.UNKNOWN
    assert states["MHT-01"] is Truth.NO


def test_an_unknown_topic_is_refused_with_the_list() -> None:
    sheet = FactSheet(patient_id="p", on=TODAY)
    with pytest.raises(ValueError, match=r"found the topic shoes, wanted one of .*nutrition"):
        evaluate(sheet, BOOK, topics=["shoes"])


@pytest.mark.parametrize("rank", ["-1", "1.5", "true", '"first"'])
def test_a_rank_is_a_whole_number(tmp_path: Path, rank: str) -> None:
    (tmp_path / "ours.toml").write_text(f"[[rule]]\nrank = {rank}\n{GOOD}", encoding="utf-8")
    with pytest.raises(UsageError, match="rank"):
        load_rules(tmp_path)
