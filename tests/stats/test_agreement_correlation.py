"""Correlation and concordance: closed forms, oracles, invariants, and input that defines none."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bonescan.stats.agreement_correlation import (
    covariate_prediction,
    icc_forms,
    kendall_tau_b,
    lin_ccc,
    mean_ranks,
    multiple_correlation,
    partial_correlation,
    pearson_correlation,
    spearman_correlation,
)

PAIRWISE = [pearson_correlation, spearman_correlation, kendall_tau_b]


def sample(n=50, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(0.9, 0.15, n)
    return x, x + rng.normal(-0.01, 0.05, n)


@pytest.mark.parametrize(
    ("x", "y"),
    [([], []), ([1.0], [2.0]), ([1.0, 2.0], [2.0, 3.0]), ([1.0, 2.0, 3.0], [1.0, 3.0, 2.0]),
     ([1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 4.0]), ([1.0] * 5, [1.0, 2, 3, 4, 5]),
     ([1.0] * 5, [1.0] * 5), ([1.0, 2, 3, 4, 5], [1.0, 2, 3, 4, 5]),
     ([1.0, 2, 3, 4, 5], [5.0, 4, 3, 2, 1]), ([1.0, 2, 1, 2], [1.0, 1, 2, 2]),
     ([1.0, 2, 3, 4, 5], [2.0] * 5)],
)  # fmt: skip
def test_nothing_undefined_is_printed_as_a_number(x, y):
    parts = [compute(x, y) for compute in PAIRWISE]
    lin = lin_ccc(x, y)
    icc = icc_forms(np.column_stack([x, y]))
    parts += [lin.ccc, icc.icc_11, icc.icc_1k, icc.icc_a1, icc.icc_ak, icc.icc_c1, icc.icc_ck]
    for part in parts:
        assert part.est is not None or part.reason
        assert part.lo is not None or part.reason
        json.dumps(part.to_dict(), allow_nan=False)
    json.dumps(lin.to_dict(), allow_nan=False)
    json.dumps(icc.to_dict(), allow_nan=False)


@pytest.mark.parametrize("compute", [*PAIRWISE, lambda x, y: lin_ccc(x, y).ccc])
def test_perfect_agreement_is_1_and_its_interval_too(compute):
    x = np.array([0.61, 0.72, 0.83, 0.95, 1.04, 1.13])
    found = compute(x, x)
    assert (found.est, found.lo, found.hi) == (1.0, 1.0, 1.0)
    assert found.reason == "every pair is on one line"


@pytest.mark.parametrize("compute", PAIRWISE)
def test_wrong_input_is_refused(compute):
    with pytest.raises(ValueError, match="3 values of x and 2 of y"):
        compute([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="gap"):
        compute([1, 2, math.nan], [1, 2, 3])
    with pytest.raises(ValueError, match="confidence of 95"):
        compute([1, 2, 3], [1, 2, 4], confidence=95)


def test_an_unknown_interval_is_refused():
    with pytest.raises(ValueError, match="found 'exact', wanted one of bonett-wright, fieller"):
        spearman_correlation([1, 2, 3], [1, 2, 3], interval="exact")


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(5, 40), ties=st.booleans())
def test_the_coefficients_are_those_of_scipy(seed, n, ties):
    x, y = sample(n, seed)
    if ties:
        x, y = np.round(x, 1), np.round(y, 1)
    if np.unique(x).size == 1 or np.unique(y).size == 1:
        return
    np.testing.assert_array_equal(mean_ranks(x), stats.rankdata(x))
    for compute, oracle in (
        (pearson_correlation, stats.pearsonr),
        (spearman_correlation, stats.spearmanr),
        (kendall_tau_b, stats.kendalltau),
    ):
        want, got = oracle(x, y), compute(x, y)
        assert got.est == pytest.approx(want.statistic, rel=1e-10, abs=1e-12)
        assert got.lo <= got.est <= got.hi
        if abs(got.est) < 1 - 1e-9:
            assert got.p == pytest.approx(want.pvalue, rel=1e-6, abs=1e-300)


def test_fishers_interval_of_pearson_is_that_of_scipy():
    x, y = sample()
    want = stats.pearsonr(x, y).confidence_interval(0.9)
    got = pearson_correlation(x, y, confidence=0.9)
    assert (got.lo, got.hi) == pytest.approx((want.low, want.high), rel=1e-10)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(4, 40), shift=st.floats(-1, 1))
def test_concordance_never_exceeds_correlation(seed, n, shift):
    x, y = sample(n, seed)
    found, r = lin_ccc(x, y + shift), pearson_correlation(x, y)
    assert abs(found.ccc.est) <= abs(r.est) + 1e-12
    assert found.c_b == pytest.approx(found.ccc.est / r.est)
    assert found.ccc.lo <= found.ccc.est <= found.ccc.hi
    swapped = lin_ccc(y + shift, x)
    assert swapped.ccc.est == pytest.approx(found.ccc.est)
    assert swapped.location_shift == pytest.approx(-found.location_shift)
    assert swapped.scale_shift == pytest.approx(1 / found.scale_shift)


def test_the_interval_of_concordance_covers():
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(1000):
        truth = rng.normal(size=60)
        x, y = truth + rng.normal(0, 0.4, 60), truth + 0.2 + rng.normal(0, 0.4, 60)
        found = lin_ccc(x, y).ccc
        held += found.lo <= 2 / (2 * 1.16 + 0.04) <= found.hi
    assert held / 1000 == pytest.approx(0.95, abs=0.02)


def test_concordance_without_correlation_or_spread_has_no_interval():
    found = lin_ccc([1.0, 2.0, 1.0, 2.0], [1.0, 1.0, 2.0, 2.0]).ccc
    assert (found.est, found.lo) == (0.0, None)
    assert "exactly 0" in found.reason
    constant = lin_ccc([1.0, 2.0, 3.0], [2.0, 2.0, 2.0])
    assert (constant.ccc.est, constant.c_b) == (0.0, None)
    assert lin_ccc([2.0] * 3, [2.0] * 3).ccc.est is None


# Shrout PE, Fleiss JL. Psychol Bull 1979;86:420-428, tables 2 and 4: six targets, four judges.
SHROUT = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9],
                   [6, 2, 4, 7]], dtype=float)  # fmt: skip
PRINTED = {"icc_11": 0.17, "icc_a1": 0.29, "icc_c1": 0.71, "icc_1k": 0.44, "icc_ak": 0.62,
           "icc_ck": 0.91}  # fmt: skip


def test_the_forms_are_those_printed_by_shrout_and_fleiss():
    found = icc_forms(SHROUT)
    assert {form: round(getattr(found, form).est, 2) for form in PRINTED} == PRINTED
    assert (found.n, found.n_methods) == (6, 4)
    for form in PRINTED:
        part = getattr(found, form)
        assert part.lo < part.est < part.hi


def test_agreement_falls_with_a_shift_and_consistency_does_not():
    x, y = sample()
    near, far = icc_forms(np.column_stack([x, y])), icc_forms(np.column_stack([x, y + 0.5]))
    assert far.icc_c1.est == pytest.approx(near.icc_c1.est)
    assert far.icc_a1.est < near.icc_a1.est - 0.3


def test_ratings_without_error_or_people_are_stated():
    same = np.column_stack([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    assert (icc_forms(same).icc_a1.est, icc_forms(same).icc_a1.lo) == (1.0, None)
    assert icc_forms(same + np.array([0, 1])).icc_c1.est == 1.0
    assert icc_forms(same + np.array([0, 1e-9])).icc_a1.lo is None
    assert icc_forms(np.ones((4, 2))).icc_a1.reason == "nothing varies"
    no_people = icc_forms(np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0], [2.0, 1.0]]))
    assert no_people.icc_11.reason == "people do not differ"
    with pytest.raises(ValueError, match=r"shape \(3, 1\), wanted people and 2 methods"):
        icc_forms(np.ones((3, 1)))


def test_partial_correlation_is_that_of_regressing_the_covariates_out():
    rng = np.random.default_rng(3)
    age, bmi = rng.uniform(40, 80, 80), rng.normal(25, 4, 80)
    truth = 1.4 - 0.008 * age + 0.01 * bmi
    x, y = truth + rng.normal(0, 0.1, 80), truth + rng.normal(0, 0.1, 80)
    covariates = np.column_stack([age, bmi])
    found = partial_correlation(x, y, covariates)
    # the same number from the t of x in the regression of y on all three
    fit = sm.OLS(y, sm.add_constant(np.column_stack([x, covariates]))).fit()
    t, df = fit.tvalues[1], fit.df_resid
    assert found.est == pytest.approx(t / math.sqrt(t * t + df), rel=1e-9)
    assert found.p == pytest.approx(fit.pvalues[1], rel=1e-8)
    arm = stats.norm.ppf(0.975) / math.sqrt(80 - 2 - 3)
    assert found.hi == pytest.approx(math.tanh(math.atanh(found.est) + arm), rel=1e-9)
    # nothing is left of what the covariates made alike
    assert pearson_correlation(x, y).est > 0.4
    assert found.lo < 0 < found.hi
    doubled = partial_correlation(x, y, np.column_stack([covariates, 2 * age]))
    assert doubled.est == pytest.approx(found.est, rel=1e-8)
    assert doubled.lo == pytest.approx(found.lo, rel=1e-7)


def test_covariates_that_explain_all_or_too_much_leave_no_correlation():
    x, y = sample(6)
    assert "leave nothing" in partial_correlation(x, y, x).reason
    assert "beyond the covariates" in partial_correlation(x, y, np.eye(6)[:, :4]).reason
    assert partial_correlation([1.0], [1.0], [1.0]).reason == "fewer than 3 pairs"
    with pytest.raises(ValueError, match=r"shape \(5, 1\), wanted 6 rows"):
        partial_correlation(x, y, np.ones(5))
    with pytest.raises(ValueError, match=r"gap \(NaN\) in the covariates"):
        partial_correlation(x, y, [math.nan] * 6)


def test_multiple_correlation_is_that_of_statsmodels():
    rng = np.random.default_rng(4)
    covariates = rng.normal(size=(60, 2))
    y = covariates @ [0.5, -0.3] + rng.normal(size=60)
    fit = sm.OLS(y, sm.add_constant(covariates)).fit()
    found = multiple_correlation(y, covariates)
    assert found.est == pytest.approx(math.sqrt(fit.rsquared), rel=1e-10)
    assert found.p == pytest.approx(fit.f_pvalue, rel=1e-8)
    assert found.lo < found.est < found.hi
    # each end is the noncentrality that puts the observed F at a tail
    for end, share in ((found.lo, 0.975), (found.hi, 0.025)):
        lam = 60 * end**2 / (1 - end**2)
        assert stats.ncf.cdf(fit.fvalue, 2, 57, lam) == pytest.approx(share, abs=1e-6)
    nothing = multiple_correlation(rng.normal(size=60), covariates)
    assert nothing.lo == 0.0
    assert multiple_correlation(covariates[:, 0], covariates).est == 1.0
    assert multiple_correlation([1.0] * 9, np.arange(9.0)).est is None
    assert multiple_correlation([1.0, 2.0], [1.0, 2.0]).est is None
    assert "as many covariates" in multiple_correlation(y[:3], covariates[:3]).reason


def test_nobody_helps_to_predict_themself():
    rng = np.random.default_rng(5)
    n = 200
    age = rng.uniform(40, 80, n)
    bmd = 1.4 - 0.008 * age + rng.normal(0, 0.1, n)
    people = [str(i // 2) for i in range(n)]
    predicted = covariate_prediction(bmd, age, people, np.random.default_rng(1))
    again = covariate_prediction(bmd, age, people, np.random.default_rng(1))
    np.testing.assert_array_equal(predicted, again)
    r_age = np.corrcoef(age, bmd)[0, 1]
    assert np.corrcoef(predicted, bmd)[0, 1] == pytest.approx(-r_age, abs=0.03)
    # a reading far off does not move its own prediction, nor its twin's
    spoilt = bmd.copy()
    spoilt[0] += 100
    moved = covariate_prediction(spoilt, age, people, np.random.default_rng(1))
    np.testing.assert_allclose(moved[:2], predicted[:2])
    assert np.abs(moved - predicted).max() > 0.1
    # without any relation the prediction correlates with nothing
    noise = covariate_prediction(rng.normal(size=n), age, people, np.random.default_rng(2))
    assert noise.std() < 0.2


def test_too_few_people_have_no_prediction():
    rng = np.random.default_rng(6)
    assert covariate_prediction(np.arange(9.0), np.arange(9.0), list("abcdefghi"), rng) is None
    many = covariate_prediction(np.arange(10.0), rng.normal(size=(10, 9)), list("abcdefghij"), rng)
    assert many is None
    with pytest.raises(ValueError, match="found 2 people for 3 rows"):
        covariate_prediction([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], ["a", "b"], rng)
