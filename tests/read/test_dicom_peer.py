"""dciodvfy, of David Clunie's dicom3tools, on every DICOM file that this project writes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bonescan.files.rf_dicom import write_rf_dicom
from bonescan.files.rf_exam import RfExamContent, RfSiteContent
from bonescan.model.exam import Subject
from bonescan.simulate.report_dicom import page_capture
from bonescan.simulate.report_pages import PageStyle, draw_page
from tests.conftest import missing

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def errors():
    """Give what dciodvfy calls an error in a file."""
    program = shutil.which("dciodvfy")
    if program is None:
        missing("dciodvfy (Debian package dicom3tools)")

    def run(path: Path) -> list[str]:
        done = subprocess.run([program, "-new", str(path)], capture_output=True, text=True,
                              errors="replace", timeout=60, check=False)  # fmt: skip
        lines = (done.stdout + done.stderr).splitlines()
        assert lines, "it says at least what kind of object it found"
        return [line for line in lines if line.startswith("Error")]

    return run


def test_it_finds_what_is_wrong(errors, sample_scans, tmp_path):
    path = tmp_path / "wrong.dcm"
    data = (sample_scans / "0001002_dxa_report.dcm").read_bytes()
    path.write_bytes(data.replace(b"CONTAINER", b"CONTAINED"))
    assert errors(path)


def test_sample_scans_have_no_error(errors, sample_scans):
    files = sorted(sample_scans.glob("*.dcm"))
    assert len(files) >= 16
    found = {path.name: errors(path) for path in files}
    assert not {name: lines for name, lines in found.items() if lines}


def test_raw_data_of_ours_has_no_error(errors, tmp_path):
    path = tmp_path / "raw.dcm"
    samples = np.zeros((2, 3, 100), np.int16)
    exam = RfExamContent(
        subject=Subject(patient_id="0012", issuer="A", sex="F"),
        sites=(RfSiteContent(site="L1", fs_hz=40e6, rf=samples),),
        acquired_at="2026-03-04T09:10:11+08:00",
        device="sim",
        simulated=True,
    )
    write_rf_dicom(path, exam)
    assert not errors(path)


def test_pages_captured_by_the_simulator_have_no_error(errors, tmp_path):
    path = tmp_path / "page.dcm"
    path.write_bytes(page_capture(draw_page(PageStyle(), 1), 1))
    assert not errors(path)
