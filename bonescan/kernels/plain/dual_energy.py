"""Twins of `kernels.dual_energy`, and the terms of its polynomial."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

N_TERMS = 9


def cubic_terms(low: Array, high: Array) -> Array:
    """List all terms to third order without a constant, (..., 9): l h l² lh h² l³ l²h lh² h³."""
    return np.stack(
        [
            low,
            high,
            low * low,
            low * high,
            high * high,
            low**3,
            low * low * high,
            low * high * high,
            high**3,
        ],
        axis=-1,
    )


def slopes(low: Array, high: Array) -> tuple[Array, Array]:
    """Differentiate `cubic_terms` by the low and by the high log attenuation, (..., 9) each."""
    return _by_low(low, high), _by_high(low, high)


def _by_low(low: Array, high: Array) -> Array:
    one, none = np.ones_like(low), np.zeros_like(low)
    return np.stack(
        [one, none, 2 * low, high, none, 3 * low * low, 2 * low * high, high * high, none], axis=-1
    )


def _by_high(low: Array, high: Array) -> Array:
    one, none = np.ones_like(low), np.zeros_like(low)
    return np.stack(
        [none, one, none, low, 2 * high, none, low * low, 2 * low * high, 3 * high * high], axis=-1
    )


def apparent_densities(
    low: Array, high: Array, air_low: Array, air_high: Array, terms: Array, least_count: float
) -> Array:
    """Twin of `kernels.dual_energy.apparent_densities`."""
    usable = (low >= least_count) & (high >= least_count)
    n_low, n_high = np.where(usable, low, 1.0) + 0.5, np.where(usable, high, 1.0) + 0.5
    x, y = np.log(air_low / n_low), np.log(air_high / n_high)
    by_low, by_high = (slope @ terms.T for slope in slopes(x, y))
    out = np.empty((7, *low.shape))
    out[0], out[1] = x, y
    out[2:4] = np.moveaxis(cubic_terms(x, y) @ terms.T, -1, 0)
    products = (by_low[..., 0] ** 2, by_low[..., 0] * by_low[..., 1], by_low[..., 1] ** 2)
    others = (by_high[..., 0] ** 2, by_high[..., 0] * by_high[..., 1], by_high[..., 1] ** 2)
    for i, (one, other) in enumerate(zip(products, others, strict=True)):
        out[4 + i] = one / n_low + other / n_high
    out[:, ~usable] = np.nan
    return out


def row_sums(maps: Array, mask: NDArray[np.bool_], x_mm: Array) -> Array:
    """Twin of `kernels.dual_energy.row_sums`."""
    soft = np.where(mask, maps[3], 1.0)
    ratio = np.where(mask, maps[2] / soft, 0.0)
    spread = np.where(mask, (maps[4] - 2 * ratio * maps[5] + ratio**2 * maps[6]) / soft**2, 0.0)
    inside = mask.astype(np.float64)
    columns = [
        inside,
        inside * x_mm,
        inside * x_mm * x_mm,
        ratio,
        ratio * x_mm,
        spread,
        spread * x_mm,
        spread * x_mm * x_mm,
    ]
    return np.stack([c.sum(axis=1) for c in columns], axis=1)


def bone_density(maps: Array, line: Array, x_mm: Array, factor: float) -> tuple[Array, Array]:
    """Twin of `kernels.dual_energy.bone_density`."""
    ratio = line[:, :1] + line[:, 1:] * x_mm
    density = factor * (maps[2] - ratio * maps[3])
    variance = factor**2 * (maps[4] - 2 * ratio * maps[5] + ratio**2 * maps[6])
    return density, variance
