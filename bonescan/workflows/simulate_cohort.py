"""Make a cohort: ultrasound exams of virtual people, and the table of their DXA readings."""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bonescan import __version__
from bonescan.errors import EnvironmentFault, UsageError
from bonescan.files.rf_exam import write_rf_exam
from bonescan.kernels.threads import pinned_blas
from bonescan.simulate.artefact import ARTEFACTS, NO_ARTEFACT
from bonescan.simulate.cohort import COLUMNS, REGIONS, CohortExam, exam_content, simulate_exam
from bonescan.simulate.population import NHANES, POPULATIONS, draw_population
from bonescan.simulate.rf_content import rf_site
from bonescan.simulate.stress import NONE, STRESSES

from .simulate_cohort_spectra import stored_spectra

KEEP_RF, KEEP_SPECTRA = "rf", "spectra"
BOTH = "both"
SETTINGS_FILE, TABLE_FILE, EXAMS_FOLDER = "cohort.json", "cohort.csv", "exams"
MANY = 1_000_000
_CHUNK = 4  # exams handed to a worker at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortSettings:
    """What decides the content of a cohort; stored beside it."""

    n: int
    seed: int
    keep: str = KEEP_SPECTRA
    site: str = "lumbar"
    population: str = NHANES
    stress: str = NONE
    artefact: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCohort:
    """What was made."""

    out: Path
    settings: CohortSettings
    n_exams: int  # in the table
    n_made: int  # now; the others were there already
    unusable: dict[str, str]  # exam, why it gave no spectra
    seconds: float

    @property
    def exams_per_s(self) -> float | None:
        """How many exams a second were made; None where none had to be."""
        tried = self.n_made + len(self.unusable)
        return tried / self.seconds if tried and self.seconds > 0 else None

    def to_dict(self) -> dict[str, Any]:
        """Give the summary as plain values."""
        return {
            "out": str(self.out),
            "table": str(self.out / TABLE_FILE),
            **asdict(self.settings),
            "exams": self.n_exams,
            "made_now": self.n_made,
            "unusable": self.unusable,
            "seconds": round(self.seconds, 1),
            "exams_per_s": None if self.exams_per_s is None else round(self.exams_per_s, 2),
        }


def simulate_cohort(
    out: Path | str,
    n: int,
    seed: int = 1,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
    **settings: Any,
) -> SimulatedCohort:
    """Simulate `n` people and write their exams and the table of their DXA readings.

    Parameters
    ----------
    out : path
        New or empty folder, or one where the same cohort was begun: exams that
        are there are not made again.
    n : int
    seed : int
    workers : int
        Processes; the content does not depend on them.
    progress : callable, optional
        Told of exams done, and how many there are.
    **settings
        ``keep`` "spectra" (averaged spectra as the analysis makes them; small) or
        "rf" (samples); ``site`` "lumbar", "neck" or "both"; ``population``
        "nhanes" or "linear"; ``stress`` a name of `simulate.stress.STRESSES`;
        ``artefact`` a name of `simulate.artefact.ARTEFACTS`.

    Returns
    -------
    cohort : SimulatedCohort

    Raises
    ------
    UsageError
        BS-E350, BS-E352: the folder holds something else; BS-E351: an unknown
        word or a number out of range.
    EnvironmentFault
        BS-E501: it can't be written; BS-E353: a worker died.
    """
    unknown = sorted(set(settings) - {"keep", "site", "population", "stress", "artefact"})
    if unknown:
        raise UsageError("BS-E351", f"found the unknown setting {unknown[0]!r}.")
    wanted = CohortSettings(n=n, seed=seed, **settings)
    check_settings(wanted, workers)
    out = Path(out)
    began = time.perf_counter()
    try:
        _claim_folder(out, wanted)
        exams = _exams(wanted)
        todo = [e for e in exams if not _path(out, e).exists()]
        unusable = _make_all(out, wanted, todo, (workers, len(exams), progress))
        rows = [e.row(f"{EXAMS_FOLDER}/{e.name}.h5") for e in exams if e.name not in unusable]
        _write_whole(out / TABLE_FILE, _table_text(rows))
    except BrokenProcessPool as error:
        raise EnvironmentFault("BS-E353", "a worker process ended by itself.", file=out) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise EnvironmentFault("BS-E501", f"writing failed: {reason}.", file=out) from error
    return SimulatedCohort(
        out=out,
        settings=wanted,
        n_exams=len(rows),
        n_made=len(todo) - len(unusable),
        unusable=unusable,
        seconds=time.perf_counter() - began,
    )


def check_settings(settings: CohortSettings, workers: int = 1) -> None:
    """Refuse words that simulation does not know, and numbers out of range."""
    for name, known in (
        ("keep", (KEEP_RF, KEEP_SPECTRA)),
        ("site", (*REGIONS, BOTH)),
        ("population", POPULATIONS),
        ("stress", tuple(STRESSES)),
        ("artefact", (None, *ARTEFACTS)),
    ):
        found = getattr(settings, name)
        if found not in known:
            words = ", ".join(str(k) for k in known if k is not None)
            raise UsageError("BS-E351", f"found the {name} {found!r}, wanted one of: {words}.")
    for name, value, least in (
        ("people", settings.n, 1),
        ("seed", settings.seed, 0),
        ("workers", workers, 1),
    ):
        if not least <= value <= MANY:
            raise UsageError("BS-E351", f"found {value} as {name}, wanted {least} to {MANY}.")


def _claim_folder(out: Path, wanted: CohortSettings) -> None:
    """Take an empty folder, or go on with the same cohort."""
    if out.exists() and not out.is_dir():
        raise UsageError("BS-E350", "found a file, wanted a folder to write into.", file=out)
    out.mkdir(parents=True, exist_ok=True)
    there = sorted(p.name for p in out.iterdir() if not p.name.startswith(".tmp-"))
    note = {"format": "bonescan-cohort", "version": __version__, **asdict(wanted)}
    if SETTINGS_FILE in there:
        try:
            found = json.loads((out / SETTINGS_FILE).read_text(encoding="utf-8"))
        except ValueError:
            found = {}
        if found != note:
            raise UsageError(
                "BS-E352", f"found another cohort ({_difference(found, note)}).", file=out
            )
    elif there:
        raise UsageError("BS-E350", f"found {len(there)} files that are no cohort.", file=out)
    else:
        _write_whole(out / SETTINGS_FILE, json.dumps(note, indent=1) + "\n")
    (out / EXAMS_FOLDER).mkdir(exist_ok=True)


def _difference(found: Any, wanted: dict[str, Any]) -> str:
    if not isinstance(found, dict) or not found:
        return f"{SETTINGS_FILE} can't be read"
    return ", ".join(
        f"{name} {found.get(name)}, wanted {value}"
        for name, value in wanted.items()
        if found.get(name) != value
    )


def _exams(settings: CohortSettings) -> list[CohortExam]:
    people = draw_population(settings.n, settings.seed, settings.population)
    regions = REGIONS if settings.site == BOTH else (settings.site,)
    return [
        CohortExam(person=person, region=region, seed=settings.seed)
        for person in people
        for region in regions
    ]


def _path(out: Path, exam: CohortExam) -> Path:
    return out / EXAMS_FOLDER / f"{exam.name}.h5"


def _make_all(
    out: Path,
    settings: CohortSettings,
    todo: Sequence[CohortExam],
    how: tuple[int, int, Callable[[int, int], None] | None],
) -> dict[str, str]:
    """Make the exams that are not there; say which gave nothing to store, and why."""
    workers, n_all, progress = how
    unusable: dict[str, str] = {}
    tasks = [(out, settings, exam) for exam in todo]
    for done, (exam, reason) in enumerate(zip(todo, _results(tasks, workers), strict=True), 1):
        if reason:
            unusable[exam.name] = reason
        if progress:
            progress(n_all - len(todo) + done, n_all)
    return unusable


_Task = tuple[Path, CohortSettings, CohortExam]


def _results(tasks: Sequence[_Task], workers: int) -> Iterator[str]:
    if min(workers, len(tasks)) <= 1:
        yield from map(make_exam, tasks)
        return
    with ProcessPoolExecutor(
        min(workers, len(tasks)), mp_context=multiprocessing.get_context("spawn")
    ) as pool:
        yield from pool.map(make_exam, tasks, chunksize=_CHUNK)


def make_exam(task: _Task) -> str:
    """Simulate and write one exam.

    Returns
    -------
    reason : str
        Why nothing could be stored; empty where a file was written.
    """
    out, settings, what = task
    with pinned_blas():  # one thread: fastest here, and their number would decide last digits
        artefact = ARTEFACTS[settings.artefact] if settings.artefact else NO_ARTEFACT
        exams = simulate_exam(what, STRESSES[settings.stress], artefact)
        if settings.keep == KEEP_RF:
            sites, reason = [rf_site(exam) for exam in exams], ""
        else:
            sites, reason = stored_spectra(exams)
    if not sites:
        return reason
    made = {"stress": settings.stress, "artefact": artefact.name}
    write_rf_exam(_path(out, what), exam_content(what, exams, sites, **made))
    return ""


def _table_text(rows: Sequence[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _write_whole(path: Path, text: str) -> None:
    """Write a small file so that it appears whole or not at all."""
    draft = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
