"""Whether spectra tell fractured people from others, with and without age and BMI."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bonescan.model.estimate import Estimate
from bonescan.model.model_study import FragilityReport
from bonescan.stats.regression import least_squares
from bonescan.stats.roc import auc

from ..estimators.osteoporosis_score import NO_VOTE_PERCENT, class_spectra
from ..fitting import Cohort
from ..match import match_models

Array = NDArray[np.float64]

LEAST_OF_EACH = 100  # fractured and unfractured people


def fragility_report(
    cohort: Cohort, fractures: Sequence[bool | None], folds: NDArray[np.intp]
) -> FragilityReport | None:
    """Predict the fracture label of people from models that have not seen them.

    Parameters
    ----------
    cohort : Cohort
    fractures : sequence of bool or None, one a row
        Rows without a label are left out.
    folds : (row,) ndarray of int
        People stay together.

    Returns
    -------
    report : FragilityReport or None
        Areas under the ROC curve of the fragility score, of age, BMI and sex,
        and of both; None with fewer than 100 labelled people of either kind.
        The score is the share of spectra like those of fractured people; age,
        BMI and sex are a regression on the label, which orders people as a
        linear discriminant does.
    """
    known = np.array([f is not None for f in fractures])
    broken = np.array([bool(f) for f in fractures])
    people = np.asarray(cohort.people)
    n_fractured = len(set(people[known & broken].tolist()))
    n_unfractured = len(set(people[known & ~broken].tolist()))
    if min(n_fractured, n_unfractured) < LEAST_OF_EACH:
        return None
    score, age_bmi, both = (np.full(len(known), np.nan) for _ in range(3))
    label = broken.astype(np.float64)
    covariates = cohort.covariates
    for k in np.unique(folds):
        train, test = known & (folds != k), known & (folds == k)
        inside, score[test] = _scores_percent(cohort, broken, train, test)
        age_bmi[test] = least_squares(covariates[train], label[train]).predict(covariates[test])
        joint = least_squares(np.column_stack([inside, covariates[train]]), label[train])
        both[test] = joint.predict(np.column_stack([score[test], covariates[test]]))
    areas = [_area(values[known], broken[known]) for values in (score, age_bmi, both)]
    return FragilityReport(
        n_fractured=n_fractured,
        n_unfractured=n_unfractured,
        auc_score=areas[0],
        auc_covariates=areas[1],
        auc_both=areas[2],
    )


def _scores_percent(
    cohort: Cohort,
    broken: NDArray[np.bool_],
    train: NDArray[np.bool_],
    test: NDArray[np.bool_],
) -> tuple[Array, Array]:
    """Learn the two class spectra from some rows, and score these and others."""
    members = (np.flatnonzero(train & broken), np.flatnonzero(train & ~broken))
    fractured, unfractured, r_min = class_spectra(cohort.features, members)

    def score(row: np.intp) -> float:
        spectra = cohort.features[row].two_gate_db
        found = match_models(spectra, fractured, unfractured, r_min).osteoporosis_score_percent
        return found if np.isfinite(found) else NO_VOTE_PERCENT

    inside, outside = (np.array([score(i) for i in np.flatnonzero(m)]) for m in (train, test))
    return inside, outside


def _area(score: Array, broken: NDArray[np.bool_]) -> Estimate:
    return auc(score, broken, lower_is_disease=False).auc
