"""Sample sizes against R (SimplyAgree, power.t.test), SciPy, and the number below each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scipy import stats

from bonescan.stats.sample_size import (
    expected_half_width,
    limits_of_agreement_power,
    paired_t_power,
    precision_power,
    size_for_expected_half_width,
    size_for_limit_precision,
    size_for_limits_of_agreement,
    size_for_paired_t,
    size_for_precision_study,
)


@pytest.mark.parametrize("which", range(3))
def test_power_and_size_of_lu_are_those_of_r(which: int, expected: Callable[[str], Any]) -> None:
    want = expected("power")["lu2016"][which]
    study = want["mu"], want["sd"], want["delta"]
    for point in want["power_at"]:
        found = limits_of_agreement_power(point["n"], *study)
        # noncentral t: the two programs agree to 1e-6 above n = 100
        assert found == pytest.approx(point["power"], rel=1e-6, abs=1e-9)
    for power, key in ((0.80, "n_power_ge_0.80"), (0.90, "n_power_ge_0.90")):
        size = size_for_limits_of_agreement(*study, power)
        assert size.n == want[key]
        assert size.reached >= power > limits_of_agreement_power(size.n - 1, *study)


def test_limits_wider_than_what_is_acceptable_need_no_number() -> None:
    found = size_for_limits_of_agreement(0.0, 1.0, 1.9599)
    assert (found.n, found.reached) == (None, None)
    assert "no number of pairs helps" in found.reason
    assert limits_of_agreement_power(50, 0.0, 1.0, 1.9599) == 0.0
    assert size_for_limits_of_agreement(0.0, 1.0, 2.1).n is not None
    assert "1,000,000" in size_for_limits_of_agreement(0.0, 1.0, 1.96).reason


def test_half_widths_of_a_limit_are_those_of_r(expected: Callable[[str], Any]) -> None:
    want = expected("power")["ba_n_for_loa_half_ci"]
    assert size_for_limit_precision(0.45, 0.1).n == want["half_0.1_sd_0.45"]
    found = size_for_limit_precision(1.0, 0.34)
    assert found.n == want["half_0.34_sd"]
    assert found.reached <= 0.34


def test_the_exact_range_of_jan_and_shieh_needs_as_many_as_in_r(
    expected: Callable[[str], Any],
) -> None:
    found = size_for_expected_half_width(19.61, 2.25 * 19.61)
    assert found.n == expected("power")["expected_half_jan_shieh"]["n"]
    assert found.reached <= 2.25 * 19.61 < expected_half_width(found.n - 1, 19.61)
    assert size_for_expected_half_width(1.0, 1.9).n is None


def test_a_paired_t_needs_as_many_as_in_r(expected: Callable[[str], Any]) -> None:
    n = expected("power")["paired_t_n80"]  # a difference of 0.019 · 0.72, SD 0.025
    assert paired_t_power(n, 0.019 * 0.72, 0.025) == pytest.approx(0.80, abs=1e-7)
    assert size_for_paired_t(-0.0137, 0.025).n == 29
    found = size_for_paired_t(0.5, 1.0, 0.90)
    assert found.reached >= 0.90 > paired_t_power(found.n - 1, 0.5, 1.0)
    assert "shown by no number" in size_for_paired_t(0.0, 1.0).reason


@pytest.mark.parametrize(("scans", "df_per_person"), [(2, 1), (3, 2), (4, 3)])
def test_a_precision_study_is_large_enough_and_no_larger(scans: int, df_per_person: int) -> None:
    found = size_for_precision_study(0.010, 0.015, scans)

    def power(n: int) -> float:  # by SciPy: the upper limit stays below 0.015
        df = n * df_per_person
        return float(stats.chi2.cdf(stats.chi2.ppf(0.05, df) * 1.5**2, df))

    assert found.reached == pytest.approx(power(found.n), rel=1e-9)
    assert power(found.n) >= 0.80 > power(found.n - 1)
    assert precision_power(30, 0.010, 0.015) == pytest.approx(
        stats.chi2.cdf(stats.chi2.ppf(0.05, 30) * 2.25, 30), rel=1e-9
    )


def test_an_error_that_is_expected_cannot_be_excluded() -> None:
    assert size_for_precision_study(0.010, 0.010).n is None
    assert size_for_precision_study(0.010, 0.011).n is not None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: size_for_paired_t(0.1, 0.0), "found an SD of 0.0"),
        (lambda: size_for_paired_t(0.1, 1.0, 1.0), "found a power of 1.0"),
        (lambda: size_for_limit_precision(1.0, 0.0), "found a half width of 0.0"),
        (lambda: size_for_precision_study(0.01, 0.02, 1), "found 1 scans"),
    ],
)
def test_what_cannot_be_planned_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
