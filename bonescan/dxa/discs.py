"""The disc spaces of a lumbar spine seen from the front: dark rows of a bright column.

Works on 8-bit pictures and on maps of bone mineral density alike: only the order
and the ratio of grey values count. It prefers no answer to a doubtful one.

References
----------
The recipe (column of the largest mean, profile of a band around it, minima at
least a vertebra apart) was tried on one real image, a GE iDXA spine of the UK
Biobank's example archive; heights of lumbar vertebrae with their disc lie
between 26 and 45 mm on published reports and on that image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

COARSEST_PIXEL_MM = 2.0  # a disc is some 8 mm high
LEAST_EXTENT_MM = 60.0  # two vertebrae; and the spine with something on either side of it
HALF_BAND_MM = 22.0  # half the width of a lumbar vertebra, with a little air
COLUMN_BLUR_MM = 10.0
ROW_BLUR_MM = 2.0
LEAST_HEIGHT_MM, LARGEST_HEIGHT_MM = 20.0, 50.0  # of a vertebra with its disc
LEAST_PROMINENCE_1 = 0.25  # of the profile's range
LEAST_CONTRAST_1 = 0.15  # range of the profile over its largest value
LARGEST_FLANK_1 = 0.7  # brightness beside the spine over that of the spine
FLANK_MM = (35.0, 55.0)
LARGEST_RATIO_1 = 1.45  # of two neighbouring heights; the real image has 1.13
# Lumbar vertebrae grow downward (35 to 44 mm on the real image); upside down it would be 0.79.
LEAST_LAST_1 = 0.85  # height of the lowest over that of the uppermost
LEAST_LINES = 3
_LEAST_MARGIN_1 = 0.001  # of all pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Discs:
    """Where the disc spaces are, or why nobody can say."""

    rows: tuple[float, ...] = ()  # from above, fractional
    column: float | None = None  # of the spine's axis
    reason: str = ""  # "" where there are rows


def find_disc_rows(image: NDArray[Any], pixel_mm: tuple[float, float]) -> tuple[float, ...]:
    """Find the rows of the disc spaces of an upright lumbar spine.

    Parameters
    ----------
    image : (n_rows, n_columns) float64
        Bright bone, head above: grey values or areal density [g/cm2]; NaN counts
        as 0. A margin of the largest value along the left or right edge (the
        no-data staircase of a sweeping scanner) is left out.
    pixel_mm : (float, float)
        Width and height of a pixel [mm]: spacing of the columns, then of the rows.

    Returns
    -------
    rows : tuple of float
        Fractional rows from above, at least three; empty where it is not sure
        (`find_discs` says why).
    """
    return find_discs(image, pixel_mm).rows


def find_discs(image: NDArray[Any], pixel_mm: tuple[float, float]) -> Discs:
    """Find the disc spaces, the axis of the spine, or the reason why there are none."""
    reason = _unfit(image, pixel_mm)
    if reason:
        return Discs(reason=reason)
    values = np.nan_to_num(np.asarray(image, dtype=np.float64), posinf=0.0, neginf=0.0)
    values = values - float(values.min())
    inside = ~_margin(values)
    axis = _axis(values, inside, pixel_mm[0])
    if axis is None:
        return Discs(reason="no bright column with darker flanks")
    profile = _profile(values, inside, axis, pixel_mm)
    rows, reason = _regular_minima(profile, pixel_mm[1])
    return Discs(rows=rows, column=float(axis) if rows else None, reason=reason)


def _unfit(image: NDArray[Any], pixel_mm: tuple[float, float]) -> str:
    if image.ndim != 2 or 0 in image.shape:  # noqa: PLR2004 - rows and columns
        return "no picture of rows and columns"
    if not all(np.isfinite(mm) and 0.0 < mm <= COARSEST_PIXEL_MM for mm in pixel_mm):
        return f"pixels not between 0 and {COARSEST_PIXEL_MM:.0f} mm"
    extent = (image.shape[1] * pixel_mm[0], image.shape[0] * pixel_mm[1])
    if min(extent) < LEAST_EXTENT_MM:
        return f"{extent[0]:.0f} × {extent[1]:.0f} mm shows no lumbar spine with its flanks"
    return ""


def _margin(values: Array) -> NDArray[np.bool_]:
    """Find what is at the largest value from the left or right edge inward without a gap."""
    full = values >= 0.99 * float(values.max())  # 250 to 252 of 252
    margin = np.logical_and.accumulate(full, axis=1)
    margin |= np.logical_and.accumulate(full[:, ::-1], axis=1)[:, ::-1]
    if margin.all() or margin.mean() < _LEAST_MARGIN_1:
        return np.zeros_like(margin)
    return margin


def _axis(values: Array, inside: NDArray[np.bool_], pitch_mm: float) -> int | None:
    """Find the column of the spine; None where it does not stand out from its flanks."""
    counts = inside.sum(axis=0)
    means = np.where(inside, values, 0.0).sum(axis=0) / np.maximum(counts, 1)
    means[counts * 2 < values.shape[0]] = 0.0  # columns that are mostly margin
    smooth = blur(means, COLUMN_BLUR_MM / pitch_mm)
    axis = int(smooth.argmax())
    distance_mm = np.abs(np.arange(means.size) - axis) * pitch_mm
    seen = counts * 2 >= values.shape[0]
    spine = means[(distance_mm <= HALF_BAND_MM) & seen]
    flanks = means[(distance_mm >= FLANK_MM[0]) & (distance_mm <= FLANK_MM[1]) & seen]
    if spine.size == 0 or flanks.size == 0:
        return None
    return axis if flanks.mean() < LARGEST_FLANK_1 * spine.mean() else None


def _profile(
    values: Array, inside: NDArray[np.bool_], axis: int, pixel_mm: tuple[float, float]
) -> Array:
    half = max(1, round(HALF_BAND_MM / pixel_mm[0]))
    band = slice(max(0, axis - half), axis + half + 1)
    counts = inside[:, band].sum(axis=1)
    sums = np.where(inside[:, band], values[:, band], 0.0).sum(axis=1)
    return blur(sums / np.maximum(counts, 1), ROW_BLUR_MM / pixel_mm[1])


def blur(signal: Array, sigma: float) -> Array:
    """Convolve with a Gaussian of `sigma` samples; the ends are mirrored."""
    reach = min(int(4.0 * sigma + 0.5), signal.size - 1)
    if reach < 1:
        return signal
    x = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (x / sigma) ** 2)
    padded = np.pad(signal, reach, mode="reflect")
    return np.convolve(padded, weights / weights.sum(), mode="valid")


def _regular_minima(profile: Array, pitch_mm: float) -> tuple[tuple[float, ...], str]:
    """Take the deep minima of the profile, if they stand as vertebrae do."""
    span = float(np.ptp(profile))
    if span < LEAST_CONTRAST_1 * float(profile.max()) or span == 0.0:
        return (), "no rows that are darker than others"
    deep = [(depth, row) for row, depth in _minima(profile) if depth >= LEAST_PROMINENCE_1 * span]
    kept: list[int] = []
    for _, row in sorted(deep, reverse=True):
        if all(abs(row - other) * pitch_mm >= LEAST_HEIGHT_MM for other in kept):
            kept.append(row)
    kept.sort()
    if len(kept) < LEAST_LINES:
        return (), f"{len(kept)} dark rows, wanted at least {LEAST_LINES}"
    heights = np.diff(kept) * pitch_mm
    ratios = np.maximum(heights[1:] / heights[:-1], heights[:-1] / heights[1:])
    if heights.max() > LARGEST_HEIGHT_MM or ratios.max() > LARGEST_RATIO_1:
        shown = ", ".join(f"{h:.0f}" for h in heights[:12])
        return (), f"dark rows {shown} mm apart are no row of vertebrae"
    if heights[-1] < LEAST_LAST_1 * heights[0]:
        return (), f"heights fall from {heights[0]:.0f} to {heights[-1]:.0f} mm: not head above"
    return tuple(_vertex(profile, row) for row in kept), ""


def _minima(profile: Array) -> list[tuple[int, float]]:
    """List the minima between the ends, with their depth below the lower of the two shoulders."""
    falls = np.flatnonzero((profile[1:-1] < profile[:-2]) & (profile[1:-1] <= profile[2:])) + 1
    found = []
    for row in falls:
        here = profile[row]
        shoulders = []
        for side in (profile[:row][::-1], profile[row + 1 :]):
            lower = np.flatnonzero(side < here)
            shoulders.append(float(side[: lower[0] if lower.size else side.size].max()))
        found.append((int(row), min(shoulders) - float(here)))
    return found


def _vertex(profile: Array, row: int) -> float:
    """Refine a minimum by the parabola through it and its neighbours."""
    left, here, right = profile[row - 1], profile[row], profile[row + 1]
    bend = left - 2.0 * here + right
    return float(row + (0.5 * (left - right) / bend if bend > 0.0 else 0.0))
