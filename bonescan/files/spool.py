"""A private place for the bytes of archive members while a run needs them."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SPOOL_PREFIX = ".spool-"
LOCK_NAME = "lock"


@contextmanager
def spool_folder(out: Path) -> Iterator[Path]:
    """Make a folder below `out` that only we can read, and remove it afterwards.

    What a killed run left behind is removed first; the folder of a run that is
    still at work is known by its lock and left alone.
    """
    _sweep(out)
    folder = Path(tempfile.mkdtemp(prefix=SPOOL_PREFIX, dir=out))
    descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor)
        yield folder
    finally:
        os.close(descriptor)
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(out: Path) -> None:
    for folder in out.glob(f"{SPOOL_PREFIX}*"):
        try:
            descriptor = os.open(folder / LOCK_NAME, os.O_RDWR)
        except FileNotFoundError:
            # killed between making the folder and its lock; one that is not empty is not ours
            with suppress(OSError):
                folder.rmdir()
            continue
        except OSError:
            continue
        try:
            _lock(descriptor)
        except OSError:
            continue  # of a run that is at work
        else:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
