"""The RF exam as DICOM: Raw Data Storage with a private block of ours; the writer.

DICOM has no class for radiofrequency samples, so they lie in a private block of
the creator "BONESCAN" in group 0029, Modality BDUS. One item of (0029,xx01) is
one site; the reader is `bonescan.read.dicom.raw_rf`. What DICOM has no place
for (gestation, weight before pregnancy, spectra) is not carried: the HDF5 form
is the whole one.

==========  ==  =============================================================
(0029,xx01) SQ  sites; in each item, behind the creator:
(0029,xx10) LO  site, as ``femoral-neck-left``
(0029,xx11) UL  frames, lines, samples
(0029,xx12) FD  fs_hz, and likewise xx13 f0_hz, xx14 c_m_s, xx15 t0_s, xx16
                probe_radius_m, xx17 line_pitch_m, xx18 gain_db, xx1A focus_m
(0029,xx19) CS  gain_known: YES or NO
(0029,xx1B) LO  calibration_id
(0029,xx1C) FD  line_angle_rad (line), xx1D tgc_db (sample)
(0029,xx20) OW  samples: int16, little endian, frame by frame, line by line
(0029,xx02) LO  ``RF 1``: this layout
(0029,xx03) LO  ``SIMULATED: ...`` where nobody was examined
==========  ==  =============================================================
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonescan.provenance import sha256_of_text

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from bonescan.files.rf_exam import RfExamContent, RfSiteContent

CREATOR = "BONESCAN"
GROUP = 0x0029
RAW_DATA_STORAGE = "1.2.840.10008.5.1.4.1.1.66"
WRITER_VERSION = "2.25.166281480331925604873716265114283901467"  # (0008,9123); a new one a layout
# PS3.3 type 2: there even when unknown, and then empty
REQUIRED_EMPTY = (
    "PatientName", "PatientBirthDate", "PatientSex", "PatientID", "ReferringPhysicianName",
    "StudyID", "AccessionNumber", "StudyDate", "StudyTime", "SeriesNumber", "InstanceNumber",
    "Laterality", "Manufacturer",
)  # fmt: skip
MODALITY = "BDUS"
LAYOUT = "RF 1"
SIMULATED = "SIMULATED: nobody was examined"

SITES, LAYOUT_NAME, ORIGIN = 0x01, 0x02, 0x03
SITE, SHAPE, GAIN_KNOWN, CALIBRATION, ANGLES, TGC, SAMPLES = (
    0x10, 0x11, 0x19, 0x1B, 0x1C, 0x1D, 0x20,
)  # fmt: skip
NUMBERS = {
    0x12: "fs_hz", 0x13: "f0_hz", 0x14: "c_m_s", 0x15: "t0_s", 0x16: "probe_radius_m",
    0x17: "line_pitch_m", 0x18: "gain_db", 0x1A: "focus_m",
}  # fmt: skip
CM_PER_M = 100.0


def write_rf_dicom(path: Path, content: RfExamContent) -> None:
    """Write the samples of an RF exam as one DICOM object: the same bytes for the same values.

    Parameters
    ----------
    path : Path
        Replaced when it exists.
    content : RfExamContent
        Every site needs `rf`.

    Raises
    ------
    ValueError
        A site without samples: spectra have no place here.
    """
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

    missing = [s.site for s in content.sites if s.rf is None]
    if missing or not content.sites:
        raise ValueError(f"found no samples of {', '.join(missing) or 'any site'}")
    identity = _identity(content)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(RAW_DATA_STORAGE)
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[identity, "instance"])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset(str(path), Dataset(), file_meta=meta, preamble=bytes(128))
    data.SpecificCharacterSet = "ISO_IR 192"
    data.SOPClassUID = UID(RAW_DATA_STORAGE)
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    data.StudyInstanceUID = generate_uid(entropy_srcs=[identity, "study"])
    data.SeriesInstanceUID = generate_uid(entropy_srcs=[identity, "series"])
    data.Modality = MODALITY
    data.CreatorVersionUID = UID(WRITER_VERSION)
    data.AcquisitionContextSequence = []
    for keyword in REQUIRED_EMPTY:
        setattr(data, keyword, None)
    _put_person(data, content)
    _put_exam(data, content)
    block = data.private_block(GROUP, CREATOR, create=True)
    block.add_new(SITES, "SQ", [_site(Dataset(), site) for site in content.sites])
    block.add_new(LAYOUT_NAME, "LO", LAYOUT)
    if content.simulated:
        block.add_new(ORIGIN, "LO", SIMULATED)
    draft = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    try:
        data.save_as(draft, enforce_file_format=True)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _identity(content: RfExamContent) -> str:
    import hashlib

    samples = hashlib.sha256()
    for site in content.sites:
        samples.update(site.site.encode() + _bytes(site))
    subject = content.subject
    return sha256_of_text(
        samples.hexdigest(), content.exam_id or "", content.acquired_at or "",
        subject.patient_id or "", subject.issuer or "",
    )  # fmt: skip


def _bytes(site: RfSiteContent) -> bytes:
    import numpy as np

    return np.ascontiguousarray(site.rf, dtype="<i2").tobytes()


def _put_person(data: Dataset, content: RfExamContent) -> None:
    person = content.subject
    born = person.birth_date
    values: dict[str, Any] = {
        "PatientID": person.patient_id,
        "IssuerOfPatientID": person.issuer,
        "PatientName": person.name,
        "PatientSex": person.sex,
        "PatientBirthDate": born.strftime("%Y%m%d") if born else None,
        "PatientSize": None if person.height_cm is None else f"{person.height_cm / CM_PER_M:.4f}",
        "PatientWeight": None if person.weight_kg is None else f"{person.weight_kg:.3f}",
        "EthnicGroup": person.ethnicity,
    }
    for keyword, value in values.items():
        if value is not None:
            setattr(data, keyword, value)


def _put_exam(data: Dataset, content: RfExamContent) -> None:
    values: dict[str, Any] = {
        "ManufacturerModelName": content.device,
        "DeviceSerialNumber": content.device_serial,
        "OperatorsName": content.operator,
        "StudyID": None if content.exam_id is None else content.exam_id[:16],
    }
    if content.acquired_at is not None:
        moment = datetime.fromisoformat(content.acquired_at)
        for when in ("Study", "Acquisition", "Content"):
            values[f"{when}Date"] = moment.strftime("%Y%m%d")
            values[f"{when}Time"] = moment.strftime("%H%M%S")
        if moment.tzinfo is not None:
            values["TimezoneOffsetFromUTC"] = moment.strftime("%z")[:5]
    for keyword, value in values.items():
        if value is not None:
            setattr(data, keyword, value)


def _site(item: Dataset, site: RfSiteContent) -> Dataset:
    block = item.private_block(GROUP, CREATOR, create=True)
    block.add_new(SITE, "LO", site.site)
    block.add_new(SHAPE, "UL", [] if site.rf is None else [int(n) for n in site.rf.shape])
    for element, name in NUMBERS.items():
        value = getattr(site, name)
        if value is not None:
            block.add_new(element, "FD", float(value))
    if site.gain_known is not None:
        block.add_new(GAIN_KNOWN, "CS", "YES" if site.gain_known else "NO")
    if site.calibration_id is not None:
        block.add_new(CALIBRATION, "LO", site.calibration_id)
    for element, values in ((ANGLES, site.line_angle_rad), (TGC, site.tgc_db)):
        if values is not None:
            block.add_new(element, "FD", [float(v) for v in values])
    block.add_new(SAMPLES, "OW", _bytes(site))
    return item
