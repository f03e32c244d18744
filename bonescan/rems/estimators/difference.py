"""D(f): the spectrum of gate A minus gate B, and four components of how it varies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.model.rems_model import TWO_GATE, LinearMap
from bonescan.stats.influence import median_influence
from bonescan.stats.regression import component_regression

from ..features import SiteFeatures

Array = NDArray[np.float64]

N_COMPONENTS = 4


@dataclass(frozen=True, slots=True)
class Difference:
    """Regression on the median D(f); probe, path and cortex cancel in it."""

    name: str = TWO_GATE
    needs_path: bool = False

    def vector(self, features: SiteFeatures) -> Array | None:
        """Give the median D(f), (bin,)."""
        return features.median_difference_db

    def influence(self, features: SiteFeatures) -> Array:
        """Say how each group pulls the medians."""
        return median_influence(features.difference_db)

    def learn(self, vectors: Array, bmd_g_cm2: Array) -> LinearMap:
        """Regress on the first four principal components."""
        fit = component_regression(vectors, bmd_g_cm2, N_COMPONENTS)
        return LinearMap(
            estimator=self.name,
            mean=fit.mean,
            weights_g_cm2=fit.weights,
            intercept_g_cm2=fit.intercept,
        )
