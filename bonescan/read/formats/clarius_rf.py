"""Raw capture of a Clarius scanner: samples in `.raw`, everything else in the `.yml` beside it.

Layout as the maker's public description has it: five little-endian uint32 (id,
frames, lines, samples, bytes a sample), then a time stamp of 8 bytes before
each frame, samples line by line. RF is int16 and beamformed. IQ can't be
analysed (the file does not say by which frequency it was demodulated), nor an
envelope (it has no phase).

References
----------
Clarius Mobile Health, https://github.com/clariusdev/raw (BSD-3-Clause).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from bonescan.errors import UnusableScan
from bonescan.model.exam import Device
from bonescan.model.scan import RfScan, RfSite
from bonescan.model.sites import UNKNOWN_SITE
from bonescan.settings import ReadSettings

from ..assemble import assemble_rf, sampling_rate_hz
from ..clarius_yml import ClariusCapture, read_clarius_yml
from ..probe import Probe
from ..raw_frames import RawFrames, RawLayout, check_size
from ..registry import Format

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = "clarius-rf"
STAMP_BYTES = 8
RF_BYTES = 2
# the scanner's own depth scale: 3120 samples at 60 MHz are its 40 mm
SCALE_C_M_S = 1540.0
_HEADER = struct.Struct("<5I")
_NO_RF = {
    "IQ": "IQ samples; by which frequency they were demodulated the file does not say, so their "
    "spectrum can't be placed",
    "B pre-scan": "an envelope: it has no phase, so no spectrum",
}


def _yml_name(probe: Probe) -> str:
    return probe.path.with_suffix(".yml").name


def _claims(probe: Probe) -> bool:
    return probe.suffix == ".raw" and _yml_name(probe) in probe.siblings


def _read(probe: Probe, settings: ReadSettings) -> RfScan:
    capture = read_clarius_yml(probe.path.with_name(_yml_name(probe)))
    layout = _layout(probe, capture)
    if capture.kind in _NO_RF:
        raise UnusableScan("BS-E154", f"found {_NO_RF[capture.kind]}.", file=probe.path)
    if capture.kind != "RF" or capture.sample_bytes != RF_BYTES:
        raise UnusableScan(
            "BS-E151",
            f"found type {capture.kind[:40]!r} of {capture.sample_bytes} bytes a sample, wanted "
            f"RF of {RF_BYTES}.",
            file=probe.path,
        )
    fs_hz = sampling_rate_hz(capture.fs_hz, settings, probe)
    # delays count at the file's own rate: 62 / 60 MHz of RF and 16 / 15 MHz of its envelope agree
    delay = capture.delay_samples
    t0_s = settings.time_zero_s if delay is None else delay / fs_hz
    by_frame = _has_gain_by_frame(probe)
    site = RfSite(
        site=UNKNOWN_SITE,
        fs_hz=fs_hz,
        n_frames=layout.n_frames,
        n_lines=layout.n_lines,
        n_samples=layout.n_samples,
        f0_hz=capture.f0_hz or settings.centre_frequency_hz,
        c_m_s=settings.sound_speed_m_s,
        t0_s=t0_s,
        focus_m=capture.focus_m,
        tgc_db=None if by_frame or t0_s is None else _gain_db(capture, layout, fs_hz, t0_s),
    )
    return assemble_rf(
        probe,
        NAME,
        site,
        RawFrames(path=probe.path, layout=layout),
        device=Device(manufacturer="Clarius"),
        flags=("gain_by_frame",) if by_frame else (),
    )


def _layout(probe: Probe, capture: ClariusCapture) -> RawLayout:
    path = probe.path
    if len(probe.head) < _HEADER.size:
        raise UnusableScan(
            "BS-E152",
            f"found {probe.size_bytes} bytes, wanted a header of {_HEADER.size}.",
            file=path,
        )
    _, n_frames, n_lines, n_samples, sample_bytes = _HEADER.unpack_from(probe.head)
    found = (n_frames, n_lines, n_samples, sample_bytes)
    said = (capture.n_frames, capture.n_lines, capture.n_samples, capture.sample_bytes)
    if found != said:
        raise UnusableScan(
            "BS-E151",
            f"found {found} frames, lines, samples and bytes in the .raw, {said} in the .yml.",
            file=path,
        )
    layout = RawLayout(
        n_frames=n_frames,
        n_lines=n_lines,
        n_samples=n_samples,
        dtype=f"<i{sample_bytes}",
        header=_HEADER.size,
        tag=STAMP_BYTES,
    )
    check_size(layout, probe.size_bytes, path)
    return layout


def _has_gain_by_frame(probe: Probe) -> bool:
    stem = probe.path.stem
    return not probe.siblings.isdisjoint({f"{stem}.tgc", f"{stem}.tgc.yml"})


def _gain_db(
    capture: ClariusCapture, layout: RawLayout, fs_hz: float, t0_s: float
) -> NDArray[Any] | None:
    """Give the gain curve sample by sample, (sample,), linear between its points."""
    if not capture.tgc:
        return None
    import numpy as np

    depth_m = (t0_s + np.arange(layout.n_samples) / fs_hz) * SCALE_C_M_S / 2.0
    points = np.array(capture.tgc)
    curve = np.asarray(np.interp(depth_m, points[:, 0], points[:, 1]))
    curve.flags.writeable = False
    return curve


FORMAT = Format(NAME, _claims, _read)
