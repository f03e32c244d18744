"""Variogram texture index of a vertebra, from a map of bone mineral density.

The index is the slope, at small distances, of the logarithm of the experimental
variogram on the logarithm of distance: 2 for a smooth slope, 2 H for a fractal
surface of Hurst exponent H, 0 for pixels that know nothing of their neighbours.
It is not the TBS, which is a maker's own, calibrated product; cut-offs published
for that do not apply here. It depends on pixel size, noise and distances, so only
indices of one device and one set of distances can be compared.

References
----------
Matheron G. Principles of geostatistics. Econ Geol 1963;58:1246-66: the
experimental variogram.
Pothuaud L, Carceller P, Hans D. Correlations between grey-level variations in 2D
projection images (TBS) and 3D microarchitecture. Bone 2008;42:775-87: the slope
at the origin of the log-log variogram of a projected density.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bonescan.model.arrays import kernel_input

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

NEEDS_DENSITY = "texture_needs_density"
NOT_DEFINED = "texture_not_defined"
LARGEST_LAG_MM = 2.0  # "at the origin": half a vertebra's height says nothing of its texture
LEAST_RINGS, LEAST_PAIRS = 4, 200
LEAST_PIXELS = 400  # a vertebra of 10 cm2 has 1,600 of 0.6 mm x 1.05 mm
COARSEST_PIXEL_MM = 1.2
# a picture of 8 bits has at most 256 grey values (a real one had 127), a map of computed densities
# about as many values as pixels
FEWEST_VALUES, PER_PIXELS = 257, 4
HIGHEST_G_CM2 = 10.0  # no bone is as dense; grey values are


@dataclass(frozen=True, slots=True, kw_only=True)
class Texture:
    """A texture index with what it rests on, or why there is none."""

    index: float | None = None
    lag_mm: tuple[float, ...] = ()  # root mean square distance of each ring
    variogram_g2_cm4: tuple[float, ...] = ()  # mean squared difference, halved
    n_pixels: int = 0
    flags: tuple[str, ...] = ()
    reason: str = ""


def texture_index(
    bmd_g_cm2: NDArray[Any],
    pixel_mm: tuple[float, float],
    mask: NDArray[np.bool_] | None = None,
    noise_g_cm2: float = 0.0,
) -> Texture:
    """Take the variogram texture index of one region.

    Parameters
    ----------
    bmd_g_cm2 : (n_rows, n_columns) float
        A map of areal density, not a picture: integers, 256 values or fewer among
        more than 1,000 pixels, and values above 10 are refused. NaN is left out.
    pixel_mm : (float, float)
        Width and height of a pixel [mm].
    mask : (n_rows, n_columns) bool, optional
        True inside the vertebra.
    noise_g_cm2 : float, default 0
        Known standard deviation of independent noise of one pixel; its square is
        taken off the (halved) variogram.

    Returns
    -------
    texture : Texture
        `index` None with a flag and a reason where there is none: pictures
        (`texture_needs_density`), too few pixels, coarse pixels, no variation
        left above the noise (`texture_not_defined`).
    """
    values = np.asarray(bmd_g_cm2)
    reason = picture_not_map(values)
    if reason:
        return Texture(flags=(NEEDS_DENSITY,), reason=reason)
    if not all(np.isfinite(mm) and 0.0 < mm <= COARSEST_PIXEL_MM for mm in pixel_mm):
        return _undefined(f"pixels not between 0 and {COARSEST_PIXEL_MM} mm", 0)
    inside = np.isfinite(values) if mask is None else np.isfinite(values) & mask
    n_pixels = int(inside.sum())
    lags, halved, n_pairs = _rings(np.where(inside, values, np.nan), inside, pixel_mm)
    if n_pixels < LEAST_PIXELS or n_pairs.size < LEAST_RINGS or n_pairs.min() < LEAST_PAIRS:
        return _undefined(f"{n_pixels} pixels are too few", n_pixels)
    above = halved - noise_g_cm2**2
    # flat but for the last bits of double precision is flat
    if above.min() <= (1e-12 * float(np.nanmax(np.abs(values[inside])))) ** 2:
        return _undefined("no variation above the noise", n_pixels)
    x, y = np.log(lags), np.log(above)
    x = x - x.mean()
    return Texture(
        index=float(x @ y / (x @ x)),
        lag_mm=tuple(float(v) for v in lags),
        variogram_g2_cm4=tuple(float(v) for v in halved),
        n_pixels=n_pixels,
    )


def picture_not_map(values: NDArray[Any]) -> str:
    """Say why these are grey values of a picture; "" when they may be densities."""
    if values.ndim != 2 or values.size == 0:  # noqa: PLR2004 - rows and columns
        return "no map of rows and columns"
    if not np.issubdtype(values.dtype, np.floating):
        return "grey values of a windowed picture, not densities"
    known = values[np.isfinite(values)]
    if known.size and float(known.max()) > HIGHEST_G_CM2:
        return f"values above {HIGHEST_G_CM2:.0f} are no densities in g/cm2"
    n_values = np.unique(known[known != 0.0]).size
    if n_values < FEWEST_VALUES and known.size > PER_PIXELS * FEWEST_VALUES:
        return f"{n_values} grey values of a windowed picture, not densities"
    return ""


def _undefined(reason: str, n_pixels: int) -> Texture:
    return Texture(n_pixels=n_pixels, flags=(NOT_DEFINED,), reason=reason)


def _rings(
    values: Array, inside: NDArray[np.bool_], pixel_mm: tuple[float, float]
) -> tuple[Array, Array, Array]:
    """Give distance, halved mean squared difference and number of pairs of each ring.

    A ring holds all directions alike, so that a slope across the region counts the
    same whichever way it falls.
    """
    from bonescan.kernels.variogram import squared_differences  # compiled only where it is needed

    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if rows.size == 0:
        return np.empty(0), np.empty(0), np.empty(0)
    cut = values[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    offsets, distance_mm, ring = offsets_of(pixel_mm)
    sums, n_pairs = squared_differences(kernel_input(cut), kernel_input(offsets, np.int64))
    n_rings = int(ring.max())
    total = np.bincount(ring, n_pairs, n_rings + 1)[1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        halved = np.bincount(ring, sums, n_rings + 1)[1:] / total / 2.0
        lags = np.sqrt(np.bincount(ring, n_pairs * distance_mm**2, n_rings + 1)[1:] / total)
    return lags, halved, np.asarray(total, dtype=np.float64)


def offsets_of(
    pixel_mm: tuple[float, float],
) -> tuple[NDArray[np.int64], Array, NDArray[np.int64]]:
    """List the offsets of half a plane with their length [mm] and ring (1, 2, ...).

    Rings are as wide as the longer side of a pixel; there are at least four, so
    with pixels above 0.5 mm they reach beyond `LARGEST_LAG_MM`.
    """
    width = max(pixel_mm)
    n_rings = max(LEAST_RINGS, int(LARGEST_LAG_MM / width + 1e-9))
    reach = [int((n_rings + 0.5) * width / mm) for mm in pixel_mm]
    down, across = np.mgrid[0 : reach[1] + 1, -reach[0] : reach[0] + 1]
    ahead = (down > 0) | (across > 0)
    length = np.hypot(down * pixel_mm[1], across * pixel_mm[0])
    ring = np.floor(length / width + 0.5).astype(np.int64)
    kept = ahead & (ring >= 1) & (ring <= n_rings)
    return np.stack([down[kept], across[kept]], axis=1), length[kept], ring[kept]
