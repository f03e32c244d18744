"""Splitting people for cross-validation, all rows of a person on one side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def person_folds(
    people: Sequence[str], strata: ArrayLike, n_folds: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Give every row a fold, so that a person never stands on both sides.

    Parameters
    ----------
    people : sequence of str, one a row
        Who the row belongs to.
    strata : (n,) array_like of int
        Classes to spread evenly; a person counts with the first of its rows.
    n_folds : int
        At least 2, at most the number of people.
    rng : numpy.random.Generator
        Source of the shuffle.

    Returns
    -------
    fold : (n,) ndarray of int
        0 … n_folds − 1; fold sizes in people differ by at most one.
    """
    names, first, person_of_row = np.unique(
        np.asarray(people), return_index=True, return_inverse=True
    )
    if n_folds <= 1 or n_folds > names.size:
        raise ValueError(f"found {names.size} people, wanted at least {n_folds} for the folds")
    classes = np.asarray(strata)
    if classes.shape != person_of_row.shape:
        raise ValueError(f"found {classes.size} strata and {person_of_row.size} rows")
    shuffled = rng.permutation(names.size)
    # deal the people out like cards, one stratum after the other
    dealt = shuffled[np.argsort(classes[first][shuffled], kind="stable")]
    fold_of_person = np.empty(names.size, dtype=np.intp)
    fold_of_person[dealt] = np.arange(names.size) % n_folds
    return fold_of_person[person_of_row]
