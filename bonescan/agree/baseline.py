"""What age and BMI alone would have predicted: the baseline a method has to beat."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from bonescan.model.pairs import SitePairs
from bonescan.stats.agreement_correlation import covariate_prediction
from bonescan.stats.agreement_study import AgreementSettings, QuantityAgreement

from .quantity import COVARIATES, compare_quantity


def covariates_only(
    pairs: SitePairs, rows: NDArray[np.intp], settings: AgreementSettings
) -> QuantityAgreement | None:
    """Compare a cross-validated prediction of the reference BMD from age and BMI with it.

    Parameters
    ----------
    pairs : SitePairs
    rows : (n,) int
        The rows that were analysed; those without age or BMI are left out.
    settings : AgreementSettings

    Returns
    -------
    found : QuantityAgreement or None
        None where age, BMI or BMD is not known, or of too few people.
    """
    if "bmd" not in pairs.values or any(name not in pairs.numbers for name in COVARIATES):
        return None
    reference = pairs.values["bmd"][0]
    covariates = np.column_stack([pairs.numbers[name] for name in COVARIATES])
    usable = rows[np.isfinite(reference[rows]) & np.isfinite(covariates[rows]).all(axis=1)]
    if usable.size == 0 or np.ptp(reference[usable]) == 0.0:
        return None
    # in the order of the values, so that the order of the rows plays no part in the folds
    usable = usable[np.lexsort((*covariates[usable].T, reference[usable]))]
    people = (
        [pairs.subjects[i] for i in usable]
        if pairs.has_subjects
        else [f"{i:09d}" for i in range(usable.size)]
    )
    rng = np.random.default_rng(settings.seed)
    predicted = covariate_prediction(reference[usable], covariates[usable], people, rng)
    if predicted is None:
        return None
    alone = dataclasses.replace(
        pairs.take(usable), values={"bmd": (reference[usable], predicted)}, numbers={}
    )
    quick = dataclasses.replace(settings, bootstrap_resamples=0)
    found = compare_quantity(alone, "bmd", quick)
    return dataclasses.replace(
        found, more={"covariates": list(COVARIATES), "validation": "10-fold, by person"}
    )
