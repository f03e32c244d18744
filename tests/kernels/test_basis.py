"""The folded basis against NumPy's transform of the windowed samples."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.kernels.basis import dft_basis, half_sample_hann


def power_by_basis(x, basis):
    half, n_bins = basis.shape[0], basis.shape[1] // 2
    sums, differences = x[half:] + x[half - 1 :: -1], x[half:] - x[half - 1 :: -1]
    return (sums @ basis[:, :n_bins]) ** 2 + (differences @ basis[:, n_bins:]) ** 2


def test_window_is_symmetric_and_has_no_zero():
    window = half_sample_hann(128)
    np.testing.assert_allclose(window, window[::-1], rtol=1e-12)
    assert window.min() > 0
    assert window.sum() == pytest.approx(64, rel=1e-12)  # mean of sin^2 is 1/2


@pytest.mark.parametrize("n_window", [2, 16, 128, 256])
@pytest.mark.parametrize("n_fft", [256, 512])
def test_power_is_that_of_the_windowed_samples(n_window, n_fft):
    x = np.random.default_rng(1).normal(size=n_window)
    bins = np.arange(n_fft // 2 + 1)
    basis = dft_basis(40e6, n_window, bins * 40e6 / n_fft)
    want = np.abs(np.fft.rfft(half_sample_hann(n_window) * x, n_fft)) ** 2
    np.testing.assert_allclose(power_by_basis(x, basis), want, rtol=1e-5, atol=1e-5 * want.max())


def test_any_grid_of_frequencies_in_any_order():
    x, fs = np.random.default_rng(2).normal(size=64), 20e6
    frequency = np.array([3.21e6, 0.0, 9.99e6, 1.0e6])
    phase = np.exp(-2j * np.pi * np.outer(frequency, np.arange(64)) / fs)
    want = np.abs(phase @ (half_sample_hann(64) * x)) ** 2
    got = power_by_basis(x, dft_basis(fs, 64, frequency))
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)


def test_no_frequency_gives_no_bin():
    assert dft_basis(1.0, 8, []).shape == (4, 0)


@pytest.mark.parametrize("n_window", [0, 1, 7, -2])
def test_odd_and_empty_windows_are_refused(n_window):
    with pytest.raises(ValueError, match=f"n_window is {n_window}, wanted an even number"):
        dft_basis(40e6, n_window, [1e6])


@pytest.mark.parametrize("fs_hz", [0.0, -1.0, float("nan")])
def test_a_sampling_rate_that_is_none_is_refused(fs_hz):
    with pytest.raises(ValueError, match="wanted a sampling rate above 0 Hz"):
        dft_basis(fs_hz, 8, [1e6])
