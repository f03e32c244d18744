"""Scores, rounding and codes against decimal arithmetic and published LMS values."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonescan.kernels.scores import (
    BLOCK,
    NO_TENTHS,
    label_tenths,
    lms_z,
    score_rows,
    t_scores,
    who_codes,
    who_codes_raw,
)
from bonescan.model.arrays import kernel_input

NAN = float("nan")
NORMAL, OSTEOPENIA, OSTEOPOROSIS, NONE = 0, 1, 2, -1

# BMD, mean, SD; T to one decimal; unrounded and rounded label: worked out by hand in decimal
# arithmetic. The doubles of the first four T lie above -2.5.
BORDERS = [
    ("0.772", "1.047", "0.110", "-2.5", OSTEOPOROSIS, OSTEOPOROSIS),
    ("0.558", "0.858", "0.120", "-2.5", OSTEOPOROSIS, OSTEOPOROSIS),
    ("0.637", "0.942", "0.122", "-2.5", OSTEOPOROSIS, OSTEOPOROSIS),
    ("0.560", "0.86", "0.12", "-2.5", OSTEOPOROSIS, OSTEOPOROSIS),
    ("0.937", "1.047", "0.110", "-1.0", NORMAL, NORMAL),
    ("0.572", "0.849", "0.111", "-2.5", OSTEOPENIA, OSTEOPOROSIS),
    ("0.571", "0.849", "0.111", "-2.5", OSTEOPOROSIS, OSTEOPOROSIS),
    ("0.564", "0.858", "0.120", "-2.5", OSTEOPENIA, OSTEOPOROSIS),
    ("0.777", "1.047", "0.110", "-2.5", OSTEOPENIA, OSTEOPOROSIS),
    ("0.778", "1.047", "0.110", "-2.4", OSTEOPENIA, OSTEOPENIA),
    ("0.932", "1.047", "0.110", "-1.0", OSTEOPENIA, NORMAL),
    ("0.931", "1.047", "0.110", "-1.1", OSTEOPENIA, OSTEOPENIA),
    ("0.732", "0.858", "0.120", "-1.1", OSTEOPENIA, OSTEOPENIA),
]


def columns(*values):
    return [kernel_input(np.atleast_1d(column)) for column in values]


def in_decimal(bmd, mean, sd):
    """T to one decimal by Python's decimal arithmetic, half away from zero."""
    t = (Decimal(bmd) - Decimal(mean)) / Decimal(sd)
    return t, t.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


@pytest.mark.parametrize(("bmd", "mean", "sd", "rounded", "raw_code", "code"), BORDERS)
def test_borders_are_those_of_decimal_arithmetic(bmd, mean, sd, rounded, raw_code, code):
    t = kernel_input(t_scores(*columns(float(bmd), float(mean), float(sd))))
    exact, label = in_decimal(bmd, mean, sd)
    assert t[0] == pytest.approx(float(exact), abs=1e-14)
    assert label == Decimal(rounded)
    assert label_tenths(t)[0] == int(10 * label)
    assert who_codes(kernel_input(label_tenths(t), np.int64))[0] == code
    assert who_codes_raw(t)[0] == raw_code


def test_the_whole_table_gives_the_same_in_one_pass():
    bmd, mean, sd = (np.array([float(row[i]) for row in BORDERS]) for i in range(3))
    one = np.ones(len(BORDERS))
    t, t_tenths, z, z_tenths, code, raw_code = score_rows(
        *columns(bmd, mean, sd, one, mean, sd / mean)
    )
    np.testing.assert_array_equal(t_tenths, [int(10 * Decimal(row[3])) for row in BORDERS])
    np.testing.assert_array_equal(raw_code, [row[4] for row in BORDERS])
    np.testing.assert_array_equal(code, [row[5] for row in BORDERS])
    # L = 1, M = mean, S = SD / mean is the normal reference: Z is T
    np.testing.assert_allclose(z, t, atol=1e-12)
    np.testing.assert_array_equal(z_tenths, t_tenths)


CUTS = {  # last BMD [mg/cm2] of each label, from the formulas mean - 2.5 SD and so on
    ("0.858", "0.120"): (558, 738, 564, 732),
    ("0.849", "0.111"): (571, 738, 577, 732),
    ("0.86", "0.12"): (560, 740, 566, 734),
    ("0.942", "0.122"): (637, 820, 643, 813),
    ("1.047", "0.110"): (772, 937, 777, 931),
}


@pytest.mark.parametrize(("mean", "sd"), CUTS)
def test_cut_points_in_whole_mg(mean, sd):
    mg = np.arange(300, 1300)
    t = kernel_input(
        t_scores(*columns(mg / 1000, np.full(1000, float(mean)), np.full(1000, float(sd))))
    )
    raw, code = who_codes_raw(t), who_codes(kernel_input(label_tenths(t), np.int64))
    raw_osteoporosis, raw_normal, osteoporosis, osteopenia = CUTS[mean, sd]
    assert mg[raw == OSTEOPOROSIS].max() == raw_osteoporosis
    assert mg[raw == NORMAL].min() == raw_normal
    assert mg[code == OSTEOPOROSIS].max() == osteoporosis
    assert mg[code == OSTEOPENIA].max() == osteopenia


@given(st.decimals(-9, 9, places=4), st.sampled_from([0.0, 1e-13, -1e-13]))
@settings(max_examples=200, deadline=None)
def test_rounding_is_decimal_rounding(score, noise):
    tenths = label_tenths(kernel_input([float(score) + noise]))[0]
    assert tenths == int(10 * score.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("score", "tenths"),
    [(0.05, 1), (-0.05, -1), (0.049999, 0), (-0.049999, 0), (2.45, 25), (-2.45, -25),
     (-2.4500000000000006, -25), (-2.4499999999999997, -25), (-2.4499, -24), (0.0, 0), (-0.0, 0),
     (0.15, 2), (0.25, 3), (0.35, 4), (12345.65, 123457)],
)  # fmt: skip
def test_halves_go_away_from_zero(score, tenths):
    assert label_tenths(kernel_input([score]))[0] == tenths


@pytest.mark.parametrize("score", [NAN, np.inf, -np.inf, 1e6, -1e6, 1e300])
def test_what_is_no_score_has_no_label(score):
    tenths = label_tenths(kernel_input([score]))
    assert tenths[0] == NO_TENTHS
    assert who_codes(kernel_input(tenths, np.int64))[0] == NONE
    assert who_codes_raw(kernel_input([score]))[0] == NONE


@pytest.mark.parametrize("sd", [0.0, -0.1, NAN])
def test_an_sd_not_above_zero_gives_no_t(sd):
    assert np.isnan(t_scores(*columns(0.9, 1.0, sd))[0])


# Z in double precision from ((x/M)^L - 1)/(L S) and ln(x/M)/S, M = 1, S = 0.12.
LMS = [
    (0.85, 1.0, -1.25),
    (0.85, 0.0, -1.354324412481),
    (0.85, -0.5, -1.410871484888),
    (0.85, 1e-4, -1.354313407374),
    (0.85, 1e-7, -1.354324412481),  # the plain power form gives -1.3543244026
    (0.85, -1e-9, -1.354324412481),  # and -1.3543240603 at 1e-9
    (1.10, 2.0, 0.875),
    (1.10, 0.0, 0.794251498369),
]


@pytest.mark.parametrize(("bmd", "power", "want"), LMS)
def test_lms_z(bmd, power, want):
    assert lms_z(*columns(bmd, power, 1.0, 0.12))[0] == pytest.approx(want, abs=5e-12)


def test_both_sides_of_the_switch_agree():
    z = lms_z(*columns([0.85] * 4, [1.01e-6, 0.99e-6, -0.99e-6, -1.01e-6], [1.0] * 4, [0.12] * 4))
    np.testing.assert_allclose(z, -1.354324412481, atol=2e-7)


@pytest.mark.parametrize(
    ("power", "median", "spread", "minus_2_sd"),
    # lumbar spine, boys 10-12 and girls 10-11, KNHANES 2008-2011: Shin et al., ESPE 2014,
    # abstract P-D-2-2-304
    [(0.068, 0.577, 0.133, 0.441), (0.226, 0.630, 0.135, 0.477), (0.380, 0.687, 0.136, 0.515),
     (0.560, 0.643, 0.150, 0.463), (0.588, 0.710, 0.144, 0.518)],
)  # fmt: skip
def test_published_minus_2_sd_has_z_minus_2(power, median, spread, minus_2_sd):
    low, high = lms_z(
        *columns([minus_2_sd - 6e-4, minus_2_sd + 6e-4], [power] * 2, [median] * 2, [spread] * 2)
    )
    assert low < -2 < high


def test_lms_equals_numpys_power_over_a_wide_range():
    ratio, power = (
        grid.ravel() for grid in np.meshgrid(np.geomspace(0.05, 20, 60), np.linspace(-5, 5, 41))
    )
    power[power == 0] = 0.01
    one = np.ones(ratio.size)
    z = lms_z(*columns(ratio, power, one, one))
    want = np.expm1(power * np.log(ratio)) / power
    np.testing.assert_allclose(z, want, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize(
    ("bmd", "power", "median", "spread"),
    [(0.0, 1.0, 1.0, 0.1), (-1.0, 1.0, 1.0, 0.1), (1.0, 1.0, 0.0, 0.1), (1.0, 1.0, -1.0, 0.1),
     (1.0, 1.0, 1.0, 0.0), (1.0, 1.0, 1.0, -0.1), (NAN, 1.0, 1.0, 0.1), (1.0, NAN, 1.0, 0.1),
     (1.0, 1.0, NAN, 0.1), (1.0, 1.0, 1.0, NAN), (np.inf, 1.0, 1.0, 0.1), (1.0, np.inf, 1.0, 0.1),
     (1.0, 1.0, np.inf, 0.1), (1.0, 1.0, 1.0, np.inf), (9.0, 1000.0, 1.0, 0.1),
     (1e-320, 1.0, 1.0, 0.1)],
)  # fmt: skip
def test_what_has_no_z_is_nan(bmd, power, median, spread):
    assert np.isnan(lms_z(*columns(bmd, power, median, spread))[0])


@pytest.mark.parametrize("n_threads", [1, 2])
def test_a_long_table_is_scored_as_its_rows_are(n_threads):
    n = BLOCK + 77
    mg = np.arange(n) % 1000 + 300
    rows = columns(
        mg / 1000, np.full(n, 0.858), np.full(n, 0.12), np.full(n, 0.3), np.full(n, 0.8),
        np.full(n, 0.13),
    )  # fmt: skip
    whole = score_rows(*rows, n_threads=n_threads)
    last = score_rows(*(column[-100:] for column in rows))
    for column, part in zip(whole, last, strict=True):
        np.testing.assert_array_equal(column[-100:], part)
        np.testing.assert_array_equal(column[: n - 1000], column[1000:])


def test_an_empty_table():
    assert [part.size for part in score_rows(*columns(*[[]] * 6))] == [0] * 6
