"""From bone and geometry to radiofrequency lines.

A line is the sum of soft tissue speckle and fascia, the echo of the cortical
plate, trabecular speckle seen twice through the plate, the rough surface with
its clutter, and electronic noise. Double precision throughout: the last step
rounds to integers, and single precision would let the processor decide some of
them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from bonescan.kernels.simulate_echoes import echo_spectra
from bonescan.model.arrays import kernel_input

from .bone import BoneParameters
from .geometry import Geometry
from .plate import (
    CORTEX_ALPHA_DB_CM_MHZ,
    CORTEX_C_M_S,
    CORTEX_MRAYL,
    MARROW_BONE_MRAYL,
    SOFT_TISSUE_MRAYL,
    Complex,
)
from .pulse import CM_PER_M, DB_PER_NEPER, HZ_PER_MHZ, Array, pulse_magnitude, two_way_magnitude
from .setup import RfSetup
from .speckle import BLOCK, SUPPORT, DepthFilter, depth_filter, design_grid_hz, rms_gain
from .structure import Structure

BONE_STEP, SOFT_STEP = 8, 32  # scatterers that share a filter
HIGHEST_HZ = 9e6  # the pulse is 165 dB down there


@dataclass(frozen=True, eq=False, kw_only=True)
class Window:
    """The stored piece of the time axis."""

    fs_hz: float
    c_m_s: float
    start_m: float  # depth of the first sample
    n_samples: int

    def sample_of(self, depth_m: Array) -> Array:
        """Sample (not rounded) at which the echo of a depth arrives."""
        sample: Array = (depth_m - self.start_m) * 2.0 / self.c_m_s * self.fs_hz
        return sample


@dataclass(frozen=True, eq=False, kw_only=True)
class LineModel:
    """What all frames of a site share."""

    window: Window
    setup: RfSetup
    bone: BoneParameters
    soft: DepthFilter
    trabecular: tuple[DepthFilter, ...]  # one a kind of line
    kind: NDArray[np.int64]  # (line,), which of them
    frequency_hz: Array  # of the lines' transform, up to `HIGHEST_HZ`
    n_transform: int
    wavelet: Array  # (bin,), the pulse at nominal surface depth, peak 1 without attenuation
    tail_1: Array  # (sample,), amplitude of rough surface and clutter behind the surface

    @property
    def n_bone(self) -> int:
        """Trabecular scatterers on a line."""
        return self.trabecular[0].n_scatterers


def line_model(
    bone: BoneParameters,
    geometry: Geometry,
    window: Window,
    setup: RfSetup,
    structure: Structure,
) -> LineModel:
    """Prepare filters and transforms for one site."""
    surface = window.sample_of(geometry.surface_m)
    if surface.min() < 0:
        raise ValueError("found a bone surface before the first stored sample, wanted it behind")
    n_bone = max(1, window.n_samples - int(np.floor(surface.min())))
    n_soft = min(window.n_samples, max(1, int(np.ceil(surface.max())))) + SUPPORT
    margin = int(np.ceil(surface.max() - surface.min())) + 4 * SUPPORT
    n_transform = int(fft.next_fast_len(window.n_samples + margin, real=True))
    frequency = fft.rfftfreq(n_transform, 1.0 / window.fs_hz)
    frequency = frequency[frequency <= HIGHEST_HZ]
    peak = 2.0 * np.sum(pulse_magnitude(frequency, setup.f0_hz, setup.bandwidth_1)) / n_transform
    wavelet = pulse_magnitude(frequency, setup.f0_hz, setup.bandwidth_1) / peak
    wavelet = wavelet * two_way_magnitude(frequency, bone.depth_m, bone.alpha_soft_db_cm_mhz)
    behind_m = np.arange(n_bone, dtype=np.float64) / window.fs_hz * window.c_m_s / 2.0
    return LineModel(
        window=window,
        setup=setup,
        bone=bone,
        soft=_soft_filter(bone, window, setup, n_soft),
        trabecular=tuple(
            _trabecular_filter(bone, setup, n_bone, (structure, level))
            for level in structure.level_1
        ),
        kind=structure.kind,
        frequency_hz=frequency,
        n_transform=n_transform,
        wavelet=wavelet,
        tail_1=tail_amplitude(behind_m, setup),
    )


def _soft_filter(bone: BoneParameters, window: Window, setup: RfSetup, n: int) -> DepthFilter:
    grid = design_grid_hz(setup.fs_hz)
    shape = pulse_magnitude(grid, setup.f0_hz, setup.bandwidth_1)
    shape = shape * (grid / setup.f0_hz) ** (setup.soft_tissue_exponent / 2.0)
    shape *= 10.0 ** (setup.soft_tissue_db / 20.0) / rms_gain(shape)
    middle = (
        np.arange(0, n, SOFT_STEP, dtype=np.float64) + SOFT_STEP / 2.0 - SUPPORT
    ) / window.fs_hz
    depth_m = window.start_m + middle * window.c_m_s / 2.0
    # The whole path has its mean attenuation; near the bone the local one decides how it grows.
    at_bone = two_way_magnitude(grid, bone.depth_m, bone.alpha_soft_db_cm_mhz)
    back = two_way_magnitude(grid, bone.depth_m - depth_m[:, None], -bone.alpha_local_db_cm_mhz)
    return depth_filter(shape * at_bone * back, SOFT_STEP, n)


def _trabecular_filter(
    bone: BoneParameters, setup: RfSetup, n: int, of: tuple[Structure, float]
) -> DepthFilter:
    """Filter of the lines whose BVTV is `of[1]` times the site's."""
    grid = design_grid_hz(setup.fs_hz)
    middle = (np.arange(0, n, BONE_STEP, dtype=np.float64) + BONE_STEP / 2.0) / setup.fs_hz
    below_m = middle * bone.c_tb_m_s / 2.0
    shape = trabecular_magnitude(grid, bone, setup)
    return depth_filter(shape * of[0].magnitude(grid, below_m, bone, of[1]), BONE_STEP, n)


def trabecular_magnitude(grid_hz: Array, bone: BoneParameters, setup: RfSetup) -> Array:
    """Magnitude of trabecular speckle at the endosteum, as seen at nominal depth without cortex.

    Parameters
    ----------
    grid_hz : (bin,) float64
        `design_grid_hz`.
    bone : BoneParameters
    setup : RfSetup

    Returns
    -------
    magnitude : (bin,) float64
        Of a filter for white noise of unit variance.
    """
    pulse = pulse_magnitude(grid_hz, setup.f0_hz, setup.bandwidth_1)
    reference = pulse * (grid_hz / setup.f0_hz) ** (3.3 / 2.0)
    shape = pulse * (grid_hz / setup.f0_hz) ** (bone.scatter_exponent / 2.0)
    level = np.sqrt(bone.bvtv_1 / 0.115) * (bone.tbth_mm / 0.14)
    shape *= level * 10.0 ** (setup.trabecular_db / 20.0) / rms_gain(reference)
    shape = shape * two_way_magnitude(grid_hz, bone.depth_m, bone.alpha_soft_db_cm_mhz)
    return np.asarray(shape)


def tail_amplitude(behind_m: Array, setup: RfSetup) -> Array:
    """Amplitude of rough surface and clutter, which are independent: powers add."""
    rough = 10.0 ** (setup.rough_db / 10.0) * np.exp(-2.0 * behind_m / setup.rough_decay_m)
    clutter = setup.surface_echo_1**2 * 10.0 ** (
        (setup.clutter_db - setup.clutter_db_m * behind_m) / 10.0
    )
    tail: Array = np.sqrt(rough + clutter)
    return tail


def simulate_frames(
    model: LineModel, geometry: Geometry, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Simulate all frames, without noise.

    Returns
    -------
    lines : (frame, line, sample) float64
        1 is the peak of the echo of a perfect, unattenuated reflector.
    surface_peak : (frame, line) float64
        Greatest magnitude within 0.5 mm of the surface.
    """
    n_frames, n_lines = geometry.surface_m.shape
    lines = np.empty((n_frames, n_lines, model.window.n_samples))
    n_white = model.soft.n_scatterers + 2 * model.n_bone
    correlation = model.setup.frame_correlation
    innovation = np.sqrt(1.0 - correlation * correlation)
    white = np.zeros((n_lines, n_white))
    for f in range(n_frames):
        fresh = rng.standard_normal((n_lines, n_white), dtype=np.float32)
        if f == 0:
            white[:] = fresh
        else:  # in place: these are the largest arrays of a frame
            white *= correlation
            white += innovation * fresh
        lines[f] = _frame(model, geometry, f, white)
    return lines, _surface_peaks(model.window, lines, geometry.surface_m)


def _frame(model: LineModel, geometry: Geometry, f: int, white: Array) -> Array:
    """One frame (line, sample) from its white scatterers."""
    n_soft, n_bone, n = model.soft.n_scatterers, model.n_bone, model.window.n_samples
    surface = model.window.sample_of(geometry.surface_m[f])
    in_front = np.arange(n_soft)[None, :] - SUPPORT < surface[:, None]
    soft = model.soft.apply(white[:, :n_soft] * in_front)[:, 2 * SUPPORT : 2 * SUPPORT + n]
    bone = _trabecular(model, white[:, n_soft : n_soft + n_bone])
    tail = white[:, n_soft + n_bone :] * model.tail_1
    echoes = _echoes(model, geometry, f, (bone[:, : n_bone + 2 * SUPPORT], tail))
    echoes[:, : soft.shape[1]] += soft
    return echoes


def _trabecular(model: LineModel, white: Array) -> Array:
    """Speckle of the bone, each kind of line through its own filter."""
    if len(model.trabecular) == 1:
        return model.trabecular[0].apply(white)
    width = model.trabecular[0].blocks.shape[0] * BLOCK + 2 * SUPPORT
    bone = np.empty((len(white), width))
    for k, one in enumerate(model.trabecular):
        lines = np.flatnonzero(model.kind == k)
        bone[lines] = one.apply(white[lines])
    return bone


def _echoes(model: LineModel, geometry: Geometry, f: int, parts: tuple[Array, Array]) -> Array:
    """Everything that is shaped in frequency: plate, bone behind it, rough surface, fascia."""
    bone, tail = (_spectrum(model, part) for part in parts)
    surface = model.window.sample_of(geometry.surface_m[f])
    spectrum = echo_spectra(
        kernel_input(bone, np.complex128),
        kernel_input(_unit_gain(model) * tail, np.complex128),
        kernel_input(model.wavelet),
        kernel_input(_line_numbers(model, geometry, f)),
        kernel_input(_plate_numbers(model)),
        float(model.frequency_hz[1]),
    )
    # Echoes from behind the window must not come round to its beginning.
    spectrum[surface >= model.window.n_samples + 2 * SUPPORT] = 0.0
    for depth_m, amplitude in zip(geometry.fascia_m, geometry.fascia_factor_1, strict=True):
        place = model.window.sample_of(depth_m)
        if place.min() > 0 and place.max() < model.window.n_samples:
            shift = _shift(model, depth_m, model.bone.alpha_local_db_cm_mhz)
            spectrum += amplitude * model.wavelet * shift
    whole = np.zeros((len(bone), model.n_transform // 2 + 1), dtype=np.complex128)
    whole[:, : spectrum.shape[1]] = spectrum
    echoes: Array = fft.irfft(whole, model.n_transform, axis=1)[:, : model.window.n_samples]
    return echoes


def _line_numbers(model: LineModel, geometry: Geometry, f: int) -> Array:
    """Thickness, surface factor, delay, what bone is early by, loss: (line, 5)."""
    depth_m = geometry.surface_m[f]
    numbers = np.empty((depth_m.size, 5))
    numbers[:, 0] = geometry.cortex_m[f]
    numbers[:, 1] = geometry.surface_factor_1[f]
    numbers[:, 2] = model.window.sample_of(depth_m) / model.window.fs_hz
    numbers[:, 3] = SUPPORT / model.window.fs_hz
    numbers[:, 4] = _np_per_hz_m(model.bone.alpha_soft_db_cm_mhz) * (depth_m - model.bone.depth_m)
    return numbers


def _plate_numbers(model: LineModel) -> Array:
    attenuation = CORTEX_ALPHA_DB_CM_MHZ * CM_PER_M / HZ_PER_MHZ / DB_PER_NEPER
    return np.array(
        [
            SOFT_TISSUE_MRAYL, CORTEX_MRAYL, MARROW_BONE_MRAYL, CORTEX_C_M_S, attenuation,
            float(model.setup.plate_on_path),
        ]
    )  # fmt: skip


def _np_per_hz_m(alpha_db_cm_mhz: float) -> float:
    """Two-way attenuation of a medium in nepers per hertz and metre."""
    return float(2.0 * alpha_db_cm_mhz * CM_PER_M / HZ_PER_MHZ / DB_PER_NEPER)


def _spectrum(model: LineModel, part: Array) -> Complex:
    spectrum: Complex = fft.rfft(part, model.n_transform, axis=1)[:, : len(model.frequency_hz)]
    return spectrum


def _unit_gain(model: LineModel) -> float:
    """Scale that gives filtered white noise of unit variance an rms of 1 before attenuation."""
    pulse = pulse_magnitude(model.frequency_hz, model.setup.f0_hz, model.setup.bandwidth_1)
    peak = 2.0 * np.sum(pulse) / model.n_transform
    rms = np.sqrt(2.0 * np.sum(pulse**2) / model.n_transform)
    return float(peak / rms)


def _shift(model: LineModel, depth_m: Array, alpha_db_cm_mhz: float) -> Complex:
    """Delay and attenuation of a depth against those of the nominal surface."""
    frequency = model.frequency_hz
    slope = _np_per_hz_m(alpha_db_cm_mhz)
    delay = 2.0 * np.pi * model.window.sample_of(depth_m) / model.window.fs_hz
    rate = -slope * (depth_m - model.bone.depth_m) - 1j * delay
    shift: Complex = np.exp(rate[:, None] * frequency[None, :])
    return shift


def _surface_peaks(window: Window, lines: Array, surface_m: Array) -> Array:
    half = round(0.5e-3 * 2.0 / window.c_m_s * window.fs_hz)
    centre = np.clip(np.rint(window.sample_of(surface_m)).astype(int), half, None)
    index = np.minimum(centre[..., None] + np.arange(-half, half + 1), window.n_samples - 1)
    peaks: Array = np.abs(np.take_along_axis(lines, index, axis=2)).max(axis=2)
    return peaks
