"""Nothing that analyses a simulated exam may look at what it was simulated from."""

from __future__ import annotations

import shutil

import h5py
import pytest

from bonescan import pipeline
from bonescan.settings import Settings

PAIR = ("0001001_rf_neck.h5", "0001003_rf_neck.h5")  # the frailest and the strongest neck


@pytest.fixture(scope="module")
def disguised(sample_scans, tmp_path_factory):
    """Two exams with each other's truth, exam id and file name."""
    folder = tmp_path_factory.mktemp("disguised")
    for name, other in zip(PAIR, reversed(PAIR), strict=True):
        shutil.copy(sample_scans / name, folder / other)
        with h5py.File(sample_scans / other) as source, h5py.File(folder / other, "r+") as file:
            del file["truth"]
            source.copy("truth", file)
            file.attrs["exam_id"] = source.attrs["exam_id"]
    return folder


@pytest.mark.parametrize("name", PAIR)
def test_the_truth_of_another_person_changes_nothing(name, disguised, sample_scans):
    other = PAIR[1 - PAIR.index(name)]
    honest = pipeline.measure(sample_scans / name, Settings())
    fooled = pipeline.measure(disguised / other, Settings())
    assert honest.kind == "measured"
    assert fooled.measurements == honest.measurements
    assert fooled.details == honest.details
    assert fooled.pictures == honest.pictures


def test_the_disguise_holds(disguised, sample_scans):
    for name in PAIR:
        with h5py.File(sample_scans / name) as honest, h5py.File(disguised / name) as fooled:
            assert dict(fooled["truth"].attrs) == dict(honest["truth"].attrs)
            assert fooled.attrs["exam_id"] == honest.attrs["exam_id"]
            rf = "sites/femoral-neck-left/rf"
            assert (fooled[rf][0] != honest[rf][0]).any()
