"""Find the files of one or more inputs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bonescan.errors import NothingUsable, UsageError
from bonescan.model.plain import shown_path

from .pseudonyms import KEY_NAME
from .result_folder import STORE_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """One file, named below the input it was found in."""

    path: Path
    root: Path
    file: str  # POSIX form
    siblings: frozenset[str]


def collect_inputs(inputs: Sequence[Path], out: Path) -> list[InputFile]:
    """List every file of the inputs once, sorted by name; the result folder is left out.

    Links to folders are followed, but never into a circle. What is no regular
    file (a link to nowhere, a pipe) is listed as well: its outcome says so.

    Raises
    ------
    UsageError
        An input does not exist or can't be listed.
    NothingUsable
        There is no file at all.
    """
    found: dict[str, InputFile] = {}
    results = _real(out)
    for given in inputs:
        if not os.path.lexists(given):
            raise UsageError(
                "BS-E302", f"there is no file or folder {given}, wanted scans to read."
            )
        if _real(given) == results:
            raise UsageError(
                "BS-E305", f"{given} is input and result folder at once, wanted two folders."
            )
        for entry in _below(given, results):
            found.setdefault(_real(entry.path), entry)
    if not found:
        names = ", ".join(str(i) for i in inputs)
        raise NothingUsable("BS-E303", f"found no file in {names}, wanted at least one scan.")
    return sorted(found.values(), key=lambda e: (e.file, str(e.root)))


def _real(path: Path) -> str:
    """Follow links as far as they lead; a link that bites its tail is no error here."""
    return os.path.realpath(path)


def _below(given: Path, out: str) -> list[InputFile]:
    if not given.is_dir():
        siblings = frozenset(_names(given.parent)) - {given.name}
        return [
            InputFile(path=given, root=given.parent, file=shown_path(given.name), siblings=siblings)
        ]
    found, seen = [], set()
    for folder, folders, names in os.walk(given, onerror=_refuse, followlinks=True):
        here = Path(folder)
        seen.add(_real(here))
        # a link may lead back to a folder that was listed already
        real = {name: _real(here / name) for name in folders}
        folders[:] = sorted(
            n for n, r in real.items() if r != out and r not in seen and not _is_ours(Path(r))
        )
        everything = frozenset(names)
        found += [
            InputFile(
                path=here / name,
                root=given,
                file=shown_path((here / name).relative_to(given).as_posix()),
                siblings=everything - {name},
            )
            for name in names
        ]
    return found


def _is_ours(folder: Path) -> bool:
    """Whether it holds results of an earlier run: they are no scans, and their key is secret."""
    return (folder / STORE_NAME).exists() and (folder / KEY_NAME).exists()


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in os.scandir(folder)]
    except OSError:  # a file may be readable in a folder that may not be listed
        return []


def _refuse(error: OSError) -> None:
    raise UsageError(
        "BS-E302", f"the folder can't be listed: {error.strerror}.", file=error.filename or ""
    )
