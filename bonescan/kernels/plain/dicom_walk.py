"""Twin of `kernels.dicom_walk`, in plain Python: also what a run with few files uses."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from .. import dicom_codes as c

_LITTLE, _BIG = struct.Struct("<HHI").unpack_from, struct.Struct(">HHI").unpack_from
_ZEROS = 4096  # bytes that are looked at together
_HEADER = 8
_PREAMBLE = 128
_VR_KINDS = c.VR_KINDS

Rows = list[list[int]]


def walk_data_set(  # noqa: C901, PLR0912, PLR0915 - one loop over a stack
    data: bytes,
    start: int,
    size: int,
    implicit: bool,
    big: bool,
    wanted: Sequence[int],
    note_top: Callable[[int], None] | None = None,
) -> Rows:
    """Twin of `kernels.dicom_walk.walk_data_set`; `note_top` hears of each top-level tag."""
    n_bytes, place = len(data), {tag: i for i, tag in enumerate(wanted)}
    found = [[-1, 0, 0, 0] for _ in range(len(wanted) + c.N_CREATORS + c.N_LAST)]
    first_creator, last = len(wanted), len(wanted) + c.N_CREATORS
    n_elements = n_items = n_top = n_creators = n_zeros = facts = depth = 0
    status, about, number, other = c.END, 0, 0, 0
    before, nonzero, offset = -1, -1, start
    # (kind, where it ends at the latest, whether only a delimiter ends it, how it is written)
    level = (c.DATA_SET, size, False, implicit, big)
    stack: list[tuple[int, int, bool, bool, bool]] = []
    unpack = _BIG if big else _LITTLE
    while True:
        kind, bound, is_open = level[0], level[1], level[2]
        if offset >= bound and not is_open:
            if kind == c.DATA_SET:
                break
            depth -= kind == c.SEQUENCE
            level = stack.pop()
            implicit, big = level[3], level[4]
            unpack = _BIG if big else _LITTLE
            continue
        if kind == c.DATA_SET:
            few = offset + _HEADER > bound
            if (few or data[offset : offset + 2] == b"\0\0") and offset >= nonzero:
                nonzero = _next_nonzero(data, offset)
                if nonzero == n_bytes:
                    if n_bytes == size:
                        n_zeros = size - offset
                    else:
                        status = c.WINDOW
                    break
            if few:
                status, number = (c.WINDOW if size > n_bytes else c.STRAY), bound - offset
                break
        elif offset + _HEADER > bound:
            status, number = c.TOO_SHORT, bound - offset
            break
        if offset + _HEADER > n_bytes:
            status = c.WINDOW
            break
        n_elements += 1
        if n_elements > c.MAX_ELEMENTS:
            status = c.MANY_ELEMENTS
            break
        group, element, length = unpack(data, offset)
        tag, vr, value = group << 16 | element, 0, offset + _HEADER
        if not implicit and group != c.ITEM_GROUP:
            vr = data[offset + 4] << 8 | data[offset + 5]
            how = _VR_KINDS[vr]
            if how == c.SHORT:
                length = length & 0xFFFF if big else length >> 16
            elif how == c.LONG:
                value += 4
                if value > bound:
                    status, about = c.CUT, tag
                    break
                if value > n_bytes:
                    status = c.WINDOW
                    break
                length = int.from_bytes(data[offset + 8 : value], "big" if big else "little")
            else:
                status, about, number = c.UNKNOWN_VR, tag, vr
                break
        if length != c.UNDEFINED and length > bound - value:
            status, about, number, other = c.TOO_LONG, tag, length, bound - value
            break
        if group == c.ITEM_GROUP and kind != c.DATA_SET:
            is_item = tag == c.ITEM
            ends = tag == (c.ITEM_END if kind == c.IN_ITEM else c.SEQUENCE_END)
            if ends and (is_open or kind != c.IN_ITEM):
                if length == c.UNDEFINED:
                    status, about = c.NO_LENGTH, tag
                    break
                offset = value + length if is_open else bound
                depth -= kind == c.SEQUENCE
                level = stack.pop()
                implicit, big = level[3], level[4]
                unpack = _BIG if big else _LITTLE
                continue
            if kind == c.IN_ITEM:
                status, about = c.WITHIN_ITEM, tag
                break
            if kind == c.IN_FRAGMENTS:
                if not is_item or length == c.UNDEFINED:
                    status, about = c.FRAGMENTS, tag
                    break
                offset = value + length
                continue
            if not is_item:
                status, about = c.NO_ITEM, tag
                break
            n_items += 1
            if n_items > c.MAX_ITEMS:
                status = c.MANY_ITEMS
                break
            stop = bound if length == c.UNDEFINED else value + length
            stack.append(level)
            if not implicit and stop - value >= _HEADER:
                if value + _HEADER > n_bytes:
                    status = c.WINDOW
                    break
                # some writers leave the value types out within the items of explicit files
                is_marker = data[value] == 0xFE and data[value + 1] == 0xFF  # noqa: PLR2004
                implicit = not (is_marker or _VR_KINDS[data[value + 4] << 8 | data[value + 5]])
            level = (c.IN_ITEM, stop, length == c.UNDEFINED, implicit, big)
            offset = value
            continue
        if kind == c.DATA_SET:
            if group == c.ITEM_GROUP:
                status, about = c.OUTSIDE, tag
                break
            n_top += 1
            if note_top is not None:
                note_top(tag)
            if tag <= before:
                facts |= c.NOT_RISING
            before = tag
            row = place.get(tag)
            if row is not None:
                found[row] = [value, length, vr, 0]
            if tag in {c.PIXEL_DATA, c.FLOAT_PIXELS, c.DOUBLE_PIXELS}:
                found[last + c.PIXELS][:3] = value, (-1 if length == c.UNDEFINED else length), tag
            if group & 1 and 0x10 <= element <= 0xFF:  # noqa: PLR2004 - PS3.5 7.8.1
                if n_creators < c.N_CREATORS:
                    found[first_creator + n_creators] = [value, length, vr, tag]
                    n_creators += 1
                else:
                    facts |= c.MANY_CREATORS
        elif kind != c.IN_ITEM:
            status, about = (c.FRAGMENTS if kind == c.IN_FRAGMENTS else c.NO_ITEM), tag
            break
        elif tag == c.CHARACTER_SET:
            facts |= c.NESTED_CHARACTER_SET
        is_pixels = tag in {c.PIXEL_DATA, c.FLOAT_PIXELS, c.DOUBLE_PIXELS}
        if length != c.UNDEFINED:
            stop, opens, below = value + length, False, c.SEQUENCE if vr == c.SQ else -1
            if vr in {c.UN, 0} and length >= _HEADER:
                if value + _HEADER > n_bytes:
                    status = c.WINDOW
                    break
                first, second, inner = unpack(data, value)
                if first << 16 | second == c.ITEM and (
                    inner == c.UNDEFINED or inner <= length - _HEADER
                ):
                    below = c.SEQUENCE
            if below < 0:
                offset = stop
                continue
        else:
            stop, opens = bound, True
            if vr in {c.SQ, c.UN, 0} and not is_pixels:
                below = c.SEQUENCE
            elif tag == c.PIXEL_DATA:
                below = c.IN_FRAGMENTS
            else:
                status, about = c.NO_LENGTH, tag
                break
        if below == c.SEQUENCE:
            depth += 1
            if depth > c.MAX_DEPTH:
                status, about = c.TOO_DEEP, tag
                break
            if opens and vr == c.UN:
                # PS3.5 6.2.2: a sequence behind UN of undefined length is implicit little endian
                implicit, big, unpack = True, False, _LITTLE
        stack.append(level)
        level = (below, stop, opens, implicit, big)
        offset = value
    if status == c.WINDOW:
        about = before
    found[last + c.VERDICT] = [status, about, number, other]
    found[last + c.COUNTS] = [n_elements, n_top, facts, n_zeros]
    found[last + c.PIXELS][3] = offset
    return found


def _next_nonzero(data: bytes, offset: int) -> int:
    """Find the next byte that is not zero; the number of bytes when there is none."""
    while offset < len(data):
        part = data[offset : offset + _ZEROS]
        rest = part.lstrip(b"\0")
        if rest:
            return offset + len(part) - len(rest)
        offset += _ZEROS
    return len(data)


def walk_header(data: bytes, size: int, wanted: Sequence[int]) -> Rows:
    """Twin of `kernels.dicom_walk.walk_header`."""
    meta, offset = _file_meta(data)
    syntax = data[meta[0] : meta[0] + meta[1]].rstrip(b"\0 ") if meta[0] >= 0 else b""
    implicit = _implicit(syntax)
    if implicit is None or offset >= size or offset + _HEADER > len(data):
        return _unusual(len(wanted))
    has_vr = bool(_VR_KINDS[data[offset + 4] << 8 | data[offset + 5]])
    group = data[offset] | data[offset + 1] << 8
    if has_vr == implicit or (group != 0 and group % 0x100 == 0):
        return _unusual(len(wanted))
    found = walk_data_set(data, offset, size, implicit, False, wanted)
    found[-c.N_LAST + c.META] = meta
    return found


def _unusual(n_wanted: int) -> Rows:
    found = [[-1, 0, 0, 0] for _ in range(n_wanted + c.N_CREATORS + c.N_LAST)]
    found[-c.N_LAST + c.VERDICT][0] = c.UNUSUAL
    return found


def _implicit(syntax: bytes) -> bool | None:
    """Whether the transfer syntax has no value types; None for those that are not walked."""
    prefix = bytes(c.SYNTAX_PREFIX)
    if not syntax.startswith(prefix):
        return None
    rest = syntax[len(prefix) :]
    if not rest:
        return True
    return False if rest in {b".1", b".5"} or rest.startswith(b".4.") else None


def _file_meta(data: bytes) -> tuple[list[int], int]:
    """Find transfer syntax and SOP class in group 0002, and where it ends."""
    meta, offset, n_found = [-1, 0, -1, 0], _PREAMBLE + 4, 0
    if data[_PREAMBLE:offset] != b"DICM":
        return meta, offset
    while offset + _HEADER <= len(data):
        group, element, length = _LITTLE(data, offset)
        if group != 2:  # noqa: PLR2004 - the group of the file meta
            break
        value, how = offset + _HEADER, _VR_KINDS[data[offset + 4] << 8 | data[offset + 5]]
        if how == c.LONG and value + 4 <= len(data):
            length = int.from_bytes(data[value : value + 4], "little")
            value += 4
        elif how == c.SHORT:
            length >>= 16
        else:
            return [-1, 0, -1, 0], offset
        n_found += 1
        if length > len(data) - value or n_found > c.MAX_META:
            return [-1, 0, -1, 0], offset
        if element == 0x10:  # noqa: PLR2004 - (0002,0010) Transfer Syntax UID
            meta[:2] = value, length
        elif element == 0x02:  # noqa: PLR2004 - (0002,0002) Media Storage SOP Class UID
            meta[2:] = value, length
        offset = value + length
    return meta, offset


_BLANKS = b" \t\n\r\v\f"
_ODD = frozenset({0, 0x5C, *range(0x1B, 0x20), *range(0x80, 0x100)})


def header_texts(data: bytes, size: int, wanted: Sequence[int], forms: bytes) -> bytes:
    """Twin of `kernels.dicom_walk.header_texts`."""
    rows = walk_header(data, size, wanted)
    (status, reached, _, _), facts = rows[-c.N_LAST + c.VERDICT], rows[-c.N_LAST + c.COUNTS][2]
    if status != c.END and (status != c.WINDOW or reached < wanted[-1]):
        return bytes((c.READ_MORE if status == c.WINDOW else c.ODD, 0))
    more = int(facts & c.MANY_CREATORS != 0)
    texts = []
    for i, (start, length, vr, _) in enumerate(rows[: -c.N_LAST]):
        form = forms[i] if i < len(wanted) else c.TEXT
        if start < 0 and i >= len(wanted):
            break
        if form != c.CONTENT and start + length > len(data):
            return bytes((c.ODD, 0))
        text = b""
        if form == c.CONTENT:
            more |= start >= 0
        elif start < 0 or length == 0:
            pass
        elif form == c.COUNT:
            if length != 2 or vr not in {0, c.US}:  # noqa: PLR2004 - two bytes
                return bytes((c.ODD, 0))
            text = b"%d" % (data[start] | data[start + 1] << 8)
        else:
            text = data[start : start + length].rstrip(b"\0").strip(_BLANKS)
            if not _ODD.isdisjoint(text):
                return bytes((c.ODD, 0))
        texts.append(text)
    return bytes((c.PLAIN, more)) + b"\0".join(texts)
