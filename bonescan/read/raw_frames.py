"""Samples that lie in a file as they are: a header, then frames of equal size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonescan.errors import UnusableScan

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_SAMPLE_BYTES = 2 * 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLayout:
    """Where the frames lie: `header` bytes, then frames of `tag` bytes and samples."""

    n_frames: int
    n_lines: int
    n_samples: int
    dtype: str  # as numpy writes it, with byte order
    header: int
    tag: int  # bytes before the samples of each frame

    @property
    def frame_bytes(self) -> int:
        """Bytes of the samples of one frame."""
        return self.n_lines * self.n_samples * int(self.dtype[2:])

    @property
    def file_bytes(self) -> int:
        """Bytes of the whole file."""
        return self.header + self.n_frames * (self.tag + self.frame_bytes)


def check_size(layout: RawLayout, size_bytes: int, path: Path) -> None:
    """Hold the header against the size of the file.

    Raises
    ------
    UnusableScan
        BS-E152: nothing in it, more than 2 GiB, missing or extra bytes.
    """
    shape = f"{layout.n_frames} frames x {layout.n_lines} lines x {layout.n_samples} samples"
    if min(layout.n_frames, layout.n_lines, layout.n_samples) <= 0:
        raise UnusableScan("BS-E152", f"found {shape}.", file=path)
    if layout.file_bytes > MAX_SAMPLE_BYTES:
        raise UnusableScan(
            "BS-E152",
            f"found {shape} of {layout.dtype[1:]}, {layout.file_bytes} bytes, wanted at most "
            f"{MAX_SAMPLE_BYTES}.",
            file=path,
        )
    gap = size_bytes - layout.file_bytes
    if gap:
        what = f"{gap} bytes too many" if gap > 0 else f"{-gap} bytes missing"
        raise UnusableScan(
            "BS-E152",
            f"found {size_bytes} bytes, wanted {layout.file_bytes} for {shape}: {what}.",
            file=path,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFrames:
    """Opens the samples again, frame by frame."""

    path: Path
    layout: RawLayout

    def frames(self, site: str) -> Iterator[NDArray[Any]]:
        """Yield the frames, each (line, sample), in the stored type and this machine's order."""
        import numpy as np

        layout = self.layout
        shape = (layout.n_lines, layout.n_samples)
        with self.path.open("rb") as file:
            file.seek(layout.header)
            for number in range(layout.n_frames):
                data = file.read(layout.tag + layout.frame_bytes)[layout.tag :]
                if len(data) != layout.frame_bytes:
                    raise UnusableScan(
                        "BS-E152", f"found frame {number + 1} cut off.", file=self.path
                    )
                stored = np.frombuffer(data, dtype=layout.dtype).reshape(shape)
                yield stored.astype(layout.dtype[1:], copy=False)

    def block(self, site: str) -> NDArray[Any]:
        """Read all frames, (frame, line, sample)."""
        import numpy as np

        return np.stack(list(self.frames(site)))
