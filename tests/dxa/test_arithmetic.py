"""Printed numbers held against each other; vectors are public printed pages."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonescan.dxa.arithmetic import COMPUTED, check_density, check_sums, spine_total
from bonescan.dxa.discordance import discordant_pairs, proposals
from bonescan.dxa.printed import PrintedRegion


def region(site, area=None, bmc=None, bmd=None, **more):
    return PrintedRegion(site=site, text=site, area_cm2=area, bmc_g=bmc, bmd_g_cm2=bmd, **more)


SINGLES = [
    region("L1", 13.26, 11.58, 0.873),
    region("L2", 13.72, 12.94, 0.943),
    region("L3", 14.81, 13.93, 0.941),
    region("L4", 13.97, 13.40, 0.959),
]
TOTAL = region("L1-L4", 55.77, 51.85, 0.930)


@pytest.mark.parametrize(
    ("bmd", "fits"),
    [(0.930, True), (0.931, False), (0.929, False), (0.935, False)],
)
def test_a_total_off_by_the_last_digit_is_seen(bmd, fits):
    # 51.85/55.77 = 0.92971; the slack is 0.0005 + (0.005 + 0.93 x 0.005)/55.77 = 0.00067
    assert (check_density(region("L1-L4", 55.77, 51.85, bmd)) is None) is fits


def test_rounding_of_a_small_region_is_carried_through():
    # 2.39/2.97 = 0.8047, printed 0.803: half a last digit alone would refuse a sound page
    assert check_density(region("trochanter-left", 2.97, 2.39, 0.803)) is None
    assert check_density(region("trochanter-left", 2.97, 2.39, 0.799)) is not None


@given(
    bmc=st.integers(50, 9_000).map(lambda n: Fraction(n * 7 + 3, 700)),
    area=st.integers(50, 9_000).map(lambda n: Fraction(n * 11 + 5, 1100)),
)
def test_true_numbers_rounded_as_printed_always_fit(bmc, area):
    printed = region(
        "L1",
        area=round(float(area), 2),
        bmc=round(float(bmc), 2),
        bmd=round(float(bmc / area), 3),
    )
    assert check_density(printed) is None


def test_averages_and_gaps_are_exempt():
    # means of the printed trochanters 2.97, 2.39, 0.803 and 13.05, 8.55, 0.655: the mean of the
    # densities is 0.729, mean BMC over mean area 0.683
    mean = region("trochanter-mean", 8.01, 5.47, 0.729, is_average=True)
    assert check_density(mean) is None
    assert check_density(region("trochanter-left", 8.01, 5.47, 0.729)) is not None
    for gap in ({"area": None}, {"bmc": None}, {"bmd": None}, {"area": 0.0}):
        assert check_density(region("L1", **{"area": 1.0, "bmc": 9.0, "bmd": 1.0, **gap})) is None


def test_the_sums_of_the_lumbar_page_hold():
    # area 13.26 + 13.72 + 14.81 + 13.97 = 55.76, printed 55.77
    assert check_sums([*SINGLES, TOTAL]) == []


@pytest.mark.parametrize(
    ("area", "bmc", "fits"),
    [(55.76, 51.85, True), (55.78, 51.85, True), (55.80, 51.85, False), (55.77, 51.90, False)],
)
def test_a_sum_beyond_rounding_is_seen(area, bmc, fits):
    # five printed numbers may each be off by 0.005: 0.025 in all
    found = check_sums([*SINGLES, region("L1-L4", area, bmc, 0.930)])
    assert (found == []) is fits
    if not fits:
        assert found[0].sites == ("L1-L4", "L1", "L2", "L3", "L4")


def test_the_total_hip_is_the_sum_without_wards_triangle():
    # 4.86 + 2.97 + 29.92 = 37.75; 4.30 + 13.05 + 15.88 = 33.23 (printed pages)
    left = [
        region("femoral-neck-left", 4.86, 3.90, 0.804),
        region("trochanter-left", 2.97, 2.39, 0.803),
        region("intertrochanter-left", 29.92, 25.24, 0.844),
        region("wards-left", 1.12, 0.66, 0.594),
        region("total-hip-left", 37.75, 31.54, 0.835),
    ]
    assert check_sums(left) == []
    wrong = [*left[:4], region("total-hip-left", 38.87, 32.20, 0.828)]
    assert "add up to" in check_sums(wrong)[0].text


def test_a_missing_total_is_the_quotient_of_sums_and_never_a_mean():
    total = spine_total(SINGLES)
    # by hand: 51.85 g over 55.76 cm2
    assert total.bmd_g_cm2 == pytest.approx(0.9298780, abs=5e-8)
    assert (total.site, total.flags) == ("L1-L4", [COMPUTED])
    mean = sum(r.bmd_g_cm2 for r in SINGLES) / 4  # 0.929
    assert abs(total.bmd_g_cm2 - mean) > 5e-4


def test_a_total_is_not_computed_where_it_is_printed_or_can_not_be():
    assert spine_total([*SINGLES, TOTAL]) is None
    assert spine_total(SINGLES[:1]) is None
    assert spine_total([region("femoral-neck-left", 4.86, 3.90, 0.804)]) is None
    # the console left L3 out and printed its own combination
    three = [SINGLES[0], SINGLES[1], SINGLES[3]]
    assert spine_total([*three, region("L1-L2", 26.98, 24.52, 0.909)]) is None
    assert spine_total(three).site == "L1+L2+L4"


def by_t(*scores):
    return [
        PrintedRegion(site=f"L{i}", text=f"L{i}", t_score=t)
        for i, t in enumerate(scores, start=1)
        if t is not None
    ]


@pytest.mark.parametrize(
    ("scores", "pairs"),
    [
        # ISCD "Spine Discordance" case, and a printed enCORE page
        ((-0.2, -0.4, -2.3, -1.2), [("L2", "L3", 1.9), ("L3", "L4", 1.1)]),
        ((-2.0, -1.2, -0.5, -1.8), [("L3", "L4", 1.3)]),
        ((0.0, 1.0, 2.0, 3.0), []),  # exactly 1.0 is none
        ((0.1, 1.1, None, None), []),  # 1.1 - 0.1 exceeds 1.0 in binary arithmetic
        ((0.0, 1.1, None, None), [("L1", "L2", 1.1)]),
        ((-3.0, None, 3.0, None), []),  # no neighbours
    ],
)
def test_discordant_neighbours(scores, pairs):
    assert list(discordant_pairs(by_t(*scores))) == pairs


def test_the_vertebra_that_differs_from_both_neighbours_is_proposed():
    assert [e.vertebra for e in proposals(by_t(-0.2, -0.4, -2.3, -1.2))] == ["L3"]
    assert [e.vertebra for e in proposals(by_t(-2.0, -1.2, -0.5, -1.8))] == ["L3", "L4"]
