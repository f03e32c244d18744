"""Who was examined, when and by which device, from a DICOM header.

What can't be true is left unknown with a flag; only an exam before birth
refuses the file.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from bonescan.errors import UnusableScan
from bonescan.model.exam import Device, Exam, Subject
from bonescan.model.header import DicomItem, Tag

from . import tags

EARLIEST_YEAR = 1880
LATEST_YEAR = 2200
HEIGHT_M = (0.3, 2.6)
WEIGHT_KG = (1.0, 400.0)
MAX_AGE_YEARS = 125.0
DAYS_A_YEAR = 365.25
AGE_SLACK_YEARS = 1.5  # whole years, and birth dates set to 1 January by pseudonymisers
LOST_LETTER = "\ufffd"  # what an unreadable byte becomes
PREGNANCY_CODES = (1, 2, 3, 4)  # DICOM CP-2447: no, possibly, definitely, unknown

OWN_CREATOR = "BONESCAN"  # of files that `bonescan simulate` wrote

UID_TAGS = (tags.SOP_CLASS_UID, tags.SOP_INSTANCE_UID, tags.STUDY_UID, tags.SERIES_UID)
_UID = re.compile(r"[0-9.]{1,64}")
_DATE = re.compile(r"(\d{4})[.\-/]?(\d{2})[.\-/]?(\d{2})")
_TIME = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2})?(\.\d*)?")
_AGE = re.compile(r"(\d{1,3})([DWMY])")
_DAYS = {"D": 1.0, "W": 7.0, "M": DAYS_A_YEAR / 12, "Y": DAYS_A_YEAR}

_WHEN = (
    (tags.ACQUISITION_DATE, tags.ACQUISITION_TIME),
    (tags.STUDY_DATE, tags.STUDY_TIME),
    (tags.SERIES_DATE, tags.SERIES_TIME),
    (tags.CONTENT_DATE, tags.CONTENT_TIME),
)


def check_identifiers(header: DicomItem, path: Path) -> None:
    """Refuse UIDs that are none; file names are never made of them."""
    for tag in UID_TAGS:
        value = header.get(tag)
        if value is None:
            continue
        if not isinstance(value, str) or not _UID.fullmatch(value):
            raise UnusableScan("BS-E117", f"found a damaged {_label(header, tag)}.", file=path)


def read_subject(header: DicomItem, flags: list[str]) -> Subject:
    """Take the person as the header gives it."""
    height_m = _number(header, tags.SIZE, HEIGHT_M, "height_implausible", flags)
    pregnancy = header.get(tags.PREGNANCY_STATUS)
    return Subject(
        patient_id=_readable_id(header, tags.PATIENT_ID, flags),
        issuer=_readable_id(header, tags.ISSUER_OF_PATIENT_ID, flags),
        name=(header.text(tags.PATIENT_NAME) or "").rstrip("=^ ") or None,
        sex=_sex(header, flags),
        birth_date=_date(header, tags.BIRTH_DATE, "birth_date_unreadable", flags),
        stated_age_years=_stated_age(header.text(tags.AGE), flags),
        height_cm=None if height_m is None else round(height_m * 100, 6),
        weight_kg=_number(header, tags.WEIGHT, WEIGHT_KG, "weight_implausible", flags),
        pregnancy_status_code=pregnancy if pregnancy in PREGNANCY_CODES else None,
        ethnicity=header.text(tags.ETHNIC_GROUP),
    )


def _readable_id(header: DicomItem, tag: Tag, flags: list[str]) -> str | None:
    """Take a number as nobody's when letters of it are lost: two such may look like one person."""
    text = header.text(tag)
    if text is not None and LOST_LETTER in text:
        flags.append("charset_undecodable")
        return None
    return text


def read_device(header: DicomItem, maker: str | None) -> Device:
    """Take the device as the header gives it."""
    return Device(
        manufacturer=header.text(tags.MANUFACTURER),
        model=header.text(tags.MODEL_NAME),
        serial=header.text(tags.SERIAL_NUMBER),
        software_version=header.text(tags.SOFTWARE_VERSIONS),
        maker=maker,
    )


def read_exam(header: DicomItem, flags: list[str]) -> Exam:
    """Take date, time and identifiers; the time inside a UID is that of the export."""
    day, clock = _when(header, flags)
    return Exam(
        exam_date=day,
        exam_time=clock,
        accession_number=header.text(tags.ACCESSION_NUMBER),
        study_uid=header.text(tags.STUDY_UID),
        series_uid=header.text(tags.SERIES_UID),
        sop_instance_uid=header.text(tags.SOP_INSTANCE_UID),
        operator=header.text(tags.OPERATORS_NAME),
        indication=header.text(tags.REASON_FOR_PROCEDURE) or header.text(tags.ADMITTING_DIAGNOSES),
        simulated=True if _says_simulated(header) else None,
    )


def _says_simulated(header: DicomItem) -> bool:
    """Whether our own private element says that nobody was examined."""
    return any(
        isinstance(e.value, str) and e.value.startswith("SIMULATED")
        for e in header.private((OWN_CREATOR,))
    )


def check_life(subject: Subject, exam: Exam, flags: list[str], path: Path) -> None:
    """Refuse an exam before birth; flag an age that the dates contradict."""
    born, seen = subject.birth_date, exam.exam_date
    if born is None or seen is None:
        return
    if seen < born:
        raise UnusableScan(
            "BS-E118",
            f"found the exam on {seen} before (0010,0030) PatientBirthDate {born}.",
            file=path,
        )
    age = (seen - born).days / DAYS_A_YEAR
    stated = subject.stated_age_years
    if age > MAX_AGE_YEARS:
        flags.append("age_implausible")
    if stated is not None and abs(age - stated) > AGE_SLACK_YEARS:
        flags.append("age_contradicts_birth_date")


def _label(header: DicomItem, tag: Tag) -> str:
    return f"({tag[0]:04X},{tag[1]:04X}) {header.elements[tag].keyword}"


def _number(
    header: DicomItem, tag: Tag, limits: tuple[float, float], flag: str, flags: list[str]
) -> float | None:
    value = header.get(tag)
    if value is None:
        return None
    if isinstance(value, int | float) and limits[0] <= value <= limits[1]:
        return float(value)
    if value != 0:  # consoles write 0 for not measured
        flags.append(flag)
    return None


def _sex(header: DicomItem, flags: list[str]) -> str | None:
    word = (header.text(tags.SEX) or "").upper()
    if word in {"F", "M"}:
        return word
    if word:
        flags.append("sex_not_f_or_m")
    return None


def _date(header: DicomItem, tag: Tag, flag: str, flags: list[str]) -> date | None:
    text = header.text(tag)
    if text is None:
        return None
    found = parse_date(text)
    if found is None:
        flags.append(flag)
    return found


def parse_date(text: str) -> date | None:
    """Read a DICOM date; Minguo years and other forms are not guessed.

    >>> parse_date("20150202"), parse_date("2015.02.02"), parse_date("1040202")
    (datetime.date(2015, 2, 2), datetime.date(2015, 2, 2), None)
    """
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day = (int(part) for part in match.groups())
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _when(header: DicomItem, flags: list[str]) -> tuple[date | None, str | None]:
    for date_tag, time_tag in _WHEN:
        if header.text(date_tag) is None:
            continue
        day = _date(header, date_tag, "exam_date_unreadable", flags)
        if day is not None:
            return day, _clock(header.text(time_tag))
    return None, None


def _clock(text: str | None) -> str | None:
    match = _TIME.fullmatch(text or "")
    if match is None:
        return None
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    if hour > 23 or minute > 59 or second > 60:  # noqa: PLR2004 - a clock
        return None
    return f"{hour:02d}:{minute:02d}:{second:02d}"


def _stated_age(text: str | None, flags: list[str]) -> float | None:
    match = _AGE.fullmatch((text or "").upper())
    if match is None:
        if text:
            flags.append("age_unreadable")
        return None
    years = int(match[1]) * _DAYS[match[2]] / DAYS_A_YEAR
    if years > MAX_AGE_YEARS:
        flags.append("age_implausible")
        return None
    return years
