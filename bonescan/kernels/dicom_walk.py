"""Walk over the bytes of a DICOM data set, from element to element, without converting any.

Every declared length is held against the bytes that are left; depth, number of
elements and number of items are capped. One walk finds wanted top-level
elements (those within items never count), private creators and the pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import dicom_codes as c
from ._jit import kernel

Bytes = NDArray[np.uint8]
Tags = NDArray[np.int64]
_HEADER = 8
_PREAMBLE = 128
_PREFIX = c.SYNTAX_PREFIX
_N_PREFIX = len(c.SYNTAX_PREFIX)
_VR_KINDS = np.frombuffer(c.VR_KINDS, np.uint8)  # by the two letters as one number


@kernel()
def walk_data_set(  # noqa: C901, PLR0912, PLR0915 - one loop over a stack
    data: Bytes,
    start: int,
    size: int,
    implicit: bool,
    big: bool,
    wanted: Tags,
) -> NDArray[Any]:
    """Walk from `start` to the end of the file, into sequences and over values.

    Parameters
    ----------
    data : (n_bytes,) uint8
        The file, or its first bytes.
    start : int
        Where the data set begins [bytes].
    size : int
        Length of the whole file [bytes], at least `n_bytes`; lengths are held
        against it.
    implicit, big : bool
        How the data set is written: without value types; big endian.
    wanted : (n_wanted,) int64
        Top-level tags to look for, rising; a tag is group · 2¹⁶ + element.

    Returns
    -------
    found : (n_wanted + N_CREATORS + N_LAST, 4) int64
        A row (offset of the value, length, value type, 0) for each wanted tag,
        offset −1 where it is absent; where it stands twice, the last. Then a
        row (offset, length, value type, tag) for each private creator. Then
        the rows VERDICT, COUNTS, PIXELS and META of `dicom_codes`; META is
        empty here. An empty data set is sound. A walk that needs bytes beyond
        `n_bytes` ends as WINDOW, with the top-level tag it had come to (−1:
        none): what it found until then holds.

    References
    ----------
    DICOM PS3.5, sections 7.1 (elements), 7.5 (sequences), 6.2.2 (unknown value
    types), 7.8.1 (private creators), annex A.4 (fragments).
    """
    n_bytes, n_wanted = data.size, wanted.size
    found = np.zeros((n_wanted + c.N_CREATORS + c.N_LAST, 4), np.int64)
    found[:, 0] = -1
    last = n_wanted + c.N_CREATORS
    # kind, where it ends at the latest, whether only a delimiter ends it, how it is written
    stack = np.zeros((2 * c.MAX_DEPTH + 3, 5), np.int64)
    stack[0, 0], stack[0, 1] = c.DATA_SET, size
    stack[0, 3], stack[0, 4] = implicit, big
    n_elements = n_items = n_top = n_creators = n_zeros = facts = depth = level = 0
    status, before, nonzero = c.END, -1, -1
    about: Any = 0  # these hold numbers of Python and of NumPy in turn
    number: Any = 0
    other: Any = 0
    offset: Any = start
    while True:
        kind, bound, is_open = stack[level, 0], stack[level, 1], stack[level, 2]
        is_implicit, is_big = stack[level, 3], stack[level, 4]
        if offset >= bound and not is_open:
            if kind == c.DATA_SET:
                break
            depth -= kind == c.SEQUENCE
            level -= 1
            continue
        if kind == c.DATA_SET:
            few = offset + _HEADER > bound
            zeros = offset + 1 < n_bytes and data[offset] == 0 and data[offset + 1] == 0
            if (few or zeros) and offset >= nonzero:
                nonzero = offset
                while nonzero < n_bytes and data[nonzero] == 0:
                    nonzero += 1
                if nonzero >= n_bytes:
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
        b0, b1 = np.int64(data[offset + 4]), np.int64(data[offset + 5])
        b2, b3 = np.int64(data[offset + 6]), np.int64(data[offset + 7])
        if is_big:
            group = np.int64(data[offset]) << 8 | data[offset + 1]
            element = np.int64(data[offset + 2]) << 8 | data[offset + 3]
            length = b0 << 24 | b1 << 16 | b2 << 8 | b3
        else:
            group = np.int64(data[offset + 1]) << 8 | data[offset]
            element = np.int64(data[offset + 3]) << 8 | data[offset + 2]
            length = b3 << 24 | b2 << 16 | b1 << 8 | b0
        tag, vr, value = group << 16 | element, np.int64(0), offset + _HEADER
        if not is_implicit and group != c.ITEM_GROUP:
            vr = b0 << 8 | b1
            how = _VR_KINDS[vr]
            if how == c.SHORT:
                length = b2 << 8 | b3 if is_big else b3 << 8 | b2
            elif how == c.LONG:
                value += 4
                if value > bound:
                    status, about = c.CUT, tag
                    break
                if value > n_bytes:
                    status = c.WINDOW
                    break
                length = np.int64(0)
                for i in range(4):
                    shift = 8 * (3 - i) if is_big else 8 * i
                    length |= np.int64(data[offset + 8 + i]) << shift
            else:
                status, about, number = c.UNKNOWN_VR, tag, vr
                break
        if length != c.UNDEFINED and length > bound - value:
            status, about, number, other = c.TOO_LONG, tag, length, bound - value
            break
        if group == c.ITEM_GROUP and kind != c.DATA_SET:
            ends = tag == (c.ITEM_END if kind == c.IN_ITEM else c.SEQUENCE_END)
            if ends and (is_open or kind != c.IN_ITEM):
                if length == c.UNDEFINED:
                    status, about = c.NO_LENGTH, tag
                    break
                offset = value + length if is_open else bound
                depth -= kind == c.SEQUENCE
                level -= 1
                continue
            if kind == c.IN_ITEM:
                status, about = c.WITHIN_ITEM, tag
                break
            if kind == c.IN_FRAGMENTS:
                if tag != c.ITEM or length == c.UNDEFINED:
                    status, about = c.FRAGMENTS, tag
                    break
                offset = value + length
                continue
            if tag != c.ITEM:
                status, about = c.NO_ITEM, tag
                break
            n_items += 1
            if n_items > c.MAX_ITEMS:
                status = c.MANY_ITEMS
                break
            stop = bound if length == c.UNDEFINED else value + length
            if not is_implicit and stop - value >= _HEADER:
                if value + _HEADER > n_bytes:
                    status = c.WINDOW
                    break
                # some writers leave the value types out within the items of explicit files
                is_marker = data[value] == 0xFE and data[value + 1] == 0xFF  # noqa: PLR2004
                first = np.int64(data[value + 4]) << 8 | data[value + 5]
                is_implicit = np.int64(not is_marker and _VR_KINDS[first] == 0)
            level += 1
            stack[level, 0], stack[level, 1] = c.IN_ITEM, stop
            stack[level, 2] = length == c.UNDEFINED
            stack[level, 3], stack[level, 4] = is_implicit, is_big
            offset = value
            continue
        is_pixels = tag in (c.PIXEL_DATA, c.FLOAT_PIXELS, c.DOUBLE_PIXELS)
        if kind == c.DATA_SET:
            if group == c.ITEM_GROUP:
                status, about = c.OUTSIDE, tag
                break
            n_top += 1
            if tag <= before:
                facts |= c.NOT_RISING
            before = tag
            low, high = 0, n_wanted
            while low < high:
                middle = (low + high) // 2
                if wanted[middle] < tag:
                    low = middle + 1
                else:
                    high = middle
            if low < n_wanted and wanted[low] == tag:
                found[low, 0], found[low, 1], found[low, 2] = value, length, vr
            if is_pixels:
                found[last + c.PIXELS, 0] = value
                found[last + c.PIXELS, 1] = -1 if length == c.UNDEFINED else length
                found[last + c.PIXELS, 2] = tag
            if group & 1 and 0x10 <= element <= 0xFF:  # noqa: PLR2004 - PS3.5 7.8.1
                if n_creators < c.N_CREATORS:
                    row = n_wanted + n_creators
                    found[row, 0], found[row, 1] = value, length
                    found[row, 2], found[row, 3] = vr, tag
                    n_creators += 1
                else:
                    facts |= c.MANY_CREATORS
        elif kind != c.IN_ITEM:
            status, about = (c.FRAGMENTS if kind == c.IN_FRAGMENTS else c.NO_ITEM), tag
            break
        elif tag == c.CHARACTER_SET:
            facts |= c.NESTED_CHARACTER_SET
        below = -1
        stop, opens = bound, 1
        if length != c.UNDEFINED:
            stop, opens = value + length, 0
            if vr == c.SQ:
                below = c.SEQUENCE
            elif vr in (c.UN, 0) and length >= _HEADER:
                if value + _HEADER > n_bytes:
                    status = c.WINDOW
                    break
                seen, inner = np.int64(0), np.int64(0)
                for i in range(4):
                    at = (i if is_big else i ^ 1) + value  # two words of two bytes
                    seen = seen << 8 | data[at]
                    inner |= np.int64(data[value + 4 + i]) << (8 * (3 - i) if is_big else 8 * i)
                if seen == c.ITEM and (inner == c.UNDEFINED or inner <= length - _HEADER):
                    below = c.SEQUENCE
            if below < 0:
                offset = stop
                continue
        elif vr in (c.SQ, c.UN, 0) and not is_pixels:
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
                is_implicit, is_big = np.int64(1), np.int64(0)
        level += 1
        stack[level, 0], stack[level, 1], stack[level, 2] = below, stop, opens
        stack[level, 3], stack[level, 4] = is_implicit, is_big
        offset = value
    if status == c.WINDOW:
        about = before
    found[last + c.VERDICT, 0], found[last + c.VERDICT, 1] = status, about
    found[last + c.VERDICT, 2], found[last + c.VERDICT, 3] = number, other
    found[last + c.COUNTS, 0], found[last + c.COUNTS, 1] = n_elements, n_top
    found[last + c.COUNTS, 2], found[last + c.COUNTS, 3] = facts, n_zeros
    found[last + c.PIXELS, 3] = offset
    return found


@kernel()
def walk_header(  # noqa: C901, PLR0911, PLR0912, PLR0915 - the steps of one file, in their order
    data: Bytes, size: int, wanted: Tags
) -> NDArray[Any]:
    """Walk over a file with preamble and file meta, little endian and not deflated.

    Parameters
    ----------
    data : (n_bytes,) uint8
        The file, or its first bytes.
    size : int
        Length of the whole file [bytes].
    wanted : (n_wanted,) int64
        As in `walk_data_set`.

    Returns
    -------
    found : (n_wanted + N_CREATORS + N_LAST, 4) int64
        As of `walk_data_set`, with the row META filled. UNUSUAL, and nothing
        found, where the magic is absent, the file meta odd or longer than
        `data`, the transfer syntax another one, or where the first element is
        written otherwise than the transfer syntax says.

    References
    ----------
    DICOM PS3.10, section 7.1 (preamble, file meta); PS3.5, section 10 and
    annex A (transfer syntaxes).
    """
    n_bytes = data.size
    unusual = np.zeros((wanted.size + c.N_CREATORS + c.N_LAST, 4), np.int64)
    unusual[:, 0] = -1
    unusual[wanted.size + c.N_CREATORS + c.VERDICT, 0] = c.UNUSUAL
    offset = _PREAMBLE + 4
    if n_bytes < offset or not (
        data[128] == 68 and data[129] == 73 and data[130] == 67 and data[131] == 77  # noqa: PLR2004 - "DICM"
    ):
        return unusual
    syntax_at, class_at, n_syntax, n_class, n_found = -1, -1, 0, 0, 0
    while offset + _HEADER <= n_bytes and data[offset] == 2 and data[offset + 1] == 0:  # noqa: PLR2004
        value = offset + _HEADER
        how = _VR_KINDS[np.int64(data[offset + 4]) << 8 | data[offset + 5]]
        if how == c.SHORT:
            length = np.int64(data[offset + 7]) << 8 | data[offset + 6]
        elif how == c.LONG and value + 4 <= n_bytes:
            length = np.int64(0)
            for i in range(4):
                length |= np.int64(data[value + i]) << 8 * i
            value += 4
        else:
            return unusual
        n_found += 1
        if length > n_bytes - value or n_found > c.MAX_META:
            return unusual
        element = np.int64(data[offset + 3]) << 8 | data[offset + 2]
        if element == 0x10:  # noqa: PLR2004 - (0002,0010) Transfer Syntax UID
            syntax_at, n_syntax = value, length
        elif element == 0x02:  # noqa: PLR2004 - (0002,0002) Media Storage SOP Class UID
            class_at, n_class = value, length
        offset = value + length
    n_words = n_syntax
    while n_words > 0 and (data[syntax_at + n_words - 1] in (0, 32)):
        n_words -= 1
    n_rest = n_words - _N_PREFIX
    if n_rest < 0 or offset >= size or offset + _HEADER > n_bytes:
        return unusual
    for i in range(_N_PREFIX):
        if data[syntax_at + i] != _PREFIX[i]:
            return unusual
    rest = syntax_at + _N_PREFIX
    if n_rest == 2:  # noqa: PLR2004 - ".1" explicit little endian, ".5" RLE
        if data[rest] != 46 or data[rest + 1] not in (49, 53):  # noqa: PLR2004
            return unusual
    elif n_rest > 0 and (
        n_rest < 3 or data[rest] != 46 or data[rest + 1] != 52 or data[rest + 2] != 46  # noqa: PLR2004 - ".4."
    ):
        return unusual
    group = np.int64(data[offset + 1]) << 8 | data[offset]
    has_vr = _VR_KINDS[np.int64(data[offset + 4]) << 8 | data[offset + 5]] != 0
    if has_vr == (n_rest == 0) or (group != 0 and group % 256 == 0):
        return unusual
    big = n_rest < 0  # never here; a literal False would compile the walk a second time
    found = walk_data_set(data, offset, size, n_rest == 0, big, wanted)
    row = wanted.size + c.N_CREATORS + c.META
    found[row, 0], found[row, 1] = syntax_at, n_syntax
    found[row, 2], found[row, 3] = class_at, n_class
    return found


@kernel()
def header_texts(  # noqa: C901, PLR0912, PLR0915 - one pass over the found elements
    data: Bytes, size: int, wanted: Tags, forms: Bytes
) -> Bytes:
    """Take the wanted elements of a header as text, all in one piece.

    Parameters
    ----------
    data, size
        As in `walk_header`.
    wanted : (n_wanted,) int64
        At least one.
    forms : (n_wanted,) uint8
        TEXT, COUNT or CONTENT of `dicom_codes`.

    Returns
    -------
    texts : (n,) uint8
        PLAIN, ODD, or READ_MORE where the walk ended before the last wanted tag;
        1 where a wanted content or more private
        creators than are listed exist, else 0; then, where PLAIN, the texts
        of the wanted elements and the names of the private creators, padding
        and white space taken off, parted by zero bytes. Absent and empty
        elements and contents are empty texts; counts are decimal digits.
    """
    rows = walk_header(data, size, wanted)
    n_wanted, last = wanted.size, wanted.size + c.N_CREATORS
    answer = np.zeros(c.FIRST_TEXT, np.uint8)
    status = rows[last + c.VERDICT, 0]
    if status != c.END and (status != c.WINDOW or rows[last + c.VERDICT, 1] < wanted[n_wanted - 1]):
        answer[0] = c.READ_MORE if status == c.WINDOW else c.ODD
        return answer
    room = c.FIRST_TEXT
    for i in range(last):
        room += 6  # a separator and the digits of a count
        if i >= n_wanted or forms[i] != c.CONTENT:
            if rows[i, 0] + rows[i, 1] > data.size:
                answer[0] = c.ODD
                return answer
            room += rows[i, 1]
    texts = np.zeros(room, np.uint8)
    texts[1] = rows[last + c.COUNTS, 2] & c.MANY_CREATORS != 0
    end = c.FIRST_TEXT
    for i in range(last):
        start, stop = rows[i, 0], rows[i, 0] + rows[i, 1]
        if i >= n_wanted and start < 0:
            break
        if i > 0:
            end += 1
        form = forms[i] if i < n_wanted else c.TEXT
        if form == c.CONTENT:
            texts[1] |= start >= 0
        elif start < 0 or stop == start:
            continue
        elif form == c.COUNT:
            if stop - start != 2 or rows[i, 2] not in (0, c.US):  # noqa: PLR2004 - two bytes
                answer[0] = c.ODD
                return answer
            count, tens = np.int64(data[start + 1]) << 8 | data[start], 10_000
            while tens > 1 and count < tens:
                tens //= 10
            while tens > 0:
                texts[end] = 48 + count // tens % 10
                end, tens = end + 1, tens // 10
        else:
            while stop > start and data[stop - 1] == 0:
                stop -= 1
            while stop > start and (data[stop - 1] == 32 or 9 <= data[stop - 1] <= 13):  # noqa: PLR2004 - blanks
                stop -= 1
            while start < stop and (data[start] == 32 or 9 <= data[start] <= 13):  # noqa: PLR2004
                start += 1
            for at in range(start, stop):
                letter = data[at]
                # zero, ESC and separators, backslash, beyond ASCII
                if letter == 0 or 27 <= letter <= 31 or letter == 92 or letter > 127:  # noqa: PLR2004
                    answer[0] = c.ODD
                    return answer
                texts[end] = letter
                end += 1
    return texts[:end]
