"""Spectra against the osteoporotic and the healthy model: a vote of the valid ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.kernels.match import pearson_match, unit_rows
from bonescan.model.arrays import kernel_input

Array = NDArray[np.float64]

# Correlations nearer than this are a tie and count half for each side.
TIE_1 = 1e-9


@dataclass(frozen=True, eq=False, kw_only=True)
class Votes:
    """One vote a spectrum: 1 osteoporotic, 0 healthy, ½ a tie; `valid` says which count."""

    vote: Array  # (group,)
    valid: NDArray[np.bool_]
    best_1: Array  # (group,), the better of the two correlations

    @property
    def n_valid(self) -> int:
        """How many spectra count."""
        return int(self.valid.sum())

    @property
    def osteoporosis_score_percent(self) -> float:
        """Share of valid spectra that look osteoporotic; NaN without a valid one."""
        return 100.0 * float(self.vote[self.valid].mean()) if self.n_valid else float("nan")

    def among(self, matched: NDArray[np.bool_]) -> Votes:
        """Put the votes of some groups back among all, (group,); the others have none."""
        if matched.all():
            return self
        vote, valid = np.zeros(matched.size), np.zeros(matched.size, dtype=bool)
        best = np.full(matched.size, np.nan)
        vote[matched], valid[matched], best[matched] = self.vote, self.valid, self.best_1
        return Votes(vote=vote, valid=valid, best_1=best)


def match_models(
    spectra_db: Array, osteoporotic_db: Array, healthy_db: Array, r_min_1: float
) -> Votes:
    """Correlate each spectrum with both models and let the better one have its vote.

    Parameters
    ----------
    spectra_db : (n, m) ndarray
        Level-free two-gate spectra; a row with NaN or without shape is invalid.
    osteoporotic_db, healthy_db : (m,) ndarray
        Class spectra.
    r_min_1 : float
        A spectrum like neither model (better correlation below this) has no vote.

    Returns
    -------
    votes : Votes
    """
    models = unit_rows(kernel_input(np.stack([osteoporotic_db, healthy_db])))
    r = pearson_match(kernel_input(spectra_db), kernel_input(models))
    to_osteoporotic, to_healthy = r[:, 0], r[:, 1]
    best = np.maximum(to_osteoporotic, to_healthy)
    vote = np.where(to_osteoporotic > to_healthy, 1.0, 0.0)
    vote[np.abs(to_osteoporotic - to_healthy) < TIE_1] = 0.5
    return Votes(vote=vote, valid=np.isfinite(best) & (best >= r_min_1), best_1=best)
