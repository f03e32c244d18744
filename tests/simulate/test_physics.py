"""Closed forms that the simulator must reproduce; expected values are derived on paper."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import fft

from bonescan.simulate.plate import plate_response
from bonescan.simulate.pulse import pulse_magnitude, two_way_db, two_way_magnitude
from bonescan.simulate.speckle import SUPPORT, depth_filter, design_grid_hz

MHZ = np.array([1.5e6, 2.5e6, 3.5e6, 4.5e6])
# |T|^2 of an elastic plate, Z 1.63 / 6.50 / 1.75 MRayl, 3432 m/s: thickness [mm], attenuation
# [dB/cm/MHz], values at 1.5, 2.5, 3.5, 4.5 MHz. Computed by others from the same formula.
PLATE = [
    (0.00, 0, (0.99874, 0.99874, 0.99874, 0.99874)),
    (0.00, 5, (0.99874, 0.99874, 0.99874, 0.99874)),
    (0.30, 0, (0.36575, 0.24417, 0.26054, 0.44591)),
    (0.30, 5, (0.35160, 0.23348, 0.24352, 0.38537)),
    (0.45, 0, (0.25828, 0.28489, 0.82576, 0.51922)),
    (0.45, 5, (0.24755, 0.26323, 0.61395, 0.40310)),
    (0.60, 0, (0.23805, 0.67619, 0.42616, 0.24682)),
    (0.60, 5, (0.22583, 0.53344, 0.34187, 0.20713)),
    (1.60, 0, (0.25614, 0.29458, 0.36418, 0.48238)),
    (1.60, 5, (0.21836, 0.21474, 0.21157, 0.20291)),
]


@pytest.mark.parametrize(("thickness_mm", "alpha", "expected"), PLATE)
def test_plate_lets_through_what_the_table_says(thickness_mm, alpha, expected):
    _, through = plate_response(MHZ, np.array([thickness_mm / 1000]), alpha_db_cm_mhz=alpha)
    np.testing.assert_allclose(np.abs(through[0]), expected, atol=6e-6)


def test_plate_vanishes_with_its_thickness_between_equal_media():
    for thickness_m in (1e-6, 1e-8):
        reflected, through = plate_response(
            MHZ, np.array([thickness_m]), impedances_mrayl=(1.6, 6.5, 1.6)
        )
        assert np.abs(through - 1).max() < 4e4 * thickness_m
        assert np.abs(reflected).max() < 4e4 * thickness_m


def test_lossless_plate_loses_no_power():
    f = np.linspace(1e6, 6e6, 101)
    reflected, through = plate_response(f, np.array([0.3e-3, 1.6e-3]), alpha_db_cm_mhz=0.0)
    np.testing.assert_allclose(np.abs(reflected) ** 2 + np.abs(through), 1.0, rtol=1e-12)


def test_half_wave_plate_is_transparent():
    thickness_m = 0.45e-3
    _, through = plate_response(
        np.array([3432.0 / (2 * thickness_m)]), np.array([thickness_m]), alpha_db_cm_mhz=0.0
    )
    assert np.abs(through[0, 0]) == pytest.approx(4 * 1.63 * 1.75 / (1.63 + 1.75) ** 2, rel=1e-12)


def test_thick_lossy_plate_reflects_like_a_half_space():
    reflected, _ = plate_response(MHZ, np.array([0.1]), alpha_db_cm_mhz=20.0)
    np.testing.assert_allclose(reflected[0], (6.50 - 1.63) / (6.50 + 1.63), rtol=1e-3)


def test_soft_tissue_takes_30_8_db_on_8_cm_at_3_5_mhz():
    assert two_way_db(np.array([3.5e6]), 0.08, 0.55)[0] == pytest.approx(30.8)


def test_pulse_is_half_at_the_ends_of_its_band():
    ends = np.array([3.5e6 - 1.05e6, 3.5e6, 3.5e6 + 1.05e6])
    np.testing.assert_allclose(pulse_magnitude(ends, 3.5e6, 0.6), [0.5, 1.0, 0.5], rtol=1e-12)


@pytest.mark.parametrize(("depth_m", "centroid_mhz"), [(0.0, 3.5), (0.01, 3.3993), (0.08, 2.6943)])
def test_attenuation_shifts_the_centroid_by_0_1007_mhz_a_cm(depth_m, centroid_mhz):
    f = np.linspace(-10e6, 20e6, 30001)
    power = (pulse_magnitude(f, 3.5e6, 0.6) * two_way_magnitude(f, depth_m, 0.55)) ** 2
    assert np.sum(f * power) / np.sum(power) / 1e6 == pytest.approx(centroid_mhz, abs=1e-4)


def test_speckle_envelope_is_rayleigh():
    """Mean over standard deviation of a Rayleigh variable is sqrt(pi / (4 - pi)) = 1.913."""
    rng = np.random.default_rng(20)
    grid = design_grid_hz(40e6)
    speckle = depth_filter(pulse_magnitude(grid, 3.5e6, 0.6)[None], 128, 1024).apply(
        rng.standard_normal((400, 1024))
    )
    spectrum = fft.fft(speckle[:, SUPPORT:-SUPPORT], axis=1)
    spectrum[:, spectrum.shape[1] // 2 :] = 0
    envelope = np.abs(fft.ifft(spectrum, axis=1))[:, 100:-100]
    assert envelope.mean() / envelope.std() == pytest.approx(1.913, abs=0.05)


def test_filter_of_one_scatterer_is_the_pulse_at_its_place():
    """The banded product equals a plain convolution when the filter does not change."""
    rng = np.random.default_rng(21)
    white = rng.standard_normal((3, 300))
    kernel = fft.irfft(pulse_magnitude(design_grid_hz(40e6), 3.5e6, 0.6), 512)
    kernel = np.roll(kernel, SUPPORT)[: 2 * SUPPORT + 1]
    grid = design_grid_hz(40e6)
    filtered = depth_filter(pulse_magnitude(grid, 3.5e6, 0.6)[None], 32, 300).apply(white)
    for row, line in zip(filtered, white, strict=True):
        np.testing.assert_allclose(row[: 300 + 2 * SUPPORT], np.convolve(line, kernel), atol=1e-12)
