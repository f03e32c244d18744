"""Where bone ends: half of the density beside the edge, named and recorded.

References
----------
A fixed threshold and a gradient rule give other areas of the same bone (R. B.
Mazess et al., Calcif Tissue Int 1991;48:151, from memory): so the rule is
written with every result, and how far its level moves the BMD is a term of the
uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bonescan.model.arrays import Array

from .decompose import DensityMap

FINER = 3  # sub-pixels a side
EDGE_RULE = "half-maximum"
EDGE_LEVEL_1 = 0.5
EDGE_LEVELS_1 = (0.45, 0.55)  # between which the rule might as well have been set
EDGE_BLUR_MM = 0.8
PLATEAU_MM = 5.0  # neighbourhood whose density an edge is half of
LEAST_BONE_G_CM2 = 0.12
RIM_MM = 1.5
LEAST_SHARE_1 = 1e-6

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class Bone:
    """Bone on the sub-pixels, and the band just outside it, whose mineral has spread from it."""

    inside: Mask
    with_margin: Mask


def smooth_map(density: Array, pixel_mm: tuple[float, float], blur_mm: float) -> Array:
    """Blur a map by a Gaussian; pixels that were not measured count as 0."""
    sigma = (blur_mm / pixel_mm[1], blur_mm / pixel_mm[0])
    return np.asarray(ndimage.gaussian_filter(np.nan_to_num(density), sigma))


def finer(values: Array) -> Array:
    """Interpolate a map on its sub-pixels, straight between the centres of pixels."""
    return np.asarray(ndimage.zoom(values, FINER, order=1, mode="nearest", grid_mode=True))


def in_pixels(mask: Mask) -> Array:
    """Share of each pixel that a mask of sub-pixels covers."""
    rows, columns = mask.shape
    blocks = mask.reshape(rows // FINER, FINER, columns // FINER, FINER)
    return np.asarray(blocks.mean(axis=(1, 3)))


def half_maximum(image: DensityMap, level_1: float = EDGE_LEVEL_1) -> Bone:
    """Find bone of any shape: pixels that bone of the density nearby covers to `level_1`.

    Returns
    -------
    bone : Bone
        On the sub-pixels, (3 row, 3 column).
    """
    cover = smooth_map(cover_map(image), image.pixel_mm, EDGE_BLUR_MM)
    inside = finer(cover) > level_1
    square = np.ones((2 * FINER + 1, 2 * FINER + 1), dtype=bool)
    return Bone(inside=inside, with_margin=ndimage.binary_dilation(inside, square))


def cover_map(image: DensityMap) -> Array:
    """Share of each pixel that bone covers, (row, column); with its noise, so beyond 0 and 1."""
    pixel_mm = image.pixel_mm
    smooth = smooth_map(image.density_g_cm2, pixel_mm, EDGE_BLUR_MM)
    first = _plateau(smooth, smooth > LEAST_BONE_G_CM2, pixel_mm)
    depth = ndimage.distance_transform_edt(
        smooth > EDGE_LEVEL_1 * first, sampling=(pixel_mm[1], pixel_mm[0])
    )
    # the slope of the edge itself is no part of the plateau
    plateau = _plateau(smooth, depth > RIM_MM, pixel_mm)
    return image.response.cover(np.nan_to_num(image.density_g_cm2), plateau)


def _plateau(smooth: Array, bone: Mask, pixel_mm: tuple[float, float]) -> Array:
    """Average the density of bone nearby; infinite where there is none."""
    weight = smooth_map(bone.astype(np.float64), pixel_mm, PLATEAU_MM)
    total = smooth_map(np.where(bone, smooth, 0.0), pixel_mm, PLATEAU_MM)
    known = weight > LEAST_SHARE_1
    return np.asarray(np.where(known, total / np.where(known, weight, 1.0), np.inf))


def column_edges(
    image: DensityMap, column: float, level_1: float = EDGE_LEVEL_1
) -> tuple[Array, Array]:
    """Find the left and right edge of the vertebral column in every row.

    From the axis outward, the first place of which bone as dense as that just inside
    the edge covers less than `level_1`; processes and ribs that stick out are passed over by the
    rows above and below them.

    Returns
    -------
    left, right : (row,) float64
        In columns, fractional.
    """
    pixel_mm = image.pixel_mm
    sigma = (1.5 / pixel_mm[1], EDGE_BLUR_MM / pixel_mm[0])
    values = np.nan_to_num(image.density_g_cm2)
    smooth = ndimage.gaussian_filter(values, sigma)
    axis = np.full(smooth.shape[0], column)
    left, right = _walk(smooth, pixel_mm, axis, EDGE_LEVEL_1 * _middles(smooth, pixel_mm, axis))
    middle = _steady(0.5 * (left + right), pixel_mm)
    usual = [_steady(edge, pixel_mm) for edge in (left, right)]
    sides = [
        _beside_edge(smooth, pixel_mm, e, i, _INSIDE_MM)
        for e, i in zip(usual, (1.0, -1.0), strict=True)
    ]
    sticking = [
        _sticks_out(smooth, pixel_mm, e, o) for e, o in zip(usual, (-1.0, 1.0), strict=True)
    ]
    columns = np.arange(smooth.shape[1])
    plateau = np.where(columns < middle[:, None], sides[0][:, None], sides[1][:, None])
    cover = ndimage.gaussian_filter(image.response.cover(values, plateau), sigma)
    left, right = _walk(cover, pixel_mm, middle, np.full(middle.size, level_1))
    return _steady(left, pixel_mm, sticking[0]), _steady(right, pixel_mm, sticking[1])


_MIDDLE_MM = 8.0
_WALK_FROM_MM = 9.0  # a dark spot inside a vertebra is no edge
_WALK_TO_MM = 34.0
_MEDIAN_MM = 16.0  # a process is 9 mm high
_OUTLIER_MM = 2.0
_INSIDE_MM = (1.5, 5.0)
_BEYOND_MM = (3.0, 9.0)
_PROCESS_G_CM2 = 0.1
_PROCESS_MARGIN_MM = 2.0
_MEAN_MM = 1.5


def _walk(
    smooth: Array, pixel_mm: tuple[float, float], middle: Array, wanted: Array
) -> tuple[Array, Array]:
    n_rows = smooth.shape[0]
    found = np.empty((2, n_rows))
    for row in range(n_rows):
        values = smooth[row]
        for i, step in enumerate((-1, 1)):
            start = round(middle[row] + step * _WALK_FROM_MM / pixel_mm[0])
            stop = round(middle[row] + step * _WALK_TO_MM / pixel_mm[0])
            found[i, row] = _crossing(values, start, stop, step, float(wanted[row]))
    return found[0], found[1]


def _beside_edge(
    smooth: Array,
    pixel_mm: tuple[float, float],
    edge: Array,
    step: float,
    reach_mm: tuple[float, float],
) -> Array:
    """Average the density some millimetres to the right (step 1) or left (-1) of an edge."""
    columns = np.arange(smooth.shape[1])
    found = np.zeros(edge.size)
    for row, at in enumerate(edge):
        away = step * (columns - at) * pixel_mm[0]
        near = (away >= reach_mm[0]) & (away <= reach_mm[1])
        found[row] = smooth[row][near].mean() if near.any() else 0.0
    return found


def _sticks_out(smooth: Array, pixel_mm: tuple[float, float], edge: Array, outward: float) -> Mask:
    """Mark rows in which a process or a rib goes on beyond the edge."""
    beyond = _beside_edge(smooth, pixel_mm, edge, outward, _BEYOND_MM)
    rows = 2 * max(1, round(_PROCESS_MARGIN_MM / pixel_mm[1])) + 1
    return np.asarray(ndimage.binary_dilation(beyond > _PROCESS_G_CM2, np.ones(rows, dtype=bool)))


def _middles(smooth: Array, pixel_mm: tuple[float, float], middle: Array) -> Array:
    """Take the median beside the axis, row by row."""
    columns = np.arange(smooth.shape[1])
    found = np.zeros(smooth.shape[0])
    for row, at in enumerate(middle):
        near = np.abs(columns - at) * pixel_mm[0] <= _MIDDLE_MM
        found[row] = np.median(smooth[row][near]) if near.any() else 0.0
    return found


def _crossing(values: Array, start: int, stop: int, step: int, wanted: float) -> float:
    """Walk until the values fall below `wanted`; the place between two columns, or the end."""
    last = values.size - 1
    here = min(max(start, 0), last)
    stop = min(max(stop, 0), last)
    while here != stop:
        beyond = here + step
        if values[beyond] < wanted <= values[here]:
            return here + step * float((values[here] - wanted) / (values[here] - values[beyond]))
        here = beyond
    return float(stop)


def _steady(edge: Array, pixel_mm: tuple[float, float], left_out: Mask | None = None) -> Array:
    """Pass over rows in which something sticks out, and average what is left over a few."""
    size = 2 * max(1, round(_MEDIAN_MM / pixel_mm[1])) + 1
    usual = ndimage.median_filter(edge, size, mode="nearest")
    good = np.abs(edge - usual) * pixel_mm[0] <= _OUTLIER_MM
    if left_out is not None and (good & ~left_out).any():
        good &= ~left_out
    rows = np.arange(edge.size)
    kept = np.interp(rows, rows[good], edge[good])
    return np.asarray(ndimage.gaussian_filter1d(kept, _MEAN_MM / pixel_mm[1], mode="nearest"))


def between_edges(left: Array, right: Array, shape: tuple[int, int]) -> Bone:
    """Turn the edges of the column into sub-pixels, with a margin of one pixel."""
    rows = (np.arange(shape[0] * FINER) + 0.5) / FINER - 0.5
    columns = (np.arange(shape[1] * FINER) + 0.5) / FINER - 0.5
    at = np.arange(shape[0])
    fine_left, fine_right = np.interp(rows, at, left), np.interp(rows, at, right)

    def mask(margin: float) -> Mask:
        return np.asarray(
            (columns >= fine_left[:, None] - margin) & (columns <= fine_right[:, None] + margin)
        )

    return Bone(inside=mask(0.0), with_margin=mask(1.0))
