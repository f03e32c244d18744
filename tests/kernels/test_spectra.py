"""Spectra of gates against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.kernels.basis import dft_basis, half_sample_hann
from bonescan.kernels.match import unit_rows
from bonescan.kernels.spectra import gate_power, match_gates
from bonescan.model.arrays import kernel_input

FS = 40e6
N = 128
AMPLITUDE = 30_000
BINS = np.arange(1, 60)
BASIS = kernel_input(dft_basis(FS, N, BINS * FS / N), np.float32)


def spectrum(x, basis=BASIS):
    """Power of one gate that fills the whole line."""
    lines = kernel_input(np.rint(x)[None], np.int16)
    zero = kernel_input([0], np.int64)
    return gate_power(lines, zero, zero, basis)[0].astype(np.float64)


def tone(at_bin, amplitude=AMPLITUDE):
    return amplitude * np.cos(2 * np.pi * at_bin * np.arange(N) / N + 0.3)


@pytest.mark.parametrize("k", [5, 20, 41])
def test_a_tone_on_a_bin_peaks_there_with_a_quarter_of_its_windowed_amplitude_squared(k):
    power = spectrum(tone(k))
    assert BINS[power.argmax()] == k
    # sum of the window N/2, half of the amplitude at the positive frequency
    assert power.max() == pytest.approx((AMPLITUDE * N / 4) ** 2, rel=1e-4)
    # the neighbours of a Hann window are 6.0206 dB down, the others vanish
    near = power[BINS.searchsorted([k - 1, k + 1])] / power.max()
    np.testing.assert_allclose(near, 0.25, rtol=1e-3)
    assert (power[np.abs(BINS - k) > 1] < 1e-7 * power.max()).all()


def test_side_lobes_between_bins_fall_as_hann_does():
    # The highest side lobe of a Hann window is -31.5 dB and they fall by 18 dB an octave
    # (Harris, Proc IEEE 1978;66:51-83). Ours is the half-sample form of that window: for a
    # tone at bin 20.5 it lies within 0.6 dB of the -30.7, -47.1, -52.6 and -70.0 dB that the
    # symmetric Hann of 128 points gives at bins 18, 16, 15 and 10; from 4.5 bins outward all
    # is below -45 dB.
    level = 10 * np.log10(spectrum(tone(20.5)))
    level -= level.max()
    at = dict(zip(BINS, level, strict=True))
    for place, want in {18: -30.7, 23: -30.7, 16: -47.1, 25: -47.1, 15: -52.6, 26: -52.5}.items():
        assert at[place] == pytest.approx(want, abs=0.6), place
    assert max(level[np.abs(BINS - 20.5) >= 4.5]) <= -45


def test_doubling_the_samples_adds_6_0206_db():
    x = np.random.default_rng(3).integers(-8000, 8000, N)
    gain = 10 * np.log10(spectrum(2 * x) / spectrum(x))
    np.testing.assert_allclose(gain, 20 * np.log10(2), atol=1e-4)


def test_gates_are_taken_from_their_line_and_start():
    rng = np.random.default_rng(4)
    lines = rng.integers(-9000, 9000, (5, 400))
    line, start = np.array([4, 0, 2, 2]), np.array([0, 272, 17, 17])
    power = gate_power(
        kernel_input(lines, np.int16), kernel_input(line, np.int64),
        kernel_input(start, np.int64), BASIS,
    )  # fmt: skip
    for got, i, begin in zip(power, line, start, strict=True):
        windowed = half_sample_hann(N) * lines[i, begin : begin + N]
        want = np.abs(np.fft.rfft(windowed)[BINS]) ** 2
        np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-6 * want.max())


@pytest.mark.parametrize(
    ("line", "start", "inside"),
    [(0, 0, True), (0, 72, True), (0, 73, False), (0, -1, False), (-1, 0, False), (1, 0, False),
     (2**62, 0, False), (0, 2**62, False), (0, -(2**62), False)],
)  # fmt: skip
def test_a_gate_outside_its_line_is_nan(line, start, inside):
    args = (
        kernel_input(np.random.default_rng(5).integers(-99, 99, (1, N + 72)), np.int16),
        kernel_input([line], np.int64),
        kernel_input([start], np.int64),
        BASIS,
    )
    models = kernel_input(unit_rows(kernel_input(np.vander(BINS / 60, 3).T[:1])), np.float32)
    assert np.isfinite(gate_power(*args)).all() == inside
    assert np.isnan(gate_power(*args)).all() != inside
    assert np.isfinite(match_gates(*args, models)).all() == inside


def test_one_bad_gate_leaves_the_rest_of_its_tile_alone():
    lines = kernel_input(np.random.default_rng(6).integers(-999, 999, (1, 300)), np.int16)
    row = kernel_input(np.zeros(3), np.int64)
    good = gate_power(lines, row, kernel_input([0, 50, 100], np.int64), BASIS)
    mixed = gate_power(lines, row, kernel_input([0, -5, 100], np.int64), BASIS)
    np.testing.assert_array_equal(mixed[[0, 2]], good[[0, 2]])


def test_match_is_pearsons_r_of_the_db_spectrum():
    rng = np.random.default_rng(7)
    lines = kernel_input(rng.integers(-9000, 9000, (3, N)), np.int16)
    row, zero = kernel_input(np.arange(3), np.int64), kernel_input(np.zeros(3), np.int64)
    models_db = rng.normal(-40, 6, (2, BINS.size))
    unit = kernel_input(unit_rows(kernel_input(models_db)), np.float32)
    r = match_gates(lines, row, zero, BASIS, unit)
    level = 10 * np.log10(gate_power(lines, row, zero, BASIS).astype(float))
    want = np.corrcoef(level, models_db)[:3, 3:]
    np.testing.assert_allclose(r, want, atol=1e-5)


def test_a_spectrum_matches_itself_with_r_1_at_any_gain():
    x = np.random.default_rng(8).integers(-900, 900, N)
    unit = kernel_input(unit_rows(kernel_input(np.log(spectrum(x))[None])), np.float32)
    zero = kernel_input([0], np.int64)
    for gain in (1, 7, 30):
        r = match_gates(kernel_input(gain * x[None], np.int16), zero, zero, BASIS, unit)
        assert r[0, 0] == pytest.approx(1, abs=1e-5)
        assert r[0, 0] <= 1


def silent(n):
    return np.zeros(n)


def impulse(n):  # its spectrum is flat: no shape to match
    return np.where(np.arange(n) == 40, 20_000, 0)


@pytest.mark.parametrize("make", [silent, impulse])
def test_a_gate_without_power_or_shape_has_no_r(make):
    zero = kernel_input([0], np.int64)
    models = kernel_input(np.eye(2, BINS.size), np.float32)
    r = match_gates(kernel_input(make(N)[None], np.int16), zero, zero, BASIS, models)
    assert np.isnan(r).all()


def test_a_nan_model_gives_nan_for_itself_only():
    x = np.random.default_rng(9).integers(-900, 900, (1, N))
    zero = kernel_input([0], np.int64)
    models = np.eye(2, BINS.size)
    models[0, 3] = np.nan
    r = match_gates(kernel_input(x, np.int16), zero, zero, BASIS, kernel_input(models, np.float32))
    assert np.isnan(r[0, 0])
    assert np.isfinite(r[0, 1])


def test_no_gate_no_bin_and_no_model():
    lines = kernel_input(np.zeros((2, 200)), np.int16)
    none, one = kernel_input([], np.int64), kernel_input([0], np.int64)
    no_bins = kernel_input(dft_basis(FS, N, []), np.float32)
    assert gate_power(lines, none, none, BASIS).shape == (0, BINS.size)
    assert gate_power(lines, one, one, no_bins).shape == (1, 0)
    no_models = kernel_input(np.zeros((0, BINS.size)), np.float32)
    assert match_gates(lines, none, none, BASIS, no_models).shape == (0, 0)
    assert match_gates(lines, one, one, BASIS, no_models).shape == (1, 0)
    models = kernel_input(np.zeros((2, 0)), np.float32)
    assert np.isnan(match_gates(lines, one, one, no_bins, models)).all()
