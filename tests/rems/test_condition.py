"""Samples as stored to samples that may be analysed."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from bonescan.errors import UnusableScan
from bonescan.read.registry import read_scan
from bonescan.rems.condition import condition
from bonescan.settings import ReadSettings

from .phantoms import rf_site


def noise(seed: int = 1, shape: tuple[int, int, int] = (3, 20, 400), sd: float = 300.0):
    return np.rint(sd * np.random.default_rng(seed).standard_normal(shape)).astype(np.int16)


def conditioned(samples, **site):
    return condition(samples, rf_site(samples, **site))


def test_samples_of_sixteen_bits_pass_unchanged_and_uncopied() -> None:
    samples = noise() + np.int16(500)  # the offset is left to the gates
    found = conditioned(samples)
    np.testing.assert_array_equal(found.samples, samples)
    assert np.shares_memory(found.samples, samples)
    assert found.levelled() is found.samples


def test_the_offset_of_wide_integers_is_taken_off() -> None:
    samples = noise().astype(np.int32) * 100 + 5_000_000
    assert abs(conditioned(samples).samples.mean(dtype=float)) < 1.0


def test_a_stored_gain_curve_is_undone() -> None:
    flat = noise(sd=40.0, shape=(4, 60, 400)).astype(float)
    tgc_db = np.linspace(0.0, 30.0, 400)
    amplified = np.rint(flat * 10.0 ** (tgc_db / 20.0)).astype(np.int16)
    found = conditioned(amplified, tgc_db=tgc_db)
    np.testing.assert_array_equal(found.samples, amplified)  # it is taken off in the gates
    np.testing.assert_allclose(found.gain, 10.0 ** ((30.0 - tgc_db) / 20.0))
    back = found.levelled().astype(float)
    early, late = back[..., :50].std(), back[..., -50:].std()
    assert 20.0 * np.log10(late / early) == pytest.approx(0.0, abs=0.3)
    early, late = amplified[..., :50].std(), amplified[..., -50:].std()
    assert 20.0 * np.log10(late / early) > 20.0  # it was there before


def test_offset_and_gain_are_both_known() -> None:
    found = conditioned(noise() + np.int16(700), tgc_db=np.linspace(0.0, 20.0, 400))
    assert found.offset == pytest.approx(700, abs=10)
    assert abs(found.levelled().mean(dtype=float)) < 0.02 * 32767


def test_a_gain_curve_of_another_length_is_refused() -> None:
    with pytest.raises(UnusableScan, match=r"gain curve of shape \(3,\), wanted one value"):
        conditioned(noise(), tgc_db=np.zeros(3))


def test_a_frame_equal_to_an_earlier_one_counts_once() -> None:
    one, two = noise(1)[0], noise(2)[0]
    found = conditioned(np.stack([one, one, two, one, one, one]))
    assert found.n_duplicates == 4
    assert found.n_frames_stored == 6
    np.testing.assert_array_equal(found.fresh, [True, False, True, False, False, False])
    np.testing.assert_array_equal(found.samples, np.stack([one, two]))


def test_frames_of_the_same_extremes_that_differ_are_both_kept() -> None:
    one = noise(1)[0]
    mirrored = one[:, ::-1]  # every line keeps its least and its greatest sample
    found = conditioned(np.stack([one, mirrored, one, mirrored]))
    np.testing.assert_array_equal(found.fresh, [True, True, False, False])


def test_frames_that_share_only_their_first_line_are_both_kept() -> None:
    one, two = noise(1)[0], noise(2)[0]
    two[0] = one[0]
    assert conditioned(np.stack([one, two])).n_duplicates == 0


def test_clipping_below_full_scale_is_seen() -> None:
    # a 12-bit converter in the upper bits of int16 stops at 32752, not at 32767
    loud = np.rint(12000.0 * np.random.default_rng(3).standard_normal((2, 30, 500)) / 16.0) * 16.0
    clipped = np.clip(loud, -32768, 32752).astype(np.int16)
    expected = int(np.sum(clipped == 32752) + np.sum(clipped == -32768))
    assert expected > 100
    found = conditioned(clipped)
    assert found.railed.sum() == found.n_railed == expected
    assert found.rails == (-32768, 32752)
    np.testing.assert_array_equal(found.railed_lines, found.railed.any(axis=2))
    assert found.saturated_percent == pytest.approx(100.0 * expected / clipped.size)


def test_a_record_that_merely_has_extremes_is_not_clipped() -> None:
    assert not conditioned(noise(shape=(3, 100, 1000))).n_railed


def test_a_faint_record_of_few_codes_is_not_clipped() -> None:
    faint = np.clip(noise(sd=2.0), -5, 5)  # every code repeats often, the last ones too
    assert not conditioned(faint).n_railed


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.zeros((2, 4, 100), np.int16), "the same value in every sample"),
        (np.full((2, 4, 100), 9, np.int16), "the same value in every sample"),
        (np.zeros((0, 4, 100), np.int16), r"shape \(0, 4, 100\), wanted frames of lines"),
        (np.zeros((4, 100), np.int16), r"shape \(4, 100\)"),
        (np.full((1, 2, 3), np.nan), "samples that are not numbers"),
        (
            np.where(np.arange(800.0).reshape(2, 4, 100) == 0, -1e38, 1e38).astype(np.float32),
            r"from -1e\+38 to 1e\+38, wanted none beyond 9.01e\+15",
        ),
        (np.tile([-1e308, 1e308], (2, 4, 50)), r"from -1e\+308 to 1e\+308"),
        (np.tile([0.0, 5e-324], (2, 4, 50)), "at most 4.94e-324 without offset, wanted"),
    ],
    ids=["zeros", "constant", "empty", "flat", "nan", "float32", "float64", "next to nothing"],
)
def test_samples_without_echoes_are_refused(samples, words) -> None:
    with pytest.raises(UnusableScan, match=words) as caught:
        condition(samples, rf_site(np.zeros((1, 1, 1))))
    assert caught.value.code == "BS-E168"


def test_wide_integers_are_scaled_as_a_whole() -> None:
    wide = noise().astype(np.int32) * 1000
    found = conditioned(wide).samples.astype(float)
    assert np.abs(found).max() == 32767
    assert np.corrcoef(found.ravel(), wide.ravel())[0, 1] == pytest.approx(1.0, abs=1e-6)


def square_wave(share: float, n: int = 4_000_000) -> np.ndarray:
    """So large a share at both ends of int16, the rest spread between them."""
    rng = np.random.default_rng(1)
    samples = rng.integers(-30000, 30001, n, dtype=np.int16)
    n_clipped = round(share * n)
    samples[:n_clipped:2], samples[1:n_clipped:2] = -32768, 32767
    rng.shuffle(samples)
    return samples.reshape(20, 200, n // 4000)


@pytest.mark.parametrize(("share", "refused"), [(0.5, False), (0.50001, True), (1.0, True)])
def test_a_record_clipped_for_more_than_half_is_refused(share, refused) -> None:
    samples = square_wave(share, 400_000)
    if refused:
        with pytest.raises(UnusableScan, match=r"\d+ % of the samples clipped, wanted at most 50"):
            conditioned(samples)
    else:
        assert conditioned(samples).saturated_percent == pytest.approx(50.0)


def test_many_clipped_samples_take_next_to_no_room() -> None:
    samples = square_wave(0.4) // np.int16(2) + np.int16(100)
    tracemalloc.start()
    found = conditioned(samples)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.n_railed == 1_600_000
    assert peak < 0.2 * samples.nbytes  # single frames


@pytest.mark.parametrize("span_db", [240.1, 1e5])
def test_an_absurd_gain_curve_is_refused(span_db) -> None:
    with pytest.raises(UnusableScan, match=r"gain curve that spans .* dB, wanted") as up:
        conditioned(noise(), tgc_db=np.linspace(0.0, span_db, 400))
    assert up.value.code == "BS-E168"


@pytest.mark.parametrize("tgc_db", [1e5, -1e5])
def test_the_same_gain_everywhere_is_none(tgc_db) -> None:
    np.testing.assert_array_equal(conditioned(noise(), tgc_db=np.full(400, tgc_db)).gain, 1.0)


def test_a_gain_curve_at_the_limit_is_taken() -> None:
    assert conditioned(noise(), tgc_db=np.linspace(0.0, 240.0, 400)).gain.max() == 1e12


def test_the_rails_of_wide_samples_are_those_of_the_scaled_ones() -> None:
    wide = np.clip(noise(sd=3000.0).astype(np.int32), -4000, 4000) * 1000
    found = conditioned(wide)
    assert found.n_railed == np.isin(wide, [-4_000_000, 4_000_000]).sum() > 100
    assert found.railed.sum() == found.n_railed


def test_large_samples_below_the_limit_are_scaled() -> None:
    found = conditioned((noise() * 1e12).astype(np.float32)).samples.astype(float)
    assert np.abs(found).max() == 32767
    assert np.corrcoef(found.ravel(), noise().ravel())[0, 1] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.shared
def test_the_clipped_samples_of_real_beef_are_counted(shared_dir: Path) -> None:
    # 122 samples at +32752 and 112 at -32768, of 241 lines of 2,048 samples
    path = shared_dir / "data" / "rf" / "itk_EyeRoundOverChuck_5.0MHz_20V.mha"
    scan = read_scan(path, ReadSettings(sampling_rate_hz=30e6))
    found = condition(scan.samples.block(scan.sites[0].site), scan.sites[0])
    assert found.n_railed == 234
    assert found.saturated_percent == pytest.approx(100.0 * 234 / (241 * 2048))
