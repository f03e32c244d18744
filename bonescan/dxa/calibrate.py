"""From log attenuations to areal densities: a cubic polynomial fitted on a step phantom.

A beam with a spectrum hardens on its way, so that the linear equation of two
energies misses 0.5 and 1.5 g/cm2 by one percent where it is right at 1.0. All
terms to third order of both log attenuations, without a constant, leave a tenth
of that. The same polynomial form gives the soft tissue in the way.

The phantom is scanned once; a check on the day of the exam, one block of known
mineral on soft tissue, gives one factor for what drifted since.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import UnusableScan
from bonescan.kernels.plain.dual_energy import N_TERMS, cubic_terms
from bonescan.model.arrays import Array
from bonescan.model.dual_energy import DualEnergyCalibration

LEAST_STEPS = 2 * N_TERMS
LARGEST_MISFIT_G_CM2 = 0.01  # of a step; a noise-free phantom with a spectrum leaves 0.0015
LARGEST_CHECK_CHANGE_1 = 0.15  # a device that drifted further needs its phantom again
LEAST_CHECK_G_CM2 = 0.2
_LEAST_RANGE_G_CM2 = 0.5
# spine phantoms are made to about 1 % (S. Pearson et al. 1995, from memory)
DEFAULT_PHANTOM_U_PERCENT = 1.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Decomposition:
    """Two cubic polynomials, and what they are good for."""

    mineral_terms: Array  # (9,), g/cm2
    soft_terms: Array  # (9,), g/cm2
    factor_1: float  # of the check of the day; 1 without one
    misfit_g_cm2: float  # largest, of the mineral of any step
    u_relative_1: float  # of the phantom's mineral and of the fit, standard uncertainty
    log_low_range: tuple[float, float]  # of the phantom
    log_high_range: tuple[float, float]
    n_steps: int
    checked: bool


def fit_calibration(phantom: DualEnergyCalibration) -> Decomposition:
    """Fit both polynomials on the steps of a phantom.

    Parameters
    ----------
    phantom : DualEnergyCalibration
        At least 18 steps that vary in mineral and in soft tissue.

    Returns
    -------
    decomposition : Decomposition

    Raises
    ------
    UnusableScan
        BS-E411 when the steps don't determine the polynomials or aren't met by
        them to 0.01 g/cm2, or when the check of the day is too far off.
    """
    mineral, soft = phantom.mineral_g_cm2, phantom.soft_g_cm2
    if mineral.size < LEAST_STEPS or np.ptp(mineral) < _LEAST_RANGE_G_CM2:
        raise UnusableScan(
            "BS-E411",
            f"found {mineral.size} steps over {np.ptp(mineral) if mineral.size else 0.0:.2f} "
            f"g/cm2 of mineral, wanted {LEAST_STEPS} over {_LEAST_RANGE_G_CM2}.",
        )
    terms = cubic_terms(phantom.log_low, phantom.log_high)
    for_mineral, for_soft = _least_squares(terms, mineral), _least_squares(terms, soft)
    misfit = float(np.abs(terms @ for_mineral - mineral).max())
    if misfit > LARGEST_MISFIT_G_CM2:
        raise UnusableScan(
            "BS-E411",
            f"found a step that is missed by {misfit:.3f} g/cm2, wanted {LARGEST_MISFIT_G_CM2}.",
        )
    factor = _check_factor(phantom, for_mineral, for_soft)
    spread = float(np.sqrt(np.mean((terms @ for_mineral - mineral) ** 2)))
    doubt = phantom.mineral_u_percent
    doubt = DEFAULT_PHANTOM_U_PERCENT if doubt is None else doubt
    return Decomposition(
        mineral_terms=for_mineral,
        soft_terms=for_soft,
        factor_1=1.0 if factor is None else factor,
        misfit_g_cm2=misfit,
        u_relative_1=float(np.hypot(doubt / 100.0, spread)),
        log_low_range=(float(phantom.log_low.min()), float(phantom.log_low.max())),
        log_high_range=(float(phantom.log_high.min()), float(phantom.log_high.max())),
        n_steps=mineral.size,
        checked=factor is not None,
    )


def _least_squares(terms: NDArray[np.float64], wanted: Array) -> Array:
    size = np.sqrt((terms**2).sum(axis=0))  # columns of like size: third powers are large
    if not (size > 0.0).all():
        raise UnusableScan("BS-E411", "found a phantom without attenuation.")
    found, _, rank, _ = np.linalg.lstsq(terms / size, wanted, rcond=None)
    if rank < terms.shape[1]:
        raise UnusableScan(
            "BS-E411", f"found steps for {rank} of {terms.shape[1]} terms of the polynomial."
        )
    return np.asarray(found / size)


def _check_factor(
    phantom: DualEnergyCalibration, for_mineral: Array, for_soft: Array
) -> float | None:
    """Compare the block of the day with what it holds: (soft alone, soft with mineral)."""
    known = phantom.check_mineral_g_cm2
    if known is None or phantom.check_log_low is None or phantom.check_log_high is None:
        return None
    terms = cubic_terms(phantom.check_log_low, phantom.check_log_high)
    apparent, soft = terms @ for_mineral, terms @ for_soft
    found = float(apparent[1] - apparent[0] / soft[0] * soft[1])
    if known < LEAST_CHECK_G_CM2 or not abs(found / known - 1.0) <= LARGEST_CHECK_CHANGE_1:
        raise UnusableScan(
            "BS-E411",
            f"found {found:.3f} g/cm2 in the check of the day, wanted {known:.3f} within "
            f"{100.0 * LARGEST_CHECK_CHANGE_1:.0f} % and at least {LEAST_CHECK_G_CM2}.",
        )
    return known / found
