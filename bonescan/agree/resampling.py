"""Intervals by drawing people, not pairs: every statistic of a resample from sums by person.

Differences, lines, correlations and class tables all follow from sums over
pairs. A person's share of each sum is worked out once, and a resample then adds
the shares of whoever was drawn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from bonescan.kernels.resample import resample_sums
from bonescan.model.arrays import kernel_input
from bonescan.model.estimate import Estimate
from bonescan.stats.proportions import proportion
from bonescan.stats.quantiles import Z_95

from .intervals import NO_WIDTH

Array = NDArray[np.float64]
Statistics = Mapping[str, Array]
FromSums = Callable[[Array], Statistics]

DRAWS_AT_ONCE = 1_000_000  # 8 MB of numbers; the seed gives the same draws whatever this is
PERCENTILE, BCA = "percentile-by-subject", "bca-by-subject"
WILSON_OF_PEOPLE = "wilson-of-people"
SLACK = 1e-12  # relative; closer values are equal but for rounding
LEAST_SUBJECTS = 3
LEAST_SHARE = 0.9  # of resamples in which a statistic is defined
N_CLASSES = 3


def groups_of(subjects: Sequence[str]) -> NDArray[np.intp]:
    """Give each row the number of its person, from 0."""
    return np.unique(np.asarray(subjects, dtype=object).astype(str), return_inverse=True)[1]


def pair_shares(x: Array, y: Array, groups: NDArray[np.intp]) -> Array:
    """Sum 1, x, y, x², y² and xy by person, about the means of all; (person, 6)."""
    a, b = x - x.mean(), y - y.mean()
    return _by_group((np.ones(x.size), a, b, a * a, b * b, a * b), groups)


def table_shares(
    test: NDArray[np.int8], reference: NDArray[np.int8], groups: NDArray[np.intp]
) -> Array:
    """Count the cells of the class table by person; (person, 9)."""
    cell = test.astype(np.int64) * N_CLASSES + reference
    return _by_group(tuple((cell == c).astype(float) for c in range(N_CLASSES**2)), groups)


def _by_group(columns: Sequence[Array], groups: NDArray[np.intp]) -> Array:
    n = int(groups.max()) + 1 if groups.size else 0
    return np.column_stack([np.bincount(groups, weights=c, minlength=n) for c in columns])


def pair_statistics(
    centre: tuple[float, float], error_ratio: float, levels: Mapping[str, float] | None = None
) -> FromSums:
    """Make the function from sums (…, 6), taken about `centre`, to statistics of pairs.

    With `levels`, also the bias of the Deming line where the reference reads each.
    """

    def from_sums(sums: Array) -> Statistics:
        n, x_sum, y_sum, xx, yy, xy = np.moveaxis(sums, -1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            x, y = x_sum / n, y_sum / n
            sxx, syy, sxy = xx - n * x * x, yy - n * y * y, xy - n * x * y
            x, y = x + centre[0], y + centre[1]
            found = _differences(n, x, y, sxx, syy, sxy)
            found |= _lines(n, x, y, sxx, syy, sxy, error_ratio)
            for name, level in (levels or {}).items():
                found[name] = found["deming_intercept"] + (found["deming_slope"] - 1.0) * level
        return found

    return from_sums


def _differences(
    n: Array, x: Array, y: Array, sxx: Array, syy: Array, sxy: Array
) -> dict[str, Array]:
    sdd = np.maximum(sxx + syy - 2.0 * sxy, 0.0)
    bias, sd = y - x, np.sqrt(sdd / (n - 1.0))
    smm = (sxx + syy + 2.0 * sxy) / 4.0
    between, columns, error = 2.0 * smm / (n - 1.0), n * bias**2 / 2.0, sdd / 2.0 / (n - 1.0)
    return {
        "bias": bias,
        "sd_diff": sd,
        "loa_lower": bias - Z_95 * sd,
        "loa_upper": bias + Z_95 * sd,
        "proportional_slope": (syy - sxx) / 2.0 / smm,
        "lin_ccc": 2.0 * sxy / (sxx + syy + n * bias**2),
        "icc_a1": (between - error) / (between + error + 2.0 * (columns - error) / n),
    }


def _lines(
    n: Array, x: Array, y: Array, sxx: Array, syy: Array, sxy: Array, error_ratio: float
) -> dict[str, Array]:
    slope = sxy / sxx
    lead = error_ratio * syy - sxx
    deming = (lead + np.sqrt(lead**2 + 4.0 * error_ratio * sxy**2)) / (2.0 * error_ratio * sxy)
    return {
        "ols_intercept": y - slope * x,
        "ols_slope": slope,
        "deming_intercept": y - deming * x,
        "deming_slope": deming,
        "pearson": sxy / np.sqrt(sxx * syy),
    }


def table_statistics(cells: Array) -> Statistics:
    """Take cells (…, 9) of a 3 × 3 table, rows = test, to agreement and accuracy."""
    table = cells.reshape(*cells.shape[:-1], N_CLASSES, N_CLASSES)
    n = table.sum(axis=(-1, -2))
    tp, fp = table[..., 2, 2], table[..., 2, :2].sum(axis=-1)
    fn = table[..., :2, 2].sum(axis=-1)
    tn = n - tp - fp - fn
    apart = np.abs(np.subtract.outer(np.arange(N_CLASSES), np.arange(N_CLASSES)))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = table / n[..., None, None]
        row, column = share.sum(axis=-1), share.sum(axis=-2)

        def kappa(weights: Array) -> Array:
            chance = np.einsum("...i,ij,...j->...", row, weights, column)
            return np.asarray(((share * weights).sum(axis=(-1, -2)) - chance) / (1.0 - chance))

        agreement = np.trace(share, axis1=-2, axis2=-1)
        prevalence = (row + column) / 2.0
        by_chance = (prevalence * (1.0 - prevalence)).sum(axis=-1) / (N_CLASSES - 1)
        return {
            "agreement": agreement,
            "kappa": kappa(np.eye(N_CLASSES)),
            "kappa_linear": kappa(1.0 - apart / (N_CLASSES - 1)),
            "kappa_quadratic": kappa(1.0 - (apart / (N_CLASSES - 1)) ** 2),
            "gwet_ac1": (agreement - by_chance) / (1.0 - by_chance),
            "sensitivity": tp / (tp + fn),
            "specificity": tn / (tn + fp),
            "ppv": tp / (tp + fp),
            "npv": tn / (tn + fn),
            "accuracy": (tp + tn) / n,
        }


def bootstrap(
    shares: Array, statistics: FromSums, n_resamples: int, seed: int, level_1: float = 0.95
) -> dict[str, Estimate]:
    """Bracket every statistic by drawing people with replacement.

    Parameters
    ----------
    shares : (person, sum) float64
        What each person adds to the sums.
    statistics : callable
        From sums (…, sum) to named statistics (…).
    n_resamples : int
    seed : int
    level_1 : float, default 0.95

    Returns
    -------
    found : dict of str to Estimate
        BCa intervals, or percentiles where BCa is not defined; none, with the
        reason, where a statistic is undefined in more than a tenth of the
        resamples. People are put in the order of their shares first, so that
        the order of the rows plays no part.

    References
    ----------
    Efron B. Better bootstrap confidence intervals. J Am Stat Assoc
    1987;82:171-185. Field CA, Welsh AH. Bootstrapping clustered data. J R Stat
    Soc B 2007;69:369-390.
    """
    people = shares[np.lexsort(shares.T[::-1])]
    whole = statistics(people.sum(axis=0))
    if len(people) < LEAST_SUBJECTS:
        reason = f"{len(people)} people are too few to resample"
        return {name: _bare(float(value), reason) for name, value in whole.items()}
    drawn = statistics(_resampled_sums(people, n_resamples, np.random.default_rng(seed)))
    without = statistics(people.sum(axis=0) - people)
    return {
        name: _interval(float(value), drawn[name], without[name], level_1)
        for name, value in whole.items()
    }


def _resampled_sums(people: Array, n_resamples: int, rng: np.random.Generator) -> Array:
    n, shares = len(people), kernel_input(people)
    rows = max(1, DRAWS_AT_ONCE // n)
    parts = [
        resample_sums(shares, kernel_input(rng.integers(0, n, (min(rows, left), n)), np.int64))
        for left in range(n_resamples, 0, -rows)
    ]
    return np.concatenate(parts)


def whole_shares(shares: Array, drawn: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Bracket the proportions that are 0 or 1 in every resample, from the number of people.

    Resamples of people who all agree say nothing of those who were not asked. A
    person counts once, however many pairs they gave, as if these were one.

    Parameters
    ----------
    shares : (person, 9) float64
        As `table_shares` gives them.
    drawn : mapping of str to Estimate
        As `bootstrap` gives it for `table_statistics`.

    Returns
    -------
    found : dict of str to Estimate
        Wilson intervals of those proportions.
    """
    table = shares.reshape(-1, N_CLASSES, N_CLASSES)
    out_of = {
        "agreement": table.sum(axis=(1, 2)),
        "accuracy": table.sum(axis=(1, 2)),
        "sensitivity": table[:, :, 2].sum(axis=1),
        "specificity": table[:, :, :2].sum(axis=(1, 2)),
        "ppv": table[:, 2, :].sum(axis=1),
        "npv": table[:, :2, :].sum(axis=(1, 2)),
    }
    found = {}
    for name, weights in out_of.items():
        old, n = drawn[name], int((weights > 0).sum())
        if old.lo is None and old.est in {0.0, 1.0}:
            share = proportion(n if old.est else 0, n)
            found[name] = dataclasses.replace(share, method=WILSON_OF_PEOPLE)
    return found


def _bare(value: float, reason: str) -> Estimate:
    if not np.isfinite(value):
        return Estimate(est=None, reason=reason)
    return Estimate(est=value, reason=reason)


def _interval(est: float, drawn: Array, without: Array, level_1: float) -> Estimate:
    usable = drawn[np.isfinite(drawn)]
    if not np.isfinite(est) or usable.size < LEAST_SHARE * drawn.size:
        return _bare(est, "undefined in many resamples")
    if np.ptp(usable) <= SLACK * max(1.0, abs(est)):
        return _bare(est, NO_WIDTH)
    tails = np.array([0.5 - level_1 / 2.0, 0.5 + level_1 / 2.0])
    method = PERCENTILE
    corrected = _bca_tails(est, usable, without, tails)
    if corrected is not None:
        tails, method = corrected, BCA
    lo, hi = np.quantile(usable, tails)
    return Estimate(est=est, lo=float(lo), hi=float(hi), method=method)


def _bca_tails(est: float, drawn: Array, without: Array, tails: Array) -> Array | None:
    """Correct the percentiles for bias and acceleration; None where that is undefined."""
    slack = SLACK * max(1.0, abs(est))
    below = float(np.mean(drawn < est - slack) + 0.5 * np.mean(np.abs(drawn - est) <= slack))
    if not 0.0 < below < 1.0 or not np.isfinite(without).all():
        return None
    pull = without.mean() - without
    squares = float(pull @ pull)
    if squares <= slack**2:
        return None
    acceleration = float((pull**3).sum()) / (6.0 * squares**1.5)
    shift = float(ndtri(below))
    z = shift + ndtri(tails)
    return np.asarray(ndtr(shift + z / (1.0 - acceleration * z)))
