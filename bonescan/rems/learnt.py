"""What a site's model stores of what was learnt, beside its ranges and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonescan.model.rems_model import (
    FADE,
    OS,
    FragilityModel,
    IntervalFolds,
    LinearMap,
    SpectralForm,
)
from bonescan.stats.regression import least_squares
from bonescan.stats.spread import running_spread

from .attenuation import first_gate_mm, fit_fade
from .estimators.osteoporosis_score import class_spectra, is_no_line
from .estimators.protocol import applied
from .estimators.registry import LINEAR, choose_primary
from .features import site_features
from .fitting import Cohort, Fitted, TrainingExam, fit

Array = NDArray[np.float64]

RESIDUAL_POINTS = 6
LEAST_LABELLED = 100  # fractured people, and unfractured ones, for a fragility score
# An exam whose fit leaves more than nearly all training exams, and by a margin, is unlike them.
MISFIT_PERCENTILE, MISFIT_MARGIN_1 = 99.0, 1.25
EMPTY: Array = np.empty(0)


def learnt_fields(
    fitted: Fitted, cohort: Cohort, predicted: Mapping[str, Array], fold: NDArray[np.intp]
) -> dict[str, Any]:
    """Give the fields of a `SiteModel` that hold what was learnt.

    Parameters
    ----------
    fitted : Fitted
        From everybody.
    cohort : Cohort
    predicted : mapping of str to (person,) ndarray
        Cross-validated predictions by estimator, made with `fold`.
    fold : (person,) ndarray of int
    """
    names = tuple(predicted)
    residual = {n: predicted[n] - cohort.dxa_g_cm2 for n in names}
    spreads = [running_spread(predicted[n], residual[n], RESIDUAL_POINTS) for n in names]
    primary = choose_primary({n: float(np.std(residual[n])) for n in names})
    lead = predicted[primary]
    covariates, dxa = cohort.covariates, cohort.dxa_g_cm2
    return {
        "primary": primary,
        "estimators": names,
        "osteoporotic_db": fitted.score.osteoporotic_db,
        "healthy_db": fitted.score.healthy_db,
        "r_min_1": fitted.score.r_min_1,
        "os_intercept_g_cm2": fitted.score.line.intercept,
        "os_slope_g_cm2": float(fitted.score.line.coefficients[0]),
        "os_is_line": not is_no_line(fitted.scores_percent(cohort.features), dxa),
        "maps": tuple(fitted.maps.values()),
        "residual_bmd_g_cm2": np.array([s[0] for s in spreads]),
        "residual_sd_g_cm2": np.array([s[1] for s in spreads]),
        "interval": interval_folds(cohort, primary, fold),
        "covariates_g_cm2": _coefficients(covariates, dxa),
        "offset_g_cm2": _coefficients(np.column_stack([lead, covariates]), dxa),
        "fragility": _fragility(cohort),
        "misfit_limit_1": _misfit_limit(cohort),
    }


def _coefficients(x: Array, y: Array) -> Array:
    plane = least_squares(x, y)
    return np.array([plane.intercept, *plane.coefficients])


def interval_folds(cohort: Cohort, primary: str, fold: NDArray[np.intp]) -> IntervalFolds:
    """Refit the leading estimator without each fold.

    Of the osteoporosis score only the line is: a spectrum is matched with the
    class spectra of everybody.
    """
    vectors = cohort.vectors.get(primary)
    if vectors is None:
        vectors = fit(cohort).scores_percent(cohort.features)[:, None]
    intercepts, weights = [], []
    residual = np.empty(len(cohort.people))
    for k in range(int(fold.max()) + 1):
        inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        linear = _line(primary, vectors[inside], cohort.dxa_g_cm2[inside])
        intercepts.append(linear.intercept_g_cm2 - float(linear.mean @ linear.weights_g_cm2))
        weights.append(linear.weights_g_cm2)
        residual[outside] = applied(linear, vectors[outside]) - cohort.dxa_g_cm2[outside]
    names, member = np.unique(np.asarray(cohort.people), return_inverse=True)
    return IntervalFolds(
        estimator=primary,
        fold_intercept_g_cm2=np.array(intercepts),
        fold_weights_g_cm2=np.array(weights),
        fold=fold.astype(np.float64),
        residual_g_cm2=np.abs(residual),
        weight_1=1.0 / np.bincount(member, minlength=names.size)[member],
    )


def _line(primary: str, vectors: Array, bmd_g_cm2: Array) -> LinearMap:
    if primary in LINEAR:
        return LINEAR[primary].learn(vectors, bmd_g_cm2)
    plane = least_squares(vectors, bmd_g_cm2)
    return LinearMap(
        estimator=OS,
        mean=np.zeros(vectors.shape[1]),
        weights_g_cm2=plane.coefficients,
        intercept_g_cm2=plane.intercept,
    )


def _fragility(cohort: Cohort) -> FragilityModel:
    """Learn the spectra of fractured and unfractured people, where enough are labelled."""
    people = np.asarray(cohort.people)
    marks = cohort.fractured or (None,) * len(people)
    broken = np.flatnonzero([m is True for m in marks])
    whole = np.flatnonzero([m is False for m in marks])
    counts = len(set(people[broken].tolist())), len(set(people[whole].tolist()))
    spectra: tuple[Array, Array] = (EMPTY, EMPTY)
    r_min: float | None = None
    if min(counts) >= LEAST_LABELLED:
        fractured, unfractured, r_min = class_spectra(cohort.features, (broken, whole))
        spectra = (fractured, unfractured)
    return FragilityModel(
        fractured_db=spectra[0],
        unfractured_db=spectra[1],
        n_fractured=counts[0],
        n_unfractured=counts[1],
        r_min_1=r_min,
    )


def _misfit_limit(cohort: Cohort) -> float | None:
    misfit = [f.fade.misfit_1 for f in cohort.features if f.fade is not None]
    if FADE not in cohort.vectors:
        return None
    return MISFIT_MARGIN_1 * float(np.percentile(misfit, MISFIT_PERCENTILE))


def vertebra_sd_g_cm2(
    exams: Sequence[TrainingExam], form: SpectralForm, site: str, leading: LinearMap
) -> float | None:
    """Spread of one vertebra's estimate about the mean of the others of the same person.

    By the leading linear estimator; exams with a vertebra that lacks its gates
    are passed over.
    """
    away: list[float] = []
    for exam in exams:
        if len(exam.parts) > 1:
            parts = [p.only(p.sounding) for p in exam.parts if p.sounding.any()]
            features = [
                site_features(p, form, fade=fit_fade(p, form, first_gate_mm(site))) for p in parts
            ]
            vectors = [LINEAR[leading.estimator].vector(f) for f in features]
            known = [v for v in vectors if v is not None]
            if len(known) == len(vectors) > 1:
                away += list(against_others(applied(leading, np.array(known))))
    return float(np.std(away)) if away else None


def against_others(values: Array) -> Array:
    """Give each value minus the mean of the others.

    >>> against_others(np.array([1.0, 2.0, 6.0])).tolist()
    [-3.0, -1.5, 4.5]
    """
    others = (values.sum() - values) / (values.size - 1)
    return np.asarray(values - others)
