"""Lines through paired measurements: oracles, invariants, and input that defines none."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bonescan.stats.deming import bias_at, deming, weighted_deming
from bonescan.stats.ordinary import ordinary_least_squares
from bonescan.stats.passing_bablok import CUSUM_5, passing_bablok, theil_sen

BAD = [
    ([1.0, 2.0], [1.0], "found 2 values of x and 1 of y"),
    ([1.0, math.nan], [1.0, 2.0], "gap .NaN. in x"),
    ([1.0, 2.0], [1.0, math.inf], "infinite value in y"),
]
FITS = [ordinary_least_squares, deming, weighted_deming, passing_bablok, theil_sen]


def sample(n=61, seed=3, error=0.05):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.5, 1.3, n)
    return truth + rng.normal(0, error, n), 1.1 * truth - 0.05 + rng.normal(0, error, n)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize(("x", "y", "words"), BAD)
def test_wrong_input_is_refused(fit, x, y, words):
    with pytest.raises(ValueError, match=words):
        fit(x, y)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize(
    ("x", "y"),
    [([], []), ([1.0], [1.0]), ([1.0, 2.0], [1.0, 3.0]), ([2.0, 2.0, 2.0], [1.0, 2.0, 3.0]),
     ([1.0, 2.0, 3.0], [2.0, 2.0, 2.0]), ([1.0, 1.0, 1.0], [1.0, 1.0, 1.0]),
     ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]), ([0.1, 0.2, 0.3, 0.7], [0.2, 0.3, 0.4, 0.8]),
     ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]), ([1.0, 1.0, 1.0, 2.0], [1.0, 2.0, 3.0, 3.0]),
     ([1.0, 2.0, 1.0, 2.0], [1.0, 1.0, 2.0, 2.0])],
)  # fmt: skip
def test_nothing_undefined_is_printed_as_a_number(fit, x, y):
    found = fit(x, y)
    if found is None:  # no weighted line
        assert fit is weighted_deming
        return
    json.dumps(found.to_dict(), allow_nan=False)
    for part in (found.intercept, found.slope):
        assert part.est is not None or part.reason
        assert (part.lo is not None and part.hi is not None) or part.reason


@pytest.mark.parametrize("fit", FITS)
def test_perfect_agreement_is_the_line_of_identity(fit):
    x = np.array([0.61, 0.72, 0.83, 0.95, 1.04, 1.13, 1.21])
    found = fit(x, x)
    assert found.slope.est == pytest.approx(1.0, abs=1e-12)
    assert found.intercept.est == pytest.approx(0.0, abs=1e-12)
    assert (found.slope.lo, found.slope.hi) == pytest.approx((1.0, 1.0), abs=1e-9)


@pytest.mark.parametrize("fit", FITS)
def test_order_changes_nothing(fit):
    x, y = sample()
    moved = np.random.default_rng(4).permutation(x.size)
    one, other = fit(x, y), fit(x[moved], y[moved])
    for name in ("intercept", "slope"):
        a, b = getattr(one, name), getattr(other, name)
        assert (a.est, a.lo or 0, a.hi or 0) == pytest.approx((b.est, b.lo or 0, b.hi or 0), 1e-9)


@pytest.mark.parametrize("fit", FITS)
def test_the_unit_moves_the_intercept_only(fit):
    x, y = sample()
    one, other = fit(x, y), fit(1000 * x, 1000 * y)
    assert other.slope.est == pytest.approx(one.slope.est, rel=1e-9)
    assert other.intercept.est == pytest.approx(1000 * one.intercept.est, rel=1e-7)


# --- ordinary --------------------------------------------------------------


def test_ordinary_least_squares_is_that_of_statsmodels():
    x, y = sample()
    want = sm.OLS(y, sm.add_constant(x)).fit()
    got = ordinary_least_squares(x, y)
    for i, part in enumerate((got.intercept, got.slope)):
        assert part.est == pytest.approx(want.params[i], rel=1e-10)
        assert (part.lo, part.hi) == pytest.approx(tuple(want.conf_int()[i]), rel=1e-9)
        assert part.p == pytest.approx(want.pvalues[i], rel=1e-8)
    assert got.see == pytest.approx(math.sqrt(want.mse_resid))
    assert got.r2 == pytest.approx(want.rsquared)


def test_a_percentage_is_given_of_positive_values_only():
    assert ordinary_least_squares([1, 2, 3], [1, 2, 4]).see_percent > 0
    assert ordinary_least_squares([1, 2, 3], [-1, 2, 4]).see_percent is None
    assert ordinary_least_squares([1, 2, 3], [0, 2, 4]).see_percent is None


def test_two_points_have_a_line_and_no_interval():
    found = ordinary_least_squares([1, 2], [1, 3])
    assert (found.slope.est, found.slope.lo, found.see) == (2.0, None, None)


# --- Deming ----------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), ratio=st.sampled_from([0.25, 1.0, 2.0, 9.0]))
def test_swapping_the_methods_inverts_the_deming_line(seed, ratio):
    x, y = sample(15, seed)
    one, other = deming(x, y, error_ratio=ratio), deming(y, x, error_ratio=1 / ratio)
    assert one.slope.est * other.slope.est == pytest.approx(1.0, rel=1e-9)
    assert other.intercept.est == pytest.approx(-one.intercept.est / one.slope.est, abs=1e-9)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0])
def test_deming_is_the_first_principal_axis_of_equal_errors(ratio):
    x, y = sample()
    # in units of their errors both err alike: total least squares by singular vectors
    away = np.column_stack([x / math.sqrt(ratio), y])
    axis = np.linalg.svd(away - away.mean(axis=0))[2][0]
    slope = axis[1] / axis[0] / math.sqrt(ratio)
    found = deming(x, y, error_ratio=ratio)
    assert found.slope.est == pytest.approx(slope, rel=1e-10)
    assert found.intercept.est == pytest.approx(y.mean() - slope * x.mean(), rel=1e-9)


def test_the_error_ratio_points_the_right_way():
    x, y = sample()
    ordinary = ordinary_least_squares(x, y).slope.est
    # x without error is the ordinary line; y without error the inverse of the other one
    assert deming(x, y, error_ratio=1e-9).slope.est == pytest.approx(ordinary, rel=1e-6)
    assert deming(x, y, error_ratio=1e9).slope.est == pytest.approx(
        1 / ordinary_least_squares(y, x).slope.est, rel=1e-6
    )


def test_the_jackknife_is_that_of_leaving_out_one_by_one():
    x, y = sample(20)
    whole = deming(x, y)
    pseudo = []
    for i in range(20):
        part = deming(np.delete(x, i), np.delete(y, i))
        pseudo.append(20 * whole.slope.est - 19 * part.slope.est)
    se = np.std(pseudo, ddof=1) / math.sqrt(20)
    assert whole.se_slope == pytest.approx(se, rel=1e-9)
    assert whole.slope.hi - whole.slope.est == pytest.approx(stats.t.ppf(0.975, 18) * se, rel=1e-9)


def test_the_weighted_jackknife_is_that_of_leaving_out_one_by_one():
    x, y = sample(20)
    whole = weighted_deming(x, y)
    parts = [weighted_deming(np.delete(x, i), np.delete(y, i)) for i in range(20)]
    for name, se in (("slope", whole.se_slope), ("intercept", whole.se_intercept)):
        pseudo = [20 * getattr(whole, name).est - 19 * getattr(part, name).est for part in parts]
        assert se == pytest.approx(np.std(pseudo, ddof=1) / math.sqrt(20), rel=1e-7)


def linnet(x, y, ratio):
    """Iterate as the paper says, one step after the other, until both parts stand still."""
    line = deming(x, y, error_ratio=ratio)
    a, b = line.intercept.est, line.slope.est
    for _ in range(30):
        e = y - a - b * x
        x_true, y_true = x + ratio * b * e / (1 + ratio * b * b), y - e / (1 + ratio * b * b)
        w = ((x_true + ratio * y_true) / (1 + ratio)) ** -2
        xm, ym = np.average(x, weights=w), np.average(y, weights=w)
        u, q = (w * (x - xm) ** 2).sum(), (w * (y - ym) ** 2).sum()
        p = (w * (x - xm) * (y - ym)).sum()
        root = math.sqrt((u - ratio * q) ** 2 + 4 * ratio * p * p)
        new = (ratio * q - u + root) / (2 * ratio * p)
        still = max(abs(new - b), abs(ym - new * xm - a)) < 1e-6
        a, b = ym - new * xm, new
        if still:
            break
    return a, b


@pytest.mark.parametrize("ratio", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_the_weighted_line_is_that_of_the_iteration_as_printed(ratio, unit):
    # in small units the intercept is the last to stand still
    x, y = (unit * v for v in sample(20))
    found = weighted_deming(x, y, error_ratio=ratio)
    assert (found.intercept.est, found.slope.est) == pytest.approx(linnet(x, y, ratio), rel=1e-11)


def test_the_weighted_line_is_nearer_where_errors_grow_with_the_value():
    rng = np.random.default_rng(8)
    off = {"deming": [], "weighted": []}
    for _ in range(200):
        truth = rng.uniform(1, 20, 60)
        x, y = (truth * (1 + rng.normal(0, 0.1, 60)) for _ in range(2))
        off["deming"].append(deming(x, y).slope.est - 1)
        off["weighted"].append(weighted_deming(x, y).slope.est - 1)
    assert np.std(off["weighted"]) < 0.8 * np.std(off["deming"])
    assert abs(np.mean(off["weighted"])) < 0.01


def test_the_interval_of_the_slope_covers():
    rng = np.random.default_rng(9)
    held = 0
    for _ in range(1000):
        truth = rng.normal(0, 1, 40)
        found = deming(truth + rng.normal(0, 0.3, 40), truth + rng.normal(0, 0.3, 40))
        held += found.slope.lo <= 1 <= found.slope.hi
    assert held / 1000 == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_there_is_no_weighted_line_where_a_value_is_not_positive(value):
    x, y = sample(10)
    x[3] = value
    assert weighted_deming(x, y) is None
    assert weighted_deming([], []) is None


def test_wrong_options_of_deming_are_refused():
    x, y = sample(10)
    with pytest.raises(ValueError, match="an error ratio of 0, wanted a positive"):
        deming(x, y, error_ratio=0)
    with pytest.raises(ValueError, match="found 'bootstrap', wanted one of jackknife, analytical"):
        deming(x, y, ci="bootstrap")


def test_the_bias_at_a_level_is_the_distance_of_the_line_from_identity():
    x, y = sample()
    line = deming(x, y)
    found = bias_at(x, y, [0.0, 0.8, 1.0])
    assert list(found) == [0.0, 0.8, 1.0]
    # at 0 it is the intercept, with the intercept's interval
    assert (found[0.0].est, found[0.0].lo) == pytest.approx((line.intercept.est, line.intercept.lo))
    assert found[0.8].est == pytest.approx(line.intercept.est + 0.8 * line.slope.est - 0.8)
    assert bias_at(x[:2], y[:2], [1.0])[1.0].reason == "fewer than 3 pairs"


def test_series_that_do_not_vary_together_have_no_deming_line():
    found = deming([1.0, 2.0, 1.0, 2.0], [1.0, 1.0, 2.0, 2.0])
    assert found.slope.reason == "the two series do not vary together"


def test_a_line_that_hangs_on_one_pair_has_no_interval():
    # without the last pair x is constant
    found = deming([1.0, 1.0, 1.0, 2.0], [1.0, 2.0, 3.0, 3.0])
    assert found.slope.est is not None
    assert found.slope.lo is None
    assert found.slope.reason == "without one of the pairs there is no line"
    assert found.se_slope is None


# --- Passing-Bablok and Theil-Sen -------------------------------------------


def by_sorting(x, y):
    """Slope and its limits as the paper says, for points without ties."""
    n = x.size
    i, j = np.triu_indices(n, 1)
    slope = np.sort((y[j] - y[i]) / (x[j] - x[i]))
    shift, count = int((slope < -1).sum()), slope.size
    width = stats.norm.ppf(0.975) * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    m1 = round((count - width) / 2)
    low, high = (count - 1) // 2 + shift, count // 2 + shift
    return (slope[low] + slope[high]) / 2, slope[m1 + shift - 1], slope[count - m1 + shift]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(10, 40), sign=st.sampled_from([1, -1]))
def test_passing_bablok_is_the_shifted_median_of_all_slopes(seed, n, sign):
    x, y = sample(n, seed)
    x, y = sign * x, sign * y  # values all negative too
    found = passing_bablok(x, y)
    want = by_sorting(x, y)
    assert (found.slope.est, found.slope.lo, found.slope.hi) == pytest.approx(want, rel=1e-12)
    assert found.intercept.est == pytest.approx(np.median(y - want[0] * x), abs=1e-12)
    assert found.intercept.lo <= found.intercept.est <= found.intercept.hi


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.sampled_from([10, 11, 14, 15, 22, 23]))
def test_swapping_the_methods_inverts_the_passing_bablok_line(seed, n):
    x, y = sample(n, seed)
    one, other = passing_bablok(x, y), passing_bablok(y, x)
    if one.n_slopes % 2:  # with an even number it is the mean of two slopes, not of inverses
        assert one.slope.est * other.slope.est == pytest.approx(1.0, rel=1e-9)
    else:
        assert one.slope.est * other.slope.est == pytest.approx(1.0, abs=0.2)


def test_ties_are_taken_by_the_rule_of_1983():
    # slopes: two equal points (out), -1 (out), a vertical pair (infinite), 1, 1, 3 ...
    x, y = np.array([1.0, 1.0, 2.0, 2.0, 3.0]), np.array([2.0, 2.0, 1.0, 4.0, 5.0])
    found = passing_bablok(x, y)
    # by hand, pairs in order: 0/0, -1, 2, 1.5, -1, 2, 1.5, inf, 4, 1
    assert (found.n_slopes, found.n_below_minus_1) == (7, 0)
    assert found.slope.est == 2.0  # of 1, 1.5, 1.5, 2, 2, 4, inf the fourth


def test_decimals_do_not_fall_on_either_side_of_minus_1():
    x = np.round(np.arange(0.1, 1.3, 0.1), 1)
    y = np.concatenate([x[:9], [0.3, 0.2, 0.1]])
    found, exact = passing_bablok(x, y), passing_bablok(np.round(10 * x), np.round(10 * y))
    assert found.n_below_minus_1 == exact.n_below_minus_1
    assert found.n_slopes == exact.n_slopes
    assert found.slope.est == pytest.approx(exact.slope.est)


def test_an_opposite_relation_has_no_passing_bablok_line():
    x = np.arange(20.0)
    found = passing_bablok(x, -3 * x)
    assert found.slope.est is None
    assert found.slope.reason == "the series are not positively related"
    assert found.cusum.h is None


def test_a_falling_line_is_warned_of_and_has_no_cusum():
    x = np.arange(40.0)
    found = passing_bablok(x, 20 - 0.2 * x + np.random.default_rng(11).normal(0, 0.5, 40))
    assert found.slope.hi < 0
    assert "does not rise" in found.warning
    assert found.cusum.reason == "the line does not rise"


def test_few_pairs_have_a_slope_and_no_interval():
    found = passing_bablok([1.0, 2.0, 3.5], [1.0, 2.5, 3.0])
    assert found.slope.est is not None
    assert (found.slope.lo, found.m1) == (None, None)
    assert found.slope.reason == found.intercept.reason == "too few pairs for an interval"


def test_vertical_pairs_in_the_majority_leave_no_line():
    found = passing_bablok([1.0, 1.0, 1.0, 1.0, 2.0], [1.0, 2.0, 3.0, 4.0, 5.0])
    assert found.slope.reason in {"half of the pairs are vertical",
                                  "the series are not positively related"}  # fmt: skip


def test_a_curve_is_seen_by_the_cusum_and_a_line_is_not():
    rng = np.random.default_rng(10)
    x = rng.uniform(1, 10, 200)
    straight = passing_bablok(x + rng.normal(0, 0.2, 200), x + rng.normal(0, 0.2, 200))
    bent = passing_bablok(x, x**2 / 5 + rng.normal(0, 0.2, 200))
    assert straight.cusum.p > 0.05
    assert straight.cusum.h < CUSUM_5
    assert straight.warning == ""
    assert bent.cusum.p < 0.01
    assert "cusum" in bent.warning
    assert len(bent.cusum.path) == 200
    # scores of both sides sum to 0
    assert bent.cusum.path[-1] == pytest.approx(0.0, abs=1e-9)


def test_kolmogorovs_p_at_the_published_critical_values():
    # 1.36 and 1.63 stand for 5 and 1 % (Passing and Bablok 1983)
    assert stats.kstwobign.sf(1.36) == pytest.approx(0.05, abs=1e-3)
    assert stats.kstwobign.sf(1.63) == pytest.approx(0.01, abs=5e-4)


def test_points_on_one_line_give_no_cusum():
    x = np.array([0.1, 0.25, 0.3, 0.47, 0.52])
    assert passing_bablok(x, 2 * x).cusum.reason == "no points on both sides of the line"


def test_coarse_values_are_warned_of():
    x, y = sample(200)
    assert "steps" not in passing_bablok(x, y).warning
    rounded = passing_bablok(np.round(x, 1), np.round(y, 1))
    assert "ratios of a few steps" in rounded.warning


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(3, 40), ties=st.booleans())
def test_theil_sen_is_that_of_scipy(seed, n, ties):
    x, y = sample(n, seed)
    if ties:
        x, y = np.round(4 * x), np.round(4 * y)
    if np.unique(x).size == 1:
        return
    want = stats.theilslopes(y, x, method="joint")
    found = theil_sen(x, y)
    assert found.slope.est == pytest.approx(want.slope, rel=1e-12, abs=1e-15)
    assert found.slope.lo == pytest.approx(want.low_slope, rel=1e-12, abs=1e-15)
    assert found.slope.hi == pytest.approx(want.high_slope, rel=1e-12, abs=1e-15)
    assert found.intercept.est == pytest.approx(want.intercept, rel=1e-12, abs=1e-12)
    assert found.intercept.lo is None
