"""A report as a bare PDF, outside DICOM: known by what its text layer says.

Who was examined is taken only from labelled lines; a page that names nobody
stays nobody's.
"""

from __future__ import annotations

from bonescan.errors import SetAside, UnusableScan
from bonescan.model.exam import Exam, Subject
from bonescan.model.header import DicomElement, DicomItem
from bonescan.model.scan import DxaScan, Source
from bonescan.settings import ReadSettings

from ..probe import Probe
from ..registry import Format

NAME = "pdf"
MAGIC = b"%PDF-"
DOCUMENT = (0x0042, 0x0011)


def _claims(probe: Probe) -> bool:
    return probe.head.startswith(MAGIC) and not probe.is_dicom


def _read(probe: Probe, settings: ReadSettings) -> DxaScan:
    from bonescan.files import pdf_text
    from bonescan.files.page_labels import (
        SPEAKS_OF_DENSITOMETRY,
        labelled_device,
        labelled_exam,
        labelled_subject,
        page_facts,
    )

    if probe.size_bytes > pdf_text.MAX_BYTES:
        raise UnusableScan(
            "BS-E103", f"found more than {pdf_text.MAX_BYTES} bytes.", file=probe.path
        )
    data = probe.path.read_bytes()
    try:
        text = pdf_text.read_pdf_text(data)
    except UnusableScan as error:
        raise UnusableScan(error.code, error.reason, file=probe.path) from error
    if not text.has_text:
        raise UnusableScan("BS-E181", "found a PDF without a text layer.", file=probe.path)
    lines = [str(line) for page in text.pages for line in page]
    whole = "\n".join(lines)
    if not SPEAKS_OF_DENSITOMETRY.search(whole):
        why = "a PDF whose text does not speak of bone density."
        raise SetAside("not-densitometry", "BS-W281", why, file=probe.path)
    flags: list[str] = []
    facts = page_facts(lines)
    subject, exam = labelled_subject(facts, flags), labelled_exam(facts, flags)
    _check_life(subject, exam, probe)
    document = DicomElement(tag=DOCUMENT, vr="OB", value=data, keyword="EncapsulatedDocument")
    return DxaScan(
        source=Source(path=probe.path, size_bytes=probe.size_bytes, format_name=NAME),
        subject=subject,
        device=labelled_device(facts, whole),
        exam=exam,
        header=DicomItem(elements={DOCUMENT: document}),
        site=None,
        protocol=None,
        modality=None,
        sop_class_uid=None,
        image=None,
        pixels=None,
        flags=tuple(flags),
    )


def _check_life(subject: Subject, exam: Exam, probe: Probe) -> None:
    born, seen = subject.birth_date, exam.exam_date
    if born is not None and seen is not None and seen < born:
        raise UnusableScan(
            "BS-E118", f"found the exam on {seen} before the birth on {born}.", file=probe.path
        )


FORMAT = Format(NAME, _claims, _read)
