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
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from bonescan.errors import SetAside, UnusableScan
from bonescan.kernels import dicom_codes as codes
from bonescan.kernels.plain.dicom_walk import header_texts, walk_header
from bonescan.model.header import DicomElement, DicomItem, Tag
from bonescan.settings import ReadSettings

from . import tags
from .charsets import normal_term, unknown_terms
from .image import check_image
from .parse import CONVERTED_VRS, Context, Parsed, element_value, parse_header
from .people import check_identifiers, check_life, read_exam, read_subject
from .recognise import (
    HOLOGIC_CREATORS,
    LUNAR_CREATORS,
    WORD_TAGS,
    judge,
    recognise,
)
from .structure import Structure, check_structure

FIRST_BYTES = 4 * 2**10  # real iDXA headers end before byte 1,500
WINDOW_BYTES = 32 * 2**10  # where that isn't enough
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
CONTENT: tuple[Tag, ...] = (tags.CONCEPT_NAME, tags.CONTENT_SEQUENCE)
FEW: tuple[Tag, ...] = tuple(sorted({*TRIAGE_TAGS, *WORD_TAGS, *CONTENT, tags.CHARACTER_SET}))
_N_FEW = len(FEW)
_FORMS = {"US": codes.COUNT, "SQ": codes.CONTENT}
_words = itemgetter(*(FEW.index(tag) for tag in WORD_TAGS))
_SPEAKING = frozenset(c.upper() for c in (*HOLOGIC_CREATORS, *LUNAR_CREATORS, "BONESCAN"))
_VERDICT, _COUNTS, _PIXELS, _META = (
    row - codes.N_LAST for row in (codes.VERDICT, codes.COUNTS, codes.PIXELS, codes.META)
)

_DEFAULT = ReadSettings()
_ANY_SIZE = 1 << 62  # triage asks what a header says, not whether the file is whole

Rows = list[list[int]]


class Triage(NamedTuple):
    """What the header of one DICOM file says, and a verdict."""

    texts: tuple[str, ...]  # of the tags of `FEW`, "" where absent or empty
    is_densitometry: bool
    reason: str = ""  # why not

    @property
    def values(self) -> dict[Tag, str]:
        """The texts by tag, without the empty ones."""
        return {tag: text for tag, text in zip(FEW, self.texts, strict=True) if text}


class _Walker:
    """The walk: the twin for few files of a process, the kernel once they are many."""

    def __init__(self, wanted: tuple[Tag, ...]) -> None:
        self._numbers = tuple(group << 16 | element for group, element in wanted)
        self._forms = bytes(_FORMS.get(_VRS[tag], codes.TEXT) for tag in wanted)
        self._n_files = 0
        self.walk: Callable[[bytes, int], Rows] = self._walk_by_twin
        self.texts: Callable[[bytes, int], bytes] = self._texts_by_twin

    def _count(self) -> None:
        self._n_files += 1
        if self._n_files > FILES_WORTH_THE_KERNEL:
            self.compile()

    def _walk_by_twin(self, head: bytes, size: int) -> Rows:
        self._count()
        return walk_header(head, size, self._numbers)

    def _texts_by_twin(self, head: bytes, size: int) -> bytes:
        self._count()
        return header_texts(head, size, self._numbers, self._forms)

    def compile(self) -> None:
        """Use the kernels from now on."""
        import numpy as np

        from bonescan.kernels import dicom_walk as kernels
        from bonescan.model.arrays import kernel_input

        wanted = kernel_input(self._numbers, np.int64)
        forms = kernel_input(np.frombuffer(self._forms, np.uint8), np.uint8)
        view, byte = np.frombuffer, np.uint8  # of bytes: read-only and contiguous
        by_walk, by_texts = kernels.walk_header, kernels.header_texts

        def walk(head: bytes, size: int) -> Rows:
            rows: Rows = by_walk(view(head, byte), size, wanted).tolist()
            return rows

        def texts(head: bytes, size: int) -> bytes:
            return by_texts(view(head, byte), size, wanted, forms).tobytes()

        self.walk, self.texts = walk, texts


few = _Walker(FEW)  # of this process
whole = _Walker(WANTED)


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
        What is unusual, and the guarded reader refuses.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        head = os.read(descriptor, FIRST_BYTES)
        size = len(head) if len(head) < FIRST_BYTES else _ANY_SIZE
        texts = few.texts(head, size)
        if texts[0] == codes.READ_MORE:
            head += os.read(descriptor, WINDOW_BYTES)
            size = os.fstat(descriptor).st_size
            texts = few.texts(head, size)
    finally:
        os.close(descriptor)
    if texts[0] == codes.PLAIN:
        fields = texts[codes.FIRST_TEXT :].decode("ascii").split("\0")
        found, creators = tuple(fields[:_N_FEW]), fields[_N_FEW:]
        verdict = judge(_words(found), None)
        if verdict.is_densitometry:
            return Triage(found, True)
        if verdict.is_final or not (texts[1] or any(c.upper() in _SPEAKING for c in creators)):
            return Triage(found, False, verdict.why_not)
    settings = settings or _DEFAULT
    return _by_items(head, size, settings) or _guarded(Path(path), settings)


def _by_items(head: bytes, size: int, settings: ReadSettings) -> Triage | None:
    """Triage a header with letters beyond ASCII or several values; None where that isn't sure."""
    found = few.walk(head, size)
    status, reached, _, _ = found[_VERDICT]
    if status != codes.END and (status != codes.WINDOW or (reached >> 16, 0) <= FEW[-1]):
        return None
    header = _item(head, found, FEW, settings)
    if header is None:
        return None
    texts = _texts_of(header)
    verdict = judge(_words(texts), None)
    if verdict.is_densitometry:
        return Triage(texts, True)
    if verdict.is_final or not _may_say_more(head, found, _N_FEW):
        return Triage(texts, False, verdict.why_not)
    return None


def _may_say_more(head: bytes, found: Rows, n_wanted: int) -> bool:
    """Whether a private block or a report's content may speak of bone density."""
    for offset, length, _, tag in found[n_wanted : n_wanted + codes.N_CREATORS]:
        if tag == 0:
            break
        if head[offset : offset + length].decode("latin_1").strip("\0 ").upper() in _SPEAKING:
            return True
    # the two tags of content are the last that are wanted
    has_content = found[n_wanted - 1][0] >= 0 or found[n_wanted - 2][0] >= 0
    return has_content or bool(found[_COUNTS][2] & codes.MANY_CREATORS)


def _item(
    head: bytes, found: Rows, wanted: tuple[Tag, ...], settings: ReadSettings
) -> DicomItem | None:
    """Convert the wanted elements as the guarded reader does; None where that isn't sure."""
    terms: tuple[str, ...] = ()
    offset, length, _, _ = found[0]  # (0008,0005) is the first wanted of both lists
    if length > 0:
        written = head[offset : offset + length].decode("latin_1").strip("\0 ").split("\\")
        terms = tuple(normal_term(word) for word in written)
        if unknown_terms(terms):
            return None
        terms = () if terms == ("",) else terms
    context, parsed = Context("<", terms, 0, settings.charset), Parsed()
    elements: dict[Tag, DicomElement] = {}
    for tag, (offset, length, vr_number, _) in zip(wanted, found, strict=False):
        if offset < 0 or _VRS[tag] == "SQ":
            continue
        vr = vr_number.to_bytes(2, "big").decode("ascii") if vr_number else _VRS[tag]
        if vr not in CONVERTED_VRS or offset + length > len(head):
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
    return Triage(_texts_of(header), verdict.is_densitometry, verdict.why_not)


def _texts_of(header: DicomItem) -> tuple[str, ...]:
    return tuple("" if tag in CONTENT else header.text(tag) or "" for tag in FEW)


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
        found = whole.walk(head, size)
        if found[_VERDICT][0] == codes.WINDOW and size <= SECOND_LOOK_BYTES:
            head += file.read(size)
            found = whole.walk(head, size)
    if found[_VERDICT][0] != codes.END or size > settings.max_file_bytes:
        return None
    pixels_at = found[_PIXELS][0]
    is_nested = bool(found[_COUNTS][2] & codes.NESTED_CHARACTER_SET)
    if is_nested or _may_say_more(head, found, len(WANTED)):
        return None
    if (pixels_at if pixels_at >= 0 else size) > MAX_HEADER_BYTES:
        return None
    header = _item(head, found, WANTED, settings)
    return None if header is None else _verdict(header, found, head, path)


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
    verdict = judge(tuple((header.text(tag) or "") for tag in WORD_TAGS), None)
    if verdict.is_densitometry or sop_class == RAW_DATA_STORAGE:
        return None
    return not_densitometry(header, sop_class, verdict, path)


def _structure(found: Rows, head: bytes) -> Structure:
    """Describe the file as `check_structure` does, without its bytes."""
    syntax_at, n_syntax, class_at, n_class = found[_META]
    pixels_at, n_pixels, _, _ = found[_PIXELS]
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
