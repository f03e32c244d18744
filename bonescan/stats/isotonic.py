"""Isotonic regression: the monotone curve nearest to the data."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

ROUNDING_1 = 1e-20  # of the sum of squares: what rounding leaves about an exact line


def isotonic(x: ArrayLike, y: ArrayLike) -> Array:
    """Fit the rising curve of least squares, by pooling neighbours that fall.

    Parameters
    ----------
    x : (n,) array_like
        Equal values are pooled first and get one fitted value.
    y : (n,) array_like

    Returns
    -------
    fitted : (n,) ndarray
        In the order of the input.

    References
    ----------
    Barlow RE, Bartholomew DJ, Bremner JM, Brunk HD. Statistical Inference under
    Order Restrictions. Wiley, 1972 (pool adjacent violators).

    >>> isotonic([1, 2, 3, 4], [1.0, 3.0, 2.0, 4.0]).tolist()
    [1.0, 2.5, 2.5, 4.0]
    """
    along, values = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    _, member = np.unique(along, return_inverse=True)
    count = np.bincount(member).astype(np.float64)
    mean = np.bincount(member, weights=values) / count
    blocks: list[list[float]] = []  # mean, weight, how many places
    for m, w in zip(mean, count, strict=True):
        blocks.append([float(m), float(w), 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            b, a = blocks.pop(), blocks.pop()
            weight = a[1] + b[1]
            blocks.append([(a[0] * a[1] + b[0] * b[1]) / weight, weight, a[2] + b[2]])
    fitted = np.repeat([b[0] for b in blocks], [int(b[2]) for b in blocks])
    return np.asarray(fitted[member], dtype=np.float64)


def isotonic_gain_1(x: ArrayLike, y: ArrayLike) -> float:
    """Say which share of the scatter about a line a rising curve takes away.

    Parameters
    ----------
    x, y : (n,) array_like
        At least three different x.

    Returns
    -------
    gain : float
        1 - SS(isotonic) / SS(line); 0 where the line leaves nothing. A rising
        line fits a falling relation badly, and so does the curve.
    """
    along, values = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    slope, intercept = np.polyfit(along, values, 1)
    about_line = float(np.sum((values - intercept - slope * along) ** 2))
    about_curve = float(np.sum((values - isotonic(along, values)) ** 2))
    least = ROUNDING_1 * float(np.sum((values - values.mean()) ** 2))
    return 1.0 - about_curve / about_line if about_line > least else 0.0
