"""Captures of Clarius and Ultrasonix scanners: literal bytes after the makers' descriptions."""

from __future__ import annotations

import shutil
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bonescan.errors import UnusableScan
from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings

from .samples import CLARIUS_YML, clarius_raw, ultrasonix_rf

PLAIN = ReadSettings()
WANT = np.arange(24).reshape(2, 3, 4)


@pytest.fixture
def clarius(tmp_path):
    def _write(raw: bytes = b"", yml: str | bytes = CLARIUS_YML, *more: str):
        path = tmp_path / "20260304_rf.raw"
        path.write_bytes(raw or clarius_raw())
        data = yml.encode() if isinstance(yml, str) else yml
        path.with_suffix(".yml").write_bytes(data)
        for name in more:
            (tmp_path / name).write_text("timestamp: 1\n")
        return path

    return _write


@pytest.fixture
def sonix(tmp_path):
    def _write(data: bytes):
        path = tmp_path / "scan.rf"
        path.write_bytes(data)
        return path

    return _write


# ------------------------------------------------------------------ Clarius


def test_samples_and_facts_of_a_clarius_capture(clarius):
    scan = read_scan(clarius(), PLAIN)
    (site,) = scan.sites
    np.testing.assert_array_equal(scan.samples.block("unknown"), WANT)
    np.testing.assert_array_equal(list(scan.samples.frames("unknown")), WANT)
    assert (site.n_frames, site.n_lines, site.n_samples) == (2, 3, 4)
    assert (site.fs_hz, site.f0_hz, site.focus_m) == (15e6, 3.5e6, 0.02)
    assert site.t0_s == pytest.approx(16 / 15e6)  # 1.07 us, 0.821 mm: the file's own rate
    # 23 dB at the probe, 26 dB at 40 mm: 23 + 3 * 0.8213 mm / 40 mm at the first sample
    assert site.tgc_db[0] == pytest.approx(23.0616, abs=1e-4)
    assert site.c_m_s is None
    assert set(scan.flags) == {
        "site_unknown", "origin_unknown", "gain_unknown", "sound_speed_unknown",
    }  # fmt: skip


def test_curves_that_change_from_frame_to_frame_are_not_taken_off(clarius):
    for name in ("20260304_rf.tgc", "20260304_rf.tgc.yml"):
        scan = read_scan(clarius(b"", CLARIUS_YML, name), PLAIN)
        assert scan.sites[0].tgc_db is None
        assert "gain_by_frame" in scan.flags


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("type: RF", "type: IQ", "BS-E154", "IQ samples; by which frequency"),
        ("type: RF", "type: B pre-scan", "BS-E154", "an envelope: it has no phase"),
        ("type: RF", "type: Doppler", "BS-E151", "'Doppler'"),
        ("sampling rate: 15 MHz\n", "", "BS-E147", "no sampling rate"),
        ("sampling rate: 15 MHz", "sampling rate: 15 furlongs", "BS-E151", "known unit"),
        ("sampling rate: 15 MHz", "sampling rate: 0 MHz", "BS-E151", "wanted > 0"),
        ("sampling rate: 15 MHz", "sampling rate: nan", "BS-E151", "a number"),
        ("compression: none", "compression: lzo", "BS-E151", "compression 'lzo'"),
        ("frames: 2", "frames: 3", "BS-E151", r"\(2, 3, 4, 2\) .*\(3, 3, 4, 2\) in the .yml"),
        ("frames: 2", "frames: 2.5", "BS-E151", "whole number"),
        ("frames: 2", "frames: 2\nframes: 2", "BS-E151", "'frames' twice"),
        ("frames: 2", "??", "BS-E151", "no `key: value`"),
        ("size: {samples", "size: samples", "BS-E151", "no size"),
        ("sample size: 2 bytes", "sample size: 2 words", "BS-E151", "known unit"),
        ("{ 40.00mm, 26.00dB }", "{ 40.00mm }", "BS-E151", "found tgc"),
        ("{ 40.00mm, 26.00dB }", "{ 0.00mm, 26.00dB }", "BS-E151", "found tgc"),
    ],
)
def test_what_a_clarius_description_can_not_say(clarius, old, new, code, words):
    assert old in CLARIUS_YML
    with pytest.raises(UnusableScan, match=words) as caught:
        read_scan(clarius(yml=CLARIUS_YML.replace(old, new, 1)), PLAIN)
    assert caught.value.code == code


def test_the_user_may_say_a_rate_that_the_description_lacks(clarius):
    yml = CLARIUS_YML.replace("sampling rate: 15 MHz\n", "")
    scan = read_scan(clarius(yml=yml), ReadSettings(sampling_rate_hz=30e6))
    assert scan.sites[0].fs_hz == 30e6


def test_the_rate_that_a_file_states_stands(clarius):
    scan = read_scan(clarius(), ReadSettings(sampling_rate_hz=30e6))
    assert scan.sites[0].fs_hz == 15e6


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (clarius_raw()[:-1], "found 83 bytes, wanted 84 .*: 1 bytes missing"),
        (clarius_raw() + b"\0\0", "found 86 bytes, wanted 84 .*: 2 bytes too many"),
        (clarius_raw()[:19], "wanted a header of 20"),
        (clarius_raw()[:20], "64 bytes missing"),
    ],
)
def test_missing_and_extra_bytes_of_a_clarius_capture(clarius, raw, words):
    """Size = 20 + frames * (8 + lines * samples * bytes) = 20 + 2 * (8 + 24) = 84."""
    with pytest.raises(UnusableScan, match="BS-E152 20260304_rf.raw: .*" + words):
        read_scan(clarius(raw), PLAIN)


def test_an_absurd_clarius_header_reserves_nothing(clarius):
    most = 2**32 - 1
    yml = (
        CLARIUS_YML.replace("frames: 2", f"frames: {most}")
        .replace("per line: 4", f"per line: {most}")
        .replace("of lines: 3", f"of lines: {most}")
    )
    raw = struct.pack("<5I", 0, most, most, most, 2) + bytes(64)
    with pytest.raises(UnusableScan, match=r"BS-E152 .*wanted at most 2147483648"):
        read_scan(clarius(raw, yml), PLAIN)


def test_a_clarius_capture_of_no_frames_is_refused(clarius):
    raw = struct.pack("<5I", 0, 0, 3, 4, 2)
    with pytest.raises(UnusableScan, match=r"BS-E152 .*found 0 frames"):
        read_scan(clarius(raw, CLARIUS_YML.replace("frames: 2", "frames: 0")), PLAIN)


def test_a_description_that_is_no_text_or_too_long_is_refused(clarius):
    with pytest.raises(UnusableScan, match=r"BS-E151 .*no UTF-8"):
        read_scan(clarius(yml=CLARIUS_YML.encode("latin-1")), PLAIN)
    with pytest.raises(UnusableScan, match=r"BS-E151 .*more than 4194304 bytes"):
        read_scan(clarius(yml=CLARIUS_YML + "#" * 2**22), PLAIN)


def test_a_capture_without_its_description_is_named(tmp_path):
    path = tmp_path / "a_rf.raw"
    path.write_bytes(clarius_raw())
    with pytest.raises(UnusableScan, match=r"BS-E157 .*without its \.yml.*sampling rate"):
        read_scan(path, PLAIN)
    path.with_suffix(".yml").mkdir()
    with pytest.raises(UnusableScan, match=r"BS-E157 a_rf\.yml: found a_rf.yml unreadable"):
        read_scan(path, PLAIN)


def test_a_description_without_its_capture_is_named(tmp_path):
    path = tmp_path / "a_rf.yml"
    path.write_text(CLARIUS_YML, encoding="utf-8")
    with pytest.raises(UnusableScan, match=r"BS-E157 .*its a_rf\.raw is missing"):
        read_scan(path, PLAIN)
    path.write_text("name: something else\n", encoding="utf-8")
    with pytest.raises(UnusableScan, match="BS-E104"):
        read_scan(path, PLAIN)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a_rf.raw.lzo", b"\x89LZO\0\r\n\x1a\n", "packed by LZO"),
        ("a_rf.raw.lzo", b"no magic at all", "packed by LZO"),
        ("a_rf.raw.gz", b"\x1f\x8b\x08rest", "packed by gzip"),
    ],
)
def test_packed_parts_are_named(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnusableScan, match="BS-E106 .*a raw capture " + words):
        read_scan(path, PLAIN)


def test_a_file_that_shrinks_after_the_check_is_refused_at_its_frame(clarius):
    path = clarius()
    scan = read_scan(path, PLAIN)
    path.write_bytes(clarius_raw()[:-1])
    with pytest.raises(UnusableScan, match=r"BS-E152 .*frame 2 cut off"):
        scan.samples.block("unknown")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "words"),
    [("clarius_carotid_doppler_iq.raw", "IQ samples"),
     ("clarius_carotid_doppler_env.raw", "an envelope")],
)  # fmt: skip
def test_real_clarius_parts_are_what_their_maker_says(shared_dir, name, words):
    """Sizes 1,757,212 and 179,996 bytes agree with their headers, so the kind is what refuses."""
    with pytest.raises(UnusableScan, match="BS-E154 .*" + words):
        read_scan(shared_dir / "data" / "rf" / name, PLAIN)


@pytest.mark.shared
def test_the_real_description_of_an_rf_capture_is_read(shared_dir, tmp_path):
    path = tmp_path / "carotid_rf.raw"
    shutil.copy(shared_dir / "data" / "rf" / "clarius_carotid_rf.yml", path.with_suffix(".yml"))
    with path.open("wb") as file:
        file.write(struct.pack("<5I", 2, 17, 192, 3120, 2))
        file.truncate(20_367_516)  # 20 + 17 * (8 + 192 * 3120 * 2); the samples are not supplied
    scan = read_scan(path, PLAIN)
    (site,) = scan.sites
    assert (site.n_frames, site.n_lines, site.n_samples) == (17, 192, 3120)
    assert (site.fs_hz, site.f0_hz) == (60e6, 10e6)
    assert site.t0_s == pytest.approx(1.03e-6, abs=5e-9)  # 62 / 60 MHz, 0.796 mm


# ------------------------------------------------------------------ Ultrasonix


def test_samples_and_facts_of_an_ultrasonix_capture(sonix):
    scan = read_scan(sonix(ultrasonix_rf()), PLAIN)
    (site,) = scan.sites
    np.testing.assert_array_equal(scan.samples.block("unknown"), WANT)
    assert (site.fs_hz, site.f0_hz, site.t0_s) == (40e6, 10e6, None)
    assert "time_zero_unknown" in scan.flags


def test_a_tag_before_each_frame_is_known_by_the_size_alone(sonix):
    plain = ultrasonix_rf()
    tagged = plain[:76] + b"\1\0\0\0" + plain[76:100] + b"\2\0\0\0" + plain[100:]
    np.testing.assert_array_equal(read_scan(sonix(tagged), PLAIN).samples.block("unknown"), WANT)


def test_the_size_of_a_real_capture_is_met(sonix):
    """76 + 2 * 256 * 2864 * 2 = 2,932,812 bytes: the size of five real files."""
    data = ultrasonix_rf(0, frames=2, w=256, h=2864)
    path = sonix(data)
    with path.open("ab") as file:
        file.truncate(2_932_812)
    assert read_scan(path, PLAIN).sites[0].n_samples == 2864


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (ultrasonix_rf(type=2), "BS-E151", r"file type 2, wanted 16"),
        (ultrasonix_rf(ss=8), "BS-E151", "8 bits a sample"),
        (ultrasonix_rf(sf=0), "BS-E147", "no sampling rate"),
        (ultrasonix_rf(sf=-40_000_000), "BS-E147", "no sampling rate"),
        (ultrasonix_rf(frames=0), "BS-E152", "found 0 frames"),
        (ultrasonix_rf(frames=-2, w=-3), "BS-E152", "found -2 frames"),
        (ultrasonix_rf(frames=2**31 - 1, w=2**31 - 1), "BS-E152", "wanted at most"),
        (ultrasonix_rf()[:-1], "BS-E152", "found 123 bytes, wanted 124 .*: 1 bytes missing"),
        (ultrasonix_rf() + b"\0", "BS-E152", "1 bytes too many"),
        (ultrasonix_rf()[:75], "BS-E152", "wanted a header of 76"),
        (b"PHILIPS" + bytes(200), "BS-E151", "file type"),
    ],
)
def test_ultrasonix_headers_that_do_not_fit(sonix, data, code, words):
    with pytest.raises(UnusableScan, match=words) as caught:
        read_scan(sonix(data), PLAIN)
    assert caught.value.code == code


# ------------------------------------------------------------------ whatever the bytes are

FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _outcome(path, rate_hz=None):
    """Read to the last sample; a refusal must be one that the format foresaw."""
    code = ""
    try:
        scan = read_scan(path, ReadSettings(sampling_rate_hz=rate_hz))
        assert scan.samples.block("unknown").ndim == 3
    except UnusableScan as verdict:
        code = verdict.code
    assert code != "BS-E139"


@FUZZ
@given(
    head=st.lists(st.integers(-(2**31), 2**31 - 1) | st.integers(0, 16), min_size=19, max_size=19),
    tail=st.binary(max_size=200),
)
def test_any_ultrasonix_header_ends_in_a_scan_or_a_code(tmp_path, head, tail):
    path = tmp_path / "any.rf"
    path.write_bytes(struct.pack("<19i", *head) + tail)
    _outcome(path)


@FUZZ
@given(
    head=st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 4), min_size=5, max_size=5),
    tail=st.binary(max_size=100),
    at=st.integers(0, len(CLARIUS_YML)),
    text=st.text(max_size=12),
)
def test_any_clarius_pair_ends_in_a_scan_or_a_code(tmp_path, head, tail, at, text):
    path = tmp_path / "any.raw"
    path.write_bytes(struct.pack("<5I", *head) + tail)
    yml = CLARIUS_YML[:at] + text + CLARIUS_YML[at:]
    path.with_suffix(".yml").write_text(yml, encoding="utf-8", errors="replace")
    _outcome(path)


@FUZZ
@given(at=st.integers(0, 400), junk=st.binary(min_size=1, max_size=8))
def test_any_metaimage_header_ends_in_a_scan_or_a_code(tmp_path, at, junk):
    from .samples import mha

    data = mha(packed=True)
    path = tmp_path / "any.mha"
    path.write_bytes(data[:at] + junk + data[at + len(junk) :])
    _outcome(path, 30e6)
