"""Screening indices: published formulas by hand, bands on both sides, populations kept."""

from __future__ import annotations

from datetime import date

import pytest

from bonescan.guidance.indices import IndexResult, screening_indices
from bonescan.guidance.questionnaire import count_answers, questions
from bonescan.model.guidance import FactSheet, Known


def of(name: str, ost_mode: str = "truncate", **values: Known) -> IndexResult:
    sheet = FactSheet(patient_id="p", on=date(2026, 3, 1), values=values)
    every = screening_indices(sheet, ost_mode=ost_mode, from_memory=True)
    return next(r for r in every if r.name == name)


def woman(age: float, weight: float, **more: Known) -> dict[str, Known]:
    return {"sex": "F", "menopausal_status": "postmenopausal", "age_years": age,
            "weight_kg": weight, **more}  # fmt: skip


@pytest.mark.parametrize(
    ("weight", "age", "mode", "score"),
    [  # 0.2 x (kg - age), the traps of the published bands
        (65.0, 60.0, "truncate", 1), (45.0, 75.0, "truncate", -6),
        (57.0, 70.0, "truncate", -2), (57.0, 70.0, "round", -3), (67.5, 65.0, "round", 1),
        (65.0, 68.0, "round", -1), (65.0, 65.0, "round", 0),
    ],
)  # fmt: skip
def test_ost_truncates_or_rounds(weight: float, age: float, mode: str, score: int) -> None:
    assert of("OST", mode, **woman(age, weight)).score == score


@pytest.mark.parametrize(
    ("weight", "age", "band"),
    [(65.0, 60.0, "low"), (60.0, 64.9, "low"), (60.0, 65.0, "medium"), (50.0, 74.9, "medium"),
     (50.0, 75.0, "high"), (45.0, 75.0, "high")],
)  # fmt: skip
def test_osta_bands(weight: float, age: float, band: str) -> None:
    # above -1 low, -1 to -4 medium, below -4 high; truncation puts -0.98 on 0 and -4.98 on -4
    assert of("OSTA", **woman(age, weight)).band == band


@pytest.mark.parametrize(
    ("sex", "weight", "age", "reached"),
    [("F", 75.0, 65.0, False), ("F", 74.9, 65.0, True), ("M", 85.0, 65.0, False),
     ("M", 84.9, 65.0, True)],
)  # fmt: skip
def test_ost_below_two_in_women_and_four_in_men(
    sex: str, weight: float, age: float, reached: bool
) -> None:
    facts = woman(age, weight) | {"sex": sex}
    assert of("OST", **facts).reaches_cut is reached


@pytest.mark.parametrize(
    ("age", "weight", "hormones", "points"),
    [
        (45.0, 70.0, True, 0), (54.9, 69.9, True, 3), (55.0, 70.0, True, 5), (65.0, 70.0, True, 9),
        (75.0, 70.0, True, 15), (75.0, 59.9, False, 26), (45.0, 60.0, False, 5),
    ],
)  # fmt: skip
def test_orai(age: float, weight: float, hormones: bool, points: int) -> None:
    assert of("ORAI", **woman(age, weight, hormone_therapy=hormones)).score == points


def test_score_counts_decades_and_pounds() -> None:
    facts = woman(70.0, 60.0, rheumatoid_arthritis=False, fractures_after_45=0,
                  hormone_therapy_ever=True)  # fmt: skip
    assert of("SCORE", **facts).score == 21 - 13  # 132.3 lb
    assert of("SCORE", **facts | {"age_years": 100.0}).score == 30 - 13  # first digit breaks here
    assert of("SCORE", **facts | {"fractures_after_45": 5}).score == 21 - 13 + 12  # at most 12
    more = facts | {"rheumatoid_arthritis": True, "hormone_therapy_ever": False}
    assert of("SCORE", **more).score == 21 - 13 + 4 + 1


@pytest.mark.parametrize(
    ("age", "weight", "ever", "points"),
    [(65.0, 63.5, True, 0), (65.9, 63.5, True, 0), (66.0, 63.5, True, 1), (65.0, 63.4, True, 1),
     (66.0, 60.0, False, 3)],
)  # fmt: skip
def test_abone(age: float, weight: float, ever: bool, points: int) -> None:
    # "over 65" is said of a whole age; its third item counts the contraceptive pill too
    facts = woman(age, weight, oestrogen_or_pill_6_months=ever, hormone_therapy_ever=not ever)
    assert of("ABONE", **facts).score == points


def test_ages_of_ost_are_whole_and_the_raw_value_is_kept() -> None:
    # 0.2 x (60 - 64) = -0.8 at 64 and all through that year
    for age in (64.0, 64.9):
        assert of("OST", **woman(age, 60.0)).raw == pytest.approx(-0.8)
    assert of("OSTA", "round", **woman(70.0, 57.0)).raw == pytest.approx(-2.6)
    assert of("OST", sex="F").raw is None


@pytest.mark.parametrize(
    ("fractures", "score", "reached"),
    [(0, 0, False), (1, 4, None), (2, 8, True)],
)
def test_score_leaves_open_what_the_item_on_ancestry_would_decide(
    fractures: int, score: int, reached: bool | None
) -> None:
    # 3 x 5 decades - trunc(156.5 lb / 10) = 0 at 52 years and 71 kg; with 5 more, 1 is enough
    found = of("SCORE", **woman(52.0, 71.0, rheumatoid_arthritis=False, hormone_therapy_ever=True,
                                fractures_after_45=fractures))  # fmt: skip
    assert (found.score, found.reaches_cut) == (score, reached)
    assert ("is reached with the item on ancestry" in found.note) is (reached is None)


def test_score_at_the_ends_of_what_the_item_on_ancestry_decides() -> None:
    # 15 + 1 (never oestrogen) - trunc(lb / 10): 71 kg gives 1, 48 kg (105.8 lb) gives 6
    facts = {"rheumatoid_arthritis": False, "hormone_therapy_ever": False, "fractures_after_45": 0}
    light, heavy = (of("SCORE", **woman(52.0, kg, **facts)) for kg in (48.0, 71.0))
    assert (heavy.score, heavy.reaches_cut) == (1, None)
    assert (light.score, light.reaches_cut) == (6, True)


@pytest.mark.parametrize(
    "fact", ["breast_cancer", "aromatase_inhibitor", "ovarian_suppression", "gnrh_drug"]
)
def test_none_was_made_for_cancer_treatment(fact: str) -> None:
    assert of("OST", **woman(70.0, 50.0, **{fact: False})).score == -4
    assert of("OST", **woman(70.0, 50.0, **{fact: True})).reason == "outside its population"


@pytest.mark.parametrize(
    ("status", "pregnant", "missing", "scored"),
    [("postmenopausal", None, (), True), ("transition", None, ("pregnant",), False),
     ("transition", False, (), True), ("premenopausal", False, (), False),
     ("lactating", False, (), False)],
)  # fmt: skip
def test_orai_asks_about_pregnancy_where_it_may_be(
    status: str, pregnant: bool | None, missing: tuple[str, ...], scored: bool
) -> None:
    facts = woman(46.0, 50.0, hormone_therapy=False) | {"menopausal_status": status}
    found = of("ORAI", **facts, **({} if pregnant is None else {"pregnant": pregnant}))
    assert (found.missing, found.score is not None) == (missing, scored)


def test_points_from_memory_show_only_when_asked_for() -> None:
    sheet = FactSheet(patient_id="p", on=date(2026, 3, 1), values={
        "sex": "M", "age_years": 76.0, "weight_kg": 60.0, "copd": True})  # fmt: skip
    found = next(r for r in screening_indices(sheet) if r.name == "MORES")
    assert (found.score, found.reaches_cut, found.reason) == (None, None, "off: from memory")


def test_another_way_to_make_whole_is_refused() -> None:
    with pytest.raises(ValueError, match="found the mode 'up', wanted one of truncate, round"):
        of("OST", "up", **woman(70.0, 50.0))


def test_every_word_of_an_index_has_its_chinese() -> None:
    people: list[dict[str, Known]] = [
        woman(60.0, 71.0, rheumatoid_arthritis=False, fractures_after_45=0, smoking=True,
              hormone_therapy_ever=True, fracture_after_menopause=False),
        woman(50.0, 60.0), woman(80.0, 40.0), woman(70.0, 60.0), {"sex": "M", "age_years": 70.0},
    ]  # fmt: skip
    for values in people:
        sheet = FactSheet(patient_id="p", on=date(2026, 3, 1), values=values)
        for found in (*screening_indices(sheet), *screening_indices(sheet, ost_mode="round")):
            zh = found.chinese
            for word in ("population", "band", "reason", "note"):
                english = getattr(found, word)
                assert (zh[word] != english) is bool(english), english


def test_sofsurf_nof_and_body_weight() -> None:
    more = {"smoking": True, "fracture_after_menopause": False, "fracture_after_40": True,
            "family_osteoporosis": False}  # fmt: skip
    assert of("SOFSURF", **woman(70.0, 58.0, **more)).score == pytest.approx(1.0 + 2 + 1)
    assert of("NOF count", **woman(64.9, 58.0, **more)).score == 2
    assert of("NOF count", **woman(65.0, 58.0, **more)).score == 3
    assert of("body weight", **woman(65.0, 70.0)).reaches_cut is False
    assert of("body weight", **woman(65.0, 69.9)).reaches_cut is True


@pytest.mark.parametrize(
    ("age", "weight", "copd", "points"),
    [(60.0, 80.1, False, 3), (74.9, 80.0, False, 7), (75.0, 70.0, True, 13),
     (60.0, 70.1, False, 7)],
)  # fmt: skip
def test_mores(age: float, weight: float, copd: bool, points: int) -> None:
    found = of("MORES", sex="M", age_years=age, weight_kg=weight, copd=copd)
    assert (found.score, found.reaches_cut) == (points, points >= 6)


def test_outside_its_population_an_index_says_nothing() -> None:
    young = woman(30.0, 50.0) | {"menopausal_status": "premenopausal"}
    sheet = FactSheet(patient_id="p", on=date(2026, 3, 1), values=young)
    assert all(r.score is None for r in screening_indices(sheet))
    assert of("MORES", sex="M", age_years=59.9, weight_kg=60.0, copd=False).score is None
    assert of("ORAI", **woman(44.9, 50.0, hormone_therapy=False)).reason == "outside its population"
    assert of("OST", **woman(60.0, 50.0, pregnant=True)).score is None


def test_a_missing_fact_is_named_and_never_no() -> None:
    found = of("ORAI", **woman(60.0, 50.0))
    assert (found.score, found.missing) == (None, ("hormone_therapy",))
    assert of("NOF count", **woman(60.0, 50.0)).missing == (
        "fracture_after_40", "family_osteoporosis", "smoking")  # fmt: skip


def test_a_fact_of_another_kind_is_a_fault() -> None:
    with pytest.raises(TypeError, match="wanted a number"):
        of("OST", sex="M", age_years=70.0, weight_kg=True)
    with pytest.raises(TypeError, match="wanted yes or no"):
        of("ORAI", **woman(60.0, 50.0, hormone_therapy="often"))


def test_twenty_questions_in_both_languages() -> None:
    assert [q.number for q in questions()] == list(range(1, 21))
    assert {q.number for q in questions() if q.women_only} == {4, 5, 6, 8}
    assert all(q.zh.endswith("？") and q.en.endswith("?") for q in questions())


def test_the_questionnaire_counts_and_lists_and_knows_what_was_not_asked() -> None:
    every = {q.key: True for q in questions()}
    assert count_answers(every, "F").n_yes == 20
    men = count_answers(every, "M")
    assert (men.n_yes, men.n_asked, len(men.not_applicable)) == (16, 16, 4)
    some = count_answers({"smoking": True, "height_loss": True, "alcohol": False}, None)
    assert [q.key for q in some.yes] == ["height_loss", "smoking"]  # the warning sign first
    assert len(some.unanswered) == 17


def test_an_answer_to_no_question_is_refused() -> None:
    with pytest.raises(KeyError, match="shoe_size"):
        count_answers({"shoe_size": True}, "F")
