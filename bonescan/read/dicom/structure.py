"""A shallow walk over the bytes of a DICOM file, before any library is trusted with it.

Every declared length is held against the bytes that are left; depth, number of
elements and number of items are capped. Nothing is converted: the walk hops
from header to header and costs microseconds, whatever the size of the pixels.
The walk itself is `bonescan.kernels.plain.dicom_walk`, the twin of the kernel
that triage uses on many files: one definition of what is sound. Compiling the
kernel takes longer than a walk over the largest file, so that a single file is
walked in plain Python.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bonescan.errors import UnusableScan
from bonescan.kernels import dicom_codes as codes
from bonescan.kernels.dicom_codes import (
    LONG_VRS,
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_ITEMS,
    MAX_META,
    SHORT_VRS,
    UNDEFINED,
)
from bonescan.kernels.plain.dicom_walk import walk_data_set

IMPLICIT_LE = "1.2.840.10008.1.2"
EXPLICIT_LE = "1.2.840.10008.1.2.1"
EXPLICIT_BE = "1.2.840.10008.1.2.2"
DEFLATED_LE = "1.2.840.10008.1.2.1.99"
# encapsulated: JPEG family, JPEG-LS, JPEG 2000, HTJ2K, MPEG, HEVC, JPEG XL, RLE, deflated frames
_ENCAPSULATED = ("1.2.840.10008.1.2.4.", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.1")

MAX_INFLATED_BYTES = 64 * 2**20
MAX_INFLATION = 100  # to one

PREAMBLE_BYTES = 128
MAGIC = b"DICM"
META_GROUP = 0x0002
MEDIA_CLASS, TRANSFER_SYNTAX = 0x0002, 0x0010  # elements of it
PIXEL_DATA = (0x7FE0, 0x0010)
PIXEL_TAGS = frozenset({PIXEL_DATA, (0x7FE0, 0x0008), (0x7FE0, 0x0009)})
_HEADER_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """Where the data set of a sound file lies, and how it is written."""

    body: bytes  # the data set, inflated where it was deflated
    body_offset: int  # of the data set within `body`
    is_implicit: bool
    is_little_endian: bool
    transfer_syntax: str  # "" when the file has no file meta
    media_storage_class: str
    pixel_offset: int | None  # of the value of a top-level pixel element within `body`
    pixel_bytes: int | None  # None: no pixels; encapsulated: None with an offset
    flags: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


def is_encapsulated(transfer_syntax: str) -> bool:
    """Tell whether pixels of this transfer syntax lie in fragments."""
    return transfer_syntax.startswith(_ENCAPSULATED)


def check_structure(data: bytes, path: Path) -> Structure:
    """Walk over the whole file and return where things are.

    Raises
    ------
    UnusableScan
        Lengths beyond the file, depth or counts beyond the caps, an unknown
        transfer syntax, a deflated stream beyond the caps, no data set.
    """
    flags: list[str] = []
    if data[PREAMBLE_BYTES : PREAMBLE_BYTES + 4] == MAGIC:
        _judge_preamble(data[:PREAMBLE_BYTES], flags)
        meta, offset = _file_meta(data, PREAMBLE_BYTES + 4, path)
    elif data[:2] == b"\x02\x00":
        flags.append("no_preamble")
        meta, offset = _file_meta(data, 0, path)
    else:
        flags.append("no_file_meta")
        meta, offset = {}, 0
    syntax = meta.get(TRANSFER_SYNTAX, "")
    if "no_file_meta" not in flags:
        _check_syntax(syntax, path)
    if offset >= len(data):
        raise UnusableScan("BS-E113", "found file meta and no data set.", file=path)
    body = data
    if syntax == DEFLATED_LE:
        body, offset = _inflate(data[offset:], path), 0
    implicit, big = _settle_encoding(body, offset, syntax, flags, path)
    found = walk_data_set(body, offset, len(body), implicit, big, ())
    n_elements, _, facts, n_zeros = found[-codes.N_LAST + codes.COUNTS]
    _refuse_unsound(found[-codes.N_LAST + codes.VERDICT], path)
    if n_elements == 0:
        raise UnusableScan("BS-E113", "found a data set without elements.", file=path)
    if facts & codes.NOT_RISING and _has_duplicates(body, offset, implicit, big):
        flags.append("duplicate_elements")
    pixel_offset, pixel_bytes = found[-codes.N_LAST + codes.PIXELS][:2]
    return Structure(
        body=body,
        body_offset=offset,
        is_implicit=implicit,
        is_little_endian=not big,
        transfer_syntax=syntax,
        media_storage_class=meta.get(MEDIA_CLASS, ""),
        pixel_offset=pixel_offset if pixel_offset >= 0 else None,
        pixel_bytes=pixel_bytes if pixel_offset >= 0 and pixel_bytes >= 0 else None,
        flags=tuple(flags),
        findings=(f"{n_zeros} zero bytes after the data set",) if n_zeros else (),
    )


def _judge_preamble(preamble: bytes, flags: list[str]) -> None:
    if preamble.strip(b"\0") and not preamble.startswith((b"II*\0", b"MM\0*")):
        flags.append("preamble_unusual")  # could be run as a program; never copied anywhere


def media_storage_class(head: bytes) -> str:
    """Read (0002,0002) from the first bytes of a file; "" when it isn't there.

    Only what lies within `head` counts: enough to know a media directory.
    """
    if head[PREAMBLE_BYTES : PREAMBLE_BYTES + 4] != MAGIC:
        return ""
    try:
        for element, value, _ in _meta_elements(head, PREAMBLE_BYTES + 4, Path()):
            if element == MEDIA_CLASS:
                return _uid(value)
    except UnusableScan:
        return ""
    return ""


def _file_meta(data: bytes, start: int, path: Path) -> tuple[dict[int, str], int]:
    """Read group 0002 up to its real end; its stated length is often wrong."""
    found: dict[int, str] = {}
    end = start
    for number, (element, value, after) in enumerate(_meta_elements(data, start, path)):
        if number == MAX_META:
            raise UnusableScan("BS-E112", "found too many elements of file meta.", file=path)
        found[element], end = _uid(value), after
    return found, end


def _meta_elements(data: bytes, start: int, path: Path) -> Iterator[tuple[int, bytes, int]]:
    """Give (element, value, where it ends) of each element of group 0002, always explicit."""
    offset = start
    while offset + _HEADER_BYTES <= len(data):
        group, element, vr, length = struct.unpack_from("<HH2sH", data, offset)
        if group != META_GROUP:
            return
        name, value = f"(0002,{element:04X})", offset + _HEADER_BYTES
        if vr in LONG_VRS:
            if value + 4 > len(data):
                raise UnusableScan("BS-E111", f"found the file cut off in {name}.", file=path)
            (length,) = struct.unpack_from("<I", data, value)
            value += 4
        elif vr not in SHORT_VRS:
            reason = f"found the unknown value type {vr!r} of {name}."
            raise UnusableScan("BS-E111", reason, file=path)
        if length == UNDEFINED:
            raise UnusableScan("BS-E111", f"found no length of {name}.", file=path)
        left = len(data) - value
        if length > left:
            reason = f"found {name} of {length} bytes where {left} are left."
            raise UnusableScan("BS-E111", reason, file=path)
        offset = value + length
        yield element, data[value:offset], offset


def _uid(value: bytes) -> str:
    return value.rstrip(b"\0 ").decode("ascii", errors="replace")


def _check_syntax(syntax: str, path: Path) -> None:
    known = {IMPLICIT_LE, EXPLICIT_LE, EXPLICIT_BE, DEFLATED_LE}
    if syntax in known or is_encapsulated(syntax):
        return
    found = repr(syntax[:64]) if syntax else "no (0002,0010) Transfer Syntax UID"
    raise UnusableScan("BS-E114", f"found {found}, wanted a known one.", file=path)


def _inflate(packed: bytes, path: Path) -> bytes:
    cap = min(MAX_INFLATED_BYTES, MAX_INFLATION * len(packed))
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        body = machine.decompress(packed, cap + 1)
    except zlib.error as error:
        raise UnusableScan("BS-E115", f"found a damaged stream ({error}).", file=path) from error
    if len(body) > cap:
        raise UnusableScan(
            "BS-E115", f"found {len(packed)} bytes that unpack to more than {cap}.", file=path
        )
    if not machine.eof:
        raise UnusableScan("BS-E115", "found a stream that was cut off.", file=path)
    return body


def _settle_encoding(
    data: bytes, offset: int, syntax: str, flags: list[str], path: Path
) -> tuple[bool, bool]:
    """Hold the first element against the transfer syntax; the data decide about the VR.

    Returns whether the data set is implicit, and whether it is big endian.
    """
    group_le, vr = struct.unpack_from("<H2x2s", data.ljust(offset + _HEADER_BYTES, b"\0"), offset)
    has_vr = vr in LONG_VRS or vr in SHORT_VRS
    big = syntax == EXPLICIT_BE
    # a group below 0x100 that reads as a multiple of 0x100 is written the other way round
    swapped = group_le and group_le % 0x100 == 0
    if bool(swapped) != big:
        raise UnusableScan(
            "BS-E114",
            "found data in another byte order than the transfer syntax says.",
            file=path,
        )
    if syntax and has_vr == (syntax == IMPLICIT_LE):
        flags.append("transfer_syntax_contradicted")
    return not has_vr, big


def _has_duplicates(data: bytes, offset: int, implicit: bool, big: bool) -> bool:
    """Tell whether a top-level element stands twice; asked only where tags do not rise."""
    tags: list[int] = []
    walk_data_set(data, offset, len(data), implicit, big, (), tags.append)
    return len(set(tags)) < len(tags)


# what each end of a walk means: code, and a sentence about tag and the two numbers
_REFUSALS = {
    codes.TOO_SHORT: ("BS-E111", "found {1} bytes, wanted an element."),
    codes.CUT: ("BS-E111", "found the file cut off within {0}."),
    codes.UNKNOWN_VR: ("BS-E111", "found the unknown value type {3!r} of {0}."),
    codes.TOO_LONG: ("BS-E111", "found {0} of {1} bytes where {2} are left."),
    codes.OUTSIDE: ("BS-E111", "found {0} outside any sequence."),
    codes.NO_ITEM: ("BS-E111", "found {0}, wanted an item of a sequence."),
    codes.WITHIN_ITEM: ("BS-E111", "found {0} within an item."),
    codes.NO_LENGTH: ("BS-E111", "found no length of {0}."),
    codes.FRAGMENTS: ("BS-E111", "found damaged fragments of (7FE0,0010) Pixel Data."),
    codes.STRAY: ("BS-E111", "found {1} stray bytes at the end."),
    codes.TOO_DEEP: ("BS-E110", f"found sequences nested deeper than {MAX_DEPTH}."),
    codes.MANY_ELEMENTS: ("BS-E112", f"found more than {MAX_ELEMENTS} elements."),
    codes.MANY_ITEMS: ("BS-E112", f"found more than {MAX_ITEMS} items."),
}


def _refuse_unsound(verdict: list[int], path: Path) -> None:
    """Raise what the end of a walk means."""
    status, tag, number, other = verdict
    if status == codes.END:
        return
    code, sentence = _REFUSALS[status]
    name = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
    value_type = bytes((number >> 8 & 0xFF, number & 0xFF))
    raise UnusableScan(code, sentence.format(name, number, other, value_type), file=path)
