"""Look into the archives and media directories among the inputs.

A member's bytes go to a private folder below the result folder, under a hash of
where they stood, and are removed when the run is over. Names from inside are
labels in `files.csv` and nothing else.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bonescan.errors import code_info
from bonescan.files.archive import ArchiveFault, Budget, Member, archive_members, is_archive
from bonescan.files.spool import spool_folder
from bonescan.model.outcome import Outcome
from bonescan.model.vocabulary import OutcomeKind
from bonescan.provenance import sha256_of_file, sha256_of_text
from bonescan.read.formats.companions import companion_by_name

from .collect_inputs import InputFile, InputRules, by_stem, siblings_of, stem_of
from .media_directory import check_media_directories

INSIDE = "!/"
FORMAT_NAME = "archive"
DICOM_MAGIC, DICOM_MAGIC_AT = b"DICM", 128


@contextmanager
def opened(
    files: Sequence[InputFile], out: Path, rules: InputRules | None = None
) -> Iterator[list[InputFile]]:
    """Give the inputs with the members of archives beside their archives.

    Parameters
    ----------
    files : sequence of InputFile
        As listed; an archive stays in the list, as a companion of its members
        or with what is wrong with it.
    out : Path
        The result folder; it exists. Members are kept below it while the
        context is open.
    rules : InputRules, optional
        The caps.

    Yields
    ------
    files : list of InputFile
    """
    rules = rules or InputRules()
    archives = [f for f in files if f.verdict is None and is_archive(f.path.name)]
    if not archives:
        yield check_media_directories(files)
        return
    with spool_folder(out) as folder:
        whole = {id(f) for f in archives}
        found = [f for f in files if id(f) not in whole]
        for archive in archives:
            found += _Opened(archive, folder, Budget(rules.caps)).files()
        yield check_media_directories(sorted(found, key=lambda e: (e.file, str(e.root))))


@dataclass(slots=True)
class _Spooled:
    """One member: its label, and where its bytes are or why there are none."""

    label: str
    path: Path | None = None
    sha256: str = ""
    verdict: Outcome | None = None


class _Opened:
    """One archive of the inputs with everything that is nested in it."""

    def __init__(self, archive: InputFile, folder: Path, budget: Budget) -> None:
        self._archive, self._folder, self._budget = archive, folder, budget
        self._labels: set[str] = set()
        self._members: list[_Spooled] = []

    def files(self) -> list[InputFile]:
        """Spool the members and list them, the archive first."""
        digest = ""
        try:
            digest = sha256_of_file(self._archive.path)
            verdict = self._walk(self._archive.path, self._archive.path.name, self._archive.file, 1)
        except OSError as error:
            if not _is_unreadable(self._archive.path):
                raise  # the result folder is full or gone: that is no fault of the archive
            verdict = _unusable("BS-E430", f"found the archive unreadable ({error.strerror}).")
        listed = dataclasses.replace(self._archive, sha256=digest, verdict=verdict)
        groups = by_stem([m.path.name for m in self._members if m.path is not None])
        for member in self._members:
            # what has no bytes is known by its place, however the archive was named
            member.sha256 = member.sha256 or sha256_of_text("unread", digest, member.label)
        return [listed, *(self._file(m, groups) for m in self._members)]

    def _file(self, member: _Spooled, groups: dict[str, list[str]]) -> InputFile:
        path = member.path
        return InputFile(
            path=path or Path(f"{self._archive.path}{member.label[len(self._archive.file) :]}"),
            root=self._archive.root,
            file=member.label,
            siblings=siblings_of(path.name, groups) if path else frozenset(),
            sha256=member.sha256,
            verdict=member.verdict,
        )

    def _walk(self, path: Path, name: str, label: str, depth: int) -> Outcome:
        """Spool the members of one archive; its own outcome is given back."""
        if depth > self._budget.caps.max_depth:
            return _unusable(
                "BS-E433",
                f"found archives nested deeper than {self._budget.caps.max_depth}.",
            )
        count = 0
        try:
            for member in archive_members(path, name, self._budget):
                count += 1
                self._take(member, label, depth)
        except ArchiveFault as fault:
            return _unusable(fault.code, f"{fault.reason} Members read before that: {count}.")
        return Outcome(
            kind=OutcomeKind.COMPANION,
            format_name=FORMAT_NAME,
            code="BS-W430",
            reason=f"an archive with {count} members.",
            hint=code_info("BS-W430").hint,
        )

    def _take(self, member: Member, archive_label: str, depth: int) -> None:
        label = self._own_label(f"{archive_label}{INSIDE}{member.name}")
        spooled = _Spooled(label)
        self._members.append(spooled)
        if member.fault is not None:
            spooled.verdict = _unusable(member.fault.code, member.fault.reason)
            return
        target = self._folder / _private_name(label)
        try:
            spooled.sha256, head = _write(member, target)
        except ArchiveFault as fault:
            target.unlink(missing_ok=True)
            spooled.verdict = _unusable(fault.code, fault.reason)
            return
        name = label.rsplit("/", 1)[-1]
        what = companion_by_name(name)
        if is_archive(name):
            spooled.verdict = self._walk(target, name, label, depth + 1)
            target.unlink()
        elif what and head[DICOM_MAGIC_AT : DICOM_MAGIC_AT + 4] != DICOM_MAGIC:
            # its name says so, and names from inside never reach the reader
            target.unlink()
            spooled.verdict = Outcome(
                kind=OutcomeKind.COMPANION,
                format_name="companion",
                code="BS-W280",
                reason=f"{what}.",
                hint=code_info("BS-W280").hint,
            )
        else:
            spooled.path = target

    def _own_label(self, label: str) -> str:
        """Tell two members of one name apart."""
        own, number = label, 1
        while own in self._labels:
            number += 1
            own = f"{label} ({number})"
        self._labels.add(own)
        return own


def _write(member: Member, target: Path) -> tuple[str, bytes]:
    """Write the bytes of a member; give their hash and the first of them."""
    digest, head = hashlib.sha256(), b""
    with target.open("xb") as file:
        for piece in member.pieces():
            digest.update(piece)
            head = head or piece[:256]
            file.write(piece)
    return digest.hexdigest(), head


def _private_name(label: str) -> str:
    """Name the file of a member: a hash, and the suffix where it is a plain one.

    Members of one folder and stem share the hash: x.raw finds its x.yml.
    """
    folder, _, name = label.rpartition("/")
    stem = stem_of(name)
    digest = hashlib.sha256(f"{folder}/{stem}".encode("utf-8", "surrogatepass")).hexdigest()
    return digest[:40] + name[len(stem) :]


def _is_unreadable(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError:
        return True
    return False


def _unusable(code: str, reason: str) -> Outcome:
    return Outcome(
        kind=OutcomeKind.UNUSABLE,
        format_name=FORMAT_NAME,
        code=code,
        reason=reason,
        hint=code_info(code).hint,
    )
