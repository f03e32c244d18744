"""Decimal rounding at the cut-offs, where binary floats are wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonescan.norms.rounding import fixed, tenths
from bonescan.norms.who_words import who_category, z_category

# BMD, mean, SD, T as printed, word of the unrounded T, word of the rounded T: decimal arithmetic
# by hand.
TABLE = [
    ("0.772", "1.047", "0.110", "-2.5", "osteoporosis", "osteoporosis"),
    ("0.558", "0.858", "0.120", "-2.5", "osteoporosis", "osteoporosis"),
    ("0.637", "0.942", "0.122", "-2.5", "osteoporosis", "osteoporosis"),
    ("0.560", "0.86", "0.12", "-2.5", "osteoporosis", "osteoporosis"),
    ("0.937", "1.047", "0.110", "-1.0", "normal", "normal"),
    ("0.738", "0.849", "0.111", "-1.0", "normal", "normal"),
    ("0.572", "0.849", "0.111", "-2.5", "osteopenia", "osteoporosis"),
    ("0.571", "0.849", "0.111", "-2.5", "osteoporosis", "osteoporosis"),
    ("0.564", "0.858", "0.120", "-2.5", "osteopenia", "osteoporosis"),
    ("0.777", "1.047", "0.110", "-2.5", "osteopenia", "osteoporosis"),
    ("0.778", "1.047", "0.110", "-2.4", "osteopenia", "osteopenia"),
    ("0.932", "1.047", "0.110", "-1.0", "osteopenia", "normal"),
    ("0.931", "1.047", "0.110", "-1.1", "osteopenia", "osteopenia"),
    ("0.732", "0.858", "0.120", "-1.1", "osteopenia", "osteopenia"),
]


@pytest.mark.parametrize(("bmd", "mean", "sd", "printed", "raw", "rounded"), TABLE)
def test_words_at_the_cut_offs(bmd, mean, sd, printed, raw, rounded):
    t = (float(bmd) - float(mean)) / float(sd)  # the double that a kernel would hand over
    assert str(tenths(t)) == printed
    assert who_category(fixed(t)) == raw
    assert who_category(tenths(t)) == rounded


@pytest.mark.parametrize(
    ("mean", "sd", "raw_osteoporosis", "raw_low", "rounded_osteoporosis", "rounded_low"),
    [  # whole mg/cm2: mean - 2.5 SD, mean - SD, mean - 2.45 SD, mean - 1.05 SD
        ("0.858", "0.120", 558, 738, 564, 732),
        ("0.849", "0.111", 571, 738, 577, 732),
        ("0.86", "0.12", 560, 740, 566, 734),
        ("0.942", "0.122", 637, 820, 643, 813),
        ("1.047", "0.110", 772, 937, 777, 931),
    ],
)
def test_both_sides_of_each_cut_point(
    mean, sd, raw_osteoporosis, raw_low, rounded_osteoporosis, rounded_low
):
    def t(mg: int) -> float:
        return (mg / 1000 - float(mean)) / float(sd)

    assert who_category(fixed(t(raw_osteoporosis))) == "osteoporosis"
    assert who_category(fixed(t(raw_osteoporosis + 1))) == "osteopenia"
    assert who_category(fixed(t(raw_low))) == "normal"
    assert who_category(fixed(t(raw_low - 1))) == "osteopenia"
    assert who_category(tenths(t(rounded_osteoporosis))) == "osteoporosis"
    assert who_category(tenths(t(rounded_osteoporosis + 1))) == "osteopenia"
    assert who_category(tenths(t(rounded_low))) == "osteopenia"
    assert who_category(tenths(t(rounded_low + 1))) == "normal"


@pytest.mark.parametrize(
    ("z", "word"),
    [
        (-1.9, "within-expected-range"),
        (-1.94, "within-expected-range"),
        (-1.95, "below-expected-range"),
        (-2.0, "below-expected-range"),
        (-2.1, "below-expected-range"),
    ],
)
def test_z_words_of_rounded_scores(z, word):
    assert z_category(tenths(z)) == word


def test_minus_two_itself_is_below():
    assert z_category(Decimal("-2.0")) == "below-expected-range"
    assert z_category(Decimal("-1.999999999")) == "within-expected-range"


@given(st.integers(-60_000, 60_000))
def test_rounding_is_half_away_from_zero(thousandths):
    score = thousandths / 1000
    size = (abs(thousandths) + 50) // 100  # exact: whole numbers only
    assert tenths(score) == Decimal(size if thousandths >= 0 else -size) / 10


def test_a_small_negative_score_is_no_minus_zero():
    assert str(tenths(-0.04)) == "0.0"


@pytest.mark.parametrize("word", [who_category, z_category])
def test_nan_has_no_word(word):
    with pytest.raises(ValueError, match="found NaN"):
        word(Decimal("nan"))
