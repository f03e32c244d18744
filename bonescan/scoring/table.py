"""Scores of a whole table: references chosen row by row, numbers from one compiled pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bonescan.model.measurement import Measurement, Scores
from bonescan.model.person import PersonAtExam
from bonescan.norms.load import Norms
from bonescan.norms.rounding import fixed
from bonescan.settings import LabelSettings

from .score import Plan, assemble, plan_scores, score, unscored

# Below this many rows decimal arithmetic is done before a kernel is compiled or loaded.
KERNEL_FROM_ROWS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRequest:
    """One row to be scored."""

    measurement: Measurement
    person: PersonAtExam
    reference_id: str | None = None
    z_reference_id: str | None = None


def score_table(
    requests: Sequence[ScoreRequest], norms: Norms, settings: LabelSettings
) -> list[Scores]:
    """Score many rows; the numbers are those of `score`, to 1e-9.

    Parameters
    ----------
    requests : sequence of ScoreRequest
    norms : Norms
    settings : LabelSettings

    Returns
    -------
    scores : list of Scores
        One a request, in order.
    """
    if len(requests) < KERNEL_FROM_ROWS:
        return [
            score(
                r.measurement,
                r.person,
                norms,
                settings,
                reference_id=r.reference_id,
                z_reference_id=r.z_reference_id,
            )
            for r in requests
        ]
    return _by_kernel(requests, norms, settings)


def _by_kernel(
    requests: Sequence[ScoreRequest], norms: Norms, settings: LabelSettings
) -> list[Scores]:
    import numpy as np

    from bonescan.kernels.scores import score_rows
    from bonescan.model.arrays import kernel_input

    plans = [
        plan_scores(
            r.measurement, r.person, norms, r.reference_id, r.z_reference_id, settings.reference
        )
        for r in requests
    ]
    columns = np.array([_parameters(p) for p in plans], dtype=np.float64).T
    t, _, z, *_rest = score_rows(*(kernel_input(column) for column in columns))
    return [
        unscored(request.measurement)
        if plan is None
        else assemble(
            plan,
            _decimal(t_score),
            _decimal(z_score),
            request.measurement,
            request.person,
            norms,
            settings,
        )
        for plan, request, t_score, z_score in zip(
            plans, requests, t.tolist(), z.tolist(), strict=True
        )
    ]


def _parameters(plan: Plan | None) -> tuple[float, ...]:
    """Give BMD, young mean and SD, and L, M, S of one row; NaN where there is none."""
    if plan is None:
        return (math.nan,) * 6
    reference = plan.young.reference
    young = (
        (math.nan, math.nan)
        if reference is None
        else (float(reference.mean_g_cm2), float(reference.sd_g_cm2))
    )
    return (plan.bmd_g_cm2, *young, *(plan.age.lms or (math.nan,) * 3))


def _decimal(score: float) -> Decimal | None:
    return None if math.isnan(score) else fixed(score)
