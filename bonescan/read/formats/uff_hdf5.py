"""UFF of the UltraSound ToolBox (USTB, HDF5): beamformed RF is read, channel data are refused.

Each object is a group with the attribute ``class``. ``uff.beamformed_data``
holds ``data`` (in MATLAB's order pixel, channel, wave, frame; h5py sees it
reversed) on a ``scan`` of lines: ``uff.linear_scan`` (x_axis, z_axis) or
``uff.sector_scan`` (azimuth_axis, depth_axis), pixels of one line together.
Complex data, or a modulation frequency, are IQ.

References
----------
Rodriguez-Molares A et al. The UltraSound ToolBox. IEEE IUS 2017 (from memory);
https://github.com/magnusdk/pyuff_ustb (Apache-2.0).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonescan.errors import UnusableScan
from bonescan.model.scan import RfScan, RfSite
from bonescan.model.sites import UNKNOWN_SITE
from bonescan.settings import ReadSettings

from ..assemble import assemble_rf, sampling_rate_hz
from ..hdf5_frames import FRAME, ONE, PIXEL, Hdf5Frames, find_array, positive, read_one
from ..pixel_rows import row_pitch_m
from ..probe import Hdf5Root, Probe
from ..registry import Format

if TYPE_CHECKING:
    import h5py
    from numpy.typing import NDArray

NAME = "uff-hdf5"
_PREFIX = "uff."
_BEAMFORMED, _CHANNELS = "uff.beamformed_data", "uff.channel_data"
_MAX_AXIS_BYTES = 2**24
# scan class -> axis of lines, axis of depths
_SCANS = {
    "uff.linear_scan": ("x_axis", "z_axis"),
    "uff.sector_scan": ("azimuth_axis", "depth_axis"),
}
# speeds of sound by which rows and a stated rate may agree
_TISSUE_M_S = (1400.0, 1700.0)


def _claims(probe: Probe) -> bool:
    root = probe.hdf5_root
    if root is None or root.format is not None:
        return False
    return any(c.startswith(_PREFIX) for c in _classes(root))


def _classes(root: Hdf5Root) -> tuple[str, ...]:
    """Name the class of each member; some writers leave it to the name of the group."""
    return tuple(
        kind or (_PREFIX + name if _PREFIX + name in {_BEAMFORMED, _CHANNELS} else "")
        for name, kind in zip(root.members, root.classes, strict=True)
    )


def _read(probe: Probe, settings: ReadSettings) -> RfScan:
    from bonescan.files.guarded_hdf5 import find_group, hdf5_faults, open_hdf5

    path, root = probe.path, probe.hdf5_root
    classes = _classes(root) if root else ()
    if root is None or _BEAMFORMED not in classes:
        raise _refusal(classes, path)
    name = root.members[classes.index(_BEAMFORMED)]
    with hdf5_faults(path), open_hdf5(path) as file:
        group = find_group(file, name, path)
        if group is None:
            raise UnusableScan("BS-E145", f"found no group {name[:40]!r}.", file=path)
        _refuse_iq(group, path)
        lines, depth_m = _scan(group, path)
        array = find_array(file, (name, "data"), path)
        frames = Hdf5Frames(
            path=path,
            place=(name, "data"),
            axes=_axes(array.shape, len(lines) * len(depth_m), path),
            n_lines=len(lines),
        )
        n_frames, n_lines, n_samples = frames.shape(array.shape)
        stated = positive(
            read_one(group, "sampling_frequency", path), "sampling_frequency", path
        )  # fmt: skip
    pitch_m = row_pitch_m(depth_m, path)
    c_m_s = settings.sound_speed_m_s or _implied_speed(stated, pitch_m)
    fs_hz = None if c_m_s is None else c_m_s / (2.0 * pitch_m)
    site = RfSite(
        site=UNKNOWN_SITE,
        fs_hz=sampling_rate_hz(fs_hz, settings, probe),
        n_frames=n_frames,
        n_lines=n_lines,
        n_samples=n_samples,
        f0_hz=settings.centre_frequency_hz,
        c_m_s=c_m_s,
        t0_s=None if c_m_s is None else max(0.0, 2.0 * float(depth_m[0]) / c_m_s),
    )
    return assemble_rf(probe, NAME, site, frames)


def _refusal(classes: tuple[str, ...], path: Path) -> UnusableScan:
    if _CHANNELS in classes:
        return UnusableScan(
            "BS-E153", "found uff.channel_data and no uff.beamformed_data.", file=path
        )
    found = ", ".join(c[:40] for c in classes if c) or "nothing"
    return UnusableScan("BS-E154", f"found {found}, wanted uff.beamformed_data.", file=path)


def _refuse_iq(group: h5py.Group, path: Path) -> None:
    import h5py

    from bonescan.files.guarded_hdf5 import find_child

    if isinstance(find_child(group, "data", path), h5py.Group):
        raise UnusableScan("BS-E154", "found complex samples (IQ), wanted RF.", file=path)
    if read_one(group, "modulation_frequency", path):
        raise UnusableScan("BS-E154", "found demodulated samples, wanted RF.", file=path)


def _scan(group: h5py.Group, path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    """Read the axes of lines and of depths."""
    from bonescan.files.guarded_hdf5 import find_dataset, find_group, read_text

    scan = find_group(group, "scan", path)
    kind = None if scan is None else read_text(scan, "class", path)
    if scan is None:
        raise UnusableScan("BS-E145", "found no scan, which says where the lines lie.", file=path)
    if kind not in _SCANS:
        raise UnusableScan(
            "BS-E154",
            f"found the scan {(kind or 'none')[:40]}, wanted {' or '.join(_SCANS)}.",
            file=path,
        )
    axes = []
    for name in _SCANS[kind]:
        data = find_dataset(scan, name, path, _MAX_AXIS_BYTES)
        if data is None or data.size == 0:
            raise UnusableScan("BS-E145", f"found no {name}.", file=path)
        axes.append(data[()].reshape(-1))
    return axes[0], axes[1]


def _axes(shape: tuple[int, ...], n_pixels: int, path: Path) -> tuple[str, ...]:
    """Name the axes as h5py sees them: (frame, wave, channel, pixel), trailing ones left out."""
    names = (FRAME, ONE, ONE, PIXEL)[-len(shape) :] if 1 <= len(shape) <= 4 else ()  # noqa: PLR2004
    summed = all(n == 1 for n, name in zip(shape, names, strict=False) if name == ONE)
    if not names or shape[-1] != n_pixels or not summed:
        raise UnusableScan(
            "BS-E145",
            f"found data of shape {shape} (frame, wave, channel, pixel), wanted one wave, one "
            f"channel and {n_pixels} pixels.",
            file=path,
        )
    return names


def _implied_speed(stated_hz: float | None, pitch_m: float) -> float | None:
    """Give the speed at which rows are the samples that were taken; None where it is no tissue's.

    Rows that lie c / (2 fs) apart for a plausible c are the samples themselves.
    """
    if stated_hz is None:
        return None
    c_m_s = 2.0 * pitch_m * stated_hz
    return c_m_s if _TISSUE_M_S[0] <= c_m_s <= _TISSUE_M_S[1] else None


FORMAT = Format(NAME, _claims, _read)
