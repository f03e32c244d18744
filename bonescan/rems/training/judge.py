"""Judgement of predictions against DXA: differences, classes, parts of the cohort, intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bonescan.model.estimate import Estimate, undefined
from bonescan.model.model_study import (
    ClassReport,
    DifferenceReport,
    GroupRow,
    IntervalReport,
)
from bonescan.stats.accuracy import accuracy, one_against_rest
from bonescan.stats.bland_altman import bland_altman
from bonescan.stats.classes import (
    OSTEOPOROSIS,
    WHO_CLASSES,
    class_agreement,
    class_table,
    who_class,
)
from bonescan.stats.deming import deming
from bonescan.stats.discordance import tolerant_agreement
from bonescan.stats.kappa import cohen_kappa, identity_weights
from bonescan.stats.proportions import proportion
from bonescan.stats.roc import auc

from ..fitting import Reference
from .plan import Folds
from .scores import Prediction, moments

Array = NDArray[np.float64]

NOMINAL_1 = 0.95
LEVELS_1 = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
LEAST_IN_GROUP = 10
N_CLASSES = len(WHO_CLASSES)
KAPPA_METHOD = "fleiss-cohen-everitt"
REJECTED_IS_A_CLASS = "a rejected scan is a class of its own"


def difference_report(predicted: Array, dxa_g_cm2: Array) -> DifferenceReport:
    """Describe ultrasound minus DXA; Deming with equal errors."""
    limits = bland_altman(dxa_g_cm2, predicted)
    line = deming(dxa_g_cm2, predicted)
    return DifferenceReport(
        bias=limits.bias,
        loa_lower=limits.loa_lower,
        loa_upper=limits.loa_upper,
        proportional_slope=limits.proportional_slope,
        deming_slope=line.slope,
        deming_intercept=line.intercept,
    )


def class_reports(
    predicted: Array, dxa_g_cm2: Array, rejected_dxa_g_cm2: Array, reference: Reference
) -> tuple[ClassReport, ClassReport]:
    """Compare WHO classes after and before exclusions.

    Parameters
    ----------
    predicted, dxa_g_cm2 : (n,) ndarray
        Scans with a number.
    rejected_dxa_g_cm2 : (m,) ndarray
        DXA of scans without one: before exclusions each is a disagreement
        (intention to diagnose).
    reference : Reference
        One for both methods.

    Returns
    -------
    after, before : ClassReport
        T rounded to 0.1 on both sides, as printed labels are.
    """
    test, read, lost = (
        (np.asarray(v, dtype=np.float64) - reference.mean_g_cm2) / reference.sd_g_cm2
        for v in (predicted, dxa_g_cm2, rejected_dxa_g_cm2)
    )
    table = class_table(who_class(test), who_class(read))
    rejected = np.bincount(who_class(lost), minlength=N_CLASSES)
    agreed = class_agreement(table)
    tolerant = tolerant_agreement(test, read)
    area = auc(test, read <= -2.5).auc  # noqa: PLR2004 - the WHO cut-off, on the raw T
    n, m = int(table.sum()), int(rejected.sum())
    tp, fp, fn, tn = one_against_rest(table, OSTEOPOROSIS)
    sick = int(rejected[OSTEOPOROSIS])
    after_2x2, before_2x2 = accuracy(tp, fp, fn, tn), accuracy(tp, fp + m - sick, fn + sick, tn)
    counts = tuple(tuple(int(c) for c in row) for row in table)
    after = ClassReport(
        n=n,
        table=counts,
        rejected=(0, 0, 0),
        agreement=agreed.agreement,
        tolerant_a_percent=tolerant.a_percent,
        tolerant_b_percent=tolerant.b_percent,
        kappa=_without_degenerate(agreed.kappa),
        kappa_linear=_without_degenerate(agreed.kappa_linear),
        sensitivity=after_2x2.sensitivity,
        specificity=after_2x2.specificity,
        auc=area,
    )
    whole = n + m
    before = ClassReport(
        n=whole,
        table=counts,
        rejected=(int(rejected[0]), int(rejected[1]), int(rejected[2])),
        agreement=proportion(int(np.trace(table)), whole),
        tolerant_a_percent=100.0 * tolerant.n_a / whole if whole else None,
        tolerant_b_percent=100.0 * tolerant.n_b / whole if whole else None,
        kappa=_without_degenerate(_kappa_with_rejected(table, rejected)),
        kappa_linear=_no_distance(m, _without_degenerate(agreed.kappa_linear)),
        sensitivity=before_2x2.sensitivity,
        specificity=before_2x2.specificity,
        auc=_no_rank(m, area),
    )
    return after, before


def _without_degenerate(kappa: Estimate) -> Estimate:
    """Take off an interval of no width: without a disagreement the standard error is 0."""
    if kappa.lo is None or kappa.lo != kappa.hi:
        return kappa
    return replace(
        kappa, lo=None, hi=None, reason="no interval: without a disagreement its error is not known"
    )


def _kappa_with_rejected(table: NDArray[np.int64], rejected: NDArray[np.int64]) -> Estimate:
    """Kappa where "no number" is a class that DXA never gives."""
    square = np.zeros((N_CLASSES + 1, N_CLASSES + 1), dtype=np.int64)
    square[:N_CLASSES, :N_CLASSES] = table
    square[N_CLASSES, :N_CLASSES] = rejected
    if not rejected.any():
        return cohen_kappa(table, identity_weights(N_CLASSES)).normal_interval(KAPPA_METHOD)
    return cohen_kappa(square, identity_weights(N_CLASSES + 1)).normal_interval(
        f"{KAPPA_METHOD}; {REJECTED_IS_A_CLASS}"
    )


def _no_distance(n_rejected: int, otherwise: Estimate) -> Estimate:
    reason = "a rejected scan has no distance from a class"
    return undefined(reason) if n_rejected else otherwise


def _no_rank(n_rejected: int, otherwise: Estimate) -> Estimate:
    return undefined("a rejected scan has no rank") if n_rejected else otherwise


@dataclass(frozen=True, eq=False, kw_only=True)
class Judged:
    """Scans with a number: who, what DXA read, what was predicted; one member a row."""

    people: Sequence[str]
    dxa_g_cm2: Array
    predicted_g_cm2: Array


def group_rows(
    judged: Judged, columns: dict[str, Array], labels: dict[str, Sequence[str]]
) -> tuple[GroupRow, ...]:
    """Sum up thirds of each column and each name of each label; small parts are left out."""
    found: list[GroupRow] = []
    for kind, values in columns.items():
        known = np.isfinite(values)
        if known.sum() < 3 * LEAST_IN_GROUP:
            continue
        cuts = np.quantile(values[known], [1.0 / 3.0, 2.0 / 3.0])
        third = np.searchsorted(cuts, values)
        for k in range(3):
            mine = known & (third == k)
            if mine.any():
                name = f"{values[mine].min():.1f} to {values[mine].max():.1f}"
                found += _group(judged, mine, (kind, name))
    for kind, names in labels.items():
        for name in sorted(set(names)):
            found += _group(judged, np.asarray(names) == name, (kind, name))
    return tuple(found)


def _group(judged: Judged, mine: NDArray[np.bool_], what: tuple[str, str]) -> list[GroupRow]:
    n_people = len({p for p, m in zip(judged.people, mine, strict=True) if m})
    if n_people < LEAST_IN_GROUP:
        return []
    pair = Prediction(
        predicted=judged.predicted_g_cm2[mine][None], wanted=judged.dxa_g_cm2[mine][None]
    )
    reached = moments(pair, np.ones((1, int(mine.sum()))))
    r = float(reached.pearson_1[0])
    return [
        GroupRow(
            kind=what[0],
            name=what[1],
            n_people=n_people,
            pearson_1=r if np.isfinite(r) else None,
            see_g_cm2=float(reached.see_g_cm2[0]),
            bias_g_cm2=float(reached.bias_g_cm2[0]),
        )
    ]


def out_of_fold_half_width(error: Array, folds: Folds, level_1: float = NOMINAL_1) -> Array:
    """Half width of the conformal interval of each row, from the errors of all other folds.

    Parameters
    ----------
    error : (row,) ndarray
        Cross-validated, predicted minus read.
    folds : (row,) ndarray of int
    level_1 : float, default 0.95

    Returns
    -------
    half_width : (row,) ndarray
        The ⌈(n + 1) · level⌉-th smallest absolute error of the n rows of other
        folds; infinite where that is more than n.

    References
    ----------
    Vovk V. Cross-conformal predictors. Ann Math Artif Intell 2015;74:9-28 (from
    memory).
    """
    half = np.full(error.size, np.inf)
    for k in np.unique(folds):
        others = np.sort(np.abs(error[folds != k]))
        rank = int(np.ceil((others.size + 1) * level_1 - 1e-9))
        if rank <= others.size:
            half[folds == k] = others[rank - 1]
    return half


def interval_levels(error: Array, folds: Folds) -> tuple[tuple[float, float], ...]:
    """Pair stated with real coverage, for intervals from narrow to wide."""
    return tuple(
        (level, float(np.mean(np.abs(error) <= out_of_fold_half_width(error, folds, level))))
        for level in LEVELS_1
    )


def interval_report(
    error: Array, half_width: Array, levels: tuple[tuple[float, float], ...] = ()
) -> IntervalReport:
    """Count the people whom the interval holds."""
    held = np.abs(error) <= half_width
    middle = float(np.median(half_width))
    return IntervalReport(
        nominal_1=NOMINAL_1,
        covered=proportion(int(held.sum()), int(held.size)),
        half_width_g_cm2=middle if np.isfinite(middle) else None,
        levels=levels,
    )
