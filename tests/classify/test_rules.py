"""Exactly one rule for anybody, and the right one at every border."""

from __future__ import annotations

import itertools

import pytest

from bonescan.classify.rule import rule_book, rule_for
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import MenopausalStatus
from bonescan.norms.who_words import who_words_apply

SEXES = ("F", "M", None)
AGES = (None, 0.0, 8.0, 19.99, 20.0, 35.0, 49.99, 50.0, 54.99, 55.0, 70.0, 84.0, 101.0)
STATUSES = (None, *MenopausalStatus)
GRID = list(itertools.product(SEXES, AGES, STATUSES))


def anybody(sex, age, status) -> PersonAtExam:
    return PersonAtExam(sex=sex, age_years=age, age_is_exact=True, menopausal_status=status)


@pytest.mark.parametrize("sex", SEXES)
def test_exactly_one_rule_applies_to_anybody(sex):
    for age, status in itertools.product(AGES, STATUSES):
        fitting = [r.id for r in rule_book().values() if r.applies(anybody(sex, age, status))]
        assert len(fitting) == 1, (sex, age, status, fitting)


def test_every_rule_applies_to_somebody():
    used = {rule_for(anybody(*cell)).id for cell in GRID}
    assert used == set(rule_book())


def test_scoring_and_classes_agree_on_who_gets_who_words():
    for cell in GRID:
        someone = anybody(*cell)
        assert (rule_for(someone).reads == "T") is who_words_apply(someone), cell


def test_t_axes_stay_off_the_page_under_the_z_rule():
    for cell in GRID:
        rule = rule_for(anybody(*cell))
        assert not (rule.reads == "Z" and rule.shows_t), cell


@pytest.mark.parametrize("rule", rule_book().values(), ids=lambda r: r.id)
def test_every_rule_cites_something(rule):
    assert len(rule.citation) > 40


@pytest.mark.parametrize(
    ("sex", "age", "status", "rule"),
    [
        ("M", 49.99, "not-applicable", "z"),
        ("M", 50.0, "not-applicable", "who"),
        ("F", 45.0, "postmenopausal", "who"),
        ("F", 45.0, "transition", "who-transition"),
        ("F", 54.99, "unknown", "none-unknown-menopause"),
        ("F", 55.0, "unknown", "who-unknown-menopause"),
        ("F", 55.0, "not-applicable", "who-unknown-menopause"),
        ("F", 49.99, "surgical", "none-early-menopause"),
        ("F", 50.0, "surgical", "who"),
        ("F", 49.99, "induced-reversible", "none-early-menopause"),
        ("F", 50.0, "poi", "who"),
        ("F", 33.0, "poi", "none-early-menopause"),
        ("F", 33.0, "premenopausal", "z"),
        ("F", 33.0, "pregnant", "z"),
        ("F", 33.0, "lactating", "z"),
        ("F", 33.0, "after-weaning", "z"),
        ("F", 52.0, "premenopausal", "z"),
        ("F", 19.99, "premenopausal", "z-under-20"),
        ("F", 20.0, "premenopausal", "z"),
        ("M", 19.99, "not-applicable", "z-under-20"),
        ("F", 19.0, "poi", "z-under-20"),
        (None, 60.0, "unknown", "none-unknown-person"),
        ("F", None, "postmenopausal", "none-unknown-person"),
    ],
)
def test_the_rule_at_each_border(sex, age, status, rule):
    assert rule_for(anybody(sex, age, MenopausalStatus(status))).id == rule


def test_a_broken_member_is_named(monkeypatch):
    from bonescan.classify.rules import who

    rule_book.cache_clear()
    monkeypatch.setattr(who, "RULE", "no rule")
    with pytest.raises(RuntimeError, match=r"classify/rules/who\.py must end with one new RULE"):
        rule_book()
    rule_book.cache_clear()


def test_two_rules_for_one_person_are_a_fault(monkeypatch):
    someone = anybody("F", 65.0, MenopausalStatus.POSTMENOPAUSAL)
    book = rule_book()
    monkeypatch.setattr(
        "bonescan.classify.rule.rule_book", lambda: {"a": book["who"], "b": book["who"]}
    )
    with pytest.raises(RuntimeError, match="2 class rules apply"):
        rule_for(someone)
