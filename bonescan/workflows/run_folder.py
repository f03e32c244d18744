"""The main job: folders of scans in, tables and pages out; running it again skips what is done."""

from __future__ import annotations

import dataclasses
import errno
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bonescan import __version__
from bonescan.batch import Stop, Task, choose_n_workers, measure_all, stop_on_signal
from bonescan.batch.limits import memory_limit_bytes, stopped_by, time_limit_s
from bonescan.batch.warm import warm_kernels
from bonescan.errors import EnvironmentFault, code_info
from bonescan.files.calibration import read_calibrations
from bonescan.files.fact_names import SEVERAL_A_DAY
from bonescan.files.facts_csv import read_facts_files
from bonescan.files.model_file import load_model
from bonescan.model.outcome import Outcome, Problem
from bonescan.model.person import Fact
from bonescan.model.plain import shown_path
from bonescan.model.rems_model import RemsModel
from bonescan.model.vocabulary import OutcomeKind, Severity
from bonescan.norms.load import Norms, load_norms
from bonescan.provenance import (
    DATA_MODEL_VERSION,
    PIPELINE_VERSION,
    sha256_of_file,
    sha256_of_text,
)
from bonescan.settings import Settings
from bonescan.store.open_store import DatabaseFault, open_store
from bonescan.store.store import Store, settings_text

from .collect_inputs import InputFile, InputRules, collect_inputs
from .gather_study import Study
from .open_archives import opened
from .pseudonyms import open_pseudonyms
from .refresh import model_text, refresh
from .result_folder import prepare
from .work_queue import StoreSource

FACTS_NAME = "subjects.csv"
DISK_FULL = (
    "Make room on that disk and give the same line again: every scan measured so far is kept in "
    "the store and not measured again; tables and pages are those of the run before."
)
MAX_NAMED = 3  # files in one sentence
COMPILED_FOR = frozenset({".h5", ".hdf5", ".mat", ".mha", ".mhd", ".raw", ".yml"})  # RF, likely
EXIT_DONE, EXIT_STRICT, EXIT_NOTHING, EXIT_INTERRUPTED = 0, 3, 4, 130

Progress = Callable[[str, int, int], None]  # (phase, done, all)
Noted = Callable[[str, Outcome], None]  # (sha256, outcome) of each content, as it is settled


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """What a run has to say at its end."""

    out: Path
    study: Study
    exit_code: int
    n_inputs: int
    n_measured: int
    n_already_done: int
    n_facts: int
    input_outcomes: dict[str, int]  # of the files of this run's inputs
    problems: tuple[Problem, ...]
    seconds: dict[str, float] = field(default_factory=dict)
    facts_files: tuple[str, ...] = ()
    facts_unread: tuple[str, ...] = ()  # subjects.csv that lie elsewhere in the inputs
    model_text: str = ""
    n_kept: int = 0  # contents that show an earlier result, as this run could not read them

    def to_dict(self) -> dict[str, Any]:
        """Give the summary as plain values."""
        return {
            "out": shown_path(self.out),
            "inputs": self.n_inputs,
            "measured_now": self.n_measured,
            "already_done": self.n_already_done,
            "kept_results": self.n_kept,
            "outcomes": self.input_outcomes,
            "results": sum(len(p.rows) for p in self.study.people),
            "people": len(self.study.people),
            "categories": self.study.category_counts,
            "facts": self.n_facts,
            "facts_files": list(self.facts_files),
            "facts_unread": list(self.facts_unread),
            "model": self.model_text,
            "seconds": {k: round(v, 3) for k, v in self.seconds.items()},
            "exit_code": self.exit_code,
        }


def run_folder(
    inputs: Sequence[Path],
    out: Path,
    settings: Settings | None = None,
    subjects: Path | None = None,
    progress: Progress | None = None,
    *,
    noted: Noted | None = None,
    rules: InputRules | None = None,
) -> RunSummary:
    """Measure every file of the inputs once, label everything in `out`, and write it down.

    Parameters
    ----------
    inputs : sequence of Path
        Folders and files; never changed.
    out : Path
        The result folder. It is cumulative: it shows everything in its store.
    settings : Settings, optional
    subjects : Path, optional
        Facts about people; without it ``subjects.csv`` of each input folder is taken.
    progress : callable, optional
        Told of each finished step.
    noted : callable, optional
        Told of each outcome as it is settled, in no fixed order.
    rules : InputRules, optional
        What to leave out of the inputs, and the caps of archives.

    Returns
    -------
    summary : RunSummary
        Its `exit_code` is that of the command.

    Raises
    ------
    BonescanError
        Input, settings, model, norms or result folder can't be used.
    """
    settings = settings or Settings()
    tell = progress or (lambda _phase, _done, _all: None)
    clock = _Clock()
    listed = collect_inputs(inputs, out, rules)
    prepare(out)
    with (
        stop_on_signal() as stop,
        closing(open_store(out, create=True, address=settings.store)) as store,
        opened(listed, out, rules) as files,
    ):
        open_pseudonyms(out)  # made, or refused, before anything is measured
        norms, model = load_norms(settings.norms_dir), load_model(settings.rems.model_file)
        read_calibrations(settings.rems.calibration_files)  # refused before anything is written
        facts, fact_problems, fact_files = _facts(inputs, subjects)
        try:
            run_id = store.begin_run(__version__, settings_text(settings))
            store.put_facts(facts, run_id, several=SEVERAL_A_DAY, files=fact_files)
            clock.lap("prepare")
            done = _measure_new(
                files, store, run_id, settings, (norms, model), (tell, noted or _quiet), stop
            )
            clock.lap("measure")
            study = refresh(
                out,
                settings,
                store=store,
                run_id=run_id,
                problems=(*_about_store(store), *_about_kept(done, files), *fact_problems),
                facts_files=fact_files,
                progress=tell,
                lap=clock.lap,
            )
            summary = _summarise(
                out, study, files, done, (facts, fact_files), settings, stop, model
            )
            store.end_run(run_id)
        except (OSError, DatabaseFault) as error:
            cause = getattr(error, "orig", None) or getattr(error, "strerror", None) or error
            hint = DISK_FULL if _is_full(error) else ""
            raise EnvironmentFault(
                "BS-E501", f"writing failed: {cause}.", hint, file=out
            ) from error
    summary.seconds.update(clock.laps)
    return summary


def _is_full(error: Exception) -> bool:
    """Whether there is no room left, for us or for the store."""
    return getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT} or (
        "disk is full" in str(error) or "No space left" in str(error)
    )


def _about_store(store: Store) -> tuple[Problem, ...]:
    """Warn of a store on a network folder."""
    if not store.network:
        return ()
    info = code_info("BS-W300")
    reason = f"Found the store on a network folder ({store.network}); it works without its log."
    return (
        Problem(code=info.code, severity=Severity.WARNING, file="", reason=reason, hint=info.hint),
    )


def _about_kept(done: _Done, files: Sequence[InputFile]) -> tuple[Problem, ...]:
    """Say that earlier results stand, where this run could not read their files."""
    if not done.kept:
        return ()
    names = sorted(f.file for f in files if done.hashes.get(f.path) in done.kept)
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    info = code_info("BS-W301")
    which, were = ("result", "was") if len(done.kept) == 1 else ("results", "were")
    reason = (
        f"{len(done.kept)} {which} of earlier runs {were} kept though "
        f"this run could not read their file: {', '.join(names[:MAX_NAMED])}{more}."
    )
    return (
        Problem(code=info.code, severity=Severity.WARNING, file="", reason=reason, hint=info.hint),
    )


def _quiet(_sha256: str, _outcome: Outcome) -> None:
    """Tell nobody."""


class _Clock:
    """Time of each phase, monotonic."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, phase: str) -> None:
        now = time.monotonic()
        self.laps[phase] = now - self._last
        self._last = now


@dataclass(frozen=True, kw_only=True)
class _Done:
    hashes: dict[Path, str]
    n_measured: int
    n_already_done: int
    kept: frozenset[str] = frozenset()  # contents (sha256) that show what an earlier run read


def work_key(sha256: str, settings: Settings, norms: Norms, model: RemsModel) -> str:
    """Name a piece of work: content, versions, settings that touch results, model, norms."""
    return work_keys(settings, norms, model)(sha256)


def work_keys(settings: Settings, norms: Norms, model: RemsModel) -> Callable[[str], str]:
    """Give the function that names work by content; calibrations are read once for all."""
    calibrations = [c.content_sha256 for c in read_calibrations(settings.rems.calibration_files)]
    read = dataclasses.asdict(settings.read)
    if settings.read.charset is None:
        del read["charset"]  # results of the time before this word are still those of today
    touching = read | {
        "allow_simulated_model": settings.rems.allow_simulated_model,
        "calibrations": calibrations,
        "covariates": settings.rems.covariates,
    }
    versions = (
        PIPELINE_VERSION,
        DATA_MODEL_VERSION,
        json.dumps(touching, sort_keys=True, default=str),
        model.content_sha256,
        norms.content_sha256,
    )
    return lambda sha256: sha256_of_text(sha256, *versions)


def key_of_file(file: InputFile, content_key: str) -> str:
    """Name the work on a file; half a raw capture alone is other work than the whole one.

    So it is read once its other half lies beside it, though its bytes are the same.
    """
    other = {".raw": ".yml", ".yml": ".raw"}.get(file.path.suffix.lower())
    if other is None or file.path.with_suffix(other).name in file.siblings:
        return content_key
    return sha256_of_text("half a capture", content_key)


def _measure_new(
    files: Sequence[InputFile],
    store: Store,
    run_id: int,
    settings: Settings,
    versions: tuple[Norms, RemsModel],
    tell: tuple[Progress, Noted],
    stop: Stop,
) -> _Done:
    hashes: dict[Path, str] = {}
    tasks: dict[str, Task] = {}
    settled: dict[str, Outcome] = {}  # by work key: what needs no reader, as a broken archive
    key_of = work_keys(settings, *versions)
    for number, file in enumerate(files):
        if stop.asked:
            break
        digest = file.sha256 or _hash_of(file)
        hashes[file.path] = digest
        key = key_of_file(file, key_of(digest))
        if file.verdict is not None:
            key = sha256_of_text("settled", digest, file.verdict.code, file.verdict.reason)
            settled[key] = file.verdict
        task = Task(
            work_key=key,
            sha256=digest,
            size_bytes=_size_of(file),
            path=file.path,
            siblings=file.siblings,
        )
        tasks.setdefault(digest, task)
        tell[0]("reading", number + 1, len(files))
    if stop.asked:
        return _Done(hashes=hashes, n_measured=0, n_already_done=0)
    # before any result: which of two contents was there first does not depend on who is faster
    places = [(shown_path(f.root.resolve()), f.file, hashes[f.path]) for f in files]
    store.put_locations(run_id, places)
    finished = _finished(store, tasks.values(), settings)
    store.put_all_in_force(
        run_id,
        [
            (t.sha256, t.size_bytes, finished[t.work_key])
            for t in tasks.values()
            if t.work_key in finished
        ],
    )
    new = [t for t in tasks.values() if t.work_key not in finished]
    n_done = _work(new, settled, store, run_id, settings, tell, stop)
    kept = store.kept_back([(t.sha256, t.work_key) for t in tasks.values()])
    return _Done(
        hashes=hashes,
        n_measured=n_done,
        n_already_done=len(tasks) - len(new),
        kept=frozenset(kept),
    )


def _finished(store: Store, tasks: Iterable[Task], settings: Settings) -> dict[str, str]:
    """Give the work that is done, with the key of its result."""
    store.reopen(
        {
            "time": time_limit_s(settings) or math.inf,
            "memory": memory_limit_bytes(settings) or math.inf,
        }
    )
    keys = [t.work_key for t in tasks]
    return {key: key for key in store.has_result(keys)} | store.stopped(keys)


def _hash_of(file: InputFile) -> str:
    """Hash a file; one that can't be read is named by its place, and the reader says why."""
    try:
        if file.path.is_file():  # a pipe would never come to its end
            return sha256_of_file(file.path)
    except OSError:
        pass
    return sha256_of_text("unreadable", shown_path(file.path))


def _size_of(file: InputFile) -> int:
    try:
        return file.path.stat().st_size
    except OSError:
        return 0


def _work(
    new: Sequence[Task],
    settled: Mapping[str, Outcome],
    store: Store,
    run_id: int,
    settings: Settings,
    tell: tuple[Progress, Noted],
    stop: Stop,
) -> int:
    unread = [t for t in new if t.work_key not in settled]
    n_workers = choose_n_workers(settings.n_workers, len(unread))
    ours = count = 0

    def another(n: int) -> None:
        nonlocal count
        count += n
        tell[0]("measuring", count, len(new))

    for task in new:
        if task.work_key in settled:
            store.put_result(
                run_id=run_id,
                sha256=task.sha256,
                size_bytes=task.size_bytes,
                work_key=task.work_key,
                outcome=settled[task.work_key],
            )
            tell[1](task.sha256, settled[task.work_key])
            ours += 1
            another(1)
    if not unread:
        return ours
    store.enqueue(run_id, [(t.work_key, t.sha256) for t in unread])
    source = StoreSource(store, unread, n_workers, another)

    def keep(task: Task, outcome: Outcome) -> None:
        nonlocal ours
        if store.finish(
            source.holder,
            run_id=run_id,
            sha256=task.sha256,
            size_bytes=task.size_bytes,
            work_key=task.work_key,
            outcome=outcome,
            stopped=stopped_by(outcome, settings),
        ):
            ours += 1
            tell[1](task.sha256, outcome)
        another(1)

    if n_workers > 1 and any(t.path.suffix.lower() in COMPILED_FOR for t in unread):
        warm_kernels()
    try:
        measure_all(source, dataclasses.replace(settings, n_workers=n_workers), keep, stop)
    finally:
        source.give_back()
    return ours


def _facts(
    inputs: Sequence[Path], subjects: Path | None
) -> tuple[tuple[Fact, ...], tuple[Problem, ...], tuple[str, ...]]:
    """Read the facts named on the command line, or the `subjects.csv` of each input folder."""
    places = (
        [subjects]
        if subjects is not None
        else [i / FACTS_NAME for i in inputs if (i / FACTS_NAME).is_file()]
    )
    facts, problems = read_facts_files(places)
    return facts, problems, tuple(str(p) for p in places)


def _unread_facts(files: Sequence[InputFile], read: Sequence[str]) -> tuple[str, ...]:
    """Name each subjects.csv of the inputs, in whatever folder or archive, that was not read."""
    known = {Path(place).resolve() for place in read}
    return tuple(
        sorted(
            f.file
            for f in files
            if f.file.rsplit("/", 1)[-1].lower() == FACTS_NAME and f.path.resolve() not in known
        )
    )


def _summarise(
    out: Path,
    study: Study,
    files: Sequence[InputFile],
    done: _Done,
    facts: tuple[tuple[Fact, ...], tuple[str, ...]],
    settings: Settings,
    stop: Stop,
    model: RemsModel,
) -> RunSummary:
    ours = {(f.file, done.hashes[f.path]) for f in files if f.path in done.hashes}
    rows = [r for r in study.files if (r.file, r.sha256) in ours]
    outcomes = dict(sorted(Counter(r.outcome for r in rows).items()))
    with_results = {r.sha256 for r in study.files if r.n_results}
    usable = any(digest in with_results for digest in done.hashes.values())
    bad = {str(OutcomeKind.UNUSABLE), str(OutcomeKind.CONFLICT)} & set(outcomes)
    if stop.asked:
        exit_code = EXIT_INTERRUPTED
    elif not usable and not (done.n_already_done and not done.n_measured):
        exit_code = EXIT_NOTHING
    else:
        exit_code = EXIT_STRICT if settings.strict and bad else EXIT_DONE
    return RunSummary(
        out=out,
        study=study,
        exit_code=exit_code,
        n_inputs=len(files),
        n_measured=done.n_measured,
        n_already_done=done.n_already_done,
        n_facts=len(facts[0]),
        input_outcomes=outcomes,
        problems=study.problems,
        facts_files=facts[1],
        facts_unread=_unread_facts(files, facts[1]),
        model_text=model_text(model),
        n_kept=len(done.kept),
    )
