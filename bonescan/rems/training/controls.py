"""What must not work: controls that show how much of a figure is ultrasound."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..fitting import NORMAL_T, OSTEOPOROSIS_T, Cohort

Array = NDArray[np.float64]
Order = NDArray[np.intp]

DEPTH_ONLY = "depth-only"
LABELS_PERMUTED = "labels-permuted"  # BMD of somebody else: r must vanish
SHUFFLED_IN_CLASS = "shuffled-in-class"  # what the three classes alone carry
SWAPPED_IN_CELLS = "swapped-in-age-bmi-cells"  # + covariates: no better than covariates alone
_PEOPLE_FIELDS = ("people", "dxa_g_cm2", "t_score", "covariates", "fractured")


def with_ultrasound_of(cohort: Cohort, order: Order) -> Cohort:
    """Give every row the ultrasound of another one; age, BMI, sex and DXA stay.

    Whatever field of a cohort is not about the person comes from the others, so
    that a new feature can't slip past the controls.
    """
    others = cohort.rows(order)
    own = {name: getattr(cohort, name) for name in _PEOPLE_FIELDS}
    return dataclasses.replace(others, **own)


def with_labels_of(cohort: Cohort, order: Order) -> Cohort:
    """Give every row the DXA reading of another one."""
    return dataclasses.replace(
        cohort, dxa_g_cm2=cohort.dxa_g_cm2[order], t_score=cohort.t_score[order]
    )


def permuted(n: int, rng: np.random.Generator) -> Order:
    """Permute all rows."""
    return np.asarray(rng.permutation(n))


def swapped_within(cells: NDArray[np.intp], rng: np.random.Generator) -> Order:
    """Permute rows inside cells.

    >>> order = swapped_within(np.array([0, 1, 0, 1]), np.random.default_rng(0))
    >>> sorted(order[[0, 2]].tolist()), sorted(order[[1, 3]].tolist())
    ([0, 2], [1, 3])
    """
    order = np.arange(len(cells))
    for name in np.unique(cells):
        members = np.flatnonzero(cells == name)
        order[members] = rng.permutation(members)
    return order


def swapped_away(cells: NDArray[np.intp], rng: np.random.Generator) -> Order:
    """Move every row inside its cell to another row; only a row alone in its cell stays.

    >>> order = swapped_away(np.array([0, 1, 0, 2]), np.random.default_rng(0))
    >>> order.tolist()
    [2, 1, 0, 3]
    """
    order = np.arange(len(cells))
    for name in np.unique(cells):
        members = rng.permutation(np.flatnonzero(cells == name))
        order[members] = np.roll(members, 1)
    return order


def moved_1(order: Order, people: Sequence[str]) -> float:
    """Tell which share of the rows got what is somebody else's, not only another row's."""
    return float(np.mean([people[int(i)] != mine for i, mine in zip(order, people, strict=True)]))


def class_cells(t_score: Array) -> NDArray[np.intp]:
    """Give each row its class: 0 osteoporosis, 1 between, 2 normal."""
    return np.asarray((t_score > OSTEOPOROSIS_T).astype(int) + (t_score >= NORMAL_T))


def age_bmi_cells(covariates: Array) -> NDArray[np.intp]:
    """Give each row its cell: thirds of age by thirds of BMI."""
    thirds = [
        np.searchsorted(np.quantile(column, [1.0 / 3.0, 2.0 / 3.0]), column)
        for column in covariates.T[:2]
    ]
    return np.asarray(thirds[0] * 3 + thirds[1])
