"""Pregnancies, menopause, bone and height of a person: each record belongs to its own time."""

from __future__ import annotations

from datetime import date

import pytest

from bonescan.model.vocabulary import Category, Technique

from .records import TODAY, fact, of, page, sheet, verdict

BORN_1990 = (fact("sex", "F"), fact("birth_date", "1990-01-01"))
START = date(2025, 11, 1)  # of this pregnancy
PREGNANT = (*BORN_1990, fact("pregnancy_last_period", "yes", START))
AROUND = "fracture_in_pregnancy_or_lactation"

# ------------------------------------------------------------------ this pregnancy, not another


@pytest.mark.parametrize(
    ("day", "counts"),
    [(date(2024, 11, 1), True), (date(2024, 10, 31), False), (date(2026, 2, 1), True)],
)
def test_weight_and_twins_of_this_pregnancy(day: date, counts: bool) -> None:
    found = of(*PREGNANT, fact("height_cm", "160", day), fact("multiplicity", "2", day),
               fact("prepregnancy_weight_kg", "44.8", day))  # fmt: skip
    assert found.get("multiple_pregnancy") is (True if counts else None)
    assert found.get("prepregnancy_bmi_kg_m2") == (17.5 if counts else None)


def test_twins_born_within_the_year_before_are_not_of_this_pregnancy() -> None:
    birth = date(2025, 3, 1)
    found = of(*PREGNANT, fact("delivery", "yes", birth), fact("multiplicity", "2", birth),
               fact("high_risk_pregnancy", "yes", date(2025, 3, 1)))  # fmt: skip
    assert found["pregnant"] is True
    assert "multiple_pregnancy" not in found
    assert "high_risk_pregnancy" not in found
    lost = of(*PREGNANT, fact("pregnancy_loss", "yes", birth), fact("multiplicity", "2", birth))
    assert "multiple_pregnancy" not in lost


@pytest.mark.parametrize(
    ("day", "counts"),  # birth 2025-12-01: 280 + 365 days before it is 2024-02-25
    [("2024-02-25", True), ("2024-02-24", False), ("2025-12-01", True), ("2025-12-02", False)],
)
def test_twins_of_the_last_birth(day: str, counts: bool) -> None:
    found = of(*BORN_1990, fact("delivery", "yes", date(2025, 12, 1)),
               fact("multiplicity", "2", date.fromisoformat(day)))  # fmt: skip
    assert found.get("multiple_pregnancy") is (True if counts else None)


def test_twins_before_the_last_birth_are_of_another_one() -> None:
    births = (
        fact("delivery", "yes", date(2024, 12, 1)),
        fact("delivery", "yes", date(2025, 12, 1)),
    )
    assert "multiple_pregnancy" not in of(*births, fact("multiplicity", "2", date(2024, 12, 1)))
    night = (
        fact("delivery", "yes", date(2025, 11, 30)),
        fact("delivery", "yes", date(2025, 12, 1)),
    )
    assert of(*night, fact("multiplicity", "2", date(2025, 8, 1)))["multiple_pregnancy"] is True


def test_weight_before_a_pregnancy_of_unknown_begin() -> None:
    said = (*BORN_1990, fact("pregnancy", "yes", date(2026, 2, 1)),
            fact("height_cm", "160", date(2026, 2, 1)))  # fmt: skip
    assert "prepregnancy_bmi_kg_m2" in of(
        *said, fact("prepregnancy_weight_kg", "50", date(2025, 2, 1))
    )
    assert "prepregnancy_bmi_kg_m2" not in of(
        *said, fact("prepregnancy_weight_kg", "50", date(2025, 1, 31))
    )


@pytest.mark.parametrize(("day", "said"), [(date(2026, 2, 1), False), (date(2026, 1, 31), None)])
def test_a_woman_who_feeds_may_be_pregnant_again(day: date, said: bool | None) -> None:
    fed = (*BORN_1990, fact("delivery", "yes", date(2025, 12, 1)),
           fact("feeding", "exclusive", date(2025, 12, 2)))  # fmt: skip
    assert of(*fed)["menopausal_status"] == "lactating"
    assert "pregnant" not in of(*fed)
    weaned = of(*fed, fact("weaning", "yes", date(2026, 2, 1)))
    assert "pregnant" not in weaned
    assert of(*fed, fact("pregnancy", "no", day)).get("pregnant") is said


# ------------------------------------------------------------------ fractures around a birth


def test_a_fracture_in_a_pregnancy_that_goes_on() -> None:
    inside = of(*PREGNANT, fact("fragility_fracture", "vertebral", START))
    assert inside[AROUND] is True
    before = of(*PREGNANT, fact("fragility_fracture", "vertebral", date(2025, 10, 31)))
    assert AROUND not in before


@pytest.mark.parametrize(("day", "said"), [(START, False), (date(2025, 10, 31), None)])
def test_denied_fractures_say_no_only_in_this_pregnancy(day: date, said: bool | None) -> None:
    assert of(*PREGNANT, fact("fragility_fracture", "none", day)).get(AROUND) is said


@pytest.mark.parametrize(
    ("day", "said"), [(date(2025, 12, 2), False), (date(2025, 12, 1), None), (None, None)]
)
def test_denied_fractures_say_no_only_after_the_birth(day: date | None, said: bool | None) -> None:
    birth = fact("delivery", "yes", date(2025, 12, 1))
    assert of(birth, fact("fragility_fracture", "none", day)).get(AROUND) is said


def test_denied_fractures_of_who_never_was_pregnant() -> None:
    assert of(fact("fragility_fracture", "none", TODAY))[AROUND] is False


def test_fractures_after_50_are_not_denied_by_silence() -> None:
    early = (fact("birth_date", "1970-03-02"), fact("fragility_fracture", "rib", date(2010, 1, 1)))
    assert "fracture_after_50" not in of(*early)  # 55 years old, nobody asked again
    assert of(*early, on=date(2020, 3, 1))["fracture_after_50"] is False  # not yet 50
    assert of(fact("fragility_fracture", "none", TODAY))["fracture_after_50"] is False


# ------------------------------------------------------------------ menopause


REVERSIBLE = (fact("sex", "F"), fact("birth_date", "1988-01-01"),
              fact("menopause", "induced-reversible", date(2023, 1, 1)))  # fmt: skip
MENOPAUSE = {"menopause_age_years", "menopause_date", "menopause_kind", "bmd_since_menopause"}


def test_a_reversible_menopause_that_goes_on() -> None:
    found = of(*REVERSIBLE)
    assert found["menopausal_status"] == "induced-reversible"
    assert found["menopause_age_years"] == 35
    assert found["menopause_date"] == date(2023, 1, 1)


@pytest.mark.parametrize(
    "end",
    [fact("periods_returned", "yes", date(2024, 1, 1)), fact("delivery", "yes", date(2025, 12, 1)),
     fact("menopausal_status", "premenopausal", date(2026, 1, 1))],
)  # fmt: skip
def test_a_reversible_menopause_that_ended_is_none(end: object) -> None:
    assert not MENOPAUSE & set(of(*REVERSIBLE, end))  # type: ignore[arg-type]


def test_an_operation_after_an_early_menopause_does_not_make_it_late() -> None:
    found = of(fact("sex", "F"), fact("birth_date", "1970-01-01"),
               fact("menopause", "natural", date(2009, 1, 1)),
               fact("menopause", "surgical", date(2016, 1, 1)))  # fmt: skip
    assert (found["menopause_age_years"], found["menopause_kind"]) == (39, "natural")
    moved = of(fact("birth_date", "1970-01-01"), fact("menopause", "natural", date(2019, 1, 1)),
               fact("menopause", "natural", date(2021, 1, 1)))  # fmt: skip
    assert moved["menopause_date"] == date(2021, 1, 1)


# ------------------------------------------------------------------ bone


def test_dxa_goes_before_the_other_techniques_of_the_day() -> None:
    day = date(2026, 1, 1)
    three = [verdict(day, Category.OSTEOPENIA, -1.1, Technique.REMS_STYLE),
             verdict(day, Category.OSTEOPENIA, -1.2, Technique.REMS),
             verdict(day, Category.OSTEOPOROSIS, -2.7)]  # fmt: skip
    for order in (three, three[::-1]):
        found = sheet(page=page(*order))
        assert found.values["t_score"] == -2.7
        assert found.sources["t_score"] == "DXA L1-L4 2026-01-01"
        assert found.values["category"] == "osteoporosis"
    assert of(page=page(*three[:2]))["t_score"] == -1.2


def test_our_own_method_gives_no_score_and_hides_none() -> None:
    alone = of(page=page(verdict(TODAY, Category.NORMAL, -0.5, Technique.REMS_STYLE)))
    assert not {"t_score", "z_score", "category", "severity"} & set(alone)
    assert alone["last_bmd_date"] == TODAY
    z = of(page=page(verdict(TODAY, Category.BELOW_EXPECTED_RANGE, -2.5, Technique.REMS_STYLE)))
    assert "z_score" not in z
    dxa = verdict(date(2025, 6, 1), Category.OSTEOPOROSIS, -3.0)
    both = sheet(page=page(dxa, verdict(TODAY, Category.NORMAL, -0.5, Technique.REMS_STYLE)))
    assert both.values["t_score"] == -3.0
    assert both.sources["t_score"] == "DXA L1-L4 2025-06-01"


def test_the_technique_is_told_of_an_exam_in_this_pregnancy() -> None:
    inside = page(verdict(START, Category.NONE, None),
                  verdict(TODAY, Category.NONE, None, Technique.REMS))  # fmt: skip
    assert of(*PREGNANT, page=inside)["technique"] == "DXA"
    before = page(verdict(date(2025, 10, 31), Category.NONE, None))
    assert "technique" not in of(*PREGNANT, page=before)
    assert "technique" not in of(*BORN_1990, page=inside)


# ------------------------------------------------------------------ height


def test_loss_of_height_is_against_the_largest_height_before() -> None:
    found = of(fact("height_cm", "165.2", date(2020, 1, 1)), fact("height_cm", "163.7",
               date(2024, 1, 1)), fact("height_cm", "163.2", date(2026, 1, 1)))  # fmt: skip
    assert found["height_loss_cm"] == 2.0
    assert found["height_gain_cm"] == 0.0
    grown = of(fact("height_cm", "160", date(2024, 1, 1)), fact("height_cm", "163.3",
               date(2026, 1, 1)))  # fmt: skip
    assert (grown["height_loss_cm"], grown["height_gain_cm"]) == (0.0, 3.3)
    shrunk = of(fact("height_cm", "140", date(2024, 1, 1)), fact("height_cm", "136.7",
                date(2026, 1, 1)))  # fmt: skip
    assert shrunk["height_loss_cm"] == 3.3


def test_two_heights_of_one_day_that_disagree_say_nothing_of_a_change() -> None:
    found = of(fact("height_cm", "165", date(2020, 1, 1)), fact("height_cm", "163",
               date(2026, 1, 1)), fact("height_cm", "161", date(2026, 1, 1)),
               fact("tallest_height_cm", "170"))  # fmt: skip
    assert not {"height_loss_cm", "height_gain_cm", "height_loss_from_tallest_cm"} & set(found)


def test_a_weight_before_pregnancy_needs_a_height() -> None:
    found = of(*PREGNANT, fact("prepregnancy_weight_kg", "50", START))
    assert "prepregnancy_bmi_kg_m2" not in found
