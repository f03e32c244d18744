"""The made-up linear population, the chance of fracture, and DXA's own error."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from bonescan.simulate import population
from bonescan.simulate.outcome import (
    dxa_reading_g_cm2,
    fracture_probability_1,
    has_fractured,
)
from bonescan.simulate.population import LINEAR_NAME, draw_population


@pytest.fixture(scope="module")
def women():
    return draw_population(1500, 4, "linear")


@pytest.mark.parametrize(
    ("name", "line"),
    [("spine", (1.00, -0.0075, 0.006, 0.115)), ("neck", (0.80, -0.0060, 0.006, 0.095))],
)
def test_bmd_follows_the_published_parameter_set(women, name, line):
    """Level at 50 years and BMI 26, per year, per BMI unit, residual SD of the parameter set."""
    bmd = np.array([getattr(p, f"bmd_{name}_g_cm2") for p in women])
    x = np.array([[1.0, p.age_years - 50, p.bmi_kg_m2 - 26] for p in women])
    found, *_ = np.linalg.lstsq(x, bmd, rcond=None)
    error = line[3] / np.sqrt(len(women) * np.array([0.25, 75.0, 16.0]))  # of each coefficient
    assert np.all(np.abs(found - line[:3]) < 4 * error)
    assert np.std(bmd - x @ found) == pytest.approx(line[3], rel=0.06)
    assert women[0].population == LINEAR_NAME


@pytest.mark.parametrize(
    ("name", "line"),
    [("SPINE_LINE", (1.00, -0.0075, 0.006)), ("NECK_LINE", (0.80, -0.0060, 0.006))],
)
def test_without_a_residual_bmd_lies_on_the_line(name, line, monkeypatch):
    assert getattr(population, name)[:3] == line
    monkeypatch.setattr(population, name, (*line, 0.0))
    for p in draw_population(5, 4, "linear"):
        bmd = p.bmd_spine_g_cm2 if name == "SPINE_LINE" else p.bmd_neck_g_cm2
        at, per_year, per_bmi = line
        assert bmd == pytest.approx(
            at + per_year * (p.age_years - 50) + per_bmi * (p.bmi_kg_m2 - 26)
        )


def test_ages_and_bmi_have_their_ranges_and_vertebrae_their_usual_place(women):
    age, bmi = np.array([(p.age_years, p.bmi_kg_m2) for p in women]).T
    assert 50 <= age.min() < 51
    assert 79 < age.max() <= 80
    assert bmi.min() >= 17
    assert bmi.max() <= 42
    assert (bmi.mean(), bmi.std()) == (pytest.approx(26, abs=0.4), pytest.approx(4, abs=0.3))
    ratio = np.array([np.array(p.bmd_vertebrae_g_cm2) / p.bmd_spine_g_cm2 for p in women])
    assert ratio.std(axis=0).max() < 0.003  # no scatter of single vertebrae
    assert {p.sex for p in women} == {"F"}


def test_a_longer_linear_draw_begins_with_the_shorter_and_another_seed_is_other(women):
    assert draw_population(3, 4, "linear") == women[:3]
    assert draw_population(3, 5, "linear") != women[:3]


def test_nhanes_people_of_neighbouring_seeds_are_strangers():
    seeds = {p.bone_seed for s in (7, 8, 9) for p in draw_population(40, s)}
    assert len(seeds) == 120


def test_an_unknown_population_is_refused():
    with pytest.raises(ValueError, match=r"found the population 'mars', wanted nhanes, linear"):
        draw_population(1, 1, "mars")


# ---------------------------------------------------------------- fracture


def with_t(person, t, age):
    return dataclasses.replace(
        person, bmd_neck_g_cm2=0.849 + 0.111 * t, bmd_spine_g_cm2=2.0, age_years=age
    )


def odds(p):
    return p / (1 - p)


def test_the_chance_of_fracture_is_the_stated_rule(women):
    base = fracture_probability_1(with_t(women[0], -1.4, 65.0))
    assert base == pytest.approx(0.14)
    one_sd = fracture_probability_1(with_t(women[0], -2.4, 65.0))
    assert odds(one_sd) / odds(base) == pytest.approx(1.5)
    ten_years = fracture_probability_1(with_t(women[0], -1.4, 75.0))
    assert odds(ten_years) / odds(base) == pytest.approx(1.5)


def test_fractures_come_as_often_as_their_chances_say(women):
    chance = sum(fracture_probability_1(p) for p in women)
    spread = math.sqrt(sum(q * (1 - q) for q in map(fracture_probability_1, women)))
    happened = sum(has_fractured(p) for p in women)
    assert abs(happened - chance) < 4 * spread
    assert happened == sum(has_fractured(p) for p in women)


# ---------------------------------------------------------------- DXA


@pytest.mark.parametrize("site", ["L1-L4", "femoral-neck-left"])
def test_a_dxa_reading_errs_by_1_2_percent(women, site):
    error = [dxa_reading_g_cm2(p, site) / p.bmd_g_cm2(site) - 1 for p in women]
    assert np.mean(error) == pytest.approx(0, abs=0.0012)
    assert np.std(error) == pytest.approx(0.012, rel=0.06)


def test_the_errors_of_spine_and_neck_are_independent_and_stay_a_persons_own(women):
    a, b = (
        [dxa_reading_g_cm2(p, site) / p.bmd_g_cm2(site) for p in women]
        for site in ("L1-L4", "femoral-neck-left")
    )
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.1
    assert dxa_reading_g_cm2(women[3], "L1-L4") == a[3] * women[3].bmd_g_cm2("L1-L4")
