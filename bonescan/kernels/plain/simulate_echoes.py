"""NumPy twin of `kernels.simulate_echoes`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Complex = NDArray[np.complex128]
Array = NDArray[np.float64]


def echo_spectra(
    bone: Complex, tail: Complex, wavelet: Array, lines: Array, plate: Array, step_hz: float
) -> Complex:
    """Twin of `kernels.simulate_echoes.echo_spectra`."""
    z1, z2, z3, speed, loss, behind = plate
    thickness, factor, delay, early, path_loss = lines.T[:, :, None]
    frequency = step_hz * np.arange(bone.shape[1])
    inside = (loss + 2j * np.pi / speed) * frequency * thickness
    cos, j_sin = np.cosh(inside), np.sinh(inside)
    denominator = (z1 + z3) * cos + (z2 + z1 * z3 / z2) * j_sin
    reflection = ((z3 - z1) * cos + (z2 - z1 * z3 / z2) * j_sin) / denominator
    through = 4.0 * z1 * z3 / denominator**2 if behind else 1.0
    seen = bone * np.exp(2j * np.pi * frequency * early) * through
    path = np.exp((-path_loss - 2j * np.pi * delay) * frequency)
    return np.asarray((seen + wavelet * (reflection * factor + tail)) * path)
