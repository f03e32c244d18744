"""`inspect` looks into archives as `run` does."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path


def test_an_archive_is_shown_with_its_members(sample_scans, tmp_path, verb, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(sample_scans / "0001006_dxa_report.dcm", "in/scan.dcm")
        archive.writestr("junk.bin", b"\x01\x02")
    code, printed, _ = verb("inspect", tmp_path / "a.zip", "--json")
    files = {Path(f["file"]).name: f for f in json.loads(printed)["data"]["files"]}
    assert code == 0
    assert {name: f["outcome"] for name, f in files.items()} == {
        "a.zip": "companion",
        "scan.dcm": "reported",
        "junk.bin": "unusable",
    }
    assert files["scan.dcm"]["file"] == f"{(tmp_path / 'a.zip').as_posix()}!/in/scan.dcm"
    assert files["scan.dcm"]["manufacturer"] == "HOLOGIC"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_broken_archive_is_refused(tmp_path, verb):
    (tmp_path / "a.zip").write_bytes(b"no zip")
    code, printed, _ = verb("inspect", tmp_path / "a.zip")
    assert (code, "BS-E430" in printed) == (4, True)
