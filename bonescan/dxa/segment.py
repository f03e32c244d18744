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

FINER = 3  # sub-pixels a side
EDGE_RULE = "half-maximum"
EDGE_LEVEL_1 = 0.5
EDGE_LEVELS_1 = (0.45, 0.55)  # between which the rule might as well have been set
EDGE_BLUR_MM = 0.8
PLATEAU_MM = 5.0  # neighbourhood whose density an edge is half of
LEAST_BONE_G_CM2 = 0.12

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


def half_maximum(
    density: Array, pixel_mm: tuple[float, float], level_1: float = EDGE_LEVEL_1
) -> Bone:
    """Find bone of any shape: at least `level_1` of the mean density of bone nearby.

    Parameters
    ----------
    density : (row, column) float64
        [g/cm2]
    pixel_mm : (float, float)
        Width and height of a pixel [mm].
    level_1 : float

    Returns
    -------
    bone : Bone
        On the sub-pixels, (3 row, 3 column).
    """
    smooth = smooth_map(density, pixel_mm, EDGE_BLUR_MM)
    core = smooth > LEAST_BONE_G_CM2
    weight = smooth_map(core.astype(np.float64), pixel_mm, PLATEAU_MM)
    total = smooth_map(np.where(core, smooth, 0.0), pixel_mm, PLATEAU_MM)
    plateau = np.where(weight > 1e-6, total / np.maximum(weight, 1e-6), np.inf)  # noqa: PLR2004
    fine = finer(smooth)
    inside = (fine > level_1 * finer(np.minimum(plateau, 10.0))) & (fine > LEAST_BONE_G_CM2 / 2.0)
    square = np.ones((2 * FINER + 1, 2 * FINER + 1), dtype=bool)
    return Bone(inside=inside, with_margin=ndimage.binary_dilation(inside, square))


def column_edges(
    density: Array, pixel_mm: tuple[float, float], column: float, level_1: float = EDGE_LEVEL_1
) -> tuple[Array, Array]:
    """Find the left and right edge of the vertebral column in every row.

    From the axis outward, the first place with less than `level_1` of the row's
    own middle; processes and ribs that stick out are passed over by the rows
    above and below them.

    Returns
    -------
    left, right : (row,) float64
        In columns, fractional.
    """
    sigma = (1.5 / pixel_mm[1], EDGE_BLUR_MM / pixel_mm[0])
    smooth = ndimage.gaussian_filter(np.nan_to_num(density), sigma)
    left, right = _walk(smooth, pixel_mm, np.full(smooth.shape[0], column), level_1)
    middle = _steady(0.5 * (left + right), pixel_mm[1], pixel_mm[0])
    left, right = _walk(smooth, pixel_mm, middle, level_1)
    return (
        _steady(left, pixel_mm[1], pixel_mm[0]),
        _steady(right, pixel_mm[1], pixel_mm[0]),
    )


_MIDDLE_MM = 8.0
_WALK_FROM_MM = 9.0  # a dark spot inside a vertebra is no edge
_WALK_TO_MM = 34.0
_MEDIAN_MM = 16.0  # a process is 9 mm high
_OUTLIER_MM = 2.0
_MEAN_MM = 1.5


def _walk(
    smooth: Array, pixel_mm: tuple[float, float], middle: Array, level_1: float
) -> tuple[Array, Array]:
    n_rows, n_columns = smooth.shape
    columns = np.arange(n_columns)
    found = np.empty((2, n_rows))
    for row in range(n_rows):
        values = smooth[row]
        near = np.abs(columns - middle[row]) * pixel_mm[0] <= _MIDDLE_MM
        wanted = level_1 * float(np.median(values[near])) if near.any() else 0.0
        for i, step in enumerate((-1, 1)):
            start = round(middle[row] + step * _WALK_FROM_MM / pixel_mm[0])
            stop = round(middle[row] + step * _WALK_TO_MM / pixel_mm[0])
            found[i, row] = _crossing(values, start, stop, step, wanted)
    return found[0], found[1]


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


def _steady(edge: Array, pitch_mm: float, width_mm: float) -> Array:
    """Pass over what sticks out, and average what is left over a few rows."""
    size = 2 * max(1, round(_MEDIAN_MM / pitch_mm)) + 1
    usual = ndimage.median_filter(edge, size, mode="nearest")
    good = np.abs(edge - usual) * width_mm <= _OUTLIER_MM
    rows = np.arange(edge.size)
    kept = np.interp(rows, rows[good], edge[good])
    return np.asarray(ndimage.gaussian_filter1d(kept, _MEAN_MM / pitch_mm, mode="nearest"))


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
