"""RF samples in a MetaImage."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from bonescan.errors import UnusableScan
from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings

from .samples import mha

RATE = ReadSettings(sampling_rate_hz=30e6)
WANT = np.arange(24).reshape(2, 3, 4)


@pytest.fixture
def capture(tmp_path):
    def _write(data: bytes):
        path = tmp_path / "capture.mha"
        path.write_bytes(data)
        return path

    return _write


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_plain_packed_and_big_endian_samples_are_the_same(capture, packed, order):
    scan = read_scan(capture(mha(packed, order)), RATE)
    (site,) = scan.sites
    assert (site.n_frames, site.n_lines, site.n_samples) == (2, 3, 4)
    np.testing.assert_array_equal(scan.samples.block("unknown"), WANT)
    np.testing.assert_array_equal(list(scan.samples.frames("unknown")), WANT)


def test_the_sampling_rate_comes_from_the_user_or_the_file_is_refused(capture):
    path = capture(mha())
    assert read_scan(path, RATE).sites[0].fs_hz == 30e6
    with pytest.raises(UnusableScan, match=r"BS-E147 .*--sampling-rate 30MHz"):
        read_scan(path, ReadSettings())


def test_what_the_user_says_is_taken_and_the_rest_is_unknown(capture):
    settings = ReadSettings(sampling_rate_hz=30e6, sound_speed_m_s=1540.0, time_zero_s=1e-6)
    scan = read_scan(capture(mha()), settings)
    assert (scan.sites[0].c_m_s, scan.sites[0].t0_s) == (1540.0, 1e-6)
    assert set(scan.flags) == {"site_unknown", "origin_unknown", "gain_unknown"}


def test_the_site_that_the_user_says_is_that_of_a_file_without_one(capture):
    settings = ReadSettings(sampling_rate_hz=30e6, site="L3")
    scan = read_scan(capture(mha()), settings)
    assert [s.site for s in scan.sites] == ["L3"]
    assert "site_unknown" not in scan.flags
    np.testing.assert_array_equal(scan.samples.block("L3"), WANT)
    np.testing.assert_array_equal(list(scan.samples.frames("L3")), WANT)


def test_one_frame_may_have_two_axes(capture):
    data = mha().replace(b"NDims = 3", b"NDims = 2").replace(b"4 3 2          ", b"4 6")
    assert read_scan(capture(data), RATE).sites[0].n_lines == 6


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"MET_SHORT", b"MET_UCHAR", "BS-E150"),
        (b"MET_SHORT", b"MET_DOUBLE", "BS-E150"),
        (b"ElementDataFile = LOCAL", b"ElementDataFile = other.raw", "BS-E148"),
        (b"ElementDataFile = LOCAL", b"ElementDataFile = ../../etc/passwd", "BS-E148"),
        (b"DimSize = 4 3 2", b"DimSize = 4 3", "BS-E148"),
        (b"DimSize = 4 3 2", b"DimSize = 4 0 2", "BS-E148"),
        (b"DimSize = 4 3 2", b"DimSize = 4 -3 2", "BS-E148"),
        (b"DimSize = 4 3 2", b"DimSize = 999999999 999999999 9", "BS-E149"),
        (b"DimSize = 4 3 2", b"DimSize = 5 3 2", "BS-E149"),
        (b"NDims = 3\n", b"NDims = 3\nNDims = 3\n", "BS-E148"),
        (b"DimSize", b"no line\nDimSize", "BS-E148"),
        (
            b"ElementType = MET_SHORT",
            b"ElementNumberOfChannels = 2\nElementType = MET_SHORT",
            "BS-E150",
        ),
    ],
)
def test_headers_that_do_not_fit_are_refused(capture, old, new, code):
    data = mha()
    assert old in data
    with pytest.raises(UnusableScan, match=code):
        read_scan(capture(data.replace(old, new, 1)), RATE)


@pytest.mark.parametrize("data", [mha()[:-1], mha() + b"\0", mha(packed=True)[:-3]])
def test_missing_and_extra_bytes_are_refused(capture, data):
    with pytest.raises(UnusableScan, match="BS-E149"):
        read_scan(capture(data), RATE)


def test_a_stream_that_unpacks_to_more_is_refused(capture):
    good, bomb = mha(packed=True), zlib.compress(bytes(10_000_000))
    head = good[: good.index(b"LOCAL\n") + 6]
    size = zlib.compress(bytes(48))
    head = head.replace(
        f"CompressedDataSize = {len(good) - len(head)}".encode(),
        f"CompressedDataSize = {len(bomb)}".encode(),
    )
    assert size
    with pytest.raises(UnusableScan, match=r"BS-E149 .*wanted 48"):
        read_scan(capture(head + bomb), RATE)


@pytest.mark.shared
def test_the_label_image_is_no_rf(shared_dir):
    path = shared_dir / "data" / "rf" / "itk_MouseLiverRF-label.mha"
    with pytest.raises(UnusableScan, match=r"BS-E150 .*MET_UCHAR"):
        read_scan(path, RATE)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "shape", "low", "high", "mean", "sd"),
    [
        # figures of the files themselves, as their provenance page lists them
        ("itk_EyeRoundOverChuck_5.0MHz_20V.mha", (1, 241, 2048), -32768, 32752, -38.97, 2610.06),
        ("itk_MouseLiverRF.mha", (4, 128, 1536), -19913, 19081, -39.51, 744.0),
    ],
)
def test_real_samples_are_those_of_the_file(shared_dir, name, shape, low, high, mean, sd):
    scan = read_scan(shared_dir / "data" / "rf" / name, RATE)
    block = scan.samples.block("unknown")
    assert block.shape == shape
    assert (block.min(), block.max()) == (low, high)
    assert block.mean() == pytest.approx(mean, abs=0.005)
    assert block.std() == pytest.approx(sd, abs=0.05)
