"""What age and BMI alone would have predicted: the baseline a method has to beat."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonescan.model.estimate import Estimate, undefined
from bonescan.model.pairs import SitePairs
from bonescan.stats.agreement_correlation import covariate_prediction
from bonescan.stats.agreement_study import AgreementSettings, QuantityAgreement

from .quantity import COVARIATES, LEAST_PAIRS, compare_quantity


def covariates_only(
    pairs: SitePairs,
    rows: NDArray[np.intp],
    settings: AgreementSettings,
    *,
    clustered: bool = False,
) -> QuantityAgreement | None:
    """Compare a cross-validated prediction of the reference BMD from age and BMI with it.

    Parameters
    ----------
    pairs : SitePairs
    rows : (n,) int
        The rows that were analysed; those without age or BMI are left out.
    settings : AgreementSettings
    clustered : bool
        Several rows a person: no intervals.

    Returns
    -------
    found : QuantityAgreement or None
        None where age, BMI or BMD is not known, or of too few people. `more`
        has the SD of the method's own differences on the same rows, which the
        SD of these is to be held against. Correlations below 0 are undefined:
        leaving people out shifts the mean against them, which turns no
        relation into a negative one.
    """
    if "bmd" not in pairs.values or any(name not in pairs.numbers for name in COVARIATES):
        return None
    reference, test = pairs.values["bmd"]
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
    found = compare_quantity(alone, "bmd", quick, clustered=clustered)
    own = test[usable] - reference[usable]
    own = own[np.isfinite(own)]
    more = {
        "covariates": list(COVARIATES),
        "validation": "10-fold, by person",
        "sd_diff_of_method": float(own.std(ddof=1)) if own.size >= LEAST_PAIRS else None,
    }
    correlations: dict[str, Any] = {
        name: _not_below_0(getattr(found, name), usable.size)
        for name in ("pearson", "spearman", "lin_ccc", "icc_a1")
    }
    return dataclasses.replace(found, more=more, **correlations)


def _not_below_0(r: Estimate, n: int) -> Estimate:
    if r.est is None or r.est >= 0.0:
        return r
    return undefined(f"below 0 in {n} cross-validated rows: age and BMI predict nothing here")
