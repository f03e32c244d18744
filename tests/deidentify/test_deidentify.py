"""Nothing that names a person comes through, and every number does."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pydicom
import pytest
from PIL import Image, ImageDraw, ImageFont

from bonescan.dxa.burned_in.read_page import read_page
from bonescan.dxa.picture_text import may_hold_text
from bonescan.errors import EnvironmentFault, UnusableScan, UsageError
from bonescan.files.deidentify_actions import ACTIONS, attribute_rules
from bonescan.files.rf_exam import RfExamContent, RfSiteContent, open_rf_exam, write_rf_exam
from bonescan.model.exam import Device, Subject
from bonescan.model.outcome import Outcome
from bonescan.model.scan import SpectraTable
from bonescan.pipeline import measure
from bonescan.settings import Settings
from bonescan.simulate.report_dicom import page_capture
from bonescan.simulate.report_pages import PageStyle, draw_page
from bonescan.workflows.deidentify import DeidentifyRequest, deidentify
from bonescan.workflows.deidentify_dicom import _known_reference
from bonescan.workflows.deidentify_rf import write_clean_rf
from bonescan.workflows.disguise import Disguise, maker_word, model_word
from bonescan.workflows.pseudonyms import KEY_BYTES, Pseudonyms, open_key

Verb = Callable[..., tuple[int, str, str]]
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "big5", "gb18030", "euc_kr", "iso2022_jp", "cp1252")

# keyword -> planted text: one of its own for each place
TEXT_TAGS = {
    "PatientID": "QX0001927", "AccessionNumber": "ACZ88121", "StudyID": "SID7731",
    "IssuerOfPatientID": "MACKAY-QZ", "OtherPatientNames": "TSAI^PLANTA", "PatientBirthName":
    "HSU^PLANTB", "PatientMotherBirthName": "LIU^PLANTC", "PatientAddress": "17 Zhongshan Rd PLD",
    "PatientTelephoneNumbers": "0912-345-678", "PatientComments": "neighbour of Mrs PLANTE",
    "AdditionalPatientHistory": "wife of PLANTF", "Occupation": "nurse at PLANTG",
    "EthnicGroup": "PLANTH", "PatientInsurancePlanCodeSequence": "", "ReferringPhysicianName":
    "DR^PLANTI", "PerformingPhysicianName": "DR^PLANTJ", "OperatorsName": "OP^PLANTK",
    "NameOfPhysiciansReadingStudy": "DR^PLANTL", "PhysiciansOfRecord": "DR^PLANTM",
    "RequestingPhysician": "DR^PLANTN", "InstitutionName": "PLANTO Hospital",
    "InstitutionAddress": "PLANTP Street 4", "InstitutionalDepartmentName": "PLANTQ ward",
    "StationName": "PLANTR-PC", "DeviceSerialNumber": "SN-PLANTS", "StudyDescription":
    "DXA of PLANTT", "SeriesDescription": "spine of PLANTU", "ManufacturerModelName":
    "Horizon A of PLANTV", "SoftwareVersions": "13.6 PLANTW", "ProtocolName": "PLANTX spine",
    "ImageComments": "PLANTY was here", "DerivationDescription": "PLANTZ", "StudyComments":
    "PLANUA", "VisitComments": "PLANUB", "AdmissionID": "PLANUC1", "MedicalRecordLocator":
    "PLANUD2", "MilitaryRank": "PLANUE", "PatientReligiousPreference": "PLANUF",
    "CountryOfResidence": "PLANUG", "RequestedProcedureDescription": "PLANUH",
    "PerformedProcedureStepDescription": "PLANUI", "PerformedStationName": "PLANUJ",
    "ReasonForStudy": "PLANUK", "ContentCreatorName": "PLANUL^X", "DeviceDescription": "PLANUM",
    "DetectorID": "PLANUN", "GantryID": "PLANUO", "AcquisitionComments": "PLANUP",
    "ClinicalTrialSubjectID": "PLANUQ", "WindowCenterWidthExplanation": "PLANUR",
    "PatientBirthDate": "19611104", "StudyDate": "20230817", "ContentDate": "20230817",
}  # fmt: skip
UIDS = {
    "StudyInstanceUID": "1.2.826.0.1.99.1001", "SeriesInstanceUID": "1.2.826.0.1.99.1002",
    "SOPInstanceUID": "1.2.826.0.1.99.1003", "FrameOfReferenceUID": "1.2.826.0.1.99.1004",
}  # fmt: skip
NAMES = ("王小美", "陳怡君", "김희중", "山田^太郎", "Ström^Åsa")  # UTF-8, Big5, EUC-KR, ISO 2022
ELSEWHERE = (
    "PLANVA", "PLANVB", "PLANVC", "PLANVD", "PLANVE", "PLANVF", "PLANVG", "PLANVH", "PLANVI",
    "PLANVJ", "PLANVK", "PLANVL", "PLANVM", "PLANVN", "PLANVO", "PLANVP", "PLANVQ", "PLANVR",
    "PLANVS", "1958-05-06", "19580506",
)  # fmt: skip


def planted() -> list[str]:
    texts = [t for t in (*TEXT_TAGS.values(), *UIDS.values(), *ELSEWHERE) if t]
    words = [w for t in texts for w in re.findall(r"[\w.^-]*(?:PLAN|QX|ACZ|SID)\w*|[\d.-]{8,}", t)]
    # a name is looked for in its parts too
    parts = [p for n in NAMES for p in (n, *n.split("^"))]
    return sorted({*texts, *words, *parts, "MACKAY-QZ", "Zhongshan"})


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory, sample_scans: Path) -> Path:
    """Make a folder with an identifier wherever one can be."""
    folder = tmp_path_factory.mktemp("in") / "scans"
    folder.mkdir()
    ds = pydicom.dcmread(sample_scans / "0001001_dxa_lumbar.dcm")
    _plant(ds)
    ds.PatientName = f"WANG^MEI={NAMES[0]}"
    _save(ds, folder / "PLANVA_wang.dcm")
    for number, (name, charset, codec) in enumerate(
        (
            (NAMES[1], "", "big5"),
            (NAMES[2], "\\ISO 2022 IR 149", "euc_kr"),
            (NAMES[3], "GB18030", "gb18030"),
            (NAMES[4], "ISO_IR 100", "latin-1"),
        )
    ):
        ds = pydicom.dcmread(sample_scans / "0001004_dxa_lumbar.dcm")
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.98.{number}"
        ds.SpecificCharacterSet = charset.split("\\")
        raw = name.encode(codec)
        if codec == "euc_kr":
            raw = b"\x1b$)C" + raw
        ds.PatientID, ds.PatientName = f"PLANVB{number}", "@" * len(raw)
        _save(ds, folder / f"{number}.dcm")
        content = (folder / f"{number}.dcm").read_bytes()
        assert content.count(b"@" * len(raw)) == 1
        (folder / f"{number}.dcm").write_bytes(content.replace(b"@" * len(raw), raw))
    _report(sample_scans, folder)
    _picture_with_text(sample_scans, folder)
    (folder / "page.dcm").write_bytes(page_capture(draw_page(PageStyle(), 1), 1, "PLANVG"))
    _rf(sample_scans, folder)
    table = (sample_scans / "0001012_spectra_neck.csv").read_text(encoding="utf-8").splitlines()
    head = [re.sub(r"patient_id = .*", "patient_id = PLANVK", line) for line in table]
    head = [re.sub(r"operator = .*", "operator = PLANVL", line) for line in head]
    head.insert(1, "# note = visit of PLANVM")
    (folder / "PLANVN.csv").write_text("\n".join(head) + "\n", encoding="utf-8")
    (folder / "notes.txt").write_text("PLANVO 王小美", encoding="utf-8")
    (folder / "list.csv").write_text("name\nPLANVP\n", encoding="utf-8")
    (folder / "report.pdf").write_bytes(b"%PDF-1.4\n% PLANVQ\n%%EOF\n")
    with zipfile.ZipFile(folder / "old.zip", "w") as archive:
        archive.writestr("PLANVR.txt", "PLANVS")
    (folder / "cut.dcm").write_bytes((folder / "PLANVA_wang.dcm").read_bytes()[:700])
    return folder


def _plant(ds: Any) -> None:
    for keyword, text in (TEXT_TAGS | UIDS).items():
        if text:
            setattr(ds, keyword, text)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.SourceApplicationEntityTitle = "PLANVC"
    ds.preamble = b"PLANVD".ljust(128, b"\0")
    block = ds.private_block(0x0009, "PLANVE CREATOR", create=True)
    block.add_new(0x01, "LO", "PLANVE")
    item = pydicom.Dataset()
    item.PatientID, item.TypeOfPatientID = "PLANVF", "TEXT"
    ds.OtherPatientIDsSequence = [item]
    ds.ImageType = ["DERIVED", "PLANVF"]
    text = ds[0x0021, 0x1001].value
    ds[0x0021, 0x1001].value = text.replace('Comment = "', 'Comment = "PLANVE ')
    # white on black outside the stated rectangle of the scan
    pixels = np.array(ds.pixel_array)
    image = Image.fromarray(pixels)
    ImageDraw.Draw(image).text((4, 4), "PLANVE", fill=0, font=ImageFont.load_default(14))
    ds.PixelData = np.asarray(image).tobytes()


def _report(sample_scans: Path, folder: Path) -> None:
    ds = pydicom.dcmread(sample_scans / "0001002_dxa_report.dcm")
    ds.PatientID = "PLANVH"
    observer = pydicom.Dataset()
    observer.VerifyingObserverName, observer.VerifyingOrganization = "PLANVH^X", "PLANVH"
    ds.VerifyingObserverSequence = [observer]
    remark = pydicom.Dataset()
    remark.RelationshipType, remark.ValueType = "CONTAINS", "TEXT"
    name = pydicom.Dataset()
    name.CodeValue, name.CodingSchemeDesignator, name.CodeMeaning = "1", "99X", "Remark of PLANVH"
    remark.ConceptNameCodeSequence, remark.TextValue = [name], "PLANVH 王小美 came late"
    ds.ContentSequence.append(remark)
    _save(ds, folder / "report_PLANVH.dcm")


def _picture_with_text(sample_scans: Path, folder: Path) -> None:
    ds = pydicom.dcmread(sample_scans / "0001014_image_spine.dcm")
    image = Image.fromarray(np.array(ds.pixel_array))
    ImageDraw.Draw(image).text((200, 40), "PLANVI 0912", fill=255, font=ImageFont.load_default(16))
    ds.PixelData = np.asarray(image).tobytes()
    _save(ds, folder / "picture.dcm")


def _rf(sample_scans: Path, folder: Path) -> None:
    (folder / "rf.h5").write_bytes((sample_scans / "0001001_rf_neck.h5").read_bytes())
    with h5py.File(folder / "rf.h5", "r+") as file:
        file.attrs["operator"], file.attrs["device_serial"] = "PLANVI", "PLANVJ"
        file.attrs["device"], file.attrs["exam_id"] = "PLANVJ device", "PLANVJ exam"
        file.attrs["note"] = "PLANVK"
        file["subject"].attrs["patient_id"] = "PLANVK"
        file["subject"].attrs["name"] = "王小美"
        file["subject"].attrs["birth_date"] = "1958-05-06"
        for site in file["sites"].values():
            site.attrs["calibration_id"] = "PLANVL"


def _save(ds: Any, path: Path) -> None:
    ds.save_as(path, enforce_file_format=True)


def _hashes(folder: Path) -> dict[str, str]:
    return {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()
    }


def _files(out: Path, suffix: str) -> Iterator[Path]:
    yield from sorted(out.glob(f"*{suffix}"))


def test_there_are_at_least_sixty_identifiers_and_the_search_finds_them(scans: Path) -> None:
    everything = b"".join(p.name.encode() + p.read_bytes() for p in scans.iterdir())
    found = [w for w in planted() if any(_in(w, everything, codec) for codec in ENCODINGS)]
    assert len(found) >= 60


def _in(word: str, content: bytes, codec: str) -> bool:
    try:
        return word.encode(codec) in content
    except UnicodeEncodeError:
        return False


@pytest.mark.parametrize(
    "options", [(), ("--profile", "longitudinal", "--keep-characteristics")], ids=["basic", "long"]
)
def test_no_planted_identifier_comes_through(
    scans: Path, tmp_path: Path, verb: Verb, options: tuple[str, ...]
) -> None:
    before = _hashes(scans)
    out = tmp_path / "out"
    code, said, complained = verb(
        "deidentify", scans, "-o", out, "--key", tmp_path / "key", "--json", *options
    )
    assert code == 0, complained
    assert _hashes(scans) == before
    names = "\n".join(p.name for p in out.rglob("*"))
    places = {p.name: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    places["names and logs"] = (names + said + complained).encode()
    leaks = [
        (word, place, codec)
        for word in planted()
        for place, content in places.items()
        for codec in ENCODINGS
        if _in(word, content, codec)
    ]
    assert leaks == []
    n_pictures = 0
    for path in _files(out, ".dcm"):
        ds = pydicom.dcmread(path)
        assert ds.PatientIdentityRemoved == "YES"
        assert not [e for e in ds.iterall() if e.tag.is_private]
        if "PixelData" in ds:
            n_pictures += 1
            assert read_page(ds.pixel_array) is None
            assert not may_hold_text(ds.pixel_array[24:-24, 24:-24])
            assert not ds.pixel_array[:24].any()  # where the text was drawn
    assert n_pictures == 5  # the five captures; not the page, not the picture with a name
    with (out / "deidentified.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    codes = [row["code"] for row in rows if row["outcome"] == "not-copied"]
    assert codes.count("BS-W462") == 2
    # txt, csv, pdf, zip, and the cut one
    assert codes.count("BS-W461") + codes.count("BS-W460") == 5
    # written: 5 captures with picture and numbers, report, page, rf, spectra
    written = {r["new_name"] for r in rows if r["outcome"] == "written"}
    assert len(written) == 14
    assert written | {"deidentified.csv"} == {p.name for p in out.iterdir()}
    assert all(re.fullmatch(r"[0-9a-f]{32}\.(dcm|h5)", name) for name in written)


def test_every_number_is_read_back_as_it_was(sample_scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    deidentify(_request(sample_scans, out, tmp_path))
    before = _numbers(measure(p, Settings()) for p in _files(sample_scans, ".dcm"))
    after = _numbers(measure(p, Settings()) for p in _files(out, ".dcm"))
    assert len(before) > 80
    assert after == before
    assert {row[1] for row in after} == {"reported"}


def _numbers(outcomes: Iterator[Outcome]) -> list[tuple[Any, ...]]:
    return sorted(
        (m.site, str(m.origin), str(m.bmd_g_cm2), str(m.bmc_g), str(m.area_cm2),
         str(m.reported_t_score), str(m.reported_z_score), str(o.device and o.device.maker),
         str(m.scale))
        for o in outcomes for m in o.measurements
    )  # fmt: skip


def _request(scans: Path, out: Path, tmp_path: Path, **others: Any) -> DeidentifyRequest:
    return DeidentifyRequest(inputs=(scans,), out=out, key_file=tmp_path / "key", **others)


def test_the_samples_of_an_rf_exam_stay_the_same(sample_scans: Path, tmp_path: Path) -> None:
    source = sample_scans / "0001001_rf_neck.h5"
    out = tmp_path / "out"
    request = _request(source, out, tmp_path, profile="longitudinal", keep_characteristics=True)
    deidentify(request)
    (new,) = _files(out, ".h5")
    old_scan, new_scan = open_rf_exam(source), open_rf_exam(new)
    assert old_scan.samples is not None
    assert new_scan.samples is not None
    for old, site in zip(old_scan.sites, new_scan.sites, strict=True):
        np.testing.assert_array_equal(
            old_scan.samples.block(old.site), new_scan.samples.block(site.site)
        )
        assert (old.fs_hz, old.c_m_s, old.gain_db) == (site.fs_hz, site.c_m_s, site.gain_db)
    assert new_scan.exam.operator is None
    assert new_scan.device.model is None
    assert new_scan.subject.height_cm == old_scan.subject.height_cm
    assert old_scan.exam.exam_date is not None
    assert new_scan.exam.exam_date is not None
    assert old_scan.subject.birth_date is not None
    assert new_scan.subject.birth_date is not None
    shift = old_scan.exam.exam_date - new_scan.exam.exam_date
    assert shift.days >= 100
    # the age stays right to a month
    left = old_scan.subject.birth_date - shift - new_scan.subject.birth_date
    assert 0 <= left.days < 31
    with h5py.File(new) as file:
        assert "truth" not in file
        assert file.attrs["deidentification_codes"] == "113100;113107;113108"


def test_one_person_has_one_shift_one_name_and_consistent_uids(
    sample_scans: Path, tmp_path: Path
) -> None:
    first, second = (tmp_path / n for n in ("one", "two"))
    options = {"profile": "longitudinal", "keep_characteristics": True}
    pair = tmp_path / "in"
    pair.mkdir()
    originals = []
    for name in ("0001014_image_femur.dcm", "0001014_image_spine.dcm"):
        ds = pydicom.dcmread(sample_scans / name)
        originals.append(ds)
        _save(ds, pair / name)
    later = pydicom.dcmread(sample_scans / "0001014_image_spine.dcm")
    later.StudyDate = later.ContentDate = later.AcquisitionDate = later.SeriesDate = "20260301"
    later.SOPInstanceUID = later.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    _save(later, pair / "later.dcm")
    deidentify(_request(pair, first, tmp_path, **options))
    deidentify(_request(pair, second, tmp_path, **options))
    assert _hashes(first) == _hashes(second)
    found = [pydicom.dcmread(p) for p in _files(first, ".dcm")]
    assert len(found) == 3
    assert len({ds.PatientID for ds in found}) == 1
    assert len({ds.StudyInstanceUID for ds in found}) == 1  # as before
    assert len({ds.SOPInstanceUID for ds in found}) == 3
    assert all(ds.StudyInstanceUID.startswith("2.25.") for ds in found)
    assert {ds.PatientBirthDate for ds in found} == {""}
    assert {ds.PatientSex for ds in found} == {originals[0].PatientSex}
    days = sorted({ds.StudyDate for ds in found})
    assert (_day(days[1]) - _day(days[0])) == (_day("20260301") - _day(originals[0].StudyDate))
    other = DeidentifyRequest(inputs=(pair,), out=tmp_path / "three", key_file=tmp_path / "key2")
    deidentify(other)
    strangers = [pydicom.dcmread(p) for p in _files(tmp_path / "three", ".dcm")]
    assert not {d.PatientID for d in strangers} & {d.PatientID for d in found}
    assert not {d.StudyInstanceUID for d in strangers} & {d.StudyInstanceUID for d in found}
    assert {d.StudyDate for d in strangers} == {""}
    assert {d.PatientSex for d in strangers} == {""}
    assert not any("PatientAge" in d or "PatientWeight" in d for d in strangers)


def _day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def test_codes_of_the_method_are_recorded(sample_scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    source = sample_scans / "0001001_dxa_lumbar.dcm"
    deidentify(_request(source, out, tmp_path, profile="longitudinal"))
    codes = {}
    for path in _files(out, ".dcm"):
        ds = pydicom.dcmread(path)
        codes[ds.Modality] = [c.CodeValue for c in ds.DeidentificationMethodCodeSequence]
        assert ds.LongitudinalTemporalInformationModified == "MODIFIED"
    # PS3.16 CID 7050
    assert codes == {"SR": ["113100", "113107"], "OT": ["113100", "113107", "113101"]}


def test_a_picture_is_left_out_when_it_may_carry_text(sample_scans: Path, tmp_path: Path) -> None:
    source = sample_scans / "0001014_image_spine.dcm"
    kept, _ = _one_picture(source, tmp_path / "a", lambda ds: None)
    assert kept
    for number, (change, code) in enumerate(
        (
            (lambda ds: setattr(ds, "BurnedInAnnotation", "YES"), "BS-W462"),
            (lambda ds: setattr(ds, "SOPClassUID", "1.2.840.10008.5.1.4.1.1.7"), "BS-W462"),
            (lambda ds: setattr(ds, "PixelRepresentation", 1), "BS-W463"),
            (lambda ds: setattr(ds, "NumberOfFrames", 1) or _halve(ds), "BS-W463"),
            (lambda ds: setattr(ds, "PhotometricInterpretation", "PALETTE COLOR"), "BS-W463"),
            (lambda ds: setattr(ds, "SOPClassUID", "1.2.3.777"), "BS-W463"),
        )
    ):
        kept, codes = _one_picture(source, tmp_path / str(number), change)
        assert not kept
        assert codes == [code]


def _halve(ds: Any) -> None:
    ds.NumberOfFrames, ds.Rows = 2, ds.Rows // 2


def _one_picture(
    source: Path, folder: Path, change: Callable[[Any], None]
) -> tuple[int, list[str]]:
    folder.mkdir()
    ds = pydicom.dcmread(source)
    change(ds)
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    _save(ds, folder / "x.dcm")
    done = deidentify(_request(folder / "x.dcm", folder / "out", folder))
    return done.n_written, [r.code for r in done.rows if r.code]


def test_bits_above_the_stored_ones_are_cleared(sample_scans: Path, tmp_path: Path) -> None:
    ds = pydicom.dcmread(sample_scans / "0001014_image_spine.dcm")
    pixels = np.array(ds.pixel_array).astype("<u2") | 0x1000
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 8, 7
    ds["PixelData"].VR = "OW"
    ds.PixelData = pixels.tobytes()
    _save(ds, tmp_path / "x.dcm")
    deidentify(_request(tmp_path / "x.dcm", tmp_path / "out", tmp_path))
    (new,) = _files(tmp_path / "out", ".dcm")
    raw = np.frombuffer(pydicom.dcmread(new).PixelData, dtype="<u2")
    assert raw.max() < 256


def test_words_are_found_in_pictures_of_scans(sample_scans: Path) -> None:
    plain = pydicom.dcmread(sample_scans / "0001016_image_spine.dcm").pixel_array
    assert not may_hold_text(plain)
    assert not may_hold_text(np.zeros((80, 80), np.uint8))
    for size in (12, 20):
        image = Image.fromarray(plain)
        ImageDraw.Draw(image).text(
            (100, 200), "CHEN 1961", fill=230, font=ImageFont.load_default(size)
        )
        assert may_hold_text(np.asarray(image))
        assert may_hold_text(252 - np.asarray(image).clip(0, 252))
    noise = np.random.default_rng(1).integers(0, 2, (700, 700)).astype(np.uint8) * 255
    assert may_hold_text(noise)  # more spots than can be judged
    assert may_hold_text(draw_page(PageStyle(), 2).pixels)


def test_contradicting_numbers_are_not_kept(sample_scans: Path, tmp_path: Path) -> None:
    ds = pydicom.dcmread(sample_scans / "0001001_dxa_lumbar.dcm")
    text = ds[0x0021, 0x1001].value
    cells = re.findall(r'ResultsTable1\[ ?3\]\[ ?1\] = "([\d.]+)"', text)
    assert cells
    ds[0x0021, 0x1001].value = text.replace(f'= "{cells[0]}"', '= "1.999"')
    _save(ds, tmp_path / "x.dcm")
    assert str(measure(tmp_path / "x.dcm", Settings()).kind) == "needs-review"
    done = deidentify(_request(tmp_path / "x.dcm", tmp_path / "out", tmp_path))
    assert [r.code for r in done.rows] == ["BS-W464", ""]


def test_folders_must_not_overlap(sample_scans: Path, tmp_path: Path, verb: Verb) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    (scans / "a.txt").write_text("x", encoding="utf-8")
    for out in (scans, scans / "out", tmp_path):
        with pytest.raises(UsageError, match="BS-E460"):
            deidentify(_request(scans, out, tmp_path))
    with pytest.raises(UsageError, match="BS-E460 the key"):
        deidentify(
            DeidentifyRequest(inputs=(scans,), out=tmp_path / "o", key_file=tmp_path / "o" / "key")
        )
    with pytest.raises(UsageError, match="lie in the input"):
        deidentify(DeidentifyRequest(inputs=(scans,), out=tmp_path / "o", key_file=scans / "key"))
    with pytest.raises(UsageError, match="BS-E460 found something"):
        deidentify(_request(sample_scans / "README.md", scans, tmp_path))
    with pytest.raises(UsageError, match="BS-E304"):
        deidentify(_request(scans, tmp_path / "o", tmp_path, profile="none"))
    with pytest.raises(UsageError, match="there already"):
        deidentify(_request(scans, tmp_path / "o", tmp_path, names_file=scans / "a.txt"))
    assert not (tmp_path / "o").exists()
    code, said, _ = verb("deidentify", scans, "-o", tmp_path / "o", "--key", tmp_path / "key")
    assert code == 4
    assert "0 files written" in said


def test_the_list_of_names_is_secret_and_complete(sample_scans: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    source = sample_scans / "0001001_rf_neck.h5"
    done = deidentify(_request(source, tmp_path / "out", tmp_path, names_file=names))
    assert names.stat().st_mode & 0o777 == 0o600
    (row,) = csv.DictReader(io.StringIO(names.read_text(encoding="utf-8")))
    assert row["file"] == str(source)
    assert row["new_name"] == done.rows[0].new_name


def test_a_fault_in_one_file_stops_nothing(
    sample_scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("王小美")

    monkeypatch.setattr("bonescan.workflows.deidentify.write_clean_rf", fails)
    source = tmp_path / "in"
    source.mkdir()
    for name in ("0001001_rf_neck.h5", "0001002_dxa_report.dcm"):
        (source / name).write_bytes((sample_scans / name).read_bytes())
    done = deidentify(_request(source, tmp_path / "out", tmp_path))
    assert [r.code for r in done.rows] == ["BS-W466", ""]

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bonescan.workflows.deidentify.write_clean_rf", full)
    with pytest.raises(EnvironmentFault, match="No space left"):
        deidentify(_request(source, tmp_path / "full", tmp_path))


def test_files_of_no_use_are_listed_and_not_copied(tmp_path: Path) -> None:
    scans = tmp_path / "in"
    scans.mkdir()
    (tmp_path / "elsewhere.txt").write_text("x", encoding="utf-8")
    (scans / "link.txt").symlink_to(tmp_path / "elsewhere.txt")
    write_rf_exam(scans / "a.h5", _exam(np.float64(0.5)))
    done = deidentify(_request(scans, tmp_path / "out", tmp_path, keep_characteristics=True))
    assert [r.code for r in done.rows] == ["BS-W460", ""]
    (new,) = _files(tmp_path / "out", ".h5")
    scan = open_rf_exam(new)
    assert scan.subject.menopausal_status is None
    assert scan.subject.weight_kg is None  # no weight, but somebody's telephone number
    assert scan.subject.birth_date is None  # no dates in this profile
    assert scan.subject.height_cm == 160
    spectra = scan.sites[0].spectra
    assert spectra is not None
    assert (spectra.window, spectra.unit) == (None, None)
    np.testing.assert_array_equal(spectra.power, np.full((2, 3), 0.5))


def _exam(power: np.float64) -> RfExamContent:
    table = SpectraTable(
        power=np.full((2, 3), power), frequency_hz=np.array([1e6, 2e6, 3e6]), gate_start_m=None,
        gate_length_m=None, depth_m=None, line=None, frame=None, n_averaged=None,
        window="of Dr Wang", unit="of Dr Wang",
    )  # fmt: skip
    subject = Subject(
        patient_id="1", height_cm=160, weight_kg=912345678, menopausal_status="Dr Wang",
        birth_date=date(1960, 1, 2),
    )  # fmt: skip
    site = RfSiteContent(site="femoral-neck-left", fs_hz=4e7, spectra=table)
    return RfExamContent(subject=subject, sites=(site,), acquired_at="2024-05-06")


class _Wide:
    """Samples wider than 16 bits."""

    def block(self, _site: str) -> Any:
        return np.full((1, 1, 4), 70_000)


def test_samples_that_can_not_be_written_are_refused(sample_scans: Path, tmp_path: Path) -> None:
    scan: Any = open_rf_exam(sample_scans / "0001001_rf_neck.h5")
    disguise = Disguise(
        pseudonyms=Pseudonyms(key=b"k" * KEY_BYTES), longitudinal=True, characteristics=True
    )
    wide = dataclasses.replace(scan, samples=_Wide())
    with pytest.raises(UnusableScan, match="BS-W465 found samples"):
        write_clean_rf(tmp_path / "x.h5", wide, "P-1", disguise)
    site = dataclasses.replace(scan.sites[0], site="hip of Dr Wang")
    strange = dataclasses.replace(scan, sites=(site,))
    with pytest.raises(UnusableScan, match="BS-W465 found a site"):
        write_clean_rf(tmp_path / "x.h5", strange, "P-1", disguise)


def test_an_age_is_kept_where_only_the_birth_date_tells_it(
    sample_scans: Path, tmp_path: Path
) -> None:
    ds = pydicom.dcmread(sample_scans / "0001014_image_spine.dcm")
    del ds.PatientAge
    ds.PatientBirthDate, ds.SeriesDate = "19600102", "19010230"
    ds.StudyDate = ds.AcquisitionDate = ds.ContentDate = "20240506"
    ds.PatientWeight = "0912345678"
    _save(ds, tmp_path / "x.dcm")
    deidentify(
        _request(
            tmp_path / "x.dcm", tmp_path / "out", tmp_path, profile="longitudinal",
            keep_characteristics=True,
        )
    )  # fmt: skip
    (new,) = _files(tmp_path / "out", ".dcm")
    clean = pydicom.dcmread(new)
    assert clean.PatientAge == "064Y"
    assert "PatientWeight" not in clean
    assert "SeriesDate" not in clean  # 30 February can't be moved


def test_a_key_is_made_once_and_kept_secret(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "key"
    made = open_key(place)
    assert open_key(place) == made
    assert place.stat().st_mode & 0o777 == 0o600
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(EnvironmentFault, match="BS-E501"):
        open_key(tmp_path / "file" / "key")


def test_words_of_device_and_reference_are_ours() -> None:
    assert model_word(Device(model="horizon w, Dr Wang")) == "Horizon W"
    assert model_word(Device(model="Wang")) == ""
    assert maker_word(Device(manufacturer="Wang", maker="hologic")) == "HOLOGIC"
    assert maker_word(Device(manufacturer="Wang")) == ""
    assert _known_reference("NHANES III White Female") == "NHANES III White Female"
    assert _known_reference("NHANES of Dr Wang") == ""
    assert _known_reference(None) == ""


def test_the_table_is_sound() -> None:
    rules = attribute_rules().values()
    assert {a for r in rules for a in (r.basic, r.longitudinal, r.characteristics)} <= ACTIONS
    for rule in rules:
        assert pydicom.datadict.keyword_for_tag(rule.tag) == rule.keyword
        assert ("K" in (rule.basic, rule.characteristics)) == bool(rule.form)
        if rule.keyword.endswith("UID") and rule.keyword != "SOPClassUID":
            assert rule.basic in {"U", "X"}


def test_a_person_is_named_as_in_a_run() -> None:
    pseudonyms = Pseudonyms(key=b"k" * KEY_BYTES)
    disguise = Disguise(pseudonyms=pseudonyms, longitudinal=False, characteristics=False)
    subject = Subject(patient_id="0007", issuer="A")
    assert disguise.person(subject, "f") == pseudonyms.of("A", "0007")
    assert disguise.person(None, "f") != disguise.person(None, "g")
    assert dataclasses.replace(disguise, longitudinal=True).codes == ("113100", "113107")


def test_dicognito_changes_nothing_that_we_keep(scans: Path, tmp_path: Path) -> None:
    """Cross-check with another implementation: whatever it changes, we change or remove."""
    anonymizer = pytest.importorskip("dicognito.anonymizer")
    out = tmp_path / "out"
    source = scans / "PLANVA_wang.dcm"
    deidentify(_request(source, out, tmp_path, profile="longitudinal", keep_characteristics=True))
    before, theirs = pydicom.dcmread(source), pydicom.dcmread(source)
    anonymizer.Anonymizer(seed="1").anonymize(theirs)
    changed = {
        e.tag: e.value for e in before if e.value and (e.tag not in theirs or theirs[e.tag] != e)
    }
    assert len(changed) > 15
    for path in _files(out, ".dcm"):
        ours = pydicom.dcmread(path)
        kept = [tag for tag, value in changed.items() if tag in ours and ours[tag].value == value]
        assert kept == []
