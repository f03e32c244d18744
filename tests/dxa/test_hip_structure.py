"""Hip structure against the closed forms of hollow cylinders, projected."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bonescan.dxa.hip_structure import Assumptions, Line, hip_structure, section_of_profile

RHO = 1.05  # g/cm3
ALL_CORTEX = Assumptions(cortical_share_1={"neck": 1.0, "intertrochanter": 1.0, "shaft": 1.0})


def chord_cm(radius_mm, offset_mm):
    return 2.0 * np.sqrt(np.maximum(radius_mm**2 - offset_mm**2, 0.0)) / 10.0


def tube(x_mm, y_mm, line, outer_mm, inner_mm):
    """Give density [g/cm2] and mask of a tube along `line`, at points; endless both ways."""
    offset = -(x_mm - line.x_mm) * line.dy_1 + (y_mm - line.y_mm) * line.dx_1
    density = RHO * (chord_cm(outer_mm, offset) - chord_cm(inner_mm, offset))
    return density, np.abs(offset) < outer_mm


def closed_form(outer_mm, inner_mm):
    r, q = outer_mm / 10.0, inner_mm / 10.0
    area, second = math.pi * (r**2 - q**2), math.pi / 4.0 * (r**4 - q**4)
    return {
        "width_mm": 2 * outer_mm,
        "csa_cm2": area,
        "csmi_cm4": second,
        "section_modulus_cm3": second / r,
        "y_max_mm": outer_mm,
        "cortex_mm": outer_mm - inner_mm,
        "buckling_ratio_1": outer_mm / (outer_mm - inner_mm),
    }


def grid(pixel_mm, size_mm=(150.0, 170.0)):
    x = np.arange(round(size_mm[0] / pixel_mm[0])) * pixel_mm[0]
    y = np.arange(round(size_mm[1] / pixel_mm[1])) * pixel_mm[1]
    return np.meshgrid(x, y)


def femur(pixel_mm, angle_degrees=130.0):
    """Draw a neck of 30 mm and a shaft of 32 mm that meet at an angle; nothing else."""
    x, y = grid(pixel_mm)
    turn = math.radians(angle_degrees)
    shaft = Line(x_mm=60.0, y_mm=70.0, dx_1=0.0, dy_1=1.0)
    up = Line(x_mm=60.0, y_mm=70.0, dx_1=math.sin(turn), dy_1=math.cos(turn))
    neck = Line(x_mm=60.0 + 35 * up.dx_1, y_mm=70.0 + 35 * up.dy_1, dx_1=up.dx_1, dy_1=up.dy_1)
    on_neck, in_neck = tube(x, y, neck, 15.0, 12.0)
    on_shaft, in_shaft = tube(x, y, shaft, 16.0, 10.0)
    reach = (x - 60.0) * up.dx_1 + (y - 70.0) * up.dy_1
    in_neck &= (reach > 0) & (reach < 70.0)
    in_shaft &= y > 70.0 - 25.0
    density = np.where(in_shaft, on_shaft, np.where(in_neck, on_neck, 0.0))
    return density, in_neck | in_shaft, neck, shaft


@pytest.mark.parametrize(("outer_mm", "inner_mm"), [(15.0, 12.0), (16.0, 9.0), (12.0, 0.0)])
def test_a_profile_of_a_hollow_cylinder_gives_its_closed_forms(outer_mm, inner_mm):
    step_mm = 0.01
    x = np.arange(-20.0, 20.0 + step_mm / 2, step_mm)
    mass = RHO * (chord_cm(outer_mm, x) - chord_cm(inner_mm, x))
    csa, csmi, centroid, y_max, cortex = section_of_profile(
        mass, step_mm, (20.0 - outer_mm, 20.0 + outer_mm), "neck", ALL_CORTEX
    )
    want = closed_form(outer_mm, inner_mm)
    assert csa == pytest.approx(want["csa_cm2"], rel=1e-4)
    assert csmi == pytest.approx(want["csmi_cm4"], rel=1e-4)
    assert centroid == pytest.approx(20.0, abs=1e-6)
    assert y_max == pytest.approx(outer_mm, abs=1e-6)
    if inner_mm > 0:  # a solid disc is where the root ends
        assert cortex == pytest.approx(want["cortex_mm"], rel=1e-3)


def test_half_of_the_bone_in_the_cortex_halves_its_area():
    # ring of width 30 and area s * CSA: 2.25 pi - s * csa = pi d²/4
    csa = math.pi * (1.5**2 - 1.2**2)
    want = (3.0 - math.sqrt(9.0 - 4 * 0.6 * csa / math.pi)) / 2 * 10
    x = np.arange(-20.0, 20.005, 0.01)
    mass = RHO * (chord_cm(15.0, x) - chord_cm(12.0, x))
    assert section_of_profile(mass, 0.01, (5.0, 35.0), "neck", Assumptions())[4] == pytest.approx(
        want, rel=1e-3
    )


def test_more_bone_than_a_solid_disc_has_no_cortex():
    mass = np.full(100, 9.0)
    assert section_of_profile(mass, 0.1, (0.0, 9.9), "shaft", Assumptions())[4] is None


def test_an_uneven_section_bends_about_its_centroid():
    # two point masses a and 3a, 40 mm apart: centroid 30 mm from the first, I = 0.75 a 4²
    mass = np.zeros(401)
    mass[0], mass[400] = 1.0, 3.0
    csa, csmi, centroid, y_max, _ = section_of_profile(
        mass, 0.1, (0.0, 40.0), "neck", Assumptions(rho_eff_g_cm3=1.0)
    )
    assert csa == pytest.approx(0.04)
    assert centroid == pytest.approx(30.0)
    assert csmi == pytest.approx(0.01 * 0.75 * 16)
    assert y_max == pytest.approx(30.0)


@pytest.mark.parametrize("pixel_mm", [(0.25, 0.25), (0.5, 0.5), (0.6, 1.05)])
@pytest.mark.parametrize("angle_degrees", [120.0, 135.0])
def test_neck_and_shaft_of_a_drawn_femur_give_the_closed_forms(pixel_mm, angle_degrees):
    density, mask, neck, shaft = femur(pixel_mm, angle_degrees)
    found = hip_structure(density, pixel_mm, mask, neck, shaft, ALL_CORTEX)
    assert [s.region for s in found.sections] == ["neck", "intertrochanter", "shaft"]
    assert found.neck_shaft_angle_degrees == pytest.approx(angle_degrees, abs=1e-9)
    coarse = 3.0 if max(pixel_mm) > 1.0 else 1.0  # a drawn edge is right to half a pixel
    tolerance = {"csa_cm2": 0.03, "width_mm": 0.04, "cortex_mm": 0.12, "buckling_ratio_1": 0.12}
    for section, tube_mm in ((found.sections[0], (15, 12)), (found.sections[2], (16, 10))):
        for name, want in closed_form(*tube_mm).items():
            rel = tolerance.get(name, 0.06) * coarse
            assert getattr(section, name) == pytest.approx(want, rel=rel)


def test_the_shaft_is_read_one_and_a_half_neck_widths_below_the_crossing():
    density, mask, neck, shaft = femur((0.5, 0.5))
    sections = hip_structure(density, (0.5, 0.5), mask, neck, shaft).sections
    assert (sections[1].x_mm, sections[1].y_mm) == pytest.approx((60.0, 70.0))
    assert sections[2].y_mm == pytest.approx(70.0 + 1.5 * sections[0].width_mm)


def test_the_neck_is_read_where_it_is_narrowest():
    x, y = grid((0.5, 0.5))
    neck = Line(x_mm=75.0, y_mm=80.0, dx_1=1.0, dy_1=0.0)
    half = 15.0 + 0.03 * (x - 79.0) ** 2  # a waist at x = 79
    mask = np.abs(y - 80.0) < np.minimum(half, 40.0)
    shaft = Line(x_mm=20.0, y_mm=80.0, dx_1=0.0, dy_1=1.0)
    found = hip_structure(mask * 0.8, (0.5, 0.5), mask, neck, shaft).sections[0]
    assert found.x_mm == pytest.approx(79.0, abs=1.0)
    # over 5 mm of its length the waist is 2 * 0.03 * 2.5² = 0.4 mm wider at the ends
    assert found.width_mm == pytest.approx(30.0, abs=0.7)


def test_the_axis_is_measured_from_edge_to_edge():
    density, mask, neck, shaft = femur((0.5, 0.5))
    # from the lateral edge of the shaft, 16 mm / sin 130° behind the crossing, to 70 mm
    want = 70.0 + 16.0 / math.sin(math.radians(130.0))
    found = hip_structure(density, (0.5, 0.5), mask, neck, shaft)
    assert found.axis_length_mm == pytest.approx(want, abs=1.0)


def test_assumptions_are_named_in_the_result():
    density, mask, neck, shaft = femur((0.5, 0.5))
    said = hip_structure(density, (0.5, 0.5), mask, neck, shaft).assumed
    assert said.startswith("mineral of solid bone 1.05 g/cm3; cortex holds neck 0.6")


def test_a_lighter_assumed_mineral_makes_more_bone():
    density, mask, neck, shaft = femur((0.5, 0.5))
    normal = hip_structure(density, (0.5, 0.5), mask, neck, shaft, ALL_CORTEX)
    light = Assumptions(rho_eff_g_cm3=2.1, cortical_share_1=ALL_CORTEX.cortical_share_1)
    half = hip_structure(density, (0.5, 0.5), mask, neck, shaft, light)
    assert half.sections[0].csa_cm2 == pytest.approx(normal.sections[0].csa_cm2 / 2)


@pytest.mark.parametrize(
    ("shaft", "reason"),
    [
        (Line(x_mm=0.0, y_mm=0.0, dx_1=1.0, dy_1=0.0), "the axes of neck and shaft are parallel"),
        (Line(x_mm=5.0, y_mm=0.0, dx_1=0.0, dy_1=1.0), "intertrochanter: its line crosses no bone"),
    ],
)
def test_a_section_that_cannot_be_read_is_missing_with_its_reason(shaft, reason):
    x, y = grid((0.5, 0.5))
    mask = (np.abs(y - 80.0) < 15.0) & (np.abs(x - 75.0) < 40.0)
    neck = Line(x_mm=75.0, y_mm=80.0, dx_1=1.0, dy_1=0.0)
    found = hip_structure(mask * 0.8, (0.5, 0.5), mask, neck, shaft)
    assert [s.region for s in found.sections] == ["neck"]
    assert any(r.startswith(reason) for r in found.reasons)


def test_bone_that_leaves_the_image_gives_no_section():
    neck = Line(x_mm=20.0, y_mm=20.0, dx_1=1.0, dy_1=0.0)
    shaft = Line(x_mm=20.0, y_mm=20.0, dx_1=0.0, dy_1=1.0)
    mask = np.ones((80, 80), dtype=bool)
    found = hip_structure(mask * 0.8, (0.5, 0.5), mask, neck, shaft)
    assert found.sections == ()
    assert found.axis_length_mm is None
    assert "neck: the bone runs out of the image" in found.reasons


def test_a_mask_without_mineral_gives_no_section():
    _, mask, neck, shaft = femur((0.5, 0.5))
    found = hip_structure(np.zeros(mask.shape), (0.5, 0.5), mask, neck, shaft)
    assert found.sections == ()
    assert "neck: no mineral on its line" in found.reasons


@pytest.mark.parametrize("direction", [(0.0, 0.0), (math.nan, 1.0)])
def test_an_axis_without_direction_is_refused(direction):
    _, mask, neck, _ = femur((0.5, 0.5))
    lost = Line(x_mm=1.0, y_mm=1.0, dx_1=direction[0], dy_1=direction[1])
    with pytest.raises(ValueError, match="wanted one of some length"):
        hip_structure(mask * 1.0, (0.5, 0.5), mask, neck, lost)


def test_the_intertrochanter_is_read_along_the_bisector_of_the_axes():
    # two tubes of 30 mm that meet at 130° in a mitre: along it they are 30 mm / sin 65° wide
    x, y = grid((0.25, 0.25))
    turn = math.radians(130.0)
    shaft = Line(x_mm=60.0, y_mm=75.0, dx_1=0.0, dy_1=1.0)
    neck = Line(x_mm=60.0, y_mm=75.0, dx_1=math.sin(turn), dy_1=math.cos(turn))
    on_neck = (x - 60) * (neck.dx_1 - shaft.dx_1) + (y - 75) * (neck.dy_1 - shaft.dy_1) > 0
    in_neck, in_shaft = tube(x, y, neck, 15.0, 9.0)[1], tube(x, y, shaft, 15.0, 9.0)[1]
    mask = np.where(on_neck, in_neck, in_shaft)
    away = Line(x_mm=60 + 30 * neck.dx_1, y_mm=75 + 30 * neck.dy_1, dx_1=neck.dx_1, dy_1=neck.dy_1)
    found = {
        s.region: s for s in hip_structure(mask * 0.9, (0.25, 0.25), mask, away, shaft).sections
    }
    want = 30.0 / math.sin(math.radians(65.0))
    assert found["intertrochanter"].width_mm == pytest.approx(want, abs=0.5)
    # of even density: area = width x density / 1.05
    assert found["intertrochanter"].csa_cm2 == pytest.approx(want / 10 * 0.9 / 1.05, rel=0.03)
