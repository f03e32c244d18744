"""A small picture of a densitometry image for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bonescan.files.png import grey_png, shrink
from bonescan.model.outcome import Picture
from bonescan.model.scan import ImageInfo

from .spine_picture import SpineMarks, mark_spine

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_PNG_BYTES = 80_000
MAX_SIDE_PX = 560
_STEP = 0.85


def dxa_picture(
    pixels: NDArray[Any],
    site: str,
    image: ImageInfo,
    inverted: bool,
    marks: SpineMarks | None = None,
) -> Picture:
    """Draw the image with square pixels, at most `MAX_PNG_BYTES` large.

    Parameters
    ----------
    pixels : (n_rows, n_columns) integer or float
        As stored; the darkest becomes black.
    inverted : bool
        MONOCHROME1: low values are bright.
    marks : SpineMarks, optional
        Of a lumbar spine: drawn over it, where there are any.
    """
    pitch = image.pixel_pitch_mm or (1.0, 1.0)
    extent = (pixels.shape[0] * pitch[1], pixels.shape[1] * pitch[0])
    # pixels are only averaged, never made up: the coarser direction sets the scale
    finest = min(n / mm for n, mm in zip(pixels.shape, extent, strict=True))
    scale = min(finest, MAX_SIDE_PX / max(extent))
    while True:
        rows = _within(round(extent[0] * scale), pixels.shape[0])
        columns = _within(round(extent[1] * scale), pixels.shape[1])
        png = grey_png(_eight_bit(shrink(pixels, rows, columns), pixels, inverted))
        if len(png) <= MAX_PNG_BYTES or rows == columns == 1:
            break
        scale *= _STEP
    known = image.pixel_pitch_mm is not None
    picture = Picture(
        kind="dxa",
        site=site,
        png=png,
        width_px=columns,
        height_px=rows,
        width_mm=extent[1] if known else None,
        height_mm=extent[0] if known else None,
    )
    return picture if marks is None else mark_spine(picture, marks, pixels.shape)


def _within(wanted: int, available: int) -> int:
    return min(max(1, wanted), available)


def _eight_bit(
    small: NDArray[np.float64], stored: NDArray[Any], inverted: bool
) -> NDArray[np.uint8]:
    """Stretch to 0..255; 8-bit pictures keep their grey values."""
    if stored.dtype != np.uint8:
        small = np.nan_to_num(small)
        low, high = float(small.min()), float(small.max())
        small = (small - low) * (255.0 / ((high - low) or 1.0))
    grey = np.rint(small).astype(np.uint8)
    return 255 - grey if inverted else grey
