"""Noise, path and level out of the spectra."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bonescan.rems.features import path_loss_db, site_features
from bonescan.rems.spectra import SiteSpectra

from .phantoms import FORM, FS_HZ

BINS = FORM.frequency_hz.size


def spectra(power, *, noise=np.nan, depth_mm=60.0) -> SiteSpectra:
    power = np.asarray(power, dtype=float)
    n = power.shape[1]
    return SiteSpectra(
        power=power, noise=np.full((3, n), noise), depth_mm=np.full(n, depth_mm),
        cluster=np.arange(n), n_lines=10 * n,
    )  # fmt: skip


def random_power(seed=1, n=12) -> np.ndarray:
    return np.exp(np.random.default_rng(seed).normal(size=(3, n, BINS)))


def test_soft_tissue_over_eight_centimetres() -> None:
    # 2 · 0.55 dB/cm/MHz · 3.5 MHz · 8 cm = 30.8 dB
    assert path_loss_db(np.array([80.0]), np.array([3.5e6]), 0.55)[0, 0] == pytest.approx(30.8)


def test_the_loss_moves_a_gaussian_spectrum_as_the_closed_form_says() -> None:
    # exp(−(f−3.5)²/s²), s² = 0.79529 MHz², under 0.55 dB/cm/MHz · 8 cm twice: 3.5 -> 2.6943 MHz
    f = np.linspace(0.0, 8.0, 4001)
    power = np.exp(-((f - 3.5) ** 2) / 0.79529)
    power *= 10.0 ** (-path_loss_db(np.array([80.0]), f * 1e6, 0.55)[0] / 10.0)
    assert np.sum(f * power) / np.sum(power) == pytest.approx(2.6943, abs=5e-4)


def test_correction_gives_back_what_the_path_took() -> None:
    flat = np.ones((3, 4, BINS))
    lossy = flat * 10.0 ** (-path_loss_db(np.array([60.0]), FORM.frequency_hz, 0.55) / 10.0)
    back = site_features(spectra(lossy), FORM)
    np.testing.assert_allclose(back.two_gate_db, 0.0, atol=1e-9)
    raw = site_features(spectra(lossy), FORM, corrected=False)
    assert np.ptp(raw.two_gate_db) > 15.0


def test_the_two_gates_share_one_mean() -> None:
    features = site_features(spectra(random_power()), FORM)
    np.testing.assert_allclose(features.two_gate_db.mean(axis=1), 0.0, atol=1e-12)
    # so that the contrast of A and B survives
    contrast = features.two_gate_db[:, :BINS] - features.two_gate_db[:, BINS:]
    np.testing.assert_allclose(contrast, features.difference_db, atol=1e-9)


@pytest.mark.parametrize("alpha", [0.0, 0.49, 0.61])
def test_the_difference_of_the_gates_knows_no_path(alpha) -> None:
    here = site_features(spectra(random_power()), FORM)
    there = site_features(
        spectra(random_power(), depth_mm=140.0), FORM, attenuation_db_cm_mhz=alpha
    )
    np.testing.assert_array_equal(here.difference_db, there.difference_db)


def test_level_plays_no_part() -> None:
    one, two = spectra(random_power(), noise=0.01), spectra(4.0 * random_power(), noise=0.04)
    np.testing.assert_allclose(
        site_features(one, FORM).two_gate_db, site_features(two, FORM).two_gate_db, atol=1e-9
    )


def test_noise_power_is_taken_off() -> None:
    clean = random_power()
    noisy = site_features(spectra(clean + 0.5, noise=0.5), FORM)
    np.testing.assert_allclose(
        noisy.difference_db, site_features(spectra(clean), FORM).difference_db, atol=1e-9
    )
    assert noisy.floored_percent == 0.0


def test_bins_at_the_noise_keep_a_floor_and_are_counted() -> None:
    power = np.full((3, 2, BINS), 10.0)
    power[1, 0, :19] = 1.0  # a quarter of the bins of gates A and B of ... one of two groups
    found = site_features(spectra(power, noise=1.0), FORM)
    assert found.floored_percent == pytest.approx(100.0 * 19 / (2 * 2 * BINS))
    # 9 against 5 % of 1
    assert found.difference_db[0, 0] == pytest.approx(10.0 * np.log10(9.0 / 0.05))


def test_signal_to_noise_is_that_of_the_deeper_gate() -> None:
    power = np.full((3, 4, BINS), 1000.0)
    power[1] = 100.0
    assert site_features(spectra(power, noise=1.0), FORM).snr_db == pytest.approx(20.0)
    assert site_features(spectra(power), FORM).snr_db is None


def test_a_few_gates_that_caught_the_surface_echo_do_not_rule_the_median() -> None:
    power = np.ones((3, 21, BINS))
    power[0, :5] = 1e3  # 30 dB too strong in gate A
    assert np.all(site_features(spectra(power), FORM).median_difference_db == 0.0)


def test_without_gate_c_there_is_no_decay_to_check() -> None:
    power = random_power()
    assert np.isfinite(site_features(spectra(power), FORM).decay_bc_db)
    power[2] = np.nan
    assert np.isnan(site_features(spectra(power), FORM).decay_bc_db)


def test_decay_is_read_in_the_low_band_only() -> None:
    power = np.ones((3, 3, BINS))
    high = FORM.frequency_hz > 3.0e6
    power[1][:, high] = 1e-4
    found = site_features(spectra(power), FORM)
    assert found.decay_ab_db == 0.0


def test_a_form_of_another_rate_changes_only_its_bins() -> None:
    form = dataclasses.replace(FORM, fs_hz=FS_HZ / 2)
    assert form.gate_length_m == pytest.approx(2 * FORM.gate_length_m)
