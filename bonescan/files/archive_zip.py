"""The members of a zip archive."""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from .archive import ArchiveFault, Budget, Member, member_label, read_pieces

ENCRYPTED = 0x1  # general purpose bit 0, APPNOTE 4.4.4
END_RECORD = struct.Struct("<4s4H2LH")  # APPNOTE 4.3.16
END64_LOCATOR = struct.Struct("<4sLQL")  # APPNOTE 4.3.15
END64_RECORD = struct.Struct("<4sQ2H2L4Q")  # APPNOTE 4.3.14
MAX_COMMENT_BYTES = 0xFFFF
ENTRY_BYTES = 160  # of the directory, an entry: 46 and a name that is not too long

# what zipfile and its decompressors raise for damaged bytes
FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    struct.error,
    NotImplementedError,  # a method or version that is not known here
    RuntimeError,
    OverflowError,
)


def zip_members(file: BinaryIO, budget: Budget) -> Iterator[Member]:
    """Walk over the files of a zip archive in the order of its directory.

    Raises
    ------
    ArchiveFault
        It has no sound directory, or goes beyond the caps.
    """
    _check_directory(file, budget)
    try:
        archive = zipfile.ZipFile(file)
    except FAULTS as error:
        raise _broken(error) from error
    with archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            budget.count_member()
            yield _member(archive, info, budget)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> Member:
    name = member_label(info.filename)
    fault = None
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind and kind != stat.S_IFREG:
        fault = ArchiveFault("BS-E432", "found a link or device in an archive, wanted a file.")
    elif info.flag_bits & ENCRYPTED:
        fault = ArchiveFault("BS-E431", "found an encrypted member of an archive.")
    elif info.file_size > budget.caps.max_member_bytes:
        fault = ArchiveFault(
            "BS-E433",
            f"found a member of {info.file_size} bytes, wanted at most "
            f"{budget.caps.max_member_bytes}.",
        )
    return Member(name=name, fault=fault, pieces=partial(_pieces, archive, info, budget))


def _pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> Iterator[bytes]:
    done = 0
    try:
        with archive.open(info) as stream:
            for piece in read_pieces(stream):  # type: ignore[arg-type]
                done += len(piece)
                budget.check_ratio(done, info.compress_size)
                budget.count_bytes(len(piece))
                yield piece
    except FAULTS as error:
        raise _broken(error) from error


def _broken(error: BaseException) -> ArchiveFault:
    return ArchiveFault("BS-E430", f"found a damaged zip archive ({str(error)[:200]}).")


def _check_directory(file: BinaryIO, budget: Budget) -> None:
    """Look at the size of the directory before it is read into memory as a whole."""
    size = file.seek(0, 2)
    tail_bytes = min(size, END_RECORD.size + MAX_COMMENT_BYTES + END64_LOCATOR.size)
    file.seek(size - tail_bytes)
    tail = file.read(tail_bytes)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + END_RECORD.size > len(tail):
        raise ArchiveFault("BS-E430", "found no directory at the end of the zip archive.")
    directory_bytes = END_RECORD.unpack_from(tail, at)[5]
    before = at - END64_LOCATOR.size
    if before >= 0 and tail[before : before + 4] == b"PK\x06\x07":
        file.seek(min(size, END64_LOCATOR.unpack_from(tail, before)[2]))
        record = file.read(END64_RECORD.size)
        if len(record) == END64_RECORD.size and record[:4] == b"PK\x06\x06":
            directory_bytes = END64_RECORD.unpack(record)[8]
    if directory_bytes > budget.caps.max_members * ENTRY_BYTES:
        raise ArchiveFault(
            "BS-E433", f"found a directory of {directory_bytes} bytes in the zip archive."
        )
    file.seek(0)
