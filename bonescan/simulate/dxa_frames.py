"""From an object of mineral and soft tissue to the photons that a densitometer counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bonescan.files.dual_energy import DualEnergyFrames
from bonescan.model.dual_energy import DualEnergyCalibration, DualEnergyImage

from .dxa_beam import (
    ADIPOSE_G_CM3,
    APATITE_G_CM3,
    CALIBRATION,
    EXAM,
    MUSCLE_G_CM3,
    Array,
    load_beam,
    log_attenuation,
    transmission,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

FINER = 3  # sub-pixels a side: an edge within a pixel lets photons through on one side of it
PHOTONS_PER_MM2 = 1.0e6  # before the object; about 45 µGy of air kerma (head of the table)
HEEL_1 = 0.04  # the beam is weaker to one side
CALIBRATION_ID = "sim-step-phantom-1"
PHANTOM_FAT_1 = 0.2
PHANTOM_MINERAL_U_PERCENT = 0.5
CHECK_MINERAL_G_CM2, CHECK_SOFT_G_CM2 = 1.0, 18.0


@dataclass(frozen=True, eq=False, kw_only=True)
class DxaObject:
    """What lies in the beam, on a grid three times as fine as the pixels.

    Arrays are (row, column) of sub-pixels; `regions` are the true masks of the
    regions by site.
    """

    site: str
    pixel_mm: tuple[float, float]  # width, height
    mineral_g_cm2: Array
    thickness_cm: Array  # of the body, bone included
    fat_1: Array  # share of the soft tissue's mass
    regions: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    is_water: bool = False  # a phantom of resin that is like water


def pixel_grid(size_mm: tuple[float, float], pixel_mm: tuple[float, float]) -> tuple[Array, Array]:
    """Give x (to the right) and y (down) [mm] of the sub-pixels of an image of that size."""
    n_columns, n_rows = (round(s / p) * FINER for s, p in zip(size_mm, pixel_mm, strict=True))
    x = (np.arange(n_columns) + 0.5) * pixel_mm[0] / FINER
    y = (np.arange(n_rows) + 0.5) * pixel_mm[1] / FINER
    xx, yy = np.meshgrid(x, y)
    return xx, yy


def in_pixels(fine: Array) -> Array:
    """Average sub-pixels to pixels."""
    rows, columns = fine.shape
    return np.asarray(fine.reshape(rows // FINER, FINER, columns // FINER, FINER).mean(axis=(1, 3)))


def true_values(scan: DxaObject) -> dict[str, float]:
    """Give BMC, area and BMD of each region over its true mask, named for the file's truth."""
    cell_cm2 = scan.pixel_mm[0] * scan.pixel_mm[1] / FINER**2 / 100.0
    truth: dict[str, float] = {}
    for site, mask in scan.regions.items():
        area = float(mask.sum()) * cell_cm2
        mineral = float(scan.mineral_g_cm2[mask].sum()) * cell_cm2
        truth |= {
            f"{site}_bmc_g": mineral,
            f"{site}_area_cm2": area,
            f"{site}_bmd_g_cm2": mineral / area,
        }
    return truth


def expected_counts(scan: DxaObject, source: str = EXAM) -> tuple[Array, Array, Array, Array]:
    """Give the mean photons low and high (row, column), and in air (column,)."""
    beam = load_beam(source)
    per_pixel = PHOTONS_PER_MM2 * scan.pixel_mm[0] * scan.pixel_mm[1]
    low, high = transmission(beam, _masses(scan))
    shape = scan.mineral_g_cm2.shape
    frames = [in_pixels(part.reshape(shape)) for part in (low, high)]
    heel = 1.0 + HEEL_1 * np.linspace(-0.5, 0.5, frames[0].shape[1])
    air_low = per_pixel * beam.low.sum() * heel
    air_high = per_pixel * beam.high.sum() * heel
    return frames[0] * air_low, frames[1] * air_high, air_low, air_high


def _masses(scan: DxaObject) -> Array:
    density = 1.0 / ((1.0 - scan.fat_1) / MUSCLE_G_CM3 + scan.fat_1 / ADIPOSE_G_CM3)
    if scan.is_water:
        density = np.ones_like(scan.fat_1)
    room_cm = np.maximum(scan.thickness_cm - scan.mineral_g_cm2 / APATITE_G_CM3, 0.0)
    soft, none = density * room_cm, np.zeros_like(room_cm)
    if scan.is_water:
        parts = [scan.mineral_g_cm2, none, none, soft]
    else:
        parts = [scan.mineral_g_cm2, soft * (1.0 - scan.fat_1), soft * scan.fat_1, none]
    return np.stack([p.ravel() for p in parts], axis=1)


def count_photons(
    scan: DxaObject,
    expected: tuple[Array, Array, Array, Array],
    rng: np.random.Generator,
) -> DualEnergyFrames:
    """Draw the photons of one scan; without scatter, dead time or electronic noise."""
    low, high, air_low, air_high = expected
    return DualEnergyFrames(
        image=DualEnergyImage(
            site=scan.site,
            n_rows=low.shape[0],
            n_columns=low.shape[1],
            pixel_width_mm=scan.pixel_mm[0],
            pixel_height_mm=scan.pixel_mm[1],
            protocol=f"simulated {scan.site}",
            calibration_id=CALIBRATION_ID,
        ),
        low=rng.poisson(low).astype(np.uint32),
        high=rng.poisson(high).astype(np.uint32),
        air_low=air_low,
        air_high=air_high,
    )


def scan_phantom(source: str = CALIBRATION, check_source: str | None = EXAM) -> (
    DualEnergyCalibration
):  # fmt: skip
    """Scan a step phantom of mineral 0 to 2 g/cm2 on soft tissue 8 to 28 g/cm2, and the block.

    Parameters
    ----------
    source : str
        Beam of the day of the phantom: not that of the exams.
    check_source : str or None
        Beam of the day of the exams, for the check; None: no check was made.
    """
    mineral, soft = (
        a.ravel() for a in np.meshgrid(np.linspace(0.0, 2.0, 9), np.linspace(8.0, 28.0, 11))
    )
    low, high = log_attenuation(load_beam(source), mineral, soft, PHANTOM_FAT_1)
    check = None
    if check_source is not None:
        block = np.array([0.0, CHECK_MINERAL_G_CM2])
        check = log_attenuation(load_beam(check_source), block, CHECK_SOFT_G_CM2, PHANTOM_FAT_1)
    return DualEnergyCalibration(
        calibration_id=CALIBRATION_ID,
        phantom="simulated steps of hydroxyapatite on soft tissue with 20 % fat",
        mineral_u_percent=PHANTOM_MINERAL_U_PERCENT,
        mineral_g_cm2=mineral,
        soft_g_cm2=soft,
        log_low=low,
        log_high=high,
        check_mineral_g_cm2=None if check is None else CHECK_MINERAL_G_CM2,
        check_log_low=None if check is None else check[0],
        check_log_high=None if check is None else check[1],
    )
