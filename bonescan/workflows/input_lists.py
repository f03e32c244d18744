"""Lists of files as input: ``@list.txt``, and ``-`` for a list on standard input."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from bonescan.errors import UsageError

STANDARD_INPUT = "-"
MAX_LIST_BYTES = 256 * 2**20  # a million paths of 256 bytes


def split_inputs(
    words: Sequence[Path], standard_input: BinaryIO
) -> tuple[list[Path], tuple[Path, ...]]:
    """Part the inputs of a command into those named there and those that a list names.

    A list holds one path a line, or paths that NUL bytes part; paths that are
    not absolute count from the current folder. Empty lines are passed over,
    and a path may hold any byte but its separator.

    Parameters
    ----------
    words : sequence of Path
        As typed. A file whose own name starts with @ is that file.
    standard_input : binary file
        Read to its end where a word is ``-``.

    Returns
    -------
    inputs, listed : list and tuple of Path

    Raises
    ------
    UsageError
        A list that can't be read, is too long or names nothing.
    """
    inputs: list[Path] = []
    listed: list[Path] = []
    for word in words:
        text = str(word)
        if text == STANDARD_INPUT:
            listed += _paths(standard_input.read(MAX_LIST_BYTES + 1), "standard input")
        elif text.startswith("@") and not os.path.lexists(word):
            listed += _paths(_read(Path(text[1:])), text[1:])
        else:
            inputs.append(word)
    return inputs, tuple(listed)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_LIST_BYTES + 1)
    except OSError as error:
        raise UsageError(
            "BS-E434", f"the list of files can't be read: {error.strerror}.", file=path
        ) from error


def _paths(data: bytes, name: str) -> list[Path]:
    if len(data) > MAX_LIST_BYTES:
        raise UsageError("BS-E434", f"found a list of more than {MAX_LIST_BYTES} bytes in {name}.")
    if b"\0" in data:
        parts = data.split(b"\0")
    else:
        parts = [
            line.removesuffix(b"\r") for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        ]
    found = [Path(os.fsdecode(part)) for part in parts if part.strip()]
    if not found:
        raise UsageError("BS-E434", f"found no path in {name}, wanted one a line.")
    return found
