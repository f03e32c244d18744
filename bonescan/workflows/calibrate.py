"""Make the calibration of a device from a scan of a phantom or plate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonescan.errors import BonescanError, EnvironmentFault, NothingUsable, UsageError
from bonescan.files.calibration import PHANTOM, PLATE, Calibration, write_calibration
from bonescan.model.scan import RfScan, RfSite
from bonescan.provenance import sha256_of_file
from bonescan.read.registry import read_scan
from bonescan.rems.calibrate import Target, system_spectrum
from bonescan.rems.condition import condition
from bonescan.settings import ReadSettings

MHZ = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationRequest:
    """What the user says about the scan and its target; None = not said."""

    kind: str
    attenuation_db_cm_mhz: float | None
    attenuation_exponent: float | None
    backscatter_exponent: float | None
    reflection_1: float | None
    depth_first_m: float | None
    depth_last_m: float | None
    calibration_id: str | None
    site: str | None


def make_calibration(
    scan_file: Path, out: Path, request: CalibrationRequest, read: ReadSettings | None = None
) -> Calibration:
    """Read the scan, take the spectrum of the device, and write the calibration file.

    Raises
    ------
    UsageError
        BS-E364: options that are missing or don't belong to the kind of target.
    NothingUsable
        The scan can't be read or gives no system spectrum.
    EnvironmentFault
        The file can't be written.
    """
    target = _target(request)
    try:
        found = _from_scan(scan_file, request, target, read or ReadSettings())
    except UsageError:
        raise
    except BonescanError as error:
        raise NothingUsable(error.code, error.reason, error.hint, scan_file) from error
    try:
        write_calibration(out, found)
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the calibration can't be written ({error.strerror or error}).", file=out
        ) from error
    return found


def summary(found: Calibration) -> dict[str, Any]:
    """Say what a calibration holds, for machines."""
    peak = int(found.power.argmax())
    spread = found.depth_spread_db
    return {
        "calibration_id": found.calibration_id,
        "kind": found.kind,
        "n_lines": found.n_lines,
        "peak_mhz": round(float(found.frequency_hz[peak]) / MHZ, 3),
        "band_mhz": [round(float(found.frequency_hz[i]) / MHZ, 3) for i in (0, -1)],
        "depth_mm": [
            round(found.depth_first_m * 1000.0, 2),
            round(found.depth_last_m * 1000.0, 2),
        ],
        "depth_spread_db": None if spread is None else round(spread, 2),
        "simulated": found.simulated,
        "device": found.device,
        "device_serial": found.device_serial,
    }


def _target(request: CalibrationRequest) -> Target:
    """Check that everything about the target is said, and nothing about another kind."""
    if request.kind not in {PHANTOM, PLATE}:
        raise UsageError("BS-E364", f"found --kind {request.kind}, wanted phantom or plate.")
    needed = {
        PHANTOM: ("backscatter_exponent", "depth_first_m", "depth_last_m"),
        PLATE: ("reflection_1",),
    }
    for name in ("attenuation_db_cm_mhz", "attenuation_exponent", *needed[request.kind]):
        if getattr(request, name) is None:
            raise UsageError("BS-E364", f"found no {OPTIONS[name]} of the {request.kind}.")
    other = needed[PLATE if request.kind == PHANTOM else PHANTOM]
    for name in other:
        if getattr(request, name) is not None:
            raise UsageError("BS-E364", f"found {OPTIONS[name]}, which no {request.kind} has.")
    return Target(
        kind=request.kind,
        attenuation_db_cm_mhz=float(request.attenuation_db_cm_mhz or 0.0),
        attenuation_exponent=float(request.attenuation_exponent or 0.0),
        backscatter_exponent=request.backscatter_exponent,
        reflection_1=request.reflection_1,
        depth_first_m=request.depth_first_m,
        depth_last_m=request.depth_last_m,
    )


OPTIONS = {
    "attenuation_db_cm_mhz": "--attenuation",
    "attenuation_exponent": "--attenuation-exponent",
    "backscatter_exponent": "--backscatter-exponent",
    "reflection_1": "--reflection",
    "depth_first_m": "--depth-from",
    "depth_last_m": "--depth-to",
}


def _from_scan(
    scan_file: Path, request: CalibrationRequest, target: Target, read: ReadSettings
) -> Calibration:
    scan = read_scan(scan_file, read)
    if not isinstance(scan, RfScan) or scan.samples is None:
        raise NothingUsable("BS-E362", "found no radiofrequency samples.", file=scan_file)
    site = _site(scan, request.site)
    name = request.calibration_id or site.calibration_id
    if name is None:
        raise UsageError(
            "BS-E364", "found no calibration_id in the scan, wanted one in --id.", file=scan_file
        )
    c_m_s = site.c_m_s or read.sound_speed_m_s
    if c_m_s is None:
        raise UsageError("BS-E364", "found no speed of sound in the scan, wanted --sound-speed.")
    conditioned = condition(scan.samples.block(site.site), site)
    found = system_spectrum(conditioned.levelled(), conditioned.railed, site, target, c_m_s)
    day = scan.exam.exam_date
    return Calibration(
        calibration_id=name,
        kind=target.kind,
        frequency_hz=found.frequency_hz,
        power=found.power,
        fs_hz=site.fs_hz,
        window="hann",
        gate_samples=found.gate_samples,
        c_m_s=c_m_s,
        n_lines=found.n_lines,
        depth_first_m=found.depth_first_m,
        depth_last_m=found.depth_last_m,
        depth_spread_db=found.depth_spread_db,
        attenuation_db_cm_mhz=target.attenuation_db_cm_mhz,
        attenuation_exponent=target.attenuation_exponent,
        backscatter_exponent=target.backscatter_exponent,
        reflection_1=target.reflection_1,
        device=scan.device.model,
        device_serial=scan.device.serial,
        acquired_on=day.isoformat() if day else None,
        simulated=scan.exam.simulated,
        scan_sha256=sha256_of_file(scan_file),
    )


def _site(scan: RfScan, name: str | None) -> RfSite:
    with_rf = [s for s in scan.sites if s.has_rf]
    chosen = [s for s in with_rf if name in (None, s.site)]
    if len(chosen) == 1:
        return chosen[0]
    there = ", ".join(s.site for s in with_rf) or "none"
    asked = "one site with samples" if name is None else f"the site {name}"
    raise UsageError("BS-E364", f"found samples of {there}, wanted {asked}: --site.")
