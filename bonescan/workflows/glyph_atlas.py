"""Make the bundled atlas of glyphs: letters drawn in the fonts at hand, as a reader sees them.

``python -m bonescan.workflows.glyph_atlas FILE.npz`` draws it anew. Some of the
fonts that report pages can be drawn with are left out on purpose, so that the
reader can be judged on letters it never saw.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bonescan.dxa.burned_in.features import features_of
from bonescan.dxa.burned_in.glyphs import INK_1, Box
from bonescan.dxa.burned_in.learn import learn_atlas
from bonescan.files.glyph_atlas import GlyphAtlas, write_atlas
from bonescan.simulate.report_fonts import BITMAP, PageFont

if TYPE_CHECKING:
    from numpy.typing import NDArray

FONTS = ("aileron", "dejavu-sans", "dejavu-sans-bold", "dejavu-serif", "cm-sans", "block")
HEIGHTS_PX = (5.0, 6.0, 7.0, 8.0, 9.0, 11.0, 13.0, 16.0, 22.0, 30.0)
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz()/[]%"
_FINE = 4  # times as fine: reduced again it gives letters between the pixels
_JPEG_QUALITY = 70


def build_atlas(
    fonts: Sequence[str] = FONTS,
    heights_px: Sequence[float] = HEIGHTS_PX,
    characters: str = CHARACTERS,
) -> GlyphAtlas:
    """Draw every character in every font and height, and keep what differs."""
    return learn_atlas(
        pair for font in fonts for height in heights_px for pair in _drawn(font, height, characters)
    )


def _drawn(font: str, height: float, characters: str) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    for variant in range(2 if font in BITMAP else 5):
        if font in BITMAP and variant and height > 8:  # noqa: PLR2004 - larger dots stay dots
            continue
        capital = _draw(font, height, "H", variant)
        tall = _inked(capital)
        if tall is None:
            continue
        for letter in characters:
            ink = _draw(font, height, letter, variant)
            box = _inked(ink)
            if box is not None and box.height >= 3 and box.width >= 1:  # noqa: PLR2004
                yield letter, features_of(ink, box, tall.height)


def _draw(font: str, height: float, letter: str, variant: int) -> NDArray[np.float32]:
    """Draw one letter: smooth, black and white, between pixels, or through JPEG."""
    if font in BITMAP:
        ink = PageFont(font, height).draw(letter)
        return _through_jpeg(ink) if variant else ink.astype(np.float32)
    if variant <= 1:
        return PageFont(font, height).draw(letter, smooth=variant == 0).astype(np.float32)
    if variant == 2:  # noqa: PLR2004
        return _through_jpeg(PageFont(font, height).draw(letter))
    fine = PageFont(font, height * _FINE).draw(letter)
    shift = (variant - 3) * 2 + 1
    rows, columns = (-(-(n + shift) // _FINE) * _FINE for n in fine.shape)
    moved = np.zeros((rows, columns), dtype=np.float32)
    moved[shift : shift + fine.shape[0], shift : shift + fine.shape[1]] = fine[
        : rows - shift, : columns - shift
    ]
    blocks = moved.reshape(rows // _FINE, _FINE, columns // _FINE, _FINE)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


def _through_jpeg(ink: NDArray[np.float64]) -> NDArray[np.float32]:
    from PIL import Image

    buffer = io.BytesIO()
    grey = np.rint(255.0 - 245.0 * np.pad(ink, 3)).astype(np.uint8)
    Image.fromarray(grey).save(buffer, "JPEG", quality=_JPEG_QUALITY)
    back = np.asarray(Image.open(io.BytesIO(buffer.getvalue())), dtype=np.float32)
    return np.asarray(np.clip((255.0 - back) / 245.0, 0.0, 1.0), dtype=np.float32)


def _inked(ink: NDArray[np.float32]) -> Box | None:
    rows, columns = np.nonzero(ink > INK_1)
    if not rows.size:
        return None
    return Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)


def main(words: Sequence[str]) -> None:
    """Write the atlas to the file named."""
    if len(words) != 1:
        raise SystemExit("usage: python -m bonescan.workflows.glyph_atlas FILE.npz")
    write_atlas(build_atlas(), Path(words[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
