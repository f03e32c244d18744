"""One file as the formats see it; what costs time is opened on first use."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bonescan.errors import UnusableScan
from bonescan.settings import ColumnMap

HEAD_BYTES = 4096
HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
DICOM_PREAMBLE_BYTES = 128
_MAX_MEMBERS = 64
_BARE_ELEMENTS = 3  # how many elements in a row make a data set without preamble plausible


@dataclass(frozen=True, slots=True)
class Hdf5Root:
    """What stands at the root of an HDF5 file: its `format` and the names of its members.

    `classes` are the attributes ``class`` of the members, "" where they have none.
    """

    format: str | None
    members: tuple[str, ...]
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)  # no slots: cached_property needs a dict
class Probe:
    """One file before it is read."""

    path: Path
    size_bytes: int
    siblings: frozenset[str]
    column_map: ColumnMap | None = None  # of tables of device results, where the user has one

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def suffix(self) -> str:
        """The suffix in lower case."""
        return self.path.suffix.lower()

    @cached_property
    def head(self) -> bytes:
        """The first 4 KiB."""
        with self.path.open("rb") as file:
            return file.read(HEAD_BYTES)

    @cached_property
    def first_line(self) -> str:
        """The first line as text, without the byte order mark; "" where it is no text."""
        line = self.head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].rstrip(b"\r")
        try:
            return line.decode("utf-8") if b"\0" not in line else ""
        except UnicodeDecodeError:
            return ""

    @cached_property
    def is_dicom(self) -> bool:
        """Whether the file is DICOM: by its magic, or a data set that starts at once."""
        if self.head[DICOM_PREAMBLE_BYTES : DICOM_PREAMBLE_BYTES + 4] == b"DICM":
            return True
        return self._starts_with_data_set()

    def _starts_with_data_set(self) -> bool:
        """Know the one exception to the magic: files older than PS3.10 (ACR-NEMA).

        Group 0002 or 0008, little endian, and a few elements whose tags rise
        and whose lengths are short and stay within the file.
        """
        if self.head[:2] not in {b"\x02\x00", b"\x08\x00"}:
            return False
        offset, last = 0, (0, -1)
        for _ in range(_BARE_ELEMENTS):
            if offset + 12 > len(self.head):
                return False
            tag, offset = self._element(offset)
            if not (last < tag < (0x0010, 0)) or not offset <= self.size_bytes:
                return False
            last = tag
        return True

    def _element(self, offset: int) -> tuple[tuple[int, int], int]:
        """Read tag and end of one element, with or without VR."""
        head = self.head
        tag = (
            int.from_bytes(head[offset : offset + 2], "little"),
            int.from_bytes(head[offset + 2 : offset + 4], "little"),
        )
        vr = head[offset + 4 : offset + 6]
        if vr in {b"OB", b"SQ", b"UN", b"UT"}:
            return tag, offset + 12 + int.from_bytes(head[offset + 8 : offset + 12], "little")
        if vr.isalpha() and vr.isupper():
            return tag, offset + 8 + int.from_bytes(head[offset + 6 : offset + 8], "little")
        return tag, offset + 8 + int.from_bytes(head[offset + 4 : offset + 8], "little")

    @cached_property
    def hdf5_root(self) -> Hdf5Root | None:
        """What stands at the root; None where the file is no (sound) HDF5."""
        if not self.head.startswith(HDF5_MAGIC):
            return None
        from bonescan.files.guarded_hdf5 import hdf5_faults, open_hdf5, read_attribute, read_class

        try:
            with hdf5_faults(self.path), open_hdf5(self.path) as file:
                value = read_attribute(file, "format", self.path)
                members = tuple(str(n) for n, _ in zip(file, range(_MAX_MEMBERS), strict=False))
                # members of our own files stay closed: /truth is for tests only
                classes = tuple(
                    "" if value else read_class(file, name, self.path) for name in members
                )
        except UnusableScan:
            return None  # the format that claims it by its name says what is wrong
        return Hdf5Root(value if isinstance(value, str) else None, members, classes)

    @classmethod
    def of(cls, path: Path, siblings: frozenset[str] | None = None) -> Probe:
        """Look at `path` without reading it.

        Parameters
        ----------
        path : Path
            A link counts as the regular file it leads to.
        siblings : frozenset of str, optional
            Names beside the file; the folder is listed when not given.

        Raises
        ------
        UnusableScan
            No regular file, a link to nowhere, no permission.
        """
        try:
            found = path.stat()
        except OSError as error:
            code = "BS-E108" if path.is_symlink() else "BS-E101"
            raise UnusableScan(
                code, f"found nothing to read ({error.strerror}).", file=path
            ) from error
        if not stat.S_ISREG(found.st_mode):
            raise UnusableScan("BS-E101", "found no regular file.", file=path)
        if not os.access(path, os.R_OK):
            raise UnusableScan("BS-E101", "found no permission to read.", file=path)
        if siblings is None:
            siblings = frozenset(p.name for p in path.parent.iterdir() if p.name != path.name)
        return cls(path=path, size_bytes=found.st_size, siblings=siblings)
