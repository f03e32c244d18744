"""A densitometry object without its person: the picture cleaned, the numbers as a new report.

Nothing is edited in place. A data set is made anew from the parsed header by the
table of actions, and a report from the measurements alone, so that no text of
the file can pass by being overlooked.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from bonescan.dxa.picture_text import may_hold_text
from bonescan.files.deidentify_actions import AttributeRule, attribute_rules
from bonescan.model.header import DicomElement
from bonescan.model.measurement import Measurement
from bonescan.model.outcome import Outcome
from bonescan.model.scan import DxaScan
from bonescan.simulate import sr_items
from bonescan.simulate.sr_items import CM2, G_CM2, GRAM, Code, code_item, container, number

from .disguise import CODE_MEANINGS, CODE_PIXELS, METHOD, Disguise, maker_word, model_word

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

IMPLEMENTATION_UID = "2.25.93371946262541867098250946531174036155"
IMPLEMENTATION_NAME = "BONESCAN_DEID_1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
SCHEME = "99BONESCAN"
LATEST_LETTERS = 16  # of a DICOM decimal string
DAYS_PER_YEAR = 365.25
# PS3.3 type 2: there even when unknown, and then empty
REQUIRED = (
    "StudyDate", "StudyTime", "AccessionNumber", "StudyID", "SeriesNumber", "InstanceNumber",
    "ReferringPhysicianName", "PatientBirthDate", "PatientSex",
)  # fmt: skip
SAMPLES = (0x0028, 0x0002)
STORED, HIGH, SIGNED = (0x0028, 0x0101), (0x0028, 0x0102), (0x0028, 0x0103)
FRAMES, PHOTOMETRIC, BURNED_IN = (0x0028, 0x0008), (0x0028, 0x0004), (0x0028, 0x0301)
_AGE = re.compile(r"\d{3}[DWMY]")
_BOX = {name: re.compile(rf'Image{name}\s*=\s*"(\d{{1,5}})"') for name in
        ("XPos", "YPos", "XSize", "YSize")}  # fmt: skip
# words of printed references; a text with any other word is not kept
_REFERENCES = """
nhanes iii 1 2 3 usa us ap spine femur hip total body lumbar neck white black asian hispanic
caucasian female male females males hologic ge lunar norland japan japanese china chinese korea
korean taiwan population reference bmd database normative data v 2008 1998 2012 bmdcs vs combined
t z score source
"""
_REFERENCE_WORDS = frozenset(_REFERENCES.split())


class NotClean(Exception):  # noqa: N818 - a verdict on a picture, not a fault
    """A picture that is left out, with the code that says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Who a file is about, in disguise."""

    pseudonym: str
    day: date | None


def clean_picture(scan: DxaScan, who: Patient, disguise: Disguise) -> bytes:
    """Write the picture of a scan with a header made by the table.

    Raises
    ------
    NotClean
        Text may stand in it, or it has a form that is not cleaned.
    UnusableScan
        Its pixels can't be read.
    """
    from pydicom.uid import UID

    if UID(scan.sop_class_uid or "").type != "SOP Class":
        raise NotClean("BS-W463")
    pixels = _clean_pixels(scan)
    data = _header(scan, who, disguise)
    data.SOPClassUID = scan.sop_class_uid
    data.SOPInstanceUID = disguise.uid(scan.exam.sop_instance_uid or who.pseudonym)
    data.Rows, data.Columns = (int(n) for n in pixels.shape)
    data.SamplesPerPixel, data.PixelRepresentation = 1, 0
    data.PhotometricInterpretation = scan.header.text(PHOTOMETRIC)
    bits = 8 * pixels.dtype.itemsize
    data.BitsAllocated = bits
    stored = int(scan.header.get(STORED) or bits)
    data.BitsStored, data.HighBit = stored, stored - 1
    data.BurnedInAnnotation = data.RecognizableVisualFeatures = "NO"
    _put_method(data, disguise, (*disguise.codes, CODE_PIXELS))
    raw = pixels.tobytes()
    data.add_new("PixelData", "OB" if bits == 8 else "OW", raw + b"\0" * (len(raw) % 2))  # noqa: PLR2004
    return _bytes(data)


def report_numbers(scan: DxaScan, outcome: Outcome, who: Patient, disguise: Disguise) -> bytes:
    """Write what was measured as a structured report of numbers and our own words."""
    from pydicom.uid import EnhancedSRStorage

    data = _header(scan, who, disguise)
    for name in [e.keyword for e in data if e.tag.group == 0x0028 or e.keyword == "ImageType"]:  # noqa: PLR2004
        delattr(data, name)
    data.SOPClassUID = EnhancedSRStorage
    own = scan.exam.sop_instance_uid or who.pseudonym
    data.SOPInstanceUID = disguise.uid(f"{own}/numbers")
    data.SeriesInstanceUID = disguise.uid(f"{scan.exam.series_uid or own}/numbers")
    data.Modality, data.SeriesDescription = "SR", "DXA Report"
    regions = [_region(m) for m in outcome.measurements]
    sr_items.put_root(data, container(None, Code("1000", SCHEME, "DXA Report"), regions), None)
    _put_method(data, disguise, disguise.codes)
    return _bytes(data)


def _region(found: Measurement) -> Dataset:
    values = []
    for code, name, value, unit in (
        ("2001", "BMD", found.bmd_g_cm2, G_CM2),
        ("2002", "BMC", found.bmc_g, GRAM),
        ("2003", "AREA", found.area_cm2, CM2),
    ):
        if value is not None:
            values.append(number(Code(code, SCHEME, name), _decimal(value), unit))
    for code, name, score in (
        ("2004", "BMD_TSCORE", found.reported_t_score),
        ("2005", "BMD_ZSCORE", found.reported_z_score),
    ):
        if score is not None:
            values.append(sr_items.text("CONTAINS", Code(code, SCHEME, name), _decimal(score)))
    reference = _known_reference(found.reported_reference)
    if reference:
        concept = Code("2006", SCHEME, "T-score reference population")
        values.append(sr_items.text("CONTAINS", concept, reference))
    return container("CONTAINS", Code("2000", SCHEME, found.site), values)


def _decimal(value: float) -> str:
    text = repr(float(value))
    return text if len(text) <= LATEST_LETTERS else f"{value:.9g}"


def _known_reference(text: str | None) -> str:
    """Keep a reference that is made of known words only."""
    words = re.findall(r"\w+", (text or "").lower())
    return " ".join((text or "").split()) if words and set(words) <= _REFERENCE_WORDS else ""


# ------------------------------------------------------------------ header


def _header(scan: DxaScan, who: Patient, disguise: Disguise) -> Dataset:
    """Make a data set of what the table keeps."""
    from pydicom.dataset import Dataset

    data = Dataset()
    for tag, rule in attribute_rules().items():
        element = scan.header.elements.get(tag)
        if element is None:
            continue
        action = rule.action(
            longitudinal=disguise.longitudinal, characteristics=disguise.characteristics
        )
        value = _new_value(action, element, rule, who, disguise)
        if value is not None:
            setattr(data, rule.keyword, value)
    _put_words(data, scan)
    for keyword in REQUIRED:
        if keyword not in data:
            setattr(data, keyword, None)
    _put_age(data, scan, disguise)
    data.PatientName = data.PatientID = who.pseudonym
    if who.day is not None:
        data.StudyDate = data.ContentDate = who.day.strftime("%Y%m%d")
    return data


def _put_age(data: Dataset, scan: DxaScan, disguise: Disguise) -> None:
    """State the age in whole years where the birth date, which goes, was all that told it."""
    born, day = scan.subject.birth_date, scan.exam.exam_date
    if disguise.characteristics and "PatientAge" not in data and born and day and born <= day:
        data.PatientAge = f"{int((day - born).days / DAYS_PER_YEAR):03d}Y"


def _new_value(
    action: str, element: DicomElement, rule: AttributeRule, who: Patient, disguise: Disguise
) -> Any:
    """Give the value to write; "" for an empty one, None for none."""
    if action == "Z":
        return None if element.vr == "IS" else ""
    if action == "P":
        return who.pseudonym
    if action == "K":
        return _kept(element, rule.form)
    text = str(element.value or "").strip()
    if action == "U":
        return disguise.uid(text) if text else None
    if action == "H":
        return disguise.word(rule.keyword, text) if text else ""
    if action == "S" and re.fullmatch(r"\d{8}", text):
        return _moved(text, who, disguise)
    return None


def _moved(text: str, who: Patient, disguise: Disguise) -> str | None:
    try:
        day = disguise.day(date(int(text[:4]), int(text[4:6]), int(text[6:])), who.pseudonym)
    except (ValueError, OverflowError):
        return None
    return None if day is None else day.strftime("%Y%m%d")


def _kept(element: DicomElement, form: str) -> Any:
    """Write a value anew if it has the form; None if it hasn't."""
    kind, *limits = form.split()
    values = element.value if isinstance(element.value, tuple) else (element.value,)
    if kind == "number":
        low, high = (float(n) for n in limits)
        numbers = [_plain(v, low, high) for v in values]
        if not numbers or None in numbers:
            return None
        return numbers if len(numbers) > 1 else numbers[0]
    words = [str(v).strip() for v in values if v is not None]
    if kind == "words" and words and set(words) <= set(limits):
        return words if len(words) > 1 else words[0]
    if kind == "age" and len(words) == 1 and _AGE.fullmatch(words[0]):
        return words[0]
    return None


def _plain(value: Any, low: float, high: float) -> float | int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value) or not low <= value <= high:
        return None
    return value if isinstance(value, int) else float(f"{value:.6g}")


def _put_words(data: Dataset, scan: DxaScan) -> None:
    """Say device and region in words of ours."""
    data.SpecificCharacterSet = "ISO_IR 192"
    data.Manufacturer = maker_word(scan.device)
    data.ManufacturerModelName = model_word(scan.device)
    data.StudyDescription, data.SeriesDescription = "DXA Exam", "DXA Images"
    data.ProtocolName = _PROTOCOLS.get(scan.site or "", scan.site or "")


_PROTOCOLS = {  # words that the reader takes back as the region they came from
    "lumbar-spine": "AP Spine", "femur-left": "Left Femur", "femur-right": "Right Femur",
    "dual-femur": "DualFemur", "total-body": "Total Body", "lateral-spine": "Lateral Spine",
    "forearm-left": "Left Forearm", "forearm-right": "Right Forearm",
}  # fmt: skip


def _put_method(data: Dataset, disguise: Disguise, codes: Sequence[str]) -> None:
    from pydicom.sequence import Sequence as DicomSequence

    data.PatientIdentityRemoved = "YES"
    data.DeidentificationMethod = METHOD
    data.DeidentificationMethodCodeSequence = DicomSequence(
        [code_item(Code(code, "DCM", CODE_MEANINGS[code])) for code in codes]
    )
    data.LongitudinalTemporalInformationModified = (
        "MODIFIED" if disguise.longitudinal else "REMOVED"
    )


def _bytes(data: Dataset) -> bytes:
    """Encode a file; the same data set gives the same bytes."""
    import pydicom
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = data.SOPClassUID
    meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_NAME
    data.file_meta = meta
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, data, enforce_file_format=True)
    return buffer.getvalue()


# ------------------------------------------------------------------ pixels


def _clean_pixels(scan: DxaScan) -> NDArray[Any]:
    """Give the pixels with everything outside the picture black, or refuse."""
    import numpy as np

    header = scan.header
    if scan.pixels is None or scan.image is None or not _is_plain_form(scan):
        raise NotClean("BS-W463")
    box = _stated_box(scan)
    captured = (scan.sop_class_uid or "").startswith(SECONDARY_CAPTURE)
    says_text = (header.text(BURNED_IN) or "").upper() == "YES"
    if box is None and (captured or says_text):
        raise NotClean("BS-W462")
    pixels = scan.pixels.pixels()
    if pixels.dtype.kind != "u" or pixels.shape != (scan.image.n_rows, scan.image.n_columns):
        raise NotClean("BS-W463")
    bits = int(header.get(STORED) or 0)
    clean = np.zeros_like(pixels)
    place = box or (slice(None), slice(None))
    # bits above the stored ones may hold an overlay
    clean[place] = pixels[place] & ((1 << bits) - 1)
    if may_hold_text(clean[place]):
        raise NotClean("BS-W462")
    return clean


def _is_plain_form(scan: DxaScan) -> bool:
    header = scan.header
    stored = header.get(STORED)
    return (
        header.get(SAMPLES) == 1
        and header.get(FRAMES) in (None, 1)
        and (header.text(PHOTOMETRIC) or "") in {"MONOCHROME1", "MONOCHROME2"}
        and header.get(SIGNED) == 0
        and isinstance(stored, int)
        and 1 <= stored <= 16  # noqa: PLR2004 - bits
        and header.get(HIGH) == stored - 1
    )


def _stated_box(scan: DxaScan) -> tuple[slice, slice] | None:
    """Give rows and columns of the scan within a Hologic capture, as its block states them."""
    if scan.image is None:
        return None
    texts = [str(e.value) for e in scan.header.private(("HOLOGIC",)) if isinstance(e.value, str)]
    found = {n: p.search(t) for t in texts for n, p in _BOX.items() if p.search(t)}
    if len(found) < len(_BOX):
        return None
    left, top, width, height = (int(m[1]) for n in _BOX if (m := found[n]) is not None)
    inside = left + width <= scan.image.n_columns and top + height <= scan.image.n_rows
    if not inside or not width or not height:
        return None
    return slice(top, top + height), slice(left, left + width)
