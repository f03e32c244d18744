"""The map of bone mineral as a small picture with its regions."""

from __future__ import annotations

import dataclasses

import numpy as np

from bonescan.model.outcome import Overlay, Picture
from bonescan.model.scan import ImageInfo

from .decompose import DensityMap
from .picture import dxa_picture
from .regions import Placed
from .segment import FINER, Bone

WHITE_G_CM2 = 1.6
MAX_POINTS = 160


def density_picture(
    density: DensityMap, site: str, placed: Placed | None = None, bone: Bone | None = None
) -> Picture:
    """Draw the map, 0 black and 1.6 g/cm2 white, and the outline of each region.

    The regions that others are made up of (L1-L4, total hip) are drawn by their parts.
    """
    values = np.clip(np.nan_to_num(density.density_g_cm2) / WHITE_G_CM2, 0.0, 1.0)
    grey = np.rint(255.0 * values).astype(np.uint8)
    n_rows, n_columns = grey.shape
    info = ImageInfo(
        n_rows=n_rows,
        n_columns=n_columns,
        pixel_pitch_mm=density.pixel_mm,
        pitch_source="file",
    )
    picture = dxa_picture(grey, site, info, inverted=False)
    if placed is None or bone is None:
        return picture
    overlays = []
    for region in placed.regions:
        if region.site == "L1-L4" or region.site.startswith("total-hip"):
            continue
        points = _outline(region.zone & bone.inside)
        across = picture.width_px / (n_columns * FINER)
        down = picture.height_px / (n_rows * FINER)
        overlays.append(
            Overlay(
                name="region",
                points=tuple((round(x * across, 1), round(y * down, 1)) for x, y in points),
                label=region.site,
            )
        )
    return dataclasses.replace(picture, overlays=(*picture.overlays, *overlays))


def _outline(mask: np.ndarray) -> list[tuple[float, float]]:
    """Follow the longest outline of a mask, in sub-pixels; at most `MAX_POINTS` of it."""
    from skimage.measure import find_contours  # slow to import

    padded = np.pad(mask, 1).astype(np.float64)
    lines = find_contours(padded, 0.5)  # type: ignore[no-untyped-call]
    if not lines:
        return []
    longest = max(lines, key=len)
    step = max(1, -(-len(longest) // MAX_POINTS))
    kept = [*longest[::step], longest[0]]
    return [(float(x) - 0.5, float(y) - 0.5) for y, x in kept]
