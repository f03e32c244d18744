"""From pixels to ink: which pictures look like a printed page, and how dark each pixel is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAPER_SHARE = 0.40  # of all pixels within PAPER_LEVELS of the commonest grey: a page, no scan
PAPER_LEVELS = 6  # on 0..255; what JPEG does to even paper
MIN_CONTRAST = 60.0  # between paper and ink, on 0..255
MIN_SIDE_PX, MAX_PIXELS = 60, 40 * 10**6
_EXTREME_1 = 0.002  # share of pixels that are ink at the least
_COLOUR_DIMENSIONS = 3


def page_ink(pixels: NDArray[Any]) -> NDArray[np.float32] | None:
    """Turn a page into ink between 0 (paper) and 1.

    Parameters
    ----------
    pixels : (row, column) or (row, column, 3 or more) number
        Dark on light or light on dark.

    Returns
    -------
    ink : (row, column) float32, or None
        None where the picture has no paper: most of a scan's pixels are tissue
        of many greys, most of a page's are of one.
    """
    grey = _eight_bit(pixels)
    if grey is None or min(grey.shape) < MIN_SIDE_PX or grey.size > MAX_PIXELS:
        return None
    counts = np.bincount(grey.ravel(), minlength=256)
    window = np.convolve(counts, np.ones(2 * PAPER_LEVELS + 1), "same")
    middle = int(window.argmax())
    if window[middle] < PAPER_SHARE * grey.size:
        return None
    first = max(0, middle - PAPER_LEVELS)
    paper = first + int(counts[first : middle + PAPER_LEVELS + 1].argmax())
    level = _darkest(counts, paper)
    if abs(level - paper) < MIN_CONTRAST:
        return None
    shade = (np.arange(256) - paper) / (level - paper)
    return np.clip(shade, 0.0, 1.0).astype(np.float32)[grey]


def _darkest(counts: NDArray[np.int64], paper: int) -> int:
    """Find the level of full ink: the far end, away from the paper, that enough pixels reach."""
    is_light = paper >= 128  # noqa: PLR2004 - the middle of 0..255
    share = np.cumsum(counts if is_light else counts[::-1])
    at = int(np.searchsorted(share, _EXTREME_1 * counts.sum()))
    return at if is_light else 255 - at


def _eight_bit(pixels: NDArray[Any]) -> NDArray[np.uint8] | None:
    """Give greys of 0 to 255; colours become the sample that differs most from its paper."""
    if pixels.ndim == _COLOUR_DIMENSIONS:
        pixels = pixels[..., :3].mean(axis=-1)
    if pixels.ndim != 2 or not pixels.size:  # noqa: PLR2004 - (row, column)
        return None
    if pixels.dtype == np.uint8:
        return pixels
    low, high = float(np.min(pixels)), float(np.max(pixels))
    if not np.isfinite(low) or not np.isfinite(high) or high <= low:
        return None
    scaled = (pixels.astype(np.float32) - low) * np.float32(255.0 / (high - low))
    return np.asarray(np.rint(scaled), dtype=np.uint8)
