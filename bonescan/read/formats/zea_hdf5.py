"""HDF5 of zea (formerly usbmd): beamformed RF is read, channel data are refused.

Older files hold ``/data/beamformed_data`` (frame, z, x[, channel]) and the
numbers of the scan in ``/scan``; newer ones a group of that name with
``values`` and the ``coordinates`` of every pixel. One channel is RF, two are
IQ. The rows of a grid are sampled in depth, so their rate follows from their
distance where the file states it.

References
----------
zea, https://github.com/tue-bmd/zea (Apache-2.0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bonescan.errors import UnusableScan
from bonescan.model.scan import RfScan, RfSite
from bonescan.model.sites import UNKNOWN_SITE
from bonescan.settings import ReadSettings

from ..assemble import assemble_rf, sampling_rate_hz
from ..hdf5_frames import FRAME, LINE, ONE, SAMPLE, Hdf5Frames, find_array, positive, read_one
from ..pixel_rows import row_pitch_m
from ..probe import Probe
from ..registry import Format

if TYPE_CHECKING:
    import h5py

NAME = "zea-hdf5"
_BEAMFORMED = "beamformed_data"
_CHANNELS = ("raw_data", "aligned_data")
_MAX_COORDINATE_BYTES = 2**30
_AXES = (FRAME, SAMPLE, LINE, ONE)  # z goes down, x across


def _claims(probe: Probe) -> bool:
    root = probe.hdf5_root
    if root is None or root.format is not None:
        return False
    return {"data", "scan"} <= set(root.members) and "trans_params" not in root.members


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """How the rows of the image are sampled; None = not said."""

    fs_hz: float | None
    t0_s: float | None
    flags: tuple[str, ...] = ()


def _read(probe: Probe, settings: ReadSettings) -> RfScan:
    from bonescan.files.guarded_hdf5 import find_group, hdf5_faults, open_hdf5

    path = probe.path
    with hdf5_faults(path), open_hdf5(path) as file:
        data, scan = (find_group(file, name, path) for name in ("data", "scan"))
        if data is None or scan is None:
            raise UnusableScan("BS-E145", "found no groups data and scan.", file=path)
        place = _place(data, path)
        array = find_array(file, place, path)
        frames = Hdf5Frames(path=path, place=place, axes=_axes(array.shape, path))
        n_frames, n_lines, n_samples = frames.shape(array.shape)
        c_m_s = positive(read_one(scan, "sound_speed", path), "sound_speed", path)
        c_m_s = c_m_s or settings.sound_speed_m_s
        rows = _rows(data, scan, n_samples, c_m_s, path)
        f0_hz = positive(_centre(scan, path), "center_frequency", path)
    site = RfSite(
        site=UNKNOWN_SITE,
        fs_hz=sampling_rate_hz(rows.fs_hz, settings, probe),
        n_frames=n_frames,
        n_lines=n_lines,
        n_samples=n_samples,
        f0_hz=f0_hz or settings.centre_frequency_hz,
        c_m_s=c_m_s,
        t0_s=settings.time_zero_s if rows.t0_s is None else rows.t0_s,
    )
    return assemble_rf(probe, NAME, site, frames, flags=rows.flags)


def _place(data: h5py.Group, path: Path) -> tuple[str, ...]:
    import h5py

    from bonescan.files.guarded_hdf5 import find_child

    beamformed = find_child(data, _BEAMFORMED, path)
    if isinstance(beamformed, h5py.Group):
        return "data", _BEAMFORMED, "values"
    if beamformed is not None:
        return "data", _BEAMFORMED
    if any(name in data for name in _CHANNELS):
        raise UnusableScan("BS-E153", "found raw_data and no beamformed_data.", file=path)
    raise UnusableScan("BS-E154", "found no beamformed_data, only images.", file=path)


def _axes(shape: tuple[int, ...], path: Path) -> tuple[str, ...]:
    if len(shape) == len(_AXES) and shape[-1] > 1:
        raise UnusableScan(
            "BS-E154", f"found {shape[-1]} channels a pixel (IQ), wanted one (RF).", file=path
        )
    if len(shape) not in {len(_AXES) - 1, len(_AXES)}:
        raise UnusableScan("BS-E145", f"found samples of shape {shape}.", file=path)
    return _AXES[: len(shape)]


def _rows(
    data: h5py.Group, scan: h5py.Group, n_rows: int, c_m_s: float | None, path: Path
) -> _Rows:
    """Find out how rows are sampled: by their coordinates, else by the scan's own rate."""
    coordinates = _depths_m(data, n_rows, path)
    if coordinates is not None:
        pitch, first = coordinates
        if c_m_s is None:
            return _Rows(fs_hz=None, t0_s=None)
        return _Rows(fs_hz=c_m_s / (2.0 * pitch), t0_s=max(0.0, 2.0 * first / c_m_s))
    n_ax = read_one(scan, "n_ax", path)
    stated = positive(read_one(scan, "sampling_frequency", path), "sampling_frequency", path)
    if n_ax is not None and n_ax != n_rows:
        # rows are not the samples that were taken: their distance is unknown
        return _Rows(fs_hz=None, t0_s=None)
    return _Rows(fs_hz=stated, t0_s=_first_time(scan, path), flags=("row_rate_assumed",))


def _depths_m(data: h5py.Group, n_rows: int, path: Path) -> tuple[float, float] | None:
    """Distance of rows and depth of the first, from the coordinates of the first column."""
    import h5py

    from bonescan.files.guarded_hdf5 import find_child, find_dataset

    group = find_child(data, _BEAMFORMED, path)
    if not isinstance(group, h5py.Group):
        return None
    where = find_dataset(group, "coordinates", path, _MAX_COORDINATE_BYTES)
    if where is None:
        return None
    if where.ndim not in {3, 4} or where.shape[-1] != 3 or where.shape[-3] != n_rows:  # noqa: PLR2004 - x, y, z
        raise UnusableScan("BS-E145", f"found coordinates of shape {where.shape}.", file=path)
    first_column = (0,) * (where.ndim - 3)
    depth_m = where[(*first_column, slice(None), 0, 2)]
    return row_pitch_m(depth_m, path), float(depth_m[0])


def _centre(scan: h5py.Group, path: Path) -> float | None:
    """Centre frequency; one a transmit in some files, then only where all agree."""
    return _common(scan, "center_frequency", path)


def _first_time(scan: h5py.Group, path: Path) -> float | None:
    return _common(scan, "initial_times", path)


def _common(scan: h5py.Group, name: str, path: Path) -> float | None:
    """Read a number, or the one value that several transmits share."""
    from bonescan.files.guarded_hdf5 import find_dataset

    data = find_dataset(scan, name, path, 2**20)
    if data is None or data.size == 0:
        return None
    values = {float(v) for v in data[()].reshape(-1)}
    value = values.pop()
    return value if not values and math.isfinite(value) else None


FORMAT = Format(NAME, _claims, _read)
