"""Samples in an HDF5 file of another maker, opened again through the guarded reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonescan.errors import UnusableScan

if TYPE_CHECKING:
    import h5py
    from numpy.typing import NDArray

MAX_SAMPLE_BYTES = 2 * 2**30
FRAME, LINE, SAMPLE, ONE, PIXEL = "frame", "line", "sample", "one", "pixel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hdf5Frames:
    """An array somewhere in an HDF5 file, and what its axes are, as h5py counts them.

    `place` are the names of groups and dataset from the root. `axes` holds one
    of "frame", "line", "sample", "one" (of length 1) or "pixel" (lines one
    after the other, `n_lines` of them) for each axis.
    """

    path: Path
    place: tuple[str, ...]
    axes: tuple[str, ...]
    n_lines: int = 0

    def frames(self, site: str) -> Iterator[NDArray[Any]]:
        """Yield the frames, each (line, sample), in the stored type."""
        from bonescan.files.guarded_hdf5 import hdf5_faults, open_hdf5

        with hdf5_faults(self.path), open_hdf5(self.path) as file:
            data = find_array(file, self.place, self.path)
            for number in range(self.shape(data.shape)[0]):
                yield self._frame(data, number)

    def block(self, site: str) -> NDArray[Any]:
        """Read all frames, (frame, line, sample)."""
        import numpy as np

        return np.stack(list(self.frames(site)))

    def shape(self, stored: tuple[int, ...]) -> tuple[int, int, int]:
        """Name frames, lines and samples of an array of the shape `stored`."""
        size = dict(zip(self.axes, stored, strict=True))
        if PIXEL in size:
            return size.get(FRAME, 1), self.n_lines, size[PIXEL] // self.n_lines
        return size.get(FRAME, 1), size[LINE], size[SAMPLE]

    def _frame(self, data: h5py.Dataset, number: int) -> NDArray[Any]:
        import numpy as np

        fixed = {FRAME: number, ONE: 0}
        frame = np.asarray(data[tuple(fixed.get(axis, slice(None)) for axis in self.axes)])
        if PIXEL in self.axes:
            return frame.reshape(self.n_lines, -1)
        upright = self.axes.index(LINE) < self.axes.index(SAMPLE)
        return np.ascontiguousarray(frame if upright else frame.T)


def find_array(file: h5py.File, place: tuple[str, ...], path: Path) -> h5py.Dataset:
    """Find the samples; links, foreign filters and sizes are checked.

    Raises
    ------
    UnusableScan
    """
    from bonescan.files.guarded_hdf5 import find_dataset, find_group

    group: h5py.Group = file
    for name in place[:-1]:
        found = find_group(group, name, path)
        if found is None:
            raise UnusableScan("BS-E145", f"found no group {name[:40]!r}.", file=path)
        group = found
    data = find_dataset(group, place[-1], path, MAX_SAMPLE_BYTES)
    if data is None or 0 in data.shape:
        raise UnusableScan("BS-E145", f"found no samples in {place[-1][:40]!r}.", file=path)
    return data


def read_one(group: h5py.Group | None, name: str, path: Path) -> float | None:
    """Read one finite number stored as an array of one value; None when absent.

    Raises
    ------
    UnusableScan
        BS-E145 where several values or none stand there.
    """
    import math

    from bonescan.files.guarded_hdf5 import find_dataset

    data = None if group is None else find_dataset(group, name, path, 2**20)
    if data is None:
        return None
    values = data[()].reshape(-1) if data.shape else data[()].reshape(1)
    if values.size != 1 or not math.isfinite(float(values[0])):
        raise UnusableScan(
            "BS-E145", f"found {values.size} values in {name!r}, wanted one number.", file=path
        )
    return float(values[0])


def positive(value: float | None, name: str, path: Path) -> float | None:
    """Refuse a rate or speed that is not above zero."""
    if value is not None and not value > 0:
        raise UnusableScan("BS-E145", f"found {name} = {value:g}, wanted > 0.", file=path)
    return value
