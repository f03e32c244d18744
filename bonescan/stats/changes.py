"""Whether two methods agree on how people change, which agreement of levels does not show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bonescan.model.estimate import Estimate, undefined

from .agreement_correlation import pearson_correlation, spearman_correlation
from .bland_altman import BlandAltman, bland_altman
from .pairs import ROUNDING_1, checked_pairs, size_of
from .proportions import proportion
from .record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionConcordance(Record):
    """Of the changes that count, how many go the same way by both methods."""

    share: Estimate
    n_same: int
    n_opposite: int
    n_still: int  # the reference changed by less than counts, or one of the two not at all
    least_change: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAgreement(Record):
    """Changes by the reference and by the test, follow-up − baseline, as pairs of their own."""

    n: int
    mean_change_reference: float | None
    mean_change_test: float | None
    bland_altman: BlandAltman  # of the changes
    pearson: Estimate
    spearman: Estimate
    direction: DirectionConcordance


def change_agreement(
    change_x: ArrayLike,
    change_y: ArrayLike,
    *,
    least_change: float = 0.0,
    loa_ci: str = "carkeet-individual",
    confidence: float = 0.95,
) -> ChangeAgreement:
    """Compare changes of the same people by two methods.

    Parameters
    ----------
    change_x, change_y : (n,) array_like
        Change by the reference and by the test, one row a person.
    least_change : float, default 0
        Changes of the reference smaller than this (its LSC, say) leave the count of
        directions: the sign of noise is a coin.
    loa_ci : str
        As in `bland_altman`.
    confidence : float, default 0.95

    Returns
    -------
    found : ChangeAgreement

    References
    ----------
    Critchley LA, Lee A, Ho AM-H. A critical review of the ability of continuous cardiac
    output monitors to measure trends in cardiac output. Anesth Analg 2010;111:1180-1192
    (concordance of direction with an exclusion zone).
    """
    reference, test = checked_pairs(change_x, change_y)
    if not least_change >= 0.0:
        raise ValueError(f"found a least change of {least_change}, wanted 0 or more")
    n = int(reference.size)
    return ChangeAgreement(
        n=n,
        mean_change_reference=float(reference.mean()) if n else None,
        mean_change_test=float(test.mean()) if n else None,
        bland_altman=bland_altman(reference, test, loa_ci=loa_ci, confidence=confidence),
        pearson=pearson_correlation(reference, test, confidence=confidence),
        spearman=spearman_correlation(reference, test, confidence=confidence),
        direction=_direction(reference, test, least_change, confidence),
    )


def _direction(
    reference: np.ndarray[tuple[int], np.dtype[np.float64]],
    test: np.ndarray[tuple[int], np.dtype[np.float64]],
    least: float,
    confidence: float,
) -> DirectionConcordance:
    rounding = ROUNDING_1 * size_of(reference, test)
    moved = (np.abs(reference) > rounding) & (np.abs(reference) >= least - rounding)
    counts = moved & (np.abs(test) > rounding)
    same = int(np.count_nonzero(counts & (np.sign(reference) == np.sign(test))))
    n = int(np.count_nonzero(counts))
    return DirectionConcordance(
        share=proportion(same, n, level_1=confidence) if n else undefined("nobody changed"),
        n_same=same,
        n_opposite=n - same,
        n_still=int(reference.size) - n,
        least_change=least,
    )
