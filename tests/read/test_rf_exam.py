"""The RF exam container: what is read of it, and what a hostile one meets."""

from __future__ import annotations

import pickle
import random
import shutil
from datetime import date

import h5py
import numpy as np
import pytest

from bonescan.errors import SetAside, UnusableScan
from bonescan.files.rf_exam import RfExamContent, RfSiteContent, open_rf_exam, write_rf_exam
from bonescan.model.exam import Subject
from bonescan.model.scan import SpectraTable
from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings

from .samples import rf_exam

SITE = "sites/femoral-neck-left"


@pytest.fixture
def exam(tmp_path):
    path = tmp_path / "exam.h5"
    rf_exam(path)
    return path


def spectra_table(n: int = 3, bins: int = 5) -> SpectraTable:
    rng = np.random.default_rng(7)
    return SpectraTable(
        power=rng.random((n, bins)),
        frequency_hz=1.5e6 + 1e5 * np.arange(bins),
        gate_start_m=np.full(n, 1e-3),
        gate_length_m=np.full(n, 6.4e-3),
        depth_m=np.full(n, 0.05),
        line=np.arange(n),
        frame=np.zeros(n, dtype=int),
        n_averaged=np.full(n, 8),
        window="hann",
        unit="1",
    )


def content(**changes) -> RfExamContent:
    rng = np.random.default_rng(1)
    site = RfSiteContent(
        site="L1",
        fs_hz=40e6,
        rf=rng.integers(-3000, 3000, (3, 8, 128)).astype(np.int16),
        spectra=spectra_table(),
        f0_hz=3.5e6,
        c_m_s=1540.0,
        t0_s=1e-5,
        gain_db=30.0,
        gain_known=True,
        calibration_id="plate-1",
        line_angle_rad=np.linspace(-0.5, 0.5, 8),
        tgc_db=np.linspace(0.0, 20.0, 128),
    )
    subject = Subject(patient_id="0012", issuer="H", sex="F", birth_date=date(1960, 1, 2))
    values = {"subject": subject, "sites": (site,), "acquired_at": "2026-01-02T10:11:12+08:00"}
    return RfExamContent(**{**values, "simulated": True, "truth": {"bmd": 0.9, **{}}, **changes})


def test_a_file_by_another_writer_is_read(exam):
    # written by h5py alone, from the description of the container
    scan = open_rf_exam(exam)
    (site,) = scan.sites
    assert (site.site, site.fs_hz, site.c_m_s, site.t0_s) == ("femoral-neck-left", 40e6, 1540, 2e-5)
    assert (site.n_frames, site.n_lines, site.n_samples) == (2, 4, 64)
    assert scan.subject.patient_id == "0007"
    assert (scan.exam.exam_date, scan.exam.exam_time) == (date(2026, 3, 4), "09:10:11")
    assert scan.exam.simulated is True
    want = np.arange(512).reshape(2, 4, 64)
    np.testing.assert_array_equal(scan.samples.block("femoral-neck-left"), want)
    np.testing.assert_array_equal(list(scan.samples.frames("femoral-neck-left")), want)
    assert scan.flags == ()


def test_what_is_absent_is_unknown_and_flagged(tmp_path):
    path = tmp_path / "bare.h5"
    with h5py.File(path, "w") as file:
        file.attrs.update({"format": "bonescan-rf", "version": 1})
        site = file.create_group("sites/L1")
        site.attrs["fs_hz"] = 40e6
        site["rf"] = np.zeros((1, 2, 64), dtype=np.int16) + np.arange(64, dtype=np.int16)
    scan = open_rf_exam(path)
    assert scan.subject == Subject()
    assert scan.exam.simulated is None
    assert set(scan.flags) == {
        "origin_unknown", "sound_speed_unknown", "time_zero_unknown", "gain_unknown",
    }  # fmt: skip


@pytest.mark.parametrize("compress", [True, False])
def test_what_is_written_is_read_back(tmp_path, compress):
    path = tmp_path / "exam.h5"
    write_rf_exam(path, content(), compress)
    scan = open_rf_exam(path)
    (site,) = scan.sites
    want = content().sites[0]
    np.testing.assert_array_equal(scan.samples.block("L1"), want.rf)
    np.testing.assert_array_equal(site.spectra.power, want.spectra.power)
    np.testing.assert_array_equal(site.tgc_db, want.tgc_db)
    assert scan.subject == content().subject
    assert (site.f0_hz, site.gain_known, site.calibration_id) == (3.5e6, True, "plate-1")
    assert scan.samples == pickle.loads(pickle.dumps(scan.samples))  # crosses to a worker


def test_the_bytes_carry_no_time(tmp_path, monkeypatch):
    first, second = tmp_path / "a.h5", tmp_path / "b.h5"
    write_rf_exam(first, content())
    monkeypatch.setattr("time.time", lambda: 4e9)
    write_rf_exam(second, content())
    assert first.read_bytes() == second.read_bytes()


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    path = tmp_path / "exam.h5"
    wrong = RfSiteContent(site="L1", fs_hz=40e6, rf=np.zeros((1, 1, 8), dtype=np.int16), f0_hz={})
    with pytest.raises(TypeError):
        write_rf_exam(path, content(sites=(wrong,)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("sites", "words"),
    [
        ((), "at least one site"),
        ((RfSiteContent(site="L1", fs_hz=1e6),), "needs rf or spectra"),
        ((RfSiteContent(site="nose", fs_hz=1e6, spectra=spectra_table()),), "not a site name"),
        ((RfSiteContent(site="L1", fs_hz=1e6, rf=np.zeros((2, 2))),), "must be int16"),
        ((RfSiteContent(site="L1", fs_hz=1e6, spectra=spectra_table()),) * 2, "stands twice"),
    ],
)
def test_content_that_is_no_exam_is_not_written(tmp_path, sites, words):
    with pytest.raises(ValueError, match=words):
        write_rf_exam(tmp_path / "exam.h5", content(sites=sites))


def test_the_truth_of_a_simulated_file_is_never_read(tmp_path, monkeypatch):
    path, other = tmp_path / "a.h5", tmp_path / "b.h5"
    write_rf_exam(path, content(truth={"bmd_g_cm2": 1.234}))
    write_rf_exam(other, content(truth={"bmd_g_cm2": 0.5, "sex": "M"}))
    seen = []
    get = h5py.Group.__getitem__

    def spy(self, name):
        seen.append(str(name))
        return get(self, name)

    monkeypatch.setattr(h5py.Group, "__getitem__", spy)
    one, two = open_rf_exam(path), open_rf_exam(other)
    assert (one.subject, one.exam, one.flags) == (two.subject, two.exam, two.flags)
    assert seen
    assert not [name for name in seen if "truth" in name]


def change(path, edit):
    with h5py.File(path, "r+") as file:
        edit(file)


def replace(file, name, **options):
    del file[name]
    return file.create_dataset(name, **options)


RF = np.ones((2, 4, 64), dtype=np.int16)


@pytest.mark.parametrize(
    ("edit", "code", "words"),
    [
        (lambda f: f.attrs.__delitem__("version"), "BS-E142", "version none"),
        (lambda f: f.attrs.__setitem__("version", 2), "BS-E142", "version 2"),
        (lambda f: f.attrs.__setitem__("version", "1"), "BS-E145", "text in 'version'"),
        (lambda f: f.attrs.__setitem__("simulated", 3), "BS-E145", "simulated = 3"),
        (lambda f: f.attrs.__setitem__("device", 5), "BS-E145", "number in 'device'"),
        (lambda f: f.attrs.__setitem__("device", ["a", "b"]), "BS-E145", "as an array"),
        (lambda f: f.attrs.__setitem__("device", "x" * 70_000), "BS-E145", "70000 letters"),
        (lambda f: f["subject"].attrs.__setitem__("patient_id", 7), "BS-E145", "leading zeros"),
        (lambda f: f["subject"].attrs.__setitem__("height_cm", -1.0), "BS-E145", "height_cm = -1"),
        (lambda f: f.__delitem__("sites"), "BS-E141", "no site"),
        (lambda f: f.create_group("sites/nose"), "BS-E145", "unknown site 'nose'"),
        (lambda f: f[SITE].attrs.__delitem__("fs_hz"), "BS-E141", "no fs_hz"),
        (lambda f: f[SITE].attrs.__setitem__("fs_hz", 0.0), "BS-E145", "fs_hz = 0"),
        (lambda f: f[SITE].attrs.__setitem__("fs_hz", np.nan), "BS-E145", "fs_hz = nan"),
        (lambda f: f.__delitem__(SITE + "/rf"), "BS-E141", "neither rf nor spectra"),
        (lambda f: replace(f, SITE + "/rf", data=RF.astype("f4")), "BS-E145", "as float32"),
        (lambda f: replace(f, SITE + "/rf", data=RF[0]), "BS-E145", "shape"),
        (lambda f: replace(f, SITE + "/rf", data=RF[:0]), "BS-E145", "shape"),
        (lambda f: replace(f, SITE + "/rf", shape=(2, 4, 64), dtype="i2"), "BS-E144", "0 stored"),
        (
            lambda f: replace(f, SITE + "/rf", shape=(10**5, 10**4, 64), dtype="i2", chunks=True),
            "BS-E144",
            "wanted ≤",
        ),
        (lambda f: replace(f, SITE + "/rf", data=RF, compression="lzf"), "BS-E143", "filter"),
        (lambda f: replace(f, SITE + "/rf", data=RF, fletcher32=True), "BS-E143", "filter"),
        (
            lambda f: replace(
                f, SITE + "/rf", shape=(2, 4, 64), dtype="i2", external=[("/etc/passwd", 0, 1024)]
            ),
            "BS-E143",
            "another file",
        ),
        (
            lambda f: replace(
                f, SITE + "/rf", data=np.zeros((40, 128, 2048), "i2"), compression="gzip",
                chunks=(40, 128, 2048),
            ),
            "BS-E144",
            "stored bytes",
        ),
        (lambda f: f.create_dataset(SITE + "/tgc_db", data=np.zeros(9)), "BS-E145", "wanted .64,"),
        (
            lambda f: f.create_dataset(SITE + "/line_angle_rad", data=np.full(4, np.nan)),
            "BS-E145",
            "no numbers",
        ),
        (lambda f: f.create_group(SITE + "/spectra"), "BS-E141", "without power"),
        (lambda f: f.create_dataset(SITE + "/spectra", data=RF), "BS-E145", "wanted a group"),
        (lambda f: f["subject"].attrs.__setitem__("birth_date", "2026-03-05"), "BS-E118", "before"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_reason(exam, edit, code, words):
    change(exam, edit)
    with pytest.raises(UnusableScan, match=words) as caught:
        open_rf_exam(exam)
    assert caught.value.code == code
    assert exam.name in str(caught.value)


def test_an_exam_on_the_day_of_birth_is_read(exam):
    change(exam, lambda f: f["subject"].attrs.__setitem__("birth_date", "2026-03-04"))
    assert open_rf_exam(exam).subject.birth_date == date(2026, 3, 4)


@pytest.mark.parametrize("kind", ["soft", "external", "group"])
def test_links_are_refused(exam, kind):
    other = exam.with_name("other.h5")
    shutil.copy(exam, other)
    link = {
        "soft": h5py.SoftLink("/" + SITE + "/rf"),
        "external": h5py.ExternalLink(other.name, SITE + "/rf"),
        "group": h5py.ExternalLink(other.name, SITE),
    }[kind]

    def edit(file):
        if kind == "group":
            del file[SITE]
            file[SITE] = link
        else:
            file[SITE].move("rf", "hidden")
            file[SITE + "/rf"] = link

    change(exam, edit)
    with pytest.raises(UnusableScan, match=r"BS-E143 .*Link, wanted data"):
        open_rf_exam(exam)


def test_virtual_data_are_refused(exam):
    other = exam.with_name("other.h5")
    shutil.copy(exam, other)
    layout = h5py.VirtualLayout((2, 4, 64), dtype="i2")
    layout[:] = h5py.VirtualSource(other.name, SITE + "/rf", (2, 4, 64))

    def edit(file):
        del file[SITE + "/rf"]
        file.create_virtual_dataset(SITE + "/rf", layout)

    change(exam, edit)
    with pytest.raises(UnusableScan, match=r"BS-E14[34] "):
        open_rf_exam(exam)


@pytest.mark.parametrize(
    ("name", "value", "flag"),
    [
        ("birth_date", "0560101", "birth_date_unreadable"),
        ("sex", "woman", "sex_not_f_or_m"),
    ],
)
def test_doubtful_facts_are_unknown_and_flagged(exam, name, value, flag):
    change(exam, lambda f: f["subject"].attrs.__setitem__(name, value))
    scan = open_rf_exam(exam)
    assert flag in scan.flags
    assert getattr(scan.subject, name) is None


def test_samples_that_went_bad_since_are_refused(tmp_path):
    path = tmp_path / "exam.h5"
    write_rf_exam(path, content())
    scan = open_rf_exam(path)
    data = bytearray(path.read_bytes())
    with h5py.File(path) as file:
        start = file["sites/L1/rf"].id.get_chunk_info(0).byte_offset
    data[start : start + 200] = bytes(200)
    path.write_bytes(data)
    with pytest.raises(UnusableScan, match="BS-E140"):
        scan.samples.block("L1")


def test_a_file_replaced_by_another_is_refused_when_samples_are_asked_for(exam):
    scan = open_rf_exam(exam)
    exam.write_bytes(b"something else")
    with pytest.raises(UnusableScan, match="BS-E140"):
        scan.samples.block("femoral-neck-left")
    with pytest.raises(UnusableScan, match="BS-E14"):
        list(scan.samples.frames("femoral-neck-left"))


def test_a_heap_without_an_end_is_refused_and_not_walked_for_ever(exam):
    # HDF5 file format specification III.E: a global heap collection is a list of objects, each a
    # header of 16 bytes and its data; object 0 is the free space and its size includes the header
    data = bytearray(exam.read_bytes())
    at = data.index(b"GCOL\x01\0\0\0") + 16
    while int.from_bytes(data[at : at + 2], "little"):
        at += 16 + -(-int.from_bytes(data[at + 8 : at + 16], "little") // 8) * 8
    data[at + 8 : at + 16] = bytes(8)
    exam.write_bytes(data)
    with pytest.raises(UnusableScan, match=r"BS-E140 .*heap without an end"):
        open_rf_exam(exam)


def test_a_text_that_claims_gigabytes_is_refused(exam):
    # an attribute of variable length stores: length (4 bytes), heap address (8), index (4)
    data = bytearray(exam.read_bytes())
    heap = data.index(b"GCOL\x01\0\0\0").to_bytes(8, "little")
    at = data.index((11).to_bytes(4, "little") + heap)  # "bonescan-rf"
    data[at : at + 4] = (3 * 2**30).to_bytes(4, "little")
    exam.write_bytes(data)
    with pytest.raises(UnusableScan, match=r"BS-E1(07|4\d) "):
        read_scan(exam, ReadSettings(), frozenset())


def test_mutations_end_in_a_scan_or_a_coded_refusal(exam):
    good = exam.read_bytes()
    rng = random.Random(7)
    for trial in range(150):
        data = bytearray(good)
        for _ in range(rng.randint(1, 5)):
            at = rng.randrange(len(data))
            data[at : at + 4] = rng.randbytes(4)
        exam.write_bytes(data)
        assert outcome_of(exam) != "BS-E139", trial


def outcome_of(path) -> str:
    try:
        scan = read_scan(path, ReadSettings(), frozenset())
        for site in scan.sites:
            scan.samples.block(site.site)
    except (UnusableScan, SetAside) as verdict:
        return verdict.code
    return "scan"


# bytes that are no UTF-8 in texts of both kinds that HDF5 knows; U+FFFD stands for each of them
@pytest.mark.parametrize(
    "kind", [h5py.string_dtype(), h5py.string_dtype("utf-8", 3), h5py.string_dtype("ascii", 3)]
)
@pytest.mark.parametrize(
    ("place", "name", "read"),
    [
        ("/", "operator", lambda scan: scan.exam.operator),
        ("/", "device", lambda scan: scan.device.model),
        ("subject", "ethnicity", lambda scan: scan.subject.ethnicity),
        (SITE, "calibration_id", lambda scan: scan.sites[0].calibration_id),
    ],
)
def test_text_that_is_no_utf8_is_cleaned_and_flagged(exam, kind, place, name, read) -> None:
    assert "charset_undecodable" not in open_rf_exam(exam).flags
    with h5py.File(exam, "r+") as file:
        file[place].attrs.pop(name, None)
        file[place].attrs.create(name, b"J\xff\xfe", dtype=kind)
    scan = open_rf_exam(exam)
    assert read(scan) == "J\ufffd\ufffd"
    assert "charset_undecodable" in scan.flags


@pytest.mark.parametrize("name", ["patient_id", "issuer"])
def test_a_chart_number_that_is_no_utf8_names_nobody(exam, name) -> None:
    # numbers that differ only in bytes that can't be read would be one person's
    with h5py.File(exam, "r+") as file:
        file["subject"].attrs.pop(name, None)
        file["subject"].attrs.create(name, b"\xff7", dtype=h5py.string_dtype())
    scan = open_rf_exam(exam)
    assert scan.subject.patient_id is None
    assert scan.subject.issuer is None
    assert "charset_undecodable" in scan.flags


@pytest.mark.parametrize("also", [False, True], ids=["alone", "beside a sound site"])
def test_a_site_whose_name_is_no_utf8_is_refused_in_storable_words(exam, also) -> None:
    with h5py.File(exam, "r+") as file:
        group = h5py.h5g.create(file["sites"].id, b"L\xff")
        h5py.Group(group).attrs["fs_hz"] = 40e6
        if not also:
            del file[SITE]
    with pytest.raises(UnusableScan, match="unknown site") as caught:
        open_rf_exam(exam)
    assert caught.value.code == "BS-E145"
    caught.value.reason.encode("utf-8")
