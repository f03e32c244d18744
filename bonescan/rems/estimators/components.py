"""Both gates: six components of their spectra, with the mean and the slope of D(f)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.kernels.ranks import column_medians
from bonescan.model.arrays import kernel_input
from bonescan.model.rems_model import PCR, LinearMap
from bonescan.stats.influence import median_influence
from bonescan.stats.regression import component_regression, ridge

from ..features import SiteFeatures

Array = NDArray[np.float64]

N_COMPONENTS = 6
# Of the people's number, on predictors of unit variance: light, for eight of them.
PENALTY_1 = 0.01


@dataclass(frozen=True, slots=True)
class Components:
    """Ridge regression on the two-gate spectrum as published for principal components.

    The slope of D(f) is taken from 1.5 to 3.5 MHz: over wider bands clutter turns
    its sign.
    """

    name: str = PCR
    needs_path: bool = True

    def vector(self, features: SiteFeatures) -> Array | None:
        """Give the median two-gate spectrum, (2 · bin,), then mean and slope of D(f)."""
        spectrum = column_medians(kernel_input(features.two_gate_db))
        return np.concatenate([spectrum, features.difference_axes @ features.median_difference_db])

    def influence(self, features: SiteFeatures) -> Array:
        """Say how each group pulls the medians, and with them mean and slope."""
        of_difference = median_influence(features.difference_db) @ features.difference_axes.T
        return np.hstack([median_influence(features.two_gate_db), of_difference])

    def learn(self, vectors: Array, bmd_g_cm2: Array) -> LinearMap:
        """Regress on six components and the two features of D(f), with a light penalty."""
        spectra, own = vectors[:, :-2], vectors[:, -2:]
        basis = component_regression(spectra, bmd_g_cm2, N_COMPONENTS).components
        mean = vectors.mean(axis=0)
        reduced = np.hstack([(spectra - mean[:-2]) @ basis.T, own - mean[-2:]])
        fit = ridge(reduced, bmd_g_cm2, PENALTY_1)
        weights = np.concatenate([fit.coefficients[:-2] @ basis, fit.coefficients[-2:]])
        intercept = fit.intercept  # at the mean, where all predictors are zero
        return LinearMap(
            estimator=self.name,
            mean=mean,
            weights_g_cm2=weights,
            intercept_g_cm2=intercept,
        )
