"""The cortex as a plane elastic plate between soft tissue and marrow-filled bone.

References
----------
L. M. Brekhovskikh, *Waves in Layered Media*, 2nd ed., Academic Press 1980,
section 3 (input impedance of a layer); the formulas here are its normal-incidence
case. Constants of cortical bone: 3432 m/s and 6.50 MRayl (PMC10346919);
1.63 and 1.75 MRayl for the media on both sides are our choice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .pulse import CM_PER_M, DB_PER_NEPER, HZ_PER_MHZ, Array

Complex = NDArray[np.complex128]

SOFT_TISSUE_MRAYL = 1.63
CORTEX_MRAYL = 6.50
MARROW_BONE_MRAYL = 1.75
CORTEX_C_M_S = 3432.0
CORTEX_ALPHA_DB_CM_MHZ = 5.0


def plate_response(
    frequency_hz: Array,
    thickness_m: Array,
    *,
    alpha_db_cm_mhz: float = CORTEX_ALPHA_DB_CM_MHZ,
    impedances_mrayl: tuple[float, float, float] = (
        SOFT_TISSUE_MRAYL,
        CORTEX_MRAYL,
        MARROW_BONE_MRAYL,
    ),
    c_m_s: float = CORTEX_C_M_S,
) -> tuple[Complex, Complex]:
    """Reflection and two-way transmission of the cortex, complex.

    Complex, because the phase of T^2 holds the delay 2h/c of the way through,
    and R holds all multiples inside the plate.

    Parameters
    ----------
    frequency_hz : (bin,) float64
    thickness_m : (line,) float64
        Not negative; 0 is no plate.
    alpha_db_cm_mhz : float
        Attenuation inside the plate.
    impedances_mrayl : three floats
        In front, plate, behind.
    c_m_s : float
        Speed of sound in the plate.

    Returns
    -------
    reflection, transmission_squared : (line, bin) complex128
        Time convention exp(+j w t). |T|^2 is the fraction of power that passes
        once; the way there and back multiplies amplitudes by T^2.
    """
    z1, z2, z3 = impedances_mrayl
    alpha_np_m = alpha_db_cm_mhz * frequency_hz / HZ_PER_MHZ * CM_PER_M / DB_PER_NEPER
    wavenumber = 2.0 * np.pi * frequency_hz / c_m_s - 1j * alpha_np_m
    forward = np.exp(1j * wavenumber * np.asarray(thickness_m)[..., None])
    backward = 1.0 / forward
    cos, j_sin = 0.5 * (forward + backward), 0.5 * (forward - backward)
    denominator = (z1 + z3) * cos + (z2 + z1 * z3 / z2) * j_sin
    reflection: Complex = ((z3 - z1) * cos + (z2 - z1 * z3 / z2) * j_sin) / denominator
    transmission_squared: Complex = 4.0 * z1 * z3 / denominator**2
    return reflection, transmission_squared
