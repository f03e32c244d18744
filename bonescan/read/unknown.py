"""What a file looks like that no format claims, so that the refusal helps."""

from __future__ import annotations

from bonescan.errors import UnusableScan

from .probe import HDF5_MAGIC, Probe
from .results_table import SUFFIXES

_ARCHIVES = (
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"\x89LZO", "an lzo file"),
)
_OPENED = frozenset({"a zip archive", "an empty zip archive"})  # by their names
_ONE_PACKED_FILE = (
    "Unpack it yourself and run on what was in it; of packed files only zip and tar archives are "
    "opened (.zip, .tar, .tar.gz, .tar.bz2, .tar.xz)."
)
_PICTURES = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x00\x01\x00\x00Standard Jet DB", "an Access database (a workstation export)"),
    (b"SQLite format 3", "an SQLite database"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
)
_TAR_MAGIC_OFFSET = 257
_TEXT = "plain text"
_TABLE_HINT = (
    "If it is a table of device results, say what its columns mean: --column-map FILE "
    "(docs/dxa.md has an example); docs/reading.md lists what else is read."
)
_CAPTURE_KEYS = (b"samples per line", b"sampling rate", b"transmit frequency")


def refuse_unknown(probe: Probe) -> UnusableScan:
    """Make the error for a file that no format claims."""
    head = probe.head
    if probe.size_bytes == 0:
        return UnusableScan("BS-E102", "found no bytes.", file=probe.path)
    packed = _packed_capture(probe.name.lower())
    for magic, what in _ARCHIVES:
        if head.startswith(magic):
            hint = "" if what in _OPENED else _ONE_PACKED_FILE
            return UnusableScan("BS-E106", f"found {packed or what}.", hint, probe.path)
    if packed:
        return UnusableScan("BS-E106", f"found {packed}.", _ONE_PACKED_FILE, probe.path)
    alone = _half_a_capture(probe)
    if alone:
        return UnusableScan("BS-E157", f"found {alone}.", file=probe.path)
    if head[_TAR_MAGIC_OFFSET : _TAR_MAGIC_OFFSET + 5] == b"ustar":
        return UnusableScan("BS-E106", "found a tar archive.", file=probe.path)
    channels = _channel_data(probe)
    if channels:
        return UnusableScan("BS-E153", f"found {channels}.", file=probe.path)
    other = _other_kind(probe)
    if other:
        return UnusableScan("BS-E107", f"found {other}.", file=probe.path)
    hint = _TABLE_HINT if probe.suffix in SUFFIXES and _first_bytes(head) == _TEXT else ""
    return UnusableScan("BS-E104", f"found {_first_bytes(head)}.", hint, probe.path)


def _half_a_capture(probe: Probe) -> str:
    """Name a raw capture whose other half is not beside it."""
    if probe.suffix == ".raw":
        return "a .raw without its .yml"
    if probe.suffix == ".yml" and all(key in probe.head for key in _CAPTURE_KEYS):
        raw = probe.path.with_suffix(".raw").name
        return f"the description of a raw capture, and its {raw} is missing"
    return ""


def _packed_capture(name: str) -> str:
    """Name a part of a Clarius package that is still packed; "" where it is none."""
    kinds = {".raw.lzo": "LZO", ".raw.gz": "gzip", ".raw.zip": "zip"}
    return next(
        (f"a raw capture packed by {k}" for suffix, k in kinds.items() if name.endswith(suffix)), ""
    )


def _other_kind(probe: Probe) -> str:
    head = probe.head
    for magic, what in _PICTURES:
        if head.startswith(magic):
            return what
    if head.startswith(HDF5_MAGIC):
        return _hdf5_kind(probe)
    return ""


def _channel_data(probe: Probe) -> str:
    """Name known kinds of echoes of single elements; "" where it is none."""
    members = set(probe.hdf5_root.members) if probe.hdf5_root else set()
    if "US" in members:
        return "PICMUS channel data: echoes of single elements, not of lines"
    if {"data", "trans_params"} <= members:
        return "pybf channel data: echoes of single elements, not of lines"
    return ""


def _hdf5_kind(probe: Probe) -> str:
    root = probe.hdf5_root
    if root is None:
        return "a damaged HDF5 file"
    members = set(root.members)
    if root.format:
        return f"an HDF5 file of the format {root.format[:40]!r}"
    shown = ", ".join(sorted(members)[:5])
    return f"an HDF5 file of another kind (it holds {shown or 'nothing'})"


def _first_bytes(head: bytes) -> str:
    """Describe the first bytes; text is never quoted, it may name a person or hold a key."""
    try:
        text = head[:200].decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text and all(c.isprintable() or c in "\r\n\t" for c in text):
        return _TEXT
    if not any(head):
        return "nothing but zero bytes"
    return f"bytes that start with {head[:8].hex(' ')}"
