"""Control charts against printed figures and sums done by hand."""

from __future__ import annotations

import pytest

from bonescan.stats.control_charts import Baseline, baseline_of, control_chart

# mean 10, SD 1, so that values are read as SDs
UNIT = Baseline(n=25, mean=10.0, sd=1.0, cv_percent=10.0, lower=5.0, upper=15.0, percent=50.0)
# Montgomery, Introduction to Statistical Quality Control, example of the tabular CUSUM: mean 10,
# SD 1, shift to 11 after the 20th; printed C+ of 5.28 at the 29th with a run of 7, change between
# the 22nd and 23rd, new mean 11.25
MONTGOMERY = (
    9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34,
    9.03, 11.47, 10.51, 9.40, 10.08, 9.37, 10.62, 10.31, 8.52, 10.84,
    10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52,
)  # fmt: skip


def broken(*z, rules=None):
    """Rules that scans at these distances from the mean break [SD]."""
    chart = control_chart([10.0 + d for d in z], UNIT)
    found = {(v.rule, v.first, v.last, v.side) for v in chart.violations}
    return {f for f in found if rules is None or f[0] in rules}


def test_bonnicks_limits_of_a_hologic_phantom():
    # printed: mean 1.177, SD 0.006, limits 1.159 and 1.195
    found = baseline_of([1.171, 1.177, 1.183])
    assert found.mean == pytest.approx(1.177)
    assert found.sd == pytest.approx(0.006)
    assert (round(found.lower, 3), round(found.upper, 3)) == (1.159, 1.195)
    assert found.cv_percent == pytest.approx(0.6 / 1.177)


def test_montgomerys_cusum():
    chart = control_chart(MONTGOMERY, UNIT)
    assert chart.plus[28] == pytest.approx(5.28, abs=0.005)
    assert chart.plus[27] == pytest.approx(4.47, abs=0.005)
    (signal,) = chart.signals
    assert (signal.side, signal.signal + 1, signal.change_after + 1) == ("above", 29, 22)
    assert signal.new_mean == pytest.approx(11.25, abs=0.01)
    assert ("cusum", 28, 29, "above") in broken(*(v - 10.0 for v in MONTGOMERY))


def test_the_lower_sum_mirrors_the_upper():
    up = control_chart(MONTGOMERY, UNIT)
    down = control_chart([20.0 - v for v in MONTGOMERY], UNIT)
    assert down.minus == pytest.approx(up.plus)
    assert down.signals[0].side == "below"
    assert down.signals[0].new_mean == pytest.approx(20.0 - up.signals[0].new_mean)


def test_a_cusum_of_a_constant_shift_by_hand():
    # 2 SD above: each scan adds 1.5; 6.0 after the fourth is the first beyond 5
    chart = control_chart([10.0, 12.0, 12.0, 12.0, 12.0], UNIT)
    assert chart.plus == pytest.approx((0.0, 1.5, 3.0, 4.5, 6.0))
    assert [(s.signal, s.change_after) for s in chart.signals] == [(4, 0)]
    assert chart.signals[0].new_mean == pytest.approx(12.0)


@pytest.mark.parametrize(("last", "signals"), [(1.0, 0), (1.01, 1)])
def test_a_cusum_of_exactly_five_sds_is_inside(last, signals):
    # 3 x 1.5 = 4.5; then 1.0 - 0.5 makes 5.0
    chart = control_chart([12.0, 12.0, 12.0, 10.0 + last], UNIT)
    assert len(chart.signals) == signals


@pytest.mark.parametrize(
    ("inside", "outside", "rule", "side"),
    [
        ((3.0,), (3.01,), "1-3s", "above"),
        ((-3.0,), (-3.01,), "1-3s", "below"),
        ((2.01, 2.0), (2.01, 2.01), "2-2s", "above"),
        ((-2.01, 0.0, -2.01), (-2.01, -2.01), "2-2s", "below"),
        ((2.01, -2.0), (2.01, -2.01), "R-4s", "both"),
        ((2.01, 0.0, -2.01), (-2.01, 2.01), "R-4s", "both"),
        ((1.1, 1.1, 1.1, 1.0), (1.1, 1.1, 1.1, 1.1), "4-1s", "above"),
        ((1.1, 1.1, -1.1, 1.1, 1.1), (-1.1, -1.1, -1.1, -1.1), "4-1s", "below"),
        ((0.1,) * 9, (0.1,) * 10, "10-x", "above"),
        ((0.1,) * 9 + (0.0,), (-0.1,) * 10, "10-x", "below"),
        ((0.1,) * 3, (0.1,) * 4, "4-same-side", "above"),
        ((0.1, 0.1, 0.0, 0.1, 0.1), (-0.1,) * 4, "4-same-side", "below"),
    ],
)
def test_both_sides_of_each_rule(inside, outside, rule, side):
    assert not broken(*inside, rules={rule})
    (found,) = broken(*outside, rules={rule})
    assert found == (rule, len(outside) - 1, len(outside) - 1, side)


@pytest.mark.parametrize(
    ("value", "side"),
    [(1.015, None), (1.0151, "above"), (0.985, None), (0.9849, "below")],
)
def test_one_and_a_half_percent_is_inside_and_a_hair_more_is_not(value, side):
    baseline = baseline_of([0.99, 1.01])
    found = [v.side for v in control_chart([value], baseline).violations if v.rule == "percent"]
    assert found == ([] if side is None else [side])


def test_a_rule_stays_broken_to_the_end_of_its_run():
    assert broken(*(0.1,) * 7, -0.1, rules={"4-same-side"}) == {("4-same-side", 3, 6, "above")}


def test_a_scan_on_the_mean_is_on_no_side():
    assert not broken(*(0.0,) * 12)


def test_values_without_spread_break_only_the_limits_in_percent_and_the_run():
    baseline = baseline_of([1.2] * 25)
    assert baseline.sd == 0.0
    chart = control_chart([1.2, 1.22, 1.22, 1.22, 1.22], baseline)
    assert {v.rule for v in chart.violations} == {"percent", "4-same-side"}
    assert chart.z == (None,) * 5
    assert chart.broken == {"exam": ("percent", "4-same-side"), "westgard": (), "cusum": ()}


def test_the_families_of_what_is_broken():
    chart = control_chart([13.5] * 4, UNIT)
    assert chart.broken == {
        "exam": ("4-same-side",), "westgard": ("1-3s", "2-2s", "4-1s"), "cusum": ("cusum",)
    }  # fmt: skip


def test_plain_values_have_every_field():
    found = control_chart([13.5], UNIT).to_dict()
    assert found["violations"] == [{"rule": "1-3s", "first": 0, "last": 0, "side": "above"}]
    assert found["baseline"]["mean"] == 10.0


def test_no_scan_after_the_baseline_breaks_nothing():
    chart = control_chart([], UNIT)
    assert chart.violations == chart.signals == chart.plus == ()


@pytest.mark.parametrize(
    ("values", "message"),
    [([1.0], "give no standard deviation"), ([-1.0, 1.0], "no limits in percent")],
)
def test_a_baseline_that_can_not_be(values, message):
    with pytest.raises(ValueError, match=message):
        baseline_of(values)
