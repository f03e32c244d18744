"""`run --dry-run`: the plan with reasons, and nothing written."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile

import pytest

from bonescan.settings import Settings
from bonescan.workflows.plan_run import plan_run
from bonescan.workflows.run_folder import run_folder

SCAN = "0001006_dxa_report.dcm"


@pytest.fixture
def scans(tmp_path, sample_scans):
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(sample_scans / SCAN, folder / "scan.dcm")
    shutil.copy(sample_scans / SCAN, folder / "twin.dcm")
    (folder / "README.txt").write_text("hello")
    (folder / "notes.xyz").write_text("hello")
    (folder / "b.tmp").write_text("hello")
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.write(sample_scans / "0001006_dxa_report.dcm", "in/scan.dcm")
    return folder


def state(folder):
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file()
    }


def test_the_plan_gives_each_file_a_reason(scans, tmp_path, verb):
    before = state(tmp_path)
    words = ["run", scans, "-o", tmp_path / "out", "--dry-run", "--ignore", "*.tmp", "--json"]
    code, printed, _ = verb(*words)
    assert code == 0
    plan = json.loads(printed)["data"]
    assert {f["file"]: f["action"] for f in plan["files"]} == {
        "README.txt": "companion",
        "a.zip": "companion",
        "a.zip!/in/scan.dcm": "would measure",
        "b.tmp": "ignored",
        "notes.xyz": "would refuse",
        "scan.dcm": "duplicate",
        "twin.dcm": "duplicate",
    }
    assert all(f["reason"] for f in plan["files"])
    assert plan["counts"]["duplicate"] == 2
    assert state(tmp_path) == before


def test_what_is_done_is_said_to_be_done_and_the_store_stays_as_it_is(scans, tmp_path, verb):
    run_folder([scans], tmp_path / "out", Settings(report="none"))
    before = state(tmp_path)
    code, printed, _ = verb("run", scans, "-o", tmp_path / "out", "--dry-run")
    assert code == 0
    assert "done already" in printed
    assert "would measure" not in printed
    assert "nothing was written" in printed
    assert state(tmp_path) == before
    (scans / "scan.dcm").write_bytes((scans / "scan.dcm").read_bytes() + b"\0\0")
    actions = {r.file: r.action for r in plan_run([scans], tmp_path / "out", Settings()).rows}
    assert actions["scan.dcm"] == "would measure"
    assert actions["a.zip!/in/scan.dcm"] == "done already"


def test_dicom_of_other_kinds_is_told_apart_without_reading_it(tmp_path):
    import pydicom
    from pydicom.data import get_testdata_file

    folder = tmp_path / "in"
    folder.mkdir()
    pydicom.dcmread(get_testdata_file("CT_small.dcm")).save_as(folder / "ct.dcm")
    (row,) = plan_run([folder], tmp_path / "out", Settings()).rows
    assert (row.action, row.code) == ("not densitometry", "BS-W281")
    assert not (tmp_path / "out").exists()


def test_a_file_that_may_not_be_read_would_be_refused(scans, tmp_path, monkeypatch):
    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("bonescan.workflows.plan_run.sha256_of_file", refuse)
    rows = {r.file: r for r in plan_run([scans], tmp_path / "out", Settings()).rows}
    assert (rows["scan.dcm"].action, rows["scan.dcm"].code) == ("would refuse", "BS-E101")


def test_members_of_archives_have_rows_and_leave_nothing_behind(scans, tmp_path):
    out = tmp_path / "out"
    run_folder([scans], out, Settings(report="none"))
    text = (out / "files.csv").read_text()
    assert "a.zip!/in/scan.dcm," in text
    assert "a.zip," in text
    assert [p for p in out.iterdir() if p.name.startswith(".spool")] == []
    assert ".spool" not in "".join(p.read_text() for p in out.glob("*.csv"))
    before = text
    again = run_folder([scans], out, Settings(report="none"))
    assert again.n_measured == 0
    assert (out / "files.csv").read_text() == before
