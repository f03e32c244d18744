"""The main job: folders of scans in, tables and pages out; running it again skips what is done."""

from __future__ import annotations

import dataclasses
import json
import platform
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bonescan import __version__
from bonescan.batch import Stop, Task, choose_n_workers, measure_all, stop_on_signal
from bonescan.errors import EnvironmentFault
from bonescan.files.calibration import read_calibrations
from bonescan.files.fact_names import SEVERAL_A_DAY
from bonescan.files.facts_csv import read_facts_files
from bonescan.files.model_file import load_model
from bonescan.model.outcome import Outcome, Problem
from bonescan.model.person import Fact
from bonescan.model.plain import shown_path
from bonescan.model.rems_model import RemsModel
from bonescan.model.vocabulary import OutcomeKind
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
from .gather_study import Study, gather_study
from .open_archives import opened
from .pseudonyms import open_pseudonyms
from .result_folder import alone_in, prepare
from .write_results import remove_pages, write_pages, write_run_record, write_tables

FACTS_NAME = "subjects.csv"
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
    model_text: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the summary as plain values."""
        return {
            "out": shown_path(self.out),
            "inputs": self.n_inputs,
            "measured_now": self.n_measured,
            "already_done": self.n_already_done,
            "outcomes": self.input_outcomes,
            "results": sum(len(p.rows) for p in self.study.people),
            "people": len(self.study.people),
            "categories": self.study.category_counts,
            "facts": self.n_facts,
            "facts_files": list(self.facts_files),
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
        closing(open_store(out, create=True)) as store,
        alone_in(out),
        opened(listed, out, rules) as files,
    ):
        pseudonyms = open_pseudonyms(out)
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
            study = gather_study(store, pseudonyms, norms, settings)
            clock.lap("label")
            summary = _summarise(
                out, study, files, done, (facts, fact_problems, fact_files), settings, stop, model
            )
            _write(out, summary, settings, norms, model, tell)
            clock.lap("write")
            store.end_run(run_id)
        except (OSError, DatabaseFault) as error:
            cause = getattr(error, "orig", None) or getattr(error, "strerror", None) or error
            raise EnvironmentFault("BS-E501", f"writing failed: {cause}.", file=out) from error
    summary.seconds.update(clock.laps)
    return summary


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


def work_key(sha256: str, settings: Settings, norms: Norms, model: RemsModel) -> str:
    """Name a piece of work: content, versions, settings that touch results, model, norms."""
    calibrations = [c.content_sha256 for c in read_calibrations(settings.rems.calibration_files)]
    touching = dataclasses.asdict(settings.read) | {
        "allow_simulated_model": settings.rems.allow_simulated_model,
        "calibrations": calibrations,
        "covariates": settings.rems.covariates,
    }
    return sha256_of_text(
        sha256,
        PIPELINE_VERSION,
        DATA_MODEL_VERSION,
        json.dumps(touching, sort_keys=True, default=str),
        model.content_sha256,
        norms.content_sha256,
    )


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
    for number, file in enumerate(files):
        if stop.asked:
            break
        digest = file.sha256 or _hash_of(file)
        hashes[file.path] = digest
        key = work_key(digest, settings, *versions)
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
    finished = store.has_result(t.work_key for t in tasks.values())
    new = [t for t in tasks.values() if t.work_key not in finished]
    for task in tasks.values():
        if task.work_key in finished:
            store.put_in_force(
                run_id=run_id,
                sha256=task.sha256,
                size_bytes=task.size_bytes,
                work_key=task.work_key,
            )
    n_done = _work(new, settled, store, run_id, settings, tell, stop)
    places = [
        (shown_path(f.root.resolve()), f.file, hashes[f.path]) for f in files if f.path in hashes
    ]
    store.put_locations(run_id, places)
    return _Done(hashes=hashes, n_measured=n_done, n_already_done=len(tasks) - len(new))


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
    count = 0

    def keep(task: Task, outcome: Outcome) -> None:
        nonlocal count
        store.put_result(
            run_id=run_id,
            sha256=task.sha256,
            size_bytes=task.size_bytes,
            work_key=task.work_key,
            outcome=outcome,
        )
        count += 1
        tell[1](task.sha256, outcome)
        tell[0]("measuring", count, len(new))

    for task in new:
        if task.work_key in settled:
            keep(task, settled[task.work_key])
    measure_all(unread, dataclasses.replace(settings, n_workers=n_workers), keep, stop)
    return count


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


def _summarise(
    out: Path,
    study: Study,
    files: Sequence[InputFile],
    done: _Done,
    facts: tuple[tuple[Fact, ...], tuple[Problem, ...], tuple[str, ...]],
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
        problems=(*facts[1], *study.problems),
        facts_files=facts[2],
        model_text=_model_text(model),
    )


def _model_text(model: RemsModel) -> str:
    made = "trained on simulated RF, for simulated exams only" if model.simulated else "site's own"
    return f"{model.model_id} (rems-style-open/1; {made})"


def _write(
    out: Path,
    summary: RunSummary,
    settings: Settings,
    norms: Norms,
    model: RemsModel,
    tell: Progress,
) -> None:
    study = dataclasses.replace(summary.study, problems=summary.problems)
    write_tables(out, study)
    if settings.report == "html":
        tell("writing pages", 0, len(study.people))
        shown = (
            ("label policy", str(settings.label.policy)),
            ("label from", str(settings.label.label_from)),
            ("reference policy", str(settings.label.reference)),
            ("model", summary.model_text),
            ("norms", norms.content_sha256[:12]),
            ("version", __version__),
        )
        write_pages(
            out,
            study,
            model_text=summary.model_text,
            settings_text=shown,
            norms_dir=settings.norms_dir,
        )
    else:
        remove_pages(out)
    record = {
        "bonescan": __version__,
        "pipeline_version": PIPELINE_VERSION,
        "data_model_version": DATA_MODEL_VERSION,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": json.loads(settings_text(settings)),
        "model_id": model.model_id,
        "model_sha256": model.content_sha256,
        "norms_sha256": norms.content_sha256,
        "facts_files": list(summary.facts_files),
        "outcomes": study.outcome_counts,
        "codes": dict(sorted(Counter(f.code for f in study.files if f.code).items())),
        "categories": study.category_counts,
        "research_use_only": "Research software, not a medical device.",
    }
    write_run_record(out, record)
