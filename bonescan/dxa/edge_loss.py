"""Mineral that a pixel on the edge of bone hides.

Photons pass a pixel that bone covers in part mostly beside the bone. The mean of the
photons is measured, and its logarithm is that of less mineral than there is: half
a pixel of 1.0 g/cm2 looks like 0.3 and not 0.5. How much of the pixel is covered
is known from the outline, and how strongly bone attenuates from the calibration.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from bonescan.kernels.plain.dual_energy import slopes
from bonescan.model.arrays import Array

from .calibrate import Decomposition

NEAR_MM = 2.0  # bone this near says what the covered part holds


def hidden_mineral(
    density: Array,
    cover: Array,
    pixel_mm: tuple[float, float],
    calibration: Decomposition,
    soft_logs: tuple[float, float],
) -> Array:
    """Give what is missing in each pixel that bone covers in part [g/cm2].

    Parameters
    ----------
    density : (row, column) float64
        [g/cm2]
    cover : (row, column) float64
        Share of each pixel that is bone.
    pixel_mm : (float, float)
        Width and height of a pixel [mm].
    calibration : Decomposition
    soft_logs : (float, float)
        Log attenuations, low and high, of the soft tissue beside.

    Returns
    -------
    missing : (row, column) float64
        0 where a pixel is all bone or none of it.
    """
    full = cover >= 1.0
    sigma = (NEAR_MM / pixel_mm[1], NEAR_MM / pixel_mm[0])
    weight = ndimage.gaussian_filter(full.astype(np.float64), sigma)
    near = ndimage.gaussian_filter(np.where(full, np.nan_to_num(density), 0.0), sigma)
    bone = np.where(weight > 1e-3, near / np.maximum(weight, 1e-3), 0.0)  # noqa: PLR2004
    bone = np.maximum(bone, 0.0)
    terms = np.stack([calibration.mineral_terms, calibration.soft_terms])
    by_low, by_high = slopes(np.array(soft_logs[0]), np.array(soft_logs[1]))
    jacobian = np.stack([terms @ by_low, terms @ by_high], axis=1)  # d(mineral, soft)/d(low, high)
    per_mineral = np.linalg.solve(jacobian, np.array([1.0, 0.0]))  # of either log attenuation
    seen = np.zeros_like(bone)
    for gain, attenuation in zip(jacobian[0], per_mineral, strict=True):
        seen -= gain * np.log1p(cover * np.expm1(-attenuation * bone))
    partly = (cover > 0.0) & ~full
    return np.where(partly, cover * bone - seen, 0.0)
