"""Recorded words: what they say, what they do not say, and what nobody could read.

Expected facts are those that a clinician reads from the words.
"""

from __future__ import annotations

import pytest

from bonescan.guidance.recorded_words import (
    facts_answered_by_none,
    facts_named_by,
    read_record,
    recorded_words,
)

CARDIAC = {"cardiovascular_history", "stroke_or_coronary_history"}


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Femara 2.5 mg", "aromatase_inhibitor"), ("ARIMIDEX", "aromatase_inhibitor"),
        ("Aromasin", "aromatase_inhibitor"), ("芳香環轉化酶抑制劑", "aromatase_inhibitor"),
        ("Nolvadex", "anti_oestrogen"), ("泰莫西芬", "anti_oestrogen"),
        ("Zoladex", "gnrh_drug"), ("Leuplin", "ovarian_suppression"), ("Decapeptyl", "gnrh_drug"),
        ("GnRH agonist", "ovarian_suppression"), ("GnRH agonist", "gnrh_drug"),
        ("Prolia 60 mg", "denosumab"), ("Xgeva", "denosumab"),
        ("Fosamax", "bisphosphonate"), ("Aclasta", "zoledronate"), ("Zometa", "zoledronate"),
        ("Bonviva", "bisphosphonate"), ("Evista", "raloxifene"), ("Forteo", "teriparatide"),
        ("Evenity", "romosozumab"), ("Premarin", "hormone_therapy"), ("estriol", "hormone_therapy"),
        ("conjugated oestrogens", "hormone_therapy"), ("動情素", "hormone_therapy"),
        ("更年期荷爾蒙治療", "hormone_therapy"), ("menopausal hormone therapy", "hormone_therapy"),
        ("HRT", "hormone_therapy"), ("prednisolone 5 mg/day", "steroid_use"),
        ("enoxaparin", "anticoagulant"), ("低分子量肝素", "anticoagulant"),
    ],
)  # fmt: skip
def test_words_of_drugs(text: str, fact: str) -> None:
    reading = read_record("drug", text)
    assert fact in reading.facts
    assert reading.understood


@pytest.mark.parametrize(
    ("kind", "text", "fact"),
    [
        ("disease", "深部靜脈栓塞", "thrombosis_history"), ("disease", "VTE", "thrombosis_history"),
        ("disease", "右腿DVT", "thrombosis_history"),
        ("disease", "深層靜脈血栓", "thrombosis_history"),
        ("disease", "active hepatitis B", "liver_disease_active"),
        ("disease", "肝衰竭", "liver_disease_active"),
        ("disease", "acute liver failure", "liver_disease_active"),
        ("cancer", "DCIS 左乳", "breast_cancer"), ("cancer", "左側乳房惡性腫瘤", "breast_cancer"),
        ("cancer", "ca mammae", "breast_cancer"), ("cancer", "子宮頸癌", "cervical_cancer"),
        ("cancer", "cervix uteri", "cervical_cancer"),
        ("cancer", "未明示側性女性乳房惡性腫瘤", "breast_cancer"),
        ("cancer", "triple-negative breast cancer, no metastasis", "breast_cancer"),
        ("disease", "type 2 diabetes without complications", "diabetes"),
        ("disease", "breast carcinoma", "breast_cancer"),
    ],
)  # fmt: skip
def test_words_of_diagnoses(kind: str, text: str, fact: str) -> None:
    assert fact in facts_named_by(kind, text)


@pytest.mark.parametrize(
    "text",
    ["腦梗塞", "腦出血", "CVA", "TIA", "冠狀動脈疾病", "心絞痛", "angina", "coronary disease"],
)
def test_a_stroke_or_coronary_disease_is_cardiovascular_too(text: str) -> None:
    assert set(facts_named_by("disease", text)) == CARDIAC


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("disease", "no DVT"), ("disease", "DVT: not found"), ("disease", "denies stroke"),
        ("disease", "denied stroke"), ("disease", "DVT negative"), ("disease", "r/o DVT"),
        ("disease", "rule out stroke"), ("disease", "suspected DVT"), ("disease", "DVT?"),
        ("disease", "DVT？"), ("disease", "family history of stroke"),
        ("disease", "DVT prophylaxis"),
        ("disease", "mother had a stroke"), ("disease", "無糖尿病"), ("disease", "否認中風"),
        ("disease", "疑似中風"), ("disease", "母親糖尿病"), ("disease", "預防血栓"),
        ("disease", "heat stroke"), ("disease", "腎上腺腫瘤"), ("disease", "gestational diabetes"),
        ("disease", "adrenal adenoma"), ("disease", "complicated delivery"),
        ("disease", "herpangina"), ("disease", "endometriosis"),
        ("cancer", "family history of breast cancer"), ("cancer", "sister: breast"),
        ("cancer", "breast fibroadenoma, benign"), ("cancer", "breast fibroadenoma"),
        ("cancer", "乳房良性腫瘤"), ("cancer", "家族乳癌"), ("cancer", "姊妹乳癌"),
        ("cancer", "breast screening"),
        ("drug", "no steroid"), ("drug", "nonsteroidal anti-inflammatory"),
        ("drug", "non-steroid"), ("drug", "非類固醇"), ("drug", "anabolic steroid"),
        ("drug", "hydrocortisone cream"), ("drug", "inhaled steroid, inhaler"),
        ("drug", "外用類固醇"), ("drug", "topical betamethasone"), ("drug", "否認類固醇"),
        ("drug", "hormone therapy"), ("drug", "荷爾蒙治療"), ("drug", "thyroid hormone therapy"),
        ("drug", "ethinyl estradiol"), ("drug", "ethinylestradiol/levonorgestrel"),
        ("drug", "vaginal estriol"), ("drug", "selective estrogen receptor modulator"),
        ("drug", "plan: letrozole"), ("drug", "heartburn tablets"),
    ],
)  # fmt: skip
def test_words_that_give_no_fact_are_not_understood(kind: str, text: str) -> None:
    reading = read_record(kind, text)
    assert reading.facts == ()
    assert not reading.understood


@pytest.mark.parametrize(
    "text", ["抗荷爾蒙治療", "抗雌激素", "antiestrogen", "anti-estrogen", "anti-oestrogen 治療"]
)
def test_a_drug_against_oestrogen_is_not_hormone_therapy(text: str) -> None:
    assert facts_named_by("drug", text) == ("anti_oestrogen",)


@pytest.mark.parametrize("text", ["none", "No", "無", "沒有"])
def test_denied_is_not_unread(text: str) -> None:
    reading = read_record("disease", text)
    assert (reading.denied, reading.understood, reading.facts) == (True, True, ())


def test_a_part_that_names_nothing_leaves_a_text_not_understood() -> None:
    reading = read_record("disease", "diabetes, old leg swelling")
    assert "diabetes" in reading.facts
    assert not reading.understood
    assert read_record("disease", "diabetes, hypertension").understood
    assert read_record("drug", "letrozole 2.5 mg daily, calcium").understood


def test_none_does_not_answer_what_nobody_asks_so() -> None:
    answered = set(facts_answered_by_none("disease", []))
    assert set(recorded_words()["disease"]) - answered == {
        "plo_diagnosed", "lrp5_or_col1a1_variant",
    }  # fmt: skip
