"""ROC curves: how well a low T marks a condition; the direction is fixed, never found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bonescan.model.estimate import Estimate
from bonescan.stats.agreement_study import AgreementSettings, RocCurve
from bonescan.stats.classes import LabelFrom, who_class
from bonescan.stats.reclassification import net_reclassification
from bonescan.stats.roc import auc, paired_delong

from .classes import OSTEOPENIA, OSTEOPOROSIS

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Curves of one site, and what compares the two methods for fracture."""

    osteoporosis: Estimate
    rocs: tuple[RocCurve, ...]
    more: dict[str, Any]


def draw_curves(
    reference_t: Array, test_t: Array, fracture: Array | None, settings: AgreementSettings
) -> Curves:
    """Make the curves of complete pairs.

    Parameters
    ----------
    reference_t, test_t : (n,) float64
        Without gaps.
    fracture : (n,) float64 or None
        1 with a fragility fracture, 0 without, NaN unknown.
    settings : AgreementSettings

    Returns
    -------
    curves : Curves
        `osteoporosis` is the area of the test's T for osteoporosis by the
        reference, also where it is undefined; `rocs` are those with people on
        both sides.
    """
    label = cast(LabelFrom, settings.label_from)
    code = who_class(reference_t, label)
    rocs = [
        _curve("test", "osteoporosis", test_t, code >= OSTEOPOROSIS),
        _curve("test", "low bone mass", test_t, code >= OSTEOPENIA),
    ]
    more: dict[str, Any] = {}
    if fracture is not None and np.isfinite(fracture).any():
        known = np.isfinite(fracture)
        broken = fracture[known] == 1.0
        rocs.append(_curve("test", "fracture", test_t[known], broken))
        rocs.append(_curve("reference", "fracture", reference_t[known], broken))
        more["delong_fracture"] = paired_delong(test_t[known], reference_t[known], broken)
        more["nri_fracture"] = net_reclassification(
            code[known], who_class(test_t, label)[known], broken
        )
    drawn = tuple(r for r in rocs if r.n_positive and r.n_negative)
    return Curves(osteoporosis=rocs[0].auc, rocs=drawn, more=more)


def _curve(score: str, condition: str, values: Array, sick: NDArray[np.bool_]) -> RocCurve:
    found = auc(values, sick)
    whose = "reference " if condition != "fracture" else ""
    return RocCurve(
        name=f"{score} T for {whose}{condition}",
        score=score,
        condition=condition,
        auc=found.auc,
        n_positive=found.n_pos,
        n_negative=found.n_neg,
        false_positive_1=np.array([1.0 - p.specificity for p in found.points]),
        true_positive_1=np.array([p.sensitivity for p in found.points]),
        youden=tuple(
            {"threshold": p.threshold, "sensitivity": p.sensitivity, "specificity": p.specificity}
            for p in found.youden_best
            if p.threshold is not None
        ),
    )
