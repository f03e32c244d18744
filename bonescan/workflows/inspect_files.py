"""What a file is: container, carrier, header, quality, and why it would be refused."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bonescan.errors import BonescanError, SetAside, UnusableScan, UsageError
from bonescan.files.archive import is_archive
from bonescan.model.dual_energy import DualEnergyScan
from bonescan.model.outcome import Outcome, Problem
from bonescan.model.scan import DeviceResults, DxaScan, RfScan, RfSite, Scan
from bonescan.model.vocabulary import OutcomeKind, Severity
from bonescan.pipeline import measure
from bonescan.read.registry import read_scan
from bonescan.rems.findings import Survey, survey
from bonescan.rems.measure_site import LookedAt, look_at_site
from bonescan.settings import Settings
from bonescan.stats.line_spectrum import peak_and_band

from .collect_inputs import InputFile
from .open_archives import INSIDE, opened

MHZ = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """One file as `inspect` shows it: `data` for machines, problems for both."""

    data: dict[str, Any]
    problems: tuple[Problem, ...]
    readable: bool  # False: refused by the reader


def inspect_files(paths: Sequence[Path], settings: Settings) -> list[Inspected]:
    """Look at each file, whatever it is; an archive is followed by its members.

    Folders among files are passed over, see `folders_among`.

    Raises
    ------
    UsageError
        A path that does not exist, or nothing but folders.
    """
    for path in paths:
        if not path.exists() and not path.is_symlink():
            raise UsageError("BS-E302", f"there is no file {path}, wanted scans to look at.")
    folders = folders_among(paths)
    if len(folders) == len(paths):
        raise UsageError(
            "BS-E302",
            f"found the folder {paths[0]}, wanted files.",
            f"Name its files: bonescan inspect {paths[0]}/*",
        )
    paths = [p for p in paths if p not in folders]
    given = [InputFile(path=p, root=p.parent, file=p.as_posix()) for p in paths]
    if not any(is_archive(p.name) for p in paths):
        return [_inspect(file, None, settings) for file in given]
    with (
        tempfile.TemporaryDirectory(prefix="bonescan-inspect-") as folder,
        opened(given, Path(folder)) as files,
    ):
        return [_inspect(f, f.siblings if INSIDE in f.file else None, settings) for f in files]


def folders_among(paths: Sequence[Path]) -> list[Path]:
    """Find the folders among what was named, as by ``FOLDER/*``."""
    return [path for path in paths if path.is_dir()]


def _inspect(file: InputFile, siblings: frozenset[str] | None, settings: Settings) -> Inspected:
    path, label = file.path, file.file
    if file.verdict is not None:
        return _settled(label, file.verdict)
    outcome = measure(path, settings, siblings)
    data: dict[str, Any] = {
        "file": label,
        "format": outcome.format_name or None,
        "carrier": outcome.carrier or None,
        "site": outcome.site or None,
        "outcome": str(outcome.kind),
        "code": outcome.code or None,
        "reason": outcome.reason or None,
        "hint": outcome.hint or None,
        "n_results": sum(len(e.measurements) for e in outcome.exams),
    }
    problems = [replace(p, file=label) for p in outcome.problems]
    try:
        scan: Scan | None = read_scan(path, settings.read, siblings)
    except (UnusableScan, SetAside):
        scan = None
    if outcome.code and outcome.kind not in {OutcomeKind.REPORTED, OutcomeKind.MEASURED}:
        problems.insert(0, _problem(label, outcome))
    if isinstance(scan, DeviceResults):
        data["n_exams"] = len(outcome.parts)
    elif scan is not None:
        data |= _header(scan)
        data |= _contents(scan)
        data["details"] = dict(outcome.details)
    refused = scan is None and outcome.kind == OutcomeKind.UNUSABLE
    return Inspected(data=data, problems=tuple(problems), readable=not refused)


def _settled(label: str, verdict: Outcome) -> Inspected:
    """Show what needs no reader: an archive itself, or a member without bytes."""
    data: dict[str, Any] = {
        "file": label,
        "format": verdict.format_name or None,
        "carrier": None,
        "site": None,
        "outcome": str(verdict.kind),
        "code": verdict.code,
        "reason": verdict.reason,
        "hint": verdict.hint or None,
        "n_results": 0,
    }
    problems = (_problem(label, verdict), *(replace(p, file=label) for p in verdict.problems))
    return Inspected(
        data=data, problems=problems, readable=verdict.kind is not OutcomeKind.UNUSABLE
    )


def _problem(label: str, outcome: Outcome) -> Problem:
    severity = {
        OutcomeKind.UNUSABLE: Severity.ERROR,
        OutcomeKind.NEEDS_REVIEW: Severity.WARNING,
    }.get(outcome.kind, Severity.NOTE)
    return Problem(
        code=outcome.code,
        severity=severity,
        file=label,
        reason=outcome.reason,
        hint=outcome.hint,
    )


def _contents(scan: DxaScan | RfScan | DualEnergyScan) -> dict[str, Any]:
    match scan:
        case DxaScan():
            return _image(scan)
        case RfScan():
            return {"sites": _rf_sites(scan)}
        case DualEnergyScan():
            return {"sites": _dual_sites(scan)}


def _dual_sites(scan: DualEnergyScan) -> dict[str, dict[str, Any]]:
    return {
        image.site: {
            "rows": image.n_rows,
            "columns": image.n_columns,
            "pixel_pitch_column_row_mm": [image.pixel_width_mm, image.pixel_height_mm],
            "protocol": image.protocol,
            "calibration_id": image.calibration_id,
        }
        for image in scan.images
    }


def _header(scan: DxaScan | RfScan | DualEnergyScan) -> dict[str, Any]:
    """Show device, day and person, without name and number."""
    day = scan.exam.exam_date
    return {
        "format": scan.source.format_name,
        "manufacturer": scan.device.manufacturer,
        "device_model": scan.device.model,
        "device_serial": scan.device.serial,
        "software_version": scan.device.software_version,
        "exam_date": day.isoformat() if day else None,
        "has_patient_id": scan.subject.patient_id is not None,
        "sex": scan.subject.sex,
        "simulated": scan.exam.simulated,
        "flags": list(scan.flags),
    }


def _image(scan: DxaScan) -> dict[str, Any]:
    data: dict[str, Any] = {
        "modality": scan.modality,
        "sop_class_uid": scan.sop_class_uid,
        "protocol": scan.protocol,
        "findings": list(scan.findings),
    }
    if scan.image is None:
        return data
    pitch = scan.image.pixel_pitch_mm
    return data | {
        "rows": scan.image.n_rows,
        "columns": scan.image.n_columns,
        "pixel_pitch_mm": round((pitch[0] + pitch[1]) / 2.0, 3) if pitch else None,
        "pixel_pitch_column_row_mm": [round(p, 4) for p in pitch] if pitch else None,
        "pixel_pitch_source": scan.image.pitch_source,
    }


def _rf_sites(scan: RfScan) -> dict[str, dict[str, Any]]:
    return {site.site: _rf_site(scan, site) for site in scan.sites}


def _rf_site(scan: RfScan, site: RfSite) -> dict[str, Any]:
    spectra = site.spectra
    data: dict[str, Any] = {
        "frames": site.n_frames,
        "lines": site.n_lines,
        "samples": site.n_samples,
        "fs_hz": site.fs_hz,
        "peak_mhz": None,
        "band_mhz": None,
        "surface_depth_mm": None,
        "saturated_percent": None,
        "frames_rejected": None,
        "spectra": None if spectra is None else int(spectra.power.shape[0]),
        "findings": [],
    }
    if not site.has_rf or scan.samples is None:
        return data
    seen = _survey(scan, site)
    if seen is not None:
        data["findings"] = [{"flag": f.flag, "text": f.text} for f in seen.findings]
        data |= _spectrum(seen, site)
    looked = _look(scan, site)
    if looked is not None:
        data |= _surface(looked)
    return data


def _survey(scan: RfScan, site: RfSite) -> Survey | None:
    if scan.samples is None:
        return None
    try:
        return survey(scan.samples.frames(site.site), site)
    except UnusableScan:
        return None  # the outcome says why


def _spectrum(seen: Survey, site: RfSite) -> dict[str, Any]:
    found = peak_and_band(seen.power, site.fs_hz, site.n_samples)
    if found is None:
        return {}
    low, high = found.band_hz
    return {
        "peak_mhz": round(found.peak_hz / MHZ, 3),
        "band_mhz": [round(low / MHZ, 3), round(high / MHZ, 3)],
    }


def _look(scan: RfScan, site: RfSite) -> LookedAt | None:
    if scan.samples is None:
        return None
    try:
        return look_at_site(scan.samples, site)
    except BonescanError:
        return None  # the outcome says why


def _surface(looked: LookedAt) -> dict[str, Any]:
    depth = looked.depth_mm
    rejected = dict(looked.surfaces.rejected)
    if looked.conditioned.n_duplicates:
        rejected["copy of another frame"] = looked.conditioned.n_duplicates
    return {
        "surface_depth_mm": None if depth is None else round(depth, 2),
        "saturated_percent": round(looked.conditioned.saturated_percent, 4),
        "frames_rejected": rejected,
    }
