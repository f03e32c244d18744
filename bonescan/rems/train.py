"""Training of one site's model, and what it reaches on people it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.model.rems_model import (
    COVARIATES,
    CrossValidationRow,
    SiteModel,
    SpectralForm,
)
from bonescan.stats.regression import least_squares

from .estimators.registry import choose_primary
from .features import SiteFeatures
from .fitting import Cohort, Fitted, Reference, TrainingExam, fit, gather
from .learnt import learnt_fields, vertebra_sd_g_cm2
from .quality import plain_words
from .training.controls import DEPTH_ONLY
from .training.cross_validate import (
    CHOSEN_INSIDE,
    PLUS,
    CrossValidation,
    Tell,
    cross_validate,
)
from .training.plan import Folds, Plan, assign_folds
from .training.scores import Resamples, gain_interval_g_cm2, score_table
from .training.sizes import MIN_GROUPS, MIN_PEOPLE, WANTED_GROUPS, check_size, cohort_size

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteStudy:
    """A site's model, and everything that was found out about it on the way."""

    model: SiteModel
    fitted: Fitted
    cohort: Cohort
    folds: Folds
    cross_validation: CrossValidation
    resamples: Resamples
    gain_g_cm2: tuple[float, float]  # 95 %: SEE of the covariates minus SEE of the chosen one

    @property
    def shows_information(self) -> bool:
        """Whether ultrasound beats age, BMI and sex by its paired interval."""
        return self.gain_g_cm2[0] > 0.0


def train_site(
    exams: Sequence[TrainingExam],
    site: str,
    form: SpectralForm,
    reference: Reference,
    rng: np.random.Generator,
) -> SiteModel:
    """Train the model of one site; see `study_site`."""
    return study_site(exams, site, (form, reference), rng).model


def study_site(
    exams: Sequence[TrainingExam],
    site: str,
    how: tuple[SpectralForm, Reference],
    rng: np.random.Generator,
    plan: Plan | None = None,
    centres: Sequence[str | None] | None = None,
    tell: Tell | None = None,
) -> SiteStudy:
    """Train the model of one site and try it on people it has not seen.

    Parameters
    ----------
    exams : sequence of TrainingExam
        People may stand more than once (both hips, visits).
    site : str
        Name of the model, `FEMORAL_NECK` or `LUMBAR_SPINE`.
    how : (SpectralForm, Reference)
        How the spectra were made, and what splits people into classes by the
        T-score of their DXA reading.
    rng : numpy.random.Generator
    plan : Plan, optional
        Folds, repeats, resamples.
    centres : sequence of str or None, optional
        Where each exam was taken; spread evenly over the folds.
    tell : callable, optional
        Hears how many folds are done.

    Returns
    -------
    study : SiteStudy
        The model's primary estimator has the smallest cross-validated SEE, or is
        steadier and nearly as good; whether ultrasound shows information is judged by
        the estimator chosen inside the folds.

    Raises
    ------
    NothingUsable
        BS-E313 with fewer than 150 people, or 30 of a class.
    """
    form, reference = how
    plan = plan or Plan()
    cohort = gather(exams, form, reference, site)
    check_size(cohort.people, cohort.t_score, site)
    centres = [None] * len(exams) if centres is None else centres
    folds = assign_folds(cohort.people, cohort.t_score, centres, plan, rng)
    found = cross_validate(cohort, folds, rng, tell)
    resamples = Resamples.of(cohort.people, plan.n_resamples, rng)
    rows = _table(found, resamples, len(set(cohort.people)))
    fitted = fit(cohort)
    parts = (fitted, found, rows, resamples)
    return SiteStudy(
        model=_site_model(exams, site, (form, reference, cohort), parts, folds[0]),
        fitted=fitted,
        cohort=cohort,
        folds=folds,
        cross_validation=found,
        resamples=resamples,
        gain_g_cm2=gain_interval_g_cm2(found.chosen, found.covariates_only, resamples),
    )


def _table(
    found: CrossValidation, resamples: Resamples, n_people: int
) -> tuple[CrossValidationRow, ...]:
    """Sum everything up; controls by the estimator that leads."""
    table = score_table(found.estimators, resamples, n_people)
    leading = choose_primary({row.estimator: row.see_g_cm2 for row in table})
    others = {
        CHOSEN_INSIDE: found.chosen,
        **{name + PLUS: p for name, p in found.with_covariates.items()},
        COVARIATES: found.covariates_only,
        DEPTH_ONLY: found.depth_only,
        **{f"{name}:{leading}": by[leading] for name, by in found.controls.items()},
    }
    return (*table, *score_table(others, resamples, n_people))


def _informative(found: CrossValidation, resamples: Resamples) -> tuple[str, ...]:
    """Name the estimators that beat age, BMI and sex by their paired 95 % interval."""
    return tuple(
        name
        for name, prediction in found.estimators.items()
        if gain_interval_g_cm2(prediction, found.covariates_only, resamples)[0] > 0.0
    )


def _site_model(
    exams: Sequence[TrainingExam],
    site: str,
    how: tuple[SpectralForm, Reference, Cohort],
    parts: tuple[Fitted, CrossValidation, tuple[CrossValidationRow, ...], Resamples],
    fold: NDArray[np.intp],
) -> SiteModel:
    form, reference, cohort = how
    fitted, found, rows, resamples = parts
    decay = decay_expectation(cohort.features)
    size = cohort_size(cohort.people, cohort.t_score)
    once = {name: p.predicted[0] for name, p in found.estimators.items()}
    learnt = learnt_fields(fitted, cohort, once, fold)
    leading = fitted.maps.get(learnt["primary"], next(iter(fitted.maps.values())))
    return SiteModel(
        site=site,
        informative=_informative(found, resamples),
        needs_depth=True,
        reference_id=reference.reference_id,
        decay_curve_db=decay[0],
        decay_sd_db=decay[1],
        vertebra_sd_g_cm2=vertebra_sd_g_cm2(exams, form, site, leading),
        bmd_range_g_cm2=_range(cohort.dxa_g_cm2),
        age_range_years=_range(cohort.covariates[:, 0]),
        bmi_range_kg_m2=_range(cohort.covariates[:, 1]),
        depth_range_mm=_range(cohort.depth_mm),
        sexes=tuple(sorted({e.sex for e in exams})),
        includes_pregnancy=any(e.pregnant for e in exams),
        n_people=size.n_people,
        n_osteoporotic=size.n_osteoporotic,
        n_normal=size.n_normal,
        min_groups=MIN_GROUPS,
        wanted_groups=WANTED_GROUPS,
        cross_validation=rows,
        ethnicities=tuple(sorted({plain_words(e.ethnicity) for e in exams} - {""})) or None,
        **learnt,
    )


def decay_expectation(features: Sequence[SiteFeatures]) -> tuple[Array, float | None]:
    """Learn what the decay from gate A to B lets expect of that from B to C: a parabola.

    A line fits dense and thin bone badly and calls thin bone cluttered.
    """
    pairs = np.array([[f.decay_ab_db, f.decay_bc_db] for f in features])
    known = pairs[np.isfinite(pairs).all(axis=1)]
    if len(known) < MIN_PEOPLE:
        return np.empty(0), None
    fit = least_squares(known[:, :1] ** [1, 2], known[:, 1])
    return np.array([fit.intercept, *fit.coefficients]), fit.see


def _range(values: Array) -> tuple[float, float]:
    return float(values.min()), float(values.max())
