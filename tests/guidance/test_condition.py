"""Conditions: Kleene's truth tables, what is asked for, and what the language refuses."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonescan.guidance.condition import judge, names_in, parse
from bonescan.guidance.condition_kinds import check_kinds
from bonescan.model.guidance import FactQuestion, FactSheet, Known, Truth

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
        ("days_since(to_come) <= 12", UNKNOWN),  # planned, it says nothing yet
        ("months_since(to_come) <= 12", UNKNOWN),
        ("days_since(today) == 0", YES),
    ],
)
def test_time_since_a_date(condition: str, expected: Truth) -> None:
    known = sheet(
        menopause_date=date(2016, 3, 1), day_later=date(2016, 3, 2), last_dose=date(2026, 1, 1),
        to_come=date(2026, 3, 2), today=TODAY,
    )  # fmt: skip
    assert judge(condition, known).truth is expected


def test_words_in_lists_both_ways() -> None:
    known = sheet(sites=("hip", "rib"), sex="F")
    assert judge('"hip" in sites', known).truth is YES
    assert judge('"forearm" not in sites', known).truth is YES
    assert judge('sex in ("F", "M")', known).truth is YES
    assert judge('"hip" in elsewhere', known).missing == ("elsewhere",)


@pytest.mark.parametrize(
    ("values", "expected"),
    [({"age": 45}, YES), ({"age": 46.0}, YES), ({"age": 47}, NO), ({}, UNKNOWN)],
)
def test_numbers_in_a_list(values: dict[str, Known], expected: Truth) -> None:
    assert judge("age in (45, 46)", sheet(**values)).truth is expected
    turned = {YES: NO, NO: YES, UNKNOWN: UNKNOWN}[expected]
    assert judge("age not in (45, 46)", sheet(**values)).truth is turned


@pytest.mark.parametrize(
    ("values", "expected"),
    [({"x": "a"}, YES), ({"x": "b"}, UNKNOWN), ({"x": "None"}, UNKNOWN),
     ({"x": "b", "y": "b"}, YES), ({"x": "b", "y": "c"}, NO)],
)  # fmt: skip
def test_an_unknown_member_leaves_a_list_open(values: dict[str, Known], expected: Truth) -> None:
    found = judge('x in ("a", y)', sheet(**values))
    assert found.truth is expected
    assert found.missing == (("y",) if expected is UNKNOWN else ())


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
        "open(a)", "(a := 1)", "b'x'", "None", "~a", "at_least(0, a, b)", "at_least(-1, a)",
        "at_least(3, a, b)", "at_least(1, a, a)", "at_least(True, a)", "at_least()",
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
     ("days_since(a) > 1", {"a": 3.0}), ('"hip" in a', {"a": "hipster"})],
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


FACTS = {
    name: FactQuestion(name=name, kind=kind, ask_en="?", ask_zh="?", words=words)
    for name, kind, words in (
        ("smoking", "yes-no", ()), ("age", "number", ()), ("sex", "word", ("F", "M")),
        ("sites", "words", ("hip", "rib")), ("stop", "date", ()), ("country", "word", ()),
    )
}  # fmt: skip


@pytest.mark.parametrize(
    "condition",
    [
        "smoking", "not smoking and 1 < age <= -2.5", 'sex == "F"', 'sex in ("F", "M")',
        '"hip" in sites', "years_since(stop) < 10", "at_least(1, smoking, age > 3)",
        "is_known(stop)", "is_known(age)", "age in (45, 46)", 'country == "anything"',
        "smoking == True", "age < -3",
    ],
)  # fmt: skip
def test_a_condition_of_the_right_kinds_passes(condition: str) -> None:
    check_kinds(condition, FACTS)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("age", "a number, where yes or no"), ("not sex", "a word, where yes or no"),
        ("smoking and stop", "a date, where"), ("at_least(1, age, smoking)", "a number, where"),
        ("years_since(age) > 1", "age is no date"), ('age > "65"', "beside"),
        ("sex < 3", "beside"), ('sex < "M"', "beside"), ("smoking > 0", "beside"),
        ("smoking == 1", "beside"), ('sites == "hip"', "beside"), ("stop == stop", None),
        ('"F" in sex', "wanted a word in several words"), ("3 in sites", "wanted a word in"),
        ('"toe" in sites', "wanted one of hip, rib"), ('sex == "W"', "wanted one of F, M"),
        ('"W" == sex', "wanted one of F, M"), ('sex in ("F", "X")', "wanted one of F, M"),
        ('age in (45, "46")', "among what 'age' may be"), ("(1, 2) == (1, 2)", "beside"),
        ("-sex == 3", "where a value was wanted"), ("(not smoking) == True", "where a value"),
    ],
)  # fmt: skip
def test_a_condition_of_wrong_kinds_is_refused(condition: str, words: str | None) -> None:
    if words is None:  # two dates may be the same day
        check_kinds(condition, FACTS)
        return
    with pytest.raises(ValueError, match=re.escape(words)):
        check_kinds(condition, FACTS)


def test_a_value_alone_is_no_condition() -> None:
    with pytest.raises(ValueError, match=r"'years_since\(stop\)', a number, where yes"):
        check_kinds("years_since(stop)", FACTS)
