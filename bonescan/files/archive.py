"""Archives as streams of members: caps, faults, and which reader an archive needs.

Nothing is ever unpacked to a path that an archive names: a member is a label
and a stream of bytes, and whoever wants the bytes says where they go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bonescan.model.plain import shown_path

PIECE_BYTES = 1 << 20
ZIP_SUFFIXES = (".zip",)
TAR_SUFFIXES = (
    ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2", ".tar.xz", ".txz",
)  # fmt: skip
PACKED_CAPTURES = (".raw.zip",)  # one file packed by a device: its reader says what to do


class ArchiveFault(Exception):  # noqa: N818 - a verdict on an archive or a member
    """An archive, or one member, that can't be read on; code and reason say why."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveCaps:
    """How far an archive may grow; all caps hold for one archive with all that is nested in it.

    The ratio of a member (zip) or of the stream (tar) counts only beyond
    `free_bytes`: images of mostly air shrink a hundredfold.
    """

    max_members: int = 200_000
    max_bytes: int = 64 * 2**30
    max_member_bytes: int = 8 * 2**30
    max_ratio: int = 200
    free_bytes: int = 32 * 2**20
    max_depth: int = 3  # an archive in an archive in an archive


@dataclass(slots=True)
class Budget:
    """What one archive has used of its caps so far."""

    caps: ArchiveCaps
    n_members: int = 0
    n_bytes: int = 0

    def count_member(self) -> None:
        """Count one more member in."""
        self.n_members += 1
        if self.n_members > self.caps.max_members:
            raise ArchiveFault(
                "BS-E433", f"found more than {self.caps.max_members} members in the archive."
            )

    def count_bytes(self, n_bytes: int) -> None:
        """Count unpacked bytes in."""
        self.n_bytes += n_bytes
        if self.n_bytes > self.caps.max_bytes:
            raise ArchiveFault(
                "BS-E433", f"found more than {self.caps.max_bytes} bytes in the archive."
            )

    def check_ratio(self, n_unpacked: int, n_packed: int) -> None:
        """Refuse what grows like a bomb."""
        if n_unpacked > max(self.caps.free_bytes, self.caps.max_ratio * n_packed):
            raise ArchiveFault(
                "BS-E433",
                f"found {n_packed} bytes that unpack to {n_unpacked} and more, wanted at most "
                f"{self.caps.max_ratio} times as many.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file in an archive: a label, and its bytes in pieces or why there are none."""

    name: str  # as written, in POSIX form; a label, never a path
    fault: ArchiveFault | None = None
    pieces: Callable[[], Iterator[bytes]] = lambda: iter(())


def is_archive(name: str) -> bool:
    """Tell from its name whether a file is an archive that is looked into."""
    low = name.lower()
    return low.endswith((*ZIP_SUFFIXES, *TAR_SUFFIXES)) and not low.endswith(PACKED_CAPTURES)


def archive_members(path: Path, name: str, budget: Budget) -> Iterator[Member]:
    """Walk over the files of an archive in its own order.

    Parameters
    ----------
    path : Path
        Where its bytes are.
    name : str
        What it is called; its suffix chooses the reader.
    budget : Budget
        Shared with the archives around it.

    Yields
    ------
    member : Member
        Its `pieces` must be read before the next member is asked for.

    Raises
    ------
    ArchiveFault
        The archive is broken or beyond its caps from here on.
    """
    from .archive_tar import tar_members
    from .archive_zip import zip_members

    walk = zip_members if name.lower().endswith(ZIP_SUFFIXES) else tar_members
    with path.open("rb") as file:
        yield from walk(file, budget)


def member_label(name: str) -> str:
    """Write a member's name in POSIX form, what can't be shown in escapes."""
    return shown_path(name.replace("\\", "/").replace("\0", "")) or "(no name)"


def read_pieces(stream: BinaryIO) -> Iterator[bytes]:
    """Read a stream to its end in pieces of 1 MiB."""
    while piece := stream.read(PIECE_BYTES):
        yield piece
