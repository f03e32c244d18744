"""What a pixel shows that bone covers in part.

Photons pass such a pixel mostly beside the bone. The mean of the photons is
measured, and its logarithm is that of less mineral than there is: half a pixel of
1.0 g/cm2 looks like 0.3 and not 0.5. So the share that is covered is sought where
edges are, and the mineral that edge pixels hide is added to the region's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from bonescan.kernels.plain.dual_energy import slopes
from bonescan.model.arrays import Array

from .calibrate import Decomposition

NEAR_MM = 2.0  # bone this near says what the covered part holds
_STEPS = 8  # of Newton's method; the function is smooth and rises
_LEAST_SHARE_1 = 1e-3
_RANGE_1 = (-0.3, 1.15)  # of a share with its noise
_LEAST_BONE_G_CM2 = 0.05


@dataclass(frozen=True, eq=False, kw_only=True)
class EdgeResponse:
    """How either channel attenuates by mineral, and what it gives to the mineral found."""

    attenuation_cm2_g: tuple[float, float]  # low, high: log attenuation per mineral
    gain_g_cm2: tuple[float, float]  # mineral per log attenuation

    @classmethod
    def of(cls, calibration: Decomposition, soft_logs: tuple[float, float]) -> EdgeResponse:
        """Take both from the polynomials at the attenuation of the soft tissue beside bone."""
        terms = np.stack([calibration.mineral_terms, calibration.soft_terms])
        by_low, by_high = slopes(np.array(soft_logs[0]), np.array(soft_logs[1]))
        jacobian = np.stack([terms @ by_low, terms @ by_high], axis=1)
        per_mineral = np.linalg.solve(jacobian, np.array([1.0, 0.0]))
        return cls(
            attenuation_cm2_g=(float(per_mineral[0]), float(per_mineral[1])),
            gain_g_cm2=(float(jacobian[0, 0]), float(jacobian[0, 1])),
        )

    def seen(self, cover: Array, bone: Array) -> Array:
        """Give the mineral that shows where `cover` of a pixel holds `bone` [g/cm2]."""
        total = np.zeros(np.broadcast_shapes(cover.shape, bone.shape))
        for gain, attenuation in zip(self.gain_g_cm2, self.attenuation_cm2_g, strict=True):
            total -= gain * np.log1p(cover * np.expm1(-attenuation * bone))
        return total

    def cover(self, seen: Array, bone: Array) -> Array:
        """Find the share of each pixel that bone covers; 0 where no bone is near.

        Parameters
        ----------
        seen : (row, column) float64
            Density shown [g/cm2].
        bone : (row, column) float64
            Density of the bone nearby [g/cm2]; not finite where there is none.
        """
        known = np.isfinite(bone) & (bone > _LEAST_BONE_G_CM2)
        full = np.where(known, bone, 1.0)
        share = np.clip(seen / full, *_RANGE_1)
        for _ in range(_STEPS):
            slope = np.zeros_like(share)
            for gain, attenuation in zip(self.gain_g_cm2, self.attenuation_cm2_g, strict=True):
                lost = np.expm1(-attenuation * full)
                slope -= gain * lost / (1.0 + share * lost)
            share = np.clip(share - (self.seen(share, full) - seen) / slope, *_RANGE_1)
        return np.where(known, share, 0.0)

    def hidden(self, density: Array, cover: Array, pixel_mm: tuple[float, float]) -> Array:
        """Give what is missing in each pixel that bone covers in part [g/cm2].

        Parameters
        ----------
        density : (row, column) float64
            [g/cm2]
        cover : (row, column) float64
            Share of each pixel within the outline of bone.
        pixel_mm : (float, float)
            Width and height of a pixel [mm].

        Returns
        -------
        missing : (row, column) float64
            0 where a pixel is all bone or none of it.
        """
        full = cover >= 1.0
        sigma = (NEAR_MM / pixel_mm[1], NEAR_MM / pixel_mm[0])
        weight = ndimage.gaussian_filter(full.astype(np.float64), sigma)
        near = ndimage.gaussian_filter(np.where(full, np.nan_to_num(density), 0.0), sigma)
        bone = np.where(weight > _LEAST_SHARE_1, near / np.maximum(weight, _LEAST_SHARE_1), 0.0)
        bone = np.maximum(bone, 0.0)
        partly = (cover > 0.0) & ~full
        return np.where(partly, cover * bone - self.seen(cover, bone), 0.0)
