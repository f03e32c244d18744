"""Who is left out when: repeated cross-validation in which a person never stands on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.stats.folds import person_folds

from ..fitting import NORMAL_T, OSTEOPOROSIS_T

Array = NDArray[np.float64]
Folds = NDArray[np.intp]  # (repeat, row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a model is tried on people it has not seen."""

    n_folds: int = 5
    n_repeats: int = 5
    n_resamples: int = 1000


def assign_folds(
    people: Sequence[str],
    t_score: Array,
    centres: Sequence[str | None],
    plan: Plan,
    rng: np.random.Generator,
) -> Folds:
    """Give every row its fold in every repeat.

    Parameters
    ----------
    people : sequence of str, one a row
        All rows of a person (visits, hips) get one fold.
    t_score : (row,) ndarray
        Classes are spread evenly over the folds.
    centres : sequence of str or None, one a row
        Where the pair was taken; spread evenly too.
    plan : Plan
    rng : numpy.random.Generator

    Returns
    -------
    folds : (repeat, row) ndarray of int
    """
    classes = (t_score > OSTEOPOROSIS_T).astype(int) + (t_score >= NORMAL_T)
    known = {name: i for i, name in enumerate(sorted({c or "" for c in centres}))}
    strata = classes * len(known) + np.array([known[c or ""] for c in centres])
    return np.array(
        [person_folds(people, strata, plan.n_folds, rng) for _ in range(plan.n_repeats)]
    )
