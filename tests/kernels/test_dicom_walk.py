"""The walk over DICOM bytes: every end it can come to, by kernel and twin alike.

The bytes are written out by the rules of DICOM PS3.5, section 7.
"""

from __future__ import annotations

import struct

import numpy as np
import pytest

from bonescan.kernels import dicom_codes as c
from bonescan.kernels import dicom_walk as compiled
from bonescan.kernels.plain import dicom_walk as plain
from bonescan.model.arrays import kernel_input

WANTED = (0x00080005, 0x00100010, 0x00100020, 0x00280010)
OPEN = c.UNDEFINED
ITEM, ITEM_END = struct.pack("<HHI", 0xFFFE, 0xE000, 0), struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
ITEM_OPEN = struct.pack("<HHI", 0xFFFE, 0xE000, OPEN)
SEQ_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def el(tag, vr, value=b"", length=None, order="<"):
    n = len(value) if length is None else length
    head = struct.pack(order + "HH", tag >> 16, tag & 0xFFFF) + vr
    if vr in c.LONG_VRS:
        return head + struct.pack(order + "2xI", n) + value
    return head + struct.pack(order + "H", n) + value


def implicit(tag, value=b"", length=None):
    n = len(value) if length is None else length
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, n) + value


def item(body):
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(body)) + body


def seq(body=b"", length=None, tag=0x0040A730):
    return el(tag, b"SQ", body, length)


class Found:
    """The answer of a walk by names."""

    def __init__(self, rows):
        self.rows = rows
        self.status, self.tag, self.number, self.other = rows[-c.N_LAST + c.VERDICT]
        self.n_elements, self.n_top, self.facts, self.n_zeros = rows[-c.N_LAST + c.COUNTS]
        self.pixels = rows[-c.N_LAST + c.PIXELS]

    def value(self, data, tag):
        offset, length, _, _ = self.rows[WANTED.index(tag)]
        return data[offset : offset + length] if offset >= 0 else None


def walk(data, is_implicit=False, big=False, size=None, start=0):
    size = len(data) if size is None else size
    rows = plain.walk_data_set(data, start, size, is_implicit, big, WANTED)
    array = kernel_input(np.frombuffer(data, np.uint8), np.uint8)
    wanted = kernel_input(WANTED, np.int64)
    got = compiled.walk_data_set(array, start, size, is_implicit, big, wanted)
    assert got.tolist() == rows  # the twin says the same
    return Found(rows)


def look(data, size=None):
    size = len(data) if size is None else size
    rows = plain.walk_header(data, size, WANTED)
    array = kernel_input(np.frombuffer(data, np.uint8), np.uint8)
    got = compiled.walk_header(array, size, kernel_input(WANTED, np.int64))
    assert got.tolist() == rows
    return Found(rows)


NAME = el(0x00100010, b"PN", b"DOE^JANE")
ROWS = el(0x00280010, b"US", b"\x14\x00")


def test_wanted_values_are_found_where_they_stand():
    data = NAME + el(0x00100020, b"LO", b"0012") + ROWS
    found = walk(data)
    assert found.status == c.END
    assert found.value(data, 0x00100010) == b"DOE^JANE"
    assert found.value(data, 0x00100020) == b"0012"
    assert found.value(data, 0x00280010) == b"\x14\x00"
    assert found.value(data, 0x00080005) is None
    assert found.rows[3][2] == int.from_bytes(b"US", "big")
    assert (found.n_elements, found.n_top, found.facts) == (3, 3, 0)


def test_an_empty_data_set_is_sound():
    assert (walk(b"").status, walk(b"").n_elements) == (c.END, 0)


def test_implicit_and_big_endian_data_are_followed():
    data = implicit(0x00100010, b"DOE^JANE") + implicit(0x00280010, b"\x14\x00")
    assert walk(data, is_implicit=True).value(data, 0x00100010) == b"DOE^JANE"
    swapped = el(0x00100010, b"PN", b"DOE^JANE", order=">") + el(
        0x00420011, b"OB", b"\1\2", order=">"
    )
    assert walk(swapped, big=True).value(swapped, 0x00100010) == b"DOE^JANE"
    deep = el(0x0040A730, b"UN", b"\xff\xfe\xe0\x00\x00\x00\x00\x00", order=">")
    assert walk(deep, big=True).n_elements == 2  # an item behind UN


def test_of_two_the_last_counts_and_falling_tags_are_noted():
    data = NAME + el(0x00100010, b"PN", b"ROE")
    assert walk(data).value(data, 0x00100010) == b"ROE"
    assert walk(data).facts == c.NOT_RISING
    assert walk(ROWS + NAME).facts == c.NOT_RISING


@pytest.mark.parametrize("is_open", [False, True])
def test_tags_within_items_are_not_those_of_the_top(is_open):
    inner = el(0x00100010, b"PN", b"INSIDE") + seq(item(el(0x00100020, b"LO", b"99")))
    body = ITEM_OPEN + inner + ITEM_END + SEQ_END if is_open else item(inner)
    data = seq(body, OPEN if is_open else None) + el(0x7FE10010, b"LO", b"LAST")
    found = walk(data)
    assert found.status == c.END
    assert found.value(data, 0x00100010) is None
    assert found.value(data, 0x00100020) is None
    assert found.n_top == 2


def test_the_twin_can_name_the_tags_of_the_top():
    tags = []
    data = NAME + seq(item(ROWS)) + NAME
    plain.walk_data_set(data, 0, len(data), False, False, (), tags.append)
    assert tags == [0x00100010, 0x0040A730, 0x00100010]


def test_a_character_set_within_an_item_is_noted():
    found = walk(seq(item(el(0x00080005, b"CS", b"GB18030 "))))
    assert found.facts == c.NESTED_CHARACTER_SET


def test_an_early_end_of_a_sequence_of_known_length_ends_at_its_length():
    data = seq(SEQ_END + b"\xaa" * 8) + NAME
    assert walk(data).value(data, 0x00100010) == b"DOE^JANE"


def test_items_without_value_types_within_an_explicit_file():
    inner = implicit(0x00100010, b"INSIDE") + implicit(0x00100020, b"1 ")
    data = seq(ITEM_OPEN + inner + ITEM_END + SEQ_END, OPEN) + NAME
    assert walk(data).value(data, 0x00100010) == b"DOE^JANE"
    assert walk(seq(item(ITEM) + NAME[:0])).status == c.WITHIN_ITEM  # a marker is no such item


def test_a_sequence_behind_an_unknown_value_type():
    hidden = ITEM_OPEN + implicit(0x00100010, b"IN") + ITEM_END + SEQ_END
    data = el(0x00411001, b"UN", hidden, OPEN) + NAME
    assert walk(data).value(data, 0x00100010) == b"DOE^JANE"
    known = el(0x00411001, b"UN", item(NAME)) + NAME
    assert walk(known).n_elements == 4
    assert walk(el(0x00411001, b"UN", b"\xfe\xff\x00\xe0\xf0\0\0\0") + NAME).n_elements == 2
    assert walk(el(0x00411001, b"UN", ITEM_OPEN + ITEM_END)).n_elements == 3
    assert walk(implicit(0x00411001, item(b"")) + NAME[:0], is_implicit=True).n_elements == 2


def test_pixels_native_and_in_fragments():
    data = NAME + el(0x7FE00010, b"OW", bytes(20))
    assert walk(data).pixels == [len(data) - 20, 20, 0x7FE00010, len(data)]
    frames = ITEM + item(b"\x01\x02") + SEQ_END
    data = NAME + el(0x7FE00010, b"OB", frames, OPEN)
    found = walk(data)
    assert found.status == c.END
    assert found.pixels[:3] == [len(data) - len(frames), -1, 0x7FE00010]
    assert walk(el(0x7FE00008, b"OF", bytes(4))).pixels[2] == 0x7FE00008
    icon = seq(item(el(0x7FE00010, b"OB", frames, OPEN)), tag=0x00880200)
    assert walk(icon).pixels[0] == -1  # an icon's pixels are not the image's


def test_private_creators_are_listed_up_to_a_number():
    data = b"".join(el(0x00210010 + i, b"LO", b"HOLOGIC ") for i in range(c.N_CREATORS))
    found = walk(data)
    rows = found.rows[len(WANTED) : len(WANTED) + c.N_CREATORS]
    assert [row[3] for row in rows] == [0x00210010 + i for i in range(c.N_CREATORS)]
    assert all(data[offset : offset + n] == b"HOLOGIC " for offset, n, _, _ in rows)
    assert found.facts == 0
    assert walk(data + el(0x00230010, b"LO", b"X ")).facts == c.MANY_CREATORS
    assert walk(el(0x00211001, b"LO", b"X ") + el(0x00220010, b"LO", b"X ")).rows[4][3] == 0


@pytest.mark.parametrize("n", [1, 2, 7, 8, 5000])
def test_zero_bytes_at_the_end_are_counted(n):
    found = walk(NAME + bytes(n))
    assert (found.status, found.n_zeros, found.n_elements) == (c.END, n, 1)


def test_zero_bytes_before_something_else_are_read_as_elements():
    assert walk(bytes(24) + b"\x10\0\x10\0\0\0\0\0", is_implicit=True).n_elements == 4
    assert walk(NAME + bytes(20) + b"\x01").status == c.UNKNOWN_VR
    assert walk(NAME + bytes(8), size=len(NAME) + 100).status == c.WINDOW


DEEP = 33 * (el(0x0040A730, b"SQ", b"", OPEN) + ITEM_OPEN)
ENDS = {
    "few bytes": (NAME + b"\x01\x02\x03", c.STRAY, 0, 3),
    "cut in a long header": (seq(item(el(0x00420011, b"OB", b"")[:9])), c.CUT, 0x00420011, 0),
    "cut in an item": (seq(item(b"\x10\0\x10\0")), c.TOO_SHORT, 0, 4),
    "unknown value type": (NAME[:4] + b"ZZ\2\0ab", c.UNKNOWN_VR, 0x00100010, 0x5A5A),
    "longer than the file": (el(0x00100010, b"PN", b"ab", 9), c.TOO_LONG, 0x00100010, 9),
    "4 GiB": (el(0x00420011, b"OB", b"ab", OPEN - 1), c.TOO_LONG, 0x00420011, OPEN - 1),
    "longer than its item": (
        seq(item(el(0x00100010, b"PN", b"ab", 9))), c.TOO_LONG, 0x00100010, 9),
    "an end outside": (NAME + SEQ_END, c.OUTSIDE, c.SEQUENCE_END, 0),
    "an element for an item": (seq(NAME), c.NO_ITEM, 0x00100010, 0),
    "a wrong end of a sequence": (seq(ITEM_END + NAME, OPEN), c.NO_ITEM, c.ITEM_END, 0),
    "an item within an item": (seq(item(ITEM)), c.WITHIN_ITEM, c.ITEM, 0),
    "an end within a known item": (seq(item(ITEM_END)), c.WITHIN_ITEM, c.ITEM_END, 0),
    "text without length": (el(0x00100010, b"UT", b"", OPEN), c.NO_LENGTH, 0x00100010, 0),
    "floats without length": (el(0x7FE00008, b"UN", b"", OPEN), c.NO_LENGTH, 0x7FE00008, 0),
    "an end without length": (
        seq(SEQ_END[:4] + b"\xff" * 4, OPEN), c.NO_LENGTH, c.SEQUENCE_END, 0),
    "a fragment without length": (
        el(0x7FE00010, b"OB", ITEM_OPEN, OPEN), c.FRAGMENTS, c.ITEM, 0),
    "no fragment": (el(0x7FE00010, b"OB", NAME, OPEN), c.FRAGMENTS, 0x00100010, 0),
    "a wrong end of fragments": (
        el(0x7FE00010, b"OB", ITEM_END, OPEN), c.FRAGMENTS, c.ITEM_END, 0),
    "fragments without end": (el(0x7FE00010, b"OB", ITEM, OPEN), c.TOO_SHORT, 0, 0),
    "too deep": (DEEP, c.TOO_DEEP, 0x0040A730, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_each_unsound_end(name):
    data, status, tag, number = ENDS[name]
    found = walk(data)
    assert (found.status, found.tag, found.number) == (status, tag, number)


def test_32_levels_are_sound():
    level = el(0x0040A730, b"SQ", b"", OPEN) + ITEM_OPEN
    data = level * c.MAX_DEPTH + (ITEM_END + SEQ_END) * c.MAX_DEPTH
    assert walk(data).status == c.END


def test_counts_are_capped():
    many = el(0x00100020, b"LO") * c.MAX_ELEMENTS
    assert walk(many).status == c.END
    assert walk(many + NAME).status == c.MANY_ELEMENTS
    assert walk(seq(ITEM * c.MAX_ITEMS)).status == c.END
    assert walk(seq(ITEM * (c.MAX_ITEMS + 1))).status == c.MANY_ITEMS


def test_what_lies_beyond_the_bytes_at_hand_is_a_window_not_a_fault():
    inner = el(0x00420011, b"OB", bytes(30))
    hidden = el(0x00411001, b"UN", item(NAME))
    for data in (NAME + ROWS, inner + NAME, seq(item(NAME)) + ROWS, hidden, seq(ITEM_OPEN)):
        for n in range(len(data)):
            found = walk(data[:n], size=len(data))
            # the last value may lie beyond the window: nothing more is to be read
            assert found.status in ({c.WINDOW} | ({c.END} if data != seq(ITEM_OPEN) else set()))
            assert found.status == c.WINDOW or found.pixels[3] == len(data)


def test_zero_bytes_of_a_group_read_once_however_many_elements():
    data = implicit(0, b"") * 2000 + bytes(200_000) + b"\x08\0\x60\0\0\0\0\0"
    assert walk(data, is_implicit=True).status == c.END


# ------------------------------------------------------------------ preamble and file meta


def meta(syntax=b"1.2.840.10008.1.2.1", extra=b"", magic=b"DICM"):
    syntax += bytes(len(syntax) % 2)
    return (
        bytes(128) + magic + el(0x00020001, b"OB", b"\0\1") + el(0x00020002, b"UI", b"1.2.3\0")
        + el(0x00020010, b"UI", syntax) + extra
    )  # fmt: skip


SYNTAXES = {
    b"1.2.840.10008.1.2.1": False,
    b"1.2.840.10008.1.2": True,
    b"1.2.840.10008.1.2.5": False,
    b"1.2.840.10008.1.2.4.90": False,
}


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_the_transfer_syntax_decides_how_the_data_set_is_read(syntax):
    body = implicit(0x00100010, b"DOE^JANE") if SYNTAXES[syntax] else NAME
    data = meta(syntax) + body
    found = look(data)
    assert found.status == c.END
    assert found.value(data, 0x00100010) == b"DOE^JANE"
    at, n, class_at, n_class = found.rows[-c.N_LAST + c.META]
    assert data[at : at + n].rstrip(b"\0") == syntax
    assert data[class_at : class_at + n_class] == b"1.2.3\0"


@pytest.mark.parametrize(
    "syntax",
    [b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.2", b"1.2.840.10008.1.2.8", b"1.2.3",
     b"1.2.840.10008.1.2.4", b"1.2.840.10008.1.2x1", b"1.2.840.10008.1.3.1", b"",
     b"1.2.840.10008.1.2.45", b"1.2.840.10008.1.2.6.1"],
)  # fmt: skip
def test_other_transfer_syntaxes_are_left_alone(syntax):
    assert look(meta(syntax) + NAME).status == c.UNUSUAL


@pytest.mark.parametrize(
    "data",
    [b"", bytes(131), meta(magic=b"dicm") + NAME, meta(), meta() + NAME[:7],
     bytes(128) + b"DICM" + NAME, meta() + implicit(0x00100010, b"DOE^JANE"),
     meta(b"1.2.840.10008.1.2") + NAME, meta() + el(0x00100010, b"PN", order=">"),
     meta(extra=el(0x00020012, b"ZZ", b"ab")) + NAME,
     meta(extra=el(0x00020012, b"UI", b"ab", 9999)) + NAME,
     meta(extra=el(0x00020012, b"OB", b"")[:9]),
     meta(extra=el(0x00020012, b"UI", b"1\0") * c.MAX_META) + NAME],
    ids=["nothing", "short", "magic", "no data set", "cut", "no meta", "explicit, really implicit",
         "implicit, really explicit", "big endian", "value type", "length", "cut in meta", "many"],
)  # fmt: skip
def test_what_is_unusual_is_left_alone(data):
    assert look(data).status == c.UNUSUAL


def test_a_preamble_may_hold_anything():
    assert look(b"MZ" + meta()[2:] + NAME).status == c.END


# ------------------------------------------------------------------ texts

FORMS = bytes((c.TEXT, c.TEXT, c.TEXT, c.COUNT))


def texts(data, size=None, wanted=WANTED, forms=FORMS):
    size = len(data) if size is None else size
    got = plain.header_texts(data, size, wanted, forms)
    array = kernel_input(np.frombuffer(data, np.uint8), np.uint8)
    tables = kernel_input(wanted, np.int64), kernel_input(np.frombuffer(forms, np.uint8), np.uint8)
    assert compiled.header_texts(array, size, *tables).tobytes() == got
    return got


HEAD = el(0x00100010, b"PN", b" DOE^JANE\t \0") + el(0x00100020, b"LO", b"0012")


@pytest.mark.parametrize(
    ("count", "digits"), [(0, b"0"), (7, b"7"), (10, b"10"), (999, b"999"), (65535, b"65535")]
)
def test_texts_come_without_padding_and_counts_as_digits(count, digits):
    data = meta() + HEAD + el(0x00280010, b"US", struct.pack("<H", count))
    assert texts(data) == b"\0\0" + b"\0DOE^JANE\x000012\0" + digits
    assert texts(meta() + HEAD) == b"\0\0" + b"\0DOE^JANE\x000012\0"
    assert texts(meta() + el(0x00100010, b"PN", b" \0") + ROWS) == b"\0\0" + b"\0\0\x0020"


def test_creators_follow_and_content_is_noted():
    block = el(0x00290010, b"LO", b"ACME ")
    assert texts(meta() + HEAD + ROWS + block)[2:].split(b"\0")[4:] == [b"ACME"]
    forms = bytes((c.TEXT, c.TEXT, c.TEXT, c.CONTENT))
    content = el(0x00280010, b"SQ", SEQ_END, OPEN)
    assert texts(meta() + HEAD + content, forms=forms)[:2] == bytes((c.PLAIN, 1))
    assert texts(meta() + HEAD, forms=forms)[:2] == bytes((c.PLAIN, 0))
    many = b"".join(el(0x00290010 + i, b"LO", b"A ") for i in range(c.N_CREATORS + 1))
    assert texts(meta() + HEAD + many)[:2] == bytes((c.PLAIN, 1))


ODD = {
    "a letter beyond ASCII": el(0x00100010, b"PN", b"J\xe9 "),
    "several values": el(0x00100020, b"LO", b"A\\B "),
    "an escape": el(0x00100010, b"PN", b"\x1b$BA "),
    "a zero within": el(0x00100010, b"PN", b"A\0B "),
    "a count of four bytes": el(0x00280010, b"UL", bytes(4)),
    "a count of two bytes that is text": el(0x00280010, b"LO", b"20"),
    "something unsound": el(0x00300010, b"LO", b"20", 99),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_said_to_be(name):
    assert texts(meta() + ODD[name]) == bytes((c.ODD, 0))


def test_a_header_is_read_on_until_the_last_wanted_element():
    data = meta() + HEAD + ROWS + el(0x00300010, b"LO", b"x" * 40)
    short = len(meta() + HEAD)
    assert texts(data[:short], len(data)) == bytes((c.READ_MORE, 0))
    assert texts(data[: short + 12], len(data))[2:] == b"\0DOE^JANE\x000012\x0020"
    assert texts(data[: short + 9], len(data)) == bytes((c.ODD, 0))  # within the count
    assert texts(data[:short], short + 4) == bytes((c.READ_MORE, 0))
    assert texts(bytes(200)) == bytes((c.ODD, 0))
