"""What a reference plot is given."""

from __future__ import annotations

import pytest

from bonescan.norms.curves import age_band, reference_plot
from bonescan.norms.load import load_norms

NORMS = load_norms()


def test_a_plot_of_the_neck_has_young_adults_and_a_curve():
    plot = reference_plot("femoral-neck-left", "F", "hologic", NORMS)
    assert plot.young_id == "hologic_fn_f"
    assert (plot.young_mean_g_cm2, plot.young_sd_g_cm2) == (0.849, 0.111)
    assert plot.age.reference_id == "nhanes_2005_2010_all"
    assert "United States" in plot.age.population
    assert plot.age.ages_years[0] == 20
    assert plot.age.ages_years[-1] == 84
    lines = zip(
        plot.age.minus_2_g_cm2, plot.age.minus_1_g_cm2, plot.age.median_g_cm2,
        plot.age.plus_1_g_cm2, plot.age.plus_2_g_cm2, strict=True,
    )  # fmt: skip
    assert all(list(values) == sorted(values) for values in lines)


def test_the_median_of_the_plot_is_that_of_the_table():
    plot = reference_plot("L1-L4", "M", "hologic", NORMS)
    lms = NORMS.age["nhanes_2005_2010_all"].curves["L1-L4", "M"].at(60.0)
    assert plot.age.median_g_cm2[40] == pytest.approx(lms[1])


def test_ge_has_no_curve_over_age_and_a_subset_young_adults_of_its_own_or_none():
    assert reference_plot("L1-L4", "F", "ge", NORMS).age is None
    subset = reference_plot("L1-L3", "F", "hologic", NORMS)
    assert subset is None or subset.young_id is None
    own = reference_plot("L2-L4", "F", "hologic", NORMS)
    assert own.young_id == "hologic_l2l4_f"
    assert own.age is not None


@pytest.mark.parametrize(
    ("site", "scale"), [("femoral-neck", None), ("knee-left", "hologic"), ("elbow", "hologic")]
)
def test_without_a_reference_there_is_no_plot(site, scale):
    assert reference_plot(site, "F", scale, NORMS) is None


def test_unknown_sex_leaves_the_curve_out():
    assert reference_plot("total-hip", None, "hologic", NORMS).age is None


@pytest.mark.parametrize(
    ("reference_id", "site", "sex", "ages"),
    [
        ("nhanes_2005_2010_all", "femoral-neck-left", "F", (20.0, 84.0)),
        ("nhanes_2005_2010_nh_black", "L1-L4", "M", (20.0, 84.0)),
        ("nhanes_2005_2010_bands_all", "L1+L3", "F", (20.0, 79.0)),
    ],
)
def test_the_curve_of_any_reference_may_be_drawn(reference_id, site, sex, ages):
    band = age_band(NORMS.age[reference_id], site, sex)
    assert (band.ages_years[0], band.ages_years[-1]) == ages
    assert band.reference_id == reference_id
    assert all(a < b < c for a, b, c in zip(band.minus_2_g_cm2, band.median_g_cm2,
                                            band.plus_2_g_cm2, strict=True))  # fmt: skip


@pytest.mark.parametrize(
    ("site", "sex"), [("L1+L3", "F"), ("elbow", "F"), ("L1-L4", None), ("radius-33", "M")]
)
def test_a_reference_without_that_curve_draws_none(site, sex):
    assert age_band(NORMS.age["nhanes_2005_2010_all"], site, sex) is None
