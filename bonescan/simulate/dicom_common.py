"""What all simulated DICOM files share: identity, device, and that they are simulated."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from .people import VirtualPerson

SAYS_SIMULATED = (
    "SIMULATED by bonescan simulate scans: a virtual person, no patient, no device of the named "
    "maker. Not for clinical use."
)
PRIVATE_CREATOR = "BONESCAN"
IMPLEMENTATION_UID = "2.25.204513370386331268218893022466414373717"
IMPLEMENTATION_NAME = "BONESCAN_SIM_1"  # not the library's: its version must not move the bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DicomExam:
    """Who was examined, when, and with what, in DICOM's words."""

    person: VirtualPerson
    patient_id: str
    issuer: str
    name: str  # person name, with ideographs behind "="
    birth_date: date
    exam_date: date
    exam_time: str  # HHMMSS
    manufacturer: str
    model: str
    serial: str
    software: str
    operator: str
    seed: int

    def uid(self, *parts: object) -> UID:
        """Make a UID that depends on nothing but the seed, the person, the day and `parts`."""
        text = "|".join(map(str, (self.seed, self.patient_id, self.exam_date, *parts)))
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:15], "big")
        return UID(f"2.25.{number}")

    @property
    def age_text(self) -> str:
        """Whole years, as DICOM writes them."""
        return f"{int(self.person.age_years):03d}Y"


def base_dataset(exam: DicomExam, sop_class: str, modality: str, name: str) -> Dataset:
    """Begin a file: patient, study, series and device."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    day = f"{exam.exam_date:%Y%m%d}"
    ds.SOPClassUID, ds.SOPInstanceUID = UID(sop_class), exam.uid("instance", name)
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = ds.AcquisitionDate = day
    ds.StudyTime = ds.SeriesTime = ds.ContentTime = ds.AcquisitionTime = exam.exam_time
    ds.AccessionNumber = f"S{exam.patient_id}{exam.exam_date:%m%d}"
    ds.Modality, ds.Manufacturer, ds.ManufacturerModelName = modality, exam.manufacturer, exam.model
    ds.ReferringPhysicianName = ""
    ds.StudyDescription = "DXA Exam (SIMULATED)"
    ds.OperatorsName = exam.operator
    ds.PatientName, ds.PatientID, ds.IssuerOfPatientID = exam.name, exam.patient_id, exam.issuer
    ds.PatientBirthDate = f"{exam.birth_date:%Y%m%d}"
    ds.PatientSex, ds.PatientAge = exam.person.sex, exam.age_text
    ds.PatientSize = f"{exam.person.height_cm / 100:.2f}"
    ds.PatientWeight = f"{exam.person.weight_kg:.1f}"
    ds.PatientComments = SAYS_SIMULATED
    ds.DeviceSerialNumber, ds.SoftwareVersions = exam.serial, exam.software
    ds.StudyInstanceUID = exam.uid("study", exam.serial)
    ds.SeriesInstanceUID = exam.uid("series", exam.serial, modality, sop_class)
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = "1", 1, 1
    block = ds.private_block(0x0099, PRIVATE_CREATOR, create=True)
    block.add_new(0x01, "LT", SAYS_SIMULATED)
    return ds


def dicom_bytes(ds: Dataset) -> bytes:
    """Encode a file; the same data set gives the same bytes with any version of pydicom 3."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_NAME
    ds.file_meta = meta
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, ds, enforce_file_format=True)
    return buffer.getvalue()


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, and its folder where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def grey_pixels(ds: Dataset, image: object) -> None:
    """Add an 8-bit picture (row, column)."""
    import numpy as np

    pixels = np.ascontiguousarray(image, dtype=np.uint8)
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = (int(n) for n in pixels.shape)
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit, ds.PixelRepresentation = 7, 0
    raw = pixels.tobytes()
    ds.add_new("PixelData", "OB", raw + b"\x00" * (len(raw) % 2))
