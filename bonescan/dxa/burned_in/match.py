"""Which characters a glyph may be: its distance to the nearest known glyph of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bonescan.files.glyph_atlas import N_FEATURES, GlyphAtlas

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIGITS = "0123456789"
_BLOCK = 512


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Matches:
    """Distances of glyphs to characters.

    `distance` is (glyph, character), the root mean square difference of
    features on 0 to 1; `classes` names the columns.
    """

    distance: NDArray[np.float32]
    classes: tuple[str, ...]

    def ranked(self, glyph: int, allowed: str = "") -> list[tuple[str, float]]:
        """List characters and distances of one glyph, nearest first, of `allowed` ones if given."""
        row = self.distance[glyph]
        order = np.argsort(row, kind="stable")
        return [
            (self.classes[i], float(row[i]))
            for i in order
            if not allowed or self.classes[i] in allowed
        ]


def match_glyphs(features: Sequence[NDArray[np.uint8]], atlas: GlyphAtlas) -> Matches:
    """Hold glyphs against an atlas."""
    classes = atlas.classes
    order = np.argsort(atlas.labels, kind="stable")
    known = atlas.features[order].astype(np.float32) / np.float32(255.0)
    starts = np.searchsorted(atlas.labels[order], np.array(classes))
    norms = (known**2).sum(axis=1)
    asked = np.array(features, dtype=np.float32).reshape(-1, N_FEATURES) / np.float32(255.0)
    blocks: list[NDArray[Any]] = []
    for first in range(0, len(asked), _BLOCK):
        some = asked[first : first + _BLOCK]
        squares = (some**2).sum(axis=1)[:, None] + norms[None, :] - 2.0 * (some @ known.T)
        blocks.append(np.minimum.reduceat(squares, starts, axis=1))
    squares = np.concatenate(blocks) if blocks else np.empty((0, len(classes)), np.float32)
    distance = np.sqrt(np.maximum(squares, 0.0) / np.float32(N_FEATURES))
    return Matches(distance=distance.astype(np.float32), classes=classes)
