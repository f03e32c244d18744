"""Keep a page small: shrink its pictures together until they fit."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

BUDGET_BYTES = 290_000  # of a page of at most 400 kB, as base64 and with what is drawn over
STEPS = ((1.0, 16), (0.75, 16), (0.5, 16), (0.35, 12), (0.25, 8))  # (scale, grey levels)
LEAST_SIDE_PX = 48


def fit_pictures(
    pngs: Sequence[bytes], drawn_bytes: Sequence[int], budget_bytes: int = BUDGET_BYTES
) -> list[bytes]:
    """Shrink greyscale pictures alike until they fit together.

    Parameters
    ----------
    pngs : sequence of bytes
        PNG files. They come back untouched when they fit as they are.
    drawn_bytes : sequence of int
        What each picture costs the page besides its pixels.
    budget_bytes : int
        Of all of them together.

    Returns
    -------
    pngs : list of bytes
        As many as came in; empty bytes for the last ones when even the
        smallest form of all does not fit, and for one that is no picture.
    """
    if _cost(pngs, drawn_bytes) <= budget_bytes:
        return list(pngs)
    coarse = small = [_smaller(png, *STEPS[0]) for png in pngs]
    for scale, levels in STEPS:
        guess = sum(len(png) for png in coarse) * scale**2  # bytes go with pixels
        if guess > budget_bytes and (scale, levels) != STEPS[-1]:
            continue
        small = coarse if scale == 1.0 else [_smaller(png, scale, levels) for png in pngs]
        if _cost(small, drawn_bytes) <= budget_bytes:
            return small
    kept = 0
    while kept < len(small) and _cost(small[: kept + 1], drawn_bytes) <= budget_bytes:
        kept += 1
    return small[:kept] + [b""] * (len(small) - kept)


def _cost(pngs: Sequence[bytes], drawn_bytes: Sequence[int]) -> int:
    """Count what pictures take on the page; base64 writes four bytes for three."""
    return sum(len(png) * 4 // 3 + drawn for png, drawn in zip(pngs, drawn_bytes, strict=False))


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
