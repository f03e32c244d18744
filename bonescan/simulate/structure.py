"""Bone that is not the same everywhere: BVTV along the depth and from line to line.

How far trabecular bone varies inside one vertebra at the scale of an ultrasound
gate is not known to us for vertebrae in living people; the sizes are our choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bone import ALPHA_TB_PER_BVTV_DB_CM_MHZ, BoneParameters
from .fields import along_first_axis
from .pulse import CM_PER_M, DB_PER_NEPER, HZ_PER_MHZ, Array, two_way_magnitude
from .setup import RfSetup

GRID_M = 0.25e-3
GRID_POINTS = 161  # 40 mm, deeper than any gate
STEPS_PER_SD = 2  # lines share a filter within half a standard deviation
LEAST_1, MOST_1 = 0.3, 2.5  # of the site's BVTV


@dataclass(frozen=True, eq=False, kw_only=True)
class Structure:
    """BVTV of one site against its mean, by kind of line and by depth."""

    level_1: tuple[float, ...]  # (kind,)
    kind: NDArray[np.int64]  # (line,)
    depth_1: Array | None  # (point,), every `GRID_M` below the endosteum; None: constant

    def magnitude(
        self, grid_hz: Array, below_m: Array, bone: BoneParameters, level_1: float
    ) -> Array:
        """Give what scatter and attenuation leave of a magnitude, (depth, bin)."""
        if self.depth_1 is None and level_1 == 1.0:
            return two_way_magnitude(grid_hz, below_m[:, None], bone.alpha_tb_db_cm_mhz)
        path = self.path_db_mhz(below_m, bone, level_1)
        loss = np.exp(-path[:, None] * grid_hz / HZ_PER_MHZ / DB_PER_NEPER)
        return np.asarray(np.sqrt(self.local_1(below_m, level_1))[:, None] * loss)

    def local_1(self, below_m: Array, level_1: float) -> Array:
        """BVTV at a depth over the site's mean."""
        if self.depth_1 is None:
            return np.full(below_m.shape, level_1)
        at = np.arange(len(self.depth_1)) * GRID_M
        return np.asarray(np.clip(level_1 * np.interp(below_m, at, self.depth_1), LEAST_1, MOST_1))

    def path_db_mhz(self, below_m: Array, bone: BoneParameters, level_1: float) -> Array:
        """Two-way loss down to a depth, in dB per MHz."""
        at: Array = np.arange(GRID_POINTS, dtype=np.float64) * GRID_M
        alpha = bone.alpha_tb_db_cm_mhz + ALPHA_TB_PER_BVTV_DB_CM_MHZ * bone.bvtv_1 * (
            self.local_1(at, level_1) - 1.0
        )
        alpha = np.maximum(alpha, 0.5)
        one_way = np.concatenate([[0.0], np.cumsum((alpha[1:] + alpha[:-1]) / 2.0)])
        return np.asarray(np.interp(below_m, at, 2.0 * CM_PER_M * GRID_M * one_way))


def draw_structure(rng: np.random.Generator, n_lines: int, setup: RfSetup) -> Structure:
    """Draw how BVTV varies inside a site; the same in all its frames.

    The numbers come from a generator of their own, so the speckle is the same
    with and without variation.
    """
    own = rng.spawn(1)[0]
    levels: tuple[float, ...] = (1.0,)
    kind = np.zeros(n_lines, dtype=np.int64)
    depth = None
    if setup.bvtv_line_sd_1 > 0:
        chain = along_first_axis(own.standard_normal(n_lines), setup.bvtv_line_correlation)
        steps, kind = np.unique(np.rint(STEPS_PER_SD * chain), return_inverse=True)
        level = 1.0 + setup.bvtv_line_sd_1 * steps / STEPS_PER_SD
        levels = tuple(float(v) for v in np.clip(level, LEAST_1, MOST_1))
    if setup.bvtv_depth_sd_1 > 0:
        correlation = float(np.exp(-GRID_M / setup.bvtv_depth_length_m))
        chain = along_first_axis(own.standard_normal(GRID_POINTS), correlation)
        depth = 1.0 + setup.bvtv_depth_sd_1 * chain
    return Structure(level_1=levels, kind=kind, depth_1=depth)
