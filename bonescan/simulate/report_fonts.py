"""Fonts to draw report pages with: those that Pillow carries, a bitmap font of our own, DejaVu.

No font file belongs to the project. ``aileron`` (scalable, CC0) and
``pillow-bitmap`` come with Pillow; the faces of matplotlib (DejaVu, STIX,
Computer Modern) are used where matplotlib is installed; ``block`` is drawn dot
by dot below, as old consoles write.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bonescan.errors import UsageError

BLOCK_ROWS, BLOCK_COLUMNS = 7, 5
# rows of five dots, top to bottom, as five-bit numbers in base 32 (0-9, a-v)
_BLOCK_DOTS = {
    "0": "ehjlphe", "1": "4c4444e", "2": "eh1248v", "3": "eh161he",
    "4": "26aiv22", "5": "vgu11he", "6": "68guhhe", "7": "v124444", "8": "ehhehhe",
    "9": "ehhf12c", ".": "00000cc", ",": "0000044", "-": "000v000", "(": "2488842",
    ")": "8422248", "/": "01248g0", ":": "0cc0cc0", "%": "op248j3",
    "[": "e88888e", "]": "e22222e", "'": "cc48000", "|": "4444444",
    "A": "ehhvhhh", "B": "uhhuhhu", "C": "ehggghe", "D": "uhhhhhu", "E": "vgguggv",
    "F": "vgguggg", "G": "ehgnhhf", "H": "hhhvhhh", "I": "e44444e", "J": "72222ic",
    "K": "hikokih", "L": "ggggggv", "M": "hrllhhh", "N": "hhpljhh", "O": "ehhhhhe",
    "P": "uhhuggg", "Q": "ehhhlid", "R": "uhhukih", "S": "fgge11u", "T": "v444444",
    "U": "hhhhhhe", "V": "hhhhha4", "W": "hhhllla", "X": "hha4ahh", "Y": "hhha444",
    "Z": "v1248gv",
    "a": "00e1fhf", "b": "ggmphhu", "c": "00egghe", "d": "11djhhf", "e": "00ehvge",
    "f": "69oo888", "g": "0fhhf1e", "h": "ggmphhh", "i": "40c444e", "j": "20622ic",
    "k": "ggikoki", "l": "c44444e", "m": "00qllhh", "n": "00mphhh", "o": "00ehhhe",
    "p": "0uhhugg", "q": "00djf11", "r": "00mpggg", "s": "00ege1u", "t": "88s8896",
    "u": "00hhhjd", "v": "00hhha4", "w": "00hhlla", "x": "00ha4ah", "y": "0hhhf1e",
    "z": "00v248v",
}  # fmt: skip
_FACES = {
    "dejavu-sans": "DejaVuSans.ttf",
    "dejavu-sans-bold": "DejaVuSans-Bold.ttf",
    "dejavu-mono": "DejaVuSansMono.ttf",
    "dejavu-serif": "DejaVuSerif.ttf",
    "stix": "STIXGeneral.ttf",
    "stix-bold": "STIXGeneralBol.ttf",
    "cm-sans": "cmss10.ttf",
    "cm-typewriter": "cmtt10.ttf",
}
ALWAYS = ("aileron", "block", "pillow-bitmap")
BITMAP = ("block", "pillow-bitmap")


def font_names() -> tuple[str, ...]:
    """Name the fonts that this installation can draw with."""
    folder = _face_folder()
    return ALWAYS + tuple(n for n, file in _FACES.items() if folder and (folder / file).is_file())


@dataclass(frozen=True, slots=True)
class PageFont:
    """One font at one size.

    Parameters
    ----------
    name : str
        One of `font_names`.
    height_px : float
        Height of a capital letter, roughly; a bitmap font takes the next whole
        multiple of its dots.
    """

    name: str
    height_px: float

    def draw(self, text: str, *, smooth: bool = True, tracking_px: int = 0) -> NDArray[np.float64]:
        """Draw a line of text.

        Parameters
        ----------
        smooth : bool
            False draws in black and white only.
        tracking_px : int
            Added between letters; negative lets them touch.

        Returns
        -------
        ink : (n_rows, n_columns) float64
            0 paper to 1 ink; every line of a font at one size is equally high,
            with its base line in the same row.
        """
        if self.name == "block":
            return _draw_block(text, self._scale(BLOCK_ROWS), tracking_px)
        if self.name == "pillow-bitmap":
            font: Any = ImageFont.load_default_imagefont()
            ink = _draw_with(font, text, "1", tracking_px, 13)
            return np.kron(ink, np.ones((self._scale(8),) * 2))
        font = _scalable(self.name, max(4.0, self.height_px / 0.72))
        height = int(np.ceil(self.height_px * 1.9)) + 2
        return _draw_with(font, text, "L" if smooth else "1", tracking_px, height)

    def _scale(self, dots: int) -> int:
        return max(1, round(self.height_px / dots))


@lru_cache(maxsize=128)
def _scalable(name: str, size: float) -> Any:
    if name == "aileron":
        return ImageFont.load_default(size)
    folder, file = _face_folder(), _FACES.get(name, "")
    if folder is None or not (folder / file).is_file() or not file:
        raise UsageError("BS-E350", f"found the font {name!r}, wanted {', '.join(font_names())}.")
    return ImageFont.truetype(str(folder / file), size)


@lru_cache(maxsize=1)
def _face_folder() -> Path | None:
    spec = importlib.util.find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"


def _draw_with(font: Any, text: str, mode: str, tracking_px: int, height: int) -> NDArray[Any]:
    if not tracking_px:
        width = int(np.ceil(1.15 * font.getlength(text))) + 4  # unsmoothed letters run wider
        image = Image.new(mode, (max(width, 1), height), 0)
        ImageDraw.Draw(image).text((1, 1), text, font=font, fill=255 if mode == "L" else 1)
        return np.asarray(image, dtype=np.float64) / (255.0 if mode == "L" else 1.0)
    canvas: NDArray[np.float64] = np.zeros((height, 8))
    at = 0
    for letter in text:
        one = _draw_with(font, letter, mode, 0, height)
        canvas = np.pad(canvas, ((0, 0), (0, max(0, at + one.shape[1] - canvas.shape[1]))))
        part = canvas[:, at : at + one.shape[1]]
        np.maximum(part, one, out=part)
        at += max(1, round(font.getlength(letter)) + tracking_px)
    return canvas


def _draw_block(text: str, scale: int, tracking_px: int) -> NDArray[np.float64]:
    step = BLOCK_COLUMNS + 1
    ink = np.zeros((BLOCK_ROWS + 4, step * len(text) + 2))
    for number, letter in enumerate(text):
        dots = block_dots(letter)
        left = number * step + 1
        ink[2 : 2 + BLOCK_ROWS, left : left + BLOCK_COLUMNS] = dots
    big = np.asarray(np.kron(ink, np.ones((scale, scale))), dtype=np.float64)
    if tracking_px < 0:  # dots are taken from the gaps between letters
        starts = np.arange(1, len(text)) * step * scale
        big = np.delete(big, (starts[:, None] + np.arange(scale)).ravel(), axis=1)
    return big


def block_dots(letter: str) -> NDArray[np.float64]:
    """Give the dots of one letter; a letter that the font lacks is blank."""
    rows = [int(c, 32) for c in _BLOCK_DOTS.get(letter, "0000000")]
    dots = [[row >> (4 - c) & 1 for c in range(BLOCK_COLUMNS)] for row in rows]
    return np.array(dots, dtype=np.float64)
