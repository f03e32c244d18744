"""Twin of `kernels.log2`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST = np.finfo(np.float32).tiny


def log2_positive(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Twin of `kernels.log2.log2_positive`."""
    usable = (values >= LEAST) & (values < np.inf)
    exact = np.log2(np.where(usable, values, 1), dtype=np.float64)
    return np.where(usable, exact, np.nan).astype(np.float32)
