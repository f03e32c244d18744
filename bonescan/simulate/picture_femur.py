"""A drawn projection of a left proximal femur: recognisable, and no data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .pulse import Array
from .shapes import Grid, Points, bone, ellipse, inside_mm, ring, segment, smooth_outline, texture

DESIGN_WIDTH_MM = 170.0
HEAD = (80.0, 45.0)
SOCKET_RADIUS_MM = 27.0
FORAMEN = (29.0, 77.0)

FEMUR: Points = (
    (102, 170), (101, 140), (99, 120), (96.5, 107), (92, 101), (90, 95), (86, 86), (79, 75),
    (72.5, 68), (63, 61), (57.5, 52), (56.5, 43), (59.5, 33), (67, 25), (77, 21.5), (88, 23),
    (97, 29), (103, 38), (109, 45), (116, 46.5), (122, 43), (128, 39.5), (135, 43), (141, 53),
    (144, 68), (142.5, 83), (137.5, 100), (132.5, 120), (129.5, 140), (128, 170),
)  # fmt: skip
ILIUM: Points = (
    (43, -12), (92, -12), (86, 6), (93, 16), (98, 24), (88, 24), (72, 30), (62, 38), (58, 50),
    (52, 58), (46, 61), (42, 54), (43, 34), (46, 12),
)  # fmt: skip
ISCHIUM: Points = (
    (45, 55), (53, 54), (58, 60), (66, 66), (68, 78), (65, 92), (57, 104), (48, 107), (41, 98),
    (44, 86), (46, 72),
)  # fmt: skip
PUBIS: Points = (
    (-12, 62), (4, 60), (20, 60), (34, 62), (46, 58), (47, 68), (44, 92), (34, 98), (14, 99),
    (-12, 97),
)  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class _View:
    """Where the design lies in the picture."""

    grid: Grid
    scale: float
    moved_mm: tuple[float, float]

    def at(self, point: tuple[float, float]) -> tuple[float, float]:
        return (
            (point[0] + self.moved_mm[0]) * self.scale,
            (point[1] + self.moved_mm[1]) * self.scale,
        )

    def inside(self, points: Points) -> Array:
        return inside_mm(self.grid, smooth_outline([self.at(p) for p in points]))

    def line(self, start: tuple[float, float], end: tuple[float, float], width_mm: float) -> Array:
        gap = segment(self.grid, self.at(start), self.at(end)) / (width_mm * self.scale)
        soft: Array = np.exp(-(gap**2))
        return soft

    def circle(self, centre: tuple[float, float], radii_mm: tuple[float, float]) -> Array:
        return ellipse(
            self.grid, self.at(centre), (radii_mm[0] * self.scale, radii_mm[1] * self.scale)
        )


def femur_density(grid: Grid, bmd_g_cm2: float, rng: np.random.Generator) -> Array:
    """Draw a left femur in its socket.

    Parameters
    ----------
    grid : Grid
    bmd_g_cm2 : float
        Of the neck; sets how bright the bone is.
    rng : numpy Generator

    Returns
    -------
    density : (row, column) float64
        About 0 in soft tissue and 1 at its brightest.
    """
    scale = grid.n_columns * grid.pitch_mm / DESIGN_WIDTH_MM
    dx, dy = (float(v) for v in rng.normal(0.0, 1.2, 2))
    view = _View(grid=grid, scale=scale, moved_mm=(dx, dy))
    femur = view.inside(FEMUR)
    # The shell is thin at the head and thick along the shaft.
    down = np.clip((grid.y_mm / scale - 72.0) / 65.0, 0.0, 1.0)
    spongy = 1.0 + (0.07 - 0.05 * down) * texture(rng, grid, 2.0)
    density = bone(femur, rim=0.18 + 0.42 * down, rim_mm=0.9 + 2.6 * down, inner=0.42 - 0.12 * down)
    density = density * spongy + (femur > 0) * _bundles(view)
    density += 0.85 * _pelvis(view)
    brightness = 0.62 + 0.62 * bmd_g_cm2
    return brightness * density + 0.004 + 0.006 * texture(rng, grid, 8.0)


def _bundles(view: _View) -> Array:
    """Bundles of trabeculae, the calcar and the intertrochanteric line."""
    head = np.exp(-(view.circle(HEAD, (18.0, 18.0)) ** 4))
    density: Array = (
        0.16 * head
        + 0.26 * view.line((98.5, 114.0), (80.0, 74.0), 2.6)  # calcar
        + 0.12 * view.line((90.0, 92.0), (78.0, 34.0), 8.0)
        + 0.14 * view.line((127.0, 46.0), (113.0, 84.0), 2.0)
    )
    return density


def _pelvis(view: _View) -> Array:
    density = bone(view.inside(ILIUM), rim=0.40, rim_mm=1.6, inner=0.22)
    density += bone(view.inside(ISCHIUM), rim=0.26, rim_mm=1.4, inner=0.26)
    foramen = view.circle(FORAMEN, (11.5, 9.5))
    pubis = bone(view.inside(PUBIS), rim=0.24, rim_mm=1.5, inner=0.24)
    density += np.where(foramen > 1.0, pubis, 0.0) + 0.12 * ring(foramen, 0.10) * (pubis > 0)
    # The roof of the socket: a bright arc above the head, fading at both ends.
    centre = view.at(HEAD)
    angle = np.arctan2(view.grid.y_mm - centre[1], view.grid.x_mm - centre[0])
    arc = np.exp(-(((angle + 1.9) / 0.85) ** 4))
    density += 0.42 * ring(view.circle(HEAD, (SOCKET_RADIUS_MM, SOCKET_RADIUS_MM)), 0.06) * arc
    whole: Array = density + 0.35 * view.line((46.0, 20.0), (45.0, 60.0), 1.8)
    return whole
