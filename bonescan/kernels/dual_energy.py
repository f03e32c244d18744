"""Pixels of dual-energy images: counts to areal densities, and the soft tissue beside bone."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel

Array = NDArray[np.float64]

N_MAPS = 7
N_SUMS = 8


@kernel()
def apparent_densities(
    low: Array, high: Array, air_low: Array, air_high: Array, terms: Array, least_count: float
) -> Array:
    """Turn counts into log attenuations, areal densities and their counting variance.

    Parameters
    ----------
    low, high : (row, column) float64
        Photons counted.
    air_low, air_high : (column,) float64
        Photons counted without an object, above 0.
    terms : (2, 9) float64
        Of the cubic polynomials for mineral and for soft tissue, in the order
        l h l² lh h² l³ l²h lh² h³ of the log attenuations l and h.
    least_count : float
        A pixel with fewer photons in either channel is not measured.

    Returns
    -------
    maps : (7, row, column) float64
        Log attenuation low and high (half a photon is added to each count: the
        mean of ln(N + 1/2) is the logarithm of the mean to second order),
        apparent mineral and soft tissue [g/cm2], then the variance of the
        mineral, the covariance of both and the variance of the soft tissue from
        counting [g2/cm4]; NaN where it is not measured.
    """
    n_rows, n_columns = low.shape
    maps = np.empty((N_MAPS, n_rows, n_columns), np.float64)
    log_air_low, log_air_high = np.log(air_low), np.log(air_high)
    for r in range(n_rows):
        for c in range(n_columns):
            if not (low[r, c] >= least_count and high[r, c] >= least_count):
                for i in range(N_MAPS):
                    maps[i, r, c] = np.nan
                continue
            n_low, n_high = low[r, c] + 0.5, high[r, c] + 0.5
            x = log_air_low[c] - math.log(n_low)
            y = log_air_high[c] - math.log(n_high)
            maps[0, r, c], maps[1, r, c] = x, y
            for i in range(2):
                t = terms[i]
                second = t[2] * x * x + t[3] * x * y + t[4] * y * y
                third = (t[5] * x + t[6] * y) * x * x + (t[7] * x + t[8] * y) * y * y
                maps[2 + i, r, c] = t[0] * x + t[1] * y + second + third
            m, s = terms[0], terms[1]
            m_x = m[0] + 2 * m[2] * x + m[3] * y + (3 * m[5] * x + 2 * m[6] * y) * x + m[7] * y * y
            m_y = m[1] + m[3] * x + 2 * m[4] * y + m[6] * x * x + (2 * m[7] * x + 3 * m[8] * y) * y
            s_x = s[0] + 2 * s[2] * x + s[3] * y + (3 * s[5] * x + 2 * s[6] * y) * x + s[7] * y * y
            s_y = s[1] + s[3] * x + 2 * s[4] * y + s[6] * x * x + (2 * s[7] * x + 3 * s[8] * y) * y
            maps[4, r, c] = m_x * m_x / n_low + m_y * m_y / n_high
            maps[5, r, c] = m_x * s_x / n_low + m_y * s_y / n_high
            maps[6, r, c] = s_x * s_x / n_low + s_y * s_y / n_high
    return maps


@kernel()
def row_sums(maps: Array, mask: NDArray[np.bool_], x_mm: Array) -> Array:
    """Add up, row by row, what a line through the soft tissue beside bone needs.

    Parameters
    ----------
    maps : (7, row, column) float64
        Of `apparent_densities`.
    mask : (row, column) bool
        Pixels of soft tissue alone; none that is not measured.
    x_mm : (column,) float64

    Returns
    -------
    sums : (row, 8) float64
        Σ1, Σx, Σx², Σρ, Σρx with ρ = apparent mineral over soft tissue, then
        Σσ², Σσ²x, Σσ²x² with σ² the variance of ρ from counting.
    """
    n_rows, n_columns = mask.shape
    sums = np.zeros((n_rows, N_SUMS), np.float64)
    for r in range(n_rows):
        for c in range(n_columns):
            if mask[r, c]:
                x, soft = x_mm[c], maps[3, r, c]
                ratio = maps[2, r, c] / soft
                spread = maps[4, r, c] - 2 * ratio * maps[5, r, c] + ratio * ratio * maps[6, r, c]
                spread /= soft * soft
                sums[r, 0] += 1.0
                sums[r, 1] += x
                sums[r, 2] += x * x
                sums[r, 3] += ratio
                sums[r, 4] += ratio * x
                sums[r, 5] += spread
                sums[r, 6] += spread * x
                sums[r, 7] += spread * x * x
    return sums


@kernel()
def bone_density(maps: Array, line: Array, x_mm: Array, factor: float) -> tuple[Array, Array]:
    """Subtract what the soft tissue of the row looks like as mineral.

    Parameters
    ----------
    maps : (7, row, column) float64
        Of `apparent_densities`.
    line : (row, 2) float64
        Apparent mineral over soft tissue at x = 0, and its slope per mm.
    x_mm : (column,) float64
    factor : float
        Of the check of the day.

    Returns
    -------
    density, variance : (row, column) float64
        Areal density of bone mineral [g/cm2] and its variance from counting in
        this pixel alone; NaN where it is not measured.
    """
    _, n_rows, n_columns = maps.shape
    density = np.empty((n_rows, n_columns), np.float64)
    variance = np.empty((n_rows, n_columns), np.float64)
    for r in range(n_rows):
        for c in range(n_columns):
            ratio = line[r, 0] + line[r, 1] * x_mm[c]
            density[r, c] = factor * (maps[2, r, c] - ratio * maps[3, r, c])
            spread = maps[4, r, c] - 2 * ratio * maps[5, r, c] + ratio * ratio * maps[6, r, c]
            variance[r, c] = factor * factor * spread
    return density, variance
