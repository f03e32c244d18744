"""Several readings a person, and changes of people: coverage, special cases, empty input."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bonescan.stats.bland_altman import bland_altman
from bonescan.stats.changes import change_agreement
from bonescan.stats.quantiles import Z_95
from bonescan.stats.replicates import constant_truth_limits, varying_truth_limits


def people(n, k):
    return [f"p{i:03d}" for i in range(n) for _ in range(k)]


def readings(n, k, rng, *, x_error, y_error, interaction=0.0):
    truth = np.repeat(rng.normal(size=n), k)
    own = np.repeat(rng.normal(0, interaction, n), k)
    x = truth + rng.normal(0, x_error, n * k)
    return x, truth + own + 0.5 + rng.normal(0, y_error, n * k)


def test_one_reading_each_is_the_plain_analysis():
    rng = np.random.default_rng(1)
    x, y = readings(40, 1, rng, x_error=0.1, y_error=0.2)
    found = constant_truth_limits(people(40, 1), x, people(40, 1), y)
    plain = bland_altman(x, y, loa_ci="mover")
    assert found.sd_corrected == pytest.approx(plain.sd_diff)
    assert (found.bias.est, found.bias.lo) == pytest.approx((plain.bias.est, plain.bias.lo))
    for name in ("loa_lower", "loa_upper"):
        ours, theirs = getattr(found, name), getattr(plain, name)
        assert (ours.lo, ours.est, ours.hi) == pytest.approx((theirs.lo, theirs.est, theirs.hi))
    assert found.within_variance_x is found.repeatability_y is None


def test_means_of_replicates_are_not_taken_for_single_readings():
    rng = np.random.default_rng(2)
    x, y = readings(3000, 4, rng, x_error=0.3, y_error=0.4, interaction=0.2)
    names = people(3000, 4)
    found = constant_truth_limits(names, x, names, y)
    # a difference of single readings: 0.3² + 0.4² + 0.2² = 0.29
    assert found.sd_corrected**2 == pytest.approx(0.29, rel=0.04)
    assert found.within_variance_x == pytest.approx(0.09, rel=0.04)
    assert found.repeatability_y == pytest.approx(Z_95 * np.sqrt(2) * 0.4, rel=0.02)
    means = x.reshape(-1, 4).mean(axis=1), y.reshape(-1, 4).mean(axis=1)
    assert bland_altman(*means).sd_diff ** 2 < 0.12  # what averaging hides


def test_the_intervals_of_limits_with_replicates_cover():
    rng = np.random.default_rng(3)
    upper = 0.5 + Z_95 * np.sqrt(0.29)
    held = {"constant": 0, "varying": 0}
    names = people(20, 3)
    for _ in range(600):
        x, y = readings(20, 3, rng, x_error=0.3, y_error=0.4, interaction=0.2)
        one = constant_truth_limits(names, x, names, y).loa_upper
        two = varying_truth_limits(names, x, y).loa_upper
        held["constant"] += one.lo <= upper <= one.hi
        held["varying"] += two.lo <= upper <= two.hi
    assert held["constant"] / 600 == pytest.approx(0.95, abs=0.03)
    assert held["varying"] / 600 == pytest.approx(0.95, abs=0.03)


def test_unequal_numbers_of_readings_by_hand():
    # person a: x 1, 3, y 4; person b: x 5, y 6, 8, 10
    found = constant_truth_limits(["a", "a", "b"], [1, 3, 5], ["a", "b", "b", "b"], [4, 6, 8, 10])
    # differences of means 4 − 2 = 2 and 8 − 5 = 3: variance 0.5; within 2 and 4, weights 1/4, 1/3
    assert found.bias.est == 2.5
    assert found.sd_corrected**2 == pytest.approx(0.5 + 2 * 0.25 + 4 / 3)
    assert (found.n_people, found.n_x, found.n_y) == (2, 3, 4)


def test_the_order_of_rows_does_not_matter():
    rng = np.random.default_rng(4)
    x, y = readings(10, 3, rng, x_error=0.3, y_error=0.4)
    names, moved = np.array(people(10, 3)), rng.permutation(30)
    one = varying_truth_limits(list(names), x, y)
    other = varying_truth_limits(list(names[moved]), x[moved], y[moved])
    assert other.loa_lower.lo == pytest.approx(one.loa_lower.lo)
    assert other.bias.est == pytest.approx(one.bias.est)


def test_too_few_people_or_repeats_are_stated():
    one = constant_truth_limits(["a", "a"], [1, 2], ["a"], [1])
    assert one.loa_lower.reason == "fewer than 2 people"
    assert varying_truth_limits(["a", "a"], [1, 2], [1, 3]).bias.reason == "fewer than 2 people"
    single = varying_truth_limits(["a", "b"], [1, 2], [1, 3])
    assert single.loa_upper.reason == "no person was measured twice"
    assert varying_truth_limits([], [], []).n == 0
    for found in (one, single):
        json.dumps(found.to_dict(), allow_nan=False)


def test_replicates_without_spread_give_limits_of_no_width():
    names = people(3, 2)
    x = np.array([0.7, 0.7, 0.8, 0.8, 0.9, 0.9])
    for found in (
        constant_truth_limits(names, x, names, x + 0.1),
        varying_truth_limits(names, x, x + 0.1),
    ):
        assert found.loa_upper.est == pytest.approx(0.1)
        assert found.loa_upper.hi == pytest.approx(found.loa_lower.lo)
        json.dumps(found.to_dict(), allow_nan=False)


def test_people_that_differ_are_refused():
    with pytest.raises(ValueError, match="found 2 people measured by one method only"):
        constant_truth_limits(["a", "b"], [1, 2], ["a", "c"], [1, 2])
    with pytest.raises(ValueError, match="found 1 people for 2 values of x"):
        varying_truth_limits(["a"], [1, 2], [1, 2])


# --- changes ---------------------------------------------------------------


def test_levels_may_agree_while_changes_do_not():
    rng = np.random.default_rng(5)
    base = rng.normal(0.9, 0.15, 200)
    change = rng.normal(0, 0.01, 200)
    x = base, base + change
    y = base + rng.normal(0, 0.02, 200), base + change + rng.normal(0, 0.02, 200)
    assert np.corrcoef(x[1], y[1])[0, 1] > 0.98
    found = change_agreement(x[1] - x[0], y[1] - y[0])
    assert found.pearson.est < 0.6
    assert found.n == 200
    assert found.bland_altman.sd_diff == pytest.approx(0.02 * np.sqrt(2), rel=0.15)
    assert found.mean_change_reference == pytest.approx(change.mean())


def test_the_direction_by_hand_on_both_sides_of_the_least_change():
    x = [0.030, 0.010, -0.020, -0.030, 0.000, 0.050]
    y = [0.020, -0.010, -0.010, 0.010, 0.010, 0.000]
    every = change_agreement(x, y).direction
    # same: 1st and 3rd; opposite: 2nd and 4th; still: no change by one of the two
    assert (every.n_same, every.n_opposite, every.n_still) == (2, 2, 2)
    assert every.share.est == 0.5
    assert every.share.method == "wilson"
    at = change_agreement(x, y, least_change=0.02).direction  # equality counts
    assert (at.n_same, at.n_opposite, at.n_still) == (2, 1, 3)
    beyond = change_agreement(x, y, least_change=0.0201).direction
    assert (beyond.n_same, beyond.n_opposite, beyond.n_still) == (1, 1, 4)


def test_no_changes_are_stated():
    found = change_agreement([], [])
    assert (found.n, found.mean_change_test) == (0, None)
    assert found.direction.share.reason == "nobody changed"
    still = change_agreement([0.0] * 4, [0.0] * 4)
    assert still.pearson.reason == "a series is constant"
    assert still.direction.n_still == 4
    json.dumps(still.to_dict(), allow_nan=False)
    with pytest.raises(ValueError, match=r"a least change of -0.1, wanted 0 or more"):
        change_agreement([1.0], [1.0], least_change=-0.1)
