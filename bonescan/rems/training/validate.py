"""A finished model on people it has not seen: the same figures as in its cross-validation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.model.model_study import IntervalReport, ModelStudy, RejectedScan, StudyPoint
from bonescan.model.rems_model import COVARIATES, CrossValidationRow, SiteModel
from bonescan.stats.regression import least_squares

from ..fitting import Reference
from .controls import (
    DEPTH_ONLY,
    LABELS_PERMUTED,
    SHUFFLED_IN_CLASS,
    SWAPPED_IN_CELLS,
    age_bmi_cells,
    class_cells,
    moved_1,
    swapped_away,
)
from .judge import Judged, class_reports, difference_report, group_rows, interval_report
from .plan import Plan, assign_folds
from .scores import Prediction, Resamples, gain_interval_g_cm2, score_table
from .sizes import cohort_size

Array = NDArray[np.float64]

LEAST_FOR_COVARIATES = 30  # people; with fewer nothing can be fitted to them, or swapped
LEAST_MOVED_1 = 0.9  # of the scans; a control that leaves more of them alone shows nothing. Ours.


@dataclass(frozen=True, slots=True, kw_only=True)
class NewScan:
    """One scan of somebody new, estimated by the model."""

    person: str
    sex: str
    age_years: float
    bmi_kg_m2: float
    dxa_bmd_g_cm2: float
    bmd_g_cm2: float  # what `bonescan run` prints
    interval_g_cm2: tuple[float, float] | None
    by_estimator_g_cm2: dict[str, float]
    score_percent: float
    depth_mm: float
    centre: str | None


def report_validation(
    scans: Sequence[NewScan],
    rejected: Sequence[RejectedScan],
    model: SiteModel,
    reference: Reference,
    rng: np.random.Generator,
) -> ModelStudy:
    """Sum up what a model says of new people.

    Parameters
    ----------
    scans : sequence of NewScan
        At least three.
    rejected : sequence of RejectedScan
    model : SiteModel
    reference : Reference
    rng : numpy.random.Generator
        For resampling, permutations and the folds of the covariates.

    Returns
    -------
    report : ModelStudy
        Age, BMI and sex are fitted to these very people, cross-validated: the
        model has to beat what they tell here, not where it was made.
    """
    people = [s.person for s in scans]
    dxa = np.array([s.dxa_bmd_g_cm2 for s in scans])
    t_score = (dxa - reference.mean_g_cm2) / reference.sd_g_cm2
    columns = np.array([[s.age_years, s.bmi_kg_m2, float(s.sex == "M")] for s in scans])
    depth = np.array([s.depth_mm for s in scans])
    lead = np.array([s.bmd_g_cm2 for s in scans])
    values = _by_estimator(scans) | {model.primary: lead}
    plan = Plan()
    resamples = Resamples.of(people, plan.n_resamples, rng)
    size = cohort_size(people, t_score)
    estimators = {n: _against(v, dxa) for n, v in values.items()}
    rows = {r.estimator: r for r in score_table(estimators, resamples, size.n_people)}
    orders = {
        LABELS_PERMUTED: swapped_away(np.zeros(dxa.size, dtype=np.intp), rng),
        SHUFFLED_IN_CLASS: swapped_away(class_cells(t_score), rng),
        SWAPPED_IN_CELLS: swapped_away(age_bmi_cells(columns), rng),
    }
    moved = {name: moved_1(order, people) for name, order in orders.items()}
    controls = {
        f"{name}:{model.primary}": lead[order]
        for name, order in orders.items()
        if size.n_people >= LEAST_FOR_COVARIATES and moved[name] >= LEAST_MOVED_1
    }
    plain: Prediction | None = None
    if size.n_people >= LEAST_FOR_COVARIATES:
        centres = [s.centre for s in scans]
        folds = assign_folds(people, t_score, centres, Plan(n_repeats=1), rng)[0]
        plain = _against(_refitted(columns, dxa, folds), dxa)
        if np.isfinite(depth).all():
            controls[DEPTH_ONLY] = _refitted(depth, dxa, folds)
    tried = {n: _against(v, dxa) for n, v in controls.items()}
    control_rows = {r.estimator: r for r in score_table(tried, resamples, size.n_people)}
    gain: tuple[float | None, float | None] = (None, None)
    covariates: CrossValidationRow | None = None
    if plain is not None:
        gain = gain_interval_g_cm2(estimators[model.primary], plain, resamples)
        (covariates,) = score_table({COVARIATES: plain}, resamples, size.n_people)
    after, before = class_reports(
        lead, dxa, np.array([r.dxa_g_cm2 for r in rejected], dtype=np.float64), reference
    )
    judged = Judged(people=people, dxa_g_cm2=dxa, predicted_g_cm2=lead)
    return ModelStudy(
        site=model.site,
        primary=model.primary,
        n_people=size.n_people,
        n_osteoporotic=size.n_osteoporotic,
        n_normal=size.n_normal,
        sexes=tuple(sorted({s.sex for s in scans})),
        reference_id=reference.reference_id,
        reference_mean_g_cm2=reference.mean_g_cm2,
        reference_sd_g_cm2=reference.sd_g_cm2,
        estimators=tuple(rows.values()),
        covariates_only=covariates,
        controls=control_rows,
        gain_lo_g_cm2=gain[0],
        gain_hi_g_cm2=gain[1],
        informative=gain[0] is not None and gain[0] > 0.0,
        difference=difference_report(lead, dxa),
        classes=after,
        before_exclusions=before,
        groups=group_rows(
            judged,
            {"age, years": columns[:, 0], "BMI, kg/m2": columns[:, 1], "depth, mm": depth},
            {"sex": [s.sex for s in scans]},
        ),
        left_out=(),
        interval=_interval(scans),
        fragility=None,
        points=tuple(_point(s) for s in scans),
        rejected=tuple(rejected),
        notes=(*_size_notes(size.n_people, moved), *_sex_notes(scans, model)),
    )


def _size_notes(n_people: int, moved: dict[str, float]) -> Iterator[str]:
    """Say what could not be tried, and how much of each control is somebody else's."""
    if n_people < LEAST_FOR_COVARIATES:
        yield (
            f"fewer than {LEAST_FOR_COVARIATES} people: nothing to hold against age, BMI and sex, "
            "and no controls"
        )
        return
    for name, share in moved.items():
        left_out = "" if share >= LEAST_MOVED_1 else f", left out below {LEAST_MOVED_1:.0%}"
        yield f"control {name}: {share:.0%} of the scans have somebody else's{left_out}"


def _sex_notes(scans: Sequence[NewScan], model: SiteModel) -> Iterator[str]:
    """Say what a model is worth for each sex, where it has learnt from one of them only."""
    words = {"F": "women", "M": "men"}
    for sex in sorted({s.sex for s in scans} - set(model.sexes)):
        yield f"the model has not learnt from {words[sex]}: its figures for them prove nothing"
        for each in sorted({s.sex for s in scans}):
            mine = [s for s in scans if s.sex == each]
            error = np.array([s.bmd_g_cm2 - s.dxa_bmd_g_cm2 for s in mine])
            see = f", SEE {error.std(ddof=1):.3f}" if error.size > 1 else ""
            n_people = len({s.person for s in mine})
            yield f"{n_people} {words[each]}: bias {error.mean():+.3f}{see} g/cm2"


def _against(values: Array, wanted: Array) -> Prediction:
    return Prediction(predicted=values[None], wanted=wanted[None])


def _refitted(x: Array, y: Array, folds: NDArray[np.intp]) -> Array:
    """Predict each fold from a line through the others."""
    found = np.empty(y.size)
    for k in np.unique(folds):
        train, test = folds != k, folds == k
        found[test] = least_squares(x[train], y[train]).predict(x[test])
    return found


def _by_estimator(scans: Sequence[NewScan]) -> dict[str, Array]:
    """Collect the estimators that every scan has the gates for."""
    names = [
        n for n in scans[0].by_estimator_g_cm2 if all(n in s.by_estimator_g_cm2 for s in scans)
    ]
    return {n: np.array([s.by_estimator_g_cm2[n] for s in scans]) for n in names}


def _interval(scans: Sequence[NewScan]) -> IntervalReport | None:
    """Count the readings inside the intervals; None where no scan has one."""
    known = [(s.dxa_bmd_g_cm2, *s.interval_g_cm2) for s in scans if s.interval_g_cm2 is not None]
    if not known:
        return None
    dxa, lo, hi = np.array(known).T
    middle, half = (lo + hi) / 2.0, (hi - lo) / 2.0
    return interval_report(middle - dxa, half)


def _point(scan: NewScan) -> StudyPoint:
    lo, hi = scan.interval_g_cm2 or (math.nan, math.nan)
    return StudyPoint(
        dxa_g_cm2=scan.dxa_bmd_g_cm2,
        predicted_g_cm2=scan.bmd_g_cm2,
        score_percent=scan.score_percent,
        depth_mm=scan.depth_mm if math.isfinite(scan.depth_mm) else None,
        half_width_g_cm2=(hi - lo) / 2.0 if math.isfinite(hi - lo) else None,
    )
