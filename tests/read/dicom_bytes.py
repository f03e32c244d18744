"""DICOM files byte by byte, from the standard alone: nothing of bonescan, nothing of pydicom.

PS3.5 section 7 (elements), PS3.10 section 7 (preamble and file meta).
"""

from __future__ import annotations

import struct
import zlib

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
BIG_ENDIAN, DEFLATED = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
RLE = "1.2.840.10008.1.2.5"
CR_IMAGE, SC_IMAGE = "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.7"
ENHANCED_SR, PDF = "1.2.840.10008.5.1.4.1.1.88.22", "1.2.840.10008.5.1.4.1.1.104.1"
XRF_IMAGE = "1.2.840.10008.5.1.4.1.1.12.2"
UNDEFINED = 0xFFFFFFFF
LONG = {"OB", "OW", "OF", "SQ", "UN", "UT", "UC", "OD"}


def el(group: int, element: int, vr: str, value: bytes | str, length: int | None = None) -> bytes:
    """One element, explicit VR little endian; `length` lies when it is given."""
    data = value.encode("utf-8") if isinstance(value, str) else value
    if len(data) % 2:
        data += b"\0" if vr in {"UI", "OB", "UN"} else b" "
    n = len(data) if length is None else length
    head = struct.pack("<HH", group, element) + vr.encode()
    if vr in LONG:
        return head + struct.pack("<HI", 0, n) + data
    return head + struct.pack("<H", n & 0xFFFF) + data


def us(group: int, element: int, *values: int) -> bytes:
    """One element of unsigned shorts."""
    return el(group, element, "US", struct.pack(f"<{len(values)}H", *values))


def implicit(group: int, element: int, value: bytes | str) -> bytes:
    """One element, implicit VR little endian."""
    data = value.encode("utf-8") if isinstance(value, str) else value
    data += b" " * (len(data) % 2)
    return struct.pack("<HHI", group, element, len(data)) + data


def item(*elements: bytes, undefined: bool = False) -> bytes:
    """One sequence item."""
    body = b"".join(elements)
    if undefined:
        end = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
        return struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED) + body + end
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(body)) + body


def seq(group: int, element: int, *items: bytes, undefined: bool = False) -> bytes:
    """One sequence, explicit VR."""
    body = b"".join(items)
    head = struct.pack("<HH2sH", group, element, b"SQ", 0)
    if undefined:
        return head + struct.pack("<I", UNDEFINED) + body + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return head + struct.pack("<I", len(body)) + body


def meta(syntax: str = EXPLICIT, sop: str = CR_IMAGE, preamble: bytes = bytes(128)) -> bytes:
    """Preamble, magic and file meta."""
    body = (
        el(2, 1, "OB", b"\0\1")
        + el(2, 2, "UI", sop)
        + el(2, 3, "UI", "1.2.3.4.5")
        + el(2, 0x10, "UI", syntax)
        + el(2, 0x12, "UI", "1.2.3.4")
    )
    return preamble + b"DICM" + el(2, 0, "UL", struct.pack("<I", len(body))) + body


# a Lunar-like image export: header facts of real iDXA files, identity invented
LUNAR = {
    (0x08, 0x05): ("CS", "ISO_IR 100"),
    (0x08, 0x16): ("UI", CR_IMAGE),
    (0x08, 0x18): ("UI", "1.2.840.113619.2.110.210000.20160101120000.2.2.12.1"),
    (0x08, 0x20): ("DA", "20150202"),
    (0x08, 0x22): ("DA", "20150202"),
    (0x08, 0x30): ("TM", "140432.000000"),
    (0x08, 0x32): ("TM", "141010"),
    (0x08, 0x50): ("SH", ""),
    (0x08, 0x60): ("CS", "CR"),
    (0x08, 0x70): ("LO", "GE Healthcare"),
    (0x08, 0x1030): ("LO", "DXA Exam"),
    (0x08, 0x103E): ("LO", "DXA Images"),
    (0x08, 0x1090): ("LO", "Lunar iDXA"),
    (0x10, 0x10): ("PN", "TEST^ONE"),
    (0x10, 0x20): ("LO", "0012345"),
    (0x10, 0x21): ("LO", "HOSPITAL-A"),
    (0x10, 0x30): ("DA", "19560101"),
    (0x10, 0x40): ("CS", "F"),
    (0x10, 0x1010): ("AS", "059Y"),
    (0x10, 0x1020): ("DS", "1.80"),
    (0x10, 0x1030): ("DS", "99.00"),
    (0x10, 0x2160): ("SH", "White"),
    (0x18, 0x15): ("CS", ""),
    (0x18, 0x1000): ("LO", "210000"),
    (0x18, 0x1020): ("LO", "16.00.158"),
    (0x18, 0x1030): ("LO", "AP Spine"),
    (0x20, 0x0D): ("UI", "1.2.826.0.1.1"),
    (0x20, 0x0E): ("UI", "1.2.840.113619.2.110.1"),
    (0x20, 0x60): ("CS", ""),
    (0x28, 0x02): ("US", struct.pack("<H", 1)),
    (0x28, 0x04): ("CS", "MONOCHROME2"),
    (0x28, 0x10): ("US", struct.pack("<H", 20)),
    (0x28, 0x11): ("US", struct.pack("<H", 16)),
    (0x28, 0x100): ("US", struct.pack("<H", 8)),
    (0x28, 0x101): ("US", struct.pack("<H", 8)),
    (0x28, 0x102): ("US", struct.pack("<H", 7)),
    (0x28, 0x103): ("US", struct.pack("<H", 0)),
    (0x40, 0x254): ("LO", "AP Spine"),
    (0x40, 0x303): ("US", struct.pack("<HH", 4, 5)),
}
PIXELS = bytes(range(160)) * 2


def lunar(
    changes: dict[tuple[int, int], tuple[str, bytes | str] | None] | None = None,
    extra: dict[tuple[int, int], bytes] | None = None,
    pixels: bytes | None = PIXELS,
    syntax: str = EXPLICIT,
) -> bytes:
    """A Lunar-like image; `changes` replace or drop elements, `extra` are raw elements by tag."""
    table = {**LUNAR, **(changes or {})}
    parts = {
        tag: (implicit(*tag, v[1]) if syntax == IMPLICIT else el(*tag, v[0], v[1]))
        for tag, v in table.items()
        if v is not None
    }
    parts |= extra or {}
    if pixels is not None:
        tag = (0x7FE0, 0x10)
        parts.setdefault(
            tag, implicit(*tag, pixels) if syntax == IMPLICIT else el(*tag, "OW", pixels)
        )
    body = b"".join(parts[tag] for tag in sorted(parts))
    if syntax == DEFLATED:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        body = packer.compress(body) + packer.flush()
    return meta(syntax) + body


def code(group: int, element: int, value: str, scheme: str, meaning: str) -> bytes:
    """A code sequence with one item."""
    return seq(
        group,
        element,
        item(
            el(8, 0x100, "SH", value),
            el(8, 0x102, "SH", scheme),
            el(8, 0x104, "LO", meaning),
        ),
    )


def container(concept: tuple[str, str, str], *children: bytes) -> bytes:
    """An SR container item."""
    return item(
        el(0x40, 0xA010, "CS", "CONTAINS"),
        el(0x40, 0xA040, "CS", "CONTAINER"),
        code(0x40, 0xA043, *concept),
        seq(0x40, 0xA730, *children),
    )


def num(concept: tuple[str, str, str], value: str, unit: str, *children: bytes) -> bytes:
    """An SR NUM item."""
    measured = item(code(0x40, 0x08EA, unit, "UCUM", unit), el(0x40, 0xA30A, "DS", value))
    return item(
        el(0x40, 0xA010, "CS", "CONTAINS"),
        el(0x40, 0xA040, "CS", "NUM"),
        code(0x40, 0xA043, *concept),
        seq(0x40, 0xA300, measured),
        *([seq(0x40, 0xA730, *children)] if children else []),
    )


def text(concept: tuple[str, str, str], value: str) -> bytes:
    """An SR TEXT item."""
    return item(
        el(0x40, 0xA010, "CS", "CONTAINS"),
        el(0x40, 0xA040, "CS", "TEXT"),
        code(0x40, 0xA043, *concept),
        el(0x40, 0xA160, "UT", value),
    )


def coded(concept: tuple[str, str, str], value: tuple[str, str, str], *children: bytes) -> bytes:
    """An SR CODE item."""
    return item(
        el(0x40, 0xA010, "CS", "HAS CONCEPT MOD"),
        el(0x40, 0xA040, "CS", "CODE"),
        code(0x40, 0xA043, *concept),
        code(0x40, 0xA168, *value),
        *([seq(0x40, 0xA730, *children)] if children else []),
    )


def report(
    title: tuple[str, str, str],
    *children: bytes,
    changes: dict[tuple[int, int], tuple[str, bytes | str] | None] | None = None,
) -> bytes:
    """An enhanced structured report."""
    no_image = {tag: None for tag in LUNAR if tag[0] == 0x28} | {(0x40, 0x303): None}
    head = {**no_image, (0x08, 0x16): ("UI", ENHANCED_SR), (0x08, 0x60): ("CS", "SR")}
    extra = {
        (0x40, 0xA040): el(0x40, 0xA040, "CS", "CONTAINER"),
        (0x40, 0xA043): code(0x40, 0xA043, *title),
        (0x40, 0xA730): seq(0x40, 0xA730, *children),
    }
    return lunar({**head, **(changes or {})}, extra, pixels=None)


def encapsulated(document: bytes, changes: dict | None = None) -> bytes:
    """A report as a PDF inside DICOM."""
    head = {
        (0x08, 0x16): ("UI", PDF),
        (0x42, 0x11): ("OB", document),
        (0x42, 0x12): ("LO", "application/pdf"),
    }
    no_image = {tag: None for tag in LUNAR if tag[0] == 0x28} | {(0x40, 0x303): None}
    return lunar({**no_image, **head, **(changes or {})}, pixels=None)
