"""Guarded access to an HDF5 file from outside: nothing is believed before it is checked.

Hard links only, no data in other files, gzip and shuffle or no filter, shape
times item size checked against what is stored and against caps before a byte
of an array is read. Every fault is an `UnusableScan` that names the file.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from bonescan.errors import UnusableScan

if TYPE_CHECKING:
    from numpy.typing import NDArray

MUST_BE_POSITIVE = frozenset({"fs_hz", "f0_hz", "c_m_s", "height_cm", "weight_kg", "line_pitch_m"})
MAX_TABLE_BYTES = 256 * 2**20
MAX_ATTRIBUTE_BYTES = 64 * 2**10
# gzip of int16 echoes gives 1.3 to 2 to 1; nearly constant data could reach 1,000 to 1
MAX_INFLATION = 200
ALLOWED_FILTERS = frozenset({h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE})


BROKEN_LETTER = "\ufffd"
_SURROGATES = re.compile("[\ud800-\udfff]")

# what h5py raises for damaged files
FAULTS = (OSError, RuntimeError, KeyError, ValueError, TypeError, UnicodeError, MemoryError)
# room for reading one attribute: a text claims its own length, up to 4 GiB, in a damaged file
ATTRIBUTE_ROOM_BYTES = 64 * 2**20


@contextmanager
def hdf5_faults(path: Path) -> Iterator[None]:
    """Turn whatever h5py raises for a damaged file into one refusal."""
    try:
        yield
    except FAULTS as error:
        raise UnusableScan("BS-E140", f"found damage ({str(error)[:200]}).", file=path) from error


@contextmanager
def bounded_memory(room_bytes: int) -> Iterator[None]:
    """Let this process grow by at most `room_bytes` meanwhile, where the system can say so.

    HDF5 believes the length that a variable-length text states and allocates
    and converts that much; there is no way to ask for the length before.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    cap = pages * resource.getpagesize() + room_bytes
    limits = [n for n in (soft, hard, cap) if n != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(limits), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


# global heap collection (HDF5 file format specification, III.E): magic, version 1, reserved
_HEAP_MAGIC = b"GCOL\x01\0\0\0"
_HEAP_ALIGNMENT = 8
_HEAP_HEADER_BYTES = 16
_HEAP_OBJECT_BYTES = 16
HEAP_SEARCH_BYTES = 8 * 2**20  # at either end of the file, where writers put their heaps


def check_heaps(path: Path) -> None:
    """Refuse heaps whose objects don't end: the library would walk them for ever.

    An object 0 (free space) of size 0 keeps HDF5 1.x and 2.0 in an endless loop
    that nothing within the process can stop. Texts of variable length live in
    these heaps. The first and last 8 MiB are searched, once while the file stays the same.
    """
    status = path.stat()
    _search_heaps(path, status.st_size, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=16)  # an exam is opened again for each site; a refusal is not remembered
def _search_heaps(path: Path, size: int, _mtime_ns: int, _inode: int) -> None:
    with path.open("rb") as file:
        starts = {0, max(0, (size - HEAP_SEARCH_BYTES) // _HEAP_ALIGNMENT * _HEAP_ALIGNMENT)}
        for start in sorted(starts):
            file.seek(start)
            _check_heaps_in(file.read(HEAP_SEARCH_BYTES + _HEAP_ALIGNMENT), path)


def _check_heaps_in(data: bytes, path: Path) -> None:
    at = data.find(_HEAP_MAGIC)
    while at >= 0:
        if at % _HEAP_ALIGNMENT == 0 and not _heap_ends(data, at):
            raise UnusableScan("BS-E140", "found a heap without an end.", file=path)
        at = data.find(_HEAP_MAGIC, at + 1)


def _heap_ends(data: bytes, at: int) -> bool:
    end = at + int.from_bytes(data[at + 8 : at + 16], "little")
    at += _HEAP_HEADER_BYTES
    while at + _HEAP_OBJECT_BYTES <= min(end, len(data)):
        index = int.from_bytes(data[at : at + 2], "little")
        size = int.from_bytes(data[at + 8 : at + 16], "little")
        padded = -(-size // _HEAP_ALIGNMENT) * _HEAP_ALIGNMENT
        step = _HEAP_OBJECT_BYTES + padded if index else size
        if not _HEAP_OBJECT_BYTES <= step <= end - at:
            return False
        at += step
    return True


def open_hdf5(path: Path, cache_bytes: int | None = None) -> h5py.File:
    """Open for reading without a lock, so that read-only media and many readers work.

    `cache_bytes` is the room for chunks of each array, HDF5's own choice unless said.
    """
    check_heaps(path)
    try:
        return h5py.File(path, "r", locking=False, rdcc_nbytes=cache_bytes)
    except FAULTS as error:
        raise UnusableScan("BS-E140", f"found no sound HDF5 file ({error}).", file=path) from error


def find_child(group: h5py.Group, name: str, path: Path) -> Any:
    """Return a member that is stored in this very file; None when absent."""
    try:
        link = group.get(name, getlink=True)
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise UnusableScan(
                "BS-E143", f"found {name!r} as a {type(link).__name__}, wanted data.", file=path
            )
        return group[name]
    except FAULTS as error:
        raise UnusableScan("BS-E140", f"found a damaged {name!r} ({error}).", file=path) from error


def find_group(parent: h5py.Group, name: str, path: Path) -> h5py.Group | None:
    """Return a group stored in this very file; None when absent."""
    child = find_child(parent, name, path)
    if child is not None and not isinstance(child, h5py.Group):
        raise UnusableScan("BS-E145", f"found {name!r}, wanted a group.", file=path)
    return child


def without_broken_letters(text: str) -> str:
    r"""Put U+FFFD for each byte that is no UTF-8; h5py hands them out as lone surrogates.

    >>> without_broken_letters("J\udcff\udcfe")
    'J\ufffd\ufffd'
    """
    return _SURROGATES.sub(BROKEN_LETTER, text)


def read_attribute(group: h5py.Group, name: str, path: Path) -> Any:
    """Read one scalar attribute as str, int or float; None when absent."""
    try:
        if name not in group.attrs:
            return None
        kind = group.attrs.get_id(name)
        if kind.shape not in {(), (1,)} or kind.dtype.itemsize > MAX_ATTRIBUTE_BYTES:
            raise UnusableScan(
                "BS-E145", f"found {name!r} as an array, wanted one value.", file=path
            )
        with bounded_memory(ATTRIBUTE_ROOM_BYTES):
            value = group.attrs[name]
    except FAULTS as error:
        raise UnusableScan("BS-E140", f"found a damaged {name!r} ({error}).", file=path) from error
    if isinstance(value, np.ndarray):
        value = value.reshape(-1)[0]
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        if len(value) > MAX_ATTRIBUTE_BYTES:
            raise UnusableScan("BS-E145", f"found {len(value)} letters in {name!r}.", file=path)
        value = without_broken_letters(value)
    return value


def read_class(group: h5py.Group, name: str, path: Path) -> str:
    """Read the attribute ``class`` of a member of this very file; "" where there is none."""
    try:
        child = find_child(group, name, path)
        value = None if child is None else read_attribute(child, "class", path)
    except UnusableScan:
        return ""  # a link elsewhere, or damage: whoever wants the member says so
    return value if isinstance(value, str) else ""


def read_text(group: h5py.Group, name: str, path: Path) -> str | None:
    """Read a text attribute, stripped; None when absent or empty."""
    value = read_attribute(group, name, path)
    if value is None:
        return None
    if not isinstance(value, str):
        raise UnusableScan(
            "BS-E145", f"found a number in {name!r}, wanted text (leading zeros count).", file=path
        )
    return value.replace("\0", "").strip() or None


def read_number(group: h5py.Group, name: str, path: Path) -> float | None:
    """Read a finite number; those in `MUST_BE_POSITIVE` are above zero."""
    value = read_attribute(group, name, path)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UnusableScan("BS-E145", f"found text in {name!r}, wanted a number.", file=path)
    if not math.isfinite(value) or (name in MUST_BE_POSITIVE and value <= 0):
        raise UnusableScan("BS-E145", f"found {name} = {value}.", file=path)
    return float(value)


def read_truth(group: h5py.Group, name: str, path: Path) -> bool | None:
    """Read 0 or 1 as a truth value."""
    value = read_attribute(group, name, path)
    if value is None:
        return None
    if isinstance(value, str) or value not in (0, 1):
        raise UnusableScan("BS-E145", f"found {name} = {value!r}, wanted 0 or 1.", file=path)
    return bool(value)


def find_dataset(group: h5py.Group, name: str, path: Path, max_bytes: int) -> h5py.Dataset | None:
    """Return a dataset whose bytes all lie in this file and fit the caps; None when absent."""
    data = find_child(group, name, path)
    if data is None:
        return None
    if not isinstance(data, h5py.Dataset) or data.dtype.kind not in "iuf" or data.shape is None:
        raise UnusableScan("BS-E145", f"found {name!r}, wanted an array of numbers.", file=path)
    layout = data.id.get_create_plist()
    if data.is_virtual or layout.get_external_count():
        raise UnusableScan("BS-E143", f"found {name!r} in another file.", file=path)
    filters = {layout.get_filter(i)[0] for i in range(layout.get_nfilters())}
    if filters - ALLOWED_FILTERS:
        raise UnusableScan("BS-E143", f"found {name!r} behind an unknown filter.", file=path)
    _check_size(data, bool(filters), max_bytes, path)
    return data


def _check_size(data: h5py.Dataset, packed: bool, max_bytes: int, path: Path) -> None:
    name = data.name.rsplit("/", 1)[-1]
    n_bytes = math.prod(data.shape) * data.dtype.itemsize
    stored = data.id.get_storage_size()
    if n_bytes > max_bytes:
        raise UnusableScan(
            "BS-E144", f"found {name!r} of {n_bytes} bytes, wanted ≤ {max_bytes}.", file=path
        )
    if data.chunks and math.prod(data.chunks) * data.dtype.itemsize > max_bytes:
        raise UnusableScan("BS-E144", f"found {name!r} in chunks of {data.chunks}.", file=path)
    if stored > path.stat().st_size or n_bytes > stored * (MAX_INFLATION if packed else 1):
        raise UnusableScan(
            "BS-E144",
            f"found {stored} stored bytes for {n_bytes} bytes of {name!r}.",
            file=path,
        )


def read_column(
    group: h5py.Group, name: str, length: int | None, path: Path
) -> NDArray[Any] | None:
    """Read a one-dimensional array of `length` values (None: any number of them)."""
    data = find_dataset(group, name, path, MAX_TABLE_BYTES)
    if data is None:
        return None
    if data.ndim != 1 or (length is not None and data.shape[0] != length):
        raise UnusableScan(
            "BS-E145", f"found {name!r} of shape {data.shape}, wanted ({length},).", file=path
        )
    return read_locked(data, name, path)


def read_locked(data: h5py.Dataset, name: str, path: Path) -> NDArray[Any]:
    """Read a whole small array, finite, read-only, as float64 or int64."""
    try:
        values: NDArray[Any] = data[()].astype(np.float64 if data.dtype.kind == "f" else np.int64)
    except FAULTS as error:
        raise UnusableScan("BS-E140", f"found a damaged {name!r} ({error}).", file=path) from error
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise UnusableScan("BS-E145", f"found values in {name!r} that are no numbers.", file=path)
    values.flags.writeable = False
    return values
