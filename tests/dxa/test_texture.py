"""The variogram texture index against closed forms; refused on pictures."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from bonescan.dxa.texture import offsets_of, texture_index
from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings

from .test_spine_picture import REAL_SPINE

PIXEL_MM = (0.25, 0.25)


@cache
def fractional_brownian_surface(hurst, n=192, n_waves=3000, seed=3):
    """Sum plane waves of a spectral density k^-(2H + 2): its variogram is proportional to d^2H."""
    rng = np.random.default_rng(seed)
    # rings of random wave vectors, spread evenly in log k, from far above to below what is fitted
    k = np.exp(rng.uniform(np.log(2e-3), np.log(40.0), n_waves))  # cycles per pixel x 2 pi
    angle, phase = rng.uniform(0, 2 * np.pi, (2, n_waves))
    amplitude = k**-hurst  # variance per log k: k^2 * k^-(2H + 2)
    y, x = np.arange(n), np.arange(n)
    wave_x = np.exp(1j * np.outer(x, k * np.cos(angle)))
    wave_y = np.exp(1j * (np.outer(y, k * np.sin(angle)) + phase)) * amplitude
    surface = (wave_y @ wave_x.T).real
    return 1.0 + 0.1 * surface / surface.std()


@pytest.mark.parametrize("angle_degrees", [0, 30, 45, 90])
def test_a_linear_ramp_has_index_2(angle_degrees):
    # (a·d)² averaged over all directions is a²d²/2: V is proportional to d², slope 2
    y, x = np.mgrid[:400, :400] * 1.0
    a = np.deg2rad(angle_degrees)
    texture = texture_index(0.2 + 1e-3 * (x * np.cos(a) + y * np.sin(a)), PIXEL_MM)
    assert texture.index == pytest.approx(2.0, abs=0.005)  # counts differ at the rim


def test_the_variogram_of_a_ramp_is_its_slope_squared_times_a_quarter_of_distance_squared():
    y, x = np.mgrid[:400, :400] * 0.25  # mm
    texture = texture_index(0.004 * (x + 2.0 * y), PIXEL_MM)
    want = 0.5 * 0.004**2 * (1 + 2**2) / 2 * np.array(texture.lag_mm) ** 2
    np.testing.assert_allclose(texture.variogram_g2_cm4, want, rtol=0.005)


def test_white_noise_has_index_0_and_its_variance_as_variogram():
    noise = np.random.default_rng(5).normal(1.0, 0.05, (300, 300))
    texture = texture_index(noise, PIXEL_MM)
    assert texture.index == pytest.approx(0.0, abs=0.01)
    np.testing.assert_allclose(texture.variogram_g2_cm4, 0.05**2, rtol=0.02)


@pytest.mark.parametrize("hurst", [0.3, 0.5, 0.7])
def test_a_fractional_brownian_surface_has_index_2h(hurst):
    texture = texture_index(fractional_brownian_surface(hurst), PIXEL_MM)
    assert texture.index == pytest.approx(2.0 * hurst, abs=0.12)


def test_known_noise_is_taken_off():
    surface = fractional_brownian_surface(0.5)
    noisy = surface + np.random.default_rng(8).normal(0.0, 0.01, surface.shape)
    want = texture_index(surface, PIXEL_MM).index
    assert texture_index(noisy, PIXEL_MM).index < want - 0.1
    assert texture_index(noisy, PIXEL_MM, noise_g_cm2=0.01).index == pytest.approx(want, abs=0.03)


def test_scale_and_level_do_not_change_the_index():
    surface = fractional_brownian_surface(0.4)
    want = texture_index(surface, PIXEL_MM).index
    assert texture_index(2.0 * surface + 0.3, PIXEL_MM).index == pytest.approx(want, rel=1e-9)


def test_what_lies_outside_the_mask_plays_no_part():
    surface = fractional_brownian_surface(0.4)
    mask = np.zeros(surface.shape, dtype=bool)
    mask[40:180, 30:180] = True
    want = texture_index(surface[40:180, 30:180], PIXEL_MM)
    spoilt = np.where(mask, surface, 5.0)
    found = texture_index(spoilt, PIXEL_MM, mask)
    assert found.index == pytest.approx(want.index, rel=1e-12)
    assert found.n_pixels == 140 * 150
    gaps = texture_index(np.where(mask, surface, np.nan), PIXEL_MM)
    assert gaps.index == pytest.approx(want.index, rel=1e-12)


def test_pixels_of_two_sides_measure_distance_in_mm():
    y, x = np.mgrid[:300, :500] * 1.0
    texture = texture_index(0.1 + 1e-3 * (0.6 * x + 1.05 * y), (0.6, 1.05))
    assert texture.index == pytest.approx(2.0, abs=0.05)
    assert max(texture.lag_mm) == pytest.approx(4 * 1.05, rel=0.05)


def test_offsets_hold_each_pair_of_directions_once_and_reach_two_millimetres():
    offsets, length, ring = offsets_of(PIXEL_MM)
    both = {tuple(o) for o in offsets} | {tuple(-o) for o in offsets}
    assert len(both) == 2 * len(offsets)
    assert ring.max() == 8
    assert length.max() < 2.0 + 0.125


@pytest.mark.shared
def test_a_real_windowed_picture_is_refused(shared_dir):
    scan = read_scan(shared_dir / "data" / "dxa-real" / REAL_SPINE, ReadSettings())
    pixels = scan.pixels.pixels()
    for values in (pixels, pixels.astype(np.float64), pixels / 252.0):
        texture = texture_index(values, PIXEL_MM)
        assert texture.index is None
        assert texture.flags == ("texture_needs_density",)


@pytest.mark.parametrize(("n_values", "refused"), [(256, True), (257, False)])
def test_up_to_256_values_are_a_picture(n_values, refused):
    rng = np.random.default_rng(4)
    values = (1.0 + rng.permutation(np.resize(np.arange(n_values), 10_000))).reshape(100, 100)
    texture = texture_index(values / 1000.0, PIXEL_MM)
    assert ("texture_needs_density" in texture.flags) is refused


@pytest.mark.parametrize(("top", "refused"), [(10.0, False), (10.01, True)])
def test_values_above_10_are_no_densities(top, refused):
    values = np.random.default_rng(4).random((100, 100))
    values[5, 5] = top
    assert ("texture_needs_density" in texture_index(values, PIXEL_MM).flags) is refused


@pytest.mark.parametrize(
    ("values", "pixel_mm", "flag", "reason"),
    [
        (np.zeros((0, 4)), PIXEL_MM, "texture_needs_density", "no map of rows and columns"),
        (np.zeros(9), PIXEL_MM, "texture_needs_density", "no map of rows and columns"),
        (np.random.default_rng(1).random((9, 9)), PIXEL_MM, "texture_not_defined", "too few"),
        (np.full((60, 60), np.nan), PIXEL_MM, "texture_not_defined", "0 pixels are too few"),
        (np.random.default_rng(1).random((90, 90)), (1.21, 0.5), "texture_not_defined", "1.2 mm"),
        (np.random.default_rng(1).random((90, 90)), (0.5, np.nan), "texture_not_defined", "1.2 mm"),
        (np.full((30, 30), 0.9), PIXEL_MM, "texture_not_defined", "no variation"),
    ],
)
def test_without_enough_there_is_no_index_but_a_reason(values, pixel_mm, flag, reason):
    texture = texture_index(values, pixel_mm)
    assert texture.index is None
    assert texture.flags == (flag,)
    assert reason in texture.reason


@pytest.mark.parametrize(("n_columns", "given"), [(20, True), (19, False)])
def test_400_pixels_are_enough(n_columns, given):
    texture = texture_index(np.random.default_rng(1).random((20, n_columns)), PIXEL_MM)
    assert (texture.index is not None) is given


def test_noise_larger_than_all_variation_leaves_no_index():
    noise = np.random.default_rng(5).normal(1.0, 0.05, (100, 100))
    assert texture_index(noise, PIXEL_MM, noise_g_cm2=0.06).reason == "no variation above the noise"
