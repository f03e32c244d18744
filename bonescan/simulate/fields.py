"""Random fields that are correlated along lines and frames."""

from __future__ import annotations

import numpy as np

from .pulse import Array


def along_first_axis(fresh: Array, correlation: float) -> Array:
    """Turn independent standard normals into a stationary chain along axis 0.

    Parameters
    ----------
    fresh : (n, ...) float
        Independent, unit variance.
    correlation : float
        Of neighbours, 0 <= correlation < 1.

    Returns
    -------
    chain : (n, ...) float64
        Unit variance; correlation**lag between members.
    """
    chain = np.array(fresh, dtype=np.float64)
    innovation = np.sqrt(1.0 - correlation * correlation)
    for i in range(1, len(chain)):
        chain[i] = correlation * chain[i - 1] + innovation * fresh[i]
    return chain


def frame_line_field(
    rng: np.random.Generator, shape: tuple[int, int], frame_corr: float, line_corr: float
) -> Array:
    """Draw standard normals (frame, line), correlated separately along both axes."""
    fresh = rng.standard_normal(shape)
    along_lines = along_first_axis(np.ascontiguousarray(fresh.T), line_corr).T
    return along_first_axis(np.ascontiguousarray(along_lines), frame_corr)
