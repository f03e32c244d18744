"""Which DICOM files are densitometry, told from their first bytes.

The walker over the header (`bonescan.kernels.dicom_walk`, and its twin in plain
Python) finds the elements; what is unusual (deflated, big endian, no preamble,
a header beyond the window, private blocks or report content that speak of bone
density) goes through the guarded reader. `set_aside` says "not densitometry"
only where the guarded reader would say so too: everything that could make the
file unusable has been looked at with the same functions, or the file is left
to the guarded reader.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bonescan.errors import SetAside, UnusableScan
from bonescan.kernels import dicom_codes as codes
from bonescan.kernels.plain.dicom_walk import walk_header
from bonescan.model.header import DicomElement, DicomItem, Tag
from bonescan.settings import ReadSettings

from . import tags
from .charsets import ESCAPE, normal_term, unknown_terms
from .image import check_image
from .parse import Context, Parsed, element_value, parse_header
from .people import check_identifiers, check_life, read_exam, read_subject
from .recognise import (
    HOLOGIC_CREATORS,
    LUNAR_CREATORS,
    WORD_TAGS,
    Recognition,
    Words,
    judge,
    recognise,
)
from .structure import VR_KINDS, Structure, check_structure

WINDOW_BYTES = 16 * 2**10  # real iDXA headers end before byte 1,500
SECOND_LOOK_BYTES = 8 * 2**20  # of a file whose end lies outside the window
MAX_HEADER_BYTES = 60 * 2**10  # below every cap on texts
FILES_WORTH_THE_KERNEL = 20_000  # compiling it takes as long as the twin takes for so many

TRIAGE_TAGS: tuple[Tag, ...] = (
    tags.SOP_CLASS_UID,
    tags.SOP_INSTANCE_UID,
    tags.STUDY_DATE,
    tags.MODALITY,
    tags.MANUFACTURER,
    tags.MODEL_NAME,
    tags.PATIENT_NAME,
    tags.PATIENT_ID,
    tags.BIRTH_DATE,
    tags.SEX,
    tags.PROTOCOL_NAME,
    tags.STUDY_UID,
    tags.ROWS,
    tags.COLUMNS,
)
_VRS: dict[Tag, str] = {
    tags.CHARACTER_SET: "CS", tags.SOP_CLASS_UID: "UI", tags.SOP_INSTANCE_UID: "UI",
    tags.STUDY_DATE: "DA", tags.SERIES_DATE: "DA", tags.ACQUISITION_DATE: "DA",
    tags.CONTENT_DATE: "DA", tags.STUDY_TIME: "TM", tags.SERIES_TIME: "TM",
    tags.ACQUISITION_TIME: "TM", tags.CONTENT_TIME: "TM", tags.MODALITY: "CS",
    tags.MANUFACTURER: "LO", tags.STUDY_DESCRIPTION: "LO", tags.SERIES_DESCRIPTION: "LO",
    tags.MODEL_NAME: "LO", tags.PATIENT_NAME: "PN", tags.PATIENT_ID: "LO",
    tags.BIRTH_DATE: "DA", tags.SEX: "CS", tags.AGE: "AS", tags.PROTOCOL_NAME: "LO",
    tags.STUDY_UID: "UI", tags.SERIES_UID: "UI", tags.SAMPLES_PER_PIXEL: "US",
    tags.PHOTOMETRIC: "CS", tags.NUMBER_OF_FRAMES: "IS", tags.ROWS: "US", tags.COLUMNS: "US",
    tags.BITS_ALLOCATED: "US", tags.STEP_DESCRIPTION: "LO", tags.CONCEPT_NAME: "SQ",
    tags.CONTENT_SEQUENCE: "SQ",
}  # fmt: skip
WANTED: tuple[Tag, ...] = tuple(sorted(_VRS))
WANTED_NUMBERS: tuple[int, ...] = tuple(group << 16 | element for group, element in WANTED)
_ROW = {tag: row for row, tag in enumerate(WANTED)}
_TEXT_ROWS = tuple(
    (tag, _ROW[tag]) for tag in dict.fromkeys((*TRIAGE_TAGS, *WORD_TAGS)) if _VRS[tag] != "US"
)
_COUNT_ROWS = tuple((tag, _ROW[tag]) for tag in TRIAGE_TAGS if _VRS[tag] == "US")
_CREATOR_ROWS = slice(len(WANTED), len(WANTED) + codes.N_CREATORS)
_SPEAKING_CREATORS = frozenset(
    c.encode().upper() for c in (*HOLOGIC_CREATORS, *LUNAR_CREATORS, "BONESCAN")
)
_US = int.from_bytes(b"US", "big")
_ESCAPE = ESCAPE.decode("ascii")

Rows = list[list[int]]


@dataclass(frozen=True, slots=True)
class Triage:
    """What the header of one DICOM file says: texts by tag (absent where empty), and a verdict."""

    values: dict[Tag, str]
    is_densitometry: bool
    reason: str = ""  # why not


class _Walker:
    """The walk: the twin for few files of a process, the kernel once they are many."""

    def __init__(self) -> None:
        self._n_files = 0
        self._walk: Callable[[bytes, int], Rows] = self._by_twin

    def __call__(self, head: bytes, size: int) -> Rows:
        return self._walk(head, size)

    def _by_twin(self, head: bytes, size: int) -> Rows:
        self._n_files += 1
        if self._n_files > FILES_WORTH_THE_KERNEL:
            self.compile()
        return walk_header(head, size, WANTED_NUMBERS, VR_KINDS)

    def compile(self) -> None:
        """Use the kernel from now on."""
        import numpy as np

        from bonescan.kernels.dicom_walk import walk_header as kernel
        from bonescan.model.arrays import kernel_input

        wanted = kernel_input(WANTED_NUMBERS, np.int64)
        kinds = kernel_input(np.frombuffer(VR_KINDS, np.uint8), np.uint8)

        def walk(head: bytes, size: int) -> Rows:
            rows: Rows = kernel(np.frombuffer(head, np.uint8), size, wanted, kinds).tolist()
            return rows

        self._walk = walk


walk = _Walker()  # of this process


def triage(path: Path | str, settings: ReadSettings | None = None) -> Triage:
    """Say whether a DICOM file is densitometry, and what its header says.

    Parameters
    ----------
    path : Path or str
        A DICOM file.
    settings : ReadSettings, optional
        The largest file, and the character set where the file lies about it.

    Returns
    -------
    triage : Triage
        The same values as the guarded reader gives, most often without it.

    Raises
    ------
    UnusableScan
        What the guarded reader refuses.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(descriptor).st_size
        head = os.read(descriptor, WINDOW_BYTES)
    finally:
        os.close(descriptor)
    settings = settings or ReadSettings()
    found = walk(head, size)
    if found[-codes.N_LAST][0] == codes.END and not _speaks_for_itself(head, found):
        values = _texts(head, found, settings)
        if values is not None:
            verdict = judge(Words(*[values.get(tag, "") for tag in WORD_TAGS]), None)
            if verdict.is_densitometry or verdict.is_final or not _has_content(found):
                return Triage(values, verdict.is_densitometry, verdict.why_not)
    return _guarded(Path(path), settings)


def _speaks_for_itself(head: bytes, found: Rows) -> bool:
    """Whether a private block may tell more than the words do, or text has a rule of its own."""
    for offset, length, _, tag in found[_CREATOR_ROWS]:
        if tag == 0:
            break
        if head[offset : offset + length].strip(b"\0 ").upper() in _SPEAKING_CREATORS:
            return True
    return bool(
        found[-codes.N_LAST + codes.COUNTS][2] & (codes.MANY_CREATORS | codes.NESTED_CHARACTER_SET)
    )


def _has_content(found: Rows) -> bool:
    """Whether it is a report whose content may speak of bone density."""
    return found[_ROW[tags.CONTENT_SEQUENCE]][0] >= 0 or found[_ROW[tags.CONCEPT_NAME]][0] >= 0


def _texts(head: bytes, found: Rows, settings: ReadSettings) -> dict[Tag, str] | None:
    """Read the wanted texts; None where a value lies beyond `head` or has another form."""
    whole, values = head.decode("latin_1"), {}
    for tag, row in _TEXT_ROWS:
        offset, length, _, _ = found[row]
        if length == 0:
            continue
        text = whole[offset : offset + length]
        if len(text) < length:
            return None
        if not text.isascii() or "\\" in text or _ESCAPE in text:
            odd = _item(head, found, settings)
            text = (odd.text(tag) or "") if odd is not None else ""
            if odd is None:
                return None
        else:
            text = text.rstrip("\0").strip()
        if text:
            values[tag] = text
    for tag, row in _COUNT_ROWS:
        offset, length, vr, _ = found[row]
        if offset < 0 or length == 0:
            continue
        if length != 2 or vr not in {0, _US} or offset + length > len(head):  # noqa: PLR2004 - two bytes
            return None
        values[tag] = str(head[offset] | head[offset + 1] << 8)
    return values


def _item(head: bytes, found: Rows, settings: ReadSettings) -> DicomItem | None:
    """Convert the wanted elements as the guarded reader does; None where that isn't sure."""
    terms: tuple[str, ...] = ()
    offset, length, _, _ = found[_ROW[tags.CHARACTER_SET]]
    if length > 0:
        written = head[offset : offset + length].decode("latin_1").strip("\0 ").split("\\")
        terms = tuple(normal_term(word) for word in written)
        if unknown_terms(terms):
            return None
        terms = () if terms == ("",) else terms
    context, parsed = Context("<", terms, 0, settings.charset), Parsed()
    elements: dict[Tag, DicomElement] = {}
    for tag, (offset, length, vr_number, _) in zip(WANTED, found, strict=False):
        if offset < 0 or _VRS[tag] == "SQ":
            continue
        vr = vr_number.to_bytes(2, "big").decode("ascii") if vr_number else _VRS[tag]
        if vr != _VRS[tag] or offset + length > len(head):
            return None
        value = element_value(vr, head[offset : offset + length], context, parsed)
        elements[tag] = DicomElement(tag=tag, vr=vr, value=value)
    return DicomItem(elements=elements)


def _guarded(path: Path, settings: ReadSettings) -> Triage:
    """Do the same through the guarded reader."""
    from .open_file import read_bytes

    structure = check_structure(read_bytes(path, settings.max_file_bytes), path)
    header = parse_header(structure, path, settings.charset).header
    verdict = recognise(header)
    wanted = dict.fromkeys((*TRIAGE_TAGS, *WORD_TAGS))
    values = {tag: text for tag in wanted if (text := header.text(tag)) is not None}
    return Triage(values, verdict.is_densitometry, verdict.why_not)


# ------------------------------------------------------------------ setting aside


def set_aside(path: Path, settings: ReadSettings) -> SetAside | None:
    """Say that a file is sound DICOM and no densitometry; None where that is not certain.

    Returns
    -------
    verdict : SetAside or None
        The same verdict as the guarded reader gives, for a few percent of its
        time. None: ask the guarded reader.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(WINDOW_BYTES)
        found = walk(head, size)
        if _status(found) == codes.WINDOW and size <= SECOND_LOOK_BYTES:
            head += file.read(size)
            found = walk(head, size)
    if _status(found) != codes.END or size > settings.max_file_bytes:
        return None
    pixels_at = found[-codes.N_LAST + codes.PIXELS][0]
    if _speaks_for_itself(head, found) or _has_content(found):
        return None
    if (pixels_at if pixels_at >= 0 else size) > MAX_HEADER_BYTES:
        return None
    header = _item(head, found, settings)
    return None if header is None else _verdict(header, found, head, path)


def _status(found: Rows) -> int:
    return found[-codes.N_LAST + codes.VERDICT][0]


def _verdict(header: DicomItem, found: Rows, head: bytes, path: Path) -> SetAside | None:
    """Judge what the guarded reader judges, in its order; None where it would refuse."""
    from bonescan.files.rf_dicom import RAW_DATA_STORAGE

    from .open_file import DICOMDIR_CLASS, not_densitometry, sop_class_of

    structure = _structure(found, head)
    if structure.media_storage_class == DICOMDIR_CLASS:
        return None
    flags: list[str] = []
    try:
        check_identifiers(header, path)
        sop_class = sop_class_of(header, structure, path)
        check_life(read_subject(header, flags), read_exam(header, flags), flags, path)
        check_image(header, structure, path)
    except UnusableScan:
        return None
    words = Words(*((header.text(tag) or "") for tag in WORD_TAGS))
    verdict: Recognition = judge(words, None)
    if verdict.is_densitometry or sop_class == RAW_DATA_STORAGE:
        return None
    return not_densitometry(header, sop_class, verdict, path)


def _structure(found: Rows, head: bytes) -> Structure:
    """Describe the file as `check_structure` does, without its bytes."""
    syntax_at, n_syntax, class_at, n_class = found[-codes.N_LAST + codes.META]
    pixels_at, n_pixels, _, _ = found[-codes.N_LAST + codes.PIXELS]
    syntax = head[syntax_at : syntax_at + n_syntax]
    media_class = head[class_at : class_at + n_class] if class_at >= 0 else b""
    return Structure(
        body=b"",
        body_offset=0,
        is_implicit=False,
        is_little_endian=True,
        transfer_syntax=syntax.rstrip(b"\0 ").decode("ascii", errors="replace"),
        media_storage_class=media_class.rstrip(b"\0 ").decode("ascii", errors="replace"),
        pixel_offset=pixels_at if pixels_at >= 0 else None,
        pixel_bytes=n_pixels if pixels_at >= 0 and n_pixels >= 0 else None,
    )
