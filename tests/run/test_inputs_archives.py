"""Archives as inputs: streams under caps, never paths; and what media directories name."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import stat
import struct
import tarfile
import warnings
import zipfile
from pathlib import Path

import pytest

from bonescan.files.archive import ArchiveCaps, is_archive
from bonescan.workflows.collect_inputs import InputRules, collect_inputs
from bonescan.workflows.open_archives import opened

PACK = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def look(inputs, out, **caps):
    """List label, code and bytes of everything, while the context is open."""
    rules = InputRules(caps=ArchiveCaps(**caps))
    out.mkdir(exist_ok=True)
    with opened(collect_inputs(inputs, out, rules), out, rules) as files:
        found = {
            f.file: (f.verdict.code if f.verdict else "", f.path.read_bytes())
            if f.path.is_file()
            else (f.verdict.code, b"")
            for f in files
        }
        for f in files:
            if f.path.is_file():
                assert f.sha256 in {"", hashlib.sha256(f.path.read_bytes()).hexdigest()}
    assert [p.name for p in out.iterdir() if p.name.startswith(".spool")] == []
    return found


def codes(inputs, out, **caps):
    return {name: code for name, (code, _) in look(inputs, out, **caps).items()}


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tar_bytes(members: dict[str, bytes], **more: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in more.values():
            archive.addfile(info)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.zip", True),
        ("A.ZIP", True),
        ("a.tar.gz", True),
        ("a.tgz", True),
        ("a.tar.xz", True),
        ("a.tbz2", True),
        ("a.gz", False),
        ("a.raw.zip", False),  # one capture packed by a device
        ("a.npz", False),
        ("zip", False),
    ],
)
def test_an_archive_is_known_by_its_suffix(name, expected):
    assert is_archive(name) is expected


def test_members_of_a_zip_are_listed_below_it(tmp_path):
    make_zip(tmp_path / "a.zip", {"inner/one.dcm": b"1", "two.csv": b"22", "folder/": b""})
    assert look([tmp_path / "a.zip"], tmp_path / "out") == {
        "a.zip": ("BS-W430", (tmp_path / "a.zip").read_bytes()),
        "a.zip!/inner/one.dcm": ("", b"1"),
        "a.zip!/two.csv": ("", b"22"),
    }


@pytest.mark.parametrize("suffix", PACK)
def test_members_of_a_tar_are_listed_below_it(tmp_path, suffix):
    (tmp_path / f"a.tar{suffix}").write_bytes(PACK[suffix](tar_bytes({"in/x.dcm": b"x" * 9999})))
    found = look([tmp_path], tmp_path / "out")
    assert found[f"a.tar{suffix}!/in/x.dcm"] == ("", b"x" * 9999)
    assert found[f"a.tar{suffix}"][0] == "BS-W430"


def test_names_that_climb_are_labels_only(tmp_path):
    (tmp_path / "in").mkdir()
    make_zip(
        tmp_path / "in" / "a.zip", {"../../evil.dcm": b"1", "/abs.dcm": b"2", "C:\\w.dcm": b"3"}
    )
    before = sorted(p.name for p in tmp_path.iterdir())
    found = look([tmp_path / "in"], tmp_path / "out")
    assert set(found) == {
        "a.zip",
        "a.zip!/../../evil.dcm",
        "a.zip!//abs.dcm",
        "a.zip!/C:/w.dcm",
    }
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*before, "out"])
    assert not Path("/abs.dcm").exists()


def test_two_members_of_one_name_are_told_apart(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x.dcm", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("x.dcm", b"2")
    found = look([tmp_path / "a.zip"], tmp_path / "out")
    assert (found["a.zip!/x.dcm"][1], found["a.zip!/x.dcm (2)"][1]) == (b"1", b"2")


def test_an_archive_in_an_archive_is_opened_and_a_deep_one_is_not(tmp_path):
    inner = make_zip(tmp_path / "c.zip", {"x.dcm": b"x"}).read_bytes()
    (tmp_path / "in").mkdir()
    make_zip(tmp_path / "in" / "a.zip", {"b.tar": tar_bytes({"c.zip": inner})})
    assert codes([tmp_path / "in"], tmp_path / "out", max_depth=3) == {
        "a.zip": "BS-W430",
        "a.zip!/b.tar": "BS-W430",
        "a.zip!/b.tar!/c.zip": "BS-W430",
        "a.zip!/b.tar!/c.zip!/x.dcm": "",
    }
    assert codes([tmp_path / "in"], tmp_path / "out", max_depth=2) == {
        "a.zip": "BS-W430",
        "a.zip!/b.tar": "BS-W430",
        "a.zip!/b.tar!/c.zip": "BS-E433",
    }


def test_an_encrypted_member_is_named_and_the_others_are_read(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"secret.dcm": b"s", "open.dcm": b"o"})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")  # APPNOTE 4.3.12: the flags stand at offset 8 of an entry
    struct.pack_into("<H", data, at + 8, 1)
    path.write_bytes(data)
    found = codes([path], tmp_path / "out")
    assert (found["a.zip!/secret.dcm"], found["a.zip!/open.dcm"]) == ("BS-E431", "")


def test_damage_in_one_member_of_a_zip_is_its_own(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("bad.dcm", b"BADBADBAD")
        archive.writestr("good.dcm", b"GOOD")
    path.write_bytes(path.read_bytes().replace(b"BADBADBAD", b"BADXADBAD"))
    found = codes([path], tmp_path / "out")
    assert (found["a.zip"], found["a.zip!/bad.dcm"], found["a.zip!/good.dcm"]) == (
        "BS-W430",
        "BS-E430",
        "",
    )


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + b"\0" * 99], ids=repr)
def test_what_is_no_zip_is_a_broken_archive(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    assert codes([tmp_path / "a.zip"], tmp_path / "out") == {"a.zip": "BS-E430"}


@pytest.mark.parametrize("suffix", PACK)
def test_a_cut_tar_gives_what_came_before_the_cut(tmp_path, suffix):
    whole = tar_bytes({"one.dcm": os.urandom(50_000), "two.dcm": os.urandom(50_000)})
    packed = PACK[suffix](whole)
    path = tmp_path / f"a.tar{suffix}"
    path.write_bytes(packed[: len(packed) * 7 // 10] if suffix != ".bz2" else packed[:-60_000])
    found = codes([path], tmp_path / "out")
    assert found[path.name] == "BS-E430"
    assert set(found.values()) <= {"", "BS-E430"}


@pytest.mark.parametrize("cut", [512 + 1024, 512 + 1024 + 100], ids=["at a header", "in a header"])
def test_a_tar_that_ends_early_or_turns_to_noise_is_broken(tmp_path, cut):
    whole = tar_bytes({"one.dcm": b"1" * 1024, "two.dcm": b"2" * 1024})
    (tmp_path / "cut.tar").write_bytes(whole[:cut])
    (tmp_path / "noise.tar").write_bytes(whole[: 512 + 1024] + b"\x55" * 4096)
    found = codes([tmp_path], tmp_path / "out")
    assert (found["cut.tar"], found["noise.tar"]) == ("BS-E430", "BS-E430")
    assert (found["cut.tar!/one.dcm"], found["noise.tar!/one.dcm"]) == ("", "")


def test_links_and_devices_in_archives_are_named_and_not_made(tmp_path):
    link, pipe = tarfile.TarInfo("link.dcm"), tarfile.TarInfo("pipe")
    link.type, link.linkname, pipe.type = tarfile.SYMTYPE, "/etc/passwd", tarfile.FIFOTYPE
    (tmp_path / "a.tar").write_bytes(tar_bytes({"x.dcm": b"x"}, link=link, pipe=pipe))
    info = zipfile.ZipInfo("link.dcm")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    found = codes([tmp_path], tmp_path / "out")
    assert found["a.tar!/link.dcm"] == found["a.tar!/pipe"] == found["b.zip!/link.dcm"] == "BS-E432"
    assert found["a.tar!/x.dcm"] == ""


@pytest.mark.parametrize(("n", "code"), [(5, "BS-W430"), (4, "BS-E433")])
def test_the_number_of_members_is_capped(tmp_path, n, code):
    make_zip(tmp_path / "a.zip", {f"{i}.dcm": b"x" for i in range(5)})
    found = codes([tmp_path / "a.zip"], tmp_path / "out", max_members=n)
    assert found["a.zip"] == code
    assert len(found) == 1 + n


def test_bytes_and_ratio_are_capped_on_both_sides_of_the_cap(tmp_path):
    (tmp_path / "a.tar").write_bytes(tar_bytes({"x.dcm": b"x" * 20_000}))
    size = (tmp_path / "a.tar").stat().st_size
    assert codes([tmp_path / "a.tar"], tmp_path / "out", max_bytes=size)["a.tar"] == "BS-W430"
    assert codes([tmp_path / "a.tar"], tmp_path / "out", max_bytes=15_000)["a.tar"] == "BS-E433"
    make_zip(tmp_path / "b.zip", {"x.dcm": b"\0" * 1_000_000})
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        packed = archive.getinfo("x.dcm").compress_size
    at = -(-1_000_000 // packed)
    fine = codes([tmp_path / "b.zip"], tmp_path / "out", free_bytes=0, max_ratio=at)
    bomb = codes([tmp_path / "b.zip"], tmp_path / "out", free_bytes=0, max_ratio=at - 1)
    assert (fine["b.zip!/x.dcm"], bomb["b.zip!/x.dcm"]) == ("", "BS-E433")
    free = codes([tmp_path / "b.zip"], tmp_path / "out", free_bytes=1_000_000, max_ratio=1)
    assert free["b.zip!/x.dcm"] == ""


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz"])
def test_a_packed_tar_that_grows_like_a_bomb_is_stopped(tmp_path, suffix):
    (tmp_path / f"a.tar{suffix}").write_bytes(PACK[suffix](tar_bytes({"x.dcm": b"\0" * 8_000_000})))
    found = codes([tmp_path], tmp_path / "out", free_bytes=1_000_000)
    assert set(found.values()) == {"BS-E433"}


def test_a_tar_header_that_claims_megabytes_is_refused(tmp_path):
    info = tarfile.TarInfo("x.dcm")
    info.pax_headers = {"comment": "y" * 4_000_000}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info)
    (tmp_path / "a.tar").write_bytes(buffer.getvalue())
    assert codes([tmp_path / "a.tar"], tmp_path / "out") == {"a.tar": "BS-E433"}


def test_a_directory_that_claims_gigabytes_is_refused(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"x.dcm": b"x"})
    data = bytearray(path.read_bytes())
    struct.pack_into("<L", data, data.rindex(b"PK\x05\x06") + 12, 2**31)  # APPNOTE 4.3.16
    path.write_bytes(data)
    assert codes([path], tmp_path / "out") == {"a.zip": "BS-E433"}


def test_halves_of_a_capture_find_each_other_in_an_archive(tmp_path):
    make_zip(tmp_path / "a.zip", {"s/x_rf.raw": b"r", "s/x_rf.yml": b"y", "t/x_rf.yml": b"z"})
    out = tmp_path / "out"
    out.mkdir()
    with opened(collect_inputs([tmp_path / "a.zip"], out), out) as files:
        raw = next(f for f in files if f.file.endswith("s/x_rf.raw"))
        assert raw.siblings == {raw.path.with_suffix(".yml").name}
        assert raw.path.with_suffix(".yml").read_bytes() == b"y"
        assert "x_rf" not in raw.path.name
        assert stat.S_IMODE(raw.path.parent.stat().st_mode) == 0o700


def test_companions_in_an_archive_are_known_by_name(tmp_path):
    make_zip(tmp_path / "a.zip", {"README.txt": b"hello", "SHA256SUMS": b"x"})
    assert codes([tmp_path / "a.zip"], tmp_path / "out") == {
        "a.zip": "BS-W430",
        "a.zip!/README.txt": "BS-W280",
        "a.zip!/SHA256SUMS": "BS-W280",
    }


def test_what_a_killed_run_left_behind_is_removed_and_a_live_one_is_left_alone(tmp_path):
    make_zip(tmp_path / "a.zip", {"x.dcm": b"x"})
    out = tmp_path / "out"
    (out / ".spool-dead").mkdir(parents=True)
    (out / ".spool-dead" / "lock").touch()
    (out / ".spool-dead" / "0123.dcm").write_text("x")
    listed = collect_inputs([tmp_path / "a.zip"], out)
    with opened(listed, out) as first, opened(listed, out) as second:
        assert not (out / ".spool-dead").exists()
        assert all(f.path.exists() for f in [*first, *second])
    assert list(out.iterdir()) == []


@pytest.mark.shared
def test_the_public_bad_archives_give_outcomes(tmp_path, shared_dir):
    bad = shared_dir / "data" / "bad-dicom" / "synthetic"
    found = look([bad / "zip_slip.zip", bad / "zip_bomb_512MiB.zip"], tmp_path / "out")
    assert {name: code for name, (code, _) in found.items()} == {
        "zip_bomb_512MiB.zip": "BS-W430",
        "zip_bomb_512MiB.zip!/bomb.dcm": "BS-E433",
        "zip_slip.zip": "BS-W430",
        "zip_slip.zip!/../../evil.dcm": "",
        "zip_slip.zip!//abs/evil.dcm": "",
        "zip_slip.zip!/C:/evil.dcm": "",
    }
    assert not Path("/abs/evil.dcm").exists()


def _dicomdir(path: Path, *references: tuple[str, ...]) -> None:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage, generate_uid

    data_set = Dataset()
    data_set.file_meta = FileMetaDataset()
    data_set.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    data_set.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    data_set.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data_set.FileSetID = "TEST"
    data_set.DirectoryRecordSequence = []
    for reference in references:
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        with warnings.catch_warnings():  # names that the standard does not allow are the point
            warnings.simplefilter("ignore")
            record.add_new((0x0004, 0x1500), "CS", list(reference))
        data_set.DirectoryRecordSequence.append(record)
    data_set.save_as(path, enforce_file_format=True)


def _missing(files) -> str:
    entry = next(f for f in files if f.file.endswith("DICOMDIR"))
    assert entry.verdict.code == "BS-W280"
    return " ".join(p.reason for p in entry.verdict.problems)


def test_a_media_directory_tells_what_is_missing(tmp_path):
    medium = tmp_path / "CD"
    (medium / "DICOM").mkdir(parents=True)
    (medium / "DICOM" / "IM1").write_text("x")
    (medium / "dicom").mkdir(exist_ok=True)
    (medium / "dicom" / "im2").write_text("x")
    (tmp_path / "OUTSIDE").write_text("x")
    (medium / "LINK").symlink_to(tmp_path / "OUTSIDE")
    _dicomdir(
        medium / "DICOMDIR",
        ("DICOM", "IM1"), ("DICOM", "IM2"), ("DICOM", "GONE"), ("..", "OUTSIDE"), ("LINK",),
    )  # fmt: skip
    with opened(collect_inputs([medium], tmp_path / "out"), tmp_path) as files:
        assert _missing(files) == (
            "3 of the 5 files that it names are missing: DICOM/GONE, ../OUTSIDE, LINK."
        )


def test_a_media_directory_in_an_archive_is_checked_within_it(tmp_path):
    _dicomdir(tmp_path / "DICOMDIR", ("DICOM", "IM1"), ("DICOM", "IM2"))
    directory = (tmp_path / "DICOMDIR").read_bytes()
    make_zip(tmp_path / "a.zip", {"CD/DICOMDIR": directory, "CD/DICOM/IM1": b"x"})
    with opened(collect_inputs([tmp_path / "a.zip"], tmp_path / "out"), tmp_path) as files:
        assert _missing(files) == "1 of the 2 files that it names are missing: DICOM/IM2."


def test_a_whole_medium_and_a_damaged_directory(tmp_path):
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "IM1").write_text("x")
        _dicomdir(tmp_path / name / "DICOMDIR", ("IM1",))
    data = (tmp_path / "cut" / "DICOMDIR").read_bytes()
    (tmp_path / "cut" / "DICOMDIR").write_bytes(data[:-7])
    for name, text in (("whole", ""), ("cut", "What it names could not be read")):
        with opened(collect_inputs([tmp_path / name], tmp_path / "out"), tmp_path) as files:
            assert _missing(files).startswith(text)
            assert bool(_missing(files)) == bool(text)


@pytest.mark.shared
def test_the_public_media_directories_are_read(tmp_path, shared_dir):
    for source in sorted((shared_dir / "data/bad-dicom/real").glob("*dicomdirtests_DICOMDIR*")):
        medium = tmp_path / source.name
        medium.mkdir()
        (medium / "DICOMDIR").write_bytes(source.read_bytes())
        with opened(collect_inputs([medium], tmp_path / "out"), tmp_path) as files:
            reason = _missing(files)
        # none of the files they name was copied beside them
        assert "are missing" in reason or "empty" in source.name or "could not be read" in reason


@pytest.mark.parametrize(("cap", "code"), [(1000, ""), (999, "BS-E433")])
def test_a_single_member_is_capped(tmp_path, cap, code):
    make_zip(tmp_path / "a.zip", {"x.dcm": os.urandom(1000), "y.dcm": b"y"})
    (tmp_path / "b.tar").write_bytes(tar_bytes({"x.dcm": b"x" * 1000}))
    found = codes([tmp_path], tmp_path / "out", max_member_bytes=cap)
    assert (found["a.zip!/x.dcm"], found["a.zip!/y.dcm"]) == (code, "")
    assert found["b.tar"] == (code or "BS-W430")


def test_a_large_directory_of_a_large_zip_is_read_from_its_own_record(tmp_path):
    # APPNOTE 4.3.14-15: with zip64 the size stands in a record before the end
    with zipfile.ZipFile(tmp_path / "a.zip", "w", allowZip64=True) as archive:
        for number in range(3):
            archive.writestr(f"{number}.dcm", b"x")
    data = (tmp_path / "a.zip").read_bytes()
    at = data.rindex(b"PK\x05\x06")
    n, size, start = struct.unpack_from("<HLL", data, at + 10)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, n, n, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, n, n, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    (tmp_path / "a.zip").write_bytes(data[:at] + record + locator + end)
    assert codes([tmp_path / "a.zip"], tmp_path / "out")["a.zip"] == "BS-W430"
    claim = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, n, n, 2**40, start)
    (tmp_path / "a.zip").write_bytes(data[:at] + claim + locator + end)
    assert codes([tmp_path / "a.zip"], tmp_path / "out") == {"a.zip": "BS-E433"}


def test_a_directory_of_noise_is_a_broken_archive(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"x.dcm": b"x"})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at : at + 4] = b"\0\0\0\0"
    path.write_bytes(data)
    assert codes([path], tmp_path / "out") == {"a.zip": "BS-E430"}


def test_an_archive_that_may_not_be_read_says_so(tmp_path, monkeypatch):
    make_zip(tmp_path / "a.zip", {"x.dcm": b"x"})
    real = Path.open

    def refuse(path, *words, **more):
        if path.name == "a.zip":
            raise PermissionError(13, "Permission denied")
        return real(path, *words, **more)

    listed = collect_inputs([tmp_path / "a.zip"], tmp_path / "out")
    monkeypatch.setattr(Path, "open", refuse)
    with opened(listed, tmp_path) as files:
        assert [(f.verdict.code, f.verdict.reason) for f in files] == [
            ("BS-E430", "found the archive unreadable (Permission denied).")
        ]


def test_a_full_disk_is_no_fault_of_the_archive(tmp_path, monkeypatch):
    make_zip(tmp_path / "a.zip", {"x.dcm": b"x"})

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bonescan.workflows.open_archives._write", full)
    listed = collect_inputs([tmp_path / "a.zip"], tmp_path / "out")
    with pytest.raises(OSError, match="No space left"), opened(listed, tmp_path):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_a_spool_without_a_lock_goes_only_when_it_is_empty(tmp_path):
    make_zip(tmp_path / "a.zip", {"x.dcm": b"x"})
    (tmp_path / ".spool-young").mkdir()
    (tmp_path / ".spool-other").mkdir()
    (tmp_path / ".spool-other" / "mine.txt").write_text("keep")
    with opened(collect_inputs([tmp_path / "a.zip"], tmp_path / "out"), tmp_path):
        pass
    assert sorted(p.name for p in tmp_path.iterdir()) == [".spool-other", "a.zip"]


def test_a_sparse_member_is_not_blown_up(tmp_path):
    info = tarfile.TarInfo("sparse.dcm")
    info.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[483:495] = b"77777777777\0"  # the real size, GNU tar 1.35 "Old GNU Format"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "a.tar").write_bytes(bytes(header) + b"\0" * 1024)
    assert codes([tmp_path / "a.tar"], tmp_path / "out")["a.tar!/sparse.dcm"] == "BS-E432"
