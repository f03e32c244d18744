"""Femoral neck, trochanter and total hip on a map of the proximal femur.

* narrowest place of the neck: the shortest way through bone between the soft
  tissue above the neck and that below it, then the direction and place at which
  a box of 15 mm holds the least bone;
* femoral neck: the bone in that box, 15 mm along the axis of the neck;
* total hip: the femur from the proximal side of the box down to a line across
  the shaft 1.5 neck widths below the point where the axes of neck and shaft meet;
* trochanter and intertrochanter: what of it lies distal to the box, above and
  below the axis of the neck.

The boxes of makers differ in size and place: numbers of these regions belong to
this rule and to no maker's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from bonescan.model.arrays import Array

from .decompose import DensityMap
from .hip_structure import Line
from .regions import HipAxes, Mask, Placed, Region, RegionsNotFound, fine_grid
from .segment import FINER, Bone, half_maximum

NECK_BOX_MM = 15.0
SHAFT_WIDTHS_1 = 1.5
SHAFT_ROWS_MM = 22.0  # lowest rows, where the shaft is looked for
SHAFT_WIDTH_MM = (16.0, 48.0)
NECK_WIDTH_MM = (20.0, 50.0)
CROSSING_DEG = (10.0, 70.0)  # of the way through the neck from the vertical
NECK_SHAFT_DEG = (105.0, 150.0)
SEARCH_MM, SEARCH_DEG = 8.0, 12.0
HEADWARD_MM = 14.0  # of the neck beyond the box that hip structure looks at


@dataclass(frozen=True, eq=False, kw_only=True)
class Neck:
    """Axis and narrowest place of the neck, medial to the left [mm]."""

    x_mm: float  # of the narrowest place, on the axis
    y_mm: float
    angle_rad: float  # of the axis above the horizontal, pointing medially
    width_mm: float


@dataclass(frozen=True, eq=False, kw_only=True)
class _Shaft:
    x_mm: float  # of the axis at y = 0
    slope_1: float  # mm to the right per mm down


def place_hip(image: DensityMap, site: str) -> Placed:
    """Place the regions of "femur-left" or "femur-right".

    Raises
    ------
    RegionsNotFound
        No shaft, no neck between two stretches of soft tissue, an angle or
        width that no hip has, or an image that ends too early.
    """
    side = site.rpartition("-")[2]
    bone = half_maximum(image)
    if side == "right":
        bone = Bone(inside=bone.inside[:, ::-1], with_margin=bone.with_margin[:, ::-1])
    n_rows, n_columns = image.density_g_cm2.shape
    neck, zones, axes = find_hip(bone, (n_rows, n_columns), image.pixel_mm)
    if side == "right":
        zones = {name: zone[:, ::-1] for name, zone in zones.items()}
        axes = replace(axes, mirrored=True)
    return Placed(
        regions=tuple(Region(site=f"{name}-{side}", zone=z) for name, z in zones.items()),
        bone_at=lambda level: half_maximum(image, level),
        details=(
            (
                "neck",
                f"narrowest {neck.width_mm:.1f} mm, axis {np.rad2deg(neck.angle_rad):.0f}° above "
                "the horizontal",
            ),
        ),
        hip=axes,
    )


def find_hip(
    bone: Bone, shape: tuple[int, int], pixel_mm: tuple[float, float]
) -> tuple[Neck, dict[str, Mask], HipAxes]:
    """Place neck and hip on bone whose medial side is on the left."""
    x, y = fine_grid(shape, pixel_mm)
    coarse = bone.inside[FINER // 2 :: FINER, FINER // 2 :: FINER]
    shaft, rim = _find_shaft(coarse, pixel_mm)
    start = _narrowest_way(coarse, shaft, rim, pixel_mm)
    neck = _least_box(bone.inside, x, y, start)
    zones, femur = _zones(bone, x, y, neck, shaft)
    axes = HipAxes(
        neck=Line(
            x_mm=neck.x_mm,
            y_mm=neck.y_mm,
            dx_1=-float(np.cos(neck.angle_rad)),
            dy_1=-float(np.sin(neck.angle_rad)),
        ),
        shaft=Line(x_mm=shaft.x_mm, y_mm=0.0, dx_1=shaft.slope_1, dy_1=1.0),
        femur=femur,
        mirrored=False,
    )
    return neck, zones, axes


def _find_shaft(bone: Mask, pixel_mm: tuple[float, float]) -> tuple[_Shaft, int]:
    """Fit the axis of the lateral-most bone of the lowest rows; give it and its medial rim."""
    n = max(4, round(SHAFT_ROWS_MM / pixel_mm[1]))
    middles, rows, rim = [], [], 0
    for row in range(bone.shape[0] - n, bone.shape[0]):
        columns = np.flatnonzero(bone[row])
        if columns.size == 0:
            continue
        gaps = np.flatnonzero(np.diff(columns) > 1)
        first = columns[gaps[-1] + 1] if gaps.size else columns[0]
        width = (columns[-1] - first + 1) * pixel_mm[0]
        inside = first > 0 and columns[-1] < bone.shape[1] - 1
        if inside and SHAFT_WIDTH_MM[0] <= width <= SHAFT_WIDTH_MM[1]:
            middles.append(0.5 * (first + columns[-1] + 1) * pixel_mm[0])
            rows.append((row + 0.5) * pixel_mm[1])
            rim = int(first)
    if len(rows) < 0.7 * n:
        raise RegionsNotFound("no shaft of a femur in the lowest rows")
    slope, start = np.polyfit(rows, middles, 1)
    return _Shaft(x_mm=float(start), slope_1=float(slope)), rim


def _narrowest_way(
    bone: Mask, shaft: _Shaft, rim: int, pixel_mm: tuple[float, float]
) -> tuple[Array, Array]:
    """Find the shortest way through the neck: its lower and its upper end (x, y) [mm]."""
    labels, _ = ndimage.label(~bone)
    below, beside = labels[-1, rim - 1], labels[-1, -1]
    if 0 in (below, beside) or below == beside:
        raise RegionsNotFound("the femur does not divide the image: its neck was not found")
    near = ndimage.binary_dilation(bone)

    def rim_points(label: int) -> Array:
        rows, columns = np.nonzero((labels == label) & near)
        return np.stack([(columns + 0.5) * pixel_mm[0], (rows + 0.5) * pixel_mm[1]], axis=1)

    lower, upper = rim_points(int(below)), rim_points(int(beside))
    upper = upper[upper[:, 0] < shaft.x_mm + shaft.slope_1 * upper[:, 1]]  # not along the shaft
    if upper.size == 0 or lower.size == 0:
        raise RegionsNotFound("no soft tissue above the neck of the femur")
    dx = upper[None, :, 0] - lower[:, None, 0]
    dy = lower[:, None, 1] - upper[None, :, 1]  # upward
    length = np.hypot(dx, dy)
    tilt = np.rad2deg(np.arctan2(dx, dy))
    length[(tilt < CROSSING_DEG[0]) | (tilt > CROSSING_DEG[1])] = np.inf
    i, j = np.unravel_index(int(length.argmin()), length.shape)
    if not NECK_WIDTH_MM[0] <= length[i, j] <= NECK_WIDTH_MM[1]:
        raise RegionsNotFound("no neck of a femur between the soft tissue above and below it")
    return lower[i], upper[j]


def _least_box(inside: Mask, x: Array, y: Array, ends: tuple[Array, Array]) -> Neck:
    """Turn and move a box of 15 mm along the neck until it holds the least bone."""
    low, high = ends
    middle = 0.5 * (low + high)
    width = float(np.hypot(*(high - low)))
    angle = float(np.arctan2(high[0] - low[0], low[1] - high[1]))
    reach = NECK_BOX_MM / 2.0 + SEARCH_MM + 1.0
    near = inside & (np.hypot(x - middle[0], y - middle[1]) < width / 2.0 + reach)
    px, py = x[near] - middle[0], y[near] - middle[1]
    cell = float((x[0, 1] - x[0, 0]) * (y[1, 0] - y[0, 0]))
    step = 0.25
    edges = np.arange(-reach, reach + step / 2.0, step)
    box = round(NECK_BOX_MM / step)
    best = (np.inf, 0.0, 0.0, 0.0)
    for turn in np.deg2rad(np.arange(-SEARCH_DEG, SEARCH_DEG + 0.5, 1.0)):
        ux, uy = -np.cos(angle + turn), -np.sin(angle + turn)
        along, across = px * ux + py * uy, -px * uy + py * ux
        kept = np.abs(across) < width / 2.0 + 5.0  # not the ischium, not the trochanter
        counts = np.histogram(along[kept], edges)[0] * cell
        areas = np.convolve(counts, np.ones(box), mode="valid")
        at = int(areas.argmin())
        if areas[at] < best[0]:
            centre = edges[at] + NECK_BOX_MM / 2.0
            in_box = kept & (np.abs(along - centre) <= NECK_BOX_MM / 2.0)
            best = (float(areas[at]), angle + turn, centre, float(across[in_box].mean()))
    area, turned, centre, aside = best
    ux, uy = -np.cos(turned), -np.sin(turned)
    return Neck(
        x_mm=float(middle[0] + centre * ux - aside * uy),
        y_mm=float(middle[1] + centre * uy + aside * ux),
        angle_rad=float(turned),
        width_mm=area / NECK_BOX_MM,
    )


def _zones(
    bone: Bone, x: Array, y: Array, neck: Neck, shaft: _Shaft
) -> tuple[dict[str, Mask], Mask]:
    """Cut the regions out; give them and the femur up to the head."""
    ux, uy = -np.cos(neck.angle_rad), -np.sin(neck.angle_rad)
    along = (x - neck.x_mm) * ux + (y - neck.y_mm) * uy  # towards the head
    above = (y - neck.y_mm) * ux - (x - neck.x_mm) * uy > 0.0
    down = float(np.hypot(1.0, shaft.slope_1))
    # where the axes meet: on the neck's axis, at the distance at which it is on the shaft's
    gap = shaft.x_mm + shaft.slope_1 * neck.y_mm - neck.x_mm
    reach = gap / (ux - shaft.slope_1 * uy)
    meet_y = neck.y_mm + reach * uy
    angle = float(np.rad2deg(np.arccos((ux * shaft.slope_1 + uy) / down)))
    if not NECK_SHAFT_DEG[0] <= angle <= NECK_SHAFT_DEG[1]:
        raise RegionsNotFound(
            f"an angle of {angle:.0f}° between neck and shaft is that of no femur"
        )
    meet_x = neck.x_mm + reach * ux
    distal = ((y - meet_y) + shaft.slope_1 * (x - meet_x)) / down  # along the shaft
    last = SHAFT_WIDTHS_1 * neck.width_mm
    if distal[-1].min() < last:
        raise RegionsNotFound("the image ends above the lower line of the total hip")
    half = NECK_BOX_MM / 2.0
    cut = (along <= half) & (distal <= last)
    labels, _ = ndimage.label(bone.with_margin & cut)
    row = int(np.argmin(np.abs(y[:, 0] - meet_y)))
    column = int(np.argmin(np.abs(x[0] - meet_x)))
    if labels[row, column] == 0:
        raise RegionsNotFound("no bone where the axes of neck and shaft meet")
    hip = labels == labels[row, column]
    box = hip & (np.abs(along) <= half)
    rest = hip & ~box
    labels, _ = ndimage.label(bone.inside & (along <= half + HEADWARD_MM))
    return {
        "femoral-neck": box,
        "trochanter": rest & above,
        "intertrochanter": rest & ~above,
        "total-hip": hip,
    }, np.asarray(labels == labels[row, column])
