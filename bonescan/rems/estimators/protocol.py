"""What every estimator can do, and the linear map that each learns."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bonescan.model.rems_model import LinearMap

from ..features import SiteFeatures

Array = NDArray[np.float64]


class Estimator(Protocol):
    """One way from an exam to bone density."""

    @property
    def name(self) -> str:
        """Word of `ESTIMATORS`."""
        ...

    @property
    def needs_path(self) -> bool:
        """Whether depth and soft tissue move the estimate."""
        ...

    def vector(self, features: SiteFeatures) -> Array | None:
        """Sum up an exam in a few numbers, (p,); None where it lacks what that takes."""
        ...

    def influence(self, features: SiteFeatures) -> Array:
        """Say how far each averaged spectrum pulls the vector, (group, p)."""
        ...

    def learn(self, vectors: Array, bmd_g_cm2: Array) -> LinearMap:
        """Learn the map from (person, p) vectors to bone density."""
        ...


def applied(linear: LinearMap, vectors: Array) -> Array:
    """Map rows of vectors to bone density, (n,)."""
    return np.asarray(linear.intercept_g_cm2 + (vectors - linear.mean) @ linear.weights_g_cm2)
