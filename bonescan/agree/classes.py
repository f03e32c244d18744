"""WHO classes of two methods: agreement, and accuracy of the test for each condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bonescan.model.estimate import Estimate, undefined
from bonescan.stats.accuracy import Accuracy, accuracy, at_least, one_against_rest
from bonescan.stats.agreement_study import (
    CLASS_WORDS,
    AccuracyBlock,
    AgreementSettings,
    ClassAgreement,
)
from bonescan.stats.classes import MISSING, LabelFrom, class_agreement, class_table, who_class
from bonescan.stats.discordance import tolerant_agreement
from bonescan.stats.proportions import ProportionMethod

from .intervals import with_width

Array = NDArray[np.float64]

REJECTED = len(CLASS_WORDS)  # a class of its own that the reference never gives
OSTEOPENIA, OSTEOPOROSIS = 1, 2
_BESIDE = (
    "n", "gwet_ac2_linear", "gwet_ac2_quadratic", "pabak", "scott_pi", "krippendorff_alpha",
    "bowker", "stuart_maxwell", "row_shares", "column_shares",
)  # fmt: skip
_BESIDE_ACCURACY = (
    "prevalence", "lr_positive", "lr_negative", "diagnostic_odds_ratio", "youden", "kappa",
    "mcc", "f1", "mcnemar",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """Class agreement of some rows, and the accuracy for osteoporosis."""

    agreement: ClassAgreement
    osteoporosis: AccuracyBlock


def compare_classes(
    reference_t: Array,
    test_t: Array,
    settings: AgreementSettings,
    rejected: NDArray[np.bool_] | None = None,
) -> Classes:
    """Compare the classes of T-scores.

    Parameters
    ----------
    reference_t, test_t : (n,) float64
        NaN for a missing T; such a row has no part in it unless it is rejected.
    settings : AgreementSettings
    rejected : (n,) bool, optional
        Rows whose test scan gave no usable result. Each counts as a
        disagreement with the class of the reference: a class of its own in
        agreement, kappa and AC1, a missed case or a false alarm in the
        accuracy. Weighted coefficients are then undefined, for no result is
        near to any class.

    References
    ----------
    Schuetz GM, Schlattmann P, Dewey M. Use of 3x2 tables with an intention to
    diagnose approach to assess clinical performance of diagnostic tests. BMJ
    2012;345:e6717 (unusable results as wrong ones).
    """
    label = cast(LabelFrom, settings.label_from)
    out = np.zeros(reference_t.size, dtype=bool) if rejected is None else rejected
    reference, test = who_class(reference_t, label), who_class(test_t, label)
    lost = out & (reference != MISSING)
    kept = ~out
    counts = class_table(test[kept], reference[kept])
    by_class = np.bincount(reference[lost], minlength=REJECTED)
    method = cast(ProportionMethod, settings.proportion_ci)
    tolerant = tolerant_agreement(test_t[kept], reference_t[kept], label_from=label)
    n = int(counts.sum() + by_class.sum())
    return Classes(
        agreement=_agreement(counts, by_class, method, (tolerant.n_a, tolerant.n_b, n)),
        osteoporosis=accuracy_block(counts, by_class, OSTEOPOROSIS, method),
    )


def accuracy_block(
    counts: NDArray[np.int64],
    lost: NDArray[np.int64],
    lowest: int,
    method: ProportionMethod,
    *,
    only: bool = False,
) -> AccuracyBlock:
    """Take the classes from `lowest` on (or that one alone) as the condition."""
    tp, fp, fn, tn = (one_against_rest if only else at_least)(counts, lowest)
    last = lowest + 1 if only else REJECTED
    missed = int(lost[lowest:last].sum())
    found = accuracy(tp, fp + int(lost.sum()) - missed, fn + missed, tn, method)
    return _block(found)


def _block(found: Accuracy) -> AccuracyBlock:
    counts = {"tp": found.tp, "fp": found.fp, "fn": found.fn, "tn": found.tn}
    return AccuracyBlock(
        sensitivity=found.sensitivity,
        specificity=found.specificity,
        ppv=found.ppv,
        npv=found.npv,
        accuracy=found.accuracy,
        more={"counts": counts} | {name: getattr(found, name) for name in _BESIDE_ACCURACY},
    )


def _agreement(
    counts: NDArray[np.int64],
    lost: NDArray[np.int64],
    method: ProportionMethod,
    tolerant: tuple[int, int, int],
) -> ClassAgreement:
    n_lost = int(lost.sum())
    whole = counts
    if n_lost:
        whole = np.zeros((REJECTED + 1, REJECTED + 1), dtype=np.int64)
        whole[:REJECTED, :REJECTED] = counts
        whole[REJECTED, :REJECTED] = lost
    found, inner = class_agreement(whole, method), class_agreement(counts, method)
    n_a, n_b, n = tolerant
    return ClassAgreement(
        table=inner.table,
        agreement=found.agreement,
        kappa=with_width(found.kappa),
        kappa_linear=_unless(n_lost, with_width(found.kappa_linear)),
        kappa_quadratic=_unless(n_lost, with_width(found.kappa_quadratic)),
        gwet_ac1=with_width(found.gwet_ac1),
        minor=inner.minor,
        major=inner.major,
        a_percent=100.0 * n_a / n if n else None,
        b_percent=100.0 * n_b / n if n else None,
        more=_beside(counts, lost, found if not n_lost else inner, method),
    )


def _unless(n_lost: int, coefficient: Estimate) -> Estimate:
    if n_lost:
        return undefined("a rejected scan is near to no class: weights do not apply")
    return coefficient


def _beside(
    counts: NDArray[np.int64], lost: NDArray[np.int64], found: Any, method: ProportionMethod
) -> dict[str, Any]:
    """Everything beyond the contract; of the scans with a result where some were rejected."""
    more: dict[str, Any] = {name: getattr(found, name) for name in _BESIDE}
    more |= {name: with_width(v) for name, v in more.items() if isinstance(v, Estimate)}
    more["test_lower_class"] = found.n_test_worse
    more["test_higher_class"] = found.n_test_better
    more["per_class"] = {
        word: accuracy_block(counts, lost, code, method, only=True)
        for code, word in enumerate(CLASS_WORDS)
    }
    more["low_bone_mass"] = accuracy_block(counts, lost, OSTEOPENIA, method)
    if lost.any():
        more["n_rejected"] = int(lost.sum())
        more["rejected_by_reference_class"] = {
            word: int(lost[code]) for code, word in enumerate(CLASS_WORDS)
        }
    return more
