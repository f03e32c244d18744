"""From a sound file's bytes to a plain tree, by pydicom under guard.

pydicom finds the elements; their values are converted here, so that no text is
decoded by a codec the file names, nothing is read twice and no exception of
the library is left to surprise a caller.
"""

from __future__ import annotations

import io
import math
import struct
import warnings
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonescan.errors import UnusableScan
from bonescan.kernels.dicom_codes import MAX_DEPTH
from bonescan.model.header import DicomElement, DicomItem, Tag

from .charsets import decode, normal_term, unknown_terms
from .structure import PIXEL_TAGS, Structure
from .tags import DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_NAME_BYTES = 64 * 2**10  # of a name, an identifier, a date: a thousand times what is allowed
MAX_TEXT_BYTES = 4 * 2**20  # of all text together; a report holds a thousandth
MAX_NUMBER_BYTES = 2**20  # of all numbers together; what goes beyond is not converted
MAX_KEPT_BYTES = 2**20  # of a binary value; a longer one is known by its length only
MAX_DOCUMENT_BYTES = 32 * 2**20  # of an encapsulated document

TEXT_VRS = frozenset({"PN", "LO", "SH", "ST", "LT", "UT", "UC"})
LONG_TEXT_VRS = frozenset({"LT", "UT", "UC", "UR"})
WHOLE_TEXT_VRS = frozenset({"ST", "LT", "UT"})  # a backslash is a letter there
PLAIN_VRS = frozenset({"AE", "AS", "CS", "DA", "DT", "TM", "UI", "UR"})
NUMBERS = {
    "US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q", "FL": "f", "FD": "d",
}  # fmt: skip
CONVERTED_VRS = TEXT_VRS | PLAIN_VRS | NUMBERS.keys() | {"DS", "IS", "AT"}
CHARACTER_SET: Tag = (0x0008, 0x0005)


@dataclass(slots=True)
class Parsed:
    """A header as plain data, and what was noticed on the way."""

    header: DicomItem = field(default_factory=DicomItem)
    flags: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    text_bytes: int = 0
    number_bytes: int = 0

    def has_room_for_numbers(self, n_bytes: int) -> bool:
        """Count numbers in; False, with a remark, once there are too many."""
        if self.number_bytes + n_bytes <= MAX_NUMBER_BYTES:
            self.number_bytes += n_bytes
            return True
        remark = "more numbers than are looked at"
        if remark not in self.findings:
            self.findings.append(remark)
        return False


@dataclass(frozen=True, slots=True)
class Context:
    """How the values of one data set or item are written."""

    order: str  # "<" or ">"
    terms: tuple[str, ...]  # of the character set, normalised; empty = none declared
    depth: int
    charset: str | None = None  # a Python codec, where the user says which it is


def parse_header(structure: Structure, path: Path, charset: str | None = None) -> Parsed:
    """Read everything before the pixels.

    Raises
    ------
    UnusableScan
        What pydicom can't read, character sets that don't exist, text beyond
        the caps.
    """
    from pydicom.filereader import read_dataset

    parsed = Parsed(flags=list(structure.flags), findings=list(structure.findings))
    file = io.BytesIO(structure.body)
    file.seek(structure.body_offset)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            data_set = read_dataset(
                file,
                structure.is_implicit,
                structure.is_little_endian,
                stop_when=_at_pixels,
            )
            context = Context("<" if structure.is_little_endian else ">", (), 0, charset)
            parsed.header = _item(data_set, context, parsed, path)
        except UnusableScan:
            raise
        except Exception as error:  # pydicom raises a dozen kinds, all meaning this
            raise UnusableScan(
                "BS-E121", f"found {type(error).__name__} ({str(error)[:200]}).", file=path
            ) from error
    parsed.findings += [str(w.message)[:200] for w in caught[:20]]
    return parsed


def _at_pixels(tag: Any, vr: str | None, length: int) -> bool:
    return (tag.group, tag.element) in PIXEL_TAGS


def _item(data_set: Any, context: Context, parsed: Parsed, path: Path) -> DicomItem:
    if context.depth > MAX_DEPTH:
        raise UnusableScan("BS-E110", f"found sequences nested deeper than {MAX_DEPTH}.", file=path)
    context = replace(context, terms=_character_set(data_set, context.terms, path))
    elements: dict[Tag, DicomElement] = {}
    creators: dict[tuple[int, int], str] = {}
    for tag, raw in _raw_elements(data_set):
        creator = creators.get((tag[0], tag[1] >> 8)) if tag[0] % 2 else None
        vr = _vr(tag, raw, creator)
        value = _value(tag, vr, raw, data_set, (context, parsed, path))
        if tag[0] % 2 and 0x10 <= tag[1] <= 0xFF and isinstance(value, (str, bytes)):  # noqa: PLR2004 - PS3.5 7.8.1
            creators[tag[0], tag[1]] = _creator_text(value)
        elements[tag] = DicomElement(
            tag=tag,
            vr=vr,
            value=value,
            keyword=_keyword(tag),
            private_creator=creator,
            written=_written(vr, raw, value, creator),
        )
    return DicomItem(elements=elements)


def _written(vr: str, raw: Any, value: Any, creator: str | None) -> str:
    """Keep a printed number's digits, and the fingerprint of a maker's data that are not kept."""
    if vr == "DS" and isinstance(value, float):
        return _bytes(raw).decode("latin_1").strip("\0 ")
    if creator and value is None and vr in {"OB", "OW", "UN"}:
        data = _bytes(raw)
        return f"{len(data)} bytes, SHA-256 {sha256(data).hexdigest()}" if data else ""
    return ""


def _raw_elements(data_set: Any) -> Iterator[tuple[Tag, Any]]:
    for key in sorted(data_set.keys()):
        yield (key.group, key.element), data_set.get_item(key)


def _creator_text(value: str | bytes) -> str:
    text = value if isinstance(value, str) else value.decode("latin_1")
    return text.strip("\0 ")


def _character_set(data_set: Any, above: tuple[str, ...], path: Path) -> tuple[str, ...]:
    if CHARACTER_SET not in data_set:
        return above
    words = _character_set_words(data_set.get_item(CHARACTER_SET).value)
    terms = tuple(normal_term(w) for w in words)
    wrong = unknown_terms(terms)
    if wrong:
        raise UnusableScan(
            "BS-E116",
            f"found (0008,0005) Specific Character Set {wrong[0][:40]!r}, wanted a defined term.",
            file=path,
        )
    return () if terms == ("",) else terms


def _character_set_words(value: Any) -> list[str]:
    """Split the terms, whether pydicom has converted them already or not."""
    if isinstance(value, bytes):
        value = value.decode("latin_1")
    if isinstance(value, str):
        value = value.strip("\0 ").split("\\")
    return [str(word) for word in value or [""]]


def _bytes(raw: Any) -> bytes:
    value = raw.value
    return value if isinstance(value, bytes) else b""


def _vr(tag: Tag, raw: Any, creator: str | None) -> str:
    """Take the VR as written; where none or UN is written, that of the dictionary."""
    from pydicom.datadict import dictionary_VR, private_dictionary_VR

    written = str(raw.VR) if raw.VR else ""
    if written and written != "UN":
        return written
    if tag[1] == 0:
        return "UL"
    try:
        if tag[0] % 2 == 0:
            known = dictionary_VR(tag)
        elif 0x10 <= tag[1] <= 0xFF:  # noqa: PLR2004 - PS3.5 7.8.1
            known = "LO"
        else:
            known = private_dictionary_VR(tag, creator or "")
    except KeyError:
        return "SQ" if _is_sequence(raw) else "UN"
    return known.split(" or ")[0] if " or " in known else known


def _is_sequence(raw: Any) -> bool:
    """Tell whether pydicom read items already, as it does where no length is given."""
    return isinstance(raw.value, list) or hasattr(raw.value, "is_undefined_length")


def _value(tag: Tag, vr: str, raw: Any, data_set: Any, where: tuple[Context, Parsed, Path]) -> Any:
    context, parsed, path = where
    if vr == "SQ" or _is_sequence(raw):
        below = replace(context, depth=context.depth + 1)
        return tuple(_item(i, below, parsed, path) for i in _sequence(tag, raw, data_set))
    if isinstance(raw.value, int | float | str):
        return raw.value  # pydicom converts what it needs itself, such as the character set
    data = _bytes(raw)
    if not data:
        return None
    if vr in TEXT_VRS or vr in PLAIN_VRS:
        cap = MAX_TEXT_BYTES if vr in LONG_TEXT_VRS else MAX_NAME_BYTES
        parsed.text_bytes += len(data)
        if len(data) > cap or parsed.text_bytes > MAX_TEXT_BYTES:
            raise UnusableScan(
                "BS-E112", f"found {len(data)} bytes of text in {_label(tag)}.", file=path
            )
        return element_value(vr, data, context, parsed)
    if vr in {"DS", "IS", "AT"} or vr in NUMBERS:
        if not parsed.has_room_for_numbers(len(data)):
            return None
        return element_value(vr, data, context, parsed)
    cap = MAX_DOCUMENT_BYTES if tag == DOCUMENT else MAX_KEPT_BYTES
    return data if len(data) <= cap else None


def element_value(vr: str, data: bytes, context: Context, parsed: Parsed) -> Any:
    """Convert the bytes of a text or a number; None where there are none."""
    if not data:
        return None
    if vr == "AT":
        pairs = _unpack("H", data, context.order)
        return tuple(zip(pairs[::2], pairs[1::2], strict=False))
    if vr in NUMBERS:
        return _binary_numbers(vr, data, context.order)
    return _text_value(vr, data, context, parsed)


def _sequence(tag: Tag, raw: Any, data_set: Any) -> Any:
    value = raw.value
    if not _is_sequence(raw):
        value = data_set[tag].value  # pydicom parses the items
    return value if hasattr(value, "__iter__") and not isinstance(value, bytes | str) else ()


def _text_value(vr: str, data: bytes, context: Context, parsed: Parsed) -> Any:
    if vr in TEXT_VRS:
        found = decode(data.rstrip(b"\0"), context.terms, context.charset)
        if found.flag and found.flag not in parsed.flags:
            parsed.flags.append(found.flag)
        text = found.text
    else:
        text = data.decode("latin_1").rstrip("\0")
    if vr in WHOLE_TEXT_VRS:
        return text.rstrip(" ")
    convert: Callable[[str], Any] = {"DS": _decimal, "IS": _integer}.get(vr, _stripped)
    values = tuple(convert(part) for part in text.split("\\"))
    if len(values) == 1:
        return values[0] if values[0] != "" else None
    return values


def _stripped(text: str) -> str:
    return text.strip(" ")


def _decimal(text: str) -> Any:
    """Convert a decimal string; what is no finite number stays text."""
    try:
        value = float(text)
    except ValueError:
        return text.strip(" ")
    return value if math.isfinite(value) else text.strip(" ")


def _integer(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return text.strip(" ")


def _binary_numbers(vr: str, data: bytes, order: str) -> Any:
    values = _unpack(NUMBERS[vr], data, order)
    if not values:
        return None
    return values[0] if len(values) == 1 else values


def _unpack(code: str, data: bytes, order: str) -> tuple[Any, ...]:
    size = struct.calcsize(order + code)
    return struct.unpack(f"{order}{len(data) // size}{code}", data[: len(data) // size * size])


def _keyword(tag: Tag) -> str:
    from pydicom.datadict import keyword_for_tag

    return "" if tag[0] % 2 else keyword_for_tag(tag)


def _label(tag: Tag) -> str:
    return f"({tag[0]:04X},{tag[1]:04X}) {_keyword(tag)}".rstrip()
