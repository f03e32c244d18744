"""Measurement of the exams of a cohort, in this process or in several; the order is the table's."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from bonescan.errors import EnvironmentFault, SetAside, UnusableScan
from bonescan.files.calibration import read_calibrations
from bonescan.files.cohort_csv import CohortRow
from bonescan.kernels.threads import pinned_blas
from bonescan.model.model_study import RejectedScan
from bonescan.model.rems_model import SpectralForm
from bonescan.model.scan import RfScan
from bonescan.read.registry import read_scan
from bonescan.rems.fitting import TrainingExam
from bonescan.rems.quality import age_years, bmi_kg_m2, is_pregnant
from bonescan.rems.training.exam_spectra import ExamSpectra, training_spectra
from bonescan.settings import ReadSettings

from .cohort_people import Pair, Tell
from .cohort_scan import scan_of_row

T = TypeVar("T")
CHUNK = 4  # exams handed to a process at once


@dataclass(frozen=True, eq=False, kw_only=True)
class MeasuredPair:
    """A pair with the spectra of its exam."""

    pair: Pair
    exam: TrainingExam


Found = ExamSpectra | tuple[str, str]  # spectra, or code and reason


def measure_pairs(
    pairs: Sequence[Pair],
    form: SpectralForm,
    settings: ReadSettings,
    calibration_files: tuple[Path, ...],
    n_workers: int,
    tell: Tell,
) -> tuple[tuple[MeasuredPair, ...], tuple[RejectedScan, ...]]:
    """Measure every exam.

    Parameters
    ----------
    pairs : sequence of Pair
    form : SpectralForm
    settings : ReadSettings
    calibration_files : tuple of Path
        Where there are any, every exam must name one of them.
    n_workers : int
        1 works in this process; the result does not depend on it.
    tell : callable

    Returns
    -------
    measured : tuple of MeasuredPair
    rejected : tuple of RejectedScan
        With code and reason; also people whose age, BMI or sex is not known,
        because nothing can be compared with age, BMI and sex for them.
    """
    measured, rejected = [], []
    tasks = [p.row for p in pairs if why_not(p) is None]
    work = partial(
        spectra_of_file, form=form, settings=settings, calibration_files=calibration_files
    )
    with results_in_order(work, tasks, n_workers) as results:
        for done, pair in enumerate(pairs, start=1):
            found = why_not(pair) or next(results)
            tell("measuring exams", done, len(pairs))
            if isinstance(found, ExamSpectra):
                measured.append(MeasuredPair(pair=pair, exam=_training_exam(pair, found)))
            else:
                rejected.append(rejected_scan(pair, *found))
    return tuple(measured), tuple(rejected)


@contextmanager
def results_in_order(
    work: Callable[[CohortRow], T], tasks: Sequence[CohortRow], n_workers: int
) -> Iterator[Iterator[T]]:
    """Yield the results in the order of the tasks."""
    if n_workers <= 1 or len(tasks) <= 1:
        yield map(work, tasks)
        return
    # spawn: a fork after a parallel kernel kills the child
    pool = ProcessPoolExecutor(n_workers, multiprocessing.get_context("spawn"))
    try:
        yield pool.map(work, tasks, chunksize=CHUNK)
    except BrokenProcessPool as error:
        raise EnvironmentFault(
            "BS-E503", "a process that measured exams was ended from outside; nothing is written."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def spectra_of_file(
    row: CohortRow,
    form: SpectralForm,
    settings: ReadSettings,
    calibration_files: tuple[Path, ...],
) -> Found:
    """Measure the site of one row; a refusal is a code and a reason."""
    try:
        scan = read_scan(row.path, settings)
        if isinstance(scan, RfScan):
            scan = scan_of_row(scan, row)
            with pinned_blas():  # last digits depend on the number of threads
                return training_spectra(scan, row.site, form, read_calibrations(calibration_files))
    except (UnusableScan, SetAside) as verdict:
        return (verdict.code, verdict.reason)
    return ("BS-E163", f"found no ultrasound in {row.path.name}.")


def why_not(pair: Pair) -> tuple[str, str] | None:
    """Say why a pair can't be used before its samples are looked at."""
    if pair.refused is not None:
        return pair.refused
    known = {
        "age": age_years(pair.subject, pair.exam),
        "height or weight": bmi_kg_m2(pair.subject),
        "sex": pair.subject.sex,
    }
    missing = [name for name, value in known.items() if value is None]
    if missing:
        return (
            "BS-W380",
            f"found no {', no '.join(missing)} in the exam or its row, which every control needs.",
        )
    return None


def _training_exam(pair: Pair, found: ExamSpectra) -> TrainingExam:
    age, bmi = age_years(pair.subject, pair.exam), bmi_kg_m2(pair.subject)
    if age is None or bmi is None or pair.subject.sex is None:
        raise ValueError("a pair without age, BMI or sex was to be left out")
    return TrainingExam(
        person_id=pair.row.patient_id,
        issuer=pair.issuer,
        sex=pair.subject.sex,
        age_years=age,
        bmi_kg_m2=bmi,
        dxa_bmd_g_cm2=pair.row.dxa_bmd_g_cm2,
        parts=found.parts,
        pregnant=is_pregnant(pair.subject),
        fractured=pair.row.fracture,
        system_db=found.system_db,
        ethnicity=pair.subject.ethnicity,
    )


def rejected_scan(pair: Pair, code: str, reason: str) -> RejectedScan:
    """Name the row of a scan without a number, and why."""
    row = pair.row
    return RejectedScan(
        line=row.line,
        exam=row.exam,
        site=row.site,
        dxa_g_cm2=row.dxa_bmd_g_cm2,
        code=code,
        reason=reason,
    )
