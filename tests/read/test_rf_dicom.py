"""RF samples in DICOM Raw Data: written bytes by the standard, and our writer against pydicom."""

from __future__ import annotations

import struct
from datetime import date

import numpy as np
import pydicom
import pytest

from bonescan.errors import SetAside, UnusableScan
from bonescan.files.rf_dicom import write_rf_dicom
from bonescan.files.rf_exam import RfExamContent, RfSiteContent
from bonescan.model.exam import Subject
from bonescan.model.scan import RfScan
from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings

from .dicom_bytes import el, item, meta, seq

PLAIN = ReadSettings()
RAW_DATA, FLUOROSCOPY = "1.2.840.10008.5.1.4.1.1.66", "1.2.840.10008.5.1.4.1.1.12.2"
WANT = np.arange(24, dtype=np.int16).reshape(2, 3, 4)


def fd(element: int, *values: float) -> bytes:
    return el(0x29, element, "FD", struct.pack(f"<{len(values)}d", *values))


def one_site(**change: bytes) -> bytes:
    """A site as the layout in `bonescan.files.rf_dicom` says, in block 10."""
    parts = {
        "creator": el(0x29, 0x10, "LO", "BONESCAN"),
        "site": el(0x29, 0x1010, "LO", "L1"),
        "shape": el(0x29, 0x1011, "UL", struct.pack("<3I", 2, 3, 4)),
        "fs": fd(0x1012, 40e6),
        "f0": fd(0x1013, 3.5e6),
        "t0": fd(0x1015, 2e-5),
        "gain": el(0x29, 0x1019, "CS", "YES"),
        "samples": el(0x29, 0x1020, "OW", WANT.astype("<i2").tobytes()),
    }
    return item(*(parts | change).values())


def raw_data(
    *sites: bytes,
    modality: str = "BDUS",
    sop: str = RAW_DATA,
    layout: str = "RF 1",
    tail: bytes = b"",
) -> bytes:
    body = el(8, 0x16, "UI", sop) + el(8, 0x18, "UI", "1.2.3.4") + el(8, 0x20, "DA", "20260304")
    body += el(8, 0x60, "CS", modality)
    body += el(0x10, 0x20, "LO", "0007") + el(0x10, 0x40, "CS", "F")
    body += el(0x20, 0x0D, "UI", "1.2.3.5") + el(0x20, 0x0E, "UI", "1.2.3.6")
    body += el(0x29, 0x10, "LO", "BONESCAN") + seq(0x29, 0x1001, *sites)
    body += el(0x29, 0x1002, "LO", layout) + tail
    return meta(sop=sop) + body


@pytest.fixture
def dcm(tmp_path):
    def _write(data: bytes):
        path = tmp_path / "raw.dcm"
        path.write_bytes(data)
        return path

    return _write


def test_bytes_written_by_the_layout_are_read(dcm):
    scan = read_scan(dcm(raw_data(one_site())), PLAIN)
    assert isinstance(scan, RfScan)
    (site,) = scan.sites
    np.testing.assert_array_equal(scan.samples.block("L1"), WANT)
    np.testing.assert_array_equal(list(scan.samples.frames("L1")), WANT)
    assert (site.site, site.fs_hz, site.f0_hz, site.t0_s) == ("L1", 40e6, 3.5e6, 2e-5)
    assert (site.c_m_s, site.gain_known, scan.subject.patient_id) == (None, True, "0007")
    assert scan.exam.exam_date == date(2026, 3, 4)
    assert set(scan.flags) == {"origin_unknown", "sound_speed_unknown"}
    assert scan.source.format_name == "dicom"


def test_a_simulated_object_says_so(dcm):
    tail = el(0x29, 0x1003, "LO", "SIMULATED: nobody was examined")
    assert read_scan(dcm(raw_data(one_site(), tail=tail)), PLAIN).exam.simulated is True


@pytest.mark.parametrize("modality", ["BDUS", "US", "RF", "OT"])
def test_the_modality_has_no_say_in_what_raw_data_are(dcm, modality):
    """SOP class and block decide; by Modality RF this would be radiofluoroscopy."""
    assert isinstance(read_scan(dcm(raw_data(one_site(), modality=modality)), PLAIN), RfScan)


def test_radiofluoroscopy_is_never_taken_for_radiofrequency(dcm):
    """Modality RF of an X-ray object, even behind a block of our name."""
    data = raw_data(one_site(), modality="RF", sop=FLUOROSCOPY)
    data += el(0x7FE0, 0x10, "OW", bytes(8))
    with pytest.raises(SetAside, match=r"BS-W281 .*radiofluoroscopy .Modality RF has nothing"):
        read_scan(dcm(data), PLAIN)


def test_raw_data_of_others_is_set_aside(dcm):
    data = raw_data(one_site()).replace(b"BONESCAN", b"SOMEBODY")
    with pytest.raises(SetAside, match=r"BS-W281 .*Raw Data Storage"):
        read_scan(dcm(data), PLAIN)


def test_a_class_that_is_no_uid_is_set_aside_without_a_warning(dcm):
    """Warnings are errors here: an escaping one would end as BS-E139."""
    with pytest.raises(SetAside, match=r"BS-W281 .*SOP class \.2\.840"):
        read_scan(dcm(raw_data(one_site(), sop=".2.840.10008.5.1.4.1.1.66")), PLAIN)


def _without(name: str) -> bytes:
    return one_site(**{name: b""})


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (raw_data(_without("fs")), "BS-E147", "no sampling rate of L1"),
        (raw_data(), "BS-E159", "0 sites"),
        (raw_data(one_site(), layout="RF 2"), "BS-E159", "layout 'RF 2'"),
        (raw_data(one_site(), one_site()), "BS-E159", "a site twice"),
        (raw_data(_without("samples")), "BS-E159", "no samples"),
        (raw_data(_without("shape")), "BS-E159", "shape None"),
        (raw_data(_without("creator")), "BS-E159", "no samples"),
        (raw_data(one_site(fs=fd(0x1012, 0.0))), "BS-E159", "fs_hz = 0, wanted > 0"),
        (raw_data(one_site(fs=fd(0x1012, float("nan")))), "BS-E159", "fs_hz = nan"),
        (raw_data(one_site(fs=fd(0x1012, 1e6, 2e6))), "BS-E159", "fs_hz = "),
        (raw_data(one_site(site=el(0x29, 0x1010, "LO", "heart"))), "BS-E159", "site 'heart'"),
        (
            raw_data(one_site(shape=el(0x29, 0x1011, "UL", struct.pack("<3I", 2, 3, 5)))),
            "BS-E159", "48 bytes of L1, wanted 60",
        ),
        (
            raw_data(one_site(shape=el(0x29, 0x1011, "UL", struct.pack("<3I", *[2**32 - 1] * 3)))),
            "BS-E159", "48 bytes of L1",
        ),
        (raw_data(one_site(tgc=fd(0x101D, 1.0, 2.0))), "BS-E159", "2 numbers, wanted 4"),
        (raw_data(one_site())[:-40], "BS-E111", "left"),
    ],
)  # fmt: skip
def test_what_raw_data_objects_are_refused_for(dcm, data, code, words):
    with pytest.raises(UnusableScan, match=words) as caught:
        read_scan(dcm(data), PLAIN)
    assert caught.value.code == code


def test_samples_of_a_file_that_changed_are_refused(dcm):
    scan = read_scan(dcm(raw_data(one_site())), PLAIN)
    dcm(raw_data(one_site(samples=el(0x29, 0x1020, "OW", bytes(8)))))
    with pytest.raises(UnusableScan, match=r"BS-E159 .*has changed"):
        scan.samples.block("L1")


# ------------------------------------------------------------------ the writer


def content(**more) -> RfExamContent:
    rng = np.random.default_rng(3)
    sites = tuple(
        RfSiteContent(
            site=name,
            fs_hz=40e6,
            f0_hz=3.5e6,
            t0_s=2e-5,
            gain_known=True,
            calibration_id="P7",
            line_angle_rad=np.linspace(-0.1, 0.1, 5),
            tgc_db=np.linspace(0.0, 12.0, 701),
            rf=rng.integers(-32768, 32768, (3, 5, 701), dtype=np.int16),  # an odd count
        )
        for name in ("L1", "L2")
    )
    person = Subject(patient_id="0012", issuer="A", sex="F", birth_date=date(1956, 1, 2),
                     height_cm=160.5, weight_kg=61.25)  # fmt: skip
    facts = {"acquired_at": "2026-03-04T09:10:11+08:00", "device": "sim", "simulated": True}
    return RfExamContent(subject=person, sites=sites, **(facts | more))


def test_an_exam_comes_back_bit_for_bit(tmp_path):
    path, wrote = tmp_path / "raw.dcm", content()
    write_rf_dicom(path, wrote)
    scan = read_scan(path, PLAIN)
    assert [s.site for s in scan.sites] == ["L1", "L2"]
    for site, want in zip(scan.sites, wrote.sites, strict=True):
        np.testing.assert_array_equal(scan.samples.block(site.site), want.rf)
        np.testing.assert_array_equal(site.tgc_db, want.tgc_db)
        np.testing.assert_array_equal(site.line_angle_rad, want.line_angle_rad)
        assert (site.fs_hz, site.calibration_id, site.gain_known) == (40e6, "P7", True)
    assert (scan.subject.patient_id, scan.subject.issuer, scan.subject.sex) == ("0012", "A", "F")
    assert (scan.subject.height_cm, scan.subject.weight_kg) == (160.5, 61.25)
    assert (scan.exam.simulated, scan.exam.exam_time) == (True, "09:10:11")
    first = path.read_bytes()
    write_rf_dicom(path, wrote)
    assert path.read_bytes() == first
    write_rf_dicom(path, content(exam_id="other"))
    assert path.read_bytes() != first


def test_the_object_is_what_the_standard_asks_of_raw_data(tmp_path):
    path = tmp_path / "raw.dcm"
    write_rf_dicom(path, content())
    found = pydicom.dcmread(path)
    assert found.file_meta.MediaStorageSOPClassUID == RAW_DATA
    assert (found.SOPClassUID, found.Modality) == (RAW_DATA, "BDUS")
    assert found.TimezoneOffsetFromUTC == "+0800"
    block = found.private_block(0x29, "BONESCAN")
    assert block[0x03].value == "SIMULATED: nobody was examined"
    inner = block[0x01].value[1].private_block(0x29, "BONESCAN")
    assert inner[0x10].value == "L2"
    assert list(inner[0x11].value) == [3, 5, 701]
    assert inner[0x12].value == 40e6


def test_an_exam_without_samples_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="no samples of any site"):
        write_rf_dicom(tmp_path / "raw.dcm", RfExamContent(subject=Subject(), sites=()))
    assert not list(tmp_path.iterdir())
