"""What a run would do with each file, and why; nothing is measured and nothing written."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bonescan.errors import BonescanError, UsageError
from bonescan.files.calibration import read_calibrations
from bonescan.files.model_file import load_model
from bonescan.model.outcome import Outcome
from bonescan.model.vocabulary import OutcomeKind
from bonescan.norms.load import load_norms
from bonescan.provenance import sha256_of_file
from bonescan.read.dicom.triage import set_aside
from bonescan.read.probe import Probe
from bonescan.read.registry import identify
from bonescan.settings import Settings
from bonescan.store.open_store import has_store, open_store

from .collect_inputs import InputFile, InputRules, collect_inputs
from .open_archives import opened
from .run_folder import key_of_file, work_keys

MEASURE, DONE, COMPANION, IGNORED = "would measure", "done already", "companion", "ignored"
REFUSE, DUPLICATE, STRANGER = "would refuse", "duplicate", "not densitometry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What would become of one file, and why."""

    file: str
    action: str
    reason: str = ""
    format: str = ""
    code: str = ""

    def to_dict(self) -> dict[str, str | None]:
        """Give the row as plain values."""
        return {
            "file": self.file,
            "action": self.action,
            "reason": self.reason or None,
            "format": self.format or None,
            "code": self.code or None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run would do."""

    out: Path
    rows: tuple[Planned, ...]  # sorted by file

    @property
    def counts(self) -> dict[str, int]:
        """Count files by what would become of them."""
        return dict(sorted(Counter(row.action for row in self.rows).items()))

    def to_dict(self) -> dict[str, Any]:
        """Give the plan as plain values."""
        return {
            "dry_run": True,
            "out": str(self.out),
            "counts": self.counts,
            "files": [row.to_dict() for row in self.rows],
        }


def plan_run(
    inputs: Sequence[Path],
    out: Path,
    settings: Settings,
    rules: InputRules | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Plan:
    """Look at every file of the inputs as `run_folder` would, without doing it.

    Parameters
    ----------
    inputs : sequence of Path
        As for `run_folder`.
    out : Path
        The result folder; it need not exist, and is only read.
    settings : Settings
        What is done already depends on them.
    rules : InputRules, optional
    progress : callable, optional

    Returns
    -------
    plan : Plan

    Raises
    ------
    BonescanError
        As by `run_folder`, for inputs, settings, model or norms.
    """
    ignored: list[Planned] = []

    def note(file: str, why: str) -> None:
        ignored.append(Planned(file=file, action=IGNORED, reason=why))

    rules = replace(rules or InputRules(), ignored=note)
    listed = collect_inputs(inputs, out, rules)
    with (
        tempfile.TemporaryDirectory(prefix="bonescan-plan-") as folder,
        opened(listed, Path(folder), rules) as files,
    ):
        rows = _rows(files, out, settings, progress or (lambda _phase, _done, _all: None))
    return Plan(out=out, rows=tuple(sorted([*rows, *ignored], key=lambda r: r.file)))


def _rows(
    files: Sequence[InputFile],
    out: Path,
    settings: Settings,
    tell: Callable[[str, int, int], None],
) -> list[Planned]:
    norms, model = load_norms(settings.norms_dir), load_model(settings.rems.model_file)
    read_calibrations(settings.rems.calibration_files)
    key_of = work_keys(settings, norms, model)
    first: dict[str, str] = {}
    rows: list[Planned] = []
    keys: list[str] = []
    for number, file in enumerate(files):
        row, digest = _look(file, settings)
        if digest and row.action == MEASURE and first.setdefault(digest, file.file) != file.file:
            row = replace(row, action=DUPLICATE, reason=f"the same bytes as {first[digest]}")
        rows.append(row)
        keys.append(key_of_file(file, key_of(digest)) if digest else "")
        tell("looking", number + 1, len(files))
    done = _done(out, keys, settings.store)
    return [
        replace(row, action=DONE, reason="its result is in the store")
        if key in done and row.action == MEASURE
        else row
        for row, key in zip(rows, keys, strict=True)
    ]


def _look(file: InputFile, settings: Settings) -> tuple[Planned, str]:
    """Say what kind of file it is, and hash it where it would be measured."""
    if file.verdict is not None:
        return _settled(file.file, file.verdict), ""
    try:
        probe = replace(Probe.of(file.path, file.siblings), column_map=settings.read.column_map)
        name = identify(probe).name
        other = set_aside(file.path, settings.read) if name == "dicom" else None
        digest = file.sha256 or sha256_of_file(file.path)
    except BonescanError as verdict:
        reason = verdict.reason
        return Planned(file=file.file, action=REFUSE, reason=reason, code=verdict.code), ""
    except OSError as error:
        reason = f"found the file unreadable ({error.strerror})."
        return Planned(file=file.file, action=REFUSE, reason=reason, code="BS-E101"), ""
    if other is not None:
        row = Planned(
            file=file.file, action=STRANGER, format=name, code=other.code, reason=other.reason
        )
        return row, ""
    if name == "companion":
        return Planned(file=file.file, action=COMPANION, format=name, reason="of other files"), ""
    return Planned(file=file.file, action=MEASURE, format=name, reason=f"read as {name}"), digest


def _settled(file: str, verdict: Outcome) -> Planned:
    return Planned(
        file=file,
        action=COMPANION if verdict.kind is OutcomeKind.COMPANION else REFUSE,
        reason=verdict.reason,
        format=verdict.format_name,
        code=verdict.code,
    )


def _done(out: Path, keys: Sequence[str], address: str | None) -> set[str]:
    """Ask the store what is done; no store, nothing done."""
    if address is None and not has_store(out):
        return set()
    try:
        store = open_store(out, address=address)
    except UsageError as error:
        if address is not None and error.code == "BS-E305":  # the run would make it
            return set()
        raise
    try:
        return store.has_result([k for k in keys if k])
    finally:
        store.close()
