"""The pulse and what soft tissue does to it.

Both are magnitudes on a frequency axis; nothing here depends on a grid.

References
----------
Attenuation linear in frequency, and the Gaussian shift that follows from it:
L. Landini, R. Sarnelli, F. Squartini, "Frequency-dependent attenuation in
breast tissue characterization", Ultrasound Med. Biol. 11 (1985) 599-603
(from memory).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

HZ_PER_MHZ = 1e6
CM_PER_M = 100.0
DB_PER_NEPER = 20.0 / np.log(10.0)  # 8.6859


def pulse_magnitude(frequency_hz: Array, f0_hz: float, bandwidth_1: float) -> Array:
    """Gaussian pulse-echo magnitude, 1 at `f0_hz`.

    Parameters
    ----------
    frequency_hz : (bin,) float64
    f0_hz : float
        Centre frequency.
    bandwidth_1 : float
        Full width at -6 dB (half the magnitude) over `f0_hz`.

    Returns
    -------
    magnitude : (bin,) float64
        |P|, with |P|^2 = exp(-(f - f0)^2 / s^2).
    """
    s_hz = bandwidth_1 * f0_hz / (2.0 * np.sqrt(2.0 * np.log(2.0)))
    magnitude: Array = np.exp(-0.5 * ((frequency_hz - f0_hz) / s_hz) ** 2)
    return magnitude


def two_way_db(frequency_hz: Array, depth_m: float | Array, alpha_db_cm_mhz: float) -> Array:
    """Attenuation there and back, in dB (positive), linear in frequency and depth."""
    loss: Array = (
        2.0 * alpha_db_cm_mhz * (frequency_hz / HZ_PER_MHZ) * np.asarray(depth_m) * CM_PER_M
    )
    return loss


def two_way_magnitude(frequency_hz: Array, depth_m: float | Array, alpha_db_cm_mhz: float) -> Array:
    """Magnitude that is left after the way there and back."""
    left: Array = np.exp(-two_way_db(frequency_hz, depth_m, alpha_db_cm_mhz) / DB_PER_NEPER)
    return left
