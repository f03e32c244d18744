"""Averaged spectra against closed forms and NumPy's own transform."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bonescan.rems.features import site_features
from bonescan.rems.gates import Gates
from bonescan.rems.spectra import group_spectra, pooled

from .phantoms import FORM, FS_HZ, conditioned_of

A, B, C = 100, 300, 500


def measured(samples, used=None, depth_mm=60.0, form=FORM):
    shape = samples.shape[:2]
    start = np.stack([np.full(shape, s, dtype=np.int64) for s in (A, B, C)])
    gates = Gates(
        start=start, used=np.ones(shape, bool) if used is None else used,
        n_lines=shape[0] * shape[1], n_no_surface=0, n_steep=0, n_saturated=0, n_outside=0,
        incidence_known=True,
    )  # fmt: skip
    return group_spectra(conditioned_of(samples), gates, np.full(shape, depth_mm), form)


def _all_used(shape):
    return Gates(
        start=np.zeros((3, *shape), np.int64), used=np.ones(shape, bool),
        n_lines=shape[0] * shape[1], n_no_surface=0, n_steep=0, n_saturated=0, n_outside=0,
        incidence_known=True,
    )  # fmt: skip


def _spectra_of(conditioned):
    shape = conditioned.samples.shape[:2]
    start = np.stack([np.full(shape, s, dtype=np.int64) for s in (A, B, C)])
    gates = dataclasses.replace(_all_used(shape), start=start)
    return group_spectra(conditioned, gates, np.full(shape, 60.0), FORM)


def white(shape, sd=200.0, seed=1):
    return np.rint(sd * np.random.default_rng(seed).standard_normal(shape)).astype(np.int16)


def test_a_group_is_the_mean_power_of_its_lines() -> None:
    samples = white((2, 5, 700))
    window = np.sin(np.pi * (np.arange(128) + 0.5) / 128) ** 2
    gates = samples[:, :, B : B + 128].astype(float) * window
    want = (np.abs(np.fft.rfft(gates, 512)) ** 2).mean(axis=(0, 1))[20:58]
    found = measured(samples)
    assert found.n_groups == 1
    # keeping drift out changes what a bin sees by 0.1 % of its energy at most, so a tenth of its
    # value where speckle left it weak
    np.testing.assert_allclose(found.power[1, 0], want, rtol=0.05)


def test_lines_are_grouped_by_five_in_pairs_of_frames() -> None:
    found = measured(white((8, 128, 700)))
    # 25 whole blocks of five lines and one of three, which has 6 of 10 lines; four pairs
    assert found.n_groups == 26 * 4
    assert found.n_lines == 8 * 128
    assert sorted(set(found.cluster.tolist())) == list(range(26))


@pytest.mark.parametrize(("n_used", "n_groups"), [(6, 1), (5, 0)])
def test_a_group_needs_six_of_its_ten_lines(n_used, n_groups) -> None:
    used = np.zeros((2, 5), bool)
    used.flat[:n_used] = True
    assert measured(white((2, 5, 700)), used).n_groups == n_groups


def test_a_frame_without_any_line_does_not_break_the_pairs() -> None:
    samples = white((5, 10, 700))
    used = np.ones((5, 10), bool)
    used[2] = False
    assert measured(samples, used).n_groups == 2 * 2  # frames 0+1 and 3+4


def test_no_usable_line_gives_no_group() -> None:
    assert measured(white((2, 5, 700)), np.zeros((2, 5), bool)).n_groups == 0


def test_the_noise_of_a_bin_is_that_of_white_noise() -> None:
    # σ² · Σ w² with w = sin²: Σ sin⁴ over 128 half samples = 3/8 · 128 = 48
    found = measured(white((8, 100, 700), sd=200.0))
    np.testing.assert_allclose(found.noise[:, 0], 200.0**2 * 48.0, rtol=0.07)
    assert np.all(found.noise[0] == found.noise[0, 0])


def test_averaging_ten_lines_leaves_the_known_scatter() -> None:
    # dB of a mean of ten exponentials: (10/ln 10) √ψ'(10) = 1.408 dB
    found = measured(white((40, 100, 700), seed=3))
    level_db = 10.0 * np.log10(found.power[0])
    assert level_db.std(axis=0).mean() == pytest.approx(1.408, abs=0.06)


def test_depth_is_the_mean_of_the_lines_in_a_group() -> None:
    samples, shape = white((2, 10, 700)), (2, 10)
    gates = Gates(
        start=np.stack([np.full(shape, s, dtype=np.int64) for s in (A, B, C)]),
        used=np.ones(shape, bool), n_lines=20, n_no_surface=0, n_steep=0, n_saturated=0,
        n_outside=0, incidence_known=True,
    )  # fmt: skip
    depth = np.tile(np.arange(10.0), (2, 1))
    found = group_spectra(conditioned_of(samples), gates, depth, FORM)
    np.testing.assert_allclose(found.depth_mm, [2.0, 7.0])


def test_a_gate_that_does_not_fit_is_not_a_number() -> None:
    found = measured(white((2, 5, C + 100)))
    assert np.isnan(found.power[2]).all()
    assert np.isfinite(found.power[:2]).all()


@pytest.mark.parametrize("n_gates", [2, 5])
def test_there_may_be_any_number_of_gates(n_gates) -> None:
    form = dataclasses.replace(FORM, gate_start_mm=(1.5, 4.0, 2.5, 3.2, 9.0)[:n_gates])
    samples, shape = white((2, 5, 700)), (2, 5)
    start = np.stack([np.full(shape, s, dtype=np.int64) for s in (A, B, 150, 200, 600)[:n_gates]])
    gates = dataclasses.replace(_all_used(shape), start=start)
    found = group_spectra(conditioned_of(samples), gates, np.full(shape, 60.0), form)
    assert found.power.shape == (n_gates, 1, 38)
    assert found.noise.shape == (n_gates, 1)
    # the fifth, at sample 600, ends at 728 of 700
    assert (
        np.isfinite(found.power).all(axis=(1, 2)).tolist()
        == [True, True, True, True, False][:n_gates]
    )
    assert np.isnan(found.noise[4:]).all()
    one = dataclasses.replace(gates, start=start[:2])
    alone = group_spectra(conditioned_of(samples), one, np.full(shape, 60.0), form)
    np.testing.assert_array_equal(found.power[:2], alone.power)


@pytest.mark.parametrize(
    "drift",
    [
        lambda t: 1000.0 + 0.0 * t,
        lambda t: 1000.0 * np.cos(2.0 * np.pi * 0.4e6 * t + 0.3),
        lambda t: 1000.0 * np.cos(2.0 * np.pi * 0.3e6 * t + 1.0),  # between the frequencies
        lambda t: 3e8 * t,  # a ramp: 5,250 counts over the line
    ],
    ids=["offset", "0.4 MHz", "0.3 MHz", "ramp"],
)
def test_a_strong_slow_baseline_does_not_reach_the_band(drift) -> None:
    samples = white((4, 20, 700), sd=20.0)  # 34 dB below the drift; the ramp is 48 dB above
    swaying = np.rint(samples + drift(np.arange(700) / FS_HZ)).astype(np.int16)
    still, moved = measured(samples).power[:2], measured(swaying).power[:2]
    np.testing.assert_allclose(10.0 * np.log10(moved / still), 0.0, atol=0.6)


def test_a_gain_curve_is_taken_off_in_the_gates() -> None:
    """Amplified by a known curve and told so, samples give the spectra they gave before."""
    samples = white((2, 5, 700), sd=60.0)
    gain = 10.0 ** (np.linspace(30.0, 0.0, 700) / 20.0)  # what takes 0 to 30 dB off, least 1
    amplified = np.rint(samples * 10.0 ** (np.linspace(0.0, 30.0, 700) / 20.0)) + 300
    known = conditioned_of(amplified.astype(np.int16), gain=gain, offset=300)
    plain, found = (_spectra_of(c) for c in (conditioned_of(samples), known))
    level_db = 10.0 * np.log10(found.power / plain.power)
    np.testing.assert_allclose(level_db, level_db.mean(), atol=0.25)  # one factor for all gates
    np.testing.assert_allclose(
        10.0 * np.log10(found.noise / plain.noise), level_db.mean(), atol=0.1
    )


def test_a_gate_that_does_not_fit_has_no_power_with_a_gain_either() -> None:
    short = conditioned_of(white((2, 5, C + 100)), gain=np.ones(C + 100))
    found = _spectra_of(short)
    assert np.isnan(found.power[2]).all()
    assert np.isfinite(found.power[:2]).all()


def test_identical_frames_give_the_spectrum_of_one() -> None:
    one = white((1, 20, 700))
    single = measured(np.concatenate([one, one])).power
    np.testing.assert_allclose(
        measured(np.concatenate([one] * 6)).power, np.tile(single, (1, 3, 1))
    )


def test_the_order_of_pairs_of_frames_and_of_frames_in_a_pair_changes_nothing() -> None:
    samples = white((6, 20, 700))
    one = measured(samples)
    other = measured(samples[[5, 4, 1, 0, 3, 2]])
    for spectra in (one, other):
        assert spectra.n_groups == 3 * 4
    order = np.argsort(one.power[0, :, 0])
    again = np.argsort(other.power[0, :, 0])
    np.testing.assert_allclose(one.power[:, order], other.power[:, again], rtol=1e-12)


def test_vertebrae_are_pooled_without_mixing_their_clusters() -> None:
    one, two = measured(white((4, 20, 700))), measured(white((2, 10, 700), seed=9))
    both = pooled([one, two])
    assert both.n_groups == one.n_groups + two.n_groups
    assert not set(both.cluster[: one.n_groups]) & set(both.cluster[one.n_groups :])
    np.testing.assert_array_equal(both.power[:, one.n_groups :], two.power)


@pytest.mark.parametrize("alpha_db_cm_mhz", [6.0, 10.0, 14.0])
def test_imposed_attenuation_is_recovered(alpha_db_cm_mhz) -> None:
    """A homogeneous phantom: the slope of D(f) is 2 α Δz, with Δz = 2.5 mm between gates.

    The loss is imposed block by block as a closed-form filter on white noise;
    tolerance 5 %.
    """
    rng = np.random.default_rng(4)
    f_mhz = np.fft.rfftfreq(1024, 1.0 / FS_HZ) / 1e6
    shape = (16, 250)

    def block(z_cm: float) -> np.ndarray:
        loss = 10.0 ** (-2.0 * alpha_db_cm_mhz * f_mhz * z_cm / 20.0)
        band = (f_mhz > 1.0) & (f_mhz < 5.5)
        return np.fft.irfft(np.fft.rfft(rng.standard_normal((*shape, 1024))) * loss * band, 1024)

    samples = np.zeros((*shape, 700))
    for start, z_cm in ((A, 0.15), (B, 0.40), (C, 0.65)):
        samples[..., start - 20 : start + 160] = block(z_cm)[..., 400:580]
    loud = np.rint(samples * 30000.0 / np.abs(samples).max()).astype(np.int16)
    features = site_features(measured(loud), dataclasses.replace(FORM, noise_floor_1=1e-6))
    slope = np.polyfit(FORM.frequency_hz / 1e6, features.median_difference_db, 1)[0]
    assert slope / (2.0 * 0.25) == pytest.approx(alpha_db_cm_mhz, rel=0.05)
