"""Learn an atlas from glyphs whose names are known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from bonescan.files.glyph_atlas import N_FEATURES, GlyphAtlas

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEEP_1 = 0.115  # a glyph nearer than this to a kept one of its name adds nothing


def learn_atlas(
    labelled: Iterable[tuple[str, NDArray[np.uint8]]],
    onto: GlyphAtlas | None = None,
    keep_1: float = KEEP_1,
) -> GlyphAtlas:
    """Keep of each character the glyphs that differ from those kept before.

    Parameters
    ----------
    labelled : iterable of (character, features)
        As `features.features_of` gives them.
    onto : GlyphAtlas, optional
        An atlas to add to; it stays as it is.
    keep_1 : float
        Root mean square difference, on 0 to 1, from which a glyph is new.
    """
    groups: dict[str, list[NDArray[np.uint8]]] = {}
    for name, features in labelled:
        groups.setdefault(name, []).append(features)
    old = {} if onto is None else {c: onto.features[onto.labels == c] for c in onto.classes}
    names, kept = [], []
    for name in sorted(set(groups) | set(old)):
        members = _spread(old.get(name), groups.get(name, []), keep_1)
        names += [name] * len(members)
        kept.append(members)
    features = np.concatenate(kept) if kept else np.empty((0, N_FEATURES), np.uint8)
    return GlyphAtlas(features=features, labels=np.array(names, dtype="<U1"))


def _spread(
    old: NDArray[np.uint8] | None, new: list[NDArray[np.uint8]], keep_1: float
) -> NDArray[np.uint8]:
    size = (0 if old is None else len(old)) + len(new)
    kept = np.empty((size, N_FEATURES), np.uint8)
    count = 0
    if old is not None:
        kept[: len(old)] = old
        count = len(old)
    for features in new:
        if count:
            apart = kept[:count].astype(np.float32) - features.astype(np.float32)
            if float(np.sqrt((apart**2).mean(axis=1)).min()) < keep_1 * 255.0:
                continue
        kept[count] = features
        count += 1
    return kept[:count]
