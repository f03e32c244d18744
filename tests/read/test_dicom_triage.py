"""Triage by the first bytes: what pydicom reads, and what the guarded reader would say."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.multival import MultiValue

from bonescan.errors import SetAside, UnusableScan
from bonescan.pipeline import measure
from bonescan.read.dicom import triage as module
from bonescan.read.dicom.open_file import read_guarded
from bonescan.read.dicom.triage import FEW, TRIAGE_TAGS, WANTED, set_aside, triage
from bonescan.read.probe import Probe
from bonescan.settings import ReadSettings, Settings

from .dicom_bytes import (
    BIG_ENDIAN,
    CR_IMAGE,
    DEFLATED,
    IMPLICIT,
    code,
    container,
    el,
    implicit,
    item,
    lunar,
    meta,
    num,
    report,
    seq,
)

READ = ReadSettings()
MODALITY, MANUFACTURER, MODEL = (8, 0x60), (8, 0x70), (8, 0x1090)
# an image of another machine: nothing of densitometry in its header
OTHER = {
    MANUFACTURER: ("LO", "Agfa"),
    MODEL: ("LO", "DX-D 100"),
    (8, 0x1030): ("LO", "Chest"),
    (8, 0x103E): ("LO", "PA"),
    (0x18, 0x1030): ("LO", "Thorax PA"),
    (0x40, 0x254): None,
}


@pytest.fixture(params=["twin", "kernel"])
def how(request, monkeypatch):
    """Let both walk: the plain twin, and the compiled kernel."""
    few, whole = module._Walker(FEW), module._Walker(WANTED)
    if request.param == "kernel":
        few.compile(), whole.compile()
    monkeypatch.setattr(module, "few", few)
    monkeypatch.setattr(module, "whole", whole)
    return request.param


@pytest.fixture
def dcm(tmp_path):
    def write(data: bytes, name: str = "scan.dcm") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def by_pydicom(path: Path) -> dict[tuple[int, int], str]:
    """The texts of the same tags as pydicom gives them, without padding."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data_set = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        found = {}
        for tag in FEW:
            if tag not in data_set or data_set[tag].VR == "SQ":
                continue
            value = data_set[tag].value
            parts = value if isinstance(value, MultiValue) else [value]
            text = "\\".join("" if p is None else str(p).strip(" \0") for p in parts).strip()
            if text:
                found[tag] = text
    return found


def guarded(path: Path) -> tuple[str, str]:
    """Code and sentence of the guarded reader, which looks at the whole file."""
    try:
        read_guarded(path, READ)
    except (UnusableScan, SetAside) as verdict:
        return verdict.code, str(verdict)
    return "scan", ""


def dicom_files(*folders: Path) -> list[Path]:
    found = []
    for path in sorted(p for folder in folders for p in folder.rglob("*") if p.is_file()):
        try:
            if Probe.of(path, frozenset()).is_dicom:
                found.append(path)
        except UnusableScan:
            continue
    return found


# ------------------------------------------------------------------ against the library


def test_the_14_tags():
    assert len(TRIAGE_TAGS) == len(set(TRIAGE_TAGS)) == 14
    assert set(TRIAGE_TAGS) <= set(FEW) <= set(WANTED)


@pytest.mark.shared
def test_values_are_those_of_the_library_on_every_file(shared_dir, sample_scans, how):
    n_fast = 0
    files = dicom_files(shared_dir / "data", sample_scans)
    assert len(files) >= 150
    for path in files:
        try:
            found = triage(path)
        except UnusableScan:
            continue
        try:
            want = by_pydicom(path)
        except LookupError:  # it looks a codec up that the file names
            assert path.name == "charset_python_codec.dcm"
            continue
        values = found.values
        if (0x10, 0x10) in values:  # the library drops empty groups at the end of a name
            values[0x10, 0x10] = values[0x10, 0x10].rstrip("=")
        assert values == want, path.name
        n_fast += module.few.texts(path.read_bytes()[:4096], path.stat().st_size)[0] == 0
    assert n_fast > 90


@pytest.mark.shared
def test_what_is_set_aside_is_what_the_guarded_reader_sets_aside(shared_dir, sample_scans, how):
    settled = others = 0
    for path in dicom_files(shared_dir / "data", sample_scans):
        want, verdict = guarded(path), set_aside(path, READ)
        if verdict is not None:
            assert (verdict.code, str(verdict)) == want, path.name
        settled += verdict is not None
        others += want[0] == "BS-W281"
    assert settled > 0.7 * others > 50


TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="\\^="),
               max_size=12)  # fmt: skip
MAKERS = st.sampled_from(["GE Healthcare", "HOLOGIC", "Agfa", "ECHOLIGHT", "", "Lunar"]) | TEXT


@st.composite
def files(draw):
    """Headers of any writing, with sequences that repeat the wanted tags inside."""
    syntax = draw(st.sampled_from(["1.2.840.10008.1.2.1", IMPLICIT, "1.2.840.10008.1.2.4.90"]))
    changes = {
        MODALITY: ("CS", draw(st.sampled_from(["CR", "CT", "BMD", "BDUS", "OT", ""]))),
        MANUFACTURER: ("LO", draw(MAKERS)),
        MODEL: ("LO", draw(TEXT)),
        (8, 0x1030): ("LO", draw(TEXT)),
        (8, 0x103E): ("LO", draw(TEXT)),
        (0x10, 0x10): ("PN", draw(TEXT)),
        (0x10, 0x20): ("LO", draw(TEXT)),
        (0x18, 0x1030): ("LO", draw(TEXT)),
        (0x28, 0x10): ("US", struct.pack("<H", draw(st.integers(0, 65535)))),
    }
    for tag in draw(st.sets(st.sampled_from(sorted(changes)), max_size=3)):
        changes[tag] = None
    extra = {}
    if syntax != IMPLICIT and draw(st.booleans()):
        is_open = draw(st.booleans())
        inner = el(0x10, 0x20, "LO", "WRONG") + el(8, 0x60, "CS", "XX")
        extra[0x08, 0x1140] = seq(8, 0x1140, item(inner, undefined=is_open), undefined=is_open)
        extra[0x09, 0x10] = el(0x09, 0x10, "LO", draw(st.sampled_from(["ACME", "HOLOGIC"])))
        extra[0x2112, 0x10] = el(0x2112, 0x10, "UT", "x" * draw(st.integers(0, 9000)))
    return lunar(changes, extra, syntax=syntax, pixels=bytes(draw(st.sampled_from([2, 6000]))))


@given(data=files())
@settings(
    max_examples=120, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
def test_made_headers_give_what_the_library_gives(dcm, how, data):
    path = dcm(data)
    want = by_pydicom(path)
    assert triage(path).values == want
    verdict = set_aside(path, READ)
    if verdict is not None:
        assert (verdict.code, str(verdict)) == guarded(path)


# ------------------------------------------------------------------ verdicts


@pytest.mark.parametrize("modality", ["CR", "OT", "DX", "BMD", ""])
def test_a_densitometer_is_known_under_any_modality(dcm, how, modality):
    found = triage(dcm(lunar({MODALITY: ("CS", modality)})))
    assert found.is_densitometry
    assert found.values[0x18, 0x1030] == "AP Spine"
    assert found.values.get(MODALITY, "") == modality


@pytest.mark.parametrize("modality", ["BMD", "BDUS", "CR", "DX"])
def test_no_modality_alone_makes_densitometry(dcm, how, modality):
    path = dcm(lunar({**OTHER, MODALITY: ("CS", modality)}))
    found = triage(path)
    assert not found.is_densitometry
    assert found.reason
    verdict = set_aside(path, READ)
    assert (verdict.outcome, verdict.code) == ("not-densitometry", "BS-W281")
    assert str(verdict) == guarded(path)[1]


def test_densitometry_is_never_set_aside(dcm, how):
    assert set_aside(dcm(lunar()), READ) is None


@pytest.mark.parametrize("syntax", [IMPLICIT, DEFLATED, "1.2.840.10008.1.2.1"])
@pytest.mark.parametrize("changes", [{}, OTHER], ids=["lunar", "other"])
def test_every_writing_gives_the_same_values(dcm, how, syntax, changes):
    path = dcm(lunar(changes, syntax=syntax))
    assert triage(path) == triage(dcm(lunar(changes), "plain.dcm"))
    assert triage(path).values == by_pydicom(path)


def test_big_endian_and_bare_data_sets_go_through_the_guard(dcm, how):
    body = b"".join(
        struct.pack(">HH2sH", g, e, vr, len(value)) + value
        for g, e, vr, value in [(8, 0x16, b"UI", CR_IMAGE.encode() + b"\0"),
                                (8, 0x70, b"LO", b"Hologic "), (8, 0x1090, b"LO", b"QDR 4500")]
    )  # fmt: skip
    found = triage(dcm(meta(BIG_ENDIAN) + body))
    assert (found.is_densitometry, found.values[MODEL]) == (True, "QDR 4500")
    bare = triage(dcm(lunar()[len(meta()) :]))
    assert bare == triage(dcm(lunar()))


@pytest.mark.parametrize("n_bytes", [3_000, 20_000, 40_000, 70_000])
@pytest.mark.parametrize("changes", [{}, OTHER], ids=["lunar", "other"])
def test_a_header_beyond_the_window_is_read_whole(dcm, how, n_bytes, changes):
    long = {(0x10, 0x4000): el(0x10, 0x4000, "UT", "x" * n_bytes)}
    path = dcm(lunar(changes, long))
    assert triage(path).values == by_pydicom(path)
    assert triage(path).is_densitometry == (not changes)
    verdict = set_aside(path, READ)
    assert (verdict is None) == (not changes or n_bytes == 70_000)


@pytest.mark.parametrize(
    ("creator", "group", "element"), [("Hologic", 0x23, 0x1000), ("GEMS_LUNAR_RAW", 0x7003, 0x1001)]
)
def test_a_block_of_results_makes_densitometry_of_any_image(dcm, how, creator, group, element):
    block = {
        (group, 0x10): el(group, 0x10, "LO", creator),
        (group, element): el(group, element, "LO", "1.0"),
    }
    path = dcm(lunar(OTHER, block))
    assert triage(path).is_densitometry
    assert set_aside(path, READ) is None
    empty = {(group, 0x10): el(group, 0x10, "LO", creator)}  # the name proves nothing
    assert not triage(dcm(lunar(OTHER, empty))).is_densitometry


def test_more_creators_than_are_listed_are_looked_at_by_the_guard(dcm, how):
    block = {(9, 0x10 + i): el(9, 0x10 + i, "LO", f"ACME {i}") for i in range(20)}
    block |= {(0x23, 0x10): el(0x23, 0x10, "LO", "HOLOGIC"),
              (0x23, 0x1000): el(0x23, 0x1000, "LO", "1.0")}  # fmt: skip
    assert triage(dcm(lunar(OTHER, block))).is_densitometry
    assert set_aside(dcm(lunar(OTHER, block)), READ) is None


def test_a_report_that_speaks_of_bone_density_is_densitometry(dcm, how):
    bone = num(("46383-6", "LN", "Bone mineral density"), "0.9", "g/cm2")
    title = ("111", "99X", "Report")
    other = {MANUFACTURER: ("LO", "ACME"), MODEL: ("LO", "Reporter"), (8, 0x1030): ("LO", "x"),
             (8, 0x103E): ("LO", "y"), (0x18, 0x1030): None, (0x40, 0x254): None}  # fmt: skip
    path = dcm(report(title, container(("a", "99X", "b"), bone), changes=other))
    assert triage(path).is_densitometry
    assert set_aside(path, READ) is None
    silent = report(title, container(("a", "99X", "b")), changes=other)
    assert not triage(dcm(silent)).is_densitometry


def test_heel_ultrasound_is_set_aside_whatever_it_reports(dcm, how):
    heel = {**OTHER, MODALITY: ("CS", "BDUS"), MANUFACTURER: ("LO", "BeamMed")}
    assert triage(dcm(lunar(heel))).reason == "ultrasound bone densitometry other than REMS"


# ------------------------------------------------------------------ what is left to the guard


BAD = {
    "uid": {(8, 0x18): ("UI", "1.2/../x")},
    "no study": {(0x20, 0x0D): None},
    "no class": {(8, 0x16): None},
    "before birth": {(0x10, 0x30): ("DA", "20200101")},
    "rows": {(0x28, 0x10): ("US", b"\0\0")},
    "rows as text": {(0x28, 0x10): ("LO", "20")},
    "too few pixels": {(0x28, 0x10): ("US", b"\xff\xff")},
    "frames": {(0x28, 0x08): ("IS", "x")},
    "character set": {(8, 5): ("CS", "zlib_codec"), (0x10, 0x10): ("PN", b"\xb3\xaf ")},
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_unusable_stays_unusable(dcm, how, name):
    path = dcm(lunar({**OTHER, **BAD[name]}))
    verdict = set_aside(path, READ)
    want = guarded(path)
    assert verdict is None or str(verdict) == want[1]
    assert want[0].startswith("BS-E1") or name == "no class"


def test_files_cut_anywhere_are_judged_as_by_the_guarded_reader(dcm, how):
    whole = lunar(OTHER, {(0x40, 0x30E): seq(0x40, 0x30E, item(el(0x18, 0x60, "DS", "76")))})
    for end in range(0, len(whole), 5):
        path = dcm(whole[:end])
        verdict = set_aside(path, READ)
        assert verdict is None or str(verdict) == guarded(path)[1], end


@pytest.mark.parametrize(
    "extra",
    [{(0x08, 0x1140): seq(8, 0x1140, item(el(8, 5, "CS", "zlib_codec")))},
     {(0x40, 0xA043): code(0x40, 0xA043, "1", "99X", "BMD")},
     {(0x7FE0, 0x10): el(0x7FE0, 0x10, "OB", bytes(8))}],
    ids=["a nested character set", "a concept", "few pixels"],
)  # fmt: skip
def test_what_might_change_the_verdict_is_left_to_the_guard(dcm, how, extra):
    assert set_aside(dcm(lunar(OTHER, extra)), READ) is None


def test_a_file_above_the_cap_is_left_to_the_guard(dcm, how):
    path = dcm(lunar(OTHER))
    n = path.stat().st_size
    assert set_aside(path, ReadSettings(max_file_bytes=n - 1)) is None
    assert set_aside(path, ReadSettings(max_file_bytes=n)) is not None


def test_compressed_images_of_others_are_set_aside_with_their_fragments(dcm, how):
    frames = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF)
    frames += item(b"") + item(bytes(60_000)) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    path = dcm(lunar(OTHER, {(0x7FE0, 0x10): frames}, syntax="1.2.840.10008.1.2.4.90"))
    assert str(set_aside(path, READ)) == guarded(path)[1]
    cut = dcm(path.read_bytes()[:-8])
    assert set_aside(cut, READ) is None
    assert guarded(cut)[0] == "BS-E111"


# ------------------------------------------------------------------ names


@pytest.mark.parametrize("name", ["陳怡君", "許功蓋", "張麗華"])
@pytest.mark.parametrize(
    ("declared", "codec"),
    [("ISO_IR 192", "utf-8"), ("GB18030", "gb18030"), ("", "cp950"), ("ISO_IR 100", "cp950")],
)
@pytest.mark.parametrize("syntax", [IMPLICIT, "1.2.840.10008.1.2.1"])
def test_chinese_names_in_the_first_bytes(dcm, how, name, declared, codec, syntax):
    changes = {(8, 5): ("CS", declared), (0x10, 0x10): ("PN", name.encode(codec))}
    path = dcm(lunar(changes, syntax=syntax))
    assert triage(path).values[0x10, 0x10] == name
    assert triage(path).is_densitometry


# ------------------------------------------------------------------ the kernel


def test_many_files_are_walked_by_the_kernel(dcm, monkeypatch):
    monkeypatch.setattr(module, "FILES_WORTH_THE_KERNEL", 3)
    few, whole = module._Walker(FEW), module._Walker(WANTED)
    monkeypatch.setattr(module, "few", few)
    monkeypatch.setattr(module, "whole", whole)
    path, other = dcm(lunar()), dcm(lunar(OTHER), "other.dcm")
    found = [triage(path) for _ in range(6)]
    assert len(set(found)) == 1
    assert few.texts.__name__ == "texts"  # no longer the twin's
    verdicts = [str(set_aside(other, READ)) for _ in range(6)]
    assert len(set(verdicts)) == 1
    assert whole.walk.__name__ == "walk"


def test_one_outcome_each_in_a_mixed_folder(dcm):
    kinds = [measure(dcm(data), Settings()).kind for data in (
        lunar(), lunar(OTHER), lunar({**OTHER, (8, 0x18): ("UI", "x")}), meta(),
        lunar({**OTHER, MODALITY: ("CS", "BMD")}), lunar(OTHER, syntax=DEFLATED))]  # fmt: skip
    assert kinds == ["no-numbers", "not-densitometry", "unusable", "unusable",
                     "not-densitometry", "not-densitometry"]  # fmt: skip


def test_implicit_tags_within_items_are_not_taken_for_the_objects_own(dcm, how):
    inner = implicit(0x10, 0x20, "WRONG")
    extra = {(8, 0x1140): struct.pack("<HHI", 8, 0x1140, 8 + len(inner)) + item(inner)}
    assert triage(dcm(lunar(extra=extra, syntax=IMPLICIT))).values[0x10, 0x20] == "0012345"
