"""Peak and −6 dB band of raw lines, by one fixed method.

A symmetric Hann window over the whole line, mean power over all lines and
frames, a moving average of nine bins, bins below 0.8 MHz left out. The edges
depend on the smoothing, so the method is part of the figure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SMOOTHING_BINS = 9
LOWEST_HZ = 0.8e6  # slow baselines lie below
BAND_DB = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSpectrum:
    """Where the energy of raw lines lies."""

    peak_hz: float
    band_hz: tuple[float, float]  # first bins at or below −6 dB on each side of the peak


def mean_power(frames: Iterable[NDArray[Any]]) -> NDArray[np.float64]:
    """Average the power spectra of whole lines over all lines and frames.

    Parameters
    ----------
    frames : iterable of (n_lines, n_samples)
        Samples as stored; no offset is taken off.

    Returns
    -------
    power : (n_samples // 2 + 1,) float64
        Linear; empty when there is no frame.
    """
    total: NDArray[np.float64] | None = None
    n_lines = 0
    window: NDArray[np.float64] = np.empty(0)
    for frame in frames:
        if window.size != frame.shape[1]:
            window = np.hanning(frame.shape[1])
        spectrum = np.fft.rfft(frame * window, axis=1)
        power = (spectrum.real**2 + spectrum.imag**2).sum(axis=0)
        total = power if total is None else total + power
        n_lines += frame.shape[0]
    return np.empty(0) if total is None else total / n_lines


def peak_and_band(power: NDArray[np.float64], fs_hz: float, n_samples: int) -> LineSpectrum | None:
    """Find the peak and the contiguous −6 dB band of a mean power spectrum.

    Parameters
    ----------
    power : (n_samples // 2 + 1,) float64
        From `mean_power`.
    fs_hz : float
        Sampling rate.
    n_samples : int
        Samples of a line; bin k lies at k·fs/n.

    Returns
    -------
    spectrum : LineSpectrum or None
        None when no bin lies at or above 0.8 MHz, or all are zero. An edge that
        is not reached is the end of the axis.
    """
    frequency = np.arange(power.size) * (fs_hz / n_samples)
    smooth = np.convolve(power, np.full(SMOOTHING_BINS, 1.0 / SMOOTHING_BINS), mode="same")
    usable = np.flatnonzero(frequency >= LOWEST_HZ)
    if usable.size == 0 or not smooth[usable].max() > 0.0:
        return None
    first = int(usable[0])
    peak = first + int(np.argmax(smooth[first:]))
    below = smooth <= smooth[peak] * 10.0 ** (-BAND_DB / 10.0)
    left = np.flatnonzero(below[first:peak])
    right = np.flatnonzero(below[peak:])
    low = first + int(left[-1]) if left.size else first
    high = peak + int(right[0]) if right.size else power.size - 1
    return LineSpectrum(
        peak_hz=float(frequency[peak]), band_hz=(float(frequency[low]), float(frequency[high]))
    )
