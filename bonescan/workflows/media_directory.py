"""Check that the files which a DICOM media directory names are there."""

from __future__ import annotations

import dataclasses
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from bonescan.errors import UnusableScan, code_info
from bonescan.model.outcome import Outcome, Problem
from bonescan.model.plain import shown_path
from bonescan.model.vocabulary import OutcomeKind, Severity
from bonescan.provenance import sha256_of_file
from bonescan.read.dicom.directory import is_media_directory, referenced_files

from .collect_inputs import InputFile

NAME = "DICOMDIR"
N_SHOWN = 5
FORBIDDEN = {"", ".", ".."}


def check_media_directories(files: Sequence[InputFile]) -> list[InputFile]:
    """Settle each media directory: a companion, with what it names and is not there.

    What it names is looked for below its own folder (or beside it in its
    archive), link by link not followed, and is not read for its sake: a file
    that is there is an input of its own.
    """
    if not any(_is_named_so(f) for f in files):
        return list(files)
    labels = {f.file.casefold() for f in files if "!/" in f.file}
    return [_checked(f, labels) if _is_named_so(f) else f for f in files]


def _is_named_so(file: InputFile) -> bool:
    return file.verdict is None and file.file.rsplit("/", 1)[-1].upper() == NAME


def _checked(file: InputFile, labels: set[str]) -> InputFile:
    try:
        if not file.path.is_file() or not is_media_directory(file.path):
            return file  # the reader says what it is
        named = referenced_files(file.path)
    except OSError:
        return file  # likewise
    except UnusableScan as error:
        return _settled(file, 0, [], f"What it names could not be read: {error.reason}")
    there: Callable[[tuple[str, ...]], bool] = _in_folder(file.path.parent)
    if "!/" in file.file:
        there = _in_archive(file.file.rpartition("/")[0], labels)
    missing = ["/".join(parts) for parts in named if not _is_plain(parts) or not there(parts)]
    return _settled(file, len(named), missing)


def _is_plain(parts: tuple[str, ...]) -> bool:
    """Refuse what would lead out of the medium; PS3.10 8.2 allows A-Z 0-9 _ only."""
    return all(p not in FORBIDDEN and not set(p) & {"/", "\\", "\0", ":"} for p in parts)


def _in_folder(root: Path) -> Callable[[tuple[str, ...]], bool]:
    def there(parts: tuple[str, ...]) -> bool:
        return _is_file_below(root, parts) or _is_file_below(root, tuple(map(str.lower, parts)))

    return there


def _is_file_below(root: Path, parts: tuple[str, ...]) -> bool:
    """Go down part by part: no link on the way, a regular file at its end."""
    here = root
    for number, part in enumerate(parts, 1):
        here = here / part
        try:
            mode = os.lstat(here).st_mode
        except (OSError, ValueError):
            return False
        if not (stat.S_ISREG(mode) if number == len(parts) else stat.S_ISDIR(mode)):
            return False
    return True


def _in_archive(folder: str, labels: set[str]) -> Callable[[tuple[str, ...]], bool]:
    return lambda parts: f"{folder}/{'/'.join(parts)}".casefold() in labels


def _settled(file: InputFile, n_named: int, missing: list[str], fault: str = "") -> InputFile:
    reason = fault
    if missing:
        more = f" and {len(missing) - N_SHOWN} more" if len(missing) > N_SHOWN else ""
        shown = ", ".join(shown_path(m) for m in missing[:N_SHOWN])
        reason = f"{len(missing)} of the {n_named} files that it names are missing: {shown}{more}."
    problems = (
        Problem(
            code="BS-W431",
            severity=Severity.WARNING,
            file=file.file,
            reason=reason,
            hint=code_info("BS-W431").hint,
        ),
    )
    verdict = Outcome(
        kind=OutcomeKind.COMPANION,
        format_name="dicom",
        code="BS-W280",
        reason=f"a DICOM media directory that names {n_named} files.",
        hint=code_info("BS-W280").hint,
        problems=problems if reason else (),
    )
    return dataclasses.replace(
        file, sha256=file.sha256 or sha256_of_file(file.path), verdict=verdict
    )
