"""The atlas of glyphs: small pictures of printed characters, each with its name.

One ``.npz`` file of three arrays: ``features`` (n, k) uint8, ``labels`` (n,)
text of one character, ``version``. Nothing in it is pickled.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bonescan.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

BUNDLED = Path(__file__).with_name("glyph_atlas.npz")
VERSION = 1
N_ROWS, N_COLUMNS = 14, 10
N_SHAPE = 12  # places that repeat width over height, and height over that of the line
N_FEATURES = N_ROWS * N_COLUMNS + 2 * N_SHAPE
MAX_BYTES = 16 * 2**20
MAX_GLYPHS = 60_000
_NO_ATLAS = (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile)


@dataclass(frozen=True, eq=False, kw_only=True)
class GlyphAtlas:
    """Known glyphs.

    Parameters
    ----------
    features : (n, N_FEATURES) uint8
        As `dxa.burned_in.features.features_of` gives them, 0 to 255.
    labels : (n,) str
        One character each.
    """

    features: NDArray[np.uint8]
    labels: NDArray[np.str_]

    @property
    def classes(self) -> tuple[str, ...]:
        """Name the characters that are known, sorted."""
        return tuple(sorted(set(self.labels.tolist())))


def read_atlas(path: Path | None = None) -> GlyphAtlas:
    """Read an atlas; the bundled one without a path.

    Raises
    ------
    UsageError
        The file is no atlas of this version.
    """
    if path is None:
        return _bundled()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError("BS-E450", f"found more than {MAX_BYTES} bytes, wanted an atlas.")
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            version = int(stored["version"])
            features, labels = stored["features"], stored["labels"]
    except _NO_ATLAS as error:
        raise UsageError(
            "BS-E450", f"found no atlas of glyphs ({type(error).__name__}).", file=path
        ) from error
    fits = features.ndim == 2 and features.shape[1:] == (N_FEATURES,)  # noqa: PLR2004
    whole = features.dtype == np.uint8 and labels.shape == features.shape[:1]
    if version != VERSION or not fits or not whole or not 0 < len(labels) <= MAX_GLYPHS:
        raise UsageError("BS-E450", "found arrays of another shape or version.", file=path)
    if labels.dtype.kind != "U" or any(len(name) != 1 for name in labels.tolist()):
        raise UsageError("BS-E450", "found labels that are no single characters.", file=path)
    return GlyphAtlas(features=features, labels=labels)


@lru_cache(maxsize=1)
def _bundled() -> GlyphAtlas:
    return read_atlas(BUNDLED)


def write_atlas(atlas: GlyphAtlas, path: Path) -> None:
    """Write an atlas."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, features=atlas.features, labels=atlas.labels, version=np.int64(VERSION)
    )
    path.write_bytes(buffer.getvalue())
