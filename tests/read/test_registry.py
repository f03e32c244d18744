"""The contract that every format meets, and the way from a file to the one format."""

from __future__ import annotations

import os
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from bonescan.errors import SetAside, UnusableScan
from bonescan.read import registry
from bonescan.read.probe import Probe
from bonescan.read.registry import Format, identify, load_formats, read_scan
from bonescan.settings import KeyMap, MappedValue, ReadSettings

from .samples import FILES, write_sample

KEYS = KeyMap(samples="RfData", axes=("sample", "line", "frame"), fs_hz=MappedValue(number=30e6))
SETTINGS = ReadSettings(sampling_rate_hz=30e6, key_map=KEYS)
TOY = Path(__file__).parent / "toy_plugin"
each_format = pytest.mark.parametrize("fmt", load_formats().values(), ids=lambda f: f.name)


@each_format
@pytest.mark.parametrize("content", [b"", b"\x00" * 4096, b"hello"], ids=["empty", "zeros", "text"])
def test_no_format_claims_a_file_that_is_not_its_own(fmt, content, tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(content)
    assert fmt.claims(Probe.of(path)) is False


@each_format
def test_a_format_claims_its_own_sample_and_no_other(fmt, tmp_path):
    assert fmt.name in FILES, f"put a sample of {fmt.name} into tests/read/samples.py"
    for name in FILES:
        assert fmt.claims(Probe.of(write_sample(name, tmp_path))) is (name == fmt.name), name


@each_format
def test_a_sample_is_read_and_keeps_the_name_of_its_format(fmt, tmp_path):
    path = write_sample(fmt.name, tmp_path)
    if fmt.name == "companion":
        with pytest.raises(SetAside, match=r"BS-W280 README\.md: a description") as caught:
            read_scan(path, SETTINGS)
        assert caught.value.format_name == fmt.name
        return
    assert read_scan(path, SETTINGS).source.format_name == fmt.name


@pytest.mark.parametrize("name", [n for n in load_formats() if n != "companion"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_cut_sample_is_refused_by_name(name, share, tmp_path):
    path = write_sample(name, tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(UnusableScan, match=path.name):
        read_scan(path, SETTINGS)


def test_a_file_that_two_formats_claim_is_refused_with_both_names(tmp_path, monkeypatch):
    def read_never(probe, settings):
        raise AssertionError("not asked")

    both = {n: Format(n, lambda probe: True, read_never) for n in ("one", "other")}
    monkeypatch.setattr(registry, "load_formats", lambda: both)
    path = tmp_path / "file.bin"
    path.write_bytes(b"x")
    with pytest.raises(UnusableScan, match=r"BS-E105 file\.bin: found a file that one and other"):
        identify(Probe.of(path))


def test_a_format_of_somebody_else_comes_in_by_its_entry_point(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(TOY))
    load_formats.cache_clear()
    try:
        assert "toy" in {p.name for p in entry_points(group="bonescan.formats")}
        path = tmp_path / "file.bin"
        path.write_bytes(b"TOY and more")
        with pytest.raises(UnusableScan, match=r"BS-E107 file\.bin: found a toy") as caught:
            read_scan(path, SETTINGS)
        assert caught.value.format_name == "toy"
    finally:
        sys.modules.pop("bonescan_toy", None)
        load_formats.cache_clear()


def test_a_broken_format_fails_at_load_with_its_name(monkeypatch):
    with pytest.raises(TypeError, match=r"broken\.py holds no FORMAT"):
        registry._add({}, object(), "broken.py")
    one = Format("one", lambda probe: False, lambda probe, settings: None)
    with pytest.raises(ValueError, match=r"'one' stands twice, .*in second\.py"):
        registry._add({"one": one}, one, "second.py")


def test_what_a_format_did_not_foresee_ends_as_one_coded_refusal(tmp_path, monkeypatch):
    def explode(probe, settings):
        raise ZeroDivisionError("division by zero")

    bad = {"bad": Format("bad", lambda probe: True, explode)}
    monkeypatch.setattr(registry, "load_formats", lambda: bad)
    path = tmp_path / "file.bin"
    path.write_bytes(b"x")
    with pytest.raises(UnusableScan, match=r"BS-E139 file\.bin: found ZeroDivisionError"):
        read_scan(path, SETTINGS)


@pytest.mark.parametrize(
    ("name", "content", "code", "words"),
    [
        ("a.bin", b"", "BS-E102", "no bytes"),
        ("a.txt", b"Dear colleague,\nplease find", "BS-E104", "found plain text"),
        ("a.bin", bytes(range(256)), "BS-E104", "bytes that start with 00 01 02"),
        ("a.bin", bytes(300), "BS-E104", "nothing but zero bytes"),
        ("a.zip", b"PK\x03\x04rest", "BS-E106", "a zip archive"),
        ("a.dcm.gz", b"\x1f\x8b\x08rest", "BS-E106", "a gzip file"),
        ("a.tar", bytes(257) + b"ustar\x0000", "BS-E106", "a tar archive"),
        ("a.pdf", b"%PDF-1.7\n", "BS-E185", "cut off"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "BS-E107", "a PNG picture"),
        ("a.mat", b"MATLAB 7.3" + bytes(502) + b"\x89HDF\r\n\x1a\n", "BS-E140", "no sound HDF5"),
        ("a.mat", b"MATLAB 5.0 MAT-file", "BS-E156", "without byte order"),
        ("a.h5", b"\x89HDF\r\n\x1a\n" + bytes(100), "BS-E140", "no sound HDF5"),
        ("a.dat", b"\x89HDF\r\n\x1a\n" + bytes(100), "BS-E107", "a damaged HDF5 file"),
    ],
)
def test_a_file_of_no_known_format_is_named(tmp_path, name, content, code, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnusableScan, match=words) as caught:
        read_scan(path, SETTINGS)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("members", "code", "words"),
    [
        (("US",), "BS-E153", "PICMUS channel data"),
        (("data", "trans_params"), "BS-E153", "pybf channel data"),
        (("something",), "BS-E107", "another kind .it holds something"),
    ],
)
def test_hdf5_of_another_kind_is_named(tmp_path, members, code, words):
    import h5py

    path = tmp_path / "file.h5"
    with h5py.File(path, "w") as file:
        for member in members:
            file.create_group(member)
    with pytest.raises(UnusableScan, match=words) as caught:
        read_scan(path, SETTINGS)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("DICOMDIR", b"not even DICOM"),
        ("MANIFEST.csv", b"file,sha256,outcome\n"),
        ("list.csv", b"file,sha256\n"),
        ("SHA256SUMS", b"00  a\n"),
        ("README", b"hello"),
        ("README.md", b""),
        (".DS_Store", b"\0\0\0\1Bud1"),
        ("Thumbs.db", b"\xd0\xcf\x11\xe0"),
        ("._scan.dcm", b"\0\5\x16\7"),
        ("subjects.csv", b"\xef\xbb\xbfpatient_id,issuer,date,fact,value,source\n"),
        ("people.csv", b"patient_id,birth_date\n"),
    ],
)
def test_companions_are_set_aside(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SetAside, match="BS-W280") as caught:
        read_scan(path, SETTINGS)
    assert caught.value.outcome == "companion"


def test_the_description_of_a_capture_is_a_companion_only_beside_it(tmp_path):
    path = tmp_path / "scan.yml"
    path.write_text("frames: 1\n")
    with pytest.raises(UnusableScan, match="BS-E104"):
        read_scan(path, SETTINGS, frozenset())
    with pytest.raises(SetAside, match="description of a raw capture"):
        read_scan(path, SETTINGS, frozenset({"scan.raw"}))


def test_a_media_directory_is_a_companion_by_its_content(tmp_path):
    from .dicom_bytes import el, meta

    path = tmp_path / "index.dcm"
    path.write_bytes(meta(sop="1.2.840.10008.1.3.10") + el(4, 0x1130, "CS", "DISK"))
    with pytest.raises(SetAside, match="media directory"):
        read_scan(path, SETTINGS)


def test_links_are_followed_to_a_file_and_refused_to_nowhere(tmp_path):
    sample = write_sample("dicom", tmp_path)
    (tmp_path / "link.dcm").symlink_to(sample)
    assert read_scan(tmp_path / "link.dcm", SETTINGS)
    (tmp_path / "dangling.dcm").symlink_to(tmp_path / "gone")
    with pytest.raises(UnusableScan, match=r"BS-E108 dangling\.dcm"):
        read_scan(tmp_path / "dangling.dcm", SETTINGS)
    (tmp_path / "loop.dcm").symlink_to(tmp_path / "loop.dcm")
    with pytest.raises(UnusableScan, match="BS-E108"):
        read_scan(tmp_path / "loop.dcm", SETTINGS)


def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.dcm")
    for name in ("pipe.dcm", "."):
        with pytest.raises(UnusableScan, match=r"BS-E101 .*no regular file"):
            read_scan(tmp_path / name, SETTINGS)
    with pytest.raises(UnusableScan, match="BS-E101"):
        read_scan(tmp_path / "missing.dcm", SETTINGS)
