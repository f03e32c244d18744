"""A shallow walk over the bytes of a DICOM file, before any library is trusted with it.

Every declared length is held against the bytes that are left; depth, number of
elements and number of items are capped. Nothing is converted: the walk hops
from header to header and costs microseconds, whatever the size of the pixels.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from bonescan.errors import UnusableScan

IMPLICIT_LE = "1.2.840.10008.1.2"
EXPLICIT_LE = "1.2.840.10008.1.2.1"
EXPLICIT_BE = "1.2.840.10008.1.2.2"
DEFLATED_LE = "1.2.840.10008.1.2.1.99"
# encapsulated: JPEG family, JPEG-LS, JPEG 2000, HTJ2K, MPEG, HEVC, JPEG XL, RLE, deflated frames
_ENCAPSULATED = ("1.2.840.10008.1.2.4.", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.1")

MAX_DEPTH = 32
MAX_ELEMENTS = 50_000
MAX_ITEMS = 10_000
MAX_INFLATED_BYTES = 64 * 2**20
MAX_INFLATION = 100  # to one

UNDEFINED = 0xFFFFFFFF
PREAMBLE_BYTES = 128
MAGIC = b"DICM"
LONG_VRS = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
SHORT_VRS = frozenset(
    {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN"}
    | {b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}
)
ITEM, ITEM_END, SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)
META_GROUP = 0x0002
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


@dataclass(slots=True, kw_only=True)
class _Walk:
    """The state of one walk over a data set."""

    data: bytes
    path: Path
    implicit: bool
    order: str  # "<" or ">"
    n_elements: int = 0
    n_items: int = 0
    pixel: tuple[int, int | None] | None = None
    findings: list[str] = field(default_factory=list)

    def refusal(self, code: str, reason: str) -> UnusableScan:
        return UnusableScan(code, reason, file=self.path)


@dataclass(frozen=True, slots=True)
class _Header:
    tag: tuple[int, int]
    vr: bytes  # b"" where implicit
    length: int
    value: int  # offset of the value


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
    syntax = meta.get((0x0002, 0x0010), "")
    if "no_file_meta" not in flags:
        _check_syntax(syntax, path)
    if offset >= len(data):
        raise UnusableScan("BS-E113", "found file meta and no data set.", file=path)
    body = data
    if syntax == DEFLATED_LE:
        body, offset = _inflate(data[offset:], path), 0
    walk = _Walk(data=body, path=path, implicit=syntax == IMPLICIT_LE, order="<")
    _settle_encoding(walk, offset, syntax, flags)
    if _walk_data_set(walk, offset):
        flags.append("duplicate_elements")
    if walk.n_elements == 0:
        raise UnusableScan("BS-E113", "found a data set without elements.", file=path)
    return Structure(
        body=body,
        body_offset=offset,
        is_implicit=walk.implicit,
        is_little_endian=walk.order == "<",
        transfer_syntax=syntax,
        media_storage_class=meta.get((0x0002, 0x0002), ""),
        pixel_offset=walk.pixel[0] if walk.pixel else None,
        pixel_bytes=walk.pixel[1] if walk.pixel else None,
        flags=tuple(flags),
        findings=tuple(walk.findings),
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
    walk = _Walk(data=head, path=Path(), implicit=False, order="<")
    offset = PREAMBLE_BYTES + 4
    try:
        while offset + _HEADER_BYTES <= len(head):
            header = _read_header(walk, offset, len(head))
            if header.tag[0] != META_GROUP:
                return ""
            end = header.value + header.length
            if header.tag == (0x0002, 0x0002):
                return _uid(head[header.value : end])
            offset = end
    except UnusableScan:
        return ""
    return ""


def _file_meta(data: bytes, start: int, path: Path) -> tuple[dict[tuple[int, int], str], int]:
    """Read group 0002 up to its real end; its stated length is often wrong."""
    found: dict[tuple[int, int], str] = {}
    walk = _Walk(data=data, path=path, implicit=False, order="<")
    offset = start
    while offset + _HEADER_BYTES <= len(data):
        if struct.unpack_from("<H", data, offset)[0] != META_GROUP:
            break
        header = _read_header(walk, offset, len(data))
        if header.length == UNDEFINED:
            raise walk.refusal("BS-E111", f"found no length of {_name(header.tag)}.")
        offset = header.value + header.length
        found[header.tag] = _uid(data[header.value : offset])
        if len(found) > MAX_DEPTH:
            raise walk.refusal("BS-E112", "found too many elements of file meta.")
    return found, offset


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


def _settle_encoding(walk: _Walk, offset: int, syntax: str, flags: list[str]) -> None:
    """Hold the first element against the transfer syntax; the data decide about the VR."""
    group_le, vr = struct.unpack_from(
        "<H2x2s", walk.data.ljust(offset + _HEADER_BYTES, b"\0"), offset
    )
    has_vr = vr in LONG_VRS or vr in SHORT_VRS
    if syntax == EXPLICIT_BE:
        walk.order = ">"
    # a group below 0x100 that reads as a multiple of 0x100 is written the other way round
    swapped = group_le and group_le % 0x100 == 0
    if bool(swapped) != (walk.order == ">"):
        raise walk.refusal(
            "BS-E114", "found data in another byte order than the transfer syntax says."
        )
    if syntax == "":
        walk.implicit = not has_vr
    elif has_vr == walk.implicit:
        walk.implicit = not has_vr
        flags.append("transfer_syntax_contradicted")


def _walk_data_set(walk: _Walk, offset: int) -> bool:
    """Walk over the top level; tell whether an element stands twice."""
    end = len(walk.data)
    seen: set[tuple[int, int]] = set()
    n_seen = 0
    while offset < end:
        if end - offset < _HEADER_BYTES or walk.data[offset] == walk.data[offset + 1] == 0:
            if not any(walk.data[offset:end]):
                walk.findings.append(f"{end - offset} zero bytes after the data set")
                break
            if end - offset < _HEADER_BYTES:
                raise walk.refusal("BS-E111", f"found {end - offset} stray bytes at the end.")
        header = _read_header(walk, offset, end)
        if header.tag[0] == ITEM[0]:
            raise walk.refusal("BS-E111", f"found {_name(header.tag)} outside any sequence.")
        if header.tag in PIXEL_TAGS:
            known = None if header.length == UNDEFINED else header.length
            walk.pixel = (header.value, known)
        seen.add(header.tag)
        n_seen += 1
        offset = _after_value(walk, header, end, 0)
    return len(seen) < n_seen


def _read_header(walk: _Walk, offset: int, end: int) -> _Header:
    """Read tag, VR and length; refuse a length beyond `end`."""
    data, order = walk.data, walk.order
    if offset + _HEADER_BYTES > end:
        raise walk.refusal("BS-E111", f"found {end - offset} bytes, wanted an element.")
    walk.n_elements += 1
    if walk.n_elements > MAX_ELEMENTS:
        raise walk.refusal("BS-E112", f"found more than {MAX_ELEMENTS} elements.")
    tag = struct.unpack_from(order + "HH", data, offset)
    value = offset + _HEADER_BYTES
    vr = b""
    if walk.implicit or tag[0] == ITEM[0]:
        (length,) = struct.unpack_from(order + "I", data, offset + 4)
    else:
        vr = data[offset + 4 : offset + 6]
        if vr in LONG_VRS:
            value += 4
            if value > end:
                raise walk.refusal("BS-E111", f"found the file cut off within {_name(tag)}.")
            (length,) = struct.unpack_from(order + "I", data, offset + 8)
        elif vr in SHORT_VRS:
            (length,) = struct.unpack_from(order + "H", data, offset + 6)
        else:
            raise walk.refusal("BS-E111", f"found the unknown value type {vr!r} of {_name(tag)}.")
    if length != UNDEFINED and length > end - value:
        raise walk.refusal(
            "BS-E111", f"found {_name(tag)} of {length} bytes where {end - value} are left."
        )
    return _Header(tag, vr, length, value)


def _after_value(walk: _Walk, header: _Header, end: int, depth: int) -> int:
    """Return the offset behind the value, having walked through it where it is a sequence."""
    if header.length != UNDEFINED:
        stop = header.value + header.length
        if header.vr == b"SQ" or _looks_like_items(walk, header):
            _walk_items(walk, header.value, stop, depth + 1, ends_by_length=True)
        return stop
    if header.vr in (b"SQ", b"UN", b"") and header.tag not in PIXEL_TAGS:
        return _walk_undefined(walk, header, end, depth + 1)
    if header.tag == PIXEL_DATA:
        return _walk_fragments(walk, header.value, end)
    raise walk.refusal("BS-E111", f"found no length of {_name(header.tag)}.")


def _looks_like_items(walk: _Walk, header: _Header) -> bool:
    """Tell whether a value of unknown type holds items, as sequences in disguise do."""
    if header.vr not in (b"UN", b"") or header.length < _HEADER_BYTES:
        return False
    first = struct.unpack_from(walk.order + "HHI", walk.data, header.value)
    fits = first[2] == UNDEFINED or first[2] <= header.length - _HEADER_BYTES
    return first[:2] == ITEM and fits


def _walk_undefined(walk: _Walk, header: _Header, end: int, depth: int) -> int:
    if header.vr != b"UN" or walk.implicit:
        return _walk_items(walk, header.value, end, depth, ends_by_length=False)
    # PS3.5 6.2.2: a sequence behind UN of undefined length is written implicit little endian
    order, walk.order, walk.implicit = walk.order, "<", True
    try:
        return _walk_items(walk, header.value, end, depth, ends_by_length=False)
    finally:
        walk.order, walk.implicit = order, False


def _walk_items(walk: _Walk, offset: int, end: int, depth: int, *, ends_by_length: bool) -> int:
    if depth > MAX_DEPTH:
        raise walk.refusal("BS-E110", f"found sequences nested deeper than {MAX_DEPTH}.")
    while not (ends_by_length and offset == end):
        header = _read_header(walk, offset, end)
        if header.tag == SEQUENCE_END:
            return header.value + header.length
        if header.tag != ITEM:
            raise walk.refusal(
                "BS-E111", f"found {_name(header.tag)}, wanted an item of a sequence."
            )
        walk.n_items += 1
        if walk.n_items > MAX_ITEMS:
            raise walk.refusal("BS-E112", f"found more than {MAX_ITEMS} items.")
        offset = _walk_item(walk, header, end, depth)
    return offset


def _walk_item(walk: _Walk, item: _Header, end: int, depth: int) -> int:
    stop = end if item.length == UNDEFINED else item.value + item.length
    before, walk.implicit = walk.implicit, walk.implicit or _lacks_vr(walk, item.value, stop)
    try:
        return _walk_elements(walk, item, stop, depth)
    finally:
        walk.implicit = before


def _lacks_vr(walk: _Walk, offset: int, stop: int) -> bool:
    """Tell whether an item is written without VR, as some writers do within explicit files."""
    if stop - offset < _HEADER_BYTES or walk.data[offset : offset + 2] == b"\xfe\xff":
        return False
    vr = walk.data[offset + 4 : offset + 6]
    return vr not in LONG_VRS and vr not in SHORT_VRS


def _walk_elements(walk: _Walk, item: _Header, stop: int, depth: int) -> int:
    offset = item.value
    while item.length == UNDEFINED or offset < stop:
        header = _read_header(walk, offset, stop)
        if header.tag == ITEM_END and item.length == UNDEFINED:
            return header.value + header.length
        if header.tag[0] == ITEM[0]:
            raise walk.refusal("BS-E111", f"found {_name(header.tag)} within an item.")
        offset = _after_value(walk, header, stop, depth)
    return offset


def _walk_fragments(walk: _Walk, offset: int, end: int) -> int:
    """Walk over encapsulated pixels: fragments of known length, then a delimiter."""
    while True:
        header = _read_header(walk, offset, end)
        if header.tag == SEQUENCE_END:
            return header.value + header.length
        if header.tag != ITEM or header.length == UNDEFINED:
            raise walk.refusal("BS-E111", "found damaged fragments of (7FE0,0010) Pixel Data.")
        offset = header.value + header.length


def _name(tag: tuple[int, int]) -> str:
    return f"({tag[0]:04X},{tag[1]:04X})"
