"""Hostile and broken DICOM bytes: each ends in one coded refusal, quickly, with little memory."""

from __future__ import annotations

import random
import resource
import struct
import time
import zlib

import pytest

from bonescan.errors import SetAside, UnusableScan
from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings

from .dicom_bytes import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    RLE,
    UNDEFINED,
    el,
    implicit,
    item,
    lunar,
    meta,
    seq,
)

ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
ITEM_OPEN = struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED)
ITEM_END = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
SEQ_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
SEQ_OPEN = struct.pack("<HH2sHI", 0x40, 0xA730, b"SQ", 0, UNDEFINED)


def nested(depth: int, undefined: bool) -> bytes:
    if undefined:
        return (SEQ_OPEN + ITEM_OPEN) * depth + (ITEM_END + SEQ_END) * depth
    body = b""
    for _ in range(depth):
        body = seq(0x40, 0xA730, item(body))
    return body


@pytest.mark.parametrize("undefined", [False, True])
def test_32_levels_are_read_and_33_refused(read, undefined):
    assert read(lunar(extra={(0x40, 0xA730): nested(32, undefined)}))
    with pytest.raises(UnusableScan, match=r"BS-E110 .*deeper than 32"):
        read(lunar(extra={(0x40, 0xA730): nested(33, undefined)}))


@pytest.mark.parametrize("undefined", [False, True])
def test_thousands_of_levels_are_refused(read, undefined):
    with pytest.raises(UnusableScan, match="BS-E110"):
        read(lunar(extra={(0x40, 0xA730): nested(5_000, undefined)}))


def test_levels_behind_an_unknown_value_type_count_too(read):
    inner = struct.pack("<HHI", 0x40, 0xA730, UNDEFINED) + ITEM_OPEN
    body = inner * 40 + (ITEM_END + SEQ_END) * 40
    hidden = struct.pack("<HH2sHI", 0x41, 0x1001, b"UN", 0, UNDEFINED) + ITEM_OPEN + body
    with pytest.raises(UnusableScan, match="BS-E110"):
        read(lunar(extra={(0x41, 0x1001): hidden + ITEM_END + SEQ_END}))


def test_10_000_items_are_read_and_one_more_refused(read):
    assert read(lunar(extra={(0x40, 0xA730): SEQ_OPEN + ITEM * 10_000 + SEQ_END}))
    with pytest.raises(UnusableScan, match=r"BS-E112 .*10000 items"):
        read(lunar(extra={(0x40, 0xA730): SEQ_OPEN + ITEM * 10_001 + SEQ_END}))


def test_too_many_elements_are_refused(read):
    many = b"".join(
        struct.pack("<HH2sH", 0x2111 + 2 * (i // 60_000), 0x1000 + i % 60_000, b"CS", 0)
        for i in range(51_000)
    )
    with pytest.raises(UnusableScan, match=r"BS-E112 .*50000 elements"):
        read(lunar(extra={(0x2111, 0x1000): many}))


@pytest.mark.parametrize("n_bytes", [65_537, 900_000])
def test_a_name_of_a_megabyte_is_refused(read, n_bytes):
    extra = {(0x10, 0x10): implicit(0x10, 0x10, b"A" * n_bytes)}
    with pytest.raises(UnusableScan, match=r"BS-E112 .*PatientName"):
        read(lunar(extra=extra, syntax=IMPLICIT))


@pytest.mark.parametrize(
    "tail",
    [
        struct.pack("<HH2sHI", 0x7FE1, 0x11, b"OB", 0, 0xFFFFFFFE),
        struct.pack("<HH2sHI", 0x7FE1, 0x11, b"UT", 0, 0x7FFFFFFF),
        struct.pack("<HH2sH", 0x7FE1, 0x11, b"PN", 0xFFFF) + b"A^B ",
        struct.pack("<HH2sHI", 0x7FE1, 0x11, b"SQ", 0, UNDEFINED) + ITEM_OPEN,
        struct.pack("<HH2sHI", 0x7FE1, 0x11, b"SQ", 0, UNDEFINED) + ITEM,
        struct.pack("<HH2sHI", 0x7FE1, 0x11, b"SQ", 0, UNDEFINED) + b"\x08\0\x10\0" + bytes(4),
        struct.pack("<HH2sHI", 0x7FE1, 0x11, b"LT", 0, UNDEFINED),
        struct.pack("<HH2sH", 0x7FE1, 0x11, b"ZZ", 2) + b"ab",
        b"\xe1\x7f\x11",
        SEQ_END,
    ],
    ids=[
        "4GiB",
        "2GiB",
        "64KiB",
        "item open",
        "no end",
        "no item",
        "text open",
        "VR",
        "cut",
        "end",
    ],
)
def test_lengths_that_do_not_fit_are_refused(read, tail):
    with pytest.raises(UnusableScan, match="BS-E111"):
        read(lunar() + tail)


def test_a_length_of_4_gib_asks_for_no_memory(read):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for syntax in (IMPLICIT, EXPLICIT):
        tag = struct.pack("<HH", 0x7FE1, 0x11)
        tail = tag + (b"" if syntax == IMPLICIT else b"OB\0\0") + struct.pack("<I", 0xFFFFFFFE)
        with pytest.raises(UnusableScan, match=r"BS-E111 .*4294967294 bytes where 0 are left"):
            read(lunar(syntax=syntax) + tail)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024  # KiB


def test_every_cut_of_a_file_is_refused(read):
    data = lunar()
    for end in [*range(133, len(data) - 330, 7), *range(len(data) - 330, len(data))]:
        with pytest.raises(UnusableScan, match=r"BS-E1\d\d "):
            read(data[:end])


def test_zero_bytes_after_the_data_set_are_tolerated(read):
    scan = read(lunar() + bytes(100))
    assert scan.findings == ("100 zero bytes after the data set",)


@pytest.mark.parametrize(
    ("preamble", "flags"),
    [
        (bytes(128), ()),
        (b"II*\0" + bytes(124), ()),
        (b"MM\0*" + bytes(124), ()),
        (b"MZ" + bytes(126), ("preamble_unusual",)),
        (b"#!/bin/sh\n#" + b" " * 116 + b"\n", ("preamble_unusual",)),
    ],
)
def test_a_preamble_that_could_be_a_program_is_flagged(read, preamble, flags):
    assert read(preamble + lunar()[128:]).flags == flags


def test_a_data_set_without_preamble_or_meta_is_read_by_the_one_exception(read):
    body = lunar()[len(meta()) :]
    assert read(body).flags == ("no_file_meta",)
    assert read(lunar()[132:]).flags == ("no_preamble",)
    implicit_body = lunar(syntax=IMPLICIT)[len(meta(IMPLICIT)) :]
    assert read(implicit_body).subject == read(body).subject


@pytest.mark.parametrize("syntax", ["1.2.3.999.1", "", "1.2.840.10008.1.2.3"])
def test_an_unknown_transfer_syntax_is_refused(read, syntax):
    with pytest.raises(UnusableScan, match=r"BS-E114 .*wanted a known one"):
        read(meta(syntax) + lunar()[len(meta()) :])


def test_data_in_another_byte_order_than_declared_are_refused(read):
    with pytest.raises(UnusableScan, match=r"BS-E114 .*another byte order"):
        read(meta(BIG_ENDIAN) + lunar()[len(meta()) :])


def test_data_with_another_vr_than_declared_are_followed_and_flagged(read):
    scan = read(meta(IMPLICIT) + lunar()[len(meta()) :])
    assert scan.flags == ("transfer_syntax_contradicted",)
    assert scan.subject.patient_id == "0012345"


@pytest.mark.parametrize("data", [meta(), bytes(128) + b"DICM", meta()[:140]])
def test_a_file_without_data_set_is_refused(read, data):
    with pytest.raises(UnusableScan, match=r"BS-E11[134]"):
        read(data)


def test_a_deflate_bomb_is_refused_before_it_unpacks(read):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = bytes(1 << 20)
    body = b"".join(packer.compress(zeros) for _ in range(96)) + packer.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UnusableScan, match=r"BS-E115 .*unpack to more than"):
        read(meta(DEFLATED) + body)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 128 * 1024


def test_a_damaged_or_cut_stream_is_refused(read):
    data = lunar(syntax=DEFLATED)
    with pytest.raises(UnusableScan, match=r"BS-E115 .*cut off"):
        read(data[:-20])
    with pytest.raises(UnusableScan, match=r"BS-E11[15] "):
        read(data[: len(meta(DEFLATED))] + b"\xff" + data[len(meta(DEFLATED)) + 1 :])


def test_fragments_without_their_end_are_refused(read):
    frames = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, UNDEFINED) + ITEM
    with pytest.raises(UnusableScan, match="BS-E111"):
        read(lunar({}, {(0x7FE0, 0x10): frames}, syntax=RLE))


def test_a_file_above_the_cap_is_refused(read):
    with pytest.raises(UnusableScan, match=r"BS-E103 .*more than 500 bytes"):
        read(lunar(), max_file_bytes=500)
    assert read(lunar(), max_file_bytes=len(lunar()))


class Watched(bytes):
    """Bytes that count how many of them were looked at."""

    looked_at = 0

    def __getitem__(self, key):
        part = super().__getitem__(key)
        self.looked_at += 1 if isinstance(part, int) else len(part)
        return part


def test_the_walk_hops_over_pixels(tmp_path):
    from bonescan.read.dicom.structure import check_structure

    work = []
    for side in (12, 1200):
        size = (0x28, 0x10), (0x28, 0x11)
        shape = {tag: ("US", struct.pack("<H", side)) for tag in size}
        data = Watched(lunar(shape, pixels=bytes(side * side)))
        check_structure(data, tmp_path / "scan.dcm")
        work.append(data.looked_at)
    assert work[0] == work[1] > 100  # 144 bytes of pixels cost what 1,440,000 do


GOOD = {
    "explicit": lunar(extra={(0x40, 0xA730): nested(3, undefined=True)}),
    "implicit": lunar(syntax=IMPLICIT),
    "deflated": lunar(syntax=DEFLATED),
}


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Change, drop, double or insert a few bytes."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at, n = rng.randrange(len(out)), rng.randint(1, 8)
        match rng.randrange(4):
            case 0:
                out[at : at + n] = rng.randbytes(n)
            case 1:
                del out[at : at + n]
            case 2:
                out[at:at] = out[at : at + n * 8]
            case _:
                out[at : at + n] = rng.choice([b"\xff" * n, b"\0" * n, b"\xfe\xff\x00\xe0"])
    return bytes(out)


@pytest.mark.parametrize("name", GOOD)
def test_mutations_end_in_a_scan_or_a_coded_refusal(name, tmp_path):
    rng = random.Random(20261121)
    path = tmp_path / "scan.dcm"
    for trial in range(250):
        path.write_bytes(mutated(GOOD[name], rng))
        start = time.process_time()
        assert outcome_of(path) != "BS-E139", trial  # every refusal is foreseen
        assert time.process_time() - start < 2.0, trial


def outcome_of(path) -> str:
    """Read a file and its pixels: "scan" or the code of the refusal."""
    try:
        scan = read_scan(path, ReadSettings(), frozenset())
        if getattr(scan, "pixels", None) is not None:
            scan.pixels.pixels()
    except (UnusableScan, SetAside) as verdict:
        return verdict.code
    return "scan"


@pytest.mark.shared
def test_every_odd_file_ends_in_one_outcome(shared_dir):
    files = sorted(p for p in (shared_dir / "data" / "bad-dicom").rglob("*") if p.is_file())
    assert len(files) >= 150
    outcomes = {}
    for path in files:
        start = time.process_time()
        outcomes[path.name] = outcome_of(path)
        assert time.process_time() - start < 2.0, path.name
    assert "BS-E139" not in outcomes.values()
    assert outcomes["good_control.dcm"] == "BS-W281"  # sound, and no densitometry
    want = {
        "length_4g_OB.dcm": "BS-E111", "implicit_length_4g.dcm": "BS-E111",
        "nested_sq_200_defined.dcm": "BS-E110", "nested_sq_300_undefined.dcm": "BS-E110",
        "many_items_100000.dcm": "BS-E112", "name_megabyte.dcm": "BS-E112",
        "deflate_bomb_256MiB.dcm": "BS-E115", "deflate_truncated.dcm": "BS-E115",
        "zip_bomb_512MiB.zip": "BS-E106", "pydicom__zipMR.gz": "BS-E106",
        "unknown_transfer_syntax.dcm": "BS-E114", "uid_path_traversal.dcm": "BS-E117",
        "charset_python_codec.dcm": "BS-E116", "date_before_birth.dcm": "BS-E118",
        "pixeldata_short.dcm": "BS-E120", "pydicom__MR_truncated.dcm": "BS-E111",
        "pydicom__dicomdirtests_DICOMDIR": "BS-W280", "empty.dcm": "BS-E102",
        "text_file.dcm": "BS-E104", "private_creator_clash.dcm": "BS-W281",
    }  # fmt: skip
    assert {name: outcomes[name] for name in want} == want


@pytest.mark.shared
def test_names_of_the_character_set_files_are_those_of_the_library(shared_dir):
    import pydicom

    from bonescan.read.dicom.open_file import reread

    folder = shared_dir / "data" / "bad-dicom" / "real"
    files = sorted(folder.glob("pydicom__chr[AFGHIRX]*.dcm"))
    assert len(files) >= 10
    for path in files:
        _, header = reread(path.read_bytes(), path)
        assert header.text((0x10, 0x10)).rstrip("=") == str(pydicom.dcmread(path).PatientName), (
            path.name
        )


def test_text_of_many_elements_has_one_cap(read):
    def texts(n):
        return b"".join(el(0x2113 + 2 * i, 0x1000, "UT", b"x" * 2**20) for i in range(n))

    assert read(lunar(extra={(0x2113, 0x1000): texts(3)}))
    with pytest.raises(UnusableScan, match=r"BS-E112 .*bytes of text"):
        read(lunar(extra={(0x2113, 0x1000): texts(4)}))


def test_numbers_beyond_the_cap_are_not_converted_and_not_refused(read):
    numbers = b"".join(el(0x2113 + 2 * i, 0x1000, "DS", "1.5\\" * 15_000) for i in range(30))
    scan = read(lunar(extra={(0x2113, 0x1000): numbers}))
    assert "more numbers than are looked at" in scan.findings
    assert scan.header.get((0x2113, 0x1000))[:2] == (1.5, 1.5)
    assert scan.header.get((0x2113 + 58, 0x1000)) is None
