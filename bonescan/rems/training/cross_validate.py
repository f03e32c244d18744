"""Predictions of people by models that have not seen them, and the controls beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.model.rems_model import COVARIATES
from bonescan.stats.regression import least_squares

from ..estimators.osteoporosis_score import ScoreMap
from ..estimators.registry import choose_primary
from ..features import SiteFeatures
from ..fitting import Cohort, fit
from ..match import match_models
from ..predict import MIN_VALID_PERCENT
from .controls import (
    DEPTH_ONLY,
    LABELS_PERMUTED,
    SHUFFLED_IN_CLASS,
    SWAPPED_IN_CELLS,
    age_bmi_cells,
    class_cells,
    permuted,
    swapped_within,
    with_labels_of,
    with_ultrasound_of,
)
from .plan import Folds
from .scores import Prediction
from .sizes import MIN_GROUPS

Array = NDArray[np.float64]
Rows = NDArray[np.intp]
Tell = Callable[[int, int], None]  # (done, all)

Passed = NDArray[np.bool_]

VALID = "valid-spectra"
CHOSEN_INSIDE = "chosen-inside-folds"
PLUS = "+covariates"


@dataclass(frozen=True, eq=False, kw_only=True)
class CrossValidation:
    """Everything that was predicted of people by models that had not seen them.

    `estimators` by estimator; `chosen` takes in every fold the estimator that
    is best on the other folds; `with_covariates` adds age, BMI and sex to each
    estimator; `controls` by control, and by estimator inside where each
    estimator has its own.
    """

    estimators: dict[str, Prediction]
    chosen: Prediction
    with_covariates: dict[str, Prediction]
    covariates_only: Prediction
    depth_only: Prediction
    controls: dict[str, dict[str, Prediction]]
    valid: Passed  # (repeat, row): whether the models of other people find spectra enough


def cross_validate(
    cohort: Cohort, folds: Folds, rng: np.random.Generator, tell: Tell | None = None
) -> CrossValidation:
    """Predict every row from models that have not seen the person.

    Parameters
    ----------
    cohort : Cohort
    folds : (repeat, row) ndarray of int
        From `assign_folds`.
    rng : numpy.random.Generator
        For the permutations of the controls.
    tell : callable, optional
        Hears how many folds are done.

    Returns
    -------
    found : CrossValidation
        Estimators and covariates in every repeat, the controls that need fits
        of their own in the first.
    """
    n_rows = len(cohort.people)
    swaps = {
        LABELS_PERMUTED: permuted(n_rows, rng),
        SHUFFLED_IN_CLASS: swapped_within(class_cells(cohort.t_score), rng),
        SWAPPED_IN_CELLS: swapped_within(age_bmi_cells(cohort.covariates), rng),
    }
    of_others = with_labels_of(cohort, swaps[LABELS_PERMUTED])
    n_folds = int(folds.max()) + 1
    of = (folds.shape[0] + len(swaps)) * n_folds
    done = 0

    def ticking(parts: Iterable[dict[str, Array]]) -> Iterable[dict[str, Array]]:
        nonlocal done
        for part in parts:
            done += 1
            if tell is not None:
                tell(done, of)
            yield part

    repeats = [_filled(ticking(_folds_of(cohort, f)), f) for f in folds]
    whole = {name: np.array([r[name] for r in repeats]) for name in repeats[0]}
    first = folds[:1]
    permuted_labels = _filled(ticking(_folds_of(of_others, first[0])), first[0])
    in_class = with_ultrasound_of(cohort, swaps[SHUFFLED_IN_CLASS])
    shuffled = _filled(ticking(_folds_of(in_class, first[0])), first[0])
    in_cells = with_ultrasound_of(cohort, swaps[SWAPPED_IN_CELLS])
    swapped = _filled(ticking(_folds_of(in_cells, first[0])), first[0])
    names = [n for n in whole if n not in (COVARIATES, DEPTH_ONLY, VALID) and not n.endswith(PLUS)]

    def against(values: Array, wanted: Array) -> Prediction:
        rows = np.atleast_2d(values)
        return Prediction(predicted=rows, wanted=np.broadcast_to(wanted, rows.shape))

    dxa = cohort.dxa_g_cm2
    return CrossValidation(
        estimators={n: against(whole[n], dxa) for n in names},
        chosen=against(_chosen_inside(whole, names, folds, dxa), dxa),
        with_covariates={n: against(whole[n + PLUS], dxa) for n in names},
        covariates_only=against(whole[COVARIATES], dxa),
        depth_only=against(whole[DEPTH_ONLY], dxa),
        controls={
            LABELS_PERMUTED: {n: against(permuted_labels[n], of_others.dxa_g_cm2) for n in names},
            SHUFFLED_IN_CLASS: {n: against(shuffled[n], dxa) for n in names},
            SWAPPED_IN_CELLS + PLUS: {n: against(swapped[n + PLUS], dxa) for n in names},
        },
        valid=whole[VALID] > 0.0,
    )


def _folds_of(cohort: Cohort, fold: Rows) -> Iterable[dict[str, Array]]:
    """Predict the rows of each fold in turn from all others."""
    for k in range(int(fold.max()) + 1):
        yield predict_unseen(cohort, np.flatnonzero(fold != k), np.flatnonzero(fold == k))


def _filled(parts: Iterable[dict[str, Array]], fold: Rows) -> dict[str, Array]:
    """Put the predictions of all folds together, (row,) by name."""
    found: dict[str, Array] = {}
    for k, part in enumerate(parts):
        for name, values in part.items():
            found.setdefault(name, np.full(fold.size, np.nan))[fold == k] = values
    return found


def predict_unseen(cohort: Cohort, train: Rows, test: Rows) -> dict[str, Array]:
    """Learn everything from some rows and predict others; the others are looked at only then.

    Returns
    -------
    predictions : dict of str to (test,) ndarray
        Every estimator alone and with age, BMI and sex, age, BMI and sex alone,
        the depth alone, and (1 or 0) whether there are valid spectra enough.
    """
    seen, unseen = cohort.rows(train), cohort.rows(test)
    fitted = fit(seen)
    inside, outside = fitted.predict(seen), fitted.predict(unseen)
    found = dict(outside)
    found[VALID] = np.array([_is_valid(f, fitted.score) for f in unseen.features], dtype=np.float64)
    for name, values in outside.items():
        found[name + PLUS] = _regressed(
            np.column_stack([inside[name], seen.covariates]),
            seen.dxa_g_cm2,
            np.column_stack([values, unseen.covariates]),
        )
    found[COVARIATES] = _regressed(seen.covariates, seen.dxa_g_cm2, unseen.covariates)
    found[DEPTH_ONLY] = _regressed(seen.depth_mm, seen.dxa_g_cm2, unseen.depth_mm)
    return found


def _is_valid(features: SiteFeatures, score: ScoreMap) -> bool:
    """Tell whether enough spectra are like either class for a number, as in a single exam."""
    votes = match_models(
        features.two_gate_db, score.osteoporotic_db, score.healthy_db, score.r_min_1
    )
    least = max(MIN_GROUPS, MIN_VALID_PERCENT / 100.0 * votes.valid.size)
    return bool(votes.n_valid >= least)


def _regressed(x: Array, y: Array, at: Array) -> Array:
    return least_squares(x, y).predict(at)


def _chosen_inside(
    whole: dict[str, Array], names: list[str], folds: Folds, dxa_g_cm2: Array
) -> Array:
    """Take in each fold the estimator that is best on the other folds.

    The best of several estimators looks better than it is on the very people
    who chose it; here nobody chooses her own.
    """
    chosen = np.empty(folds.shape)
    for repeat, fold in enumerate(folds):
        for k in range(int(fold.max()) + 1):
            mine, others = fold == k, fold != k
            see = {n: float(np.std((whole[n][repeat] - dxa_g_cm2)[others])) for n in names}
            best = choose_primary(see)
            chosen[repeat, mine] = whole[best][repeat, mine]
    return chosen
