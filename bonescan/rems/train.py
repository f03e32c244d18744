"""Training of one site's model, and what it reaches on people it has not seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import NothingUsable
from bonescan.model.rems_model import (
    COVARIATES,
    ESTIMATORS,
    OS,
    TWO_GATE,
    CrossValidationRow,
    SiteModel,
    SpectralForm,
)
from bonescan.stats.bootstrap import percentile_interval
from bonescan.stats.correlation import pearson
from bonescan.stats.folds import person_folds
from bonescan.stats.regression import (
    ComponentFit,
    component_regression,
    least_squares,
)
from bonescan.stats.spread import running_spread

from .features import SiteFeatures, site_features
from .fitting import (
    N_COMPONENTS,
    NORMAL_T,
    OSTEOPOROSIS_T,
    Cohort,
    Reference,
    TrainingExam,
    fit,
    gather,
)

Array = NDArray[np.float64]

N_FOLDS = 10
N_RESAMPLES = 500
RESIDUAL_POINTS = 6
MIN_PEOPLE, MIN_PER_CLASS = 150, 30
MIN_GROUPS, WANTED_GROUPS = 40, 100


# ------------------------------------------------------------------ cross-validation


def cross_validate(cohort: Cohort, rng: np.random.Generator) -> dict[str, Array]:
    """Predict every person from models that have not seen her.

    Parameters
    ----------
    cohort : Cohort
    rng : numpy.random.Generator
        For the folds (by person, spread over the classes) and the permutation.

    Returns
    -------
    predictions : dict of str to (person,) ndarray
        By estimator; controls: age, BMI and sex alone, depth alone, and the
        ultrasound of another person of like age and BMI.
    """
    strata = (cohort.t_score > OSTEOPOROSIS_T).astype(int) + (cohort.t_score >= NORMAL_T)
    fold = person_folds(cohort.people, strata, N_FOLDS, rng)
    swapped = cohort.difference_db[_swapped_within_cells(cohort.covariates, rng)]
    found: dict[str, Array] = {}
    for k in range(N_FOLDS):
        train, test = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        for name, values in _fold_predictions(cohort, swapped, train, test).items():
            found.setdefault(name, np.full(len(cohort.people), np.nan))[test] = values
    return found


def _fold_predictions(
    cohort: Cohort, swapped: Array, train: NDArray[np.intp], test: NDArray[np.intp]
) -> dict[str, Array]:
    seen, unseen = cohort.rows(train), cohort.rows(test)
    fitted = fit(seen)
    y = seen.dxa_g_cm2

    def regress(x: Array) -> Array:
        return least_squares(x[train], y).predict(x[test])

    score = np.full(len(cohort.people), np.nan)
    score[train], score[test] = (
        fitted.scores_percent(seen.features),
        fitted.scores_percent(unseen.features),
    )
    away = (cohort.difference_db - fitted.two_gate.mean) @ fitted.two_gate.components.T
    like_others = component_regression(swapped[train], y, N_COMPONENTS)
    others = (swapped - like_others.mean) @ like_others.components.T
    covariates = cohort.covariates
    return {
        **fitted.predict(unseen),
        f"{TWO_GATE}+covariates": regress(np.hstack([away, covariates])),
        f"{OS}+covariates": regress(np.hstack([score[:, None], covariates])),
        COVARIATES: regress(covariates),
        "depth-only": regress(cohort.depth_mm[:, None]),
        "swapped-d-pcr4+covariates": regress(np.hstack([others, covariates])),
    }


def _swapped_within_cells(covariates: Array, rng: np.random.Generator) -> NDArray[np.intp]:
    """Swap people inside thirds of age and BMI: what ultrasound adds must then vanish."""
    thirds = [
        np.searchsorted(np.quantile(column, [1.0 / 3.0, 2.0 / 3.0]), column)
        for column in covariates.T[:2]
    ]
    cell = thirds[0] * 3 + thirds[1]
    order = np.arange(len(cell))
    for name in np.unique(cell):
        members = np.flatnonzero(cell == name)
        order[members] = rng.permutation(members)
    return order


def table(
    predictions: dict[str, Array], dxa_g_cm2: Array, rng: np.random.Generator
) -> tuple[CrossValidationRow, ...]:
    """Sum up each estimator: r, SEE (SD of prediction − DXA), bias, 95 % over people."""
    return tuple(_row(name, p, dxa_g_cm2, rng) for name, p in predictions.items())


def _row(name: str, predicted: Array, dxa: Array, rng: np.random.Generator) -> CrossValidationRow:
    error = predicted - dxa

    def r_of(rows: NDArray[np.intp]) -> float:
        return pearson(predicted[rows], dxa[rows])

    def see_of(rows: NDArray[np.intp]) -> float:
        return float(error[rows].std(ddof=1))

    everyone = np.arange(len(dxa))
    r_lo, r_hi = percentile_interval(r_of, len(dxa), rng, N_RESAMPLES)
    see_lo, see_hi = percentile_interval(see_of, len(dxa), rng, N_RESAMPLES)
    return CrossValidationRow(
        estimator=name,
        n_people=len(dxa),
        pearson_1=r_of(everyone),
        pearson_lo_1=r_lo,
        pearson_hi_1=r_hi,
        see_g_cm2=see_of(everyone),
        see_lo_g_cm2=see_lo,
        see_hi_g_cm2=see_hi,
        bias_g_cm2=float(error.mean()),
    )


def _informative(
    predictions: dict[str, Array], dxa: Array, rng: np.random.Generator
) -> tuple[str, ...]:
    """Name the estimators that beat age, BMI and sex by their paired 95 % interval."""
    better = []
    for name in ESTIMATORS:
        ours, theirs = predictions[name] - dxa, predictions[COVARIATES] - dxa

        def gain(rows: NDArray[np.intp], ours: Array = ours, theirs: Array = theirs) -> float:
            return float(theirs[rows].std(ddof=1) - ours[rows].std(ddof=1))

        lo, _ = percentile_interval(gain, len(dxa), rng, N_RESAMPLES)
        if lo > 0:
            better.append(name)
    return tuple(better)


# ------------------------------------------------------------------ the model of a site


def train_site(
    exams: Sequence[TrainingExam],
    site: str,
    form: SpectralForm,
    reference: Reference,
    rng: np.random.Generator,
) -> SiteModel:
    """Train the model of one site.

    Parameters
    ----------
    exams : sequence of TrainingExam
        One a person.
    site : str
        Name of the model, `FEMORAL_NECK` or `LUMBAR_SPINE`.
    form : SpectralForm
        How the spectra were made.
    reference : Reference
        Splits people into classes by the T-score of their DXA reading.
    rng : numpy.random.Generator

    Returns
    -------
    model : SiteModel
        Its primary estimator is the one with the smaller cross-validated SEE.

    Raises
    ------
    NothingUsable
        BS-E313 with fewer than 150 people, or 30 of a class.
    """
    cohort = gather(exams, form, reference)
    _check_size(cohort, site)
    predictions = cross_validate(cohort, rng)
    rows = table(predictions, cohort.dxa_g_cm2, rng)
    see = {r.estimator: r.see_g_cm2 for r in rows}
    fitted = fit(cohort)
    decay = _decay(cohort.features)
    spreads = [
        running_spread(predictions[n], predictions[n] - cohort.dxa_g_cm2, RESIDUAL_POINTS)
        for n in ESTIMATORS
    ]
    return SiteModel(
        site=site,
        primary=min(ESTIMATORS, key=lambda name: see[name]),
        informative=_informative(predictions, cohort.dxa_g_cm2, rng),
        needs_depth=True,
        reference_id=reference.reference_id,
        osteoporotic_db=fitted.osteoporotic_db,
        healthy_db=fitted.healthy_db,
        r_min_1=fitted.r_min_1,
        os_intercept_g_cm2=fitted.os_line.intercept,
        os_slope_g_cm2=float(fitted.os_line.coefficients[0]),
        d_mean_db=fitted.two_gate.mean,
        d_components=fitted.two_gate.components,
        d_coefficients_g_cm2=fitted.two_gate.coefficients,
        d_intercept_g_cm2=fitted.two_gate.intercept,
        residual_bmd_g_cm2=np.array([s[0] for s in spreads]),
        residual_sd_g_cm2=np.array([s[1] for s in spreads]),
        decay_curve_db=decay[0],
        decay_sd_db=decay[1],
        vertebra_sd_g_cm2=_vertebra_sd(exams, form, fitted.two_gate),
        bmd_range_g_cm2=_range(cohort.dxa_g_cm2),
        age_range_years=_range(cohort.covariates[:, 0]),
        bmi_range_kg_m2=_range(cohort.covariates[:, 1]),
        depth_range_mm=_range(cohort.depth_mm),
        sexes=tuple(sorted({e.sex for e in exams})),
        includes_pregnancy=any(e.pregnant for e in exams),
        n_people=len(set(cohort.people)),
        n_osteoporotic=int(np.sum(cohort.t_score <= OSTEOPOROSIS_T)),
        n_normal=int(np.sum(cohort.t_score >= NORMAL_T)),
        min_groups=MIN_GROUPS,
        wanted_groups=WANTED_GROUPS,
        cross_validation=rows,
    )


def _check_size(cohort: Cohort, site: str) -> None:
    n = len(set(cohort.people))
    low = int(np.sum(cohort.t_score <= OSTEOPOROSIS_T))
    normal = int(np.sum(cohort.t_score >= NORMAL_T))
    if n < MIN_PEOPLE or min(low, normal) < MIN_PER_CLASS:
        raise NothingUsable(
            "BS-E313",
            f"{site}: found {n} people, {low} with T <= {OSTEOPOROSIS_T} and {normal} with "
            f"T >= {NORMAL_T}; wanted {MIN_PEOPLE}, {MIN_PER_CLASS} and {MIN_PER_CLASS}.",
        )


def _decay(features: Sequence[SiteFeatures]) -> tuple[Array, float | None]:
    """Learn what the decay from gate A to B lets expect of that from B to C: a parabola.

    A line fits dense and thin bone badly and calls thin bone cluttered.
    """
    pairs = np.array([[f.decay_ab_db, f.decay_bc_db] for f in features])
    known = pairs[np.isfinite(pairs).all(axis=1)]
    if len(known) < MIN_PEOPLE:
        return np.empty(0), None
    fit = least_squares(known[:, :1] ** [1, 2], known[:, 1])
    return np.array([fit.intercept, *fit.coefficients]), fit.see


def _vertebra_sd(
    exams: Sequence[TrainingExam], form: SpectralForm, two_gate: ComponentFit
) -> float | None:
    """Spread of one vertebra's estimate about the mean of the others of the same person."""
    away: list[float] = []
    for exam in exams:
        if len(exam.parts) > 1:
            rows = [site_features(p, form).median_difference_db for p in exam.parts]
            away += list(against_others(two_gate.predict(np.array(rows))))
    return float(np.std(away)) if away else None


def against_others(values: Array) -> Array:
    """Give each value minus the mean of the others.

    >>> against_others(np.array([1.0, 2.0, 6.0])).tolist()
    [-3.0, -1.5, 4.5]
    """
    others = (values.sum() - values) / (values.size - 1)
    return np.asarray(values - others)


def _range(values: Array) -> tuple[float, float]:
    return float(values.min()), float(values.max())
