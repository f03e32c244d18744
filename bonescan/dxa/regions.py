"""Measured regions: where they are, and why there are none.

A region is never guessed: whatever is not where anatomy puts it ends as
`RegionsNotFound` with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.model.arrays import Array

from .hip_structure import Line
from .segment import FINER, Bone, in_pixels

Mask = NDArray[np.bool_]
BoneAt = Callable[[float], Bone]  # level of the edge rule -> bone


class RegionsNotFound(Exception):  # noqa: N818 - a verdict on an image, turned into an outcome
    """The image does not show what its regions are placed by."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, eq=False, kw_only=True)
class Region:
    """One region on the sub-pixels: bone within `zone`."""

    site: str
    zone: Mask

    def area_weights(self, bone: Bone) -> Array:
        """Share of each pixel that is bone of this region."""
        return in_pixels(self.zone & bone.inside)

    def mass_weights(self, bone: Bone) -> Array:
        """Share of each pixel whose mineral belongs to this region.

        It reaches a pixel beyond the edge: a pixel on the edge is bone in part
        only, and what the beam spread outward is counted where it fell.
        """
        return in_pixels(self.zone & bone.with_margin)


@dataclass(frozen=True, eq=False, kw_only=True)
class HipAxes:
    """Axes of neck and shaft and the femur as if of a left hip: mirrored for a right one."""

    neck: Line
    shaft: Line
    femur: Mask  # on the sub-pixels
    mirrored: bool


@dataclass(frozen=True, eq=False, kw_only=True)
class Placed:
    """The regions of one image, the bone at any level of the edge rule, and how they were found."""

    regions: tuple[Region, ...]
    bone_at: BoneAt
    details: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()
    hip: HipAxes | None = None


def fine_grid(shape: tuple[int, int], pixel_mm: tuple[float, float]) -> tuple[Array, Array]:
    """Give x and y [mm] of the centres of the sub-pixels, from the image's upper left corner."""
    x = (np.arange(shape[1] * FINER) + 0.5) / FINER * pixel_mm[0]
    y = (np.arange(shape[0] * FINER) + 0.5) / FINER * pixel_mm[1]
    xx, yy = np.meshgrid(x, y)
    return xx, yy
