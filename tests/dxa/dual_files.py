"""Dual-energy exams for tests, written once a session."""

from __future__ import annotations

from functools import cache

import numpy as np

from bonescan.files.dual_energy import DualEnergyContent, write_dual_energy
from bonescan.model.exam import Subject
from bonescan.pipeline import measure
from bonescan.settings import Settings
from bonescan.simulate.dxa_frames import count_photons, expected_counts, scan_phantom, true_values
from bonescan.simulate.dxa_hip import HipPose, hip_object
from bonescan.simulate.dxa_spine import SpinePose, phantom_object, spine_object

SPINE_POSE = SpinePose(thickness_cm=19.0, fat_1=0.3, fat_slope_1=0.05, shift_mm=(1.7, -1.1))
HIP_POSE = HipPose(thickness_cm=16.5, fat_1=0.32, fat_slope_1=0.05, shift_mm=(0.7, 1.3))


@cache
def made(what):
    """Make an object and its mean photons."""
    scan = {
        "phantom": lambda: phantom_object((0.9, -0.6)),
        "spine": lambda: spine_object(0.95, SPINE_POSE),
        "left": lambda: hip_object(0.8, "left", HIP_POSE),
        "right": lambda: hip_object(0.7, "right", HIP_POSE),
    }[what]()
    return scan, expected_counts(scan)


def frames(what, seed=1):
    """Count photons of an object."""
    return count_photons(*made(what), np.random.default_rng(seed))


def truth(what):
    """Give the true values of an object."""
    return true_values(made(what)[0])


def content(*scans, calibrations=None, **changes):
    """Put scans into an exam."""
    fields = {
        "subject": Subject(patient_id="0007", sex="F"),
        "scans": scans,
        "calibrations": (scan_phantom(),) if calibrations is None else calibrations,
        "exam_id": "E1",
        "acquired_at": "2026-03-04T09:10:11+08:00",
        "device": "made up",
        "device_serial": "7",
        "simulated": True,
    }
    return DualEnergyContent(**(fields | changes))


def outcome(path, *scans, **changes):
    """Write an exam and take it from bytes to its outcome."""
    write_dual_energy(path, content(*scans, **changes))
    return measure(path, Settings())
