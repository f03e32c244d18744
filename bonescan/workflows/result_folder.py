"""The result folder: whether we may write there, and whether anybody else does now."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bonescan.errors import EnvironmentFault, UsageError

STORE_NAME = "bonescan.db"
LOCK_NAME = ".bonescan.lock"
OUR_FILES = ("files.csv", "results.csv", "patients.csv", "run.json", "index.html")


def prepare(out: Path) -> None:
    """Make the folder, or see that it is one of ours.

    Raises
    ------
    UsageError
        It holds files of the names we write, but no store of ours.
    EnvironmentFault
        It can't be made or written.
    """
    if out.exists() and not out.is_dir():
        raise UsageError("BS-E305", f"{out} is a file, wanted a folder for the results.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the folder can't be made: {error.strerror}.", file=out
        ) from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise EnvironmentFault("BS-E501", "found no permission to write there.", file=out)
    if not (out / STORE_NAME).exists():
        strangers = [name for name in OUR_FILES if (out / name).exists()]
        if strangers:
            raise UsageError(
                "BS-E305",
                f"found {strangers[0]} without our {STORE_NAME} in {out}; it would be overwritten.",
            )


@contextmanager
def alone_in(out: Path) -> Iterator[None]:
    """Keep other runs out of the folder while this one writes."""
    try:
        descriptor = os.open(out / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the folder can't be written: {error.strerror}.", file=out
        ) from error
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            raise EnvironmentFault("BS-E504", "found another run at work.", file=out) from error
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
