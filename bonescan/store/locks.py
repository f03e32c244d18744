"""An advisory lock on a folder, given back by the system when its holder dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_NAME = ".bonescan.lock"
PAUSE_S = 0.05


@contextmanager
def locked(folder: Path, wait_s: float, name: str = LOCK_NAME) -> Iterator[None]:
    """Hold the lock of `folder`.

    Parameters
    ----------
    folder : Path
    wait_s : float
        How long to wait for another holder.
    name : str
        The lock file in it.

    Raises
    ------
    TimeoutError
        Another process still holds it.
    OSError
        The folder can't be written.
    """
    descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + wait_s
        while not _try(descriptor):
            if time.monotonic() >= deadline:
                raise TimeoutError(f"{folder / name} is held by another process")
            time.sleep(PAUSE_S)
        yield
    finally:
        os.close(descriptor)


def _try(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
