"""The three vertebrae of a spine phantom."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import ndimage

from .decompose import DensityMap
from .regions import Placed, Region, RegionsNotFound
from .segment import half_maximum

NAMES = ("L1", "L2", "L3")
LEAST_AREA_CM2 = 4.0
REACH_PX = 9  # sub-pixels that a zone extends beyond its bone


def place_phantom(image: DensityMap) -> Placed:
    """Find three separate blocks of mineral, one above the other.

    Raises
    ------
    RegionsNotFound
        Another number of blocks, or blocks side by side.
    """
    inside = half_maximum(image).inside
    labels, n = ndimage.label(inside)
    sub_pixels = np.bincount(labels.ravel())[1:]
    cell = image.cell_cm2 * image.density_g_cm2.size / inside.size
    large = [i + 1 for i in range(n) if sub_pixels[i] * cell >= LEAST_AREA_CM2]
    if len(large) != len(NAMES):
        raise RegionsNotFound(f"{len(large)} vertebrae of a phantom, wanted {len(NAMES)}")
    boxes = ndimage.find_objects(labels)
    large.sort(key=lambda i: boxes[i - 1][0].start)
    for upper, lower in pairwise(large):
        if boxes[upper - 1][0].stop + 2 * REACH_PX > boxes[lower - 1][0].start:
            raise RegionsNotFound("vertebrae of a phantom that don't lie one above the other")
    zones = [ndimage.binary_dilation(labels == i, iterations=REACH_PX) for i in large]
    return Placed(
        regions=tuple(Region(site=s, zone=z) for s, z in zip(NAMES, zones, strict=True)),
        bone_at=lambda level: half_maximum(image, level),
    )
