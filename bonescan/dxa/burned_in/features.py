"""What of a glyph is compared: its ink in a fixed grid, its shape, its height in the line."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from bonescan.files.glyph_atlas import N_COLUMNS, N_ROWS, N_SHAPE

from .glyphs import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ASPECT_1 = 1.2  # widths over heights up to this are told apart


def features_of(ink: NDArray[np.float32], box: Box, height: int) -> NDArray[np.uint8]:
    """Describe the glyph in a box.

    Parameters
    ----------
    ink : (row, column) float32
        Of the page.
    height : int
        Of the capitals and digits of its line.

    Returns
    -------
    features : (N_FEATURES,) uint8
    """
    part = ink[box.top : box.bottom, box.left : box.right]
    peak = float(part.max()) or 1.0
    grid = _shares(box.height, N_ROWS) @ (part / peak) @ _shares(box.width, N_COLUMNS).T
    aspect = min(1.0, box.width / box.height / _ASPECT_1)
    tall = min(1.0, box.height / max(1, height) / _ASPECT_1)
    shape = np.repeat((aspect, tall), N_SHAPE)
    return np.rint(np.concatenate((grid.ravel(), shape)) * 255.0).astype(np.uint8)


@lru_cache(maxsize=512)
def _shares(n_from: int, n_to: int) -> NDArray[np.float32]:
    """Give the share of each source row in each target row; rows sum to 1."""
    edges = np.arange(n_to + 1) * n_from / n_to
    lower = np.maximum(edges[:-1, None], np.arange(n_from)[None, :])
    upper = np.minimum(edges[1:, None], np.arange(1, n_from + 1)[None, :])
    shares = np.maximum(upper - lower, 0.0)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float32)
