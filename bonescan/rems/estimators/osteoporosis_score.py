"""The published kind of estimate: a vote of spectra between two class models, then a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.stats.isotonic import isotonic_gain_1
from bonescan.stats.regression import LinearFit, least_squares

from ..features import SiteFeatures
from ..match import match_models

Array = NDArray[np.float64]

SMOOTH_BINS = 3
R_MIN_PERCENTILE = 5.0  # of the correlations with the own class
NO_VOTE_PERCENT = 50.0
# Share of the scatter about the line that a monotone curve takes away: more is worth a warning.
NOT_A_LINE_1 = 0.10


@dataclass(frozen=True, eq=False, kw_only=True)
class ScoreMap:
    """Class spectra, the least correlation that counts, and the line from score to BMD."""

    osteoporotic_db: Array
    healthy_db: Array
    r_min_1: float
    line: LinearFit

    def score_percent(self, features: SiteFeatures) -> float:
        """Give the osteoporosis score; 50 where no spectrum is valid."""
        votes = match_models(
            features.two_gate_db, self.osteoporotic_db, self.healthy_db, self.r_min_1
        )
        score = votes.osteoporosis_score_percent
        return score if np.isfinite(score) else NO_VOTE_PERCENT


def class_spectra(
    features: Sequence[SiteFeatures], members: tuple[NDArray[np.intp], NDArray[np.intp]]
) -> tuple[Array, Array, float]:
    """Learn the spectra of two classes and the least correlation with the own one.

    Every person weighs the same: medians of medians. Spectra unlike both
    classes are dropped once and the class spectra made again.

    Parameters
    ----------
    features : sequence of SiteFeatures
    members : pair of (n,) index arrays
        People of either class.

    Returns
    -------
    first_db, second_db : (2 · bin,) ndarray
    r_min_1 : float
        The 5th percentile of the correlations with the own class.
    """
    first, second = (_class_spectrum(features, group) for group in members)
    r_min = _own_class_percentile(features, members, (first, second))
    first, second = (
        _class_spectrum(features, group, model, r_min)
        for group, model in zip(members, (first, second), strict=True)
    )
    return first, second, _own_class_percentile(features, members, (first, second))


def learn_score(
    features: Sequence[SiteFeatures],
    bmd_g_cm2: Array,
    members: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> ScoreMap:
    """Learn class spectra, and the line from score to bone density.

    Parameters
    ----------
    features : sequence of SiteFeatures
    bmd_g_cm2 : (person,) ndarray
    members : pair of index arrays
        Osteoporotic and healthy people; the others enter only the line.
    """
    low, high, r_min = class_spectra(features, members)
    draft = ScoreMap(
        osteoporotic_db=low, healthy_db=high, r_min_1=r_min,
        line=least_squares([0.0, 1.0], [0.0, 0.0]),
    )  # fmt: skip
    scores = np.array([draft.score_percent(f) for f in features])
    return ScoreMap(
        osteoporotic_db=low, healthy_db=high, r_min_1=r_min, line=least_squares(scores, bmd_g_cm2)
    )


def is_no_line(scores_percent: Array, bmd_g_cm2: Array) -> bool:
    """Tell whether bone density falls with the score, but not along a line.

    The isotonic regression of BMD on the falling score is set against the line:
    where it leaves much less scatter, or BMD does not fall, the line misleads.
    """
    fit = least_squares(scores_percent, bmd_g_cm2)
    if float(fit.coefficients[0]) >= 0.0:
        return True
    return isotonic_gain_1(-scores_percent, bmd_g_cm2) > NOT_A_LINE_1


def _class_spectrum(
    features: Sequence[SiteFeatures],
    members: NDArray[np.intp],
    model: Array | None = None,
    r_min_1: float = -1.0,
) -> Array:
    """Median of the members' median spectra, smoothed over three bins in each gate."""
    medians = []
    for i in members:
        spectra = features[i].two_gate_db
        if model is not None:
            valid = match_models(spectra, model, model, r_min_1).valid
            spectra = spectra[valid] if valid.any() else spectra
        medians.append(np.median(spectra, axis=0))
    middle = np.median(np.array(medians), axis=0)
    gates = [_smoothed(half) for half in np.split(middle, 2)]
    both = np.concatenate(gates)
    return np.asarray(both - both.mean())


def _smoothed(spectrum: Array) -> Array:
    padded = np.pad(spectrum, SMOOTH_BINS // 2, mode="edge")
    kernel = np.full(SMOOTH_BINS, 1.0 / SMOOTH_BINS)
    return np.asarray(np.convolve(padded, kernel, mode="valid"), dtype=np.float64)


def _own_class_percentile(
    features: Sequence[SiteFeatures],
    members: Sequence[NDArray[np.intp]],
    models: Sequence[Array],
) -> float:
    own = [
        match_models(features[i].two_gate_db, model, model, -1.0).best_1
        for group, model in zip(members, models, strict=True)
        for i in group
    ]
    return float(np.nanpercentile(np.concatenate(own), R_MIN_PERCENTILE))
