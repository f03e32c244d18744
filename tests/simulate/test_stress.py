"""Each named world changes what it says, leaves the people theirs, and "none" is set B."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bonescan.simulate.bone import SPREAD_B, BoneSpread, bone_of
from bonescan.simulate.exam import simulate_rf
from bonescan.simulate.people import draw_people
from bonescan.simulate.setup import SET_B
from bonescan.simulate.stress import STRESSES
from bonescan.simulate.structure import draw_structure

PEOPLE = draw_people(60, 17)


def bones(spread=SPREAD_B, site="L2"):
    return [bone_of(p, site, np.random.default_rng([1, i]), spread) for i, p in enumerate(PEOPLE)]


def column(rows, name):
    return np.array([getattr(row, name) for row in rows])


@pytest.mark.parametrize("name", STRESSES)
def test_a_world_has_a_text_and_changes_the_samples_unless_it_is_none(name):
    stress = STRESSES[name]
    assert len(stress.text) > 8
    samples = []
    for spread, setup in ((SPREAD_B, SET_B), (stress.spread, stress.setup)):
        rng = np.random.default_rng(3)
        exam = simulate_rf(bone_of(PEOPLE[0], "L2", rng, spread), "L2", rng, 2, 16, setup=setup)
        samples.append(exam.samples)
    assert np.array_equal(*samples) is (name == "none")


def test_doubled_scatter_doubles_the_distance_from_what_bmd_says():
    usual, doubled = bones(), bones(BoneSpread(structure_1=2.0))
    none = bones(BoneSpread(structure_1=0.0))
    bvtv = [column(rows, "bvtv_1") for rows in (none, usual, doubled)]
    inside = (bvtv[2] > 0.03) & (bvtv[2] < 0.4)
    np.testing.assert_allclose((bvtv[2] - bvtv[0])[inside], 2 * (bvtv[1] - bvtv[0])[inside])
    assert column(doubled, "depth_m") == pytest.approx(column(usual, "depth_m"))


def test_the_exponent_is_a_persons_own():
    spread = BoneSpread(scatter_exponent_1=(3.3, 0.31))
    exponent = column(bones(spread), "scatter_exponent")
    assert exponent.mean() == pytest.approx(3.3, abs=0.12)
    assert exponent.std() == pytest.approx(0.31, abs=0.09)
    np.testing.assert_array_equal(exponent, column(bones(spread, "L4"), "scatter_exponent"))


def test_two_more_centimetres_stay_in_the_range_where_bone_is_looked_for():
    usual, deeper = bones(), bones(BoneSpread(depth_offset_m=0.02))
    more = column(deeper, "depth_m") - column(usual, "depth_m")
    assert np.median(more) == pytest.approx(0.02)
    assert column(deeper, "depth_m").max() <= 0.14


def test_equal_cortex_is_equal_on_all_lines_and_differs_between_people():
    stress = STRESSES["equal-cortex"]
    rng = np.random.default_rng(5)
    exam = simulate_rf(
        bone_of(PEOPLE[0], "L1", rng, stress.spread), "L1", rng, 2, 16, setup=stress.setup
    )
    assert np.ptp(exam.cortex_m) == 0.0
    spread = column(bones(stress.spread), "cortex_m")
    assert np.std(spread) > 0.1e-3
    assert STRESSES["thin-cortex"].spread.cortex_1 == 0.6


# ---------------------------------------------------------------- inside one vertebra


def test_without_variation_a_site_is_one_kind_of_line():
    structure = draw_structure(np.random.default_rng(0), 32, SET_B)
    assert structure.level_1 == (1.0,)
    assert structure.depth_1 is None
    assert not structure.kind.any()


def test_lines_differ_by_the_standard_deviation_asked_for():
    setup = dataclasses.replace(SET_B, bvtv_line_sd_1=0.15)
    structure = draw_structure(np.random.default_rng(0), 4000, setup)
    level = np.array(structure.level_1)[structure.kind]
    assert level.std() == pytest.approx(0.15, rel=0.15)
    assert np.corrcoef(level[1:], level[:-1])[0, 1] == pytest.approx(0.9, abs=0.05)


def test_the_path_through_even_bone_is_twice_alpha_z():
    """Closed form: 2 alpha z; with BVTV raised by a tenth, alpha rises by 6.2 BVTV."""
    bone = bones()[0]
    setup = dataclasses.replace(SET_B, bvtv_depth_sd_1=1e-12)
    structure = draw_structure(np.random.default_rng(0), 4, setup)
    z = np.array([0.0, 1e-3, 4.1e-3, 9e-3])
    alpha = bone.alpha_tb_db_cm_mhz
    np.testing.assert_allclose(structure.path_db_mhz(z, bone, 1.0), 2 * alpha * z * 100, rtol=1e-9)
    raised = alpha + 6.2 * bone.bvtv_1
    np.testing.assert_allclose(structure.path_db_mhz(z, bone, 1.1), 2 * raised * z * 100, rtol=1e-9)
    f = np.array([1.5e6, 3.5e6])
    even = structure.magnitude(f, z, bone, 1.0)
    np.testing.assert_allclose(
        even, 10 ** (-2 * alpha * z[:, None] * 100 * f / 1e6 / 20), rtol=1e-9
    )


def test_depth_variation_has_its_correlation_length():
    setup = dataclasses.replace(SET_B, bvtv_depth_sd_1=0.15)
    rows = [draw_structure(np.random.default_rng(i), 4, setup).depth_1 for i in range(200)]
    field = np.array(rows) - 1.0
    assert field.std() == pytest.approx(0.15, rel=0.1)
    lag = 12  # of 0.25 mm: one correlation length
    assert np.mean(field[:, lag:] * field[:, :-lag]) / field.var() == pytest.approx(
        np.exp(-1), abs=0.06
    )


def test_variation_leaves_the_speckle_and_the_geometry_as_they_were():
    """The means over many lines stay, so only what varies differs."""
    shapes = []
    for name in ("none", "uneven-bone"):
        rng = np.random.default_rng(8)
        bone = bone_of(PEOPLE[1], "L3", rng)
        shapes.append(simulate_rf(bone, "L3", rng, 2, 16, setup=STRESSES[name].setup))
    np.testing.assert_array_equal(shapes[0].surface_m, shapes[1].surface_m)
    np.testing.assert_array_equal(shapes[0].cortex_m, shapes[1].cortex_m)
    front = slice(0, 100)  # soft tissue before the bone; the gain may take another step
    a, b = (s.samples[..., front].astype(float) / 10 ** (s.gain_db / 20) for s in shapes)
    assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.99
