"""A model on new patients: the same table of pairs, nobody of whom it has learnt from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from bonescan.errors import NothingUsable, SetAside, UnusableScan
from bonescan.files.calibration import Calibration, read_calibrations
from bonescan.files.cohort_csv import CohortRefused, CohortRow, RowFault
from bonescan.files.model_file import load_model, person_hash
from bonescan.kernels.threads import pinned_blas
from bonescan.model.model_study import ModelStudy, RejectedScan
from bonescan.model.rems_model import RemsModel
from bonescan.model.scan import RfScan
from bonescan.model.sites import vertebrae_of
from bonescan.norms.load import load_norms
from bonescan.read.registry import read_scan
from bonescan.rems.fitting import Reference
from bonescan.rems.quality import age_years, bmi_kg_m2
from bonescan.rems.site_result import SiteResult, site_result
from bonescan.rems.training.validate import NewScan, report_validation
from bonescan.rems.vertebrae import with_vertebrae
from bonescan.report.model_page import ModelPage
from bonescan.settings import ReadSettings

from .build_model import BuildOptions, silent, study_dict, write_page
from .cohort_people import Pair, Tell, one_maker, person_of, read_pairs
from .cohort_scan import scan_of_row
from .measure_cohort import rejected_scan, results_in_order, why_not

LEAST_SCANS = 3


@dataclass(frozen=True, eq=False, kw_only=True)
class Numbers:
    """What `bonescan run` would print of one scan, and what stands behind it."""

    bmd_g_cm2: float
    interval_g_cm2: tuple[float, float] | None
    by_estimator_g_cm2: dict[str, float]
    score_percent: float
    depth_mm: float  # NaN where unknown


Found = tuple[Numbers | None, str, str]  # estimates, or code and reason


@dataclass(frozen=True, eq=False, kw_only=True)
class ValidatedModel:
    """What a model is worth on new patients."""

    model: RemsModel
    studies: tuple[ModelStudy, ...]
    n_left_out: int  # rows of sites that the model has not, or of other makers

    def to_dict(self) -> dict[str, Any]:
        """Give `data` of `bonescan model validate --json`, laid out as that of `build`."""
        return study_dict(self.studies) | {
            "model_id": self.model.model_id,
            "simulated": self.model.simulated,
            "dxa_maker": self.model.dxa_maker,
            "left_out": self.n_left_out,
        }


def validate_model(
    model: str | PathLike[str] | None,
    cohort: str | PathLike[str],
    options: BuildOptions | None = None,
    tell: Tell = silent,
    report: str | PathLike[str] | None = None,
) -> ValidatedModel:
    """Try a model on people it has not learnt from.

    Parameters
    ----------
    model : str, path or None
        None = the bundled one.
    cohort : str or path
        CSV of pairs, see `bonescan.files.cohort_csv`; any number from three on.
    options : BuildOptions, optional
        Sites, DXA maker, workers, seed.
    tell : callable, optional
    report : str or path, optional
        Page to write.

    Returns
    -------
    validated : ValidatedModel

    Raises
    ------
    CohortRefused
        Faulty rows; BS-E387 where people of the table have trained the model.
    NothingUsable
        BS-E170 a simulated model and real exams, BS-E388 another DXA maker, no
        site of the model, or fewer than three scans with a number.
    """
    options, table = options or BuildOptions(), Path(cohort)
    path = None if model is None else Path(model)
    trained = load_model(path)
    today = options.today or date.today()
    pairs = read_pairs(table, options.read, today, tell)
    _nobody_trained(pairs, trained, table)
    _may_be_tried(pairs, trained, table)
    maker, kept = one_maker(pairs, table, options.dxa_maker)
    if maker != trained.dxa_maker:
        raise NothingUsable(
            "BS-E388",
            f"found DXA of {maker}, and the model gives densities on the scale of "
            f"{trained.dxa_maker}.",
            file=table,
        )
    sites = {s.site for s in trained.sites} & set(options.sites or [s.site for s in trained.sites])
    kept = tuple(p for p in kept if p.model_site in sites)
    if not kept:
        raise NothingUsable(
            "BS-E388", f"found no row of {', '.join(sorted(sites)) or 'the sites asked for'}.",
            file=table,
        )  # fmt: skip
    scans, rejected = _estimated(kept, path, options, tell)
    studies = []
    for number, site in enumerate(sorted({p.model_site for p in kept})):
        mine = [scan for pair, scan in scans if pair.model_site == site]
        lost = [scan for pair, scan in rejected if pair.model_site == site]
        studies.append(_study(trained, site, mine, lost, (options.seed, number)))
    if report is not None:
        write_page(
            Path(report), ModelPage(model=trained, studies=tuple(studies), is_new_people=True)
        )
    return ValidatedModel(model=trained, studies=tuple(studies), n_left_out=len(pairs) - len(kept))


def _nobody_trained(pairs: Sequence[Pair], model: RemsModel, table: Path) -> None:
    """Refuse people of the training cohort, with and without the issuer of their number."""
    known = set(model.person_hashes)
    faults = [
        RowFault(line=p.row.line, reason=f"patient {p.row.patient_id!r} has trained the model")
        for p in pairs
        if any(
            person_hash(model.person_salt, p.row.patient_id, issuer) in known
            for issuer in {p.issuer, None}
        )
    ]
    if faults:
        raise CohortRefused("BS-E387", faults, table)


def _may_be_tried(pairs: Sequence[Pair], model: RemsModel, table: Path) -> None:
    real = [p.row.line for p in pairs if p.exam.simulated is not True and p.refused is None]
    if model.simulated and real:
        raise NothingUsable(
            "BS-E170",
            f"found {len(real)} exams that are not simulated (as row {real[0]}), and the model "
            f"{model.model_id} was trained on simulated ones.",
            file=table,
        )


# ------------------------------------------------------------------ estimates


def _estimated(
    pairs: Sequence[Pair], path: Path | None, options: BuildOptions, tell: Tell
) -> tuple[list[tuple[Pair, NewScan]], list[tuple[Pair, RejectedScan]]]:
    scans: list[tuple[Pair, NewScan]] = []
    rejected: list[tuple[Pair, RejectedScan]] = []
    tasks = [p.row for p in pairs if why_not(p) is None]
    read_calibrations(options.calibrations)  # refused before anything is estimated
    work = partial(
        estimate_of_file,
        model_path=path,
        settings=options.read,
        calibration_files=options.calibrations,
    )
    with results_in_order(work, tasks, options.n_workers) as results:
        for done, pair in enumerate(pairs, start=1):
            before = why_not(pair)
            numbers, code, reason = (None, *before) if before else next(results)
            tell("estimating exams", done, len(pairs))
            if numbers is None:
                rejected.append((pair, rejected_scan(pair, code, reason)))
            else:
                scans.append((pair, _scan(pair, numbers)))
    return scans, rejected


def estimate_of_file(
    row: CohortRow,
    model_path: Path | None,
    settings: ReadSettings,
    calibration_files: tuple[Path, ...],
) -> Found:
    """Estimate the site of one row as `bonescan run` does; a refusal is a code and a reason."""
    try:
        scan = read_scan(row.path, settings)
        if isinstance(scan, RfScan):
            scan = scan_of_row(scan, row)
            with pinned_blas():
                return _numbers(
                    scan, row.site, load_model(model_path), read_calibrations(calibration_files)
                )
    except (UnusableScan, SetAside) as verdict:
        return (None, verdict.code, verdict.reason)
    return (None, "BS-E163", f"found no ultrasound in {row.path.name}.")


def _numbers(
    scan: RfScan, site: str, model: RemsModel, calibrations: Sequence[Calibration]
) -> Found:
    wanted = {site, *vertebrae_of(site)}
    scan = replace(scan, sites=tuple(s for s in scan.sites if s.site in wanted))
    results = {s.site: site_result(scan, s, model, calibrations) for s in scan.sites}
    if site not in results:
        results = with_vertebrae(scan, results, model)
    found = results.get(site) or _of_some_vertebrae(results)
    if found is None or found.estimate is None or found.measurement is None:
        refused = [r.refused for r in results.values() if r.refused is not None]
        if refused:
            return (None, refused[0].code, refused[0].reason)
        return (None, "BS-E161", f"{site}: found one vertebra only, wanted two or more.")
    estimate, measured = found.estimate, found.measurement
    numbers = Numbers(
        bmd_g_cm2=estimate.bmd_g_cm2,
        interval_g_cm2=estimate.interval_g_cm2,
        by_estimator_g_cm2=estimate.by_estimator_g_cm2,
        score_percent=estimate.votes.osteoporosis_score_percent,
        depth_mm=math.nan if measured.depth_mm is None else measured.depth_mm,
    )
    return (numbers, "", "")


def _of_some_vertebrae(results: dict[str, SiteResult]) -> SiteResult | None:
    """Take the row of those vertebrae that could be measured, two or more."""
    return next((r for name, r in results.items() if len(vertebrae_of(name)) > 1), None)


def _scan(pair: Pair, numbers: Numbers) -> NewScan:
    age, bmi = age_years(pair.subject, pair.exam), bmi_kg_m2(pair.subject)
    if age is None or bmi is None or pair.subject.sex is None:
        raise ValueError("a pair without age, BMI or sex was to be left out")
    return NewScan(
        person="|".join(person_of(pair)),
        sex=pair.subject.sex,
        age_years=age,
        bmi_kg_m2=bmi,
        dxa_bmd_g_cm2=pair.row.dxa_bmd_g_cm2,
        bmd_g_cm2=numbers.bmd_g_cm2,
        interval_g_cm2=numbers.interval_g_cm2,
        by_estimator_g_cm2=numbers.by_estimator_g_cm2,
        score_percent=numbers.score_percent,
        depth_mm=numbers.depth_mm,
        centre=pair.row.centre,
    )


def _study(
    model: RemsModel,
    site: str,
    scans: list[NewScan],
    rejected: list[RejectedScan],
    seed: tuple[int, int],
) -> ModelStudy:
    if len(scans) < LEAST_SCANS:
        raise NothingUsable(
            "BS-E388",
            f"{site}: found {len(scans)} scans with a number, wanted at least {LEAST_SCANS}.",
        )
    trained = next(s for s in model.sites if s.site == site)
    young = load_norms().young.get(trained.reference_id)
    if young is None:
        raise NothingUsable(
            "BS-E385", f"found no reference {trained.reference_id}, which the model names."
        )
    reference = Reference(
        reference_id=young.id,
        mean_g_cm2=float(young.mean_g_cm2),
        sd_g_cm2=float(young.sd_g_cm2),
    )
    return report_validation(scans, rejected, trained, reference, np.random.default_rng(seed))
