"""Whole devices, operators or centres left out: what a model is worth where it was not made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..fitting import Cohort
from .controls import class_cells
from .cross_validate import predict_unseen
from .scores import Prediction, moments

LEAST_PEOPLE = 10  # left out, and of each outer class among the others


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """How the people of one device, operator or centre were predicted from all the others."""

    kind: str
    name: str
    n_people: int
    pearson_1: float | None
    see_g_cm2: float
    bias_g_cm2: float


def leave_out(
    cohort: Cohort, kind: str, names: Sequence[str | None], estimator: str
) -> tuple[LeftOut, ...]:
    """Leave out each device (operator, centre) in turn.

    Parameters
    ----------
    cohort : Cohort
    kind : str
        What the names are of, for the table.
    names : sequence of str or None, one a row
        Rows without a name are always learnt from.
    estimator : str

    Returns
    -------
    rows : tuple of LeftOut
        Empty with fewer than two names; names with fewer than ten people, or
        that leave fewer than ten of a class, are passed over. A person seen
        under two names is not learnt from when one of them is left out.
    """
    known = sorted({n for n in names if n})
    if len(known) <= 1:
        return ()
    found = []
    people, labels = np.asarray(cohort.people), np.asarray([n or "" for n in names])
    for name in known:
        test = np.flatnonzero(labels == name)
        train = np.flatnonzero(~np.isin(people, people[test]))
        classes = np.bincount(class_cells(cohort.t_score[train]), minlength=3)
        n_people = len(set(people[test].tolist()))
        if n_people < LEAST_PEOPLE or min(classes[0], classes[2]) < LEAST_PEOPLE:
            continue
        predicted = predict_unseen(cohort, train, test)[estimator]
        pair = Prediction(predicted=predicted[None], wanted=cohort.dxa_g_cm2[test][None])
        reached = moments(pair, np.ones((1, test.size)))
        r = float(reached.pearson_1[0])
        found.append(
            LeftOut(
                kind=kind,
                name=name,
                n_people=n_people,
                pearson_1=r if np.isfinite(r) else None,
                see_g_cm2=float(reached.see_g_cm2[0]),
                bias_g_cm2=float(reached.bias_g_cm2[0]),
            )
        )
    return tuple(found)
