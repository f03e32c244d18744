"""Geometry of a stored image, checked before a pixel is touched, and its pixels on demand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonescan.errors import UnusableScan
from bonescan.model.header import DicomItem
from bonescan.model.scan import ImageInfo

from . import tags
from .structure import Structure, is_encapsulated

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_PIXELS = 64 * 10**6  # of all frames
MAX_PIXEL_BYTES = 256 * 2**20
PITCH_MM = (0.01, 20.0)
_SUBSAMPLED = {"YBR_FULL_422": (2, 3), "YBR_PARTIAL_422": (2, 3), "YBR_PARTIAL_420": (1, 2)}


def check_image(header: DicomItem, structure: Structure, path: Path) -> None:
    """Refuse an image whose header contradicts itself or its bytes."""
    if structure.pixel_offset is None:
        return
    for tag in (tags.ROWS, tags.COLUMNS):
        element = header.elements.get(tag)
        if element is not None and (element.vr != "US" or not _is_count(element.value)):
            raise UnusableScan(
                "BS-E119",
                f"found {element.value!r} ({element.vr}) as {element.keyword}, wanted a count.",
                file=path,
            )
    frames = header.get(tags.NUMBER_OF_FRAMES)
    if frames is not None and not _is_count(frames):
        raise UnusableScan("BS-E119", f"found {frames!r} as NumberOfFrames.", file=path)
    wanted = _native_bytes(header)
    if wanted is None or structure.pixel_bytes is None:
        return
    if is_encapsulated(structure.transfer_syntax):
        return
    if structure.pixel_bytes < wanted:
        raise UnusableScan(
            "BS-E120",
            f"found {structure.pixel_bytes} bytes of pixels, wanted {wanted}.",
            file=path,
        )


def check_image_caps(header: DicomItem, path: Path) -> None:
    """Refuse a densitometry image larger than any densitometer makes, or of no size at all."""
    for tag in (tags.SAMPLES_PER_PIXEL, tags.BITS_ALLOCATED):
        value = header.get(tag)
        if value is not None and not _is_count(value):
            keyword = header.elements[tag].keyword
            raise UnusableScan(
                "BS-E119", f"found {str(value)[:40]!r} as {keyword}, wanted a count.", file=path
            )
    shape = [header.get(t) or 0 for t in (tags.ROWS, tags.COLUMNS)]
    n_pixels = math.prod(shape) * (header.get(tags.NUMBER_OF_FRAMES) or 1)
    n_bytes = n_pixels * (header.get(tags.SAMPLES_PER_PIXEL) or 1)
    n_bytes = n_bytes * (header.get(tags.BITS_ALLOCATED) or 8) // 8
    if n_pixels > MAX_PIXELS or n_bytes > MAX_PIXEL_BYTES:
        raise UnusableScan(
            "BS-E119",
            f"found {n_pixels} pixels ({n_bytes} bytes), wanted ≤ {MAX_PIXELS}.",
            file=path,
        )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and value >= 1


def _native_bytes(header: DicomItem) -> int | None:
    """Compute the bytes of uncompressed pixels; None where the header doesn't say."""
    values: list[int] = [
        header.get(t)
        for t in (tags.ROWS, tags.COLUMNS, tags.SAMPLES_PER_PIXEL, tags.BITS_ALLOCATED)
    ]
    if not all(_is_count(v) for v in values):
        return None
    n_frames: int = header.get(tags.NUMBER_OF_FRAMES) or 1
    n_bits = math.prod(values) * n_frames
    share, whole = _SUBSAMPLED.get(header.text(tags.PHOTOMETRIC) or "", (1, 1))
    return (n_bits * share // whole + 7) // 8


def image_info(header: DicomItem, flags: list[str]) -> ImageInfo | None:
    """Describe the image; None when the object has none.

    The pitch comes from (0028,0030) Pixel Spacing, (0018,1164) Imager Pixel
    Spacing, or (0040,0303) Exposed Area in whole mm over columns and rows,
    which is good to 0.5 mm over the extent.
    """
    n_rows, n_columns = header.get(tags.ROWS), header.get(tags.COLUMNS)
    if not (_is_count(n_rows) and _is_count(n_columns)):
        return None
    pitch, source = _stated_pitch(header, flags)
    if pitch is None:
        area = _pair(header, tags.EXPOSED_AREA)
        if area is not None:
            pitch = (area[0] / n_columns, area[1] / n_rows)
            source = "ExposedArea"
            if not all(PITCH_MM[0] <= p <= PITCH_MM[1] for p in pitch):
                flags.append("pixel_pitch_implausible")
                pitch, source = None, None
    return ImageInfo(n_rows=n_rows, n_columns=n_columns, pixel_pitch_mm=pitch, pitch_source=source)


def _stated_pitch(
    header: DicomItem, flags: list[str]
) -> tuple[tuple[float, float] | None, str | None]:
    for tag, name in (
        (tags.PIXEL_SPACING, "PixelSpacing"),
        (tags.IMAGER_PIXEL_SPACING, "ImagerPixelSpacing"),
    ):
        if header.get(tag) is None:
            continue
        pair = _pair(header, tag)
        if pair and all(PITCH_MM[0] <= p <= PITCH_MM[1] for p in pair):
            return (pair[1], pair[0]), name  # stored as row spacing, column spacing
        flags.append("pixel_pitch_implausible")
    return None, None


def _pair(header: DicomItem, tag: tuple[int, int]) -> tuple[float, float] | None:
    value = header.get(tag)
    if not isinstance(value, tuple) or len(value) != 2:  # noqa: PLR2004 - a pair
        return None
    if not all(isinstance(v, int | float) and math.isfinite(v) and v > 0 for v in value):
        return None
    return float(value[0]), float(value[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class DicomPixels:
    """Opens the pixels of a checked DICOM file again."""

    path: Path
    max_bytes: int

    def pixels(self) -> NDArray[Any]:
        """Read the first frame as (row, column), grey, as stored.

        Raises
        ------
        UnusableScan
            No decoder for this compression, or damaged pixels.
        """
        import io
        import warnings

        from pydicom import dcmread
        from pydicom.pixels.utils import pixel_array

        from .open_file import read_bytes, reread

        data = read_bytes(self.path, self.max_bytes)
        structure, header = reread(data, self.path)
        check_image(header, structure, self.path)
        check_image_caps(header, self.path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the header was judged when it was parsed
            try:
                data_set = dcmread(io.BytesIO(data), force=not structure.transfer_syntax)
                frame = pixel_array(data_set, index=0, raw=True)
            except Exception as error:  # a decoder raises whatever it likes
                raise UnusableScan(
                    "BS-E120",
                    f"found pixels that can't be decoded ({type(error).__name__}).",
                    file=self.path,
                ) from error
        return _grey(frame)


def _grey(frame: NDArray[Any]) -> NDArray[Any]:
    if frame.ndim == 2:  # noqa: PLR2004 - one sample a pixel
        return frame
    grey: NDArray[Any] = frame[..., :3].mean(axis=-1).astype(frame.dtype)
    return grey
