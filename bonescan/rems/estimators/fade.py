"""Attenuation of the trabecular bone, with clutter and noise told apart from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.model.rems_model import FADE, LinearMap
from bonescan.stats.regression import least_squares

from ..features import SiteFeatures

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Attenuation:
    """One number an exam: dB/cm/MHz inside the bone; denser bone attenuates more."""

    name: str = FADE
    needs_path: bool = False

    def vector(self, features: SiteFeatures) -> Array | None:
        """Give the attenuation, (1,); None with fewer than four gates."""
        fade = features.fade
        return None if fade is None else np.array([fade.alpha_db_cm_mhz])

    def influence(self, features: SiteFeatures) -> Array:
        """Say how each group pulls the attenuation."""
        if features.fade is None:
            raise ValueError("found an exam without the gates of the fit, wanted one with them")
        return features.fade.pull_db_cm_mhz[:, None]

    def learn(self, vectors: Array, bmd_g_cm2: Array) -> LinearMap:
        """Fit a line."""
        fit = least_squares(vectors, bmd_g_cm2)
        mean = vectors.mean(axis=0)
        intercept = float(fit.predict(mean[None])[0])
        return LinearMap(
            estimator=self.name,
            mean=mean,
            weights_g_cm2=fit.coefficients,
            intercept_g_cm2=intercept,
        )
