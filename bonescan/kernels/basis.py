"""The folded cosine and sine basis that turns a gate into its power spectrum."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def half_sample_hann(n_window: int) -> NDArray[np.float64]:
    """Give the Hann window sin^2(pi (i + 1/2) / n), symmetric about (n - 1) / 2.

    Returns
    -------
    window : (n_window,) float64
        No sample is zero, unlike the periodic and the symmetric Hann window.
    """
    window: NDArray[np.float64] = np.sin(np.pi * (np.arange(n_window) + 0.5) / n_window) ** 2
    return window


def dft_basis(fs_hz: float, n_window: int, frequency_hz: ArrayLike) -> NDArray[np.float32]:
    """Build the basis of `spectra.gate_power` for any grid of frequencies.

    Power needs no phase, so time counts from the middle of the gate: sums of
    mirrored samples x[n/2 + k] + x[n/2 - 1 - k] meet only cosines, their
    differences only sines, which halves the products.

    Parameters
    ----------
    fs_hz : float
        Sampling rate [Hz], > 0.
    n_window : int
        Samples in a gate; even, >= 2.
    frequency_hz : (n_bins,) array_like
        Frequencies [Hz]; any grid, in any order.

    Returns
    -------
    basis : (n_window // 2, 2 * n_bins) float32
        Row k belongs to the samples k + 1/2 on either side of the middle.
        Columns 0 to n_bins - 1 hold w_k cos(2 pi f t_k), the others
        w_k sin(2 pi f t_k), with the half-sample Hann window w.

    Raises
    ------
    ValueError
        Where `n_window` is odd or below 2, or `fs_hz` is not above 0.

    Notes
    -----
    Nothing is normalised: with the window w of `half_sample_hann`,
    (sums @ cosines)^2 + (differences @ sines)^2 = |sum_i w_i x_i exp(-2 pi j f i / fs)|^2,
    which at f = b fs / n_fft is ``abs(np.fft.rfft(w * x, n_fft)[b]) ** 2``.

    Examples
    --------
    >>> x = np.arange(8.0)
    >>> basis = dft_basis(1.0, 8, [0.25])
    >>> parts = (x[4:] + x[3::-1]) @ basis[:, 0], (x[4:] - x[3::-1]) @ basis[:, 1]
    >>> want = abs(np.fft.rfft(half_sample_hann(8) * x)[2]) ** 2
    >>> bool(np.isclose(parts[0] ** 2 + parts[1] ** 2, want))
    True
    """
    if n_window < 2 or n_window % 2:  # noqa: PLR2004 - two halves
        raise ValueError(f"n_window is {n_window}, wanted an even number of samples, at least 2")
    if not fs_hz > 0:
        raise ValueError(f"fs_hz is {fs_hz}, wanted a sampling rate above 0 Hz")
    half = n_window // 2
    window = half_sample_hann(n_window)[half:, None]
    frequency = np.asarray(frequency_hz, dtype=np.float64)
    phase = 2 * np.pi * (np.arange(half)[:, None] + 0.5) * (frequency / fs_hz)[None, :]
    basis: NDArray[np.float32] = np.concatenate(
        [window * np.cos(phase), window * np.sin(phase)], axis=1
    ).astype(np.float32)
    return basis
