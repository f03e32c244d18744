"""Outlines of bones on a grid in millimetres, for drawn projections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.draw import polygon

from .pulse import Array

Points = Sequence[tuple[float, float]]
AUTO_WINDOW_1 = 0.6  # 1: the console brightens every picture alike; 0: dim bone stays dim
STEPS = 12  # points of the smooth outline between two given ones


@dataclass(frozen=True, eq=False, kw_only=True)
class Grid:
    """Pixels of a picture; x to the right, y down, in millimetres."""

    n_rows: int
    n_columns: int
    pitch_mm: float

    @property
    def x_mm(self) -> Array:
        """Centre of each column, (1, column)."""
        return ((np.arange(self.n_columns, dtype=np.float64) + 0.5) * self.pitch_mm)[None, :]

    @property
    def y_mm(self) -> Array:
        """Centre of each row, (row, 1)."""
        return ((np.arange(self.n_rows, dtype=np.float64) + 0.5) * self.pitch_mm)[:, None]


def smooth_outline(points: Points) -> Array:
    """Lay a closed Catmull-Rom curve through the points, (n, 2)."""
    p1 = np.asarray(points, dtype=np.float64)
    p0, p2, p3 = np.roll(p1, 1, 0), np.roll(p1, -1, 0), np.roll(p1, -2, 0)
    t = (np.arange(STEPS, dtype=np.float64) / STEPS)[None, :, None]
    a, b, c, d = (p[:, None, :] for p in (p0, p1, p2, p3))
    pieces = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    curve: Array = pieces.reshape(-1, 2)
    return curve


def inside_mm(grid: Grid, outline: Array) -> Array:
    """Distance of each pixel to the outline, inside only (0 elsewhere).

    The border of the picture is no edge of the bone.
    """
    mask = np.zeros((grid.n_rows, grid.n_columns), dtype=bool)
    rows, columns = polygon(  # type: ignore[no-untyped-call]  # the library has no types
        outline[:, 1] / grid.pitch_mm, outline[:, 0] / grid.pitch_mm, mask.shape
    )
    mask[rows, columns] = True
    distance = np.zeros(mask.shape)
    if rows.size:  # outside the frame of the bone there is nothing to measure
        frame = np.s_[
            max(0, rows.min() - 1) : rows.max() + 2, max(0, columns.min() - 1) : columns.max() + 2
        ]
        distance[frame] = ndimage.distance_transform_edt(mask[frame]) * grid.pitch_mm
    return distance


def bone(
    depth_mm: Array, *, rim: float | Array, rim_mm: float | Array, inner: float | Array
) -> Array:
    """Projected density of a bone from the distance to its edge.

    A shell of compact bone shines at the edge (`rim`, fading over `rim_mm`);
    the spongy inside fills up over a few millimetres to `inner`.
    """
    shell = rim * (depth_mm / rim_mm) * np.exp(1.0 - depth_mm / rim_mm)
    filled: Array = np.where(depth_mm > 0, shell + inner * (1.0 - np.exp(-depth_mm / 2.5)), 0.0)
    return filled


def ellipse(grid: Grid, centre: tuple[float, float], radii: tuple[float, float]) -> Array:
    """Normalised distance from the centre: 1 on the ellipse."""
    dx, dy = (grid.x_mm - centre[0]) / radii[0], (grid.y_mm - centre[1]) / radii[1]
    distance: Array = np.sqrt(dx * dx + dy * dy)
    return distance


def ring(distance: Array, width: float) -> Array:
    """Return a bright line where a normalised distance is 1."""
    line: Array = np.exp(-(((distance - 1.0) / width) ** 2))
    return line


def segment(grid: Grid, start: tuple[float, float], end: tuple[float, float]) -> Array:
    """Distance of each pixel to a straight piece [mm]."""
    ax, ay = start
    dx, dy = end[0] - ax, end[1] - ay
    along = ((grid.x_mm - ax) * dx + (grid.y_mm - ay) * dy) / (dx * dx + dy * dy)
    along = np.clip(along, 0.0, 1.0)
    gap: Array = np.hypot(grid.x_mm - ax - along * dx, grid.y_mm - ay - along * dy)
    return gap


def texture(rng: np.random.Generator, grid: Grid, size_mm: float) -> Array:
    """Smooth noise of unit variance with structures of about `size_mm`."""
    noise = ndimage.gaussian_filter(
        rng.standard_normal((grid.n_rows, grid.n_columns)), size_mm / grid.pitch_mm / 2.0
    )
    scaled: Array = noise / noise.std()
    return scaled


def as_grey(density: Array, rng: np.random.Generator, grid: Grid) -> NDArray[np.uint8]:
    """Turn a density into 8 bits, as a console shows it: 0 to 250 in steps of 2."""
    bright = float(np.quantile(density, 0.995))
    density = density * (0.9 / bright) ** AUTO_WINDOW_1
    speckled = density * (1.0 + 0.05 * texture(rng, grid, 1.2) + 0.04 * texture(rng, grid, 5.0))
    sweep = 0.006 * ndimage.gaussian_filter1d(rng.standard_normal(grid.n_rows), 3.0)[:, None]
    noise = 0.012 * texture(rng, grid, 0.6)
    soft = ndimage.gaussian_filter(speckled, 0.35 / grid.pitch_mm) + sweep + noise
    grey: NDArray[np.uint8] = (2 * np.rint(np.clip(soft, 0.0, 1.0) * 125)).astype(np.uint8)
    return grey


def staircase_margin(
    image: NDArray[np.uint8], rng: np.random.Generator, left_px: int, right_px: int, value: int
) -> None:
    """Paint the ragged no-data margins that sweeps leave on both sides."""
    edges = np.sort(rng.integers(0, image.shape[0], 5))
    start = 0
    for end in [*edges, image.shape[0]]:
        wide_left, wide_right = (int(w * rng.uniform(0.2, 1.0)) for w in (left_px, right_px))
        image[start:end, :wide_left] = value
        image[start:end, image.shape[1] - wide_right :] = value
        start = end
