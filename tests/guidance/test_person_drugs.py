"""Drugs over time: each followed by itself; in doubt nothing is said of what is taken."""

from __future__ import annotations

from datetime import date

import pytest

from bonescan.model.person import Fact

from .records import TODAY, fact, of

AI, HT = "aromatase_inhibitor", "hormone_therapy"


def start(drug: str, day: str | None) -> Fact:
    return fact("drug_start", drug, date.fromisoformat(day) if day else None)


def dose(drug: str, day: str | None) -> Fact:
    return fact("drug_dose", drug, date.fromisoformat(day) if day else None)


def stop(drug: str, day: str | None) -> Fact:
    return fact("drug_stop", drug, date.fromisoformat(day) if day else None)


# ------------------------------------------------------------------ one class, several drugs


@pytest.mark.parametrize("day", ["2025-05-31", "2025-06-01", "2025-06-15"])
def test_a_switch_inside_a_class_is_not_a_stop(day: str) -> None:
    switched = (start("letrozole", "2024-01-01"), start("anastrozole", "2025-06-01"))
    assert of(*switched, stop("letrozole", day))[AI] is True
    assert of(*switched, stop("Femara", day))[AI] is True  # another name of the same drug
    both = (*switched, stop("letrozole", day), stop("Arimidex", "2026-01-01"))
    assert of(*both)[AI] is False


def test_a_drug_begun_and_stopped_on_one_day_is_unknown() -> None:
    same = (start("letrozole", "2025-06-01"), stop("letrozole", "2025-06-01"))
    assert AI not in of(*same)
    assert of(same[0], stop("letrozole", "2025-06-02"))[AI] is False
    assert of(same[0], stop("letrozole", "2025-05-31"))[AI] is True


def test_the_stop_of_a_class_ends_one_drug_and_leaves_two_unknown() -> None:
    one = start("letrozole", "2024-01-01")
    assert of(one, stop("aromatase inhibitor", "2025-06-15"))[AI] is False
    two = (one, start("anastrozole", "2025-06-01"))
    assert AI not in of(*two, stop("aromatase inhibitor", "2025-06-15"))
    assert of(*two, stop("aromatase inhibitor", "2025-06-15"), start("exemestane", "2025-07-01")
              )[AI] is True  # fmt: skip


def test_the_stop_of_a_drug_where_its_class_was_begun_is_unknown() -> None:
    class_only = start("aromatase inhibitor", "2024-01-01")
    assert AI not in of(class_only, stop("letrozole", "2025-06-15"))
    assert of(class_only, stop("aromatase inhibitor", "2025-06-15"))[AI] is False


def test_a_stop_alone_tells_that_it_was_taken_and_is_not() -> None:
    found = of(stop("alendronate", "2025-06-15"))
    assert (found["bisphosphonate"], found["bisphosphonate_ever"]) == (False, True)


def test_an_undated_stop_is_unknown() -> None:
    assert AI not in of(start("letrozole", "2024-01-01"), stop("letrozole", None))
    assert AI not in of(stop("letrozole", None))
    assert of(start("letrozole", None))[AI] is True
    assert of(start("letrozole", None), stop("letrozole", "2025-01-01"))[AI] is False


def test_a_record_nobody_can_read_leaves_a_stopped_class_unknown() -> None:
    stopped = (start("letrozole", "2024-01-01"), stop("letrozole", "2025-06-15"))
    assert AI not in of(*stopped, start("the new tablets", "2025-06-15"))
    assert AI not in of(*stopped, start("the new tablets", None))
    assert of(*stopped, start("the old tablets", "2025-06-14"))[AI] is False
    assert of(*stopped, start("vitamin D3 800 IU", "2025-06-15"))[AI] is False


@pytest.mark.parametrize(("day", "taken"), [("2025-03-01", True), ("2025-02-28", None)])
def test_a_dose_alone_speaks_for_a_year(day: str, taken: bool | None) -> None:
    found = of(dose("triptorelin", day))
    assert found.get("gnrh_drug") is taken
    assert found.get("ovarian_suppression") is taken
    assert of(start("triptorelin", "2010-01-01"), dose("triptorelin", day))["gnrh_drug"] is True


def test_an_undated_dose_is_unknown() -> None:
    assert "gnrh_drug" not in of(dose("triptorelin", None))


def test_a_bisphosphonate_of_long_ago_is_remembered() -> None:
    found = of(start("zoledronate", "2012-01-01"), stop("zoledronate", "2013-01-01"))
    assert (found["zoledronate"], found["bisphosphonate_ever"]) == (False, True)
    assert "bisphosphonate_ever" not in of(fact("drug_start", "none", TODAY))


# ------------------------------------------------------------------ hormones


def test_hormones_begun_again_are_not_stopped() -> None:
    once = (start("estradiol", "2020-01-01"), stop("estradiol", "2023-01-01"))
    assert of(*once)["hormone_therapy_stop_date"] == date(2023, 1, 1)
    again = of(*once, start("estradiol", "2024-01-01"))
    assert again[HT] is True
    assert "hormone_therapy_stop_date" not in again
    assert "bmd_since_hormone_stop" not in again
    dosed = of(*once, dose("estradiol", "2024-01-01"))
    assert HT not in dosed
    assert "hormone_therapy_stop_date" not in dosed
    switched = of(*once, start("tibolone", "2022-12-01"))
    assert (switched[HT], "hormone_therapy_stop_date" in switched) == (True, False)


def test_the_last_stop_of_hormones_counts() -> None:
    found = of(start("estradiol", "2020-01-01"), stop("estradiol", "2021-01-01"),
               start("estradiol", "2022-01-01"), stop("estradiol", "2024-01-01"))  # fmt: skip
    assert found["hormone_therapy_stop_date"] == date(2024, 1, 1)


def test_treatment_against_oestrogen_is_no_hormone_therapy() -> None:
    found = of(start("抗荷爾蒙治療", "2020-01-01"), stop("抗荷爾蒙治療", "2024-01-01"))
    assert HT not in found
    assert "hormone_therapy_stop_date" not in found
    assert found["anti_oestrogen"] is False


# ------------------------------------------------------------------ denosumab


def test_denosumab_given_again_is_not_stopped() -> None:
    past = (start("denosumab", "2020-01-01"), stop("denosumab", "2022-01-01"))
    assert of(*past)["denosumab_stopped"] is True
    found = of(*past, start("Prolia", "2025-01-01"), dose("Prolia", "2026-01-15"))
    assert found["denosumab_stopped"] is False
    assert found["denosumab_last_dose_date"] == date(2026, 1, 15)
    dosed = of(*past, dose("denosumab", "2025-12-01"))
    assert dosed["denosumab_stopped"] is False


def test_a_stop_is_the_last_dose() -> None:
    found = of(start("denosumab", "2020-01-01"), dose("denosumab", "2025-01-01"),
               stop("denosumab", "2025-06-01"))  # fmt: skip
    assert found["denosumab_last_dose_date"] == date(2025, 6, 1)
    same_day = of(dose("denosumab", "2025-06-01"), stop("denosumab", "2025-06-01"))
    assert same_day["denosumab_stopped"] is True


def test_a_start_alone_leaves_the_last_dose_unknown() -> None:
    found = of(start("denosumab", "2020-01-01"))
    assert found["denosumab"] is True
    assert not {"denosumab_last_dose_date", "denosumab_stopped", "denosumab_follow_on"} & set(found)
    again = of(start("denosumab", "2020-01-01"), stop("denosumab", "2022-01-01"),
               start("denosumab", "2025-06-01"))  # fmt: skip
    assert "denosumab_last_dose_date" not in again
    assert again["denosumab_stopped"] is False
    with_dose = of(start("denosumab", "2025-06-01"), dose("denosumab", "2025-06-01"))
    assert with_dose["denosumab_last_dose_date"] == date(2025, 6, 1)


@pytest.mark.parametrize(("day", "stopped"), [("2025-03-01", False), ("2025-02-28", None)])
def test_not_stopped_only_by_a_recent_dose(day: str, stopped: bool | None) -> None:
    assert of(dose("denosumab", day)).get("denosumab_stopped") is stopped


def test_stops_of_denosumab_without_a_clear_day() -> None:
    assert of(stop("denosumab", None))["denosumab_stopped"] is True
    assert "denosumab_stopped" not in of(dose("denosumab", "2026-01-01"), stop("denosumab", None))
    torn = of(start("denosumab", "2025-06-01"), stop("denosumab", "2025-06-01"))
    assert "denosumab_stopped" not in torn


def test_a_follow_on_counts_while_it_is_taken() -> None:
    last = dose("denosumab", "2024-06-01")
    assert of(last)["denosumab_follow_on"] is False  # none recorded
    assert of(last, start("alendronate", "2024-12-01"))["denosumab_follow_on"] is True
    ended = of(last, start("alendronate", "2024-12-01"), stop("alendronate", "2024-12-20"))
    assert "denosumab_follow_on" not in ended
    assert "denosumab_follow_on" not in of(last, stop("alendronate", "2024-12-20"))
    assert "denosumab_follow_on" not in of(last, start("alendronate", None))
    before = of(last, start("alendronate", "2015-01-01"))
    assert before["denosumab_follow_on"] is False


@pytest.mark.parametrize(("day", "follows"), [("2025-03-01", True), ("2025-02-28", None)])
def test_zoledronate_follows_for_a_year(day: str, follows: bool | None) -> None:
    for given in (start, dose):
        found = of(dose("denosumab", "2024-06-01"), given("zoledronate", day))
        assert found.get("denosumab_follow_on") is follows


def test_a_follow_on_is_counted_from_the_stop_of_an_undated_start() -> None:
    found = of(start("denosumab", None), stop("denosumab", "2025-06-01"),
               start("alendronate", "2025-12-01"))  # fmt: skip
    assert found["denosumab_last_dose_date"] == date(2025, 6, 1)
    assert found["denosumab_follow_on"] is True


# ------------------------------------------------------------------ heparin and steroids


PREGNANT = (fact("sex", "F"), fact("birth_date", "1990-01-01"),
            fact("pregnancy_last_period", "yes", date(2025, 11, 1)))  # fmt: skip
GIVEN = "heparin_or_steroid_in_pregnancy"


@pytest.mark.parametrize("drug", ["enoxaparin", "heparin", "肝素", "prednisolone", "類固醇"])
def test_heparin_or_steroids_in_this_pregnancy(drug: str) -> None:
    assert of(*PREGNANT, start(drug, "2025-11-01"))[GIVEN] is True
    assert of(*PREGNANT, start(drug, "2025-01-01"))[GIVEN] is True  # and never stopped
    ended = (start(drug, "2025-01-01"), stop(drug, "2025-10-31"))
    assert GIVEN not in of(*PREGNANT, *ended)
    assert GIVEN not in of(*PREGNANT, dose(drug, "2024-10-31"))


def test_heparin_in_the_last_pregnancy_and_nothing_recorded() -> None:
    birth = (*PREGNANT[:2], fact("delivery", "yes", date(2025, 12, 1)))
    assert of(*birth, dose("heparin", "2025-12-01"))[GIVEN] is True
    assert GIVEN not in of(*birth, dose("heparin", "2025-12-02"))
    assert GIVEN not in of(*birth, dose("warfarin", "2025-06-01"))
    assert GIVEN not in of(*birth, fact("drug_start", "none", date(2026, 1, 1)))
