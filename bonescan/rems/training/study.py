"""From what was trained to what is reported of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.model.model_study import GroupRow, ModelStudy, RejectedScan, StudyPoint
from bonescan.model.rems_model import COVARIATES

from ..fitting import Cohort, Reference, TrainingExam
from ..train import SiteStudy
from .fragility import fragility_report
from .judge import (
    Judged,
    class_reports,
    difference_report,
    group_rows,
    interval_levels,
    interval_report,
    out_of_fold_half_width,
)
from .leave_out import LeftOut, leave_out

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class RowFacts:
    """What is known of the rows beyond their exams, one member a row."""

    devices: tuple[str | None, ...]
    operators: tuple[str | None, ...]
    centres: tuple[str | None, ...]
    fractures: tuple[bool | None, ...]
    places: tuple[tuple[int, str, str], ...]  # row of the table, exam, site


def report_training(
    study: SiteStudy,
    exams: Sequence[TrainingExam],
    reference: Reference,
    facts: RowFacts,
    rejected: Sequence[RejectedScan],
) -> ModelStudy:
    """Sum up the cross-validation of one site.

    Parameters
    ----------
    study : SiteStudy
    exams : sequence of TrainingExam
        Those that the study was made of.
    reference : Reference
    facts : RowFacts
        One member an exam.
    rejected : sequence of RejectedScan
        Rows of the site that gave no number.

    Returns
    -------
    report : ModelStudy
        r, SEE and bias are means over the repeats and over all scans that could
        be measured; classes, limits, groups and intervals are those of the first
        repeat, by the primary estimator, without scans whose spectra are like
        neither class by the models of the other folds: these give no number.
    """
    model, cohort, found = study.model, study.cohort, study.cross_validation
    chosen = found.estimators[model.primary]
    passed = np.flatnonzero(found.valid[0])
    lost = [*rejected, *_without_number(study, facts, found.valid[0])]
    kept, folds = cohort.rows(passed), study.folds[0][passed]
    predicted, error = chosen.predicted[0][passed], chosen.error[0][passed]
    half = out_of_fold_half_width(error, folds)
    after, before = class_reports(
        predicted,
        kept.dxa_g_cm2,
        np.array([r.dxa_g_cm2 for r in lost], dtype=np.float64),
        reference,
    )
    rows = {r.estimator: r for r in model.cross_validation}
    left_out = (
        *leave_out(cohort, "device", facts.devices, model.primary),
        *leave_out(cohort, "operator", facts.operators, model.primary),
        *leave_out(cohort, "centre", facts.centres, model.primary),
    )
    return ModelStudy(
        site=model.site,
        primary=model.primary,
        n_people=model.n_people,
        n_osteoporotic=model.n_osteoporotic,
        n_normal=model.n_normal,
        sexes=model.sexes,
        reference_id=reference.reference_id,
        reference_mean_g_cm2=reference.mean_g_cm2,
        reference_sd_g_cm2=reference.sd_g_cm2,
        estimators=tuple(rows[name] for name in found.estimators),
        covariates_only=rows[COVARIATES],
        controls={n: r for n, r in rows.items() if n not in {*found.estimators, COVARIATES}},
        gain_lo_g_cm2=study.gain_g_cm2[0],
        gain_hi_g_cm2=study.gain_g_cm2[1],
        informative=study.shows_information,
        difference=difference_report(predicted, kept.dxa_g_cm2),
        classes=after,
        before_exclusions=before,
        groups=_groups(kept, predicted, [exams[int(i)].sex for i in passed]),
        left_out=tuple(_as_group(row) for row in left_out),
        interval=interval_report(error, half, interval_levels(error, folds)),
        fragility=fragility_report(cohort, facts.fractures, study.folds[0]),
        points=study_points(kept, predicted, half, study.fitted.scores_percent(kept.features)),
        rejected=tuple(sorted(lost, key=lambda r: r.line)),
    )


def _without_number(
    study: SiteStudy, facts: RowFacts, valid: NDArray[np.bool_]
) -> Iterator[RejectedScan]:
    """Name the measured scans that a model of other people gives no number."""
    for i in np.flatnonzero(~valid):
        line, exam, site = facts.places[int(i)]
        yield RejectedScan(
            line=line,
            exam=exam,
            site=site,
            dxa_g_cm2=float(study.cohort.dxa_g_cm2[i]),
            code="BS-E161",
            reason=f"{site}: too few of its spectra are like either class of the other people.",
        )


def study_points(
    cohort: Cohort, predicted: Array, half_width: Array, score_percent: Array
) -> tuple[StudyPoint, ...]:
    """Give every scan with a number, in the order of the table."""
    return tuple(
        StudyPoint(
            dxa_g_cm2=float(cohort.dxa_g_cm2[i]),
            predicted_g_cm2=float(predicted[i]),
            score_percent=float(score_percent[i]),
            depth_mm=float(cohort.depth_mm[i]) if np.isfinite(cohort.depth_mm[i]) else None,
            half_width_g_cm2=float(half_width[i]) if np.isfinite(half_width[i]) else None,
        )
        for i in range(len(cohort.people))
    )


def _groups(cohort: Cohort, predicted: Array, sexes: Sequence[str]) -> tuple[GroupRow, ...]:
    columns = {
        "age, years": cohort.covariates[:, 0],
        "BMI, kg/m2": cohort.covariates[:, 1],
        "depth, mm": cohort.depth_mm,
    }
    judged = Judged(people=cohort.people, dxa_g_cm2=cohort.dxa_g_cm2, predicted_g_cm2=predicted)
    return group_rows(judged, columns, {"sex": sexes})


def _as_group(row: LeftOut) -> GroupRow:
    return GroupRow(
        kind=f"{row.kind} left out",
        name=row.name,
        n_people=row.n_people,
        pearson_1=row.pearson_1,
        see_g_cm2=row.see_g_cm2,
        bias_g_cm2=row.bias_g_cm2,
    )
