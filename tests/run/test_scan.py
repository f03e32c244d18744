"""One file from Python."""

from __future__ import annotations

import csv

import pytest

import bonescan
from bonescan.errors import UnusableScan
from bonescan.model.scan import RfScan


def test_a_scan_opens_and_is_measured_as_the_manifest_says(sample_scans):
    with (sample_scans / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        row = next(r for r in csv.DictReader(file) if r["file"].endswith("_rf_neck.h5"))
    path = sample_scans / row["file"]
    scan = bonescan.open_scan(path)
    assert isinstance(scan, RfScan)
    assert scan.exam.simulated is True
    outcome = bonescan.measure_scan(path)
    assert outcome.to_dict()["kind"] == row["outcome"]
    assert outcome.to_dict()["measurements"][0]["technique"] == "REMS-style"


def test_a_broken_file_is_refused_or_an_outcome(sample_scans):
    path = sample_scans / "broken" / "letter.dcm"
    with pytest.raises(UnusableScan, match="BS-E104"):
        bonescan.open_scan(path)
    assert bonescan.measure_scan(path).code == "BS-E104"
