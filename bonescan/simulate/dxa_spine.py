"""A lumbar spine from the front, and the spine phantom, as mineral in the beam.

Sizes are of the order of published reports (GE L1 to L4: 8.5 to 11.4 cm2, 3.3 to
3.8 cm wide, 2.6 to 3.0 cm high without the disc; Hologic 13 to 15 cm2); the
shape is our own. The European Spine Phantom has vertebrae of 0.5, 1.0 and 1.5
g/cm2 (J. Kalender et al., Eur J Radiol 1995;20:83, from memory).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .dxa_beam import Array
from .dxa_frames import DxaObject, pixel_grid
from .dxa_shapes import bar_inside, body, edge, ellipse_inside

PIXEL_MM = (0.6, 1.05)
SIZE_MM = (156.0, 205.8)
NAMES = ("T12", "L1", "L2", "L3", "L4", "L5")
PITCH_MM = (31.0, 32.5, 34.0, 35.5, 36.0, 36.0)  # vertebra with its disc
WIDTH_MM = (38.0, 39.5, 41.0, 43.0, 45.5, 48.0)
RELATIVE_1 = (0.92, 0.93, 1.0, 1.03, 1.04, 1.0)  # BMD of a vertebra to that asked for
FIRST_DISC_MM = 24.0  # T12/L1 below the top of the image
DISC_HALF_MM = 4.5
DISC_SHARE_1 = 0.45  # what lies behind a disc: arch and joints
PROCESS_G_CM2, RIB_G_CM2, PELVIS_G_CM2 = 0.26, 0.30, 0.75

PHANTOM_BMD_G_CM2 = (0.5, 1.0, 1.5)
PHANTOM_SIZE_MM = (120.0, 147.0)
PHANTOM_CM = 18.0
_PHANTOM_WIDTH_MM, _PHANTOM_HEIGHT_MM, _PHANTOM_PITCH_MM = 40.0, 32.0, 43.0
_PHANTOM_CORNER_MM = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpinePose:
    """How a person lies, and what surrounds the spine."""

    shift_mm: tuple[float, float] = (0.0, 0.0)
    tilt_1: float = 0.0  # of the axis: mm to the right per mm down
    bow_mm: float = 0.0  # scoliosis
    thickness_cm: float = 18.0
    fat_1: float = 0.25
    fat_slope_1: float = 0.0
    scale_1: float = 1.0  # size of the person
    crest_mm: float = 0.0  # of the iliac crest above the disc L4/L5


def spine_object(bmd_g_cm2: float, pose: SpinePose, size_mm: tuple[float, float] = SIZE_MM) -> (
    DxaObject
):  # fmt: skip
    """Make T12 to L5 with ribs, transverse processes and the iliac crests."""
    x, y = pixel_grid(size_mm, PIXEL_MM)
    y0 = FIRST_DISC_MM + pose.shift_mm[1]
    down = (y - y0) / pose.scale_1  # mm below the disc T12/L1, in the spine's own size
    middle = size_mm[0] / 2.0 + pose.shift_mm[0]
    axis = middle + pose.tilt_1 * (y - size_mm[1] / 2.0)
    axis = axis + pose.bow_mm * np.sin(np.pi * (down - 70.0) / 140.0)
    across = (x - axis) / pose.scale_1
    ends = np.concatenate([[-PITCH_MM[0]], [0.0], np.cumsum(PITCH_MM[1:])])
    mineral = np.zeros_like(x)
    regions = {}
    for i, name in enumerate(NAMES):
        local = (down - 0.5 * (ends[i] + ends[i + 1])) / (0.5 * PITCH_MM[i])
        rows = (local > -1.0) & (local <= 1.0)
        # waisted in the middle; behind the disc the same width, less mineral
        half = 0.5 * WIDTH_MM[i] * (1.0 - 0.08 * (1.0 - local**2))
        inside = half - np.abs(across)
        body_part = edge(PITCH_MM[i] / 2.0 * (1.0 - np.abs(local)) - DISC_HALF_MM)
        share = DISC_SHARE_1 + (1.0 - DISC_SHARE_1) * body_part
        lateral = 0.94 + 0.12 * np.clip(np.abs(across) / half, 0.0, 1.0) ** 4
        value = bmd_g_cm2 * RELATIVE_1[i] * share * lateral * edge(inside)
        mineral = np.where(rows, value, mineral)
        if 0 < i < len(NAMES) - 1:
            regions[name] = rows & (inside > 0.0)
    regions["L1-L4"] = np.logical_or.reduce([regions[n] for n in NAMES[1:-1]])
    beside = _processes(across, down, ends) + _ribs(across, down) + _pelvis(across, down, pose)
    mineral = np.where(np.logical_or.reduce(list(regions.values())), mineral, np.maximum(
        mineral, beside))  # fmt: skip
    thickness, fat = body(x, pose.thickness_cm, pose.fat_1, pose.fat_slope_1)
    return DxaObject(
        site="lumbar-spine",
        pixel_mm=PIXEL_MM,
        mineral_g_cm2=mineral,
        thickness_cm=thickness,
        fat_1=fat,
        regions=regions,
    )


def _processes(across: Array, down: Array, ends: Array) -> Array:
    """Transverse processes of L1 to L5, a third of the way down each vertebra."""
    total = np.zeros_like(across)
    for i in range(1, len(NAMES)):
        at = ends[i] + 0.42 * PITCH_MM[i]
        reach = 37.0 if i == 3 else 33.0  # noqa: PLR2004 - L3 has the longest
        for side in (-1.0, 1.0):
            bar = bar_inside(side * across, down, ((14.0, at), (reach, at - 2.0)), (4.0, 3.0))
            total = np.maximum(total, PROCESS_G_CM2 * edge(bar))
    return total


def _ribs(across: Array, down: Array) -> Array:
    """Twelfth ribs from T12, and the eleventh where the image reaches up to them."""
    total = np.zeros_like(across)
    for start, stop in ((-16.0, 22.0), (-46.0, -6.0)):
        for side in (-1.0, 1.0):
            bar = bar_inside(side * across, down, ((16.0, start), (90.0, stop)), (4.5, 4.0))
            total = np.maximum(total, RIB_G_CM2 * edge(bar))
    return total


def _pelvis(across: Array, down: Array, pose: SpinePose) -> Array:
    """Both iliac wings; the crest stands near the disc L4/L5."""
    crest = float(sum(PITCH_MM[1:5])) - pose.crest_mm
    total = np.zeros_like(across)
    for side in (-1.0, 1.0):
        wing = ellipse_inside(side * across, down, (62.0, crest + 60.0), (24.0, 60.0))
        total = np.maximum(total, PELVIS_G_CM2 * edge(wing))
    return total


def phantom_object(
    shift_mm: tuple[float, float] = (0.0, 0.0), thickness_cm: float = PHANTOM_CM
) -> DxaObject:
    """Make three vertebrae of 0.5, 1.0 and 1.5 g/cm2 in resin that is like water."""
    x, y = pixel_grid(PHANTOM_SIZE_MM, PIXEL_MM)
    across = x - PHANTOM_SIZE_MM[0] / 2.0 - shift_mm[0]
    mineral = np.zeros_like(x)
    regions = {}
    for i, bmd in enumerate(PHANTOM_BMD_G_CM2):
        at = PHANTOM_SIZE_MM[1] / 2.0 + (i - 1) * _PHANTOM_PITCH_MM + shift_mm[1]
        corner = _PHANTOM_CORNER_MM
        dx = np.abs(across) - _PHANTOM_WIDTH_MM / 2.0 + corner
        dy = np.abs(y - at) - _PHANTOM_HEIGHT_MM / 2.0 + corner
        outside = np.hypot(np.maximum(dx, 0.0), np.maximum(dy, 0.0))
        inside = corner - outside - np.minimum(np.maximum(dx, dy), 0.0)
        mineral = np.where(inside > 0.0, bmd, mineral)
        regions[f"L{i + 1}"] = inside > 0.0
    return DxaObject(
        site="spine-phantom",
        pixel_mm=PIXEL_MM,
        mineral_g_cm2=mineral,
        thickness_cm=np.full_like(x, thickness_cm),
        fat_1=np.zeros_like(x),
        regions=regions,
        is_water=True,
    )
