"""Where the bone surface lies and how the cortex varies, line by line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .bone import BoneParameters, is_neck
from .fields import along_first_axis, frame_line_field
from .pulse import Array
from .setup import RfSetup

MIN_CORTEX_M = 0.1e-3
THICK_PLATE_REFLECTION = 0.6  # (6.50 - 1.63) / (6.50 + 1.63)


@dataclass(frozen=True, eq=False, kw_only=True)
class Geometry:
    """One site as the lines of the probe meet it; arrays (frame, line)."""

    surface_m: Array  # from the probe, at nominal speed of sound
    cortex_m: Array
    surface_factor_1: Array  # amplitude of the surface echo: incidence and drop-out
    fascia_m: Array  # (fascia, line), from the probe
    fascia_factor_1: Array  # (fascia,), amplitude


def draw_geometry(
    bone: BoneParameters,
    rng: np.random.Generator,
    shape: tuple[int, int],
    setup: RfSetup,
) -> Geometry:
    """Draw the geometry of an exam of `shape` (frames, lines)."""
    n_frames, n_lines = shape
    across = np.linspace(-0.5, 0.5, n_lines)
    if is_neck(bone.site):
        profile = rng.normal(*setup.neck_arc_m) * (2.0 * across) ** 2
    else:
        tilt, curvature = setup.spine_shape_sd_m * rng.standard_normal(2)
        profile = 2.0 * across * tilt + (2.0 * across) ** 2 * curvature
    profile = profile + 2.0 * across * setup.tilt_m
    motion = setup.motion_sd_m * rng.standard_normal(n_frames)
    spread = frame_line_field(
        rng, shape, setup.frame_cortex_correlation, setup.line_cortex_correlation
    )
    return Geometry(
        surface_m=bone.depth_m + profile[None, :] + motion[:, None],
        cortex_m=np.maximum(MIN_CORTEX_M, bone.cortex_m + setup.line_cortex_sd_m * spread),
        surface_factor_1=_surface_factor(rng, shape, setup),
        fascia_m=_fascia(rng, bone.depth_m, across, setup),
        fascia_factor_1=10.0 ** (rng.normal(*setup.fascia_db, setup.n_fascia) / 20.0),
    )


def _surface_factor(rng: np.random.Generator, shape: tuple[int, int], setup: RfSetup) -> Array:
    fresh = rng.standard_normal(shape)
    incidence = (
        setup.incidence_sd_deg
        * along_first_axis(np.ascontiguousarray(fresh.T), setup.incidence_correlation).T
    )
    lost = rng.random(shape) < setup.dropout_1
    scale = setup.surface_echo_1 / THICK_PLATE_REFLECTION
    factor: Array = scale * np.exp(-((incidence / setup.incidence_width_deg) ** 2))
    factor[lost] *= setup.dropout_factor
    return factor


def _fascia(rng: np.random.Generator, depth_m: float, across: Array, setup: RfSetup) -> Array:
    """Lay smooth, slightly tilted layers 3 to 20 mm in front of the bone."""
    above = rng.uniform(3e-3, 20e-3, setup.n_fascia)
    tilt = 0.5e-3 * rng.standard_normal(setup.n_fascia)
    layers: Array = (depth_m - above)[:, None] + tilt[:, None] * 2.0 * across[None, :]
    return layers
