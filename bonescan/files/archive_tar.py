"""The members of a tar archive, packed by gzip, bzip2, xz or not at all."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from tarfile import HeaderError
from typing import BinaryIO, Protocol

from .archive import PIECE_BYTES, ArchiveFault, Budget, Member, member_label

MAX_HEADER_BYTES = 2 * 2**20  # of one member; a header of a path and a few attributes has < 10 kB
XZ_MEMORY_BYTES = 256 * 2**20  # `xz -9` needs 65 MiB
GZIP, BZIP2, XZ = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"

FAULTS = (
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    RecursionError,
)


def tar_members(file: BinaryIO, budget: Budget) -> Iterator[Member]:
    """Walk over the files of a tar archive; it is read once, from front to end.

    Raises
    ------
    ArchiveFault
        The stream is damaged or goes beyond the caps from here on.
    """
    stream = _Metered(file, budget)
    try:
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_StrictInfo) as archive:
            while (info := archive.next()) is not None:
                # a stream never goes back: what was passed need not be remembered
                archive.members = []  # type: ignore[attr-defined]
                if info.isdir():
                    continue
                budget.count_member()
                stream.expect_content()
                yield _member(archive, info, budget)
                _skip_rest(archive)
                stream.expect_header()
    except FAULTS as error:
        raise _broken(error) from error


def _skip_rest(archive: tarfile.TarFile) -> None:
    """Pass over what nobody read of a member, still under the caps of its content."""
    stream = archive.fileobj
    if stream is not None:
        stream.seek(max(stream.tell(), archive.offset - 1))


class _StrictInfo(tarfile.TarInfo):
    """A header that says so when it is damaged; the library takes damage for the end."""

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> _StrictInfo:
        try:
            return super().fromtarfile(tarfile)
        except HeaderError as error:
            if type(error).__name__ == "EOFHeaderError":  # the zeros that end a whole archive
                raise
            reason = f"found a damaged tar archive ({error or 'no end mark'})."
            raise ArchiveFault("BS-E430", reason) from error


def _member(archive: tarfile.TarFile, info: tarfile.TarInfo, budget: Budget) -> Member:
    name = member_label(info.name)
    if not info.isreg() or info.issparse():
        fault = ArchiveFault("BS-E432", "found a link or device in an archive, wanted a file.")
        return Member(name=name, fault=fault)
    if info.size > budget.caps.max_member_bytes:
        raise ArchiveFault(
            "BS-E433",
            f"found a member of {info.size} bytes, wanted at most {budget.caps.max_member_bytes}.",
        )
    return Member(name=name, pieces=lambda: _pieces(archive, info))


def _pieces(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    done = 0
    try:
        content = archive.extractfile(info)
        while content is not None and (piece := content.read(PIECE_BYTES)):
            done += len(piece)
            yield piece
    except FAULTS as error:
        raise _broken(error) from error
    if done < info.size:
        raise ArchiveFault("BS-E430", f"found {done} bytes of a member of {info.size}.")


def _broken(error: BaseException) -> ArchiveFault:
    return ArchiveFault("BS-E430", f"found a damaged tar archive ({str(error)[:200]}).")


class _Metered(io.RawIOBase):
    """The unpacked stream under the caps: total, ratio, and what a header may take.

    A header that claims gigabytes would otherwise be read into memory whole.
    """

    def __init__(self, file: BinaryIO, budget: Budget) -> None:
        self._file, self._budget = file, budget
        self._stream = _unpacked(file)
        self.n_unpacked = 0
        self._header_left: int | None = MAX_HEADER_BYTES

    def readable(self) -> bool:
        return True

    def expect_header(self) -> None:
        """From here on a header is read: it has its own small cap."""
        self._header_left = MAX_HEADER_BYTES

    def expect_content(self) -> None:
        """From here on the bytes of a member are read."""
        self._header_left = None

    def read(self, size: int = -1) -> bytes:
        """Read at most one piece."""
        piece = self._stream.read(PIECE_BYTES if size < 0 else min(size, PIECE_BYTES))
        self.n_unpacked += len(piece)
        self._budget.count_bytes(len(piece))
        self._budget.check_ratio(self.n_unpacked, self._file.tell())
        if self._header_left is not None:
            self._header_left -= len(piece)
            if self._header_left < 0:
                raise ArchiveFault(
                    "BS-E433", f"found a header of more than {MAX_HEADER_BYTES} bytes in a tar."
                )
        return piece


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _unpacked(file: BinaryIO) -> _Readable:
    head = file.read(len(XZ))
    file.seek(0)
    if head.startswith(GZIP):
        return gzip.GzipFile(fileobj=file)
    if head.startswith(BZIP2):
        return bz2.BZ2File(file)
    return _Xz(file) if head.startswith(XZ) else file


class _Xz:
    """An xz stream with a cap on the memory that its dictionary may ask for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES)

    def read(self, size: int, /) -> bytes:
        """Unpack at most `size` bytes; none at the end."""
        while not self._decompressor.eof:
            packed = b""
            if self._decompressor.needs_input:
                packed = self._file.read(PIECE_BYTES // 16)
                if not packed:
                    raise EOFError("the xz stream ends too early")
            piece = self._decompressor.decompress(packed, max_length=size)
            if piece:
                return piece
        return b""
