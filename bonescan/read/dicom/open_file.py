"""The guarded reader: one DICOM file from bytes to a densitometry scan.

0. The first bytes alone, where they show that it is no densitometry (`triage`).
1. A regular file, at most as large as the cap, read into memory once.
2. The walk over its structure (`structure`): lengths, depth, counts, syntax.
3. The header, parsed up to the pixels (`parse`).
4. Identifiers, dates, image geometry.
5. Is it densitometry at all (`recognise`)?

Pixels are read later, by `DicomPixels`, after the same checks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bonescan.errors import SetAside, UnusableScan
from bonescan.model.header import DicomItem
from bonescan.model.regions import imaged_region
from bonescan.model.scan import DxaScan, RfScan, Source
from bonescan.settings import ReadSettings

from . import tags
from .image import DicomPixels, check_image, check_image_caps, image_info
from .parse import Parsed, parse_header
from .people import check_identifiers, check_life, read_device, read_exam, read_subject
from .raw_rf import holds_rf, read_raw_rf
from .recognise import Recognition, recognise
from .structure import Structure, check_structure, media_storage_class

FORMAT_NAME = "dicom"
DICOMDIR_CLASS = "1.2.840.10008.1.3.10"
PDF_CLASS = "1.2.840.10008.5.1.4.1.1.104.1"
SR_CLASSES = "1.2.840.10008.5.1.4.1.1.88."
PDF_MAGIC = b"%PDF-"
HEAD_BYTES = 4096


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """Read the whole file below the cap."""
    with path.open("rb") as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise UnusableScan("BS-E103", f"found more than {max_bytes} bytes.", file=path)
    return data


def reread(data: bytes, path: Path) -> tuple[Structure, DicomItem]:
    """Check and parse a file once more, for its pixels."""
    structure = check_structure(data, path)
    return structure, parse_header(structure, path).header


def read_dicom(path: Path, settings: ReadSettings) -> DxaScan | RfScan:
    """Read one DICOM file: a densitometry object, or RF samples that we wrote.

    Raises
    ------
    UnusableScan
        Damaged or hostile files.
    SetAside
        Media directories ("companion") and other sound DICOM ("not-densitometry").
    """
    from .triage import set_aside

    stranger = set_aside(path, settings)
    if stranger is not None:
        raise stranger
    return read_guarded(path, settings)


def read_guarded(path: Path, settings: ReadSettings) -> DxaScan | RfScan:
    """Read one DICOM file whole, without looking at its first bytes beforehand."""
    max_bytes = settings.max_file_bytes
    data = read_bytes(path, max_bytes)
    if media_storage_class(data[:HEAD_BYTES]) == DICOMDIR_CLASS:
        raise SetAside("companion", "BS-W280", "a DICOM media directory.", file=path)
    structure = check_structure(data, path)
    parsed = parse_header(structure, path, settings.charset)
    header, flags = parsed.header, parsed.flags
    check_identifiers(header, path)
    sop_class = sop_class_of(header, structure, path)
    subject, exam = read_subject(header, flags), read_exam(header, flags)
    check_life(subject, exam, flags, path)
    check_image(header, structure, path)
    source = Source(path=path, size_bytes=len(data), format_name=FORMAT_NAME)
    if holds_rf(header, sop_class):
        return read_raw_rf(header, structure, source, (subject, exam), flags, max_bytes)
    verdict = recognise(header)
    if not verdict.is_densitometry:
        raise not_densitometry(header, sop_class, verdict, path)
    _check_content(header, sop_class, structure, path)
    _check_document(header, path)
    image = image_info(header, flags) if structure.pixel_offset is not None else None
    if image is not None:
        check_image_caps(header, path)
    protocol = header.text(tags.PROTOCOL_NAME) or header.text(tags.STEP_DESCRIPTION)
    return DxaScan(
        source=source,
        subject=subject,
        device=read_device(header, verdict.maker),
        exam=exam,
        header=header,
        site=_site(header),
        protocol=protocol,
        modality=header.text(tags.MODALITY),
        sop_class_uid=sop_class,
        image=image,
        pixels=None if image is None else DicomPixels(path=path, max_bytes=max_bytes),
        flags=tuple(dict.fromkeys(flags)),
        findings=_findings(parsed, structure),
    )


def _class_name(sop_class: str) -> str:
    """Name a SOP class; pydicom warns of one that is no UID, which the refusal says better."""
    import warnings

    from pydicom.uid import UID

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return str(UID(sop_class).name)


def sop_class_of(header: DicomItem, structure: Structure, path: Path) -> str:
    """Give the SOP class of an object that shows its study; refuse one that doesn't."""
    sop_class = header.text(tags.SOP_CLASS_UID) or structure.media_storage_class
    if not sop_class or header.text(tags.STUDY_UID) is None:
        # a header that ends before the study has not shown what would make it densitometry
        missing = "(0020,000D) Study Instance UID" if sop_class else "(0008,0016) SOP Class UID"
        raise UnusableScan("BS-E122", f"found no {missing}: the file may be cut off.", file=path)
    return sop_class


def not_densitometry(
    header: DicomItem, sop_class: str, verdict: Recognition, path: Path
) -> SetAside:
    """Say what another object is."""
    name = _class_name(sop_class)
    modality = header.text(tags.MODALITY) or "none"
    reason = f"Modality {modality[:16]}, SOP class {name[:80]}: {verdict.why_not}."
    return SetAside("not-densitometry", "BS-W281", reason, file=path)


def _site(header: DicomItem) -> str | None:
    side = {"L": "left", "R": "right"}.get(
        header.text(tags.LATERALITY) or header.text(tags.IMAGE_LATERALITY) or "", ""
    )
    body_part = f"{side} {header.text(tags.BODY_PART) or ''}".strip()
    return imaged_region(
        header.text(tags.PROTOCOL_NAME),
        header.text(tags.STEP_DESCRIPTION),
        header.text(tags.SERIES_DESCRIPTION),
        body_part,
    )


def _check_content(header: DicomItem, sop_class: str, structure: Structure, path: Path) -> None:
    """Refuse an object that ends before what it is for; such a cut leaves whole elements."""
    if sop_class.startswith(SR_CLASSES):
        missing = "" if header.items(tags.CONTENT_SEQUENCE) else "(0040,A730) Content Sequence"
    elif sop_class == PDF_CLASS:
        missing = "" if tags.DOCUMENT in header.elements else "(0042,0011) Encapsulated Document"
    elif "Image Storage" in _class_name(sop_class):
        missing = "(7FE0,0010) Pixel Data" if structure.pixel_offset is None else ""
    else:
        missing = ""
    if missing:
        raise UnusableScan("BS-E111", f"found no {missing}: the file was cut off.", file=path)


def _check_document(header: DicomItem, path: Path) -> None:
    document: Any = header.get(tags.DOCUMENT)
    if tags.DOCUMENT not in header.elements or document is None:
        return
    kind = (header.text(tags.DOCUMENT_TYPE) or "").lower()
    if kind != "application/pdf" or not bytes(document).startswith(PDF_MAGIC):
        raise UnusableScan(
            "BS-E123", f"found an encapsulated document of type {kind[:40]!r}.", file=path
        )


def _findings(parsed: Parsed, structure: Structure) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*structure.findings, *parsed.findings]))
