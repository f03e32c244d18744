"""What the walker over DICOM bytes and its twin share: caps, value types, layout of the answer.

No NumPy and no numba here: the twin is plain Python.
"""

from __future__ import annotations

from typing import Final

MAX_DEPTH: Final = 32  # of sequences within sequences
MAX_ELEMENTS: Final = 50_000
MAX_ITEMS: Final = 10_000
MAX_META: Final = 32  # elements of group 0002
N_CREATORS: Final = 16  # private creators that are listed

UNDEFINED: Final = 0xFFFFFFFF
CHARACTER_SET: Final = 0x00080005
PIXEL_DATA: Final = 0x7FE00010
FLOAT_PIXELS: Final = 0x7FE00008
DOUBLE_PIXELS: Final = 0x7FE00009
ITEM_GROUP: Final = 0xFFFE
ITEM: Final = 0xFFFEE000
ITEM_END: Final = 0xFFFEE00D
SEQUENCE_END: Final = 0xFFFEE0DD
SQ: Final = 0x5351  # the two letters of a value type as one number
UN: Final = 0x554E

# DICOM PS3.5 section 7.1.2: those with a length of four bytes, behind two empty ones
LONG_VRS: Final = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
SHORT_VRS: Final = frozenset(
    {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN"}
    | {b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}
)
SHORT, LONG = 1, 2


def _vr_kinds() -> bytes:
    """Tell the kind of each value type by its two letters: 0 unknown, SHORT or LONG."""
    kinds = bytearray(1 << 16)
    for kind, names in ((SHORT, SHORT_VRS), (LONG, LONG_VRS)):
        for name in names:
            kinds[name[0] << 8 | name[1]] = kind
    return bytes(kinds)


VR_KINDS: Final = _vr_kinds()

# "1.2.840.10008.1.2", what every usual transfer syntax begins with (PS3.6 annex A)
SYNTAX_PREFIX: Final = tuple(b"1.2.840.10008.1.2")

# how a walk ended
END: Final = 0  # at the end of the file, everything sound
WINDOW: Final = 1  # at the end of the bytes at hand
UNUSUAL: Final = 2  # deflated, big endian, no or odd file meta: nothing was walked
TOO_SHORT: Final = 3
CUT: Final = 4
UNKNOWN_VR: Final = 5
TOO_LONG: Final = 6
OUTSIDE: Final = 7
NO_ITEM: Final = 8
WITHIN_ITEM: Final = 9
NO_LENGTH: Final = 10
FRAGMENTS: Final = 11
STRAY: Final = 12
TOO_DEEP: Final = 13
MANY_ELEMENTS: Final = 14
MANY_ITEMS: Final = 15

# rows behind those of the wanted elements and of the creators, four numbers each
VERDICT: Final = 0  # status, tag, two numbers that belong to it
COUNTS: Final = 1  # elements, top-level elements, facts, zero bytes at the end
PIXELS: Final = 2  # offset of the value, length (-1 undefined), tag, offset where the walk ended
META: Final = 3  # offset and length of the transfer syntax, and of the SOP class
N_LAST: Final = 4

# facts
NOT_RISING: Final = 1  # a top-level tag is not above the one before it
NESTED_CHARACTER_SET: Final = 2
MANY_CREATORS: Final = 4

# levels of the walk
DATA_SET: Final = 0
SEQUENCE: Final = 1
IN_ITEM: Final = 2
IN_FRAGMENTS: Final = 3

# forms of wanted elements, and what the texts of a header are worth
TEXT: Final = 0
COUNT: Final = 1  # a US of one value, written out as digits
CONTENT: Final = 2  # a sequence: only whether it is there
PLAIN: Final = 0  # the texts hold
ODD: Final = 1  # letters beyond ASCII, several values, or nothing that was walked
READ_MORE: Final = 2  # the header goes on beyond the bytes at hand
US: Final = 0x5553
FIRST_TEXT: Final = 2  # in front: one of the three, and 1 where a content or too many creators are
