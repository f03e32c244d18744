"""The same comparison in parts of the people: by age, BMI, sex, device, maker, depth."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bonescan.model.estimate import Estimate, undefined
from bonescan.model.pairs import SitePairs
from bonescan.stats.agreement_study import AgreementSettings, Stratum
from bonescan.stats.bland_altman import bland_altman
from bonescan.stats.classes import LabelFrom, who_class

from .classes import compare_classes
from .intervals import swap_interval
from .resampling import (
    bootstrap,
    groups_of,
    pair_shares,
    pair_statistics,
    table_shares,
    table_statistics,
    whole_shares,
)

Array = NDArray[np.float64]
Rows = NDArray[np.bool_]

# Decades; classes of BMI as in WHO Technical Report Series 894 (2000); depth in steps of 15 mm.
LIMITS = {
    "age_years": (50.0, 60.0, 70.0, 80.0),
    "bmi_kg_m2": (18.5, 25.0, 30.0),
    "depth_mm": (30.0, 45.0, 60.0, 75.0),
}
WORDS = ("sex", "device", "maker")
LEAST_PAIRS = 3
_OF_BMD = ("bias", "loa_lower", "loa_upper")
_OF_T = ("agreement", "kappa", "sensitivity", "specificity")
MOST_STRATA = 20  # a column with more words is a list of names, not of strata


def compare_strata(
    pairs: SitePairs, rows: NDArray[np.intp], settings: AgreementSettings
) -> tuple[Stratum, ...]:
    """Describe each part of the analysed rows; variables with a single part are left out.

    Parameters
    ----------
    pairs : SitePairs
    rows : (n,) int
        The rows that were analysed.
    settings : AgreementSettings
    """
    some = pairs.take(rows)
    found: list[Stratum] = []
    for variable in (*LIMITS, *WORDS):
        parts = [(label, inside) for label, inside in _parts(some, variable) if inside.any()]
        if 1 < len(parts) <= MOST_STRATA:
            found += [_stratum(some.take(i), variable, label, settings) for label, i in parts]
    return tuple(found)


def _parts(pairs: SitePairs, variable: str) -> Iterator[tuple[str, Rows]]:
    if variable in LIMITS and variable in pairs.numbers:
        yield from _bands(pairs.numbers[variable], LIMITS[variable])
    elif variable in pairs.words:
        words = np.array([w or "" for w in pairs.words[variable]])
        for word in sorted(set(words.tolist()) - {""}):
            yield word, words == word


def _bands(values: Array, limits: tuple[float, ...]) -> Iterator[tuple[str, Rows]]:
    edges = (-np.inf, *limits, np.inf)
    for low, high in pairwise(edges):
        if not np.isfinite(low):
            label = f"under {high:g}"
        elif not np.isfinite(high):
            label = f"{low:g} and over"
        else:
            label = f"{low:g} to under {high:g}"
        yield label, (values >= low) & (values < high)


def _stratum(pairs: SitePairs, variable: str, label: str, settings: AgreementSettings) -> Stratum:
    quantity = "bmd" if "bmd" in pairs.values else next(iter(pairs.values))
    x, y = _complete(pairs, quantity)
    ba = bland_altman(x, y, loa_ci=settings.loa_ci)
    t_pairs = _complete(pairs, "t") if "t" in pairs.values else (np.empty(0), np.empty(0))
    none = undefined("no T-scores" if t_pairs[0].size == 0 else "fewer than 3 pairs")
    classes = compare_classes(*t_pairs, settings) if t_pairs[0].size >= LEAST_PAIRS else None
    found = Stratum(
        variable=variable,
        label=label,
        quantity=quantity,
        n=ba.n,
        bias=ba.bias,
        sd_diff=ba.sd_diff,
        loa_lower=ba.loa_lower,
        loa_upper=ba.loa_upper,
        n_t=int(t_pairs[0].size),
        agreement=none if classes is None else classes.agreement.agreement,
        kappa=none if classes is None else classes.agreement.kappa,
        sensitivity=none if classes is None else classes.osteoporosis.sensitivity,
        specificity=none if classes is None else classes.osteoporosis.specificity,
    )
    several = pairs.replicates is None and len(set(pairs.subjects)) < pairs.n_rows
    few = ba.n < LEAST_PAIRS
    if several:
        found = _by_person(found, pairs, settings)
    bare: dict[str, Any] = {n: _bare(getattr(found, n)) for n in _OF_BMD if few}
    return dataclasses.replace(found, **bare)


def _bare(estimate: Estimate) -> Estimate:
    if estimate.est is None:
        return estimate
    return Estimate(est=estimate.est, reason="fewer than 3 pairs")


def _by_person(found: Stratum, pairs: SitePairs, settings: AgreementSettings) -> Stratum:
    """Give bias, limits and classes their intervals by drawing people."""
    drawn: dict[str, Estimate] = {}
    label = cast(LabelFrom, settings.label_from)
    if settings.bootstrap_resamples and found.n >= LEAST_PAIRS:
        x, y, subjects = _with_subjects(pairs, found.quantity)
        centre = float(x.mean()), float(y.mean())
        drawn |= bootstrap(
            pair_shares(x, y, groups_of(subjects)),
            pair_statistics(centre, settings.deming_ratio),
            settings.bootstrap_resamples,
            settings.seed,
        )
    if settings.bootstrap_resamples and found.n_t >= LEAST_PAIRS:
        x, y, subjects = _with_subjects(pairs, "t")
        shares = table_shares(who_class(y, label), who_class(x, label), groups_of(subjects))
        classes = bootstrap(shares, table_statistics, settings.bootstrap_resamples, settings.seed)
        drawn |= classes | whole_shares(shares, classes)
    swapped: dict[str, Any] = {
        n: swap_interval(getattr(found, n), drawn.get(n)) for n in _OF_BMD + _OF_T
    }
    return dataclasses.replace(found, **swapped)


def _with_subjects(pairs: SitePairs, quantity: str) -> tuple[Array, Array, list[str]]:
    x, y = pairs.values[quantity]
    known = np.isfinite(x) & np.isfinite(y)
    return x[known], y[known], [pairs.subjects[i] for i in np.flatnonzero(known)]


def _complete(pairs: SitePairs, quantity: str) -> tuple[Array, Array]:
    x, y = pairs.values[quantity]
    known = np.isfinite(x) & np.isfinite(y)
    return x[known], y[known]
