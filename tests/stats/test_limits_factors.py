"""Factors of limits of agreement against R's, tables, and their own claims."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from bonescan.stats.limits_factors import (
    FACTORS,
    individual_factors,
    pair_factor,
    pair_factors,
)
from bonescan.stats.quantiles import Z_95


def test_the_exact_factors_are_those_of_r(expected):
    for row in expected("carkeet_factors")["rows"]:
        # qt() of R warns of lost digits in the noncentral t above n = 100
        one = individual_factors(row["n"])
        assert one == pytest.approx((row["one_sided_inner"], row["one_sided_outer"]), rel=1e-6)
        pair = pair_factors(row["n"])
        assert pair == pytest.approx((row["pair_inner"], row["pair_outer"]), rel=1e-10)


# Two-sided tolerance factors for 95 % content with 95 % confidence, to 4 digits: Odeh RE, Owen
# DB. Tables for Normal Tolerance Limits, Sampling Plans, and Screening. Dekker, 1980 (from
# memory), and the integral below.
@pytest.mark.parametrize(("n", "k"), [(5, 5.077), (10, 3.393), (30, 2.555)])
def test_the_tolerance_factor_is_the_tabulated_one(n, k):
    assert pair_factor(n, 0.95) == pytest.approx(k, abs=2e-3)


@pytest.mark.parametrize(("n", "confidence"), [(2, 0.975), (3, 0.025), (17, 0.975), (4300, 0.95)])
def test_the_tolerance_factor_holds_its_content_by_another_integral(n, confidence):
    k = pair_factor(n, confidence)

    def enough(u):  # by the noncentral χ² and adaptive quadrature
        r2 = stats.ncx2.ppf(0.95, 1, u * u / n)
        return 2 * stats.norm.pdf(u) * stats.chi2.sf((n - 1) * r2 / (k * k), n - 1)

    grid = np.linspace(0, 8, 4001)
    values = enough(np.maximum(grid, 1e-9))
    step = grid[1]
    simpson = (
        step / 3 * (values[0] + 4 * values[1::2].sum() + 2 * values[2:-1:2].sum() + values[-1])
    )
    assert simpson == pytest.approx(confidence, abs=1e-8)


@pytest.mark.parametrize("method", FACTORS)
@pytest.mark.parametrize("n", [2, 3, 20, 4300])
def test_the_limit_lies_inside_and_more_confidence_reaches_further(method, n):
    inner, outer = FACTORS[method](n, 0.95)
    assert inner < Z_95 < outer
    less = FACTORS[method](n, 0.8)
    assert inner < less[0]
    assert less[1] < outer


def test_all_ways_meet_for_many_differences():
    at_10_000 = [FACTORS[method](10_000, 0.95) for method in FACTORS if method != "carkeet-pair"]
    exact = individual_factors(10_000)
    for inner, outer in at_10_000:
        assert (inner, outer) == pytest.approx(exact, abs=3e-3)
    # the share between two limits is known better than each limit
    assert pair_factors(10_000)[1] < exact[1]


def test_coverage_of_the_exact_interval_of_a_limit_and_of_the_content_of_the_pair():
    rng = np.random.default_rng(20)
    n, n_samples = 20, 40_000
    d = rng.normal(size=(n_samples, n))
    mean, sd = d.mean(axis=1), d.std(axis=1, ddof=1)
    inner, outer = individual_factors(n)
    covered = (mean + inner * sd <= Z_95) & (mean + outer * sd >= Z_95)
    assert covered.mean() == pytest.approx(0.95, abs=0.01)
    both = covered & (mean - inner * sd >= -Z_95) & (mean - outer * sd <= -Z_95)
    assert both.mean() == pytest.approx(0.907, abs=0.01)  # one each, not both at once

    def content(k):
        return stats.norm.cdf(mean + k * sd) - stats.norm.cdf(mean - k * sd)

    k_inner, k_outer = pair_factors(n)
    claim = (content(k_inner) <= 0.95) & (content(k_outer) >= 0.95)
    assert claim.mean() == pytest.approx(0.95, abs=0.01)
    assert (content(pair_factor(n, 0.95)) >= 0.95).mean() == pytest.approx(0.95, abs=0.01)


def test_the_error_in_the_formula_of_1986_is_known():
    # √3 stands for √(1 + z²/2) = 1.709
    assert FACTORS["ba1986"](1000, 0.95)[1] - Z_95 == pytest.approx(
        stats.t.ppf(0.975, 999) * math.sqrt(3 / 1000), rel=1e-12
    )
