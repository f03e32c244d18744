"""MATLAB files through a key map; version 5 as literal bytes, 7.3 by h5py behind 512 bytes."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as fuzz
from hypothesis import strategies as st

from bonescan.errors import UnusableScan, UsageError
from bonescan.files.key_map import read_key_map
from bonescan.read.registry import read_scan
from bonescan.settings import KeyMap, MappedValue, ReadSettings

from .samples import MAT5, MAT_RF, mat5, mat5_array

WANT = np.arange(24).reshape(2, 3, 4)


def keys(**more) -> ReadSettings:
    said = {
        "samples": "RfData",
        "axes": ("sample", "line", "frame"),
        "fs_hz": MappedValue(variable="fs_khz", factor=1e3),
    }
    return ReadSettings(key_map=KeyMap(**(said | more)))


def number(value: float) -> MappedValue:
    return MappedValue(number=value)


@pytest.fixture
def mat(tmp_path):
    def _write(data: bytes = MAT5):
        path = tmp_path / "scan.mat"
        path.write_bytes(data)
        return path

    return _write


@pytest.fixture
def mat73(tmp_path):
    """MATLAB 7.3: 512 bytes, then HDF5 with every axis reversed and structs as groups."""

    def _write(change=None):
        path = tmp_path / "scan.mat"
        with h5py.File(path, "w", userblock_size=512) as file:
            file["param/RfData"] = np.ascontiguousarray(MAT_RF.T.astype("<i2"))
            file["param/fs_khz"] = np.array([[15000.0]])
            file["top"] = np.zeros((2, 5))
            if change is not None:
                change(file)
        with path.open("r+b") as raw:
            raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM")
        return path

    return _write


# ------------------------------------------------------------------ version 5


def test_a_key_map_turns_variables_into_lines(mat):
    scan = read_scan(mat(), keys(t0_s=number(0.0), site="femoral-neck-left"))
    (site,) = scan.sites
    np.testing.assert_array_equal(scan.samples.block("x"), WANT)
    np.testing.assert_array_equal(list(scan.samples.frames("x")), WANT)
    assert (site.site, site.fs_hz, site.t0_s) == ("femoral-neck-left", 15e6, 0.0)
    assert set(scan.flags) == {"origin_unknown", "gain_unknown", "sound_speed_unknown"}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_either_byte_order_and_packed_variables_are_the_same(mat, packed, order):
    element = mat5_array("RfData", MAT_RF, order)
    if packed:
        data = zlib.compress(element)
        element = struct.pack(f"{order}2I", 15, len(data)) + data
    scan = read_scan(mat(mat5(element, order=order)), keys(fs_hz=number(15e6)))
    np.testing.assert_array_equal(scan.samples.block("x"), WANT)


@pytest.mark.parametrize("packed", [False, True])
def test_variables_longer_than_their_head_are_read_whole(mat, packed):
    values = np.random.default_rng(1).integers(-99, 99, (300, 400))  # 240 kB
    element = mat5_array("RfData", values)
    if packed:
        data = zlib.compress(element)
        element = struct.pack("<2I", 15, len(data)) + data
    settings = keys(fs_hz=number(15e6), axes=("sample", "line"))
    scan = read_scan(mat(mat5(element)), settings)
    np.testing.assert_array_equal(scan.samples.block("x")[0], values.T)


def test_the_order_of_axes_is_the_users(mat):
    lines_first = mat5_array("RfData", WANT.transpose(1, 2, 0))
    settings = keys(fs_hz=number(15e6), axes=("line", "sample", "frame"))
    np.testing.assert_array_equal(
        read_scan(mat(mat5(lines_first)), settings).samples.block("x"), WANT
    )
    one = mat5_array("RfData", WANT[0].T)
    for axes in (("sample", "line"), ("sample", "line", "frame")):
        settings = keys(fs_hz=number(15e6), axes=axes)
        np.testing.assert_array_equal(
            read_scan(mat(mat5(one)), settings).samples.block("x"), WANT[:1]
        )


def test_variables_within_structs_are_found(tmp_path):
    """Written by SciPy: another implementation of the format than the bytes above."""
    from scipy.io import savemat

    path = tmp_path / "scan.mat"
    savemat(path, {"param": {"RfData": MAT_RF.astype("f8"), "FPS": 15.0}}, do_compression=True)
    settings = keys(
        samples="param.RfData", fs_hz=MappedValue(variable="param.FPS", factor=1e6)
    )  # fmt: skip
    scan = read_scan(path, settings)
    assert scan.sites[0].fs_hz == 15e6
    np.testing.assert_array_equal(scan.samples.block("x"), WANT)


def test_without_a_key_map_the_variables_and_an_example_are_shown(mat):
    with pytest.raises(UnusableScan, match="BS-E155") as caught:
        read_scan(mat(), ReadSettings(sampling_rate_hz=15e6))
    assert "RfData (4x3x2 int16), fs_khz (1x1 int16)" in caught.value.reason
    assert 'samples = "RfData"' in caught.value.hint
    assert "--key-map keys.toml" in caught.value.hint


def test_a_file_without_variables_is_refused(mat):
    with pytest.raises(UnusableScan, match=r"BS-E156 .*cut off"):
        read_scan(mat(mat5()), keys())


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        (keys(samples="Other"), "BS-E155", "no numbers in 'Other'"),
        (keys(samples="RfData.inner"), "BS-E155", "no numbers in 'RfData.inner'"),
        (keys(fs_hz=MappedValue(variable="nix")), "BS-E155", "no numbers in 'nix'"),
        (keys(fs_hz=MappedValue(variable="RfData")), "BS-E155", r"\(4, 3, 2\), wanted one number"),
        (keys(fs_hz=MappedValue(variable="fs_khz", factor=-1.0)), "BS-E155", "wanted > 0"),
        (keys(axes=("sample", "line")), "BS-E155", "4x3x2, wanted the axes sample, line"),
    ],
)
def test_key_maps_that_do_not_fit_the_file(mat, settings, code, words):
    with pytest.raises(UnusableScan, match=words) as caught:
        read_scan(mat(), settings)
    assert caught.value.code == code


def test_complex_samples_and_texts_are_no_rf(tmp_path):
    from scipy.io import savemat

    path = tmp_path / "scan.mat"
    savemat(path, {"RfData": MAT_RF * 1j})
    with pytest.raises(UnusableScan, match=r"BS-E154 .*complex"):
        read_scan(path, keys(fs_hz=number(15e6)))
    savemat(path, {"RfData": "a text"})
    with pytest.raises(UnusableScan, match=r"BS-E155 .*no numbers in .RfData."):
        read_scan(path, keys(fs_hz=number(15e6), axes=("line", "sample")))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (MAT5[:100], "without byte order"),
        (MAT5[:-5], "was cut off"),
        (MAT5 + b"\0" * 3, "cut off, or extra bytes"),
        (MAT5 + b"\0" * 16, "cut off, or extra bytes"),
        (mat5(struct.pack("<2I", 15, 8) + b"\xff" * 8), "damaged stream"),
        (mat5(struct.pack("<2I", 15, 2) + zlib.compress(b"")[:2]), "empty stream"),
    ],
)
def test_damage_is_refused(mat, data, words):
    with pytest.raises(UnusableScan, match="BS-E156 .*" + words):
        read_scan(mat(data), keys())


@pytest.mark.parametrize("lie", [False, True])
def test_a_packed_variable_that_unpacks_to_far_more_is_refused(mat, lie):
    """20 MB of zeros in 20 kB of stream, 1,000 to 1; or a length that is not the stream's."""
    element = mat5_array("RfData", np.zeros((1000, 10_000 if not lie else 2)))
    if lie:
        element = element[:4] + struct.pack("<I", len(element)) + element[8:]
    data = zlib.compress(element, 9)
    path = mat(mat5(struct.pack("<2I", 15, len(data)) + data))
    with pytest.raises(UnusableScan, match=r"BS-E156 .*wanted a whole matrix"):
        read_scan(path, keys(fs_hz=number(15e6), axes=("line", "sample")))


def part(type_: int, data: bytes) -> bytes:
    return struct.pack("<2I", type_, len(data)) + data + bytes(-len(data) % 8)


def matrix(*parts: bytes) -> bytes:
    return part(14, b"".join(parts))


FLAGS, NAME = part(6, struct.pack("<2I", 10, 0)), part(1, b"RfData")
SHAPE = part(5, struct.pack("<2i", 2, 3))
STRUCT = part(6, struct.pack("<2I", 2, 0))


def test_short_tags_and_numbers_in_a_smaller_type_are_followed(mat):
    """As MATLAB writes them: a scalar double 15000 as uint16, its name in a short tag."""
    scalar = matrix(
        part(6, struct.pack("<2I", 6, 0)),
        part(5, struct.pack("<2i", 1, 1)),
        struct.pack("<2H4s", 1, 2, b"fs"),
        struct.pack("<2HI", 4, 2, 15000),
    )
    scan = read_scan(
        mat(mat5(mat5_array("RfData", MAT_RF), scalar)),
        keys(fs_hz=MappedValue(variable="fs", factor=1e3)),
    )
    assert scan.sites[0].fs_hz == 15e6


@pytest.mark.parametrize(
    ("element", "words"),
    [
        (matrix(FLAGS, SHAPE), "ends too early"),
        (matrix(FLAGS, SHAPE, NAME), "ends too early"),
        (matrix(FLAGS, SHAPE, NAME, part(3, bytes(10))), "5 numbers for the shape"),
        (matrix(FLAGS, SHAPE, NAME, part(99, bytes(12))), "type 99, wanted numbers"),
        (matrix(FLAGS, SHAPE, NAME, part(3, bytes(11))), "11 bytes of the type 3"),
        (matrix(FLAGS, part(5, struct.pack("<2i", -1, 3)), NAME), r"shape \[-1, 3\]"),
        (matrix(FLAGS, part(5, struct.pack("<i", 6)), NAME), "without class or shape"),
        (matrix(part(6, b""), SHAPE, NAME), "without class or shape"),
        (matrix(FLAGS, SHAPE, NAME, struct.pack("<2I", 3, 99)), "longer than what holds it"),
        (matrix(FLAGS, SHAPE, NAME, b"\3\0\7\0" + bytes(4)), "7 bytes in a short"),
        (matrix(FLAGS, SHAPE, NAME, b"\0" * 4), "cut off"),
        (matrix(STRUCT, SHAPE, NAME, part(5, bytes(4)), part(1, bytes(8))), "names of its fields"),
        (
            matrix(STRUCT, part(5, struct.pack("<2i", 1, 1)), NAME,
                   part(5, struct.pack("<i", 8)), part(1, b"a".ljust(8, b"\0")), part(3, b"")),
            "field of the type 3",
        ),
    ],
)  # fmt: skip
def test_damage_within_a_variable_is_refused(mat, element, words):
    with pytest.raises(UnusableScan, match="BS-E156 .*" + words):
        read_scan(mat(mat5(element)), keys(fs_hz=number(15e6), axes=("sample", "line")))


def test_arrays_of_structs_and_cells_hold_no_samples(tmp_path):
    from scipy.io import savemat

    path = tmp_path / "scan.mat"
    many = np.zeros((1, 2), dtype=[("RfData", "O")])
    many["RfData"][0, 0] = many["RfData"][0, 1] = MAT_RF
    cell = np.empty((1, 1), dtype=object)
    cell[0, 0] = MAT_RF
    savemat(path, {"many": many, "cell": cell})
    for name in ("many.RfData", "cell"):
        with pytest.raises(UnusableScan, match=r"BS-E155 .*no numbers in"):
            read_scan(path, keys(samples=name, fs_hz=number(15e6)))


@fuzz(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(MAT5) - 1), junk=st.binary(min_size=1, max_size=4))
def test_any_damage_ends_in_a_scan_or_a_code(mat, at, junk):
    path = mat(MAT5[:at] + junk + MAT5[at + len(junk) :])
    code = ""
    try:
        read_scan(path, keys()).samples.block("x")
    except UnusableScan as verdict:
        code = verdict.code
    assert code != "BS-E139"


# ------------------------------------------------------------------ version 7.3


def test_version_7_3_is_read_with_its_axes_reversed(mat73):
    settings = keys(
        samples="param.RfData", fs_hz=MappedValue(variable="param.fs_khz", factor=1e3)
    )  # fmt: skip
    scan = read_scan(mat73(), settings)
    np.testing.assert_array_equal(scan.samples.block("x"), WANT)
    assert scan.sites[0].fs_hz == 15e6


def test_version_7_3_without_a_key_map_shows_its_variables(mat73):
    with pytest.raises(UnusableScan, match=r"BS-E155 .*param \(1x1 struct\), top \(5x2 double\)"):
        read_scan(mat73(), ReadSettings())


@pytest.mark.parametrize(
    ("change", "more", "code", "words"),
    [
        (None, {"samples": "nix"}, "BS-E145", "no samples in 'nix'"),
        (None, {"samples": "nix.nix"}, "BS-E145", "no group 'nix'"),
        (None, {"fs_hz": MappedValue(variable="nix.nix")}, "BS-E155", "no variable 'nix.nix'"),
        (None, {"axes": ("sample", "line")}, "BS-E155", "4x3x2, wanted the axes"),
        (
            lambda f: f.__setitem__("link", h5py.SoftLink("/param/RfData")),
            {"samples": "link"}, "BS-E143", "SoftLink",
        ),
    ],
)  # fmt: skip
def test_what_version_7_3_is_refused_for(mat73, change, more, code, words):
    said = {"samples": "param.RfData", "fs_hz": number(15e6)} | more
    with pytest.raises(UnusableScan, match=words) as caught:
        read_scan(mat73(change), keys(**said))
    assert caught.value.code == code


# ------------------------------------------------------------------ the key map itself


@pytest.fixture
def key_file(tmp_path):
    def _write(text: str):
        path = tmp_path / "keys.toml"
        path.write_text(text)
        return path

    return _write


GOOD = """samples = "param.RfData"
axes = ["sample", "line", "frame"]
fs_hz = { variable = "FPS", factor = 1e6 }
c_m_s = 1540
t0_s = 0.0
f0_hz = "param.f0"
site = "L1"
"""


def test_a_key_map_is_read(key_file):
    got = read_key_map(key_file(GOOD))
    assert (got.samples, got.axes, got.site) == ("param.RfData", ("sample", "line", "frame"), "L1")
    assert got.fs_hz == MappedValue(variable="FPS", factor=1e6)
    assert (got.c_m_s, got.t0_s) == (number(1540.0), number(0.0))
    assert got.f0_hz == MappedValue(variable="param.f0")
    assert got.line_pitch_m is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("fs_hz = {", "fs = {", "unknown key|the key 'fs'"),
        ("factor = 1e6 }", "times = 1e6 }", "wanted variable and factor"),
        ("c_m_s = 1540", "c_m_s = 0", "wanted > 0"),
        ("c_m_s = 1540", "c_m_s = true", "wanted a number"),
        ("c_m_s = 1540", "c_m_s = nan", "wanted a number"),
        ("c_m_s = 1540", "c_m_s = 1540\nc_m_s = 1", "can't be read"),
        ('"param.RfData"', '"../x"', "name of a variable"),
        ('"param.RfData"', "7", "name of a variable"),
        ('["sample", "line", "frame"]', '["sample", "frame"]', "wanted an order"),
        ('["sample", "line", "frame"]', '["sample", "line", "line"]', "wanted an order"),
        ('"L1"', '"heart"', "wanted one as L1"),
    ],
)
def test_key_maps_that_can_not_be_meant(key_file, old, new, words):
    assert old in GOOD
    with pytest.raises(UsageError, match="BS-E301 .*(" + words + ")"):
        read_key_map(key_file(GOOD.replace(old, new, 1)))


def test_a_missing_and_an_endless_key_map_are_refused(tmp_path, key_file):
    with pytest.raises(UsageError, match="BS-E301"):
        read_key_map(tmp_path / "none.toml")
    with pytest.raises(UsageError, match=r"BS-E301 .*more than 65536"):
        read_key_map(key_file("#" * 70_000))


def test_the_words_of_the_command_line_reach_the_reader(verb, mat, key_file):
    import json

    text = GOOD.replace('"param.RfData"', '"RfData"').replace('f0_hz = "param.f0"\n', "")
    text = text.replace('"FPS"', '"fs_khz"').replace("1e6", "1e3")
    code, out, _ = verb("inspect", mat(), "--key-map", key_file(text), "--json")
    (file,) = json.loads(out)["data"]["files"]
    assert code == 0
    assert file["sites"]["L1"]["fs_hz"] == 15e6
    code, _, error = verb("inspect", mat(), "--key-map", key_file("samples = 1"))
    assert (code, "BS-E301" in error) == (2, True)


def test_a_key_map_without_a_rate_leaves_it_to_the_user(key_file, mat) -> None:
    rate = 'fs_hz = { variable = "FPS", factor = 1e6 }\n'
    assert rate in GOOD
    assert read_key_map(key_file(GOOD.replace(rate, ""))).fs_hz is None
    silent = replace(keys(fs_hz=None), sampling_rate_hz=40e6)
    assert read_scan(mat(), silent).sites[0].fs_hz == 40e6
    stated = replace(keys(), sampling_rate_hz=40e6)
    assert read_scan(mat(), stated).sites[0].fs_hz != 40e6  # what the file says leads
    with pytest.raises(UnusableScan, match="BS-E147"):
        read_scan(mat(), keys(fs_hz=None))
