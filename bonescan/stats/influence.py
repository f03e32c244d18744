"""How unsure a median or a mean is when its values come in clusters."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# 1 / (Φ⁻¹(3/4)): makes the median absolute deviation estimate a normal SD.
MAD_TO_SD = 1.4826022185056018


def median_influence(values: ArrayLike) -> Array:
    """Say how far each row pulls the column medians.

    Parameters
    ----------
    values : (n, p) array_like
        Rows are observations.

    Returns
    -------
    influence : (n, p) ndarray
        sign(x − m) / (2 g(m)), in the unit of the values, with the density g
        at the median taken as that of a normal law of the same median absolute
        deviation. Zero where a column doesn't vary.

    Notes
    -----
    Replaces a bootstrap: the variance of the median is the mean square of the
    influence over n, and a linear function of several medians has the same
    linear function of the influences. For normal values it gives the known
    √(π/2) σ/√n.

    References
    ----------
    Hampel FR. The influence curve and its role in robust estimation. J Am Stat
    Assoc 1974;69:383-393.
    """
    rows = np.asarray(values, dtype=np.float64)
    centred = rows - np.median(rows, axis=0)
    spread = MAD_TO_SD * np.median(np.abs(centred), axis=0)
    return np.asarray(np.sign(centred) * spread * math.sqrt(math.pi / 2.0))


def clustered_standard_error(influence: ArrayLike, clusters: ArrayLike) -> float:
    """Turn influences into a standard error when clusters, not rows, are independent.

    Parameters
    ----------
    influence : (n,) array_like
        Influence of each row on the estimate, so that the estimate moves by
        influence / n.
    clusters : (n,) array_like of int
        Which rows belong together.

    Returns
    -------
    u : float
        NaN with fewer than two clusters.

    Notes
    -----
    √(G/(G−1) · Σ_g (Σ_{i∈g} ψ_i)²) / n with G clusters; with one row a cluster
    and ψ = x − mean it is exactly s/√n.

    References
    ----------
    Liang KY, Zeger SL. Longitudinal data analysis using generalized linear
    models. Biometrika 1986;73:13-22 (the sandwich of cluster sums; the factor
    G/(G−1) is the usual small-sample one).
    """
    psi = np.asarray(influence, dtype=np.float64)
    names, member = np.unique(np.asarray(clusters), return_inverse=True)
    if names.size <= 1:
        return math.nan
    sums = np.bincount(member, weights=psi, minlength=names.size)
    return math.sqrt(names.size / (names.size - 1) * float(sums @ sums)) / psi.size
