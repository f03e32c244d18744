"""The virtual population against the published NHANES 2005-2010 figures it is drawn from."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.simulate.people import draw_people


@pytest.fixture(scope="module")
def women():
    return draw_people(3000, 1, women_1=1.0, age_years=(50, 80))


def without_age(values, age):
    return values - np.polyval(np.polyfit(age, values, 1), age)


def test_the_shorter_draw_is_the_beginning_of_the_longer():
    assert draw_people(3, 2) == draw_people(5, 2)[:3]
    assert draw_people(3, 2) != draw_people(3, 3)


def test_correlations_are_those_of_women_over_50(women):
    """Age-adjusted, NHANES 2005-2010, 2124 women: sampling error here is below 0.02.

    With BMI the published pairs are a little lower than their own regression gives, for the
    scanned were lighter than all (the table bears 136 kg); hence 0.08 there.
    """
    age = np.array([p.age_years for p in women])
    column = {
        "neck": [p.bmd_neck_g_cm2 for p in women],
        "hip": [p.bmd_hip_g_cm2 for p in women],
        "spine": [p.bmd_spine_g_cm2 for p in women],
        "bmi": [p.bmi_kg_m2 for p in women],
        "L1": [p.bmd_vertebrae_g_cm2[0] for p in women],
        "L2": [p.bmd_vertebrae_g_cm2[1] for p in women],
        "L3": [p.bmd_vertebrae_g_cm2[2] for p in women],
        "L4": [p.bmd_vertebrae_g_cm2[3] for p in women],
    }
    rest = {k: without_age(np.array(v), age) for k, v in column.items()}
    expected = {
        ("neck", "hip"): 0.88, ("neck", "spine"): 0.65, ("hip", "spine"): 0.68,
        ("neck", "bmi"): 0.44, ("hip", "bmi"): 0.47, ("spine", "bmi"): 0.34,
        ("L1", "L2"): 0.92, ("L2", "L3"): 0.91, ("L1", "L3"): 0.87, ("L2", "L4"): 0.86,
        ("L1", "L4"): 0.80,
    }  # fmt: skip
    found = {pair: np.corrcoef(rest[pair[0]], rest[pair[1]])[0, 1] for pair in expected}
    for pair, r in expected.items():
        assert found[pair] == pytest.approx(r, abs=0.08 if "bmi" in pair else 0.05), pair


@pytest.mark.parametrize(
    ("site", "at_65_22", "per_year", "sd"),
    [("femoral-neck", 0.7045, -0.00417, 0.1073), ("total-hip", 0.8291, -0.00443, 0.1171)],
)
def test_bmd_follows_age_and_bmi_as_the_regression_says(women, site, at_65_22, per_year, sd):
    age = np.array([p.age_years for p in women]) - 65.22
    bmi = np.array([p.bmi_kg_m2 for p in women]) - 27
    bmd = np.array([p.bmd_g_cm2(site) for p in women])
    design = np.column_stack([np.ones_like(age), age, bmi])
    fitted, *_ = np.linalg.lstsq(design, bmd, rcond=None)
    residual = bmd - design @ fitted
    assert fitted[0] == pytest.approx(at_65_22, abs=4 * sd / np.sqrt(len(bmd)))
    assert fitted[1] == pytest.approx(per_year, abs=1e-3)
    assert residual.std() == pytest.approx(sd, rel=0.05)


def test_bmi_is_that_of_us_women():
    """NHANES 2005-2010, women from 20: mean 28.6, SD 7.3, 5th and 95th percentile 19.5 and 42.0."""
    bmi = np.array([p.bmi_kg_m2 for p in draw_people(4000, 4, women_1=1.0)])
    assert bmi.mean() == pytest.approx(28.6, abs=0.5)
    assert bmi.std() == pytest.approx(7.3, abs=0.5)
    np.testing.assert_allclose(np.percentile(bmi, [5, 95]), [19.5, 42.0], rtol=0.04)


def test_vertebrae_add_up_to_the_spine(women):
    for person in women[:50]:
        bmc = np.dot(person.bmd_vertebrae_g_cm2, person.area_vertebrae_cm2)
        assert bmc / sum(person.area_vertebrae_cm2) == pytest.approx(person.bmd_spine_g_cm2)


def test_menopause_comes_around_51():
    people = draw_people(1500, 6, women_1=1.0, age_years=(35, 70))
    after = [p.age_years for p in people if p.menopausal_status == "postmenopausal"]
    before = [p.age_years for p in people if p.menopausal_status == "premenopausal"]
    assert min(after) > 36
    assert max(before) < 66
    assert {p.menopausal_status for p in draw_people(20, 7, women_1=0.0)} == {"not-applicable"}
