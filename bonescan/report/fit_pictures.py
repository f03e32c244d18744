"""Keep a page small: shrink its pictures together until they fit."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

BUDGET_BYTES = 220_000  # of PNG; base64 makes it 293 kB of a page of at most 400 kB
STEPS = ((1.0, 16), (0.75, 16), (0.5, 16), (0.35, 12), (0.25, 8))  # (scale, grey levels)
LEAST_SIDE_PX = 48


def fit_pictures(pngs: Sequence[bytes], budget_bytes: int = BUDGET_BYTES) -> list[bytes]:
    """Shrink greyscale pictures alike until they fit together.

    Parameters
    ----------
    pngs : sequence of bytes
        PNG files. They come back untouched when they fit as they are.
    budget_bytes : int
        Of all of them together.

    Returns
    -------
    pngs : list of bytes
        As many as came in; empty bytes for the last ones when even the
        smallest form of all does not fit, or when one is no picture.
    """
    if sum(map(len, pngs)) <= budget_bytes:
        return list(pngs)
    small = list(pngs)
    for scale, levels in STEPS:
        small = [_smaller(png, scale, levels) for png in pngs]
        if sum(map(len, small)) <= budget_bytes:
            return small
    kept, left = [], budget_bytes
    for png in small:
        left -= len(png)
        kept.append(png if left >= 0 else b"")
    return kept


def _smaller(png: bytes, scale: float, levels: int) -> bytes:
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as opened:
            grey = opened.convert("L")
    except (OSError, ValueError, Image.DecompressionBombError):
        return b""
    size = [max(round(side * scale), min(side, LEAST_SIDE_PX)) for side in grey.size]
    if scale < 1.0:
        grey = grey.resize((size[0], size[1]), Image.Resampling.BOX)
    step = 255 / (levels - 1)
    coarse = grey.point([round(round(v / step) * step) for v in range(256)])
    out = io.BytesIO()
    coarse.quantize(levels).save(out, "PNG", optimize=True)
    return out.getvalue()
