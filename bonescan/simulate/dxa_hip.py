"""A proximal femur with a part of the pelvis, as mineral in the beam.

Sizes are of the order of published reports (neck 4 to 5 cm2 in a box 15 mm wide,
total hip 33 to 38 cm2); the shape is our own. The true regions follow the same
words as those that are measured: neck = the box of 15 mm across the narrowest
place of the neck; total hip = femur from the proximal edge of that box down to
the line 1.5 neck widths below the point where the axes of neck and shaft meet;
trochanter = what of it lies distal to the box and above the axis of the neck.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .dxa_beam import Array
from .dxa_frames import DxaObject, pixel_grid
from .dxa_shapes import bar_inside, body, disc_inside, edge, ellipse_inside

PIXEL_MM = (0.6, 0.6)
SIZE_MM = (120.0, 138.0)
NECK_BOX_MM = 15.0
SHAFT_WIDTHS_1 = 1.5  # HSA's place of the shaft profile (T. J. Beck 1990, from memory)
NECK_SHAFT_DEG = 128.0
NECK_WIDTH_MM = 32.0
HEAD_RADIUS_MM = 23.0
SHAFT_WIDTH_MM = 30.0
MEET_MM = (80.0, 66.0)  # where the axes meet, of a left hip
HEAD_FROM_MEET_MM = 56.0
NARROW_FROM_MEET_MM = 30.0
CALCAR_MM = (5.0, 40.0)  # along the neck, where its cortex is thick
HEAD_1, NECK_1, TROCHANTER_1, SHAFT_1 = 1.15, 1.0, 0.85, 1.45  # to the BMD asked for the neck


@dataclass(frozen=True, slots=True, kw_only=True)
class HipPose:
    """How a person lies, and what surrounds the hip."""

    shift_mm: tuple[float, float] = (0.0, 0.0)
    turn_deg: float = 0.0  # of the leg in the plane of the image
    thickness_cm: float = 16.0
    fat_1: float = 0.3
    fat_slope_1: float = 0.0
    scale_1: float = 1.0


def hip_object(bmd_g_cm2: float, side: str, pose: HipPose) -> DxaObject:
    """Make the hip of one side; `bmd_g_cm2` is about that of the neck."""
    x, y = pixel_grid(SIZE_MM, PIXEL_MM)
    u = SIZE_MM[0] - x if side == "right" else x
    meet = (MEET_MM[0] + pose.shift_mm[0], MEET_MM[1] + pose.shift_mm[1])
    # the femur's own frame: turned about the meeting point, in its own size
    turn = np.deg2rad(pose.turn_deg)
    du, dv = (u - meet[0]) / pose.scale_1, (y - meet[1]) / pose.scale_1
    p = np.cos(turn) * du + np.sin(turn) * dv
    q = -np.sin(turn) * du + np.cos(turn) * dv
    along, across = _neck_frame(p, q)
    femur = _femur(p, q, along, across)
    mineral = bmd_g_cm2 * _density(p, q, along, femur) * edge(femur * pose.scale_1)
    pelvis = _pelvis(u, y, meet, pose)
    mineral = np.where(femur > 0.0, mineral, np.maximum(mineral, pelvis))
    # the socket overlaps the head
    cup = edge(disc_inside(p, q, _on_neck(HEAD_FROM_MEET_MM), HEAD_RADIUS_MM + 6.0))
    mineral = mineral + 0.25 * cup * (along > HEAD_FROM_MEET_MM - 6.0)
    thickness, fat = body(u, pose.thickness_cm, pose.fat_1, pose.fat_slope_1)
    return DxaObject(
        site=f"femur-{side}",
        pixel_mm=PIXEL_MM,
        mineral_g_cm2=mineral,
        thickness_cm=thickness,
        fat_1=fat,
        regions=_regions(side, q, (along, across), femur, pose.scale_1),
    )


def _on_neck(mm: float) -> tuple[float, float]:
    angle = np.deg2rad(NECK_SHAFT_DEG - 90.0)
    return (-mm * float(np.cos(angle)), -mm * float(np.sin(angle)))


def _neck_frame(p: Array, q: Array) -> tuple[Array, Array]:
    """Millimetres along the neck's axis to the head, and across it (up positive)."""
    to_x, to_y = _on_neck(1.0)
    return p * to_x + q * to_y, q * to_x - p * to_y


def _femur(p: Array, q: Array, along: Array, across: Array) -> Array:
    flare = 0.006 * (along - NARROW_FROM_MEET_MM) ** 2
    half = NECK_WIDTH_MM / 2.0 + flare
    neck = np.where((along > 0.0) & (along < HEAD_FROM_MEET_MM), half - np.abs(across), -99.0)
    parts = [
        disc_inside(p, q, _on_neck(HEAD_FROM_MEET_MM), HEAD_RADIUS_MM),
        neck,
        bar_inside(p, q, ((0.0, 0.0), (-1.0, 120.0)), (SHAFT_WIDTH_MM / 2.0 + 2.0, 15.0)),
        ellipse_inside(p, q, (6.0, -8.0), (17.0, 22.0)),  # greater trochanter
        disc_inside(p, q, (-14.0, 26.0), 9.0),  # lesser trochanter
        disc_inside(p, q, (-4.0, 8.0), 20.0),
    ]
    return np.asarray(np.maximum.reduce(parts))


def _density(p: Array, q: Array, along: Array, femur: Array) -> Array:
    places = (
        (_on_neck(HEAD_FROM_MEET_MM), HEAD_1),
        (_on_neck(NARROW_FROM_MEET_MM), NECK_1),
        ((5.0, -9.0), TROCHANTER_1),
        ((-2.0, 22.0), 0.5 * (TROCHANTER_1 + SHAFT_1)),
        ((-1.0, 55.0), SHAFT_1),
    )
    total, weights = np.zeros_like(p), np.zeros_like(p)
    for (x0, y0), value in places:
        weight = np.exp(-((p - x0) ** 2 + (q - y0) ** 2) / (2.0 * 16.0**2)) + 1e-9
        total, weights = total + weight * value, weights + weight
    depth = np.clip(femur / 6.0, 0.0, 1.0)
    round_off = 1.0 - 0.3 * (1.0 - depth) ** 2  # bone is thinner towards its outline
    cortex = 0.35 * np.exp(-(((femur - 2.5) / 2.0) ** 2)) * np.clip((q - 15.0) / 20.0, 0.0, 1.0)
    medial = 0.15 * np.exp(-(((femur - 3.0) / 2.5) ** 2)) * _on_the_neck(along)
    return np.asarray(total / weights * round_off + cortex + medial)


def _on_the_neck(along: Array) -> Array:
    return np.asarray((along > CALCAR_MM[0]) & (along < CALCAR_MM[1]))


def _pelvis(u: Array, y: Array, meet: tuple[float, float], pose: HipPose) -> Array:
    """Ilium above and medial to the head, ischium below: they stay when the leg turns."""
    s = pose.scale_1
    head = _on_neck(HEAD_FROM_MEET_MM)
    cx, cy = meet[0] + s * head[0], meet[1] + s * head[1]
    ilium = ellipse_inside(u, y, (cx - 12.0 * s, cy - 40.0 * s), (26.0 * s, 34.0 * s))
    wall = ellipse_inside(u, y, (cx - 30.0 * s, cy + 5.0 * s), (20.0 * s, 40.0 * s))
    ischium = ellipse_inside(u, y, (cx - 18.0 * s, cy + 58.0 * s), (17.0 * s, 34.0 * s))
    return 0.9 * edge(ilium) + 0.35 * edge(wall) * (1.0 - edge(ilium)) + 0.6 * edge(ischium)


def _regions(
    side: str, q: Array, neck_frame: tuple[Array, Array], femur: Array, scale: float
) -> dict[str, NDArray[np.bool_]]:
    along, across = neck_frame
    half = NECK_BOX_MM / 2.0 / scale  # the box does not grow with the person
    inside = femur > 0.0
    neck = inside & (np.abs(along - NARROW_FROM_MEET_MM) <= half)
    hip = inside & (along <= NARROW_FROM_MEET_MM + half) & (q <= SHAFT_WIDTHS_1 * NECK_WIDTH_MM)
    rest = hip & ~neck & (along < NARROW_FROM_MEET_MM)
    hip = neck | rest
    above = across > 0.0
    return {
        f"femoral-neck-{side}": neck,
        f"trochanter-{side}": rest & above,
        f"intertrochanter-{side}": rest & ~above,
        f"total-hip-{side}": hip,
    }
