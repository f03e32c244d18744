"""Precision studies against R, the ISCD designs on both sides, and repeats that say nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bonescan.stats.precision import general_lsc, precision_study

DESIGNS = ["LS30x2", "FN15x3"]


def of_design(table: Callable[[str], Any], design: str) -> tuple[list[str], list[float]]:
    columns = table("precision")
    rows = [i for i, d in enumerate(columns["design"]) if d == design]
    return (
        [columns["subject_id"][i] for i in rows],
        [float(columns["bmd_g_cm2"][i]) for i in rows],
    )


@pytest.mark.parametrize("design", DESIGNS)
def test_every_figure_is_that_of_r(
    design: str, table: Callable[[str], Any], expected: Callable[[str], Any]
) -> None:
    found, want = precision_study(*of_design(table, design)), expected("precision")[design]
    assert (found.n_subjects, found.n_scans, found.df) == (
        want["n_subjects"], want["scans"], want["df"],
    )  # fmt: skip
    pairs = {
        found.rms_sd.est: want["rms_sd"],
        found.rms_sd.lo: want["rms_sd_ci95_chi2_glueer"][0],
        found.rms_sd.hi: want["rms_sd_ci95_chi2_glueer"][1],
        found.rms_sd_upper_95: want["rms_sd_upper_one_sided95"],
        found.pooled_sd: want["pooled_sd_df_weighted"],
        found.rms_cv_percent.est: want["rms_cv_pct"],
        found.rms_cv_percent.lo: want["rms_cv_ci95_chi2"][0],
        found.rms_cv_percent.hi: want["rms_cv_ci95_chi2"][1],
        found.lsc.est: want["lsc95_2.77"],
        found.lsc.lo: want["lsc95_ci"][0],
        found.lsc.hi: want["lsc95_ci"][1],
        found.lsc_exact_factor: want["lsc95_exact_factor"],
        found.lsc_80: want["lsc80_1.81"],
        found.lsc_percent.est: want["lsc_pct_2.77"],
        found.grand_mean: want["grand_mean"],
        found.sd_against_mean_spearman: want["sd_vs_mean_spearman"],
        found.icc_oneway.est: want["icc_oneway_single"]["est"],
        found.icc_oneway.lo: want["icc_oneway_single"]["lo"],
        found.icc_oneway.hi: want["icc_oneway_single"]["hi"],
    }
    for ours, theirs in pairs.items():
        assert ours == pytest.approx(theirs, rel=1e-8)
    assert found.pooled_sd == pytest.approx(want["lme_residual_sd"], rel=1e-6)  # of REML
    if want["bias_first_second"] is None:
        assert found.second_minus_first.est is None
    else:
        assert found.second_minus_first.est == pytest.approx(
            want["bias_first_second"]["mean"], rel=1e-8
        )
        assert found.second_minus_first.p == pytest.approx(want["bias_first_second"]["p"], rel=1e-8)
    assert found.iscd_minimum_met


def study(n_people: int, n_scans: int, seed: int = 1) -> Any:
    rng = np.random.default_rng(seed)
    people = np.repeat(np.arange(n_people), n_scans)
    return precision_study(people, 0.9 + rng.normal(0, 0.01, people.size))


@pytest.mark.parametrize(
    ("people", "scans", "design"),
    [
        (30, 2, "30x2"),
        (29, 2, None),
        (15, 3, "15x3"),
        (14, 3, None),
        (30, 4, "15x3"),
        (14, 9, None),
    ],
)
def test_the_iscd_minimum_is_15_people_three_times_or_30_twice(
    people: int, scans: int, design: str | None
) -> None:
    found = study(people, scans)
    assert found.iscd_design == design
    assert found.iscd_minimum_met is (design is not None)
    assert any("ISCD minimum" in note for note in found.notes) is (design is None)
    assert found.to_dict()["iscd_minimum_met"] is found.iscd_minimum_met


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), factor=st.floats(0.01, 1000))
def test_errors_scale_with_the_unit_and_percentages_do_not(seed: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    people, values = np.repeat(np.arange(6), 3), 0.9 + rng.normal(0, 0.01, 18)
    one, other = precision_study(people, values), precision_study(people, factor * values)
    assert other.lsc.est == pytest.approx(factor * one.lsc.est, rel=1e-9)
    assert other.lsc_percent.est == pytest.approx(one.lsc_percent.est, rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_people_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    people, values = np.repeat(np.arange(6), 2), 0.9 + rng.normal(0, 0.01, 12)
    shuffled = np.repeat(rng.permutation(6), 2)
    order = np.concatenate([np.flatnonzero(people == p) for p in shuffled[::2]])
    one, other = precision_study(people, values), precision_study(people[order], values[order])
    assert other.rms_sd.est == pytest.approx(one.rms_sd.est, rel=1e-12)
    assert other.icc_oneway.lo == pytest.approx(one.icc_oneway.lo, rel=1e-9)
    assert other.second_minus_first.p == pytest.approx(one.second_minus_first.p, rel=1e-9)


def test_the_interval_covers_the_error_in_19_of_20_studies() -> None:
    held = []
    for seed in range(400):
        error = study(15, 3, seed).rms_sd
        held.append(error.lo <= 0.01 <= error.hi)
    # 400 studies: 95 % ± 3 standard errors of 1.1 %
    assert np.mean(held) == pytest.approx(0.95, abs=0.033)


def test_second_minus_first_is_the_paired_t_of_scipy() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.normal(0.9, 0.1, 12), rng.normal(0.91, 0.1, 12)
    people = np.repeat(np.arange(12), 2)
    found = precision_study(people, np.column_stack([first, second]).ravel()).second_minus_first
    want = stats.ttest_rel(second, first)
    interval = want.confidence_interval()
    assert found.p == pytest.approx(want.pvalue, rel=1e-9)
    assert (found.lo, found.hi) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_a_constant_difference_has_no_t() -> None:
    found = precision_study(["a", "a", "b", "b"], [0.5, 0.75, 1.0, 1.25]).second_minus_first
    assert (found.est, found.p, found.reason) == (0.25, None, "the differences do not vary")


def test_repeats_that_never_differ_have_no_precision_error() -> None:
    found = precision_study(["a", "a", "b", "b", "c", "c"], [0.9, 0.9, 0.8, 0.8, 1.0, 1.0])
    for error in (found.rms_sd, found.rms_cv_percent, found.lsc, found.lsc_percent):
        assert (error.est, error.lo, error.hi) == (0.0, None, None)
        assert "rounded or copied" in error.reason
    assert (found.icc_oneway.est, found.icc_oneway.lo) == (1.0, None)
    assert found.rms_sd_upper_95 is None
    assert found.odd_subjects == ()
    assert "no interval" in str(found)


def test_all_values_equal_define_no_icc() -> None:
    found = precision_study(["a", "a", "b", "b"], [0.9] * 4)
    assert found.icc_oneway.est is None
    assert found.icc_oneway.reason == "all values are equal"


def test_nobody_measured_twice_defines_nothing() -> None:
    found = precision_study(["a", "b", "c"], [0.9, 0.8, math.nan])
    assert (found.n_subjects, found.n_single, found.n_missing, found.df) == (0, 2, 1, 0)
    for e in (found.rms_sd, found.rms_cv_percent, found.lsc, found.lsc_percent):
        assert (e.est, e.reason) == (None, "nobody was measured twice")
    assert (found.grand_mean, found.pooled_sd, found.lsc_80, found.lsc_exact_factor) == (None,) * 4
    assert found.second_minus_first.est is None
    assert "not defined" in str(found)


def test_one_person_has_an_error_and_no_more() -> None:
    found = precision_study(["a", "a"], [0.99, 1.01])
    assert found.rms_sd.est == pytest.approx(math.sqrt(0.0002))
    # chi-squared with one degree of freedom: the squares of normal quantiles
    z = stats.norm.ppf([0.9875, 0.5125])
    assert (found.rms_sd.lo, found.rms_sd.hi) == pytest.approx(tuple(found.rms_sd.est / z))
    assert (found.icc_oneway.est, found.second_minus_first.est) == (None, None)
    assert found.sd_against_mean_spearman is None


def test_values_that_are_not_positive_have_no_cv() -> None:
    found = precision_study(["a", "a", "b", "b"], [-2.4, -2.6, -1.0, -1.1])  # T-scores
    assert found.rms_sd.est is not None
    assert found.rms_cv_percent.est is None
    assert "means above 0" in found.lsc_percent.reason


def test_people_with_one_value_and_missing_values_are_left_out_and_counted() -> None:
    found = precision_study(["a", "a", "b", "b", "c", "a"], [0.99, 1.01, 0.8, math.nan, 0.7, 1.0])
    assert (found.n_subjects, found.n_single, found.n_missing) == (1, 2, 1)
    assert found.scans_per_subject == ((3, 1),)
    assert any("2 with a single value left out" in n for n in found.notes)


def test_unequal_numbers_of_repeats_weigh_people_alike_and_say_so() -> None:
    found = precision_study(["a", "a", "b", "b", "b"], [0.98, 1.02, 0.79, 0.80, 0.81])
    # SDs: 0.04/sqrt 2 and 0.01, by hand
    assert found.rms_sd.est == pytest.approx(math.sqrt((0.0008 + 0.0001) / 2))
    assert found.pooled_sd == pytest.approx(math.sqrt((0.0008 + 2 * 0.0001) / 3))
    assert any("differ" in note for note in found.notes)


def test_somebody_far_apart_is_named_and_kept() -> None:
    rng = np.random.default_rng(2)
    values = 0.9 + rng.normal(0, 0.005, (20, 2))
    values[7] = [0.90, 1.00]
    found = precision_study(np.repeat(np.arange(20), 2), values.ravel())
    (odd,) = found.odd_subjects
    assert (odd.subject, odd.beyond_lsc) == ("7", True)
    assert odd.range == pytest.approx(0.1)
    assert odd.modified_z > 3.5
    without = np.delete(values, 7, axis=0)
    assert odd.rms_sd_without == pytest.approx(np.sqrt((without.std(axis=1, ddof=1) ** 2).mean()))
    assert found.n_subjects == 20
    assert any("nothing left out: 7" in note for note in found.notes)


@pytest.mark.parametrize(
    ("apart", "beyond"), [(1.0, True), (1.0 - 1e-12, True), (1.0 - 1e-6, False)]
)
def test_a_difference_of_exactly_the_lsc_counts(apart: float, beyond: bool) -> None:
    # of n people one differs by d, the others by e: d = 2.77 sqrt((d² + (n - 1) e²) / 2n)
    n, d = 20, 0.1 * apart
    e = 0.1 * math.sqrt((2 * n / 2.77**2 - 1) / (n - 1))
    values = np.array([[0.9, 0.9 + e]] * n)
    values[0] = [0.9, 0.9 + d]
    found = precision_study(np.repeat(np.arange(n), 2), values.ravel())
    assert bool(found.odd_subjects) is beyond


def test_lsc_between_two_occasions_and_two_devices() -> None:
    z = stats.norm.ppf(0.975)
    assert general_lsc(0.01, 2, 0.02, 1) == pytest.approx(z * math.sqrt(0.00005 + 0.0004))
    assert general_lsc(0.01, 1, 0.01, 1, see=0.02) == pytest.approx(z * math.sqrt(0.0006))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: precision_study(["a"], [1.0, 2.0]), "found 1 subjects and 2 values"),
        (lambda: precision_study(["a", "a"], [1.0, math.inf]), "found an infinite value"),
        (lambda: general_lsc(0.01, 0, 0.01, 1), "count below 1"),
        (lambda: general_lsc(-0.01, 1, 0.01, 1), "an error below 0"),
    ],
)
def test_what_is_no_study_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
