"""The result folder: whether we may write there, and whether anybody else does now."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bonescan.errors import EnvironmentFault, UsageError
from bonescan.store.locks import LOCK_NAME, locked

__all__ = ["ADDRESS_NAME", "LOCK_NAME", "STORE_NAME", "alone_in", "prepare"]

STORE_NAME = "bonescan.db"
ADDRESS_NAME = "bonescan.store"  # says where the store lies, if not in the folder
WAIT_S = 600.0  # for another run that writes tables and pages
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
    if not any((out / name).exists() for name in (STORE_NAME, ADDRESS_NAME)):
        strangers = [name for name in OUR_FILES if (out / name).exists()]
        if strangers:
            raise UsageError(
                "BS-E305",
                f"found {strangers[0]} without our {STORE_NAME} in {out}; it would be overwritten.",
            )


@contextmanager
def alone_in(out: Path, wait_s: float = WAIT_S) -> Iterator[None]:
    """Keep other runs from writing tables and pages while this one does.

    Parameters
    ----------
    out : Path
    wait_s : float
        How long to wait for another run that is writing.

    Raises
    ------
    EnvironmentFault
        The other run does not end, or the folder can't be written.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(out, wait_s))
        except TimeoutError as error:
            raise EnvironmentFault("BS-E504", "found another run at work.", file=out) from error
        except OSError as error:
            raise EnvironmentFault(
                "BS-E501", f"the folder can't be written: {error.strerror}.", file=out
            ) from error
        yield
