"""Twin of `kernels.lms`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LOG_BELOW = 1e-6
LEAST = np.finfo(np.float64).tiny
LARGEST_EXPONENT = 1000.0


def lms_transform(
    ratio: NDArray[np.float64], power: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Twin of `kernels.lms.lms_transform`."""
    usable = (ratio >= LEAST) & (ratio < np.inf)
    log = np.log(np.where(usable, ratio, np.nan))
    exponent = np.where(np.isinf(power), np.nan, power) * log
    bounded = np.abs(exponent) < LARGEST_EXPONENT * np.log(2)
    near = np.abs(power) < LOG_BELOW
    powered = np.expm1(np.where(bounded, exponent, np.nan)) / np.where(near, 1, power)
    scored = (spread > 0) & (spread < np.inf)
    score: NDArray[np.float64] = np.where(near, log, powered) / np.where(scored, spread, np.nan)
    return score
