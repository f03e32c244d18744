"""Bootstrap by person: whoever is drawn brings all of their rows.

A statistic is prepared once (`statistic_of_table`, `statistic_of_auc`,
`statistic_of_sums`, or `statistic_of_rows` for any function) and then asked about
many resamples at a time. The seed is an argument and stands in the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from bonescan.kernels.resample import resample_auc, resample_sums
from bonescan.model.arrays import kernel_input
from bonescan.model.estimate import Estimate, undefined

from .classes import MISSING

Array = NDArray[np.float64]
Draws = NDArray[np.int64]
BootstrapMethod = Literal["percentile", "bca"]

DEFAULT_RESAMPLES = 2000
DRAWS_AT_ONCE = 1_000_000  # 8 MB of numbers; the seed gives the same draws whatever this is
LEAST_SUBJECTS = 2
ROUNDING = 1e-12  # what differs by less is equal


@dataclass(frozen=True, eq=False, kw_only=True)
class SubjectStatistic:
    """A statistic of people.

    `of` takes (n_resamples, m) numbers of people and gives (n_resamples,) values,
    NaN where undefined; `leave_one_out` gives the (n_subjects,) values without
    each one, where that is quicker than by `of`.
    """

    n_subjects: int
    of: Callable[[Draws], Array]
    leave_one_out: Callable[[], Array] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """A bootstrap interval and what it rests on."""

    estimate: Estimate
    standard_error: float | None
    method: str
    seed: int
    n_resamples: int
    n_undefined: int  # resamples without a value; left out
    n_subjects: int

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return {
            "estimate": self.estimate.to_dict(),
            "standard_error": self.standard_error,
            "method": self.method,
            "seed": self.seed,
            "n_resamples": self.n_resamples,
            "n_undefined": self.n_undefined,
            "n_subjects": self.n_subjects,
        }


def subject_bootstrap(
    statistic: SubjectStatistic,
    *,
    seed: int,
    n_resamples: int = DEFAULT_RESAMPLES,
    method: BootstrapMethod = "bca",
    level_1: float = 0.95,
) -> Bootstrap:
    """Bracket a statistic by drawing people with replacement.

    Parameters
    ----------
    statistic : SubjectStatistic
    seed : int
        Of NumPy's PCG64; the same seed gives the same interval.
    n_resamples : int, default 2000
    method : {"bca", "percentile"}
        Bias-corrected and accelerated, or plain percentiles.
    level_1 : float, default 0.95
        Two-sided coverage.

    Returns
    -------
    bootstrap : Bootstrap
        Without an interval, and with the reason, where resamples or
        leave-one-out values do not vary.

    References
    ----------
    Efron B. Better bootstrap confidence intervals. J Am Stat Assoc
    1987;82:171-185. Efron B, Tibshirani RJ. An Introduction to the Bootstrap.
    Chapman & Hall, 1993, chapters 13 and 14.
    """
    if method not in ("bca", "percentile"):
        raise ValueError(f"found the method {method!r}, wanted 'bca' or 'percentile'")
    if n_resamples <= 0:
        raise ValueError(f"found {n_resamples} resamples, wanted 1 or more")
    n = statistic.n_subjects
    if n < LEAST_SUBJECTS:
        estimate, drawn = undefined(f"found {n} subjects, wanted 2 or more"), np.empty(0)
    else:
        value = float(statistic.of(np.arange(n)[None])[0])
        drawn = _resampled(statistic, seed, n_resamples)
        estimate = _bracketed(statistic, value, drawn[~np.isnan(drawn)], method, level_1)
    known = drawn[~np.isnan(drawn)]
    return Bootstrap(
        estimate=estimate,
        standard_error=float(known.std(ddof=1)) if known.size >= LEAST_SUBJECTS else None,
        method=method,
        seed=seed,
        n_resamples=n_resamples,
        n_undefined=int(drawn.size - known.size),
        n_subjects=n,
    )


def statistic_of_rows(
    function: Callable[[NDArray[np.intp]], float],
    n_rows: int,
    subjects: ArrayLike | None = None,
) -> SubjectStatistic:
    """Prepare any function of row numbers; it is called once a resample.

    Parameters
    ----------
    function : callable
        Takes row numbers (with repeats) and gives a number, NaN where undefined.
    n_rows : int
    subjects : (n_rows,) array_like, optional
        Whose row it is; every row its own person when left out.
    """
    order, starts = _grouped(subjects, n_rows)
    rows_of = [order[a:b] for a, b in pairwise(starts)]

    def of(draws: Draws) -> Array:
        return np.array(
            [float(function(np.concatenate([rows_of[s] for s in people]))) for people in draws]
        )

    return SubjectStatistic(n_subjects=len(rows_of), of=of)


def statistic_of_sums(
    columns: ArrayLike, function: Callable[[Array], Array], subjects: ArrayLike | None = None
) -> SubjectStatistic:
    """Prepare a function of sums over rows, which covers every moment.

    Parameters
    ----------
    columns : (n_rows, p) array_like
        What is summed. Centre first what is large against its spread.
    function : callable
        Takes (n_resamples, p) sums and gives (n_resamples,) values.
    subjects : (n_rows,) array_like, optional
        Whose row it is.
    """
    table = np.asarray(columns, dtype=np.float64)
    order, starts = _grouped(subjects, table.shape[0])
    per_person = np.zeros((starts.size - 1, table.shape[1]))
    np.add.at(per_person, np.repeat(np.arange(starts.size - 1), np.diff(starts)), table[order])
    people = kernel_input(per_person)

    def of(draws: Draws) -> Array:
        return np.asarray(function(resample_sums(people, kernel_input(draws, np.int64))))

    return SubjectStatistic(
        n_subjects=per_person.shape[0],
        of=of,
        leave_one_out=lambda: np.asarray(function(per_person.sum(axis=0) - per_person)),
    )


def statistic_of_table(
    test: ArrayLike,
    reference: ArrayLike,
    function: Callable[[Array], Array],
    subjects: ArrayLike | None = None,
    n_classes: int = 3,
) -> SubjectStatistic:
    """Prepare a function of the class table, such as `kappas`.

    Parameters
    ----------
    test, reference : (n_rows,) array_like of int
        Classes; a pair with −1 counts nowhere, but its person can be drawn.
    function : callable
        Takes (n_resamples, K, K) counts, rows = test, and gives (n_resamples,).
    subjects : (n_rows,) array_like, optional
        Whose row it is.
    n_classes : int, default 3
    """
    rows, columns = np.ravel(np.asarray(test)), np.ravel(np.asarray(reference))
    if rows.shape != columns.shape:
        raise ValueError(f"found {rows.size} and {columns.size} classes, wanted as many")
    known = (rows != MISSING) & (columns != MISSING)
    place = np.zeros((rows.size, n_classes**2))
    cell = rows.astype(np.int64) * n_classes + columns.astype(np.int64)
    place[np.flatnonzero(known), cell[known]] = 1.0
    shape = (-1, n_classes, n_classes)
    return statistic_of_sums(place, lambda sums: function(sums.reshape(shape)), subjects)


def statistic_of_auc(
    score: ArrayLike,
    disease: ArrayLike,
    subjects: ArrayLike | None = None,
    lower_is_disease: bool = True,
) -> SubjectStatistic:
    """Prepare the area under the ROC curve, ties half.

    Parameters
    ----------
    score : (n_rows,) array_like
        Without NaN.
    disease : (n_rows,) array_like of bool
    subjects : (n_rows,) array_like, optional
        Whose row it is.
    lower_is_disease : bool, default True
    """
    values = np.ravel(np.asarray(score, dtype=np.float64))
    sick = np.ravel(np.asarray(disease)).astype(bool)
    if values.shape != sick.shape:
        raise ValueError(f"found {values.size} scores and {sick.size} labels, wanted as many")
    if np.isnan(values).any():
        raise ValueError("found a missing score, wanted complete rows")
    levels, level = np.unique(-values if lower_is_disease else values, return_inverse=True)
    order, starts = _grouped(subjects, values.size)
    ranks, labels = kernel_input(level[order], np.int64), kernel_input(sick[order], np.int64)
    first = kernel_input(starts, np.int64)

    def of(draws: Draws) -> Array:
        people = kernel_input(draws, np.int64)
        return np.asarray(resample_auc(ranks, labels, first, people, levels.size))

    return SubjectStatistic(n_subjects=starts.size - 1, of=of)


def kappas(weights: Array) -> Callable[[Array], Array]:
    """Give the function that turns tables into Cohen's kappas of these weights.

    >>> from bonescan.stats.kappa import identity_weights
    >>> kappas(identity_weights(2))(np.array([[[20.0, 5.0], [10.0, 15.0]]])).round(6).tolist()
    [0.4]
    """

    def of_tables(tables: Array) -> Array:
        share = tables / np.maximum(tables.sum(axis=(1, 2)), 1.0)[:, None, None]
        observed = (share * weights).sum(axis=(1, 2))
        row, column = share.sum(axis=2), share.sum(axis=1)
        by_chance = np.einsum("bi,ij,bj->b", row, weights, column)
        # of nobody the chance is 0, of one class 1: neither has a kappa
        usable = (tables.sum(axis=(1, 2)) > 0) & (1.0 - by_chance > ROUNDING)
        rest = np.where(usable, 1.0 - by_chance, 1.0)
        return np.where(usable, (observed - by_chance) / rest, np.nan)

    return of_tables


def agreements(tables: Array) -> Array:
    """Turn tables into the share on their diagonal; NaN of nobody."""
    n = tables.sum(axis=(1, 2))
    same = np.trace(tables, axis1=1, axis2=2)
    return np.where(n > 0, same / np.where(n > 0, n, 1.0), np.nan)


def _grouped(subjects: ArrayLike | None, n_rows: int) -> tuple[NDArray[np.intp], Draws]:
    """Order rows by person, and say where each person begins."""
    if subjects is None:
        return np.arange(n_rows), np.arange(n_rows + 1)
    labels = np.ravel(np.asarray(subjects))
    if labels.size != n_rows:
        raise ValueError(f"found {labels.size} subjects for {n_rows} rows, wanted as many")
    _, person, count = np.unique(labels, return_inverse=True, return_counts=True)
    return np.argsort(person, kind="stable"), np.concatenate([[0], np.cumsum(count)])


def _resampled(statistic: SubjectStatistic, seed: int, n_resamples: int) -> Array:
    rng, n = np.random.default_rng(seed), statistic.n_subjects
    at_once = max(1, DRAWS_AT_ONCE // n)
    blocks = [
        statistic.of(rng.integers(0, n, (min(at_once, n_resamples - first), n)))
        for first in range(0, n_resamples, at_once)
    ]
    return np.concatenate(blocks)


def _left_out(statistic: SubjectStatistic) -> Array:
    """Compute the statistic without each person."""
    if statistic.leave_one_out is not None:
        return statistic.leave_one_out()
    n = statistic.n_subjects
    at_once, all_others = max(1, DRAWS_AT_ONCE // n), np.arange(n - 1)
    blocks = []
    for first in range(0, n, at_once):
        gone = np.arange(first, min(first + at_once, n))[:, None]
        blocks.append(statistic.of(all_others + (all_others >= gone)))
    return np.concatenate(blocks)


def _bracketed(
    statistic: SubjectStatistic, value: float, drawn: Array, method: str, level_1: float
) -> Estimate:
    if math.isnan(value):
        return undefined("the data give the statistic no value")
    if drawn.size == 0:
        return Estimate(est=value, reason="no resample gives the statistic a value")
    tails = np.array([0.5 - level_1 / 2.0, 0.5 + level_1 / 2.0])
    if method == "bca":
        below, up_to = float((drawn < value).mean()), float((drawn <= value).mean())
        bias = float(ndtri((below + up_to) / 2.0))
        acceleration = _acceleration(_left_out(statistic))
        if not math.isfinite(bias) or acceleration is None:
            return Estimate(
                est=value, reason="resamples or leave-one-out values do not vary: no BCa interval"
            )
        z = bias + ndtri(tails)
        tails = ndtr(bias + z / (1.0 - acceleration * z))
    lo, hi = np.percentile(drawn, 100.0 * tails)
    return Estimate(est=value, lo=float(lo), hi=float(hi), method=f"bootstrap-{method}")


def _acceleration(left_out: Array) -> float | None:
    known = left_out[~np.isnan(left_out)]
    if known.size < LEAST_SUBJECTS:
        return None
    pull = known.mean() - known
    size = float((pull**2).sum())
    if math.sqrt(size) <= ROUNDING * max(1.0, float(np.abs(known).max())):
        return None
    return float((pull**3).sum() / (6.0 * size**1.5))
