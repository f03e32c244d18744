"""Inside distances of simple shapes, and the body around the bone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .dxa_beam import Array

EDGE_MM = 0.6  # over which the outline of a bone rises


def disc_inside(x: Array, y: Array, centre: tuple[float, float], radius: float) -> Array:
    """Distance inside the outline of a circle, negative outside [mm]."""
    return np.asarray(radius - np.hypot(x - centre[0], y - centre[1]))


def bar_inside(
    x: Array, y: Array, ends: Sequence[tuple[float, float]], half_widths: tuple[float, float]
) -> Array:
    """Distance inside a bar with round ends whose half-width changes evenly along it [mm]."""
    (x0, y0), (x1, y1) = ends
    length = float(np.hypot(x1 - x0, y1 - y0))
    along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length
    across = ((x - x0) * (y1 - y0) - (y - y0) * (x1 - x0)) / length
    part = np.clip(along / length, 0.0, 1.0)
    beyond = along - part * length
    half = half_widths[0] + (half_widths[1] - half_widths[0]) * part
    return np.asarray(half - np.hypot(across, beyond))


def ellipse_inside(
    x: Array, y: Array, centre: tuple[float, float], semi: tuple[float, float]
) -> Array:
    """Distance inside an ellipse along the shorter axis, roughly [mm]."""
    radius = np.hypot((x - centre[0]) / semi[0], (y - centre[1]) / semi[1])
    return np.asarray((1.0 - radius) * min(semi))


def edge(inside_mm: Array) -> Array:
    """Rise from 0 to 1 over `EDGE_MM` around an outline."""
    t = np.clip(inside_mm / EDGE_MM + 0.5, 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def body(
    x: Array, thickness_cm: float, fat_1: float, slope_1: float, arch_1: float = 0.12
) -> tuple[Array, Array]:
    """Give thickness and fat share: thinner to the sides, fat rising to one side.

    Parameters
    ----------
    x : (row, column) float64
        [mm]
    thickness_cm, fat_1 : float
        In the middle.
    slope_1 : float
        How much more fat there is at the right edge than at the left.
    arch_1 : float
        Share by which the body is thinner at the edges.
    """
    across = (x - x.mean()) / np.ptp(x)  # -0.5 .. 0.5
    thickness = thickness_cm * (1.0 - arch_1 * (2.0 * across) ** 2)
    return thickness, np.clip(fat_1 + slope_1 * across, 0.0, 0.9)
