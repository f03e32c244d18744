"""From bytes to text: declared character sets by an allow-list, undeclared Big5 by its look.

Consoles in Taiwan send Big5 (CP950) under no character set or under
ISO_IR 100. Its trail bytes hold 0x5C, the value separator, so that bytes are
decoded before they are split into values.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# DICOM PS3.3 C.12.1.1.2, tables C.12-2 to C.12-5: defined term -> Python codec
SINGLE_BYTE = {
    "ISO_IR 6": "ascii",
    "ISO_IR 100": "latin_1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3",
    "ISO_IR 110": "iso8859_4",
    "ISO_IR 126": "iso8859_7",
    "ISO_IR 127": "iso8859_6",
    "ISO_IR 138": "iso8859_8",
    "ISO_IR 144": "iso8859_5",
    "ISO_IR 148": "iso8859_9",
    "ISO_IR 203": "iso8859_15",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 166": "iso8859_11",
}
WHOLE = {"ISO_IR 192": "utf_8", "GB18030": "gb18030", "GBK": "gbk"}
EXTENDED = {
    **{f"ISO 2022 IR {term.split()[-1]}": codec for term, codec in SINGLE_BYTE.items()},
    "ISO 2022 IR 87": "iso2022_jp",
    "ISO 2022 IR 159": "iso2022_jp_2",
    "ISO 2022 IR 149": "euc_kr",
    "ISO 2022 IR 58": "iso_ir_58",
}
CODECS = SINGLE_BYTE | WHOLE | EXTENDED
# what a user may call the set that files don't name, or name wrongly -> Python codec
NAMED = {
    "big5": "cp950",  # with Microsoft's additions, as consoles on Windows write it
    "cp950": "cp950",
    "gb18030": "gb18030",
    "gbk": "gbk",
    "utf-8": "utf_8",
    "latin-1": "latin_1",
    "shift-jis": "cp932",
    "euc-kr": "cp949",
}
ESCAPE = b"\x1b"
# ISO 2022 designations that the library decodes by and leaves standing (ISO 2022 IR 58, 149)
_DESIGNATION = re.compile(r"\x1b\$?[()\-.][0-9@A-Z]")
# what a console may send Big5 under: nothing, ASCII, Latin-1, and UTF-8 that isn't
_DECLARED_FOR_NOTHING = frozenset({"", "ISO_IR 6", "ISO_IR 100"})
_BIG5_HIDES_UNDER = _DECLARED_FOR_NOTHING | {"ISO_IR 192"}


@dataclass(frozen=True, slots=True)
class Text:
    """Decoded text and what was guessed on the way."""

    text: str
    flag: str = ""  # "", "charset_guessed" or "charset_undecodable"


def normal_term(term: str) -> str:
    """Write a defined term as the standard does; gateways write `ISO-IR 100` and the like.

    >>> normal_term("ISO-IR 100"), normal_term("iso_ir_192"), normal_term("ISO 2022-IR 87")
    ('ISO_IR 100', 'ISO_IR 192', 'ISO 2022 IR 87')
    """
    words = term.upper().replace("-", " ").replace("_", " ").split()
    if words[:2] == ["ISO", "IR"]:
        return "ISO_IR " + " ".join(words[2:])
    if words[:2] == ["ISO", "2022"]:
        return " ".join(words)
    return "".join(words)


def unknown_terms(terms: tuple[str, ...]) -> tuple[str, ...]:
    """List the terms that are no defined terms; empty ones stand for the default set."""
    return tuple(t for t in terms if t and t not in CODECS)


def decode(value: bytes, terms: tuple[str, ...], named: str | None = None) -> Text:
    """Decode the bytes of a text element.

    Parameters
    ----------
    value : bytes
        All values of the element, not yet split.
    terms : tuple of str
        (0008,0005) Specific Character Set, normalised; empty = none declared.
    named : str, optional
        A key of `NAMED`: what the text is in where the file declares nothing,
        ASCII or Latin-1, and where it isn't what the file declares; code
        extensions are taken at their word.
    """
    if value.isascii() and ESCAPE not in value:
        return Text(value.decode("ascii"))
    first = terms[0] if terms else ""
    if any(t in EXTENDED for t in terms):
        return _decode_extended(value, terms)
    if named is not None and (first in _DECLARED_FOR_NOTHING or not _holds(value, first)):
        return _as_named(value, named)
    if first in _BIG5_HIDES_UNDER:
        guess = _hidden(value, first)
        if guess is not None:
            return guess
    codec = CODECS.get(first, "latin_1")
    try:
        return Text(value.decode(codec))
    except UnicodeDecodeError:
        return Text(value.decode(codec, errors="replace"), "charset_undecodable")


def _holds(value: bytes, term: str) -> bool:
    """Whether the bytes can be what the file declares."""
    try:
        value.decode(CODECS[term])
    except UnicodeDecodeError:
        return False
    return True


def _as_named(value: bytes, named: str) -> Text:
    try:
        return Text(value.decode(NAMED[named]))
    except UnicodeDecodeError:
        return Text(value.decode(NAMED[named], errors="replace"), "charset_undecodable")


def _hidden(value: bytes, declared: str) -> Text | None:
    """Find UTF-8 or Big5 under a wrong name; None where the declared set holds."""
    if declared == "ISO_IR 100" and not _absurd_in_latin1(value):
        return None
    try:
        text = value.decode("utf-8")
        return Text(text, "" if declared == "ISO_IR 192" else "charset_guessed")
    except UnicodeDecodeError:
        pass
    try:
        text = value.decode("cp950")
    except UnicodeDecodeError:
        text = ""
    if text and all(c.isascii() or _is_east_asian(c) for c in text):
        return Text(text, "charset_guessed")
    if declared == "ISO_IR 100":
        return None
    return Text(value.decode("latin_1"), "charset_undecodable" if declared else "charset_guessed")


def _absurd_in_latin1(value: bytes) -> bool:
    """Tell whether the bytes above ASCII read as signs instead of letters in Latin-1."""
    high = [c for c in value.decode("latin_1") if not c.isascii()]
    return any(not unicodedata.category(c).startswith("L") for c in high)


def _is_east_asian(character: str) -> bool:
    return unicodedata.east_asian_width(character) in {"W", "F"}


def _decode_extended(value: bytes, terms: tuple[str, ...]) -> Text:
    """Decode ISO 2022 code extensions by the DICOM library, which knows the escapes."""
    from pydicom.charset import decode_bytes

    codecs = [_library_codec(t) for t in terms] or ["iso8859"]
    try:
        # the delimiters end an escape: value, component and group separators, line ends
        text = decode_bytes(value, codecs, {0x5C, 0x5E, 0x3D, 0x0A, 0x0C, 0x0D, 0x09})
    except (UnicodeError, LookupError, ValueError):
        return Text(value.decode("latin_1"), "charset_undecodable")
    flag = "charset_undecodable" if "\ufffd" in text else ""
    return Text(_DESIGNATION.sub("", text), flag)


def _library_codec(term: str) -> str:
    from pydicom.charset import python_encoding

    return python_encoding.get(term, "iso8859")
