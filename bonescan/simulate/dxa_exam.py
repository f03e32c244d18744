"""Dual-energy exams of virtual people, and of a phantom, with their truth."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import numpy as np

from bonescan.files.dual_energy import DualEnergyContent
from bonescan.model.exam import Subject

from .dxa_frames import DxaObject, count_photons, expected_counts, scan_phantom, true_values
from .dxa_hip import HipPose, hip_object
from .dxa_spine import SpinePose, phantom_object, spine_object

DEVICE, DEVICE_SERIAL = "simulated dual-energy densitometer", "SIM-DXA-1"
DAY = "2025-01-06"
_SPINE_BMD = (1.05, 0.2)  # mean and SD of what the vertebral bodies are made with [g/cm2]
_HIP_BMD = (0.82, 0.14)
_LEAST_BMD = 0.45
_THICKNESS_CM = (18.5, 2.5)
_FAT_1 = (0.27, 0.08)


def dual_energy_exam(number: int, seed: int) -> DualEnergyContent:
    """Make spine and left hip of one virtual person.

    Parameters
    ----------
    number : int
        Which person; another number or seed draws another one.
    seed : int
    """
    rng = np.random.default_rng([seed, number])
    thickness, fat = rng.normal(*_THICKNESS_CM), float(np.clip(rng.normal(*_FAT_1), 0.08, 0.5))
    thickness = float(np.clip(thickness, 13.0, 25.0))
    size = float(np.clip(rng.normal(1.0, 0.03), 0.93, 1.05))
    spine_pose = SpinePose(
        shift_mm=_shift(rng),
        tilt_1=float(rng.normal(0.0, 0.012)),
        bow_mm=float(rng.normal(0.0, 1.0)),
        thickness_cm=thickness,
        fat_1=fat,
        fat_slope_1=float(rng.normal(0.0, 0.04)),
        scale_1=size,
        crest_mm=float(np.clip(rng.normal(0.0, 4.0), -9.0, 9.0)),
    )
    hip_pose = HipPose(
        shift_mm=_shift(rng),
        turn_deg=float(rng.normal(0.0, 2.0)),
        thickness_cm=max(11.0, thickness - 3.0),
        fat_1=min(0.5, fat + 0.04),
        fat_slope_1=float(rng.normal(0.0, 0.04)),
        scale_1=size,
    )
    bone = rng.normal()  # of one person: dense here, dense there
    spine_bmd = max(_LEAST_BMD, _SPINE_BMD[0] + _SPINE_BMD[1] * bone)
    hip_bmd = max(_LEAST_BMD, _HIP_BMD[0] + _HIP_BMD[1] * (0.7 * bone + 0.7 * rng.normal()))
    scans = (
        spine_object(float(spine_bmd), spine_pose),
        hip_object(float(hip_bmd), "left", hip_pose),
    )
    truth: dict[str, float | str] = {f"spine_{k}": v for k, v in _flat(spine_pose).items()}
    truth |= {f"hip_{k}": v for k, v in _flat(hip_pose).items()}
    age = int(rng.integers(50, 80))
    return _content(
        scans,
        rng,
        f"SIM-DXA-{seed}-{number:04d}",
        Subject(
            patient_id=f"SIMDXA{number:04d}",
            issuer="SIM",
            sex="F",
            birth_date=date(date.fromisoformat(DAY).year - age, 3, 1),
        ),
        truth,
    )


def phantom_exam(seed: int) -> DualEnergyContent:
    """Scan the spine phantom."""
    rng = np.random.default_rng([seed, 0])
    shift = (float(rng.uniform(-3.0, 3.0)), float(rng.uniform(-2.0, 2.0)))
    return _content((phantom_object(shift),), rng, f"SIM-ESP-{seed}", Subject(), {})


def _content(
    scans: tuple[DxaObject, ...],
    rng: np.random.Generator,
    exam_id: str,
    subject: Subject,
    truth: dict[str, float | str],
) -> DualEnergyContent:
    for scan in scans:
        truth = {**truth, **true_values(scan)}
    return DualEnergyContent(
        subject=subject,
        scans=tuple(count_photons(scan, expected_counts(scan), rng) for scan in scans),
        calibrations=(scan_phantom(),),
        exam_id=exam_id,
        acquired_at=f"{DAY}T09:00:00+08:00",
        device=DEVICE,
        device_serial=DEVICE_SERIAL,
        operator="SIM",
        simulated=True,
        truth=truth,
    )


def _shift(rng: np.random.Generator) -> tuple[float, float]:
    return float(rng.uniform(-3.0, 3.0)), float(rng.uniform(-3.0, 3.0))


def _flat(pose: SpinePose | HipPose) -> dict[str, float]:
    """Name each number of a pose."""
    found: dict[str, float] = {}
    for name, value in asdict(pose).items():
        if name == "shift_mm":
            found |= {"shift_right_mm": value[0], "shift_down_mm": value[1]}
        else:
            found[name] = float(value)
    return found
