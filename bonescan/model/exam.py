"""Who was examined, when, and with which device, as one file says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The person as written in the file; None = the file does not say."""

    patient_id: str | None = None  # text, leading zeros kept
    issuer: str | None = None
    name: str | None = None
    sex: str | None = None  # "F" or "M"; anything else is None with a flag
    birth_date: date | None = None
    stated_age_years: float | None = None  # as printed (DICOM PatientAge), whole years mostly
    height_cm: float | None = None
    weight_kg: float | None = None
    prepregnancy_weight_kg: float | None = None
    gestation_days: float | None = None
    postpartum_days: float | None = None
    menopausal_status: str | None = None  # a word of MenopausalStatus
    pregnancy_status_code: int | None = None  # (0010,21C0): 1 no, 2 possibly, 3 yes, 4 unknown
    ethnicity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """The device as written in the file."""

    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    software_version: str | None = None
    maker: str | None = None  # canonical: "hologic", "ge", "norland", "echolight", ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """The examination as written in the file."""

    exam_id: str | None = None
    exam_date: date | None = None
    exam_time: str | None = None  # HH:MM:SS
    accession_number: str | None = None
    study_uid: str | None = None
    series_uid: str | None = None
    sop_instance_uid: str | None = None
    operator: str | None = None
    indication: str | None = None
    simulated: bool | None = None  # None: the file does not say
