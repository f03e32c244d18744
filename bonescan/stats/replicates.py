"""Limits of agreement where people were measured more than once by each method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bonescan.model.estimate import Estimate, undefined

from .pairs import Array, checked_pairs, checked_series, size_of, varies
from .quantiles import Z_95, checked_confidence, chi2_quantile, normal_quantile, t_quantile
from .record import Record

Places = NDArray[np.intp]

LEAST = 2  # people
METHOD_BIAS, METHOD_LIMITS = "t(people-1)", "mover"
TOO_FEW = "fewer than 2 people"
NO_REPEATS = "no person was measured twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantTruth(Record):
    """Limits for single readings where a person's true value stays as it is.

    Replicates of the two methods are not linked; their numbers may differ.
    """

    bias: Estimate
    sd_corrected: float | None
    loa_lower: Estimate
    loa_upper: Estimate
    variance_of_mean_difference: float | None
    within_variance_x: float | None  # None where no person has replicates
    within_variance_y: float | None
    repeatability_x: float | None  # z·√2·SD: two readings of one person, 95 %
    repeatability_y: float | None
    n_people: int
    n_x: int
    n_y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VaryingTruth(Record):
    """Limits for single readings in linked pairs while the true value changes."""

    bias: Estimate
    sd_total: float | None
    loa_lower: Estimate
    loa_upper: Estimate
    between_variance: float | None
    within_variance: float | None  # None where no person has two pairs
    n_people: int
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Replicates:
    """Replicates by person: how many, their means, and the pooled variance within."""

    count: Array
    mean: Array
    within: float | None
    df: int


def _grouped(values: Array, place: Places) -> _Replicates:
    count = np.bincount(place).astype(np.float64)
    mean = np.bincount(place, weights=values) / count
    left = values - mean[place]
    df = int(values.size - count.size)
    within = float(left @ left) / df if df else None
    if within is not None and not varies(left, size_of(values)):
        within = 0.0
    return _Replicates(count=count, mean=mean, within=within, df=df)


def constant_truth_limits(
    people_x: Sequence[str],
    x: ArrayLike,
    people_y: Sequence[str],
    y: ArrayLike,
    *,
    confidence: float = 0.95,
) -> ConstantTruth:
    """Give limits of agreement from unlinked replicates of each method.

    Parameters
    ----------
    people_x, people_y : sequence of str
        Who each reading belongs to; both methods measured the same people.
    x, y : (n_x,) and (n_y,) array_like
        Readings of the reference and of the test.
    confidence : float, default 0.95
        Of the intervals: t over people for the bias, MOVER for the limits.

    Returns
    -------
    found : ConstantTruth
        The SD is that of a difference between single readings: the variance of the
        differences of means, plus what averaging took off, (1 − mean(1/k))·s²_w for
        each method. A method without replicates must have one reading a person.

    Raises
    ------
    ValueError
        When the methods measured different people.

    References
    ----------
    Bland JM, Altman DG. Stat Methods Med Res 1999;8:135-160, section 5.2. Zou GY. Stat
    Methods Med Res 2013;22:630-642 (intervals).
    """
    checked_confidence(confidence)
    a, b = checked_series(x, "x"), checked_series(y, "y")
    names_x, place_x = _places(people_x, a, "x")
    names_y, place_y = _places(people_y, b, "y")
    if names_x != names_y:
        odd = len(set(names_x) ^ set(names_y))
        raise ValueError(f"found {odd} people measured by one method only; leave them out")
    n = len(names_x)
    if n < LEAST:
        return _no_constant(TOO_FEW, n, a.size, b.size)
    of_x, of_y = _grouped(a, place_x), _grouped(b, place_y)
    d = of_y.mean - of_x.mean
    spread = float(d.var(ddof=1)) if varies(d, size_of(a, b)) else 0.0
    parts = [(spread, 1.0, n - 1)]
    parts += [
        (one.within, 1.0 - float((1.0 / one.count).mean()), one.df)
        for one in (of_x, of_y)
        if one.within is not None
    ]
    bias = float(d.mean())
    total = sum(variance * weight for variance, weight, _ in parts)
    lower, upper = _mover(bias, parts, spread / n, confidence)
    return ConstantTruth(
        bias=_mean(bias, math.sqrt(spread / n), n, confidence),
        sd_corrected=math.sqrt(total),
        loa_lower=lower,
        loa_upper=upper,
        variance_of_mean_difference=spread,
        within_variance_x=of_x.within,
        within_variance_y=of_y.within,
        repeatability_x=_repeatability(of_x.within),
        repeatability_y=_repeatability(of_y.within),
        n_people=n,
        n_x=int(a.size),
        n_y=int(b.size),
    )


def varying_truth_limits(
    people: Sequence[str], x: ArrayLike, y: ArrayLike, *, confidence: float = 0.95
) -> VaryingTruth:
    """Give limits of agreement from linked pairs, several a person.

    Parameters
    ----------
    people : sequence of str
        Who each pair belongs to.
    x, y : (n,) array_like
        Reference and test, read together.
    confidence : float, default 0.95
        Of the intervals: t over people for the bias, MOVER for the limits.

    Returns
    -------
    found : VaryingTruth
        Between-person variance of the difference from a one-way analysis of variance,
        not below 0; the bias is the mean over pairs.

    References
    ----------
    Bland JM, Altman DG. Agreement between methods of measurement with multiple
    observations per individual. J Biopharm Stat 2007;17:571-582. Zou GY. Stat Methods
    Med Res 2013;22:630-642 (intervals).
    """
    checked_confidence(confidence)
    reference, test = checked_pairs(x, y)
    names, place = _places(people, reference, "x")
    d, n = test - reference, len(names)
    why = TOO_FEW if n < LEAST else NO_REPEATS if d.size == n else ""
    if why:
        return _no_varying(why, n, int(d.size))
    groups = _grouped(d, place)
    k, grand, total = groups.count, float(d.mean()), float(groups.count.sum())
    msb = float(k @ (groups.mean - grand) ** 2) / (n - 1)
    msw = groups.within or 0.0
    m0 = (total**2 - float(k @ k)) / ((n - 1) * total)
    between = max(0.0, (msb - msw) / m0)
    if not varies(groups.mean, size_of(reference, test)):
        between = 0.0
    # As Zou: the spread of unweighted person means, and what a single pair adds to it.
    spread = float(groups.mean.var(ddof=1)) if between or msw else 0.0
    parts = [(spread, 1.0, n - 1), (msw, 1.0 - float((1.0 / k).mean()), groups.df)]
    lower, upper = _mover(grand, parts, spread / n, confidence, math.sqrt(between + msw))
    return VaryingTruth(
        bias=_mean(grand, math.sqrt(spread / n), n, confidence),
        sd_total=math.sqrt(between + msw),
        loa_lower=lower,
        loa_upper=upper,
        between_variance=between,
        within_variance=msw,
        n_people=n,
        n=int(d.size),
    )


def _places(people: Sequence[str], values: Array, name: str) -> tuple[list[str], Places]:
    if len(people) != values.size:
        raise ValueError(f"found {len(people)} people for {values.size} values of {name}")
    if values.size == 0:
        return [], np.zeros(0, dtype=np.intp)
    names, place = np.unique(np.asarray(people, dtype=np.str_), return_inverse=True)
    return [str(name) for name in names], place


def _mean(est: float, se: float, n: int, confidence: float) -> Estimate:
    arm = t_quantile(0.5 + confidence / 2.0, n - 1) * se
    return Estimate(est=est, lo=est - arm, hi=est + arm, method=METHOD_BIAS)


def _repeatability(within: float | None) -> float | None:
    return None if within is None else Z_95 * math.sqrt(2.0 * within)


def _mover(
    bias: float,
    parts: list[tuple[float, float, int]],
    mean_variance: float,
    confidence: float,
    sd: float | None = None,
) -> tuple[Estimate, Estimate]:
    """Bracket bias ∓ z·√Σ weight·variance, each variance with its own χ² interval."""
    tail = (1.0 - confidence) / 2.0
    total = sum(variance * weight for variance, weight, _ in parts)
    up = down = 0.0
    for variance, weight, df in parts:
        part = variance * weight
        up += (part * (df / chi2_quantile(tail, df) - 1.0)) ** 2
        down += (part * (1.0 - df / chi2_quantile(1.0 - tail, df))) ** 2
    highest, lowest = total + math.sqrt(up), max(0.0, total - math.sqrt(down))
    z, half = normal_quantile(1.0 - tail), math.sqrt(total) if sd is None else sd
    mean_arm = z * math.sqrt(mean_variance)
    outer = math.hypot(mean_arm, Z_95 * (math.sqrt(highest) - math.sqrt(total)))
    inner = math.hypot(mean_arm, Z_95 * (math.sqrt(total) - math.sqrt(lowest)))
    low, high = bias - Z_95 * half, bias + Z_95 * half
    return (
        Estimate(est=low, lo=low - outer, hi=low + inner, method=METHOD_LIMITS),
        Estimate(est=high, lo=high - inner, hi=high + outer, method=METHOD_LIMITS),
    )


def _no_constant(why: str, n: int, n_x: int, n_y: int) -> ConstantTruth:
    none = undefined(why)
    return ConstantTruth(
        bias=none,
        sd_corrected=None,
        loa_lower=none,
        loa_upper=none,
        variance_of_mean_difference=None,
        within_variance_x=None,
        within_variance_y=None,
        repeatability_x=None,
        repeatability_y=None,
        n_people=n,
        n_x=n_x,
        n_y=n_y,
    )


def _no_varying(why: str, n: int, n_pairs: int) -> VaryingTruth:
    none = undefined(why)
    return VaryingTruth(
        bias=none,
        sd_total=None,
        loa_lower=none,
        loa_upper=none,
        between_variance=None,
        within_variance=None,
        n_people=n,
        n=n_pairs,
    )
