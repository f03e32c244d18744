"""Find the files of one or more inputs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bonescan.errors import NothingUsable, UsageError, code_info
from bonescan.files.archive import ArchiveCaps
from bonescan.files.ignore_rules import IgnoreRules, read_ignore_file
from bonescan.model.outcome import Outcome
from bonescan.model.plain import shown_path
from bonescan.model.vocabulary import OutcomeKind
from bonescan.provenance import sha256_of_text

from .pseudonyms import KEY_NAME
from .result_folder import ADDRESS_NAME, STORE_NAME

# what stands behind the stem: x.tgc.yml belongs to x.raw, but 1.2.840.dcm is no part of 1.raw
_SUFFIXES = re.compile(r"(?:\.[A-Za-z][A-Za-z0-9]{0,7}){1,2}\Z")
_ALONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """One file, named below the input it was found in."""

    path: Path
    root: Path
    file: str  # POSIX form; of a member "archive.zip!/inner/name.dcm"
    siblings: frozenset[str] = _ALONE  # names beside it with the same stem
    sha256: str = ""  # where it is known already
    verdict: Outcome | None = None  # settled without reading it


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRules:
    """What to leave out of the inputs, and how far an archive may grow."""

    ignore: tuple[str, ...] = ()  # patterns, beside the `.bonescanignore` of each input folder
    caps: ArchiveCaps = field(default_factory=ArchiveCaps)
    only: frozenset[str] | None = None  # names directly below an input folder; None: all
    listed: tuple[Path, ...] = ()  # from a list of files: named by their whole path
    ignored: Callable[[str, str], None] | None = None  # told of (file, why)


def collect_inputs(
    inputs: Sequence[Path], out: Path, rules: InputRules | None = None
) -> list[InputFile]:
    """List every file of the inputs once, sorted by name.

    The result folder, results of earlier runs, hidden names and what the
    ignore rules name are left out of folders; what is named itself is never
    left out. Links to folders are not followed (what they lead to inside the
    input is listed there), and a link that leads out of the input has that as
    its outcome. What is no regular file (a link to nowhere, a pipe) is listed
    as well: its outcome says so.

    Raises
    ------
    UsageError
        An input does not exist or can't be listed.
    NothingUsable
        There is no file at all.
    """
    rules = rules or InputRules()
    found: dict[str, InputFile] = {}
    results = os.path.realpath(out)
    names = _FolderNames()
    for given in inputs:
        if not os.path.lexists(given):
            raise UsageError(
                "BS-E302", f"there is no file or folder {given}, wanted scans to read."
            )
        real = os.path.realpath(given)
        if real == results:
            raise UsageError(
                "BS-E305", f"{given} is input and result folder at once, wanted two folders."
            )
        if given.is_dir():
            for place, entry in _Walk(given, real, results, rules).files():
                found.setdefault(place, entry)
        else:
            found.setdefault(real, _single(given, names))
    for given in rules.listed:
        real = os.path.realpath(given)
        if given.is_dir():
            for place, entry in _Walk(given, real, results, rules).files():
                found.setdefault(place, entry)
        else:  # one that is not there is listed too: its outcome says so
            found.setdefault(real, _listed(given, names))
    if not found:
        shown = ", ".join(str(i) for i in inputs[:3]) + (", ..." if len(inputs) > 3 else "")  # noqa: PLR2004 - a sentence, not a list
        raise NothingUsable("BS-E303", f"found no file in {shown}, wanted at least one scan.")
    return sorted(found.values(), key=lambda e: (e.file, str(e.root)))


def stem_of(name: str) -> str:
    """Give what the files of one capture have in common.

    >>> stem_of("x_rf.tgc.yml"), stem_of("x_rf.raw"), stem_of("1.2.840.dcm")
    ('x_rf', 'x_rf', '1.2.840')
    """
    return _SUFFIXES.sub("", name) or name


class _FolderNames:
    """Names in a folder by stem; a folder of a long list is listed once."""

    def __init__(self) -> None:
        self._listed: dict[Path, dict[str, list[str]]] = {}

    def beside(self, path: Path) -> frozenset[str]:
        if path.parent not in self._listed:
            self._listed[path.parent] = by_stem(_names(path.parent))
        return siblings_of(path.name, self._listed[path.parent])


def by_stem(names: Sequence[str]) -> dict[str, list[str]]:
    """Bring the names of one folder together by stem."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(stem_of(name), []).append(name)
    return groups


def siblings_of(name: str, groups: dict[str, list[str]]) -> frozenset[str]:
    """Give the other names of the same stem: all that a reader asks for, and few to send."""
    group = groups.get(stem_of(name), ())
    return frozenset(group) - {name} if len(group) > 1 else _ALONE


def _listed(given: Path, names: _FolderNames) -> InputFile:
    """List a line of a list: below the current folder if it is there, else from the root on."""
    here, whole = Path.cwd(), Path(os.path.abspath(given))  # noqa: PTH100 - links stay as written
    root = here if whole.is_relative_to(here) else Path(whole.anchor)
    file = shown_path(whole.relative_to(root).as_posix())
    return InputFile(path=given, root=root, file=file, siblings=names.beside(given))


def _single(given: Path, names: _FolderNames) -> InputFile:
    """List what was named itself."""
    return InputFile(
        path=given,
        root=given.parent,
        file=shown_path(given.name),
        siblings=names.beside(given),
    )


class _Walk:
    """One input folder, listed without following links."""

    def __init__(self, given: Path, real: str, out: str, rules: InputRules) -> None:
        self._given, self._real, self._out = given, real, out
        self._rules = read_ignore_file(given) + IgnoreRules.of(rules.ignore)
        self._only = rules.only
        self._tell = rules.ignored or (lambda _file, _why: None)

    def files(self) -> Iterator[tuple[str, InputFile]]:
        """Yield (real place, file); at most one folder's names are held at a time."""
        waiting = [""]
        while waiting:
            below = waiting.pop()
            folders, entries = self._list(below)
            groups = by_stem([e.name for e in entries])
            for entry in entries:
                yield self._file(below, entry, siblings_of(entry.name, groups))
            waiting += folders

    def _list(self, below: str) -> tuple[list[str], list[os.DirEntry[str]]]:
        folders, entries = [], []
        try:
            with os.scandir(self._given / below) as listing:
                found = list(listing)
        except OSError as error:
            raise UsageError(
                "BS-E302",
                f"the folder can't be listed: {error.strerror}.",
                file=error.filename or "",
            ) from error
        names = {e.name for e in found}
        if below and KEY_NAME in names and names & {STORE_NAME, ADDRESS_NAME}:
            # results of an earlier run: they are no scans, and their key is secret
            self._tell(shown_path(below), "results of an earlier run")
            return [], []
        for entry in found:
            file = f"{below}/{entry.name}" if below else entry.name
            is_folder = _is_folder(entry)
            why = self._why_not(file, below, is_folder)
            if why is None:
                continue
            if why:
                self._tell(shown_path(file) + ("/" if is_folder else ""), why)
            elif is_folder:
                folders.append(file)
            elif not self._leads_inside(entry):
                entries.append(entry)
        return folders, entries

    def _why_not(self, file: str, below: str, is_folder: bool) -> str | None:
        """Say why a name is left out; "" when it is not, None when nobody asks for it."""
        if self._only is not None and not below and file not in self._only:
            return None
        if is_folder and os.path.join(self._real, file) == self._out:  # noqa: PTH118 - of two texts
            return "the result folder"
        return self._rules.why(shown_path(file), is_folder=is_folder)

    def _leads_inside(self, entry: os.DirEntry[str]) -> bool:
        """Whether it is a link to what is listed in its own place."""
        if not entry.is_symlink():
            return False
        target = os.path.realpath(entry.path)
        return os.path.exists(target) and _is_below(target, self._real)  # noqa: PTH110 - a text

    def _file(
        self, below: str, entry: os.DirEntry[str], siblings: frozenset[str]
    ) -> tuple[str, InputFile]:
        file = f"{below}/{entry.name}" if below else entry.name
        verdict = None
        if entry.is_symlink() and os.path.exists(entry.path):  # noqa: PTH110 - a text
            verdict = Outcome(
                kind=OutcomeKind.UNUSABLE,
                code="BS-E435",
                reason="found a link that leads out of the input.",
                hint=code_info("BS-E435").hint,
            )
        found = InputFile(
            path=self._given / file,
            root=self._given,
            file=shown_path(file),
            siblings=siblings,
            # what lies behind a link that is not followed is not looked at either
            sha256=sha256_of_text("link", self._real, shown_path(file)) if verdict else "",
            verdict=verdict,
        )
        return os.path.join(self._real, file), found  # noqa: PTH118 - of two texts


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder itself, not a link to one."""
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_below(target: str, root: str) -> bool:
    return target == root or target.startswith(root.rstrip(os.sep) + os.sep)


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as listing:
            return [entry.name for entry in listing]
    except OSError:  # a file may be readable in a folder that may not be listed
        return []
