"""MATLAB files of version 5 to 7: a reader of our own for numbers and structs.

SciPy's reader is compiled code that some damaged files crash, and a crash in a
run of a thousand scans can't be caught. What is needed here is small: every
length is held against what is left before anything is taken.

Layout as MathWorks publishes it ("MAT-File Format", from memory): a header of
128 bytes that ends in the version and ``IM`` or ``MI`` for the byte order,
then elements of a tag (type, bytes) and their data, padded to eight bytes.
Type 14 is a matrix, made of elements (flags and class, shape, name, values);
type 15 a matrix packed by zlib. Values of at most four bytes may stand in the
second half of a short tag. Numbers may be stored in a smaller type than theirs.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonescan.errors import UnusableScan

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEADER_BYTES = 128
TAG_BYTES = 8
MAX_FILE_BYTES = 2 * 2**30
MAX_ELEMENTS = 4096
MAX_INFLATION = 200
MAX_DEPTH = 8  # of structs within structs
HEAD_BYTES = 64 * 2**10  # of a packed variable: shape and name stand there
MATRIX, COMPRESSED = 14, 15
_SMALL_BYTES = 4
_COMPLEX_FLAG = 0x0800
_STRUCT_CLASS = 2
_CLASSES = {
    1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 6: "double", 7: "single",
    8: "int8", 9: "uint8", 10: "int16", 11: "uint16", 12: "int32", 13: "uint32", 14: "int64",
    15: "uint64", 16: "function", 17: "opaque",
}  # fmt: skip
_FIRST_NUMERIC = 6
_LAST_NUMERIC = 15
_STORED = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
_MOST_AXES = 8


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable as the file lists it."""

    name: str
    shape: tuple[int, ...]
    kind: str

    @property
    def is_numeric(self) -> bool:
        """Whether it holds numbers."""
        return self.kind in tuple(_CLASSES.values())[_FIRST_NUMERIC - 1 : _LAST_NUMERIC]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Bytes of an element, and how to read them."""

    data: memoryview
    order: str
    path: Path

    def refusal(self, found: str) -> UnusableScan:
        return UnusableScan("BS-E156", f"found {found}.", file=self.path)

    def elements(self) -> Iterator[tuple[int, _Part]]:
        """Yield type and data of one element after the other."""
        at = 0
        while at < len(self.data):
            if at + TAG_BYTES > len(self.data):
                raise self.refusal("an element that was cut off")
            kind, n_bytes = struct.unpack_from(f"{self.order}2I", self.data, at)
            start, step = at + TAG_BYTES, TAG_BYTES + n_bytes + -n_bytes % TAG_BYTES
            if kind >> 16:  # a short tag: bytes and type share its first word
                kind, n_bytes, start, step = kind & 0xFFFF, kind >> 16, at + 4, TAG_BYTES
                if n_bytes > _SMALL_BYTES:
                    raise self.refusal(f"{n_bytes} bytes in a short element")
            if start + n_bytes > len(self.data):
                raise self.refusal("an element longer than what holds it")
            yield (
                kind,
                _Part(data=self.data[start : start + n_bytes], order=self.order, path=self.path),
            )
            at += step

    def numbers(self, kind: int) -> NDArray[Any]:
        import numpy as np

        stored = _STORED.get(kind)
        if stored is None or len(self.data) % int(stored[1]):
            raise self.refusal(f"{len(self.data)} bytes of the type {kind}, wanted numbers")
        return np.frombuffer(self.data, dtype=f"{self.order}{stored}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matrix:
    """A matrix whose flags, shape and name are known, and the elements that follow."""

    name: str
    shape: tuple[int, ...]
    class_number: int
    is_complex: bool
    rest: Iterator[tuple[int, _Part]]
    part: _Part


def list_variables(path: Path) -> tuple[Variable, ...]:
    """List the variables without reading their values.

    Raises
    ------
    UnusableScan
        BS-E156 for damage, cut and extra bytes.
    """
    found = []
    for part in _variables(path, whole=False):
        matrix = _open_matrix(part)
        kind = _CLASSES.get(matrix.class_number, "unknown")
        found.append(Variable(matrix.name, matrix.shape, kind))
    return tuple(found)


def read_values(path: Path, names: frozenset[str]) -> dict[str, Any]:
    """Read these variables: arrays, or dicts of them for structs; what else there is as None.

    Raises
    ------
    UnusableScan
        BS-E156 for damage, and for more than unpacking may give.
    """
    found = {}
    for part in _variables(path, whole=True, names=names):
        matrix = _open_matrix(part)
        found[matrix.name] = _values(matrix, MAX_DEPTH)
    return found


def pick(values: dict[str, Any], dotted: str, path: Path) -> NDArray[Any]:
    """Follow a name through structs to its array.

    Raises
    ------
    UnusableScan
        BS-E155 where the file has no such variable or field.
    """
    value: Any = values
    for name in dotted.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if value is None or isinstance(value, dict):
        raise UnusableScan("BS-E155", f"found no numbers in {dotted!r}.", file=path)
    array: NDArray[Any] = value
    return array


# ------------------------------------------------------------------ top level


def _variables(path: Path, *, whole: bool, names: frozenset[str] | None = None) -> Iterator[_Part]:
    """Hop from variable to variable: every one within the file, nothing after the last.

    `whole` false reads no more than the head of each. `names` leaves out others.
    """
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise UnusableScan("BS-E156", f"found {size} bytes, wanted ≤ {MAX_FILE_BYTES}.", file=path)
    with path.open("rb") as file:
        order = {b"IM": "<", b"MI": ">"}.get(file.read(HEADER_BYTES)[126:])
        if order is None:
            raise UnusableScan("BS-E156", "found a header without byte order.", file=path)
        at, count = HEADER_BYTES, 0
        while at < size:
            tag = file.read(TAG_BYTES)
            kind, n_bytes = struct.unpack(f"{order}2I", tag) if len(tag) == TAG_BYTES else (0, 0)
            count += 1
            if kind not in {MATRIX, COMPRESSED} or count > MAX_ELEMENTS:
                raise UnusableScan(
                    "BS-E156",
                    f"found no variable at byte {at}: cut off, or extra bytes.",
                    file=path,
                )
            at += TAG_BYTES + n_bytes
            if at > size:
                break
            head = file.read(min(n_bytes, HEAD_BYTES))
            part = _unpacked(kind, head, n_bytes, (order, path), whole=False)
            if names is None or _open_matrix(part).name in names:
                if whole:
                    data = head + file.read(n_bytes - len(head))
                    part = _unpacked(kind, data, n_bytes, (order, path), whole=True)
                yield part
            file.seek(at)
    if at != size or count == 0:
        raise UnusableScan(
            "BS-E156", f"found {size} bytes, wanted {at}: the file was cut off.", file=path
        )


def _unpacked(
    kind: int, data: bytes, n_bytes: int, where: tuple[str, Path], *, whole: bool
) -> _Part:
    """Give the inside of a matrix; of a packed one at most `HEAD_BYTES` unless `whole`."""
    order, path = where
    if kind == MATRIX:
        return _Part(data=memoryview(data), order=order, path=path)
    machine = zlib.decompressobj()
    cap = min(MAX_FILE_BYTES, MAX_INFLATION * n_bytes) if whole else HEAD_BYTES
    try:
        inflated = machine.decompress(data, cap)
    except zlib.error as error:
        raise UnusableScan("BS-E156", f"found a damaged stream ({error}).", file=path) from error
    if len(inflated) < TAG_BYTES:
        raise UnusableScan("BS-E156", "found an empty stream.", file=path)
    inner, length = struct.unpack_from(f"{order}2I", inflated)
    if inner != MATRIX or (whole and length != len(inflated) - TAG_BYTES):
        raise UnusableScan(
            "BS-E156",
            f"found {len(inflated) - TAG_BYTES} unpacked bytes of {length}, wanted a whole matrix "
            f"of at most {cap}.",
            file=path,
        )
    return _Part(data=memoryview(inflated)[TAG_BYTES:], order=order, path=path)


# ------------------------------------------------------------------ one matrix


def _open_matrix(part: _Part) -> _Matrix:
    rest = part.elements()
    flags, shape, name = (_next(rest, part) for _ in range(3))
    words = flags[1].numbers(flags[0])
    axes = shape[1].numbers(shape[0]).tolist()
    text = bytes(name[1].data).decode("ascii", errors="replace")
    if words.size == 0 or not 2 <= len(axes) <= _MOST_AXES:  # noqa: PLR2004 - rows and columns
        raise part.refusal("a matrix without class or shape")
    if any(not isinstance(n, int) or n < 0 for n in axes):
        raise part.refusal(f"a matrix of shape {axes}")
    word = int(words[0])
    return _Matrix(
        name=text,
        shape=tuple(axes),
        class_number=word & 0xFF,
        is_complex=bool(word & _COMPLEX_FLAG),
        rest=rest,
        part=part,
    )


def _next(elements: Iterator[tuple[int, _Part]], part: _Part) -> tuple[int, _Part]:
    found = next(elements, None)
    if found is None:
        raise part.refusal("a matrix that ends too early")
    return found


def _values(matrix: _Matrix, depth: int) -> Any:
    """Take the values of a matrix: an array, a dict for a struct, None for anything else."""
    if matrix.class_number == _STRUCT_CLASS and depth > 0:
        return _fields(matrix, depth)
    if not _FIRST_NUMERIC <= matrix.class_number <= _LAST_NUMERIC:
        return None
    kind, real = _next(matrix.rest, matrix.part)
    values = real.numbers(kind)
    if values.size != math.prod(matrix.shape):
        raise matrix.part.refusal(f"{values.size} numbers for the shape {matrix.shape}")
    array = values.reshape(matrix.shape, order="F")
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    return array.astype("c16") if matrix.is_complex else array


def _fields(matrix: _Matrix, depth: int) -> dict[str, Any] | None:
    """Read a struct of one element; arrays of structs are not followed."""
    kind, length = _next(matrix.rest, matrix.part)
    widths = length.numbers(kind)
    _, letters = _next(matrix.rest, matrix.part)
    width = int(widths[0]) if widths.size else 0
    if not 1 <= width <= HEAD_BYTES or len(letters.data) % width:
        raise matrix.part.refusal("a struct without names of its fields")
    names = [
        bytes(letters.data[i : i + width]).split(b"\0", 1)[0].decode("ascii", errors="replace")
        for i in range(0, len(letters.data), width)
    ]
    if math.prod(matrix.shape) != 1:
        return None
    found = {}
    for name in names:
        kind, inside = _next(matrix.rest, matrix.part)
        if kind != MATRIX:
            raise matrix.part.refusal(f"a field of the type {kind}")
        # a field that nobody filled is a matrix without a byte
        found[name] = _values(_open_matrix(inside), depth - 1) if len(inside.data) else None
    return found
