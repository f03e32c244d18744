"""What a line of simulated ultrasound is in frequency: cortex, bone behind it, surface, path.

Every factor is an exponential that is linear in frequency, so on an even grid each is one
multiplication a bin instead of one complex exponential.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel

Complex = NDArray[np.complex128]
Array = NDArray[np.float64]


@kernel()
def echo_spectra(
    bone: Complex, tail: Complex, wavelet: Array, lines: Array, plate: Array, step_hz: float
) -> Complex:
    """Put the spectra of lines together.

    Parameters
    ----------
    bone : (line, bin) complex128
        Speckle of the trabecular bone, from the endosteum on.
    tail : (line, bin) complex128
        Rough surface and clutter, before the wavelet.
    wavelet : (bin,) float64
        Echo of a perfect reflector at nominal depth.
    lines : (line, 5) float64
        Thickness of the cortex [m], factor of the surface echo, delay to the
        surface and what the bone is early by [s], loss to the surface against
        nominal depth [Np/Hz].
    plate : (6,) float64
        Impedances in front, in the plate and behind [MRayl], speed [m/s],
        attenuation [Np/m/Hz], and 1 where the bone lies behind it, else 0.
    step_hz : float
        Bin k is the frequency ``k step_hz``.

    Returns
    -------
    spectra : (line, bin) complex128
        Within 1e-11 of the closed forms. All input is finite: a simulator has no gaps.
    """
    n_lines, n_bins = bone.shape
    out = np.empty((n_lines, n_bins), np.complex128)
    z1, z2, z3 = plate[0], plate[1], plate[2]
    turn, behind = 2.0 * np.pi * step_hz, plate[5] > 0.5  # noqa: PLR2004 - 0 or 1
    sum_cos, sum_sin = z1 + z3, z2 + z1 * z3 / z2
    less_cos, less_sin = z3 - z1, z2 - z1 * z3 / z2
    for r in range(n_lines):
        thickness, factor = lines[r, 0], lines[r, 1]
        inside = complex(plate[4] * step_hz, turn / plate[3]) * thickness
        forward_step, backward_step = np.exp(inside), np.exp(-inside)
        path_step = np.exp(complex(-lines[r, 4] * step_hz, -turn * lines[r, 2]))
        early_step = np.exp(complex(0.0, turn * lines[r, 3]))
        forward, backward, path, early = 1.0 + 0.0j, 1.0 + 0.0j, 1.0 + 0.0j, 1.0 + 0.0j
        for k in range(n_bins):
            cos, j_sin = 0.5 * (forward + backward), 0.5 * (forward - backward)
            inverse = 1.0 / (sum_cos * cos + sum_sin * j_sin)
            seen = bone[r, k] * early
            if behind:
                seen = seen * (4.0 * z1 * z3 * inverse * inverse)
            reflected = (less_cos * cos + less_sin * j_sin) * inverse * factor
            out[r, k] = (seen + wavelet[k] * (reflected + tail[r, k])) * path
            forward, backward = forward * forward_step, backward * backward_step
            path, early = path * path_step, early * early_step
    return out
