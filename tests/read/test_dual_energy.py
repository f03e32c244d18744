"""The dual-energy container: what is read, and what an untrusted file is refused for."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from bonescan.errors import UnusableScan
from bonescan.files.dual_energy import LARGEST_PITCH_MM, LEAST_PITCH_MM, open_dual_energy
from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings

from .samples import dual_energy

SCAN = "scans/lumbar-spine"


@pytest.fixture
def path(tmp_path):
    dual_energy(tmp_path / "frames.h5")
    return tmp_path / "frames.h5"


def read_all(path):
    scan = read_scan(path, ReadSettings())
    scan.counts.counts(scan.images[0].site)


def refused(path):
    with pytest.raises(UnusableScan, match="found") as verdict:
        read_all(path)
    return verdict.value.code


def test_what_stands_in_the_file(path):
    scan = open_dual_energy(path)
    assert (scan.subject.patient_id, scan.subject.sex) == ("0007", "F")
    assert scan.exam.simulated is True
    (image,) = scan.images
    assert (image.site, image.n_rows, image.n_columns) == ("lumbar-spine", 20, 24)
    assert (image.pixel_width_mm, image.pixel_height_mm) == (0.6, 1.05)
    assert image.calibration_id == "c1"
    (steps,) = scan.calibrations
    assert steps.calibration_id == "c1"
    assert steps.mineral_g_cm2.size == 20
    assert steps.scale is None
    assert steps.check_mineral_g_cm2 is None
    assert steps.mineral_u_percent is None
    low, high, air_low, air_high = scan.counts.counts("lumbar-spine")
    assert (low == 3000).all()
    assert (high == 6000).all()
    assert (air_low == air_high).all()
    assert air_low.shape == (24,)
    assert low.dtype == np.float64


def test_a_file_that_does_not_say_whether_it_is_simulated_is_flagged(path):
    with h5py.File(path, "a") as file:
        del file.attrs["simulated"]
    assert open_dual_energy(path).flags == ("origin_unknown",)


def change(path, name, **attributes):
    with h5py.File(path, "a") as file:
        file[name].attrs.update(attributes)


def put(path, name, values):
    with h5py.File(path, "a") as file:
        del file[name]
        if values is not None:
            file[name] = values


@pytest.mark.parametrize(
    ("attributes", "code"), [({"version": 2}, "BS-E142"), ({"version": "1"}, "BS-E145")]
)
def test_another_version_is_refused(path, attributes, code):
    change(path, "/", **attributes)
    assert refused(path) == code


@pytest.mark.parametrize(
    ("pitch", "read"),
    [(LEAST_PITCH_MM, True), (0.099, False), (LARGEST_PITCH_MM, True), (2.001, False),
     (-0.6, False)],
)  # fmt: skip
@pytest.mark.parametrize("name", ["pixel_width_mm", "pixel_height_mm"])
def test_pixels_of_no_densitometer_are_refused(path, name, pitch, read):
    change(path, SCAN, **{name: pitch})
    if read:
        assert getattr(open_dual_energy(path).images[0], name) == pitch
    else:
        assert refused(path) == "BS-E145"


@pytest.mark.parametrize(
    ("name", "values", "code"),
    [
        (f"{SCAN}/low", None, "BS-E141"),
        (f"{SCAN}/air_high", None, "BS-E141"),
        (f"{SCAN}/low", np.ones((20, 23)), "BS-E145"),
        (f"{SCAN}/low", np.ones((15, 24)), "BS-E145"),
        (f"{SCAN}/low", np.ones((20, 24, 2)), "BS-E145"),
        (f"{SCAN}/low", np.full((20, 24), -1.0), "BS-E145"),
        (f"{SCAN}/high", np.full((20, 24), np.nan), "BS-E145"),
        (f"{SCAN}/high", np.full((20, 24), 2e12), "BS-E145"),
        (f"{SCAN}/air_low", np.ones(23), "BS-E145"),
        (f"{SCAN}/air_low", np.zeros(24), "BS-E145"),
        (f"{SCAN}/air_low", np.full(24, np.inf), "BS-E145"),
        ("calibrations/c1/log_low", None, "BS-E141"),
        ("calibrations/c1/log_low", np.ones(19), "BS-E145"),
        ("calibrations/c1/soft_g_cm2", np.full(20, np.nan), "BS-E145"),
    ],
)
def test_arrays_that_are_no_frames_are_refused(path, name, values, code):
    put(path, name, values)
    assert refused(path) == code


def test_frames_in_another_file_are_refused(path, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["low"] = np.ones((20, 24))
    with h5py.File(path, "a") as file:
        del file[f"{SCAN}/low"]
        file[f"{SCAN}/low"] = h5py.ExternalLink("other.h5", "/low")
    assert refused(path) == "BS-E143"


def test_a_frame_that_claims_more_than_it_stores_is_refused(path):
    with h5py.File(path, "a") as file:
        del file[f"{SCAN}/low"]
        file[SCAN].create_dataset("low", shape=(4000, 4000), dtype="<u4", chunks=(100, 100))
    assert refused(path) == "BS-E144"


@pytest.mark.parametrize("site", ["L1-L4", "femur", "elbow"])
def test_scans_of_other_names_are_refused(path, site):
    with h5py.File(path, "a") as file:
        file.move(SCAN, f"scans/{site}")
    assert refused(path) == "BS-E145"


def test_no_scan_and_no_group_are_refused(path):
    put(path, SCAN, None)
    assert refused(path) == "BS-E141"


def test_too_many_calibrations_are_refused(path):
    with h5py.File(path, "a") as file:
        for i in range(17):
            file.copy("calibrations/c1", file["calibrations"], name=f"d{i}")
    assert refused(path) == "BS-E144"


def test_a_check_needs_both_readings(path):
    change(path, "calibrations/c1", check_mineral_g_cm2=1.0)
    with h5py.File(path, "a") as file:
        file["calibrations/c1/check_log_low"] = np.ones(3)
    assert refused(path) == "BS-E145"


def test_an_exam_before_birth_is_refused(path):
    change(path, "subject", birth_date="2030-01-01")
    change(path, "/", acquired_at="2026-03-04T09:10:11+08:00")
    assert refused(path) == "BS-E118"


def test_mutations_end_in_a_scan_or_a_refusal(path):
    data = path.read_bytes()
    rng = np.random.default_rng(20260304)
    codes = set()
    for _ in range(150):
        changed = bytearray(data)
        for at in rng.integers(0, len(data), rng.integers(1, 4)):
            changed[at] = rng.integers(0, 256)
        path.write_bytes(bytes(changed))
        try:
            scan = open_dual_energy(path)
            scan.counts.counts(scan.images[0].site)
            codes.add("read")
        except UnusableScan as verdict:
            codes.add(verdict.code)
    assert "read" in codes
    assert len(codes) > 1, "no change did any harm"
