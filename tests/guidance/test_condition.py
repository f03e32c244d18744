"""Conditions: Kleene's truth tables, what is asked for, and what the language refuses."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonescan.guidance.condition import judge, names_in, parse
from bonescan.model.guidance import FactSheet, Known, Truth

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
TODAY = date(2026, 3, 1)


def sheet(**values: Known) -> FactSheet:
    return FactSheet(patient_id="p", on=TODAY, values=values)


def of(truth: Truth) -> dict[str, Known]:
    return {} if truth is UNKNOWN else {"x": truth is YES}


# S. C. Kleene, Introduction to Metamathematics, 1952, section 64 (strong tables)
AND = {
    (YES, YES): YES, (YES, NO): NO, (YES, UNKNOWN): UNKNOWN,
    (NO, YES): NO, (NO, NO): NO, (NO, UNKNOWN): NO,
    (UNKNOWN, YES): UNKNOWN, (UNKNOWN, NO): NO, (UNKNOWN, UNKNOWN): UNKNOWN,
}  # fmt: skip
NOT = {YES: NO, NO: YES, UNKNOWN: UNKNOWN}


@pytest.mark.parametrize(("pair", "expected"), list(AND.items()))
def test_and_or_not_follow_the_strong_tables(pair: tuple[Truth, Truth], expected: Truth) -> None:
    values: dict[str, Known] = {n: t is YES for n, t in zip("ab", pair, strict=True)
                                if t is not UNKNOWN}  # fmt: skip
    known = sheet(**values)
    assert judge("a and b", known).truth is expected
    # De Morgan
    assert judge("not (not a or not b)", known).truth is expected


@pytest.mark.parametrize(("inner", "expected"), list(NOT.items()))
def test_not(inner: Truth, expected: Truth) -> None:
    assert judge("not x", sheet(**of(inner))).truth is expected


@pytest.mark.parametrize(
    ("age", "expected"), [(64.99, NO), (65.0, YES), (65.01, YES), (None, UNKNOWN)]
)
def test_a_threshold_on_both_sides(age: float | None, expected: Truth) -> None:
    known = sheet() if age is None else sheet(age_years=age)
    assert judge("age_years >= 65", known).truth is expected


def test_a_missing_fact_that_cannot_matter_is_not_asked_for() -> None:
    assert judge("a and b", sheet(a=False)).missing == ()
    assert judge("a or b", sheet(a=True)).missing == ()
    assert judge("(a and b) or (c and d)", sheet(a=False, c=True)).missing == ("d",)


def test_only_what_made_it_true_is_a_reason() -> None:
    assert judge("a or b or c", sheet(a=False, b=True)).because == ("b",)
    assert judge('a and sex == "F"', sheet(a=True, sex="F")).because == ("a", "sex")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"a": True, "b": True}, YES),
        ({"a": True, "b": False, "c": False}, NO),
        ({"a": True, "b": False}, UNKNOWN),
        ({"a": False, "b": False}, NO),  # c alone can't make two
        ({}, UNKNOWN),
    ],
)
def test_at_least_two_of_three(values: dict[str, Known], expected: Truth) -> None:
    assert judge("at_least(2, a, b, c)", sheet(**values)).truth is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("years_since(menopause_date) < 10", NO),  # ten years to the day
        ("years_since(menopause_date) == 10", YES),
        ("years_since(day_later) < 10", YES),
        ("months_since(last_dose) > 7", NO),
        ("days_since(last_dose) == 59", YES),
        ("years_since(never_given) > 1", UNKNOWN),
    ],
)
def test_time_since_a_date(condition: str, expected: Truth) -> None:
    known = sheet(
        menopause_date=date(2016, 3, 1), day_later=date(2016, 3, 2), last_dose=date(2026, 1, 1)
    )
    assert judge(condition, known).truth is expected


def test_words_in_lists_both_ways() -> None:
    known = sheet(sites=("hip", "rib"), sex="F")
    assert judge('"hip" in sites', known).truth is YES
    assert judge('"forearm" not in sites', known).truth is YES
    assert judge('sex in ("F", "M")', known).truth is YES
    assert judge('"hip" in elsewhere', known).missing == ("elsewhere",)


def test_is_known_is_never_unknown() -> None:
    assert judge("is_known(a)", sheet()).truth is NO
    assert judge("is_known(a)", sheet(a=False)).truth is YES


def test_a_chain_and_a_negative_number() -> None:
    assert judge("-2.5 < t_score < -1.0", sheet(t_score=-2.5)).truth is NO
    assert judge("-2.5 < t_score < -1.0", sheet(t_score=-2.4)).truth is YES


@pytest.mark.parametrize(
    "condition",
    [
        "__import__('os')", "a.b", "a[0]", "lambda: 1", "a + b", "a if b else c", "[a]", "f'{a}'",
        "a is b", "at_least(a, b)", "at_least(2)", "years_since(1)", "years_since(a, b)",
        "open(a)", "(a := 1)", "b'x'", "None", "~a",
    ],
)  # fmt: skip
def test_what_the_language_does_not_have_is_refused(condition: str) -> None:
    with pytest.raises(ValueError, match="found"):
        parse(condition)


def test_a_broken_or_endless_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="not a condition"):
        parse("a and")
    with pytest.raises(ValueError, match="wanted a short one"):
        parse("a or " * 1000 + "a")


@pytest.mark.parametrize(
    ("condition", "values"),
    [("a", {"a": 3.0}), ("a < 3", {"a": "x"}), ("a < -b", {"a": 1, "b": "x"}),
     ("days_since(a) > 1", {"a": 3.0})],
)  # fmt: skip
def test_a_fact_of_another_kind_is_a_fault_and_no_verdict(
    condition: str, values: dict[str, Known]
) -> None:
    with pytest.raises(TypeError, match="found"):
        judge(condition, sheet(**values))


def test_names_in_order_without_functions() -> None:
    assert names_in("at_least(1, b, a) and years_since(c) > 1 and b") == ("b", "a", "c")


@given(st.dictionaries(st.sampled_from("abcd"), st.booleans()))
def test_learning_more_never_turns_a_verdict(values: dict[str, bool]) -> None:
    condition = "(a and not b) or at_least(2, b, c, d)"
    before = judge(condition, sheet(**values))
    if before.truth is UNKNOWN:
        return
    for answer in (True, False):
        full = dict.fromkeys("abcd", answer) | values
        assert judge(condition, sheet(**full)).truth is before.truth
