"""The text layer of a PDF report, encapsulated in DICOM or bare."""

from __future__ import annotations

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
    for number, lines in enumerate(text.pages, start=1):
        read_page(lines, number, scan.site or "", found)
    if text.n_pages > len(text.pages):
        found.not_understood.append(f"pages {len(text.pages) + 1} to {text.n_pages}, not read")
    return found


CARRIER = Carrier("pdf-text", 50, _find)
