"""The verb `inspect`, and the whole-line spectrum it shows."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bonescan.cli import main
from bonescan.stats.line_spectrum import mean_power, peak_and_band

from .dicom_bytes import lunar
from .samples import mha, rf_exam


@pytest.fixture
def inspect(capsys):
    """Run the verb: exit code, the document, and what stood on standard error."""

    def _run(*words: object) -> tuple[int, dict, str]:
        with pytest.raises(SystemExit) as ended:
            main(["inspect", *map(str, words), "--json"])
        out = capsys.readouterr()
        return int(ended.value.code or 0), json.loads(out.out) if out.out else {}, out.err

    return _run


def test_an_image_is_shown_with_its_pitch(inspect, tmp_path):
    path = tmp_path / "scan.dcm"
    path.write_bytes(lunar())
    code, document, _ = inspect(path)
    (file,) = document["data"]["files"]
    assert code == 0
    assert {k: file[k] for k in ("format", "carrier", "site", "outcome", "code")} == {
        "format": "dicom", "carrier": "image", "site": "lumbar-spine", "outcome": "no-numbers",
        "code": "BS-E180",
    }  # fmt: skip
    assert file["pixel_pitch_mm"] == 0.25
    assert "TEST" not in json.dumps(document)  # neither name nor number of the person
    assert "0012345" not in json.dumps(document)


def test_samples_are_shown_even_where_no_number_is_given(inspect, tmp_path):
    path = tmp_path / "exam.h5"
    rf_exam(path)
    code, document, _ = inspect(path)
    (file,) = document["data"]["files"]
    site = file["sites"]["femoral-neck-left"]
    assert code == 0
    assert (site["frames"], site["lines"], site["samples"], site["fs_hz"]) == (2, 4, 64, 40e6)
    assert set(site) >= {
        "peak_mhz", "band_mhz", "surface_depth_mm", "saturated_percent", "frames_rejected",
    }  # fmt: skip
    assert file["outcome"] == "unusable"


def test_a_refused_file_ends_in_4_and_says_why(inspect, tmp_path):
    path = tmp_path / "capture.mha"
    path.write_bytes(mha())
    code, document, _ = inspect(path)
    (file,) = document["data"]["files"]
    assert code == 4
    assert (file["format"], file["outcome"], file["code"]) == (
        "metaimage-rf",
        "unusable",
        "BS-E147",
    )
    assert document["problems"][0]["code"] == "BS-E147"
    assert "--sampling-rate" in document["problems"][0]["hint"]


@pytest.mark.parametrize("rate", ["30e6", "30MHz", "30 mhz", "30000000", "30000kHz"])
def test_the_sampling_rate_is_taken_in_any_writing(inspect, tmp_path, rate):
    path = tmp_path / "capture.mha"
    path.write_bytes(mha())
    code, document, _ = inspect(path, "--sampling-rate", rate)
    assert code == 0
    assert document["data"]["files"][0]["sites"]["unknown"]["fs_hz"] == 30e6


@pytest.mark.parametrize("rate", ["fast", "-30e6", "30", "30THz", "nan"])
def test_a_sampling_rate_that_is_none_is_a_usage_error(inspect, tmp_path, rate):
    path = tmp_path / "capture.mha"
    path.write_bytes(mha())
    code, _, error = inspect(path, f"--sampling-rate={rate}")
    assert code == 2
    assert "30MHz" in error


def test_a_missing_file_and_a_folder_are_usage_errors(inspect, tmp_path):
    code, document, _ = inspect(tmp_path / "gone.dcm")
    assert code == 2
    assert document["problems"][0]["code"] == "BS-E302"
    code, document, _ = inspect(tmp_path)
    assert code == 2
    assert "/*" in document["problems"][0]["hint"]


def test_one_readable_file_among_others_is_enough(inspect, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear colleague")
    (tmp_path / "scan.dcm").write_bytes(lunar())
    code, document, _ = inspect(tmp_path / "letter.txt", tmp_path / "scan.dcm")
    assert code == 0
    assert [f["outcome"] for f in document["data"]["files"]] == ["unusable", "no-numbers"]


def test_the_text_form_can_be_read_by_a_person(capsys, tmp_path):
    path = tmp_path / "scan.dcm"
    path.write_bytes(lunar())
    with pytest.raises(SystemExit):
        main(["inspect", str(path)])
    text = capsys.readouterr().out
    assert "is          dicom · image · lumbar-spine" in text
    assert "16 × 20 pixels of 0.250 mm (ExposedArea)" in text
    assert "what to do  On GE enCORE" in text


def test_terminal_controls_of_a_hostile_file_are_not_printed(capsys, tmp_path):
    path = tmp_path / "scan.dcm"
    path.write_bytes(lunar({(8, 0x1090): ("LO", "Lunar iDXA\x1b[2J\u202e")}))
    with pytest.raises(SystemExit):
        main(["inspect", str(path)])
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert "\u202e" not in text


# ------------------------------------------------------------------ the spectrum


def test_a_tone_on_a_bin_is_found_on_that_bin():
    # bin k lies at k fs/n: bin 205 of 2048 samples at 40 MHz is 4.00390625 MHz
    n, k, fs = 2048, 205, 40e6
    line = np.cos(2 * np.pi * k * np.arange(n) / n)
    found = peak_and_band(mean_power([np.tile(line, (3, 1))]), fs, n)
    # nine bins of moving average make a plateau: its first bin may lead
    assert found.peak_hz == pytest.approx(k * fs / n, abs=4.01 * fs / n)
    low, high = found.band_hz
    assert low < k * fs / n < high


def test_the_band_of_a_gaussian_spectrum_is_that_of_the_formula():
    # power exp(-(f - f0)^2/(2 s^2)) is 6 dB down at f0 ± s sqrt(2 ln 10^0.6) = f0 ± 1.6623 s
    n, fs, centre, s = 4096, 40e6, 5e6, 0.8e6
    frequency = np.arange(n // 2 + 1) * fs / n
    power = np.exp(-((frequency - centre) ** 2) / (2 * s**2))
    found = peak_and_band(power, fs, n)
    assert found.peak_hz == pytest.approx(centre, abs=fs / n)
    half = 1.6623 * s
    assert found.band_hz == pytest.approx((centre - half, centre + half), abs=3 * fs / n)


def test_slow_baselines_are_left_out():
    n, fs = 2048, 40e6
    t = np.arange(n) / fs
    line = 1000.0 + 500 * np.cos(2 * np.pi * 0.2e6 * t) + np.cos(2 * np.pi * 5e6 * t)
    assert peak_and_band(mean_power([line[None, :]]), fs, n).peak_hz == pytest.approx(5e6, abs=1e5)


def test_silence_and_too_slow_sampling_have_no_spectrum():
    assert peak_and_band(mean_power([np.zeros((2, 64))]), 40e6, 64) is None
    assert peak_and_band(np.ones(33), 1e6, 64) is None
    assert mean_power([]).size == 0


def test_frames_are_averaged_as_power():
    rng = np.random.default_rng(3)
    frames = rng.normal(size=(4, 5, 256))
    together = mean_power([frames.reshape(20, 256)])
    np.testing.assert_allclose(mean_power(frames), together, rtol=1e-12)
    np.testing.assert_allclose(mean_power(2 * frames), 4 * together, rtol=1e-12)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "rate", "shape", "peak", "band", "saturated"),
    [
        # peak and contiguous -6 dB band as computed once with numpy by the same fixed method
        # (Hann over the line, 9 bins, from 0.8 MHz); 234 of 493,568 beef samples are clipped
        ("itk_EyeRoundOverChuck_5.0MHz_20V.mha", "30MHz", (1, 241, 2048), 4.731, (3.97, 6.40), 234),
        ("itk_MouseLiverRF.mha", "60MHz", (4, 128, 1536), 12.578, (9.41, 16.45), 0),
    ],
)
def test_real_rf_is_shown(inspect, shared_dir, name, rate, shape, peak, band, saturated):
    path = shared_dir / "data" / "rf" / name
    code, document, _ = inspect(path, "--sampling-rate", rate)
    site = document["data"]["files"][0]["sites"]["unknown"]
    assert code == 0
    assert (site["frames"], site["lines"], site["samples"]) == shape
    assert site["peak_mhz"] == pytest.approx(peak, abs=0.05)
    assert site["band_mhz"] == pytest.approx(band, abs=0.1)
    assert site["saturated_percent"] == pytest.approx(100 * saturated / np.prod(shape), abs=1e-4)
    code, document, _ = inspect(path)
    assert (code, document["data"]["files"][0]["code"]) == (4, "BS-E147")


@pytest.mark.shared
def test_real_exports_are_shown_with_site_and_pitch(inspect, shared_dir):
    files = sorted((shared_dir / "data" / "dxa-real").glob("*.dcm"))
    code, document, _ = inspect(*files)
    assert code == 0
    pitches = {f["site"]: round(f["pixel_pitch_mm"], 2) for f in document["data"]["files"]}
    assert pitches == {
        "lumbar-spine": 0.25, "femur-left": 0.25, "femur-right": 0.25, "knee-left": 0.25,
        "knee-right": 0.25, "lateral-spine": 0.25, "total-body": 2.42,
    }  # fmt: skip


def test_folders_among_files_are_passed_over_with_a_warning(verb, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "README.txt").write_text("hello")
    code, out, err = verb("inspect", *sorted(tmp_path.iterdir()), "--json")
    assert code == 0
    assert f"passed over the folder {tmp_path / 'sub'}" in err
    assert '"README.txt' in out or "README.txt" in out
    assert verb("inspect", tmp_path / "sub")[0] == 2
