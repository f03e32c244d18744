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


# ------------------------------------------------------------------ of several sites, of spectra

ALONE = ("0001010_rf_lumbar.h5", "0001011_spectra_neck.h5")


@pytest.fixture(scope="module")
def lied_about(sample_scans, tmp_path_factory):
    """Exams that have no like among the samples, with a truth that is far from theirs."""
    folder = tmp_path_factory.mktemp("lied_about")
    for name, other in zip(ALONE, reversed(ALONE), strict=True):
        shutil.copy(sample_scans / name, folder / other)
        with h5py.File(sample_scans / other) as source, h5py.File(folder / other, "r+") as file:
            truth = file["truth"].attrs
            for key, value in list(truth.items()):
                truth[key] = "0009999" if isinstance(value, str) else 1.5 * value
            file.attrs["exam_id"] = source.attrs["exam_id"]
    return folder


@pytest.mark.parametrize("name", ALONE)
def test_another_truth_of_vertebrae_or_spectra_changes_nothing(name, lied_about, sample_scans):
    other = ALONE[1 - ALONE.index(name)]
    honest = pipeline.measure(sample_scans / name, Settings())
    fooled = pipeline.measure(lied_about / other, Settings())
    assert honest.kind == "measured"
    assert fooled.measurements == honest.measurements
    assert fooled.details == honest.details
    assert fooled.problems == honest.problems
    assert fooled.pictures == honest.pictures


@pytest.mark.parametrize("name", ALONE)
def test_no_truth_at_all_changes_nothing(name, sample_scans, tmp_path):
    bare = tmp_path / "exam.h5"
    shutil.copy(sample_scans / name, bare)
    with h5py.File(bare, "r+") as file:
        del file["truth"]
    honest = pipeline.measure(sample_scans / name, Settings())
    assert pipeline.measure(bare, Settings()).measurements == honest.measurements


def test_the_lie_holds(lied_about, sample_scans):
    for name in ALONE:
        other = ALONE[1 - ALONE.index(name)]
        with h5py.File(sample_scans / name) as honest, h5py.File(lied_about / other) as fooled:
            assert fooled.attrs["exam_id"] != honest.attrs["exam_id"]
            bmd = [key for key in honest["truth"].attrs if key.endswith("bmd_g_cm2")]
            assert len(bmd) == len(honest["sites"])
            for key in bmd:
                want = 1.5 * honest["truth"].attrs[key]
                assert fooled["truth"].attrs[key] == pytest.approx(want)
