"""A simulated exam as the content of a file: samples, or spectra of its gates, and the truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bonescan.files.rf_exam import RfSiteContent
from bonescan.model.scan import SpectraTable

from .bone import BoneParameters
from .exam import SimulatedRf
from .pulse import Array

# What a device that stores spectra computes: the demo model is trained on the same form.
GATE_START_M = (1.5e-3, 4.0e-3, 6.5e-3)
GATE_SAMPLES = 128
N_TRANSFORM = 512
FIRST_BIN, LAST_BIN = 20, 57  # 1.5625 to 4.453125 MHz at 40 MHz
GROUP_LINES, GROUP_FRAMES = 5, 2
DIGITS = 6  # significant digits of stored power: far above what processors differ in


def rf_site(exam: SimulatedRf) -> RfSiteContent:
    """Store the samples of a site."""
    return dataclasses.replace(_acquisition(exam), rf=exam.samples)


def spectra_site(exam: SimulatedRf) -> RfSiteContent:
    """Store the averaged gate spectra of a site instead of its samples."""
    return dataclasses.replace(_acquisition(exam), spectra=gate_spectra(exam), line_angle_rad=None)


def _acquisition(exam: SimulatedRf) -> RfSiteContent:
    return RfSiteContent(
        site=exam.site,
        fs_hz=exam.fs_hz,
        f0_hz=exam.f0_hz,
        c_m_s=exam.c_m_s,
        t0_s=exam.t0_s,
        probe_radius_m=exam.probe_radius_m,
        line_pitch_m=exam.line_pitch_m,
        gain_db=exam.gain_db,
        gain_known=True,
        line_angle_rad=exam.line_angle_rad,
    )


def gate_spectra(exam: SimulatedRf) -> SpectraTable:
    """Compute power spectra of the gates behind the surface, averaged over groups of lines.

    The virtual device knows where the surface is; gates that leave the stored
    window are left out.

    Returns
    -------
    table : SpectraTable
        One row a group and gate; `power` linear, unit 1.
    """
    n_frames, n_lines, n_samples = exam.samples.shape
    per_m = 2.0 / exam.c_m_s * exam.fs_hz
    surface = (exam.surface_m - exam.t0_s * exam.c_m_s / 2.0) * per_m
    bins = np.arange(FIRST_BIN, LAST_BIN + 1)
    rows: list[tuple[Array, float, float, int, int, int]] = []
    for start_m in GATE_START_M:
        first = np.rint(surface + start_m * per_m).astype(np.int64)
        inside = first + GATE_SAMPLES <= n_samples
        power = _line_power(exam.samples, np.where(inside, first, 0))[..., bins]
        for frame, line in _groups(n_frames, n_lines):
            used = inside[frame, line]
            if used.all():
                depth_m = float(exam.surface_m[frame, line].mean())
                mean = power[frame, line].mean(axis=(0, 1))
                rows.append((mean, start_m, depth_m, line.start, frame.start, used.size))
    return _table(rows, bins.astype(np.float64) * (exam.fs_hz / N_TRANSFORM), exam)


def _line_power(samples: NDArray[np.int16], first: NDArray[np.int64]) -> Array:
    window = np.sin(np.pi * (np.arange(GATE_SAMPLES) + 0.5) / GATE_SAMPLES) ** 2
    index = first[..., None] + np.arange(GATE_SAMPLES)
    gates = np.take_along_axis(samples, index, axis=2).astype(np.float64)
    power: Array = np.abs(np.fft.rfft(gates * window, N_TRANSFORM, axis=-1)) ** 2
    return power


def _groups(n_frames: int, n_lines: int) -> Iterator[tuple[slice, slice]]:
    """Yield groups of whole size; a remainder at the edge is left out."""
    for frame in range(0, n_frames - GROUP_FRAMES + 1, GROUP_FRAMES):
        for line in range(0, n_lines - GROUP_LINES + 1, GROUP_LINES):
            yield slice(frame, frame + GROUP_FRAMES), slice(line, line + GROUP_LINES)


def _table(
    rows: Sequence[tuple[Array, float, float, int, int, int]],
    frequency_hz: Array,
    exam: SimulatedRf,
) -> SpectraTable:
    power, start, depth, line, frame, count = zip(*rows, strict=True)
    n = len(rows)
    return SpectraTable(
        power=significant(np.stack(power), DIGITS),
        frequency_hz=frequency_hz,
        gate_start_m=np.array(start),
        gate_length_m=np.full(n, GATE_SAMPLES / exam.fs_hz * exam.c_m_s / 2.0),
        depth_m=np.round(np.array(depth), 7),
        line=np.array(line),
        frame=np.array(frame),
        n_averaged=np.array(count),
        window="hann",
        unit="1",
    )


def significant(values: Array, digits: int) -> Array:
    """Round positive values to so many significant digits."""
    step = 10.0 ** (np.floor(np.log10(values)) - (digits - 1))
    kept: Array = np.rint(values / step) * step
    return kept


def truth(exams: Sequence[SimulatedRf], **more: float | str) -> dict[str, float | str]:
    """Gather the latent parameters of the sites of one exam."""
    found: dict[str, float | str] = dict(more)
    for exam in exams:
        for field in dataclasses.fields(BoneParameters):
            if field.name != "site":
                found[f"{exam.site}.{field.name}"] = getattr(exam.bone, field.name)
        found[f"{exam.site}.median_surface_m"] = float(np.median(exam.surface_m))
    return found
