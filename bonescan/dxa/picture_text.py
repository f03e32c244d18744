"""Whether a picture of a scan may have text in it.

Only asked of pictures that no report page is: letters are thin strokes, much
brighter or darker than what is around them, of like height, side by side. A
doubt counts as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .burned_in.ink import page_ink

if TYPE_CHECKING:
    from numpy.typing import NDArray

STROKE_PX = 9  # strokes up to this wide stand out
# contrast of the range of the picture's values, and letters side by side that make a word:
# pale letters are taken for text only in longer rows, as noise makes short ones
DOUBTS = ((0.20, 4), (0.30, 3), (0.45, 2))
HEIGHT_PX = (5, 64)
MAX_WIDTH_PX = 80
MIN_FILL_1 = 0.12  # of its box
LIKE_1 = 1.6  # heights of neighbours differ by less than this factor
NEAR_1 = 1.5  # the gap between neighbours, in heights
MAX_PIECES = 2_000  # a picture with more is not understood

Span = tuple[int, int, int, int]  # top, left, bottom, right


def may_hold_text(pixels: NDArray[Any]) -> bool:
    """Tell whether there may be text in a grey picture.

    Parameters
    ----------
    pixels : (row, column) integer or float
        Of either polarity.

    Returns
    -------
    doubt : bool
        True also where the picture looks like a printed page, or has more
        spots than can be judged.
    """
    if page_ink(pixels) is not None and _has_table(pixels):
        return True
    from scipy import ndimage

    low, high = float(pixels.min()), float(pixels.max())
    if high <= low:
        return False
    grey = ((pixels.astype(np.float32) - low) * np.float32(255.0 / (high - low))).astype(np.uint8)
    size = (STROKE_PX, STROKE_PX)
    for strokes in (ndimage.white_tophat(grey, size=size), ndimage.black_tophat(grey, size=size)):
        for contrast, in_row in DOUBTS:
            letters = _letters(strokes > contrast * 255.0)
            if letters is None or _has_row(letters, in_row):
                return True
    return False


def _has_table(pixels: NDArray[Any]) -> bool:
    """Tell whether the reader of report pages finds anything to read."""
    from .burned_in.read_page import read_page

    return read_page(pixels) is not None


def _letters(dark: NDArray[np.bool_]) -> list[Span] | None:
    """Box the pieces that may be letters; None where there are too many pieces to judge."""
    from scipy import ndimage

    labels, count = ndimage.label(dark, structure=np.ones((3, 3), dtype=int))
    if count > MAX_PIECES:
        return None
    found = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if not HEIGHT_PX[0] <= height <= HEIGHT_PX[1] or width > MAX_WIDTH_PX:
            continue
        fill = float((labels[rows, columns] == number).mean())
        # an upright "I" fills its box, a bone's edge is longer than a letter is high
        if fill >= MIN_FILL_1:
            found.append((rows.start, columns.start, rows.stop, columns.stop))
    return found


def _has_row(letters: list[Span], in_row: int) -> bool:
    """Tell whether `in_row` boxes of like height stand side by side."""
    boxes = sorted(letters, key=lambda b: b[1])
    longest = [1] * len(boxes)
    for right, box in enumerate(boxes):
        for left in range(right):
            if _neighbours(boxes[left], box):
                longest[right] = max(longest[right], longest[left] + 1)
        if longest[right] >= in_row:
            return True
    return False


def _neighbours(left: Span, right: Span) -> bool:
    heights = left[2] - left[0], right[2] - right[0]
    gap = right[1] - left[3]
    shared = min(left[2], right[2]) - max(left[0], right[0])
    return (
        max(heights) < LIKE_1 * min(heights)
        and -0.5 * min(heights) <= gap <= NEAR_1 * max(heights)
        and shared >= 0.6 * min(heights)
    )
