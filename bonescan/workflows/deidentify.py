"""De-identify scans: everything is written anew from what was read, nothing is copied.

PS3.15 Annex E, Basic Application Level Confidentiality Profile, with the
options named in `Disguise`. What is not read as a scan is not written.
"""

from __future__ import annotations

import csv
import io
import os
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bonescan.errors import BonescanError, EnvironmentFault, SetAside, UsageError, all_codes
from bonescan.model.measurement import Measurement
from bonescan.model.outcome import Outcome, Problem
from bonescan.model.scan import DxaScan, RfScan
from bonescan.model.vocabulary import OutcomeKind, Severity
from bonescan.pipeline import measure
from bonescan.provenance import sha256_of_file
from bonescan.read.registry import read_scan
from bonescan.settings import Settings

from .collect_inputs import InputFile, collect_inputs
from .deidentify_dicom import NotClean, Patient, clean_picture, report_numbers
from .deidentify_rf import write_clean_rf
from .disguise import Disguise
from .pseudonyms import open_key, user_key_file

TABLE_NAME = "deidentified.csv"
COLUMNS = ("new_name", "outcome", "code", "reason")
PROFILES = ("basic", "longitudinal")
NAME_LETTERS = 32
UNKNOWN_KIND = "BS-E104"
WRITTEN, LEFT_OUT = "written", "not-copied"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeidentifyRequest:
    """What to de-identify, and how."""

    inputs: tuple[Path, ...]
    out: Path
    profile: str = "basic"
    keep_characteristics: bool = False
    key_file: Path | None = None  # None: the user's own
    names_file: Path | None = None  # where old and new names are listed; None: nowhere


@dataclass(frozen=True, slots=True, order=True)
class CleanRow:
    """One row of the report table."""

    new_name: str
    outcome: str
    code: str = ""

    @property
    def reason(self) -> str:
        """The title of the code: a reader's own words may quote the file."""
        return all_codes()[self.code].title if self.code else ""


def _left_out(code: str) -> CleanRow:
    return CleanRow("", LEFT_OUT, code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deidentified:
    """What was written and what was not."""

    rows: tuple[CleanRow, ...]

    @property
    def n_written(self) -> int:
        """Files written."""
        return sum(row.outcome == WRITTEN for row in self.rows)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One problem a code."""
        counts = Counter(row.code for row in self.rows if row.code)
        known = all_codes()
        return tuple(
            Problem(
                code=code,
                severity=Severity.WARNING,
                file="",
                reason=f"{known[code].title} ({n} of them).",
                hint=known[code].hint,
            )
            for code, n in sorted(counts.items())
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the counts as plain values."""
        return {
            "written": self.n_written,
            "not_copied": len(self.rows) - self.n_written,
            "codes": dict(sorted(Counter(r.code for r in self.rows if r.code).items())),
            "table": TABLE_NAME,
        }


def deidentify(request: DeidentifyRequest) -> Deidentified:
    """Write the scans of the inputs without who was examined.

    Raises
    ------
    UsageError
        Input and output overlap, the output holds something, or there is no such profile.
    EnvironmentFault
        Key or output can't be read or written.
    """
    _check(request)
    inputs = collect_inputs(request.inputs, request.out)
    disguise = Disguise(
        pseudonyms=open_key(request.key_file),
        longitudinal=request.profile == "longitudinal",
        characteristics=request.keep_characteristics,
    )
    rows: list[CleanRow] = []
    names: list[tuple[str, CleanRow]] = []
    try:
        request.out.mkdir(parents=True, exist_ok=True)
        for entry in inputs:
            found = _OneFile(request.out, disguise, entry).write()
            rows += found
            names += [(str(entry.path), row) for row in found]
        _write_table(request.out / TABLE_NAME, rows)
        if request.names_file is not None:
            _write_names(request.names_file, names)
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the output can't be written: {error.strerror}."
        ) from error
    return Deidentified(rows=tuple(sorted(rows)))


def _check(request: DeidentifyRequest) -> None:
    if request.profile not in PROFILES:
        raise UsageError(
            "BS-E304", f"found profile {request.profile!r}, wanted {' or '.join(PROFILES)}."
        )
    out = request.out.resolve()
    for given in request.inputs:
        real = given.resolve()
        if out == real or real in out.parents or out in real.parents:
            raise UsageError("BS-E460", "input and output folder lie in each other.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("BS-E460", "found something in the output already.")
    for secret in (request.key_file or user_key_file(), request.names_file):
        if secret is not None and out in secret.resolve().parents:
            raise UsageError("BS-E460", "the key or the list of names would lie in the output.")
        if secret is not None and not secret.exists() and _is_within(secret, request.inputs):
            raise UsageError("BS-E460", "the key or the list of names would lie in the input.")
    if request.names_file is not None and request.names_file.exists():
        raise UsageError("BS-E460", "the list of names is there already.")


def _is_within(path: Path, folders: Sequence[Path]) -> bool:
    return any(folder.resolve() in path.resolve().parents for folder in folders)


class _OneFile:
    """One input on its way out."""

    def __init__(self, out: Path, disguise: Disguise, entry: InputFile) -> None:
        self._out, self._disguise, self._entry = out, disguise, entry
        self._settings = Settings()

    def write(self) -> list[CleanRow]:
        """Write what can be; every input gives at least one row, whatever its bytes are."""
        if self._entry.verdict is not None:
            return [_left_out("BS-W460")]
        rows: list[CleanRow] = []
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a library's warning may quote the file
                rows += self._rows()
        except OSError as error:
            if error.filename is None or Path(error.filename) != self._entry.path:
                raise  # the output can't be written
            rows.append(_left_out("BS-W460"))
        except Exception:
            if os.environ.get("BONESCAN_DEBUG"):
                raise
            # whatever the bytes are, one file stops nothing; that the fault is ours is said
            rows.append(_left_out("BS-W466"))
        return rows

    def _rows(self) -> Iterator[CleanRow]:
        try:
            scan = read_scan(self._entry.path, self._settings.read, self._entry.siblings)
        except BonescanError as verdict:
            aside = isinstance(verdict, SetAside) or verdict.code == UNKNOWN_KIND
            yield _left_out("BS-W461" if aside else "BS-W460")
            return
        if isinstance(scan, DxaScan):
            yield from self._dxa(scan)
        elif isinstance(scan, RfScan):
            yield self._rf(scan)
        else:
            yield _left_out("BS-W461")

    def _dxa(self, scan: DxaScan) -> Iterator[CleanRow]:
        person = self._disguise.person(scan.subject, sha256_of_file(self._entry.path))
        who = Patient(pseudonym=person, day=_moved_day(self._disguise, scan.exam.exam_date, person))
        written = 0
        outcome = measure(self._entry.path, self._settings, self._entry.siblings)
        if outcome.measurements or outcome.readings:
            row = self._numbers(scan, outcome, who)
            written += row.outcome == WRITTEN
            yield row
        if scan.image is not None:
            yield self._picture(scan, who)
        elif not written and not outcome.readings:
            yield _left_out("BS-W461")

    def _numbers(self, scan: DxaScan, outcome: Outcome, who: Patient) -> CleanRow:
        """Write the report and read it back: numbers that come back otherwise are not written."""
        if outcome.kind is not OutcomeKind.REPORTED:
            return _left_out("BS-W464")
        draft = self._out / ".draft.dcm"
        try:
            draft.write_bytes(report_numbers(scan, outcome, who, self._disguise))
            again = measure(draft, self._settings)
            if again.kind is not outcome.kind or _numbers_of(again) != _numbers_of(outcome):
                return _left_out("BS-W464")
            return self._keep(draft)
        finally:
            draft.unlink(missing_ok=True)

    def _picture(self, scan: DxaScan, who: Patient) -> CleanRow:
        draft = self._out / ".draft.dcm"
        try:
            draft.write_bytes(clean_picture(scan, who, self._disguise))
            return self._keep(draft)
        except NotClean as verdict:
            return _left_out(verdict.code)
        except BonescanError:
            return _left_out("BS-W463")
        finally:
            draft.unlink(missing_ok=True)

    def _rf(self, scan: RfScan) -> CleanRow:
        person = self._disguise.person(scan.subject, sha256_of_file(self._entry.path))
        draft = self._out / ".draft.h5"
        try:
            write_clean_rf(draft, scan, person, self._disguise)
            return self._keep(draft)
        except (BonescanError, ValueError):
            return _left_out("BS-W465")
        finally:
            draft.unlink(missing_ok=True)

    def _keep(self, draft: Path) -> CleanRow:
        """Give a file a name made of its own bytes."""
        name = sha256_of_file(draft)[:NAME_LETTERS] + draft.suffix
        draft.replace(self._out / name)
        return CleanRow(name, WRITTEN)


def _moved_day(disguise: Disguise, day: date | None, person: str) -> date | None:
    try:
        return disguise.day(day, person)
    except OverflowError:
        return None


def _numbers_of(outcome: Outcome) -> list[tuple[str, ...]]:
    """List what must come back equal."""
    return sorted(_plain(m) for m in outcome.measurements)


def _plain(found: Measurement) -> tuple[str, ...]:
    values = (
        found.bmd_g_cm2, found.bmc_g, found.area_cm2, found.reported_t_score,
        found.reported_z_score,
    )  # fmt: skip
    numbers = ("" if v is None else f"{v:.9g}" for v in values)
    return (found.site, str(found.technique), str(found.origin), *numbers)


def _write_table(path: Path, rows: Sequence[CleanRow]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((r.new_name, r.outcome, r.code, r.reason) for r in sorted(rows))
    path.write_text(text.getvalue(), encoding="utf-8", newline="")


def _write_names(path: Path, names: Sequence[tuple[str, CleanRow]]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="", errors="surrogateescape") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file", *COLUMNS))
        writer.writerows((n, r.new_name, r.outcome, r.code, r.reason) for n, r in sorted(names))
