"""L1 to L4 on a map of the lumbar spine, named by the twelfth ribs and the iliac crests.

The vertebra that the lowest pair of ribs leaves is T12; the crests stand at about
the disc L4/L5 (the line between them crosses L4 or that disc in most people).
With both landmarks there must be four vertebrae between them; with one only, the
names are flagged; with none, or where they disagree (people have four or six
lumbar vertebrae, or ribs on L1), nothing is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import ndimage

from bonescan.model.arrays import Array

from .decompose import DensityMap
from .discs import find_discs
from .regions import Mask, Placed, Region, RegionsNotFound, fine_grid
from .segment import between_edges, column_edges, smooth_map

NAMES = ("L1", "L2", "L3", "L4")
BY_ONE_LANDMARK = "levels_by_one_landmark"
LANDMARK_BLUR_MM = 1.5
RIB_G_CM2 = 0.10
RIB_ZONE_MM = (44.0, 64.0)  # from the axis: beyond any transverse process
RIB_LEAST_MM = 12.0  # of its length within that zone
RIB_ATTACHES_MM = 18.0  # from the axis, where it meets its vertebra
RIB_SLOPES_1 = (-0.3, 1.6)  # downward to the side
CREST_ZONE_MM = (44.0, 68.0)
CREST_LEAST_MM = 12.0  # of height at the lower edge of the image
CREST_REACH_MM = 16.0  # about half a vertebra from the disc L4/L5


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmarks:
    """Where the lowest ribs leave the spine and the iliac crests stand [mm from the top]."""

    rib_mm: float | None
    crest_mm: float | None


def place_spine(image: DensityMap) -> Placed:
    """Place L1 to L4.

    Raises
    ------
    RegionsNotFound
        No column of vertebrae, no landmark, or landmarks that disagree.
    """
    density, pixel_mm = image.density_g_cm2, image.pixel_mm
    discs = find_discs(np.maximum(np.nan_to_num(density), 0.0), pixel_mm)
    if discs.column is None:
        raise RegionsNotFound(f"no lumbar spine was found: {discs.reason}")
    lines_mm = [(row + 0.5) * pixel_mm[1] for row in discs.rows]
    axis_mm = (discs.column + 0.5) * pixel_mm[0]
    marks = find_landmarks(density, pixel_mm, axis_mm, lines_mm)
    first, flags = _upper_disc(lines_mm, marks)
    chosen = lines_mm[first : first + len(NAMES) + 1]
    _check_upright(image, discs.column, chosen)
    shape = (density.shape[0], density.shape[1])
    y = fine_grid(shape, pixel_mm)[1]
    zones = [(y >= top) & (y < bottom) for top, bottom in pairwise(chosen)]
    regions = [Region(site=n, zone=z) for n, z in zip(NAMES, zones, strict=True)]
    regions.append(Region(site="L1-L4", zone=np.logical_or.reduce(zones)))
    column = discs.column
    return Placed(
        regions=tuple(regions),
        bone_at=lambda level: between_edges(*column_edges(image, column, level), shape),
        details=(
            ("disc lines", ", ".join(f"{mm:.0f}" for mm in lines_mm) + " mm from the top"),
            ("levels named by", _words(marks)),
        ),
        flags=flags,
    )


def _check_upright(image: DensityMap, column: float, lines_mm: list[float]) -> None:
    """Refuse vertebrae that neither rise in height nor in area from L1 to L4: upside down."""
    left, right = column_edges(image, column)
    widths_mm = (right - left) * image.pixel_mm[0]
    rows = [round(mm / image.pixel_mm[1]) for mm in lines_mm]
    areas = [float(widths_mm[a:b].sum()) for a, b in pairwise(rows)]
    heights = [below - above for above, below in pairwise(lines_mm)]
    if areas[-2] + areas[-1] <= areas[0] + areas[1] and (
        heights[-2] + heights[-1] <= heights[0] + heights[1]
    ):
        raise RegionsNotFound(
            "the vertebrae get smaller from top to bottom: the image may be upside down"
        )


def _words(marks: Landmarks) -> str:
    parts = []
    if marks.rib_mm is not None:
        parts.append(f"lowest ribs leave the spine at {marks.rib_mm:.0f} mm (T12)")
    if marks.crest_mm is not None:
        parts.append(f"iliac crests at {marks.crest_mm:.0f} mm (L4/L5)")
    return "; ".join(parts)


def _upper_disc(lines_mm: list[float], marks: Landmarks) -> tuple[int, tuple[str, ...]]:
    """Find which line is the disc T12/L1, counted from 0."""
    by_rib = by_crest = None
    if marks.rib_mm is not None:
        # the first line below the place where the rib leaves its vertebra
        below = [i for i, mm in enumerate(lines_mm) if mm > marks.rib_mm]
        by_rib = below[0] if below else None
    if marks.crest_mm is not None:
        apart = [abs(mm - marks.crest_mm) for mm in lines_mm]
        nearest = int(np.argmin(apart))
        by_crest = nearest - len(NAMES) if apart[nearest] <= CREST_REACH_MM else None
    if by_rib is None and by_crest is None:
        raise RegionsNotFound(
            "the vertebrae can't be named: neither the twelfth ribs nor the iliac crests were found"
        )
    if by_rib is not None and by_crest is not None and by_rib != by_crest:
        n = by_crest + len(NAMES) - by_rib
        raise RegionsNotFound(
            f"the vertebrae can't be named: {n} of them between the lowest ribs and the iliac "
            f"crests, wanted {len(NAMES)}"
        )
    first = by_rib if by_rib is not None else by_crest
    if first is None or first < 0 or first + len(NAMES) >= len(lines_mm):
        raise RegionsNotFound("L1 to L4 are not all in the image with the discs around them")
    both = by_rib is not None and by_crest is not None
    return first, () if both else (BY_ONE_LANDMARK,)


def find_landmarks(
    density: Array, pixel_mm: tuple[float, float], axis_mm: float, lines_mm: list[float]
) -> Landmarks:
    """Look for ribs and iliac crests on both sides; one side is enough for either."""
    smooth = smooth_map(density, pixel_mm, LANDMARK_BLUR_MM)
    bright = smooth > RIB_G_CM2
    ribs, crests = [], []
    for side in (-1.0, 1.0):
        ribs.append(_rib(bright, pixel_mm, axis_mm, side, lines_mm))
        crests.append(_crest(bright, pixel_mm, axis_mm, side))
    rib = [mm for mm in ribs if mm is not None]
    crest = [mm for mm in crests if mm is not None]
    return Landmarks(
        rib_mm=float(np.mean(rib)) if rib else None,
        crest_mm=float(np.mean(crest)) if crest else None,
    )


def _zone(
    bright: Mask, pixel_mm: tuple[float, float], axis_mm: float, side: float,
    zone_mm: tuple[float, float],
) -> tuple[Mask, Array]:  # fmt: skip
    """Cut a strip beside the spine out; give it with the distance of its columns to the axis."""
    away = side * ((np.arange(bright.shape[1]) + 0.5) * pixel_mm[0] - axis_mm)
    columns = (away >= zone_mm[0]) & (away <= zone_mm[1])
    return bright[:, columns], np.asarray(away[columns], dtype=np.float64)


def _rib(
    bright: Mask, pixel_mm: tuple[float, float], axis_mm: float, side: float, lines_mm: list[float]
) -> float | None:
    """Follow the lowest rib of one side back to the spine."""
    strip, away = _zone(bright, pixel_mm, axis_mm, side, RIB_ZONE_MM)
    if strip.shape[1] < 2:  # noqa: PLR2004 - no line through one column
        return None
    labels, n = ndimage.label(strip)
    found = None
    for i in range(1, n + 1):
        rows, columns = np.nonzero(labels == i)
        across = away[columns]
        touches_foot = rows.max() == strip.shape[0] - 1
        if touches_foot or np.ptp(across) < RIB_LEAST_MM:
            continue
        slope, start = np.polyfit(across, (rows + 0.5) * pixel_mm[1], 1)
        at = float(start + slope * RIB_ATTACHES_MM)
        within = RIB_SLOPES_1[0] <= slope <= RIB_SLOPES_1[1] and at < lines_mm[-1]
        if within and (found is None or at > found):
            found = at
    return found


def _crest(
    bright: Mask, pixel_mm: tuple[float, float], axis_mm: float, side: float
) -> float | None:
    """Find the highest point of the bone that reaches the foot of the image beside the spine."""
    strip, _ = _zone(bright, pixel_mm, axis_mm, side, CREST_ZONE_MM)
    if strip.shape[1] == 0:
        return None
    labels, _ = ndimage.label(strip)
    at_foot = labels[-1][labels[-1] > 0]
    if at_foot.size == 0:
        return None
    rows = np.flatnonzero((labels == np.bincount(at_foot).argmax()).any(axis=1))
    height = (strip.shape[0] - rows[0]) * pixel_mm[1]
    return float(rows[0] * pixel_mm[1]) if height >= CREST_LEAST_MM else None
