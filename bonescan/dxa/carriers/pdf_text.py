"""The text layer of a PDF report, encapsulated in DICOM or bare."""

from __future__ import annotations

from datetime import date

from bonescan.files.page_labels import days_in, page_facts
from bonescan.model.header import Tag
from bonescan.model.scan import DxaScan

from ..carrier import Carrier
from ..page_text import read_page
from ..printed import Found

DOCUMENT: Tag = (0x0042, 0x0011)


def _find(scan: DxaScan) -> Found | None:
    document = scan.header.get(DOCUMENT)
    if not isinstance(document, bytes) or not document.startswith(b"%PDF-"):
        return None
    from bonescan.files.pdf_text import read_pdf_text

    text = read_pdf_text(document.rstrip(b"\0"))
    if not text.has_text:
        return None
    found = Found(carrier=CARRIER.name)
    day = scan.exam.exam_date
    patient_id = scan.subject.patient_id
    for number, lines in enumerate(text.pages, start=1):
        facts = page_facts(str(line) for line in lines)
        patient_id = patient_id or facts.get("patient_id")
        other = _of_another(facts, patient_id, day)
        if other:
            found.not_understood.append(f"page {number}: {other}")
            found.needs_person.append(f"page {number} is not taken: {other}")
            continue
        read_page(lines, number, scan.site or "", found, day)
    if text.n_pages > len(text.pages):
        found.not_understood.append(f"pages {len(text.pages) + 1} to {text.n_pages}, not read")
    return found


def _of_another(facts: dict[str, str], patient_id: str | None, day: date | None) -> str:
    """Say by which label a page is of another person or day than the file; "" where it is not."""
    printed = facts.get("patient_id")
    if printed and patient_id and _plain(printed) != _plain(patient_id):
        return f"it says patient {printed!r}, the file {patient_id!r}"
    days = days_in(facts.get("exam_date", ""))
    if day is not None and days and day not in days:
        return f"it says {facts['exam_date']!r}, the file {day.isoformat()}"
    return ""


def _plain(patient_id: str) -> str:
    return "".join(patient_id.split()).casefold()


CARRIER = Carrier("pdf-text", 50, _find)
