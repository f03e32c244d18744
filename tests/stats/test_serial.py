"""Serial change: closed forms, printed cases, and R's values for every woman of a cohort."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bonescan.stats import serial


def test_the_base_of_the_percentage_is_the_baseline() -> None:
    """0.723 to 0.709 is −1.94 % (Ramirez Zegarra 2024); 0.769 against 0.831 is −7.46 %.

    The second pair was printed as 8.1 %, which is 0.062 of the smaller number
    (Degennaro 2021).
    """
    assert serial.difference(0.723, 0.709, error=None).percent == pytest.approx(-1.936, abs=5e-4)
    assert serial.difference(0.831, 0.769, error=None).percent == pytest.approx(-7.461, abs=5e-4)
    assert serial.difference(0.769, 0.831, error=None).percent == pytest.approx(8.062, abs=5e-4)


def test_every_woman_has_the_change_z_and_p_of_r(
    table: Callable[[str], Any], expected: Callable[[str], Any]
) -> None:
    columns, want = table("pop_cohort"), expected("pop_cohort")["t3_change_individual"]
    cells: dict[tuple[str, str], list[float]] = defaultdict(list)
    for woman, visit, value in zip(
        columns["woman_id"], columns["visit"], columns["fn_bmd"], strict=True
    ):
        cells[woman, visit].append(float(value))
    for number, woman in enumerate(want["woman"]):
        t1, t3 = (sum(cells[woman, v]) / len(cells[woman, v]) for v in ("T1", "T3"))
        found = serial.difference(t1, t3, error=0.0045)  # R took one scan on each occasion
        assert found.difference == pytest.approx(want["change"][number], abs=1e-12)
        assert found.z == pytest.approx(want["z_precision_0.0045"][number], rel=1e-9)
        assert found.p == pytest.approx(want["p_two_sided"][number], rel=1e-9)


def test_every_slope_is_that_of_r(
    table: Callable[[str], Any], expected: Callable[[str], Any]
) -> None:
    columns = table("pop_cohort")
    cells: dict[tuple[str, float], list[float]] = defaultdict(list)
    for woman, days, value in zip(
        columns["woman_id"], columns["days_since_t1"], columns["fn_bmd"], strict=True
    ):
        cells[woman, float(days)].append(float(value))
    by_woman: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for (woman, days), values in cells.items():
        by_woman[woman].append((days, sum(values) / len(values)))
    wanted = expected("pop_cohort")["individual_slopes"]
    assert len(wanted) == sum(len(v) >= 3 for v in by_woman.values())
    for want in wanted:
        days, values = zip(*by_woman[want["woman"]], strict=True)
        found = serial.slope(days, values)
        assert found.n == want["n"]
        assert found.per_year.est == pytest.approx(want["slope_per_year"], rel=1e-9)
        assert [found.per_year.lo, found.per_year.hi] == pytest.approx(want["ci"], rel=1e-8)
        assert found.percent_per_year == pytest.approx(want["pct_per_year_of_baseline"], rel=1e-9)
        assert found.theil_sen_per_year == pytest.approx(want["theil_sen"], rel=1e-9)
        assert found.may_conclude is (want["n"] >= 4)


def test_precision_decides_what_shows() -> None:
    """−1.9 % of 0.723 shows with 0.33 % precision (LSC 0.9 %), not with 1.93 % (LSC 5.3 %)."""
    loss = -0.019 * 0.723
    for percent, shows in ((0.33, True), (1.93, False)):
        lsc = float(math.sqrt(2.0) * stats.norm.ppf(0.975)) * percent / 100.0 * 0.723
        assert serial.reaches(loss, lsc) is shows


def test_scans_averaged_narrow_the_interval_by_the_root_of_their_number() -> None:
    one = serial.difference(0.7, 0.69, error=0.01)
    two = serial.difference(0.7, 0.69, error=0.01, n_baseline=2, n_follow_up=2)
    assert one.standard_error == pytest.approx(0.01 * math.sqrt(2.0))
    assert two.standard_error == pytest.approx(0.01)
    assert two.interval.lo == pytest.approx(-0.01 - 1.959963984540054 * 0.01)
    across = serial.difference(0.7, 0.69, error=0.01, see=0.02)
    assert across.standard_error == pytest.approx(math.sqrt(2e-4 + 4e-4))


def test_a_prior_and_a_measurement_are_joined_by_their_precision() -> None:
    """Equal precision: the middle of the two, and the spread over √2."""
    found = serial.true_change(-4.0, 1.0, chosen=3.0, expected=-2.0, expected_sd=1.0, source="x")
    assert (found.mean, found.sd, found.prior) == (-3.0, pytest.approx(math.sqrt(0.5)), "x")
    assert found.p_loss_beyond == pytest.approx(0.5)
    assert found.p_loss == pytest.approx(stats.norm.cdf(3.0 / math.sqrt(0.5)))
    flat = serial.true_change(-4.0, 1.0, chosen=3.0)
    assert (flat.mean, flat.prior) == (-4.0, "flat")
    assert flat.p_loss_beyond == pytest.approx(stats.norm.cdf(1.0))


def test_the_least_slope_is_that_of_a_line_through_noise() -> None:
    """Three visits a year apart: √Sxx = √2, so z·PE/√2 a year."""
    found = serial.slope([0.0, 365.25, 730.5], [1.0, 1.0, 1.0], error=0.01)
    assert found.lsc_per_year == pytest.approx(1.959963984540054 * 0.01 / math.sqrt(2.0))


@pytest.mark.parametrize("days", [[], [3.0], [3.0, 3.0]])
def test_no_slope_without_two_days(days: list[float]) -> None:
    found = serial.slope(days, [0.7] * len(days))
    assert found.per_year.est is None
    assert found.theil_sen_per_year is None


@given(st.permutations(list(range(5))))
def test_the_order_of_visits_does_not_matter(order: list[int]) -> None:
    days, values = [0.0, 100.0, 180.0, 400.0, 900.0], [0.71, 0.70, 0.72, 0.69, 0.66]
    one = serial.slope(days, values, error=0.01)
    two = serial.slope([days[i] for i in order], [values[i] for i in order], error=0.01)
    assert two.per_year.est == pytest.approx(one.per_year.est, rel=1e-12)
    assert two.percent_per_year == pytest.approx(one.percent_per_year, rel=1e-12)
    assert two.theil_sen_per_year == pytest.approx(one.theil_sen_per_year, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: serial.difference(0.0, 0.7, error=0.01), "baseline above 0"),
        (lambda: serial.difference(math.nan, 0.7, error=0.01), "wanted numbers"),
        (lambda: serial.difference(0.7, 0.7, error=0.0), "precision error of 0"),
        (lambda: serial.difference(0.7, 0.7, error=0.01, n_baseline=0), "count of scans"),
        (lambda: serial.true_change(-1.0, 0.0, chosen=1.0), "standard error of 0"),
        (lambda: serial.true_change(-1.0, 1.0, chosen=-1.0), "chosen size below 0"),
        (
            lambda: serial.true_change(-1.0, 1.0, chosen=1.0, expected=0.0, expected_sd=0.0),
            "spread of 0",
        ),
        (lambda: serial.percent_per_year(0.7, 0.7, 0.0), "0.0 days"),
        (lambda: serial.percent_per_week(0.7, 0.7, -1.0), "-1.0 days"),
        (lambda: serial.slope([1.0], [0.7, 0.7]), "do not match"),
    ],
)
def test_what_can_not_be_answered_is_refused(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
