"""What is odd about samples: each oddity put in on purpose, on both sides of its limit."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bonescan.errors import UnusableScan
from bonescan.model.scan import RfSite
from bonescan.read.registry import read_scan
from bonescan.rems.findings import find_oddities, refuse_undersampled
from bonescan.rems.measure_site import look_at_site, measure_site
from bonescan.rems.quality import exam_remarks
from bonescan.settings import ReadSettings

from .phantoms import FORM, FS_HZ, InMemory, bone_frames, rf_site, speckle

SHAPE = (4, 32, 1024)


def frames(seed: int = 7) -> np.ndarray:
    return np.rint(1000.0 * speckle(np.random.default_rng(seed), SHAPE)).astype(np.int16)


def site(**more) -> RfSite:
    facts = {"site": "L1", "fs_hz": FS_HZ, "n_frames": 4, "n_lines": 32, "n_samples": 1024}
    return RfSite(**(facts | {"f0_hz": 3.5e6} | more))


def flags(stored: np.ndarray, **more) -> list[str]:
    return [f.flag for f in find_oddities(stored, site(n_samples=stored.shape[2], **more))]


def test_plain_speckle_is_not_odd():
    assert flags(frames()) == []
    assert find_oddities(frames()[:0], site()) == ()


def drift(level: float, stored: np.ndarray) -> np.ndarray:
    """Add a swing of 0.2 MHz, the same on every line."""
    return np.rint(stored + level * np.sin(2 * np.pi * 0.2e6 * np.arange(1024) / FS_HZ))


def test_a_slow_baseline_is_found_once_it_is_the_strongest_frequency():
    r"""A swing of amplitude A puts (A N / 4)^2 into its bin under a Hann window.

    Speckle of SD s puts s^2 * 3 N / 8 * fs / (2 B) into the strongest of its
    own, with B = sqrt(pi) * 0.8918 MHz the width of its Gaussian: for s = 1000
    the swing wins from A = sqrt(6 / 1024 * 40 / (2 * 1.581)) s = 272 on.
    """
    assert flags(drift(200.0, frames())) == []
    assert flags(drift(350.0, frames())) == ["slow_baseline"]
    (found,) = find_oddities(drift(3000.0, frames()), site())
    assert "0.20 MHz" in found.text


@pytest.mark.parametrize(("f0_mhz", "odd"), [(19.9, False), (20.0, False), (20.1, True)])
def test_a_rate_below_twice_the_centre_frequency_folds_the_spectrum(f0_mhz, odd):
    found = flags(frames(), f0_hz=f0_mhz * 1e6)
    assert found == (["undersampled"] if odd else [])
    if odd:
        with pytest.raises(UnusableScan, match=r"BS-E171 L1: found a sampling rate of 40 MHz"):
            refuse_undersampled(site(f0_hz=f0_mhz * 1e6))
    else:
        refuse_undersampled(site(f0_hz=f0_mhz * 1e6))


@pytest.mark.parametrize(("level", "odd"), [(0.0, False), (600.0, True)])
def test_a_result_carries_what_is_odd_about_its_samples(level, odd):
    rng = np.random.default_rng(4)
    stored = bone_frames(8.0 + np.zeros((4, 40)), rng)
    swing = level * np.sin(2 * np.pi * 0.2e6 * np.arange(stored.shape[2]) / FS_HZ)
    stored = np.clip(stored + np.rint(swing), -32000, 32000).astype(np.int16)
    there = rf_site(stored)
    measured = measure_site(look_at_site(InMemory({there.site: stored}), there), FORM)
    assert ("slow_baseline" in {r.flag for r in exam_remarks(measured)}) is odd


def test_nothing_is_measured_in_folded_spectra():
    rng = np.random.default_rng(4)
    stored = bone_frames(8.0 + np.zeros((4, 40)), rng)
    there = rf_site(stored, f0_hz=20.1e6)
    looked = look_at_site(InMemory({there.site: stored}), there)
    with pytest.raises(UnusableScan, match="BS-E171"):
        measure_site(looked, FORM)


@pytest.mark.parametrize(("every", "odd"), [(3, False), (5, True)])
def test_a_spectrum_that_reaches_the_end_of_the_axis_is_folded(every, odd):
    """3.5 MHz speckle kept at 13.3 MHz ends before 6.67 MHz; at 8 MHz it does not before 4."""
    kept = np.ascontiguousarray(frames()[:, :, ::every])
    found = flags(kept, f0_hz=None, fs_hz=FS_HZ / every)
    assert found == (["undersampled"] if odd else [])


@pytest.mark.parametrize(("n_dead", "odd"), [(1, False), (2, True)])
def test_dead_lines_are_counted(n_dead, odd):
    stored = frames()
    stored[0, :n_dead] = 5  # 1 of 128 lines is 0.8 %, 2 are 1.6 %
    found = find_oddities(stored, site())
    assert [f.flag for f in found] == (["dead_lines"] if odd else [])
    assert not odd or "2 of 128 lines" in found[0].text


def test_a_loop_of_frames_is_found_but_not_what_conditioning_drops():
    stored = frames()
    loop = stored[[0, 1, 0, 1]]
    (found,) = find_oddities(loop, site())
    assert (found.flag, "2 of 4 frames" in found.text) == ("repeated_frames", True)
    assert flags(stored[[0, 0, 1, 1]]) == []


def test_samples_that_are_no_numbers_are_left_to_the_outcome():
    stored = frames().astype(np.float32)
    stored[0, 0, 0] = np.nan
    assert flags(stored) == []


def test_inspect_says_what_it_found(verb, tmp_path):
    import h5py

    path = tmp_path / "exam.h5"
    with h5py.File(path, "w") as file:
        file.attrs.update({"format": "bonescan-rf", "version": 1})
        group = file.create_group("sites/L1")
        group.attrs["fs_hz"] = FS_HZ
        group["rf"] = drift(3000.0, frames()).astype("<i2")
    code, out, _ = verb("inspect", path, "--json")
    assert code == 0
    (found,) = json.loads(out)["data"]["files"][0]["sites"]["L1"]["findings"]
    assert found["flag"] == "slow_baseline"
    _, text, _ = verb("inspect", path)
    assert "slow_baseline the strongest frequency is 0.20 MHz" in text


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "rate_hz", "expected"),
    [
        # its strongest single frequency is 0 MHz, 1.6 % of its energy lies below 0.8 MHz
        ("itk_MouseLiverRF.mha", 60e6, ["slow_baseline"]),
        ("itk_EyeRoundOverChuck_5.0MHz_20V.mha", 30e6, []),
    ],
)
def test_real_samples_show_what_their_page_says(shared_dir, name, rate_hz, expected):
    scan = read_scan(shared_dir / "data" / "rf" / name, ReadSettings(sampling_rate_hz=rate_hz))
    found = find_oddities(scan.samples.frames("unknown"), scan.sites[0])
    assert [f.flag for f in found] == expected
    if expected:
        assert "is 0.00 MHz; 1.6 % of the energy" in found[0].text
