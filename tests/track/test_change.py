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
    Acquisition,
    ChangeVerdict,
    ExpectedCourse,
    OwnPrecision,
    PrecisionBasis,
    SeriesPoint,
)
from bonescan.model.estimate import Estimate
from bonescan.model.exam import Device
from bonescan.model.vocabulary import Origin, Technique
from bonescan.track.change import assess
from bonescan.track.cross_calibration import (
    CrossCalibration,
    between,
    by_phantom,
    in_vivo,
    inverted,
)
from bonescan.track.precision_basis import precision_basis
from bonescan.track.series import Series, TrackSettings, follow, lies_across
from bonescan.track.visits import average_visits

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
        (Technique.REMS, "femoral-neck-left", 5.35),
        (Technique.REMS, "L1-L4", 5.35),
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


@pytest.mark.parametrize(("later", "reasons"), [(0.71, 1), (0.79, 1), (0.74, 0)])
def test_while_the_uncorrected_value_is_unknown_rems_style_shows_no_change(
    later: float, reasons: int
) -> None:
    """LSC 0.0277: ∓0.04 reach it, −0.01 does not and needs no reason."""
    style: dict[str, Any] = {"technique": Technique.REMS_STYLE, "model_id": "m"}
    own = dataclasses.replace(OWN, technique=Technique.REMS_STYLE)
    first = point(0.75, bmd_uncorrected_g_cm2=0.75, **style)
    found = assess(first, point(later, LATER, **style), precision_basis(first, [own]))
    assert found.verdict is ChangeVerdict.NOT_SHOWN
    assert found.percent == pytest.approx(100.0 * (later / 0.75 - 1.0))
    assert "correction_not_checked" in found.flags
    assert len(found.reasons) == reasons


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
    points = [
        point(one),
        point(two, LATER, acquisition=Acquisition(time="10:00:00")),
        point(two + 0.01, LATER, acquisition=Acquisition(time="10:05:00")),
    ]
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


def visit(*points: SeriesPoint, **more: Any) -> SeriesPoint:
    """Average points of one day, in every order, and see that the order does not matter."""
    basis = precision_basis(point(0.75), [OWN])
    found = {average_visits(order, basis, **more) for order in itertools.permutations(points)}
    (visits,) = found
    (one,) = visits
    return one


def at(bmd: float, time: str | None = None, **more: Any) -> SeriesPoint:
    return point(bmd, acquisition=Acquisition(time=time, **more))


@pytest.mark.parametrize(
    ("points", "n_scans", "mean", "is_unclear"),
    [
        ([at(0.750, "10:00:00"), at(0.760, "10:05:00")], 2, 0.755, False),  # repeats
        ([at(0.750, "10:00:00"), at(0.760, "10:00:00")], 1, 0.755, True),  # analysed again
        ([at(0.750, "10:00:00"), at(0.7504, "10:05:00")], 1, 0.7502, False),  # sent twice
        ([at(0.750, "10:00:00"), at(0.7506, "10:05:00")], 2, 0.7503, False),
        ([at(0.750), at(0.750)], 1, 0.750, False),  # SR and PDF
        ([at(0.750), at(0.760)], 1, 0.755, True),  # nobody knows
        ([at(0.750, "10:00:00"), at(0.760)], 1, 0.755, True),
        ([at(0.750, study_uid="1"), at(0.760, study_uid="2")], 1, 0.755, True),
        ([at(0.750, "10:00:00", study_uid="1"), at(0.760, "10:05:00", study_uid="1")],
         2, 0.755, False),
        ([at(0.750, "10:00:00", bmc_g=4.00), at(0.750, "10:05:00", bmc_g=4.10)],
         2, 0.750, False),
        ([at(0.750, "10:00:00", area_cm2=5.00), at(0.750, "10:05:00", area_cm2=5.005)],
         1, 0.750, False),
        ([at(0.750, "10:00:00"), at(0.760, "10:05:00"), at(0.760)], 2, 0.755, False),
        ([at(0.750, "10:00:00"), at(0.760, "10:05:00"), at(0.770)], 2, 0.7575, True),
    ],
)  # fmt: skip
def test_one_exam_in_two_files_is_one_scan(
    points: list[SeriesPoint], n_scans: int, mean: float, is_unclear: bool
) -> None:
    found = visit(*points)
    assert found.n_scans == n_scans
    assert found.bmd_g_cm2 == pytest.approx(mean, abs=1e-12)
    assert ("repeat_unclear" in found.flags) is is_unclear


def test_a_site_may_say_that_values_without_a_time_are_repeats() -> None:
    assert visit(at(0.750), at(0.760), all_repeats=True).n_scans == 2
    assert visit(at(0.750), at(0.750), all_repeats=True).n_scans == 1
    one_study = [at(0.750, accession_number="7"), at(0.760, accession_number="7")]
    assert visit(*one_study, all_repeats=True).n_scans == 1


def test_the_same_exam_sent_twice_does_not_make_a_decrease() -> None:
    """−0.0240 against LSC 0.0277; two scans on both days would make it 0.0196."""
    basis = precision_basis(point(0.75), [OWN])
    twice = [point(0.750), point(0.750), point(0.726, LATER), point(0.726, LATER)]
    first, second = average_visits(twice, basis)
    found = assess(first, second, basis)
    assert found.lsc_g_cm2 == pytest.approx(0.0277)
    assert found.verdict is ChangeVerdict.NOT_SHOWN


def test_the_uncorrected_values_of_a_day_are_averaged_where_all_are_known() -> None:
    one = dataclasses.replace(at(0.750, "10:00:00"), bmd_uncorrected_g_cm2=0.70)
    two = dataclasses.replace(at(0.760, "10:05:00"), bmd_uncorrected_g_cm2=0.72)
    assert visit(one, two).bmd_uncorrected_g_cm2 == pytest.approx(0.71)
    assert visit(one, at(0.760, "10:05:00")).bmd_uncorrected_g_cm2 is None


def series(*points: SeriesPoint, **more: Any) -> Series:
    (found,) = follow(points, TrackSettings(own=(OWN,)), **more)
    return found


def test_after_a_change_of_device_the_baseline_stays_where_it_is() -> None:
    """−0.020 a year is below LSC 0.0277 each time, and −0.040 in two years is not."""
    found = series(
        point(0.80, "2024-01-10"),
        point(0.75, "2025-01-10", device=B),
        point(0.73, "2026-01-10", device=B),
        point(0.71, "2027-01-10", device=B),
    )
    last = found.steps[3]
    assert last.from_previous is not None
    assert last.from_previous.verdict is ChangeVerdict.NOT_SHOWN
    assert last.from_first is not None
    assert last.from_first.verdict is ChangeVerdict.NOT_COMPARABLE
    assert last.from_first_comparable is last.shown is not None
    assert last.shown.verdict is ChangeVerdict.DECREASE
    assert last.shown.baseline.day == date(2025, 1, 10)
    assert found.steps[1].shown is found.steps[1].from_first  # nothing comparable before it


def test_two_devices_of_one_day_are_no_change() -> None:
    found = series(point(0.80), point(0.75, device=B))
    assert [s.shown for s in found.steps] == [None, None]


def test_a_rate_is_left_out_only_where_a_pregnancy_lies_between() -> None:
    span = (date(2021, 1, 1), date(2022, 6, 1))
    days = ("2018-01-01", "2020-01-01", "2023-01-01", "2025-01-01")
    found = series(*(point(0.75, d) for d in days), pregnancies=[span])
    assert (found.slope, found.slope_reason[:7]) == (None, "no rate")
    previous = [s.from_previous for s in found.steps[1:]]
    assert [c is not None and c.percent_per_year for c in previous] == [0.0, None, 0.0]
    before = series(*(point(0.75, d) for d in days[:2]), pregnancies=[span])
    assert before.slope is not None


@pytest.mark.parametrize(
    ("one", "two", "is_across"),
    [
        ("2020-01-01", "2021-01-01", False),  # up to 0+0
        ("2020-01-01", "2021-01-02", True),
        ("2022-06-01", "2023-01-01", False),
        ("2022-05-31", "2023-01-01", True),
        ("2023-01-01", "2020-01-01", True),  # any order
    ],
)
def test_touching_a_pregnancy_is_not_lying_across_it(one: str, two: str, is_across: bool) -> None:
    spans = [(date(2021, 1, 1), date(2022, 6, 1))]
    assert lies_across(date.fromisoformat(one), date.fromisoformat(two), spans) is is_across


@pytest.mark.parametrize(
    ("site", "serial", "error"),
    [
        ("Neck Left", None, 0.010),
        ("femoral-neck", None, 0.010),
        ("femoral-neck-right", None, None),
        ("L1-L4", None, None),
        ("nowhere", None, None),
    ],
)
def test_a_precision_study_fits_by_the_grammar_of_sites(
    site: str, serial: str | None, error: float | None
) -> None:
    own = dataclasses.replace(OWN, site=site, device_serial=serial)
    basis = precision_basis(point(0.75), [own])
    assert basis.is_own is (error is not None)


def test_the_study_of_the_side_goes_before_that_of_any_side() -> None:
    both = [dataclasses.replace(OWN, site="femoral-neck", error_g_cm2=0.03), OWN]
    assert precision_basis(point(0.75), both).error_g_cm2 == 0.010
    assert precision_basis(point(0.75, site="Neck Right"), both).error_g_cm2 == 0.03


def line(**more: Any) -> CrossCalibration:
    held: dict[str, Any] = {
        "site": "femoral-neck",
        "from_serial": "300123",
        "to_serial": "300999",
        "kind": "in-vivo",
        "n": 40,
        "bias": Estimate(est=0.05, lo=0.04, hi=0.07),
        "intercept": 0.1,
        "slope": 0.8,
        "see_g_cm2": 0.012,
        "applies": True,
    }
    return CrossCalibration(**(held | more))


def test_a_line_of_two_devices_is_turned_round() -> None:
    """y = 0.1 + 0.8·x gives x = (y − 0.1)/0.8, and its error 0.012/0.8."""
    back = inverted(line())
    assert back is not None
    assert (back.from_serial, back.to_serial) == ("300999", "300123")
    assert back.convert(0.74) == pytest.approx(0.8)
    assert back.see_g_cm2 == pytest.approx(0.015)
    assert (back.bias.est, back.bias.lo, back.bias.hi) == (-0.05, -0.07, -0.04)
    assert inverted(line(slope=-0.1)) is None
    as_it_is = inverted(line(applies=False))
    assert as_it_is is not None
    assert (as_it_is.convert(0.74), as_it_is.see_g_cm2) == (0.74, 0.012)


def test_a_line_from_the_old_to_the_new_device_joins_them_too() -> None:
    found = assess(
        point(0.80),
        point(0.74, LATER, device=B),
        precision_basis(point(0.80), [OWN]),
        calibrations=[line()],
    )
    assert found.difference_g_cm2 == pytest.approx(0.0)
    assert "line turned round" in found.cross_calibration
    settings = TrackSettings(own=(OWN,), calibrations=(line(),))
    (one,) = follow([point(0.80), point(0.74, LATER, device=B)], settings)
    assert one.steps[1].from_first_comparable is not None


def test_the_best_line_of_several_is_taken() -> None:
    own_side = line(site="Neck Left", n=31)
    direct = line(from_serial="300999", to_serial="300123", n=32)
    refused = line(refused="too few", site="Neck Left", n=33)
    other = line(site="L1-L4", n=34)
    found = between(
        [refused, line(), other, direct, own_side], "300999", "300123", "femoral-neck-left"
    )
    assert [c.n for c in found] == [31, 32, 40, 33]
    assert between([line()], "1", "300123", "femoral-neck-left") == ()


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
