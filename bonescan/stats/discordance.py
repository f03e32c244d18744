"""Strict agreement on WHO classes and both readings of the 0.3 T tolerance, side by side."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bonescan.kernels.scores import label_tenths
from bonescan.model.arrays import kernel_input

from .classes import MISSING, LabelFrom, who_class

Array = NDArray[np.float64]

CUT_OFFS = (-1.0, -2.5)  # between classes 0 | 1 and 1 | 2; WHO Technical Report Series 843
DEFAULT_TOLERANCE = 0.3  # T; what the REMS papers use
SLACK = 1e-9  # -1.3 - (-1.0) is not -0.3 in binary
TENTHS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TolerantAgreement:
    """Strict and tolerant agreement of two T-scores on the WHO class.

    A calls a pair agreeing when the classes are the same or the test's T lies
    within the tolerance of every cut-off between the two classes; B when they
    are the same or the two T differ by no more than the tolerance. Papers do not
    say which they mean; A flatters. Percentages are None without a pair.
    """

    n: int
    tolerance_t: float
    label_from: str
    n_strict: int
    n_a: int
    n_b: int
    n_within_tolerance: int
    strict_percent: float | None
    a_percent: float | None
    b_percent: float | None

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as they are."""
        return asdict(self)


def tolerant_agreement(
    t_test: ArrayLike,
    t_reference: ArrayLike,
    tolerance: float = DEFAULT_TOLERANCE,
    label_from: LabelFrom = "rounded",
) -> TolerantAgreement:
    """Count agreement on the WHO class with and without a tolerance.

    Parameters
    ----------
    t_test, t_reference : (n,) array_like
        T-scores; pairs with a NaN are left out.
    tolerance : float, default 0.3
        In T, inclusive.
    label_from : {"rounded", "raw"}
        As for `who_class`; distances are taken on the same T, in whole tenths
        where rounded.

    Examples
    --------
    >>> found = tolerant_agreement([-1.3, -1.4, -0.8], [-0.9, -0.9, -1.1])
    >>> found.n_strict, found.n_a, found.n_b
    (0, 2, 1)
    """
    test, reference = np.ravel(np.asarray(t_test)), np.ravel(np.asarray(t_reference))
    if test.shape != reference.shape:
        raise ValueError(f"found {test.size} and {reference.size} T-scores, wanted as many")
    if not tolerance >= 0.0:
        raise ValueError(f"found a tolerance of {tolerance}, wanted 0 or more")
    one, other = who_class(test, label_from), who_class(reference, label_from)
    known = (one != MISSING) & (other != MISSING)
    one, other = one[known], other[known]
    test_t = _in_tenths(test[known], label_from)
    reference_t = _in_tenths(reference[known], label_from)
    reach = TENTHS * tolerance + SLACK
    same = one == other
    near_every_cut = np.ones(one.size, dtype=bool)
    for place, cut in enumerate(CUT_OFFS):
        between = (np.minimum(one, other) <= place) & (np.maximum(one, other) > place)
        near_every_cut &= ~between | (np.abs(test_t - TENTHS * cut) <= reach)
    within = np.abs(test_t - reference_t) <= reach
    n = int(one.size)
    counts = [int(x.sum()) for x in (same, same | near_every_cut, same | within)]
    percent = [100.0 * c / n if n else None for c in counts]
    return TolerantAgreement(
        n=n,
        tolerance_t=float(tolerance),
        label_from=label_from,
        n_strict=counts[0],
        n_a=counts[1],
        n_b=counts[2],
        n_within_tolerance=int(within.sum()),
        strict_percent=percent[0],
        a_percent=percent[1],
        b_percent=percent[2],
    )


def _in_tenths(t: Array, label_from: LabelFrom) -> Array:
    if label_from == "raw":
        return TENTHS * t
    return np.asarray(label_tenths(kernel_input(t)), dtype=np.float64)
