"""Who holds a lease: one process on one machine since one start, told apart from all others."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that takes work.

    Parameters
    ----------
    place : str
        Machine, boot and process namespace: where a process number means something.
    pid : int
    started : str
        When the process started, in ticks since boot: process numbers come back.
    token : str
        Tells apart two holders within one process.
    """

    place: str
    pid: int
    started: str
    token: str

    @classmethod
    def here(cls) -> Holder:
        """Describe this process."""
        pid = os.getpid()
        return cls(_place(), pid, _started(pid), secrets.token_hex(4))

    @classmethod
    def read(cls, text: str) -> Holder | None:
        """Read what `str` wrote; None for anything else."""
        parts = text.split("|")
        if len(parts) != 4 or not parts[1].isdigit():  # noqa: PLR2004 - the four fields
            return None
        return cls(parts[0], int(parts[1]), parts[2], parts[3])

    def __str__(self) -> str:
        return f"{self.place}|{self.pid}|{self.started}|{self.token}"

    def is_dead(self, here: str | None = None) -> bool:
        """Whether this holder is known to be gone; False where that can't be seen from here."""
        if self.place != (here or _place()):
            return False
        return _started(self.pid) != self.started


def _place() -> str:
    parts = [platform.node(), _read("/proc/sys/kernel/random/boot_id"), _link("/proc/self/ns/pid")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _started(pid: int) -> str:
    """Say when a process started; "" when there is none."""
    words = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if len(words) > 19:  # noqa: PLR2004 - field 22 of proc(5), counted after the name
        return "" if words[0] in {"Z", "X"} else words[19]
    if Path("/proc/self").exists():
        return ""
    try:  # a system without /proc: only whether there is such a process
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        return "?"
    return "?"


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""
