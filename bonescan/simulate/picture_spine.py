"""A drawn projection of a lumbar spine: recognisable, and no data."""

from __future__ import annotations

import numpy as np

from .pulse import Array
from .shapes import Grid, bone, ellipse, inside_mm, ring, segment, smooth_outline, texture

# Centre, width and height of each vertebral body as parts of the picture's size.
LEVELS = ("T12", "L1", "L2", "L3", "L4", "L5")
CENTRE_1 = (0.055, 0.225, 0.395, 0.57, 0.75, 0.93)
WIDTH_MM = (39.0, 41.0, 43.5, 46.0, 49.0, 52.0)
HEIGHT_MM = (26.0, 27.0, 28.0, 29.0, 29.5, 28.5)
DESIGN_HEIGHT_MM = 197.0
CREST = ((36, 2), (46, -12), (62, -22), (80, -24), (104, -14), (104, 12), (60, 14))


def spine_density(grid: Grid, bmd_g_cm2: tuple[float, ...], rng: np.random.Generator) -> Array:
    """Draw L1-L4 with what surrounds them.

    Parameters
    ----------
    grid : Grid
    bmd_g_cm2 : (4,) floats
        Of L1 to L4; sets how bright each vertebra is.
    rng : numpy Generator

    Returns
    -------
    density : (row, column) float64
        About 0 in soft tissue and 1 at its brightest.
    """
    height_mm = grid.n_rows * grid.pitch_mm
    scale = height_mm / DESIGN_HEIGHT_MM
    middle = grid.n_columns * grid.pitch_mm / 2.0
    lean = rng.normal(0.0, 2.0)
    levels = (bmd_g_cm2[0] * 0.95, *bmd_g_cm2, bmd_g_cm2[-1] * 1.03)
    density = _soft_tissue(grid, middle, rng) + _ribs(grid, middle, scale)
    spongy = 1.0 + 0.07 * texture(rng, grid, 2.0)
    for i, level in enumerate(levels):
        y = CENTRE_1[i] * height_mm + rng.normal(0.0, 0.5)
        x = middle + lean * (CENTRE_1[i] - 0.5) + 1.2 * np.sin(2.4 * CENTRE_1[i])
        size = (WIDTH_MM[i] * scale, HEIGHT_MM[i] * scale)
        density += 0.92 * level * _vertebra(grid, (x, y), size) * spongy
    return density + 0.55 * bmd_g_cm2[-1] * _iliac_crests(grid, middle, height_mm, scale)


def _vertebra(grid: Grid, centre: tuple[float, float], size: tuple[float, float]) -> Array:
    x, y = centre
    w, h = size[0] / 2.0, size[1] / 2.0
    body = smooth_outline(
        [(x - w, y - h), (x - 0.5 * w, y - 0.93 * h), (x + 0.5 * w, y - 0.93 * h), (x + w, y - h),
         (x + 0.93 * w, y - 0.5 * h), (x + 0.86 * w, y), (x + 0.93 * w, y + 0.55 * h),
         (x + 1.02 * w, y + h), (x + 0.5 * w, y + 0.95 * h), (x - 0.5 * w, y + 0.95 * h),
         (x - 1.02 * w, y + h), (x - 0.93 * w, y + 0.55 * h), (x - 0.86 * w, y),
         (x - 0.93 * w, y - 0.5 * h)]
    )  # fmt: skip
    density = bone(inside_mm(grid, body), rim=0.30, rim_mm=1.1, inner=0.46)
    return density + _arch(grid, centre, (w, h))


def _arch(grid: Grid, centre: tuple[float, float], half: tuple[float, float]) -> Array:
    """Pedicles, joints, transverse and spinous processes behind the body."""
    x, y = centre
    w, h = half
    density = np.zeros((grid.n_rows, grid.n_columns))
    for side in (-1.0, 1.0):
        density += 0.30 * ring(
            ellipse(grid, (x + side * 0.60 * w, y - 0.28 * h), (0.16 * w, 0.40 * h)), 0.30
        )
        joint = segment(
            grid, (x + side * 0.50 * w, y + 0.35 * h), (x + side * 0.62 * w, y + 1.55 * h)
        )
        density += 0.30 * np.exp(-((joint / (0.17 * w)) ** 2))
        process = segment(
            grid, (x + side * 0.85 * w, y - 0.15 * h), (x + side * 1.65 * w, y - 0.35 * h)
        )
        density += 0.10 * np.exp(-((process / (0.28 * h)) ** 4))
        lamina = segment(
            grid, (x + side * 0.12 * w, y + 0.05 * h), (x + side * 0.5 * w, y + 0.6 * h)
        )
        density += 0.16 * np.exp(-((lamina / (0.20 * w)) ** 2))
    spinous = smooth_outline(
        [(x, y - 0.25 * h), (x + 0.13 * w, y + 0.45 * h), (x + 0.20 * w, y + 1.05 * h),
         (x, y + 1.22 * h), (x - 0.20 * w, y + 1.05 * h), (x - 0.13 * w, y + 0.45 * h)]
    )  # fmt: skip
    return density + bone(inside_mm(grid, spinous), rim=0.34, rim_mm=1.0, inner=0.10)


def _soft_tissue(grid: Grid, middle: float, rng: np.random.Generator) -> Array:
    muscle = np.exp(-(((np.abs(grid.x_mm - middle) - 28.0) / 14.0) ** 2))
    cloud: Array = 0.010 + 0.012 * muscle + 0.012 * texture(rng, grid, 9.0)
    return cloud


def _ribs(grid: Grid, middle: float, scale: float) -> Array:
    density = np.zeros((grid.n_rows, grid.n_columns))
    for side in (-1.0, 1.0):
        start = (middle + side * 21.0 * scale, 8.0 * scale)
        bend = (middle + side * 48.0 * scale, 27.0 * scale)
        end = (middle + side * 92.0 * scale, 56.0 * scale)
        for first, last in ((start, bend), (bend, end)):
            gap = segment(grid, first, last) / (4.2 * scale)
            density = np.maximum(density, 0.14 * np.exp(-(gap**4)) * (0.7 + 0.5 * gap))
    return density


def _iliac_crests(grid: Grid, middle: float, height_mm: float, scale: float) -> Array:
    density = np.zeros((grid.n_rows, grid.n_columns))
    for side in (-1.0, 1.0):
        crest = smooth_outline(
            [(middle + side * a * scale, height_mm + b * scale)
             for a, b in CREST]
        )  # fmt: skip
        density += bone(inside_mm(grid, crest), rim=0.34, rim_mm=1.8, inner=0.26)
    return density
