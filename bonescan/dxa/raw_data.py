"""The makers' own copies of a scan: that they are there, their name, length and SHA-256.

GE's ``GEMS_LUNAR_RAW`` and Hologic's P and R files are opaque backups that
only the console can open; nothing in them is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from bonescan.model.header import DicomElement, DicomItem

# creator -> group, last two digits of the element -> what it is (pydicom's private dictionary)
_LUNAR = {
    0x01: "file name",
    0x02: "file data",
    0x03: "file length",
    0x04: "file modified time",
}
_HOLOGIC = {
    0x01: "P file name",
    0x02: "P file data",
    0x03: "P file length",
    0x04: "R file data",
    0x05: "R file length",
}
_BLOCKS = (
    (("GEMS_LUNAR_RAW",), 0x7003, "enCORE", _LUNAR),
    (("HOLOGIC",), 0x0023, "APEX", _HOLOGIC),
)


def raw_data_details(header: DicomItem) -> Iterator[tuple[str, str]]:
    """Describe the raw data in words, one line an element."""
    for creators, group, maker, names in _BLOCKS:
        for element in header.private(creators):
            name = names.get(element.tag[1] & 0xFF)
            if element.tag[0] == group and name and (text := _text(element)):
                yield f"raw data ({maker}), {name}", text


def _text(element: DicomElement) -> str:
    value = element.value
    if isinstance(value, bytes):
        return f"{len(value)} bytes, SHA-256 {sha256(value).hexdigest()}"
    return element.written if value is None else str(value).strip()
