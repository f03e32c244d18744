"""The spectrum of a device, from targets whose echoes are put together in closed form."""

from __future__ import annotations

import json
from dataclasses import replace

import h5py
import numpy as np
import pytest

from bonescan.errors import UnusableScan, UsageError
from bonescan.files.calibration import (
    Calibration,
    find_calibration,
    read_calibration,
    read_calibrations,
    write_calibration,
)
from bonescan.model.scan import RfSite
from bonescan.rems.calibrate import (
    Target,
    calibration_for,
    system_correction_db,
    system_spectrum,
)

FS_HZ, C_M_S, T0_S = 40e6, 1540.0, 26e-6
N_SAMPLES = 2048  # 20.0 to 59.4 mm
PHANTOM = Target(
    kind="phantom",
    attenuation_db_cm_mhz=0.5,
    attenuation_exponent=1.0,
    backscatter_exponent=3.0,
    reflection_1=None,
    depth_first_m=0.025,
    depth_last_m=0.055,
)
PLATE = Target(
    kind="plate",
    attenuation_db_cm_mhz=0.0022,
    attenuation_exponent=2.0,
    backscatter_exponent=None,
    reflection_1=0.94,
    depth_first_m=None,
    depth_last_m=None,
)
F0_HZ, SIGMA_HZ = 3.5e6, 0.8918e6  # of the power spectrum: exp(-(f - f0)^2 / (2 sigma^2))


def device_power(f: np.ndarray) -> np.ndarray:
    return np.exp(-((f - F0_HZ) ** 2) / (2.0 * SIGMA_HZ**2))


def site(**more) -> RfSite:
    n = {"n_frames": 1, "n_lines": 64, "n_samples": N_SAMPLES} | more
    return RfSite(**({"site": "unknown", "fs_hz": FS_HZ, "t0_s": T0_S, "c_m_s": C_M_S} | n))


def phantom_lines(
    rng: np.random.Generator, n_lines: int = 256, alpha: float = 0.5, exponent: float = 3.0
) -> np.ndarray:
    """Speckle of a uniform phantom: white noise through device · f^b, loss piece by piece.

    Each piece of 0.2 mm gets the loss of its own depth and is laid under a
    triangular weight, so that the pieces add up without a seam.
    """
    n_fft = 2 * N_SAMPLES
    f = np.fft.rfftfreq(n_fft, 1.0 / FS_HZ)
    magnitude = np.sqrt(device_power(f) * (f / 1e6) ** exponent)
    lines = np.zeros((n_lines, N_SAMPLES))
    step = 16
    for first in range(0, N_SAMPLES, step):
        depth_cm = (T0_S + (first + step / 2) / FS_HZ) * C_M_S / 2.0 * 100.0
        loss = 10.0 ** (-2.0 * alpha * depth_cm * f / 1e6 / 20.0)
        impulses = np.zeros((n_lines, n_fft))
        stop = min(first + step, N_SAMPLES)
        impulses[:, first:stop] = rng.standard_normal((n_lines, stop - first))
        echo = np.fft.irfft(np.fft.rfft(impulses, axis=1) * magnitude * loss, n_fft, axis=1)
        lines += echo[:, :N_SAMPLES]
    lines *= 8000.0 / np.abs(lines).max()
    return np.rint(lines + 0.3 * rng.standard_normal(lines.shape)).astype(np.int16)


def plate_lines(rng: np.random.Generator, n_lines: int = 64, depth_mm: float = 40.0) -> np.ndarray:
    """One echo a line: the pulse of the device after its way through water."""
    n_fft = 2 * N_SAMPLES
    f = np.fft.rfftfreq(n_fft, 1.0 / FS_HZ)
    loss = 10.0 ** (-2.0 * 0.0022 * (f / 1e6) ** 2 * depth_mm / 10.0 / 20.0)
    delay = depth_mm / 1000.0 * 2.0 / C_M_S - T0_S
    spectrum = np.sqrt(device_power(f)) * loss * 0.94 * np.exp(-2j * np.pi * f * delay)
    echo = np.fft.irfft(spectrum, n_fft)[:N_SAMPLES]
    lines = np.tile(20000.0 * echo / np.abs(echo).max(), (n_lines, 1))
    return np.rint(lines + rng.standard_normal(lines.shape)).astype(np.int16)


def smoothed_truth(frequency_hz: np.ndarray) -> np.ndarray:
    """What a gate of 3.2 us can see of the device: its power under the Hann window's own, dB."""
    n, n_fft = 128, 8192
    window = np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2
    f = np.fft.fftfreq(n_fft, 1.0 / FS_HZ)
    kernel = np.abs(np.fft.fft(window, n_fft)) ** 2
    near = np.abs(f) < 1.5e6
    spread = [np.sum(kernel[near] * device_power(g - f[near])) for g in frequency_hz]
    level_db = 10.0 * np.log10(spread)
    return level_db - level_db.max()


def in_band(frequency_hz: np.ndarray) -> np.ndarray:
    return (frequency_hz >= 1.8e6) & (frequency_hz <= 5.2e6)


def test_the_device_is_recovered_from_a_phantom_of_known_attenuation_and_backscatter():
    lines = phantom_lines(np.random.default_rng(1))
    found = system_spectrum([lines], None, site(), PHANTOM, C_M_S)
    keep = in_band(found.frequency_hz)
    assert found.frequency_hz[0] < 1.8e6
    assert found.frequency_hz[-1] > 5.0e6
    got_db = 10.0 * np.log10(found.power)[keep]
    want_db = smoothed_truth(found.frequency_hz[keep])
    # 256 lines and some 20 independent gates leave 0.1 dB of speckle; the window acts on power
    # that loss and scatterers have tilted, which the bare smoothing does not know
    assert np.abs(got_db - got_db.mean() - (want_db - want_db.mean())).max() < 0.8
    assert found.depth_spread_db < 0.6
    assert (found.depth_first_m, found.depth_last_m) == pytest.approx((0.025, 0.055), abs=0.002)


@pytest.mark.parametrize(("wrong", "tilt_db_mhz"), [(0.0, -4.0), (1.0, 4.0)])
def test_a_wrong_attenuation_tilts_the_device_as_the_path_says(wrong, tilt_db_mhz):
    """2 * 0.5 dB/cm/MHz * 4.0 cm, the mean depth, is 4.0 dB/MHz."""
    lines = phantom_lines(np.random.default_rng(1), 64)
    right = system_spectrum([lines], None, site(), PHANTOM, C_M_S)
    other = system_spectrum(
        [lines], None, site(), replace(PHANTOM, attenuation_db_cm_mhz=wrong), C_M_S
    )
    grid = np.linspace(2.2e6, 4.2e6, 20)
    both = [np.interp(grid, s.frequency_hz, 10 * np.log10(s.power)) for s in (right, other)]
    slope = np.polyfit(grid / 1e6, both[1] - both[0], 1)[0]
    assert slope == pytest.approx(tilt_db_mhz, abs=0.25)


def test_the_device_is_recovered_from_a_plate():
    lines = plate_lines(np.random.default_rng(2))
    found = system_spectrum([lines], None, site(), PLATE, C_M_S)
    keep = in_band(found.frequency_hz)
    got_db = 10.0 * np.log10(found.power)[keep]
    want_db = 10.0 * np.log10(device_power(found.frequency_hz[keep]))
    # one echo within the flat of the window: the pulse itself, hardly smoothed
    assert np.abs(got_db - want_db - np.mean(got_db - want_db)).max() < 0.25
    assert found.depth_spread_db is None
    assert found.depth_first_m * 1000.0 == pytest.approx(40.0 - 1.23, abs=0.1)


def test_noise_is_taken_off_before_it_lifts_the_ends_of_the_band():
    """At the ends the signal is 6 dB above the noise: left in, it would lift them by 1 dB."""
    rng = np.random.default_rng(8)
    clean = plate_lines(rng, 256)
    noise = 3000.0 * rng.standard_normal(clean.shape)
    noisy = np.clip(np.rint(clean + noise), -32768, 32767).astype(np.int16)
    found = system_spectrum([noisy], None, site(n_lines=256), PLATE, C_M_S)
    rest = 10.0 * np.log10(found.power / device_power(found.frequency_hz))
    middle = np.median(rest)
    assert found.frequency_hz[-1] - found.frequency_hz[0] < 4.5e6  # noise does end the band
    for end in (rest[:6], rest[-6:]):
        assert np.mean(end) - middle == pytest.approx(0.0, abs=0.5)


def test_the_same_scan_as_phantom_and_exam_leaves_nothing():
    """Identity of the reference-phantom method: scan and phantom alike are flat, level 0."""
    lines = phantom_lines(np.random.default_rng(3), 64)
    found = system_spectrum([lines], None, site(), PHANTOM, C_M_S)
    calibration = of_spectrum(found)
    rest = 10.0 * np.log10(found.power) - system_correction_db(calibration, found.frequency_hz)
    np.testing.assert_allclose(rest, 0.0, atol=1e-9)


def test_between_its_frequencies_the_correction_is_linear_in_db():
    calibration = tiny(power=np.array([0.01, 1.0]), frequency_hz=np.array([2e6, 4e6]))
    got = system_correction_db(calibration, np.array([2e6, 3e6, 3.5e6, 4e6]))
    np.testing.assert_allclose(got, [-20.0, -10.0, -5.0, 0.0], atol=1e-12)


@pytest.mark.parametrize("wanted", [[1.99e6, 3e6], [3e6, 4.01e6]])
def test_a_bin_beyond_the_calibration_is_refused(wanted):
    calibration = tiny(power=np.array([0.5, 1.0]), frequency_hz=np.array([2e6, 4e6]))
    with pytest.raises(UnusableScan, match=r"BS-E361 .*from 2\.00 to 4\.00 MHz"):
        system_correction_db(calibration, np.array(wanted))


def test_the_calibration_is_found_by_its_id_or_missed():
    at_hand = (tiny(calibration_id="a"), tiny(calibration_id="b"))
    assert find_calibration(at_hand, "b") is at_hand[1]
    assert calibration_for(site(calibration_id="b"), at_hand, True) is at_hand[1]
    assert calibration_for(site(calibration_id="c"), at_hand, False) is None
    assert calibration_for(site(), at_hand, False) is None
    with pytest.raises(UnusableScan, match=r"BS-E363 .*names 'c', at hand: 'a', 'b'"):
        calibration_for(site(calibration_id="c"), at_hand, True)
    with pytest.raises(UnusableScan, match=r"BS-E363 .*names none, at hand: none"):
        calibration_for(site(), (), True)


@pytest.mark.parametrize(
    ("lines", "there", "target", "words"),
    [
        (np.zeros((64, 512), np.int16), site(t0_s=None), PHANTOM, "no time zero"),
        (np.ones((19, 512), np.int16), site(), PHANTOM, "19 lines, wanted at least 20"),
        (np.ones((64, 100), np.int16), site(), PLATE, "shorter than a gate of 128"),
        (np.ones((64, 512), np.int16), site(), PHANTOM, r"20\.0 to 29\.9 mm, wanted 25\.0"),
        (np.zeros((64, 2048), np.int16), site(), PHANTOM, "no frequency"),
        (
            np.random.default_rng(5).integers(-99, 99, (64, 2048)).astype(np.int16),
            site(), PHANTOM, r"bins above the noise|no frequency",
        ),
    ],
)  # fmt: skip
def test_scans_that_give_no_spectrum_are_refused(lines, there, target, words):
    with pytest.raises(UnusableScan, match="BS-E362 .*" + words):
        system_spectrum([lines], None, there, target, C_M_S)


@pytest.mark.parametrize(("share", "refused"), [(0.004, False), (0.006, True)])
def test_clipped_echoes_are_no_reference(share, refused):
    lines = plate_lines(np.random.default_rng(2))
    marks = np.zeros((1, *lines.shape), dtype=bool)
    peak = int(np.argmax(np.abs(lines[0])))
    n = round(share * 128 * 64)  # of 64 gates of 128 samples
    marks[0, np.arange(n) % 64, peak + np.arange(n) // 64 - 1] = True
    if refused:
        with pytest.raises(UnusableScan, match=r"BS-E362 .*0\.6 % .*clipped.*lower the gain"):
            system_spectrum([lines], marks, site(), PLATE, C_M_S)
    else:
        assert system_spectrum([lines], marks, site(), PLATE, C_M_S).n_lines == 64


# ------------------------------------------------------------------ the file


def tiny(**more) -> Calibration:
    values = {
        "calibration_id": "phantom-7",
        "kind": "phantom",
        "frequency_hz": np.array([1e6, 2e6, 3e6]),
        "power": np.array([0.25, 1.0, 0.5]),
        "fs_hz": FS_HZ,
        "window": "hann",
        "gate_samples": 128,
        "c_m_s": C_M_S,
        "n_lines": 256,
        "depth_first_m": 0.025,
        "depth_last_m": 0.055,
        "depth_spread_db": 0.3,
        "attenuation_db_cm_mhz": 0.5,
        "attenuation_exponent": 1.0,
        "backscatter_exponent": 3.0,
        "reflection_1": None,
    }
    return Calibration(**(values | more))


def of_spectrum(found) -> Calibration:
    return tiny(frequency_hz=found.frequency_hz, power=found.power)


def test_a_calibration_comes_back_as_it_was_written(tmp_path):
    path = tmp_path / "cal.h5"
    wrote = tiny(device="A", simulated=True, acquired_on="2026-03-04")
    write_calibration(path, wrote)
    got = read_calibration(path)
    for name in ("calibration_id", "kind", "fs_hz", "gate_samples", "backscatter_exponent"):
        assert getattr(got, name) == getattr(wrote, name), name
    for name in ("reflection_1", "device", "device_serial", "simulated", "depth_spread_db"):
        assert getattr(got, name) == getattr(wrote, name), name
    np.testing.assert_array_equal(got.power, wrote.power)
    assert len(got.content_sha256) == 64
    first = path.read_bytes()
    write_calibration(path, wrote)
    assert path.read_bytes() == first


def test_a_file_written_by_hand_is_read(tmp_path):
    """By the description alone, without our writer."""
    path = tmp_path / "cal.h5"
    with h5py.File(path, "w") as file:
        file.attrs.update({
            "format": "bonescan-calibration", "version": 1, "calibration_id": "glass",
            "kind": "plate", "fs_hz": 40e6, "window": "hann", "gate_samples": 128,
            "c_m_s": 1480.0, "n_lines": 32, "depth_first_m": 0.03, "depth_last_m": 0.033,
        })  # fmt: skip
        file.create_group("target").attrs.update(
            {"attenuation_db_cm_mhz": 0.0022, "attenuation_exponent": 2.0, "reflection_1": 0.8}
        )
        file["frequency_hz"] = np.array([1e6, 2e6])
        file["power"] = np.array([0.5, 1.0])
    got = read_calibration(path)
    assert (got.kind, got.reflection_1, got.depth_spread_db) == ("plate", 0.8, None)


def _break(change):
    def write(path):
        write_calibration(path, tiny())
        with h5py.File(path, "a") as file:
            change(file)

    return write


def _replace(file, name, values):
    del file[name]
    file[name] = np.asarray(values)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda p: p.write_bytes(b"no"), "no sound HDF5"),
        (_break(lambda f: f.attrs.update(format="bonescan-rf")), "no format="),
        (_break(lambda f: f.attrs.update(version=2)), "version 2"),
        (_break(lambda f: f.attrs.update(kind="water")), "kind 'water'"),
        (_break(lambda f: f.attrs.__delitem__("calibration_id")), "no calibration_id"),
        (_break(lambda f: f.attrs.__delitem__("fs_hz")), "no fs_hz"),
        (_break(lambda f: f["target"].attrs.__delitem__("backscatter_exponent")), "a phantom"),
        (_break(lambda f: f.__delitem__("target")), "no target"),
        (_break(lambda f: f.__delitem__("power")), "no power"),
        (_break(lambda f: _replace(f, "power", [1.0, 0.0, 1.0])), "not above zero"),
        (_break(lambda f: _replace(f, "power", [1.0, np.nan, 1.0])), "no numbers"),
        (_break(lambda f: _replace(f, "power", [1.0, 1.0])), r"shape \(2,\)"),
        (_break(lambda f: _replace(f, "frequency_hz", [1e6, 1e6, 2e6])), "do not rise"),
        (_break(lambda f: _replace(f, "frequency_hz", [1e6, 2e6, 21e6])), "half the sampling"),
        (_break(lambda f: f.attrs.update(depth_last_m=0.01)), "depths from"),
        (_break(lambda f: f.attrs.update(n_lines=0)), "no gate or no line"),
    ],
)
def test_a_calibration_that_can_not_be_true_is_refused(tmp_path, write, words):
    path = tmp_path / "cal.h5"
    write(path)
    with pytest.raises(UsageError, match="BS-E360 .*" + words):
        read_calibration(path)


def test_links_out_of_a_calibration_are_not_followed(tmp_path):
    write_calibration(tmp_path / "other.h5", tiny())
    path = tmp_path / "cal.h5"
    write_calibration(path, tiny())
    with h5py.File(path, "a") as file:
        del file["power"]
        file["power"] = h5py.ExternalLink("other.h5", "power")
    with pytest.raises(UsageError, match=r"BS-E360 .*ExternalLink"):
        read_calibration(path)


def test_a_missing_file_and_two_of_one_id_are_refused(tmp_path):
    with pytest.raises(UsageError, match="BS-E360"):
        read_calibration(tmp_path / "none.h5")
    for name in ("a.h5", "b.h5"):
        write_calibration(tmp_path / name, tiny())
    with pytest.raises(UsageError, match="two calibrations under the id 'phantom-7'"):
        read_calibrations([tmp_path / "a.h5", tmp_path / "b.h5"])


def test_a_calibration_without_an_id_is_not_written(tmp_path):
    with pytest.raises(UsageError, match=r"BS-E360 .*empty calibration_id"):
        write_calibration(tmp_path / "a.h5", tiny(calibration_id=""))
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------ the command


@pytest.fixture(scope="module")
def scan_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("scan") / "phantom.h5"
    with h5py.File(path, "w") as file:
        file.attrs.update({"format": "bonescan-rf", "version": 1, "device": "Probe A"})
        file.attrs["acquired_at"] = "2026-03-04T09:10:11+08:00"
        group = file.create_group("sites/L1")
        group.attrs.update({"fs_hz": FS_HZ, "c_m_s": C_M_S, "t0_s": T0_S, "calibration_id": "P7"})
        lines = phantom_lines(np.random.default_rng(6), 64)
        group.create_dataset("rf", data=lines.reshape(2, 32, N_SAMPLES))
    return path


WORDS = ("--attenuation", 0.5, "--attenuation-exponent", 1, "--backscatter-exponent", 3,
         "--depth-from", 25, "--depth-to", 55)  # fmt: skip


def test_the_command_writes_a_calibration_that_can_be_read(verb, scan_file, tmp_path):
    out = tmp_path / "cal.h5"
    code, text, _ = verb("model", "calibrate", scan_file, "-o", out, *WORDS, "--json")
    data = json.loads(text)["data"]
    assert code == 0
    assert data["calibration_id"] == "P7"
    assert data["peak_mhz"] == pytest.approx(3.5, abs=0.3)
    got = read_calibration(out)
    assert (got.n_lines, got.device, got.acquired_on) == (64, "Probe A", "2026-03-04")
    code, text, _ = verb("model", "calibrate", scan_file, "-o", out, *WORDS, "--id", "X")
    assert code == 0
    assert "calibration X (phantom)" in text
    assert "spread between depths" in text


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("--kind", "water"), 2, "wanted phantom or plate"),
        ((), 2, "no --attenuation of the phantom"),
        ((*WORDS, "--reflection", 0.9), 2, "found --reflection, which no phantom has"),
        ((*WORDS, "--site", "L2"), 2, "wanted the site L2"),
        ((*WORDS[:-1], 90), 4, "BS-E362"),
    ],
)
def test_words_that_do_not_fit_are_refused(verb, scan_file, tmp_path, words, exit_code, said):
    out = tmp_path / "cal.h5"
    code, _, error = verb("model", "calibrate", scan_file, "-o", out, *words)
    assert code == exit_code
    assert said in error
    assert not out.exists()


def test_a_scan_without_samples_or_a_folder_to_write_to_is_refused(verb, scan_file, tmp_path):
    table = tmp_path / "spectra.csv"
    table.write_text(
        "# format = bonescan-spectra\n# version = 1\n# fs_hz = 40000000\n# rows = 1\n"
        "site,depth_m,power_1500000\nL1,0.05,1.0\n"
    )
    code, _, error = verb("model", "calibrate", table, "-o", tmp_path / "cal.h5", *WORDS)
    assert code == 4
    assert "no radiofrequency samples" in error
    gone = tmp_path / "gone" / "cal.h5"
    code, _, error = verb("model", "calibrate", scan_file, "-o", gone, *WORDS)
    assert code == 5
    assert "BS-E501" in error
