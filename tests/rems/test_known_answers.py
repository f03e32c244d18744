"""Spectra against closed forms, and against figures that others computed with numpy.

The side-lobe levels of whole lines were computed with `numpy.fft` and
`numpy.hanning`; everything else follows from the formula in its test.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from bonescan.kernels.basis import dft_basis, half_sample_hann
from bonescan.kernels.spectra import gate_power
from bonescan.model.arrays import kernel_input
from bonescan.read.registry import read_scan
from bonescan.rems.condition import condition
from bonescan.rems.features import path_loss_db, site_features
from bonescan.rems.measure_site import look_at_site, measure_site
from bonescan.rems.spectra import SiteSpectra
from bonescan.settings import ReadSettings
from bonescan.stats.line_spectrum import mean_power, peak_and_band

from .phantoms import FORM, FS_HZ, InMemory, bone_frames, rf_site

N = 128
BINS = np.arange(20, 58) * (FS_HZ / 512)  # 1.5625 to 4.453125 MHz


def powers(
    lines: np.ndarray, start: int, frequency_hz: np.ndarray, fs_hz: float = FS_HZ, n: int = N
):
    """Power spectra of one gate a line, (line, bin), by the kernel that measures exams."""
    rows = np.arange(lines.shape[0])
    return gate_power(
        kernel_input(lines, np.int16),
        kernel_input(rows, np.int64),
        kernel_input(np.full(rows.size, start), np.int64),
        kernel_input(dft_basis(fs_hz, n, frequency_hz), np.float32),
    ).astype(np.float64)


# ------------------------------------------------------------------ window and axis


def tone(bin_: float, n: int, amplitude: float = 1.0) -> np.ndarray:
    return amplitude * np.cos(2.0 * np.pi * bin_ * np.arange(n) / n)


@pytest.mark.parametrize(
    ("n", "levels_db"),
    [
        (128, {10: -70.0, 15: -52.6, 16: -47.1, 18: -30.7, 20: 0.0, 21: 0.0, 23: -30.7, 25: -47.1,
               26: -52.5, 31: -69.8}),
        (256, {10: -70.0, 15: -52.6, 16: -47.2, 18: -30.8, 20: 0.0, 21: 0.0, 23: -30.8, 25: -47.2,
               26: -52.6, 31: -69.6}),
    ],
)  # fmt: skip
def test_side_lobes_of_whole_lines_are_those_of_numpy_hanning(n, levels_db):
    power = mean_power([tone(20.5, n)[None, :]])
    level = 10.0 * np.log10(power / power.max())
    for bin_, want in levels_db.items():
        assert level[bin_] == pytest.approx(want, abs=0.2), bin_


@pytest.mark.parametrize("bin_", [20.0, 20.25, 20.5])
def test_gates_leak_less_than_45_db_from_4_5_bins_outward(bin_):
    """Not so with 0.54 + 0.46 cos, whose weight is at the edges: -15 dB there."""
    k = np.arange(1, N // 2)
    samples = np.rint(tone(bin_, N, 30000.0)).astype(np.int16)[None, :]
    power = powers(samples, 0, k * FS_HZ / N)[0]
    far = np.abs(k - bin_) >= 4.5
    assert 10.0 * np.log10(power[far].max() / power.max()) <= -45.0


def test_the_noise_bandwidth_of_a_gate_is_0_46875_mhz():
    """Hann: 1.5 bins of 40 MHz / 128."""
    window = half_sample_hann(N)
    width_hz = FS_HZ * np.sum(window**2) / np.sum(window) ** 2
    assert width_hz == pytest.approx(0.46875e6, rel=1e-12)


def test_the_band_of_a_gate_holds_38_bins_of_a_512_point_grid():
    grid = np.fft.rfftfreq(512, 1.0 / FS_HZ)
    inside = grid[(grid >= 1.5e6) & (grid <= 4.5e6)]
    assert (inside.size, inside[0], inside[-1]) == (38, 1.5625e6, 4.453125e6)
    np.testing.assert_array_equal(FORM.frequency_hz, inside)


@pytest.mark.parametrize("k", [8, 11, 33, 57])
def test_a_tone_on_bin_k_is_reported_at_k_fs_over_n(k):
    """An axis that ends at fs, as one peer has it, is off by 1 + 1/(N - 1)."""
    grid = np.arange(1, N // 2) * FS_HZ / N
    samples = np.rint(tone(k, N, 20000.0)).astype(np.int16)[None, :]
    assert grid[int(np.argmax(powers(samples, 0, grid)[0]))] == k * FS_HZ / N
    line = tone(8 * k, 1024)[None, :]
    assert int(np.argmax(mean_power([line]))) == 8 * k


def test_the_peak_of_a_symmetric_spectrum_is_its_middle():
    n, k = 2048, 180
    power = np.exp(-0.5 * ((np.arange(n // 2 + 1) - k) / 40.0) ** 2)
    found = peak_and_band(power, FS_HZ, n)
    assert found.peak_hz == k * FS_HZ / n
    # half width at a quarter of the power: 40 sqrt(2 ln 10^0.6) = 66.48 bins, with 9 averaged
    # sqrt(1600 + (81 - 1) / 12) = 40.08 -> 66.6; first bin at or below is the 67th
    assert found.band_hz == pytest.approx(((k - 67) * FS_HZ / n, (k + 67) * FS_HZ / n))


# ------------------------------------------------------------------ level


def test_doubled_samples_are_6_02_db_and_change_no_feature():
    rng = np.random.default_rng(4)
    frames = bone_frames(8.0 + np.zeros((4, 40)), rng, echo=6000.0) // 2
    site = rf_site(frames)
    measured = [
        measure_site(look_at_site(InMemory({site.site: x}), site), FORM)
        for x in (frames, 2 * frames)
    ]
    one, two = (m.spectra.power[:2] for m in measured)
    rise_db = 10.0 * np.log10(two / one)
    np.testing.assert_allclose(rise_db, 20.0 * math.log10(2.0), atol=1e-3)  # 6.0206, float32
    first, second = (site_features(m.spectra, FORM) for m in measured)
    np.testing.assert_allclose(second.difference_db, first.difference_db, atol=1e-3)
    np.testing.assert_allclose(second.two_gate_db, first.two_gate_db, atol=1e-3)


def test_single_spectra_scatter_by_5_57_db_and_means_of_ten_by_1_41():
    """SD of 10 log10 of an exponential value: 5.570 dB; of the mean of ten: 1.408 dB."""
    lines = np.rint(300.0 * np.random.default_rng(9).standard_normal((8000, N))).astype(np.int16)
    power = powers(lines, 0, np.array([3.5e6]))[:, 0]
    assert np.std(10.0 * np.log10(power)) == pytest.approx(5.570, abs=0.15)
    tens = power.reshape(-1, 10).mean(axis=1)
    assert np.std(10.0 * np.log10(tens)) == pytest.approx(1.408, abs=0.12)


# ------------------------------------------------------------------ path


def test_soft_tissue_takes_30_8_db_at_3_5_mhz_and_8_cm():
    assert path_loss_db(np.array([80.0]), np.array([3.5e6]), 0.55)[0, 0] == pytest.approx(30.8)


def test_linear_loss_moves_the_centroid_of_a_gaussian_to_2_6943_mhz():
    """Of exp(-(f - f0)^2 / s^2): shift = 2 alpha d ln10/10 * s^2 / 2, s^2 = 0.79529 MHz^2."""
    f_mhz = np.linspace(-3.0, 10.0, 6501)  # no limits to the band
    before = np.exp(-((f_mhz - 3.5) ** 2) / 0.79529)
    after = before * 10.0 ** (-path_loss_db(np.array([80.0]), f_mhz * 1e6, 0.55)[0] / 10.0)
    centroid = [np.sum(f_mhz * p) / np.sum(p) for p in (before, after)]
    assert centroid[0] == pytest.approx(3.5, abs=1e-6)
    assert centroid[1] == pytest.approx(2.6943, abs=5e-5)


@pytest.mark.parametrize("alpha", [0.3, 0.55, 0.8])
def test_attenuation_imposed_by_a_filter_is_recovered(alpha):
    """White speckle through 10^(-2 alpha f d / 20), d = 3 cm: the slope of the dB difference.

    White, because the window of a gate does not bend an exponential spectrum; a
    Gaussian one of 0.89 MHz it makes wider, and the slope 7 % too small.
    """
    near = np.random.default_rng(2).standard_normal((200, 1024))
    f_mhz = np.fft.rfftfreq(1024, 1.0 / FS_HZ) / 1e6
    loss = 10.0 ** (-2.0 * alpha * f_mhz * 3.0 / 20.0)
    far = np.fft.irfft(np.fft.rfft(near, axis=1) * loss, 1024, axis=1)
    scale = 20000.0 / np.abs(near).max()
    mean_db = [
        10.0 * np.log10(np.mean(np.concatenate([powers(np.rint(x * scale), s, BINS)
                                                for s in range(64, 832, 128)]), axis=0))
        for x in (near, far)
    ]  # fmt: skip
    slope = np.polyfit(BINS / 1e6, mean_db[0] - mean_db[1], 1)[0]
    assert slope / (2.0 * 3.0) == pytest.approx(alpha, abs=0.05)


def test_two_gates_2_5_mm_apart_differ_by_5_db_a_mhz_at_10_db_cm_mhz():
    """D(f) = 2 alpha dz f, on the powers themselves, path and level of any kind."""
    f_mhz = BINS / 1e6
    level = 10.0 ** ((40.0 - 3.0 * (f_mhz - 3.0) ** 2) / 10.0)
    fall = path_loss_db(np.array([2.5]), BINS, 10.0)[0]
    power = np.stack([level, level * 10.0 ** (-fall / 10.0), np.full_like(level, np.nan)])
    spectra = SiteSpectra(
        power=power[:, None, :],
        noise=np.zeros((3, 1)),
        depth_mm=np.array([60.0]),
        cluster=np.array([0]),
        n_lines=10,
    )
    difference = site_features(spectra, FORM).median_difference_db
    assert np.polyfit(f_mhz, difference, 1)[0] == pytest.approx(5.0, abs=1e-9)


# ------------------------------------------------------------------ real samples


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "fs_hz", "first", "band_mhz", "n_railed"),
    [
        # contiguous -6 dB bands of whole lines, computed with numpy; gates keep to them
        ("itk_EyeRoundOverChuck_5.0MHz_20V.mha", 30e6, 64, (3.97, 6.40), 234),
        ("itk_MouseLiverRF.mha", 60e6, 64, (9.41, 16.45), 0),
    ],
)
def test_gates_of_real_samples_peak_within_the_band_of_the_lines(
    shared_dir, name, fs_hz, first, band_mhz, n_railed
):
    scan = read_scan(shared_dir / "data" / "rf" / name, ReadSettings(sampling_rate_hz=fs_hz))
    stored = scan.samples.block("unknown")
    conditioned = condition(stored, scan.sites[0])
    assert conditioned.saturated_percent == pytest.approx(100.0 * n_railed / stored.size, abs=1e-9)
    lines = conditioned.samples.reshape(-1, stored.shape[2])
    grid = np.arange(1.0e6, 0.45 * fs_hz, 0.1e6)
    gates = [powers(lines, s, grid, fs_hz) for s in range(first, 900, 256)]
    mean = np.mean(np.concatenate(gates), axis=0)
    peak_mhz = grid[int(np.argmax(mean))] / 1e6
    assert band_mhz[0] < peak_mhz < band_mhz[1]
