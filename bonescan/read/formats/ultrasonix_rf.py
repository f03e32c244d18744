"""RF capture of an Ultrasonix or SonixTouch scanner (`.rf`): 19 numbers, then the frames.

Layout as public readers of the format have it: 19 little-endian int32 (type,
frames, lines, samples, bits, four corners, probe, transmit frequency, sampling
frequency, data rate, line density, extra), then int16 samples line by line.
Old versions put a tag of 4 bytes before each frame of some types; only an
exact match of the file's size is accepted, with or without.
"""

from __future__ import annotations

import struct

from bonescan.errors import UnusableScan
from bonescan.model.exam import Device
from bonescan.model.scan import RfScan, RfSite
from bonescan.model.sites import UNKNOWN_SITE
from bonescan.settings import ReadSettings

from ..assemble import assemble_rf, sampling_rate_hz
from ..probe import HDF5_MAGIC, Probe
from ..raw_frames import RawFrames, RawLayout, check_size
from ..registry import Format

NAME = "ultrasonix-rf"
RF_TYPE = 16
SAMPLE_BITS = 16
TAG_BYTES = 4
_HEADER = struct.Struct("<19i")
_N_FRAMES, _N_LINES, _N_SAMPLES, _BITS, _TXF, _SF = 1, 2, 3, 4, 14, 15


def _claims(probe: Probe) -> bool:
    if probe.suffix != ".rf" or probe.is_dicom or not probe.size_bytes:
        return False
    return not probe.head.startswith(HDF5_MAGIC)


def _layout(probe: Probe, values: tuple[int, ...]) -> RawLayout:
    path = probe.path
    if values[0] != RF_TYPE:
        raise UnusableScan(
            "BS-E151", f"found the file type {values[0]}, wanted {RF_TYPE} (RF).", file=path
        )
    if values[_BITS] != SAMPLE_BITS:
        raise UnusableScan(
            "BS-E151", f"found {values[_BITS]} bits a sample, wanted {SAMPLE_BITS}.", file=path
        )
    plain, tagged = (
        RawLayout(
            n_frames=values[_N_FRAMES],
            n_lines=values[_N_LINES],
            n_samples=values[_N_SAMPLES],
            dtype="<i2",
            header=_HEADER.size,
            tag=tag,
        )
        for tag in (0, TAG_BYTES)
    )
    layout = tagged if tagged.file_bytes == probe.size_bytes else plain
    check_size(layout, probe.size_bytes, path)
    return layout


def _read(probe: Probe, settings: ReadSettings) -> RfScan:
    if len(probe.head) < _HEADER.size:
        raise UnusableScan(
            "BS-E152",
            f"found {probe.size_bytes} bytes, wanted a header of {_HEADER.size}.",
            file=probe.path,
        )
    values = _HEADER.unpack_from(probe.head)
    layout = _layout(probe, values)
    site = RfSite(
        site=UNKNOWN_SITE,
        fs_hz=sampling_rate_hz(float(max(values[_SF], 0)), settings, probe),
        n_frames=layout.n_frames,
        n_lines=layout.n_lines,
        n_samples=layout.n_samples,
        f0_hz=float(values[_TXF]) if values[_TXF] > 0 else settings.centre_frequency_hz,
        c_m_s=settings.sound_speed_m_s,
        t0_s=settings.time_zero_s,
    )
    return assemble_rf(
        probe,
        NAME,
        site,
        RawFrames(path=probe.path, layout=layout),
        device=Device(manufacturer="Ultrasonix"),
    )


FORMAT = Format(NAME, _claims, _read)
