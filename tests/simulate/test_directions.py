"""Known directions come out of the full samples: acceptance bands measured on a prototype.

The bands are those of the prototype of this simulator (parameter set B, women of the linear
population, 512 lines, 200 people or more), which set them from eight blocks of 100 people.
"""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.simulate.population import draw_population
from bonescan.simulate.spectra_level import draw_exams
from bonescan.simulate.stress import STRESSES
from bonescan.workflows.build_demo_model import FORM
from bonescan.workflows.simulate_directions import (
    BANDS,
    NO_BAND,
    directions,
    features_of,
    gates_form,
    main,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def set_b():
    return directions(200, 71)


@pytest.mark.parametrize("name", BANDS)
def test_a_feature_goes_with_density_as_far_as_it_should(name, set_b):
    low, high = BANDS[name]
    assert low <= set_b.r_1[name] <= high


def test_everybody_is_analysed_and_nothing_lies_outside(set_b):
    assert (set_b.n_people, set_b.n_rejected, set_b.outside()) == (200, 0, {})


# ---------------------------------------------------------------- controls, spectra without samples


def level_directions(name, n=200):
    """The same features of spectra drawn without samples: fast, and held to samples elsewhere."""
    people = draw_population(n, 72, "linear")
    rows = []
    for exam in draw_exams(people, "lumbar-spine", gates_form(), 5, STRESSES[name]):
        power = np.concatenate([p.power for p in exam.parts], axis=1)
        noise = np.concatenate([p.noise for p in exam.parts], axis=1)[..., None]
        depth_mm = float(np.median(np.concatenate([p.depth_mm for p in exam.parts])))
        left = np.maximum(power - noise, 0.05 * power)
        path = 2 * 0.55 * FORM.frequency_hz / 1e6 * depth_mm / 10
        level = np.median(10 * np.log10(left), axis=1)
        rows.append(features_of(level, path, depth_mm, FORM.frequency_hz))
    bmd = np.array([p.bmd_spine_g_cm2 for p in people])
    return {k: np.corrcoef(bmd, [r[k] for r in rows])[0, 1] for k in rows[0]}


def test_a_cortex_equal_on_all_lines_hides_the_centroid():
    assert level_directions("equal-cortex")["centroid"] > -0.35


def test_strong_clutter_turns_the_wide_slope_round():
    assert level_directions("clutter-50")[NO_BAND] < 0.0


def test_in_a_clean_world_the_wide_slope_follows_density():
    assert level_directions("clean")[NO_BAND] > 0.7


def test_the_command_prints_the_table_and_says_whether_it_holds(capsys):
    assert main(["--people", "3", "--stress", "clean"]) == 0
    table = capsys.readouterr().out
    assert "lumbar, clean, seed 71: 3 people, 0 rejected" in table
    assert "D mean" in table
    assert main(["--people", "3"]) == 1  # three people hold no band
    assert "-0.75 to -0.45" in capsys.readouterr().out


def test_two_people_give_no_correlation():
    with pytest.raises(ValueError, match=r"found 2 usable people of 2, wanted 3"):
        directions(2, 1)
