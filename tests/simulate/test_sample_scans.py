"""The bundled folder: whole, what it says of itself, and made again with the same content."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import h5py
import pydicom
import pytest

from bonescan.errors import UsageError
from bonescan.simulate.cast import CAST, roles
from bonescan.simulate.people import draw_people
from bonescan.simulate.sample_set import virtual_person, write_sample_scans


def files_of(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def manifest(sample_scans):
    return rows_of(sample_scans)


@pytest.fixture(scope="module")
def exams(manifest):
    return [row for row in manifest if row["person"]]


def test_the_manifest_lists_every_file_and_its_hash(sample_scans, manifest):
    assert {row["file"] for row in manifest} == files_of(sample_scans)
    for row in manifest:
        if row["file"] != "MANIFEST.csv":
            content = (sample_scans / row["file"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == row["sha256"], row["file"]


def test_made_again_the_content_is_the_same(sample_scans, fresh_samples, payload_of):
    assert files_of(fresh_samples) == files_of(sample_scans)
    for name in sorted(files_of(sample_scans) - {"MANIFEST.csv"}):
        assert payload_of(fresh_samples / name) == payload_of(sample_scans / name), name


def test_made_again_the_manifest_is_the_same_but_for_how_hdf5_packs(sample_scans, fresh_samples):
    for old, new in zip(rows_of(sample_scans), rows_of(fresh_samples), strict=True):
        if old["file"].endswith(".h5"):
            old["sha256"] = new["sha256"] = ""
        assert new == old


def test_the_folder_is_small(sample_scans):
    assert sum((sample_scans / f).stat().st_size for f in files_of(sample_scans)) < 40e6


def test_there_are_enough_exams_of_enough_people(exams):
    assert len(exams) >= 24
    assert len({row["person"] for row in exams}) >= 14
    necks = [r for r in exams if "_rf_neck" in r["file"]]
    assert len(necks) >= 8
    assert sum("_rf_lumbar" in r["file"] for r in exams) == 1
    assert sum("_spectra_" in r["file"] for r in exams) == 2


def test_every_class_is_promised(exams):
    promised = {row["category"] for row in exams}
    assert promised >= {
        "normal", "osteopenia", "osteoporosis", "within-expected-range", "below-expected-range",
        "none",
    }  # fmt: skip


def test_there_are_broken_files_of_several_kinds(manifest):
    broken = [row for row in manifest if row["file"].startswith("broken/")]
    assert len(broken) >= 4
    assert {row["outcome"] for row in broken} == {"unusable"}
    assert len({row["code"] for row in broken}) == len(broken)


def test_every_dicom_file_says_that_it_is_simulated(sample_scans, exams):
    modalities, makers = set(), set()
    for row in exams:
        if row["file"].endswith(".dcm"):
            ds = pydicom.dcmread(sample_scans / row["file"])
            assert "SIMULATED" in str(ds.PatientName)
            assert "SIMULATED" in ds.StudyDescription
            assert "SIMULATED" in ds.PatientComments
            assert "SIMULATED" in ds.private_block(0x0099, "BONESCAN")[0x01].value
            assert ds.PatientID == row["person"]
            assert ds.PatientID.startswith("000")
            modalities.add(ds.Modality)
            makers.add((ds.Manufacturer, ds.ManufacturerModelName, ds.DeviceSerialNumber))
    assert modalities == {"SR", "OT", "CR", "DX", "BMD"}
    assert len(makers) == 3


def test_every_ultrasound_exam_says_that_it_is_simulated(sample_scans, exams):
    serials = set()
    for row in exams:
        if row["file"].endswith(".h5"):
            with h5py.File(sample_scans / row["file"]) as file:
                assert file.attrs["simulated"] == 1
                assert file["truth"].attrs["person_id"] == row["person"]
                serials.add(file.attrs["device_serial"])
        if row["file"].endswith("spectra_neck.csv"):
            assert "# simulated = 1\n" in (sample_scans / row["file"]).read_text()
    assert len(serials) == 2


def test_a_name_in_chinese_characters_is_stored_as_utf_8(sample_scans):
    ds = pydicom.dcmread(sample_scans / "0001001_dxa_lumbar.dcm")
    assert ds.SpecificCharacterSet == "ISO_IR 192"
    assert ds.PatientName.ideographic == "陳怡君"


def test_dxa_and_ultrasound_of_a_person_come_from_one_bone(sample_scans):
    """Latent neck BMD stands in the truth; two readings of it lie within 5 %."""
    with h5py.File(sample_scans / "0001006_rf_neck.h5") as file:
        latent = file["truth"].attrs["femoral-neck-left.bmd_g_cm2"]
    assert latent == pytest.approx(0.655)
    numbers = _bmd_by_tracking(pydicom.dcmread(sample_scans / "0001006_dxa_report.dcm"))
    assert numbers["femoral-neck-left"] == pytest.approx(latent, rel=0.05)


def _bmd_by_tracking(ds):
    found = {}
    for group in ds.ContentSequence[-1].ContentSequence:
        texts = [i.TextValue for i in group.ContentSequence if i.ValueType == "TEXT"]
        number = next(i for i in group.ContentSequence if i.ValueType == "NUM")
        found[texts[0]] = float(number.MeasuredValueSequence[0].NumericValue)
    return found


def test_three_visits_of_a_pregnancy_lose_a_few_percent(sample_scans):
    latent, gestation, status = [], [], []
    for visit in ("t1", "t3", "l"):
        with h5py.File(sample_scans / f"0001009_rf_neck_{visit}.h5") as file:
            latent.append(file["truth"].attrs["femoral-neck-left.bmd_g_cm2"])
            gestation.append(file["subject"].attrs.get("gestation_days"))
            status.append(file["subject"].attrs["menopausal_status"])
    assert gestation == [84.0, 255.0, None]
    assert status == ["pregnant", "pregnant", "lactating"]
    assert latent[1] / latent[0] - 1 == pytest.approx(-0.0194, abs=0.002)  # Ramirez Zegarra 2024
    assert -0.075 < latent[2] / latent[0] - 1 < -0.02


def test_only_spectra_are_kept_when_asked(tmp_path):
    write_sample_scans(tmp_path / "out", n=2, seed=3, keep="spectra")
    with h5py.File(tmp_path / "out" / "0001001_rf_neck.h5") as file:
        site = file["sites/femoral-neck-left"]
        assert "rf" not in site
        assert site["spectra/power"].shape[1] == 38  # 1.5625 to 4.453125 MHz
        assert (site["spectra/power"][:] > 0).all()
        assert site["spectra/n_averaged"][:].tolist() == [10] * len(site["spectra/power"])


def test_more_people_than_the_cast_are_drawn_from_the_population():
    extra = roles(len(CAST) + 2, seed=4)[len(CAST) :]
    assert [role.patient_id for role in extra] == ["0001017", "0001018"]
    assert roles(3, seed=4) == list(CAST[:3])
    for role, drawn in zip(extra, draw_people(2, 4), strict=True):
        assert role.latent_g_cm2[0] == drawn.bmd_neck_g_cm2
        assert role.category == ""
        person = virtual_person(role, role.plans[0], seed=4)
        assert person.age_years == pytest.approx(drawn.age_years, abs=0.01)


def test_another_seed_gives_other_samples(tmp_path, sample_scans, payload_of):
    write_sample_scans(tmp_path / "out", n=1, seed=1)
    for name in ("0001001_rf_neck.h5", "0001001_dxa_lumbar.dcm"):
        assert payload_of(tmp_path / "out" / name) != payload_of(sample_scans / name)


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"BS-E350 .*found 1 files that are not sample scans"):
        write_sample_scans(tmp_path, n=1)
    assert files_of(tmp_path) == {"diary.txt"}
    with pytest.raises(UsageError, match=r"BS-E350 .*found a file, wanted a folder"):
        write_sample_scans(tmp_path / "diary.txt", n=1)


def test_the_verb_writes_scans_and_says_so_in_json(tmp_path):
    bonescan = str(Path(sys.executable).with_name("bonescan"))
    command = [bonescan, "simulate", "scans", "--json", "--n", "1", "--keep", "spectra", "-o"]
    done = subprocess.run([*command, str(tmp_path / "a")], capture_output=True, check=False)
    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert document["verb"] == "simulate scans"
    assert document["data"]["people"] == 1
    assert set(document["data"]["files"]) == files_of(tmp_path / "a")
    (tmp_path / "mine.txt").write_text("mine")
    refused = subprocess.run([*command, str(tmp_path)], capture_output=True, check=False)
    assert refused.returncode == 2
    assert json.loads(refused.stdout)["problems"][0]["code"] == "BS-E350"
