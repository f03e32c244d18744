"""Disc lines and numbered vertebral regions drawn over the picture of a lumbar spine.

A picture has no BMD scale: it gives lines, never a density. Its regions carry
numbers from above and not L1 to L4. A name would rest on the last rib, the
iliac crest and the count of vertebrae, which differ between people (four or six
lumbar vertebrae, transitional ones) and may lie outside the picture; so the
picture alone never makes it certain, and a person names them.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from bonescan.model.outcome import Overlay, Picture

from .discs import FLANK_MM, HALF_BAND_MM, Discs, blur, find_discs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SPINE_PICTURES = frozenset({"lumbar-spine"})
NO_SCALE = "no_bmd_scale"
NO_SPINE = "spine_not_found"
SEARCH_PIXEL_MM = 0.5  # finer pixels are skipped: a disc is 8 mm high
_EDGE_BLUR_MM = 1.0
_LINE_BEYOND_MM = 6.0  # how far a disc line reaches beyond the vertebrae


@dataclass(frozen=True, slots=True, kw_only=True)
class SpineMarks:
    """Lines and regions in pixels of the stored image, or why there are none."""

    disc_rows: tuple[float, ...] = ()
    regions: tuple[tuple[float, float, float, float], ...] = ()  # left, top, right, bottom
    reason: str = ""


def find_spine(
    pixels: NDArray[Any], pixel_mm: tuple[float, float] | None, *, inverted: bool = False
) -> SpineMarks:
    """Find disc lines and the regions between them.

    Parameters
    ----------
    pixels : (n_rows, n_columns) integer or float
        As stored.
    pixel_mm : (float, float) or None
        Width and height of a pixel [mm]; None: not known, so nothing is marked.
    inverted : bool
        MONOCHROME1: low values are bright.

    Returns
    -------
    marks : SpineMarks
        At least three lines and the regions between them, from above; none and
        a reason where it is not sure.
    """
    if pixel_mm is None:
        return SpineMarks(reason="the size of a pixel is not known")
    if pixels.ndim != 2:  # noqa: PLR2004 - rows and columns
        return SpineMarks(reason="no picture of rows and columns")
    step = tuple(
        max(1, int(SEARCH_PIXEL_MM / mm)) if np.isfinite(mm) and mm > 0.0 else 1 for mm in pixel_mm
    )
    small = pixels[:: step[1], :: step[0]].astype(np.float64)
    pitch = (pixel_mm[0] * step[0], pixel_mm[1] * step[1])
    if inverted and small.size:
        small = small.max() - small
    discs = find_discs(small, pitch)
    if discs.column is None:
        return SpineMarks(reason=discs.reason)
    return SpineMarks(
        disc_rows=tuple((row + 0.5) * step[1] - 0.5 for row in discs.rows),
        regions=_regions(small, pitch, discs, step),
    )


def mark_spine(picture: Picture, marks: SpineMarks, shape: tuple[int, ...]) -> Picture:
    """Draw the marks over a picture of the image whose shape is (n_rows, n_columns).

    Returns
    -------
    picture : Picture
        With overlays "disc" and "region", the regions labelled 1, 2, ... from
        above, and the flag `no_bmd_scale`; with `spine_not_found` where
        there are no marks.
    """
    if not marks.disc_rows:
        return dataclasses.replace(picture, flags=(*picture.flags, NO_SCALE, NO_SPINE))
    across, down = picture.width_px / shape[1], picture.height_px / shape[0]

    def at(x: float, y: float) -> tuple[float, float]:
        return round((x + 0.5) * across, 1), round((y + 0.5) * down, 1)

    boxes = [
        Overlay(
            name="region", points=(at(a, b), at(c, b), at(c, d), at(a, d), at(a, b)), label=name
        )
        for name, (a, b, c, d) in zip(_numbers(marks), marks.regions, strict=True)
    ]
    beyond = _beyond(picture, marks, shape)
    left = max(0.0, min(a for a, _, _, _ in marks.regions) - beyond)
    right = min(shape[1] - 1.0, max(c for _, _, c, _ in marks.regions) + beyond)
    lines = [Overlay(name="disc", points=(at(left, r), at(right, r))) for r in marks.disc_rows]
    return dataclasses.replace(
        picture,
        overlays=(*picture.overlays, *boxes, *lines),
        flags=(*picture.flags, NO_SCALE),
    )


def spine_words(marks: SpineMarks) -> tuple[str, str]:
    """Say in one line what was marked: key and text of a detail."""
    if not marks.disc_rows:
        return "spine in the picture", f"{NO_SPINE}: {marks.reason}; nothing is marked"
    rows = ", ".join(f"{row:.0f}" for row in marks.disc_rows)
    return (
        "spine in the picture",
        f"disc lines at rows {rows}; regions {', '.join(_numbers(marks))} from above, not named; "
        f"{NO_SCALE}: grey values, no density is measured and no texture index taken",
    )


def _numbers(marks: SpineMarks) -> tuple[str, ...]:
    return tuple(str(number + 1) for number in range(len(marks.regions)))


def _beyond(picture: Picture, marks: SpineMarks, shape: tuple[int, ...]) -> float:
    if not picture.width_mm:
        return 0.0
    return _LINE_BEYOND_MM * shape[1] / picture.width_mm


def _regions(
    small: Array, pitch: tuple[float, float], discs: Discs, step: tuple[int, ...]
) -> tuple[tuple[float, float, float, float], ...]:
    """Box each vertebra: from disc to disc, and to half the brightness on either side."""
    boxes = []
    for top, bottom in pairwise(discs.rows):
        rows = small[round(top) : round(bottom) + 1]
        left, right = _edges(rows, int(discs.column or 0.0), pitch[0])
        boxes.append(
            (
                (left + 0.5) * step[0] - 0.5,
                (top + 0.5) * step[1] - 0.5,
                (right + 0.5) * step[0] - 0.5,
                (bottom + 0.5) * step[1] - 0.5,
            )
        )
    return tuple(boxes)


def _edges(rows: Array, axis: int, pitch_mm: float) -> tuple[float, float]:
    """Walk from the axis outward to where the mean falls below half way to the flanks."""
    # the median of a column is not moved by a transverse process or a staircase margin
    level = blur(np.median(rows, axis=0), _EDGE_BLUR_MM / pitch_mm)
    distance = np.abs(np.arange(level.size) - axis) * pitch_mm
    inner = float(level[distance <= HALF_BAND_MM / 2.0].mean())
    beside = (distance >= FLANK_MM[0]) & (distance <= FLANK_MM[1])
    outer = float(np.median(level[beside]))
    dark = level < 0.5 * (inner + outer)
    dark &= distance >= HALF_BAND_MM / 2.0  # a dark spot inside a vertebra is no edge
    left = np.flatnonzero(dark[:axis])
    right = np.flatnonzero(dark[axis:])
    reach = FLANK_MM[0] / pitch_mm  # no vertebra is wider
    return (
        float(max(left[-1] if left.size else 0, axis - reach, 0)),
        float(min(axis + right[0] if right.size else level.size - 1, axis + reach, level.size - 1)),
    )
