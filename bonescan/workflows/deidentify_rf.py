"""Ultrasound samples or spectra without their person: an RF exam of numbers and our own words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from bonescan.errors import UnusableScan
from bonescan.files.rf_exam import RfExamContent, RfSiteContent, write_rf_exam
from bonescan.model.exam import Subject
from bonescan.model.scan import RfScan, RfSite
from bonescan.model.sites import UNKNOWN_SITE, is_site
from bonescan.model.vocabulary import MenopausalStatus

from .disguise import Disguise

INT16 = np.iinfo(np.int16)
RANGES = {
    "height_cm": (30.0, 260.0),
    "weight_kg": (1.0, 400.0),
    "prepregnancy_weight_kg": (1.0, 400.0),
    "gestation_days": (0.0, 320.0),
    "postpartum_days": (0.0, 3_660.0),
}
_STATUS = frozenset(str(s) for s in MenopausalStatus)
_WINDOWS = frozenset({"hann", "hamming", "rectangular", "blackman", "tukey"})


def write_clean_rf(path: Path, scan: RfScan, person: str, disguise: Disguise) -> None:
    """Write a scan of any RF format as an HDF5 exam without identifiers.

    Raises
    ------
    UnusableScan
        Samples that are no 16-bit integers, or a site of no known name.
    """
    day = disguise.day(scan.exam.exam_date, person)
    exam = scan.exam.exam_id
    serial = scan.device.serial
    content = RfExamContent(
        subject=_subject(scan.subject, person, disguise),
        sites=tuple(_site(scan, site, disguise) for site in scan.sites),
        exam_id=None if exam is None else disguise.word("exam", f"{person} {exam}"),
        acquired_at=None if day is None else day.isoformat(),
        device_serial=None if serial is None else disguise.word("DeviceSerialNumber", serial),
        simulated=scan.exam.simulated,
    )
    write_rf_exam(path, content)
    with h5py.File(path, "r+") as file:
        file.attrs["deidentification_codes"] = ";".join(disguise.codes)


def _subject(subject: Subject, person: str, disguise: Disguise) -> Subject:
    clean = Subject(patient_id=person)
    if not disguise.characteristics:
        return clean
    born = disguise.day(subject.birth_date, person)
    numbers: dict[str, Any] = {
        name: _within(getattr(subject, name), *span) for name, span in RANGES.items()
    }
    status = subject.menopausal_status
    return replace(
        clean,
        sex=subject.sex,
        # the file has no field for an age: the moved month of birth stands for it
        birth_date=None if born is None else date(born.year, born.month, 1),
        menopausal_status=status if status in _STATUS else None,
        **numbers,
    )


def _within(value: float | None, low: float, high: float) -> float | None:
    """Keep a number that can be what it is said to be, and no other."""
    return value if value is not None and low <= value <= high else None


def _site(scan: RfScan, site: RfSite, disguise: Disguise) -> RfSiteContent:
    if not (is_site(site.site) or site.site == UNKNOWN_SITE):
        raise UnusableScan("BS-W465", "found a site of no known name.")
    samples = None
    if site.has_rf and scan.samples is not None:
        block = np.asarray(scan.samples.block(site.site))
        if block.dtype.kind not in "iu" or (
            block.size and (block.min() < INT16.min or block.max() > INT16.max)
        ):
            raise UnusableScan("BS-W465", f"found samples as {block.dtype}.")
        samples = block.astype(np.int16)
    table = site.spectra
    if table is not None:
        window = (table.window or "").lower()
        table = replace(table, window=window if window in _WINDOWS else None, unit=None)
    calibration = site.calibration_id
    return RfSiteContent(
        site=site.site,
        fs_hz=site.fs_hz,
        rf=samples,
        spectra=table,
        f0_hz=site.f0_hz,
        c_m_s=site.c_m_s,
        t0_s=site.t0_s,
        probe_radius_m=site.probe_radius_m,
        line_pitch_m=site.line_pitch_m,
        gain_db=site.gain_db,
        gain_known=site.gain_known,
        focus_m=site.focus_m,
        calibration_id=None if calibration is None else disguise.word("calibration", calibration),
        line_angle_rad=site.line_angle_rad,
        tgc_db=site.tgc_db,
    )
