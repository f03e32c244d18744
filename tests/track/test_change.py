"""Verdicts on change: borders on both sides, devices, denominators, and the order of visits."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bonescan.model.change import (
    ChangeVerdict,
    ExpectedCourse,
    OwnPrecision,
    PrecisionBasis,
    SeriesPoint,
)
from bonescan.model.exam import Device
from bonescan.model.vocabulary import Origin, Technique
from bonescan.track.change import assess, average_visits
from bonescan.track.cross_calibration import by_phantom, in_vivo
from bonescan.track.precision_basis import precision_basis

A = Device(manufacturer="HOLOGIC", maker="hologic", model="Horizon A", serial="300123")
B = dataclasses.replace(A, serial="300999")


def point(bmd: float, day: str = "2026-01-10", **more: Any) -> SeriesPoint:
    given_: dict[str, Any] = {
        "technique": Technique.DXA,
        "origin": Origin.REPORTED,
        "site": "femoral-neck-left",
        "device": A,
    }
    return SeriesPoint(day=date.fromisoformat(day), bmd_g_cm2=bmd, **(given_ | more))


OWN = OwnPrecision(
    technique=Technique.DXA, site="femoral-neck-left", error_g_cm2=0.010, df=30
)  # LSC 0.0277
LATER = "2027-01-10"


@pytest.mark.parametrize(
    ("follow_up", "verdict"),
    [
        (0.7223, ChangeVerdict.DECREASE),  # exactly the LSC: equality counts
        (0.7224, ChangeVerdict.NOT_SHOWN),
        (0.7776, ChangeVerdict.NOT_SHOWN),
        (0.7777, ChangeVerdict.INCREASE),
        (0.7500, ChangeVerdict.NOT_SHOWN),
    ],
)
def test_a_change_counts_from_the_least_significant_change_on(
    follow_up: float, verdict: ChangeVerdict
) -> None:
    """LSC = 2.77·0.010 = 0.0277 g/cm² (ISCD), on a baseline of 0.750."""
    first = point(0.750)
    found = assess(first, point(follow_up, LATER), precision_basis(first, [OWN]))
    assert found.lsc_g_cm2 == pytest.approx(0.0277, abs=1e-12)
    assert found.verdict is verdict
    assert found.percent == pytest.approx(100.0 * (follow_up - 0.750) / 0.750)


def test_two_scans_on_both_days_divide_the_least_significant_change_by_root_two() -> None:
    first = point(0.750, n_scans=2)
    found = assess(first, point(0.730, LATER, n_scans=2), precision_basis(first, [OWN]))
    assert found.lsc_g_cm2 == pytest.approx(0.0277 / np.sqrt(2.0), rel=1e-9)
    assert found.verdict is ChangeVerdict.DECREASE


@pytest.mark.parametrize(
    ("technique", "site", "percent"),
    [
        (Technique.DXA, "L1-L4", 5.3),
        (Technique.DXA, "L1+L3", 5.3),
        (Technique.DXA, "total-hip-right", 5.0),
        (Technique.DXA, "femoral-neck-left", 6.9),
        (Technique.REMS, "femoral-neck-left", 1.93 * 2.77),
        (Technique.REMS, "L1-L4", 1.93 * 2.77),
        (Technique.REMS_STYLE, "femoral-neck-left", None),
        (Technique.DXA, "L3", None),  # no verdict on one vertebra
        (Technique.DXA, "radius-33-left", None),
    ],
)
def test_without_a_study_of_its_own_a_site_gets_the_published_figure_or_none(
    technique: Technique, site: str, percent: float | None
) -> None:
    """ISCD's largest acceptable for DXA, 1.93 % (Amorim 2021) for REMS, nothing for REMS-style."""
    basis = precision_basis(point(0.8, technique=technique, site=site))
    assert not basis.is_own
    if percent is None:
        assert (basis.lsc_g_cm2, basis.flag) == (None, "no_precision_study")
    else:
        assert basis.lsc_g_cm2 == pytest.approx(0.8 * percent / 100.0)
        assert basis.flag == "precision_not_own"
        assert "not measured at this site" in basis.source


def test_a_mean_pregnancy_loss_is_not_called_by_the_fallback_and_is_by_a_good_study() -> None:
    first = point(0.723, technique=Technique.REMS)
    second = point(0.709, "2026-07-04", technique=Technique.REMS)
    by_fallback = assess(first, second, precision_basis(first), across_pregnancy=True)
    assert by_fallback.verdict is ChangeVerdict.NOT_SHOWN
    assert by_fallback.percent_per_year is None
    assert by_fallback.percent_per_week == pytest.approx(-1.936 / 25.0, abs=1e-4)
    own = OwnPrecision(
        technique=Technique.REMS, site="femoral-neck-left", error_g_cm2=0.0033 * 0.723, df=30
    )
    found = assess(first, second, precision_basis(first, [own]))
    assert found.verdict is ChangeVerdict.DECREASE
    assert found.percent_per_year == pytest.approx(100.0 * (0.709 / 0.723 - 1.0) / (175 / 365.25))


def test_rems_style_without_a_study_shows_the_change_and_says_nothing_of_it() -> None:
    style: dict[str, Any] = {"technique": Technique.REMS_STYLE, "model_id": "m"}
    found = assess(
        point(0.75, **style), point(0.60, LATER, **style), precision_basis(point(0.75, **style))
    )
    assert found.verdict is ChangeVerdict.NO_PRECISION_STUDY
    assert found.percent == pytest.approx(-20.0)
    assert (found.p, found.p_loss, found.lsc_g_cm2) == (None, None, None)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"technique": Technique.REMS}, "other technique"),
        ({"origin": Origin.MEASURED}, "other origin"),
        ({"site": "femoral-neck-right"}, "other site"),
        ({"vertebrae_used": ("L1", "L2")}, "other vertebrae"),
        ({"device": B}, "serial number 300999"),
        ({"device": dataclasses.replace(A, serial=None)}, "a serial number is missing"),
        (
            {"device": Device(manufacturer="GE", maker="ge", model="iDXA", serial="1")},
            "other device",
        ),
        ({"day": date(2026, 1, 10)}, "the same day"),
    ],
)
def test_values_of_two_series_are_not_compared(change: dict[str, Any], word: str) -> None:
    first = point(0.75)
    second = dataclasses.replace(point(0.60, LATER), **change)
    found = assess(first, second, precision_basis(first, [OWN]))
    assert found.verdict is ChangeVerdict.NOT_COMPARABLE
    assert any(word in r for r in found.reasons)
    assert (found.percent, found.difference_g_cm2, found.p_loss) == (None, None, None)


@pytest.mark.parametrize("change", [{"model_id": "other"}, {"covariate_class": "BMI 25-30"}])
def test_a_rems_style_series_keeps_model_and_covariate_class(change: dict[str, Any]) -> None:
    style: dict[str, Any] = {
        "technique": Technique.REMS_STYLE,
        "model_id": "m",
        "covariate_class": "BMI 18.5-25",
    }
    first = point(0.75, **style)
    found = assess(first, point(0.75, LATER, **(style | change)), precision_basis(first))
    assert found.verdict is ChangeVerdict.NOT_COMPARABLE


def test_the_published_case_of_two_makers_is_not_compared() -> None:
    """Spine 0.829 (GE, T −2.9), later 0.757 (Hologic, T −2.6): −8.7 % while T improves."""
    ge = Device(manufacturer="GE", maker="ge", model="Prodigy", serial="1")
    first = point(0.829, device=ge, site="L1-L4")
    found = assess(first, point(0.757, LATER, site="L1-L4"), precision_basis(first))
    assert found.verdict is ChangeVerdict.NOT_COMPARABLE


def test_without_a_baseline_there_is_no_verdict() -> None:
    found = assess(None, point(0.7), precision_basis(point(0.7)))
    assert found.verdict is ChangeVerdict.NO_BASELINE


def test_a_change_that_only_the_path_correction_makes_is_taken_back() -> None:
    style: dict[str, Any] = {"technique": Technique.REMS_STYLE, "model_id": "m"}
    basis = PrecisionBasis(error_g_cm2=0.01, lsc_g_cm2=0.0277, source="own", is_own=True)
    first = point(0.75, bmd_uncorrected_g_cm2=0.75, **style)
    for without, verdict, flag in (
        (0.71, ChangeVerdict.DECREASE, False),
        (0.75, ChangeVerdict.NOT_SHOWN, True),
        (0.79, ChangeVerdict.NOT_SHOWN, True),  # the other way
    ):
        later = point(0.71, LATER, bmd_uncorrected_g_cm2=without, **style)
        found = assess(first, later, basis)
        assert found.verdict is verdict
        assert ("change_by_correction_only" in found.flags) is flag
    unknown = assess(first, point(0.71, LATER, **style), basis)
    assert "correction_not_checked" in unknown.flags


def test_probabilities_are_those_of_the_normal_law_and_of_the_course() -> None:
    first = point(0.75)
    course = ExpectedCourse(mean_percent=-1.9, sd_percent=0.6, source="Ramirez Zegarra 2024")
    found = assess(
        first,
        point(0.735, LATER),
        precision_basis(first, [OWN]),
        course=course,
        chosen_percent=1.0,
    )
    se = 0.01 * np.sqrt(2.0)
    assert found.p_loss == pytest.approx(stats.norm.cdf(0.015 / se))
    assert found.p_loss_beyond == pytest.approx(stats.norm.cdf((0.015 - 0.0075) / se))
    mean, sd = -0.019 * 0.75, 0.006 * 0.75
    weight = 1 / se**2 + 1 / sd**2
    centre = (-0.015 / se**2 + mean / sd**2) / weight
    assert found.p_loss_with_course == pytest.approx(stats.norm.cdf(-centre * np.sqrt(weight)))
    assert found.z_against_course == pytest.approx((-0.015 - mean) / np.hypot(se, sd))


@given(st.permutations([0, 1, 2]), st.floats(0.6, 0.9), st.floats(0.6, 0.9))
def test_the_verdict_never_hangs_on_the_order_of_visits(
    order: list[int], one: float, two: float
) -> None:
    points = [point(one), point(two, LATER), point(two, LATER)]
    basis = precision_basis(points[0], [OWN])
    visits = average_visits([points[i] for i in order], basis)
    assert [v.n_scans for v in visits] == [1, 2]
    found = [assess(a, b, basis) for a, b in itertools.permutations(visits, 2)]
    assert found[0] == found[1]


def test_a_pair_of_one_day_that_lies_apart_is_kept_and_flagged() -> None:
    basis = precision_basis(point(0.75), [OWN])
    (near,) = average_visits([point(0.750), point(0.7773)], basis)
    (far,) = average_visits([point(0.750), point(0.7777)], basis)
    assert "repeat_scan" not in near.flags
    assert "repeat_scan" in far.flags
    assert far.bmd_g_cm2 == pytest.approx((0.750 + 0.7777) / 2.0)
    apart = average_visits([point(0.75), point(0.75, device=B), point(0.75, LATER)], basis)
    assert [p.n_scans for p in apart] == [1, 1, 1]


def _pairs(n: int, shift: float) -> tuple[list[float], list[float]]:
    rng = np.random.default_rng(8)
    truth = rng.normal(0.75, 0.08, n)
    return (
        (truth + rng.normal(0, 0.006, n)).tolist(),
        (truth + shift + rng.normal(0, 0.006, n)).tolist(),
    )


def test_thirty_people_join_two_devices_and_twenty_nine_do_not() -> None:
    site = "femoral-neck-left"
    first = point(0.75)
    later = point(0.80, (date(2026, 1, 10) + timedelta(days=400)).isoformat(), device=B)
    basis = precision_basis(first, [OWN])
    enough = in_vivo(site, "300999", "300123", *_pairs(30, -0.04))
    assert enough.applies
    found = assess(first, later, basis, calibrations=[enough])
    assert found.percent == pytest.approx(100.0 * (enough.convert(0.80) - 0.75) / 0.75)
    assert found.difference_g_cm2 == pytest.approx(0.01, abs=0.012)  # 0.04 is the device's
    assert found.lsc_g_cm2 == pytest.approx(2.77 * np.sqrt(2e-4 + enough.see_g_cm2**2) / np.sqrt(2))
    too_few = in_vivo(site, "300999", "300123", *_pairs(29, -0.04))
    found = assess(first, later, basis, calibrations=[too_few])
    assert found.verdict is ChangeVerdict.NOT_COMPARABLE
    assert "found 29 people" in found.reasons[0]


def test_devices_that_agree_are_joined_without_a_line() -> None:
    found = in_vivo("L1-L4", "b", "a", *_pairs(40, 0.0))
    assert not found.applies
    assert found.convert(0.7) == 0.7
    assert found.see_g_cm2 == pytest.approx(0.006 * np.sqrt(2.0), rel=0.3)


@pytest.mark.parametrize(
    ("after", "n", "same_model", "word"),
    [
        (1.010, 10, True, ""),  # exactly 1 %
        (0.990, 10, True, ""),
        (1.0101, 10, True, "+1.01 %"),
        (1.000, 9, True, "found 9 phantom scans"),
        (1.000, 10, False, "other models"),
    ],
)
def test_a_phantom_joins_like_devices_within_one_percent(
    after: float, n: int, same_model: bool, word: str
) -> None:
    found = by_phantom("b", "a", [1.0] * n, [after] * n, same_model=same_model)
    assert word in found.refused
    assert bool(found.refused) is bool(word)


def test_values_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="do not pair"):
        in_vivo("L1-L4", "b", "a", [1.0], [1.0, 2.0])
