"""Counts to a map of bone mineral: calibration, soft-tissue baseline, variance of any sum.

Soft tissue with more fat than the phantom's looks like negative mineral (15 % more
fat under 15 cm of tissue: -0.08 g/cm2). Its ratio to the soft tissue in the way is
measured in the bone-free pixels of each row and its neighbours, drawn as a straight
line across the row, and subtracted under the bone. What lies over and in the bone
itself can't be seen: different fat there is an error that no baseline removes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bonescan.errors import UnusableScan
from bonescan.kernels.dual_energy import apparent_densities, bone_density, row_sums
from bonescan.model.arrays import Array, kernel_input

from .calibrate import Decomposition
from .edge_response import EdgeResponse

LEAST_COUNT = 25.0  # photons in a pixel: below, the logarithm of a count is no normal quantity
AIR_LOG_HIGH = 0.5  # less attenuation than 2 cm of tissue: beside the body
ROW_REACH_MM = 12.0  # rows up to this far lend to a row's baseline, the nearer the more
FAR_ROWS_1 = 0.005  # weight of any other row: holds the line where few pixels are soft
BONE_G_CM2 = 0.08  # more than this on the smoothed map is not soft tissue alone
FIRST_BONE_G_CM2 = 0.15
MARGIN_MM = 3.0  # left free around bone: edges spread
SMOOTH_MM = 1.5
LEAST_SOFT_1 = 0.05  # of the image
LEAST_COLUMNS = 8
_FIRST_QUANTILE = 0.1
_ROWS_DIFFER_G_CM2 = 0.1  # by no more than this does fat change from row to row
_ROUNDS = 3


@dataclass(frozen=True, eq=False, kw_only=True)
class DensityMap:
    """Areal density of bone mineral, pixel by pixel, and what its errors come from."""

    pixel_mm: tuple[float, float]  # width, height
    density_g_cm2: Array  # (row, column); NaN where too few photons came through
    variance_g2_cm4: Array  # of counting in the pixel alone
    soft_g_cm2: Array
    soft_mask: NDArray[np.bool_]  # pixels that the baseline rests on
    response: EdgeResponse  # of pixels that bone covers in part
    outside_1: float  # share of the body's pixels beyond the attenuations of the phantom
    starved_1: float  # share of pixels with too few photons
    factor_1: float
    x_mm: Array
    row_weights: Array  # (row, row)
    normal: Array  # (row, 3): weighted Σ1, Σx, Σx²
    spread: Array  # (row, 3): Σσ², Σσ²x, Σσ²x² of the soft pixels

    @property
    def cell_cm2(self) -> float:
        """Area of a pixel."""
        return self.pixel_mm[0] * self.pixel_mm[1] / 100.0

    def variance_of_sum(self, weights: Array) -> float:
        """Give the counting variance of Σ weight · density, the baseline's included [g2/cm4]."""
        own = float(np.nansum(weights**2 * self.variance_g2_cm4))
        under = self.factor_1 * weights * np.nan_to_num(self.soft_g_cm2)
        wanted = np.stack([under.sum(axis=1), (under * self.x_mm).sum(axis=1)], axis=1)
        per_row = _solve(self.normal, wanted)
        constant, slope = self.row_weights.T @ per_row[:, 0], self.row_weights.T @ per_row[:, 1]
        s0, s1, s2 = self.spread.T
        return own + float((constant**2 * s0 + 2.0 * constant * slope * s1 + slope**2 * s2).sum())


def decompose(
    counts: tuple[Array, Array, Array, Array],
    pixel_mm: tuple[float, float],
    calibration: Decomposition,
) -> DensityMap:
    """Make the map of bone mineral.

    Parameters
    ----------
    counts : low, high (row, column), air_low, air_high (column,)
        Photons.
    pixel_mm : (float, float)
        Width and height of a pixel [mm].
    calibration : Decomposition

    Raises
    ------
    UnusableScan
        BS-E412 when too little of the image is soft tissue without bone.
    """
    low, high, air_low, air_high = (kernel_input(a) for a in counts)
    terms = kernel_input(np.stack([calibration.mineral_terms, calibration.soft_terms]))
    maps = kernel_input(apparent_densities(low, high, air_low, air_high, terms, LEAST_COUNT))
    measured = np.isfinite(maps[0])
    tissue = measured & (np.where(measured, maps[1], 0.0) > AIR_LOG_HIGH)
    tissue &= np.where(measured, maps[3], 0.0) > 0.0
    x_mm = kernel_input((np.arange(low.shape[1]) - 0.5 * (low.shape[1] - 1)) * pixel_mm[0])
    weights = _row_weights(low.shape[0], pixel_mm[1])
    soft = tissue & ~_grown(_first_bone(maps, tissue, pixel_mm), pixel_mm)
    for _ in range(_ROUNDS):
        sums, line = _fit_lines(maps, soft, x_mm, weights)
        density, variance = bone_density(maps, kernel_input(line), x_mm, calibration.factor_1)
        smooth = _smoothed(np.where(tissue, density, 0.0), tissue, pixel_mm)
        soft = tissue & ~_grown(smooth > BONE_G_CM2, pixel_mm)
    return DensityMap(
        pixel_mm=pixel_mm,
        density_g_cm2=density,
        variance_g2_cm4=variance,
        soft_g_cm2=maps[3],
        soft_mask=soft,
        response=EdgeResponse.of(
            calibration, (float(np.median(maps[0][soft])), float(np.median(maps[1][soft])))
        ),
        outside_1=_outside(maps, tissue, calibration),
        starved_1=float(1.0 - measured.mean()),
        factor_1=calibration.factor_1,
        x_mm=x_mm,
        row_weights=weights,
        normal=weights @ sums[:, :3],
        spread=sums[:, 5:],
    )


def _row_weights(n_rows: int, pitch_mm: float) -> Array:
    apart = np.abs(np.subtract.outer(np.arange(n_rows), np.arange(n_rows))) * pitch_mm
    return np.asarray(np.maximum(0.0, 1.0 - apart / ROW_REACH_MM) + FAR_ROWS_1)


def _fit_lines(
    maps: Array, soft: NDArray[np.bool_], x_mm: Array, weights: Array
) -> tuple[Array, Array]:
    columns = np.flatnonzero(soft.any(axis=0))
    if soft.mean() < LEAST_SOFT_1 or columns.size < LEAST_COLUMNS:
        raise UnusableScan(
            "BS-E412",
            f"found {100.0 * soft.mean():.1f} % of the image to be soft tissue without bone, "
            f"wanted {100.0 * LEAST_SOFT_1:.0f} %.",
        )
    sums = row_sums(kernel_input(maps), kernel_input(soft, np.bool_), kernel_input(x_mm))
    return sums, _solve(weights @ sums[:, :3], weights @ sums[:, 3:5])


def _solve(normal: Array, wanted: Array) -> Array:
    """Solve the 2 × 2 equations of every row: normal = Σ1, Σx, Σx²."""
    n, x, xx = normal.T
    determinant = n * xx - x * x
    first = (xx * wanted[:, 0] - x * wanted[:, 1]) / determinant
    second = (n * wanted[:, 1] - x * wanted[:, 0]) / determinant
    return np.stack([first, second], axis=1)


def _first_bone(
    maps: Array, tissue: NDArray[np.bool_], pixel_mm: tuple[float, float]
) -> NDArray[np.bool_]:
    """Find bone against what looks least like mineral in each row's neighbourhood."""
    mineral = _smoothed(np.where(tissue, maps[2], 0.0), tissue, pixel_mm)
    soft = _smoothed(np.where(tissue, maps[3], 0.0), tissue, pixel_mm)
    ratio = np.where(tissue, mineral / np.where(soft > 0.0, soft, np.inf), np.nan)
    reach = max(1, round(ROW_REACH_MM / pixel_mm[1]))
    everywhere = ratio[np.isfinite(ratio)]
    if everywhere.size == 0:
        return ~tissue
    # rows through neck and pelvis may hold next to no soft tissue
    most = float(np.quantile(everywhere, _FIRST_QUANTILE)) + _ROWS_DIFFER_G_CM2 / float(
        np.median(soft[tissue])
    )
    base = np.full(ratio.shape[0], most)
    for row in range(ratio.shape[0]):
        near = ratio[max(0, row - reach) : row + reach + 1]
        known = near[np.isfinite(near)]
        if known.size:
            base[row] = min(most, float(np.quantile(known, _FIRST_QUANTILE)))
    return np.asarray(mineral - base[:, None] * soft > FIRST_BONE_G_CM2)


def _smoothed(values: Array, inside: NDArray[np.bool_], pixel_mm: tuple[float, float]) -> Array:
    sigma = (SMOOTH_MM / pixel_mm[1], SMOOTH_MM / pixel_mm[0])
    share = ndimage.gaussian_filter(inside.astype(np.float64), sigma)
    total = ndimage.gaussian_filter(values, sigma)
    return np.asarray(np.where(share > 0.0, total / np.where(share > 0.0, share, 1.0), 0.0))


def _grown(bone: NDArray[np.bool_], pixel_mm: tuple[float, float]) -> NDArray[np.bool_]:
    """Add the margin around bone."""
    far = ndimage.distance_transform_edt(~bone, sampling=(pixel_mm[1], pixel_mm[0]))
    return np.asarray(far <= MARGIN_MM)


def _outside(maps: Array, tissue: NDArray[np.bool_], calibration: Decomposition) -> float:
    if not tissue.any():
        return 1.0
    low, high = maps[0][tissue], maps[1][tissue]
    beyond = (low < calibration.log_low_range[0]) | (low > calibration.log_low_range[1])
    beyond |= (high < calibration.log_high_range[0]) | (high > calibration.log_high_range[1])
    return float(beyond.mean())
