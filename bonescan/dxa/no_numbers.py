"""Why a densitometry file gives no numbers, and which setting of the console would change that."""

from __future__ import annotations

from dataclasses import dataclass

from bonescan.errors import code_info
from bonescan.model.scan import DxaScan
from bonescan.model.vocabulary import OutcomeKind

from .printed import Found

NOT_PROVEN = "BS-W450"
NOT_UNDERSTOOD = "BS-W215"
_PICTURE = "burned-in"
PDF_CLASS = "1.2.840.10008.5.1.4.1.1.104.1"

# what the makers' DICOM conformance statements name; the menu names were not seen
_SWITCH_ON = {
    "ge": "On GE enCORE switch on the structured report among the DICOM connectivity options "
    "(enCORE 8.0 or later; BMC and area from 10.2), then send the exam again.",
    "hologic": "On Hologic APEX the numbers leave with the separately licensed DICOM option "
    "(Enhanced SR Storage); anonymisers strip the private block that also holds them.",
}
_RAW_DATA = (0x7003,)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoNumbers:
    """The verdict on a file without numbers."""

    kind: OutcomeKind
    carrier: str
    code: str
    reason: str
    hint: str


def explain(scan: DxaScan, found: Found | None) -> NoNumbers:
    """Say why; "no numbers in this export" is a normal outcome, not an error."""
    if found is not None and found.needs_person:
        reason = not_proven_reason(found)
        return _verdict(OutcomeKind.NEEDS_REVIEW, found.carrier, open_code(found), reason)
    if found is not None and (found.not_understood or found.regions):
        shown = "; ".join(found.not_understood[:5]) or "numbers that can't be true"
        return _verdict(
            OutcomeKind.NEEDS_REVIEW, found.carrier, "BS-E182", f"Not understood: {shown[:400]}."
        )
    if scan.device.maker == "echolight":
        return _verdict(
            OutcomeKind.NEEDS_REVIEW,
            "image" if scan.image else "report",
            "BS-E183",
            "The page of a REMS device shows its numbers only as a picture or text.",
        )
    if scan.sop_class_uid == PDF_CLASS or scan.source.format_name == "pdf":
        return _verdict(
            OutcomeKind.NO_NUMBERS,
            "pdf",
            "BS-E181",
            "The report is a PDF and its text layer holds no table of numbers.",
            _SWITCH_ON.get(scan.device.maker or "", ""),
        )
    if scan.image is not None:
        return _verdict(
            OutcomeKind.NO_NUMBERS,
            "image",
            "BS-E180",
            "This export holds an image and no numbers." + _raw_data(scan),
            _SWITCH_ON.get(scan.device.maker or "", ""),
        )
    return _verdict(
        OutcomeKind.NO_NUMBERS,
        found.carrier if found else "",
        "BS-E184",
        "This object of a densitometer holds neither numbers nor an image." + _raw_data(scan),
        _SWITCH_ON.get(scan.device.maker or "", ""),
    )


def open_code(found: Found) -> str:
    """Give the code of a file of which something is left to a person."""
    return NOT_PROVEN if found.carrier == _PICTURE else NOT_UNDERSTOOD


def not_proven_reason(found: Found) -> str:
    """Say which numbers are left to a person."""
    shown = "; ".join(dict.fromkeys(found.needs_person[:5]))
    if found.carrier != _PICTURE:
        return f"Left to a person: {shown[:400]}."
    return f"Read from a picture and not proven: {shown[:400]}."


def _verdict(kind: OutcomeKind, carrier: str, code: str, reason: str, hint: str = "") -> NoNumbers:
    return NoNumbers(
        kind=kind, carrier=carrier, code=code, reason=reason, hint=hint or code_info(code).hint
    )


def _raw_data(scan: DxaScan) -> str:
    """Mention the maker's opaque copy of the scan, which nobody else can read."""
    tags = scan.header.elements
    if any(tag[0] in _RAW_DATA and tag[1] > 0xFF for tag in tags):  # noqa: PLR2004 - not a creator
        return " It carries GE's own raw data, which only enCORE can open."
    return ""
