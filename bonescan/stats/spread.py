"""How the scatter of residuals changes along a predictor."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def running_spread(along: ArrayLike, residual: ArrayLike, n_bins: int) -> tuple[Array, Array]:
    """Root-mean-square residual in bins of equal counts.

    Parameters
    ----------
    along : (n,) array_like
        What the residuals are ordered by.
    residual : (n,) array_like
    n_bins : int
        At least 1 and at most n.

    Returns
    -------
    centre : (n_bins,) ndarray
        Mean of `along` in each bin, rising.
    spread : (n_bins,) ndarray
        Root mean square (a local bias counts as uncertainty too).
    """
    x, e = np.asarray(along, dtype=np.float64), np.asarray(residual, dtype=np.float64)
    if not 1 <= n_bins <= x.size:
        raise ValueError(f"found {x.size} values, wanted at least {n_bins}")
    order = np.argsort(x, kind="stable")
    parts = np.array_split(order, n_bins)
    centre = np.array([x[p].mean() for p in parts])
    spread = np.array([np.sqrt(np.mean(e[p] ** 2)) for p in parts])
    return centre, spread
