"""Where gates begin, and which lines are left out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bonescan.rems.gates import MAX_INCIDENCE_DEG, incidence_deg, line_spacing_mm, place_gates
from bonescan.rems.interface import Surfaces

from .phantoms import FORM, PER_MM, conditioned_of, rf_site

RAIL = 2047


def placed(surface, *, railed=(), usable=None, n_samples=1040, form=FORM, **site):
    surface = np.asarray(surface, dtype=float)
    samples = np.zeros((*surface.shape, n_samples), np.int16)
    marks = np.ones(surface.shape, bool) if usable is None else usable
    lines = np.zeros(surface.shape, bool)
    for place in railed:
        samples[place], lines[place[:2]] = RAIL, True
    conditioned = conditioned_of(samples, rails=(-RAIL, RAIL), railed_lines=lines)
    surfaces = Surfaces(
        sample=surface, usable=marks, contrast=np.full(surface.shape, 9.0),
        accepted=np.ones(len(surface), bool), rejected=(), search_range=(0, n_samples),
    )  # fmt: skip
    return place_gates(conditioned, surfaces, rf_site(samples, **site), form)


def test_gates_begin_at_their_depth_behind_the_surface() -> None:
    # 40 MHz, 1540 m/s: 51.948 samples a mm; 1.5, 4.0, 6.5 mm are 77.9, 207.8, 337.7 samples
    gates = placed(np.full((1, 20), 300.2))
    assert gates.start[:, 0, 0].tolist() == [378, 508, 638]


def test_gates_keep_their_depth_at_another_sampling_rate() -> None:
    gates = placed(np.full((1, 20), 150.0), fs_hz=20e6, form=dataclasses.replace(FORM, fs_hz=20e6))
    assert (gates.start[:, 0, 0] - 150).tolist() == [39, 104, 169]


def test_any_number_of_gates_follows_the_first_two() -> None:
    form = dataclasses.replace(FORM, gate_start_mm=(1.5, 4.0, 2.0, 2.5, 3.0))
    gates = placed(np.full((1, 20), 300.2), form=form)
    assert (gates.start[:, 0, 0] - 300).tolist() == [78, 208, 104, 130, 156]


@pytest.mark.parametrize(("n_samples", "used"), [(300 + 208 + 128, 20), (300 + 208 + 127, 0)])
def test_gate_b_must_end_inside_the_line(n_samples, used) -> None:
    gates = placed(np.full((1, 20), 300.0), n_samples=n_samples)
    assert gates.used.sum() == used
    assert gates.n_outside == 20 - used


def slope(angle_deg: float, spacing_mm: float) -> np.ndarray:
    return 300.0 + np.arange(40.0)[None] * np.tan(np.radians(angle_deg)) * spacing_mm * PER_MM


@pytest.mark.parametrize("angle_deg", [0.0, 10.0, 30.0])
def test_incidence_is_that_of_a_tilted_plane(angle_deg) -> None:
    surface = slope(angle_deg, 0.5)
    found = incidence_deg(surface, rf_site(np.zeros((1, 40, 10)), line_pitch_m=0.5e-3))
    np.testing.assert_allclose(found, angle_deg, atol=1e-6)


@pytest.mark.parametrize(
    ("angle_deg", "n_used"), [(MAX_INCIDENCE_DEG - 0.5, 40), (MAX_INCIDENCE_DEG + 0.5, 0)]
)
def test_lines_over_twenty_degrees_are_left_out(angle_deg, n_used) -> None:
    gates = placed(slope(angle_deg, 0.5), line_pitch_m=0.5e-3)
    assert gates.used.sum() == n_used
    assert gates.n_steep == 40 - n_used
    assert gates.incidence_known


def test_lines_of_a_convex_probe_spread_with_depth() -> None:
    # radius 60 mm, bone at 60 mm: twice the pitch
    site = rf_site(
        np.zeros((1, 40, 10)), line_pitch_m=0.3e-3, probe_radius_m=60e-3, t0_s=60e-3 * 2 / 1540
    )
    assert line_spacing_mm(np.zeros((1, 40)), site) == pytest.approx(0.6, rel=1e-9)


def test_angles_give_the_pitch_where_both_are_stored() -> None:
    site = rf_site(
        np.zeros((1, 40, 10)), line_pitch_m=9.9, probe_radius_m=50e-3, t0_s=None,
        line_angle_rad=np.arange(40) * 0.01,
    )  # fmt: skip
    assert line_spacing_mm(np.zeros((1, 40)), site) == pytest.approx(0.5)


def test_without_geometry_no_line_is_steep_and_that_is_said() -> None:
    gates = placed(slope(50.0, 0.5), line_pitch_m=None, n_samples=3000)
    assert gates.used.all()
    assert not gates.incidence_known


@pytest.mark.parametrize(("n_railed", "used"), [(1, True), (2, False)])
def test_half_a_percent_of_clipped_samples_drops_a_line(n_railed, used) -> None:
    # surface to end of gate B: 208 + 128 = 336 samples, 0.5 % of which are 1.68
    railed = [(0, 3, 300 + 10 * i) for i in range(n_railed)]
    gates = placed(np.full((1, 20), 300.0), railed=railed)
    assert bool(gates.used[0, 3]) is used
    assert gates.used[0, 4]


def test_clipping_before_the_bone_or_behind_the_gates_does_no_harm() -> None:
    railed = [(0, 3, 299), (0, 3, 298), (0, 3, 636), (0, 3, 700)]
    assert placed(np.full((1, 20), 300.0), railed=railed).used.all()
