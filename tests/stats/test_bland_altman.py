"""Differences of two methods: a published example, invariants, and input that defines nothing."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.diagnostic import het_breuschpagan

from bonescan.stats.bland_altman import (
    bland_altman,
    log_ratio,
    percent_of_mean,
    percent_of_reference,
    shapiro_wilk,
)

# Peak flow of 17 people, first readings [l/min]: Bland JM, Altman DG. Lancet 1986;327:307-310.
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def numbers(result):
    """Every number of a result, however deep."""
    if isinstance(result, dict):
        return [n for part in result.values() for n in numbers(part)]
    if isinstance(result, list):
        return [n for part in result for n in numbers(part)]
    return [result] if isinstance(result, float) else []


def sample(n=60, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(0.9, 0.15, n)
    return x, x + rng.normal(-0.01, 0.05, n)


def test_peak_flow_as_printed_in_1986():
    found = bland_altman(WRIGHT, MINI)
    # the paper prints Wright − mini: −2.1 and 38.8
    assert round(-found.bias.est, 1) == -2.1
    assert round(found.sd_diff, 1) == 38.8
    # its limits take 2 SD; ours 1.96
    assert found.loa_upper.est - found.loa_lower.est == pytest.approx(
        2 * 1.959964 * 38.7651, rel=1e-5
    )


def test_swapping_the_methods_mirrors_everything():
    x, y = sample()
    for method in ("carkeet-individual", "carkeet-pair", "ba1999-t", "ba1986", "mover"):
        one, other = (bland_altman(a, b, loa_ci=method) for a, b in ((x, y), (y, x)))
        assert one.bias.est == pytest.approx(-other.bias.est)
        assert one.loa_upper.est == pytest.approx(-other.loa_lower.est)
        assert one.loa_upper.hi == pytest.approx(-other.loa_lower.lo)
        assert one.loa_upper.lo == pytest.approx(-other.loa_lower.hi)
        assert one.n_outside_loa == other.n_outside_loa
        assert one.proportional_slope.est == pytest.approx(-other.proportional_slope.est)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(3, 40), scale=st.sampled_from([1e-6, 1.0, 1e6]))
def test_order_changes_nothing_and_the_unit_only_the_unit(seed, n, scale):
    rng = np.random.default_rng(seed)
    x = rng.normal(1.0, 0.2, n)
    y = x + rng.normal(0, 0.1, n)
    found = bland_altman(x, y)
    moved = rng.permutation(n)
    again = bland_altman(x[moved], y[moved])
    assert again.n_outside_loa == found.n_outside_loa
    assert again.loa_upper.hi == pytest.approx(found.loa_upper.hi, rel=1e-9)
    assert again.proportional_slope.est == pytest.approx(found.proportional_slope.est, rel=1e-7)
    in_unit = bland_altman(scale * x, scale * y)
    assert in_unit.loa_lower.lo == pytest.approx(scale * found.loa_lower.lo, rel=1e-9)
    assert in_unit.bias.p == pytest.approx(found.bias.p, rel=1e-6)
    for limit in (found.loa_lower, found.loa_upper):
        assert limit.lo < limit.est < limit.hi
    assert found.bias.lo <= found.bias.est <= found.bias.hi


def test_a_pair_on_a_limit_is_not_outside(monkeypatch):
    # nine differences 0 and one of 10: SD √10, mean 1, upper limit 1 + 1.96·√10 = 7.198
    d = np.array([0.0] * 9 + [10.0])
    found = bland_altman(np.full(10, 50.0), 50.0 + d)
    assert found.sd_diff == pytest.approx(math.sqrt(10))
    assert (found.n_outside_loa, found.percent_outside_loa) == (1, 10.0)
    # two differences ±1: SD √2, no one outside
    assert bland_altman([1, 2], [2, 1]).n_outside_loa == 0
    # limits at one SD: −1, 0, 1 have SD 1, and two of them stand on a limit
    monkeypatch.setattr("bonescan.stats.bland_altman.Z_95", 1.0)
    assert bland_altman([5, 5, 5], [4, 5, 6]).n_outside_loa == 0


def test_the_confidence_moves_the_intervals_and_not_the_limits():
    x, y = sample()
    wide, narrow = bland_altman(x, y), bland_altman(x, y, confidence=0.9)
    assert wide.loa_upper.est == narrow.loa_upper.est
    assert narrow.loa_upper.hi < wide.loa_upper.hi
    assert narrow.bias.hi < wide.bias.hi
    assert narrow.tolerance[1] < wide.tolerance[1]
    assert narrow.prediction[1] < wide.prediction[1]


def test_the_prediction_interval_holds_the_next_difference():
    rng = np.random.default_rng(5)
    d = rng.normal(size=(1000, 12))
    held = 0
    for one in d:
        lo, hi = bland_altman(np.zeros(11), one[:11], loa_ci="ba1986").prediction
        held += lo <= one[11] <= hi
    assert held / 1000 == pytest.approx(0.95, abs=0.015)  # standard error 0.007


def test_breusch_pagan_is_that_of_statsmodels():
    x, y = sample()
    y = x + (y - x) * x**3
    m, d = (x + y) / 2, y - x
    design = np.column_stack([np.ones(m.size), m])
    residual = d - design @ np.linalg.lstsq(design, d, rcond=None)[0]
    statistic, p, _, _ = het_breuschpagan(residual, design, robust=True)
    found = bland_altman(x, y).breusch_pagan
    assert (found.statistic, found.p) == pytest.approx((statistic, p), rel=1e-9)


def test_limits_that_widen_hold_95_percent_at_both_ends():
    rng = np.random.default_rng(6)
    truth = rng.uniform(1, 5, 20_000)
    x, y = truth, truth * (1 + rng.normal(0.05, 0.1, truth.size))
    found = bland_altman(x, y)
    m, d = (x + y) / 2, y - x
    assert found.heteroscedastic.p < 1e-6
    lower, upper = found.heteroscedastic.limits_at(m)
    inside = (d >= lower) & (d <= upper)
    for part in (m < 2, m > 4):
        assert inside[part].mean() == pytest.approx(0.95, abs=0.02)
    flat = (d >= found.loa_lower.est) & (d <= found.loa_upper.est)
    assert flat[m < 2].mean() > 0.99  # those of one width hold too many there


def test_a_width_below_zero_is_none():
    found = bland_altman(*sample()).heteroscedastic
    lower, upper = found.limits_at(np.array([-1e9, 1e9]))
    assert (lower <= upper).all()


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_few_pairs_say_what_they_lack(n):
    x, y = sample(5)
    found = bland_altman(x[:n], y[:n])
    assert found.n == n
    assert (found.bias.est is None) == (n == 0)
    assert (found.bias.lo is None) == (n < 2)
    assert (found.loa_lower.est is None) == (found.sd_diff is None) == (n < 2)
    assert (found.percent_outside_loa is None) == (found.tolerance is None) == (n < 2)
    assert (found.proportional_slope.est is None) == (n < 3)
    assert (found.pitman_morgan_r is None) == (found.shapiro.p is None) == (n < 3)
    if n < 2:
        assert found.loa_upper.reason
        assert found.bias.reason
    text = json.dumps(found.to_dict(), allow_nan=False)
    assert "NaN" not in text


@pytest.mark.parametrize(
    ("x", "y"),
    [([0.7, 0.8, 0.9, 1.1], [0.7, 0.8, 0.9, 1.1]), ([0.7, 0.8, 0.9, 1.1], [0.8, 0.9, 1.0, 1.2]),
     ([1, 1, 1], [1, 1, 1]), ([1, 1, 1, 1], [1, 2, 3, 4]), ([0, 0, 0], [0, 0, 0]),
     ([1, 2, 3], [3, 2, 1])],
    ids=["perfect", "shifted", "all equal", "constant reference", "all zero", "constant mean"],
)  # fmt: skip
def test_input_without_spread_gives_numbers_or_reasons(x, y):
    found = bland_altman(x, y)
    assert all(math.isfinite(number) for number in numbers(found.to_dict()))
    json.dumps(found.to_dict(), allow_nan=False)


def test_perfect_agreement_is_stated():
    found = bland_altman([0.7, 0.8, 0.9, 1.1], [0.7, 0.8, 0.9, 1.1])
    for part in (found.bias, found.loa_lower, found.loa_upper):
        assert (part.est, part.lo, part.hi, part.p) == (0, None, None, None)
        assert part.reason.startswith("all differences are equal")
    assert found.n_outside_loa == 0
    assert (found.prediction, found.tolerance) == (None, None)
    # 0.1 more each: equal but for rounding
    shifted = bland_altman([0.7, 0.8, 0.9, 1.1], [0.8, 0.9, 1.0, 1.2])
    assert shifted.sd_diff == 0
    assert shifted.bias.p is None
    assert shifted.n_outside_loa == 0
    assert shifted.proportional_slope.p is None


def test_a_constant_mean_has_no_trend():
    found = bland_altman([1, 2, 3], [3, 2, 1])
    assert found.proportional_slope.reason == "the mean of the two is constant"
    assert found.pitman_morgan_r is None
    assert found.heteroscedastic is None
    assert found.breusch_pagan.reason


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [([1, 2], [1], "found 2 values of x and 1 of y"), ([1, np.nan], [1, 2], "gap .NaN. in x"),
     ([1, 2], [np.inf, 2], "infinite value in y"), ([[1, 2]], [1, 2], "2 dimensions")],
)  # fmt: skip
def test_wrong_input_is_refused(x, y, words):
    with pytest.raises(ValueError, match=words):
        bland_altman(x, y)


def test_wrong_options_are_refused():
    with pytest.raises(ValueError, match="'exact', wanted one of carkeet-individual"):
        bland_altman([1, 2, 3], [1, 2, 4], loa_ci="exact")
    with pytest.raises(ValueError, match="a confidence of 95, wanted a share such as"):
        bland_altman([1, 2, 3], [1, 2, 4], confidence=95)


def test_relative_differences_exist_for_positive_values_only():
    for compare in (log_ratio, percent_of_mean, percent_of_reference):
        assert compare([1.0, 2.0], [1.1, 0.0]) is None
        assert compare([-1.0, 2.0], [1.1, 1.0]) is None
        assert compare([], []) is None
        one = compare([1.0], [1.1])
        assert one.n == 1
        json.dumps(one.to_dict(), allow_nan=False)
    assert log_ratio([1.0], [1.1]).loa_ratio is None
    assert percent_of_mean([1.0], [1.1]).bias_percent.reason == "one pair has no interval"
    assert percent_of_reference([1.0], [1.1]).bias_percent == pytest.approx(10.0)
    exact = log_ratio([1.0, 2.0, 3.0], [1.1, 2.2, 3.3])
    assert (exact.ratio.lo, exact.ratio.est) == pytest.approx((1.1, 1.1))
    assert exact.sd_log == 0


def test_the_ratio_turns_over_with_the_methods():
    x, y = sample()
    one, other = log_ratio(x, y), log_ratio(y, x)
    assert one.ratio.est * other.ratio.est == pytest.approx(1.0)
    assert one.loa_ratio[0] * other.loa_ratio[1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("values", "words"),
    [([1, 2], "fewer than 3"), ([2, 2, 2], "all values are equal"), (range(5001), "up to 5000")],
)
def test_normality_is_not_judged_where_the_test_is_not_made_for_it(values, words):
    found = shapiro_wilk(values)
    assert found.p is None
    assert words in found.reason
