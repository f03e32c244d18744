"""A recorded "none" answers for a year, and only where nothing speaks against it."""

from __future__ import annotations

from datetime import date

import pytest

from .records import TODAY, fact, of, sheet

YEAR_AGO = date(2025, 3, 1)


def test_a_recent_denial_answers_and_silence_does_not() -> None:
    found = sheet(fact("drug_start", "none", date(2026, 1, 1)))
    assert found.values["denosumab"] is False
    assert found.sources["denosumab"] == "denied 2026-01-01"
    assert "denosumab" not in of(fact("drug_start", "letrozole", date(2025, 1, 1)))


@pytest.mark.parametrize(
    ("kind", "name"),
    [("drug_start", "hormone_therapy"), ("cancer", "breast_cancer"),
     ("disease", "thrombosis_history")],
)  # fmt: skip
def test_a_denial_holds_for_a_year_and_needs_a_date(kind: str, name: str) -> None:
    assert of(fact(kind, "none", YEAR_AGO))[name] is False
    assert name not in of(fact(kind, "none", date(2025, 2, 28)))
    undated = sheet(fact(kind, "none"))
    assert name not in undated.values
    assert undated.not_understood == (f"{kind}: none",)


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 2, 1), None])
def test_a_record_on_the_day_or_later_or_undated_voids_a_denial(day: date | None) -> None:
    none = fact("disease", "none", date(2026, 1, 1))
    found = of(none, fact("disease", "diabetes", day))
    assert found["diabetes"] is True
    assert "thrombosis_history" not in found
    earlier = of(none, fact("disease", "diabetes", date(2025, 12, 31)))
    assert earlier["thrombosis_history"] is False


def test_an_unread_record_voids_a_denial_and_is_listed() -> None:
    found = sheet(fact("disease", "none", date(2026, 1, 1)),
                  fact("disease", "swollen leg", date(2020, 5, 1)))  # fmt: skip
    assert "thrombosis_history" not in found.values
    assert found.not_understood == ("disease 2020-05-01: swollen leg",)


def test_old_denials_do_not_hide_later_records() -> None:
    old = date(2015, 1, 1)
    found = sheet(
        fact("drug_start", "none", old), fact("cancer", "none", old), fact("disease", "none", old),
        fact("disease", "深部靜脈栓塞", date(2024, 5, 1)), fact("drug_start", "Femara", YEAR_AGO),
        fact("cancer", "左側乳房惡性腫瘤", date(2025, 1, 1)),
    )  # fmt: skip
    assert found.values["thrombosis_history"] is True
    assert found.values["breast_cancer"] is True
    assert found.values["aromatase_inhibitor"] is True
    assert "stroke_or_coronary_history" not in found.values
    assert "hormone_therapy" not in found.values


def test_a_cancer_among_the_diseases_goes_before_a_denied_cancer() -> None:
    found = of(fact("cancer", "none", date(2026, 1, 1)),
               fact("disease", "breast cancer", date(2025, 1, 1)))  # fmt: skip
    assert found["breast_cancer"] is True
    assert found["breast_cancer_date"] == date(2025, 1, 1)


def test_a_family_history_is_a_fact_of_its_own() -> None:
    text = sheet(fact("cancer", "family history of breast cancer", TODAY))
    assert "breast_cancer" not in text.values
    assert text.not_understood == ("cancer 2026-03-01: family history of breast cancer",)
    assert of(fact("family_breast_cancer", "yes", date(2010, 1, 1)))["family_breast_cancer"] is True
    assert "family_breast_cancer" not in of(fact("family_breast_cancer", "no", date(2010, 1, 1)))
    assert of(fact("thrombosis_risk", "no", TODAY))["thrombosis_risk"] is False


def test_a_denied_fracture_holds_for_a_year() -> None:
    assert of(fact("fragility_fracture", "none", YEAR_AGO))["fragility_fracture"] is False
    assert "fragility_fracture" not in of(fact("fragility_fracture", "none", date(2025, 2, 28)))
    later = of(fact("fragility_fracture", "none", YEAR_AGO),
               fact("fragility_fracture", "hip", date(2026, 2, 1)))  # fmt: skip
    assert later["fragility_fracture"] is True


@pytest.mark.parametrize("name", ["falls_12_months", "vitamin_d_ng_ml", "calcium_intake_mg_day"])
def test_counts_and_values_of_long_ago_are_not_of_today(name: str) -> None:
    assert of(fact(name, "12", YEAR_AGO))[name] == 12
    assert name not in of(fact(name, "12", date(2025, 2, 28)))
    assert of(fact(name, "12"))[name] == 12
