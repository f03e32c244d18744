"""One simulated ultrasound exam of one site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.kernels.threads import pinned_blas

from .bone import BoneParameters, is_neck
from .geometry import draw_geometry
from .lines import Window, line_model, simulate_frames
from .pulse import Array
from .setup import SET_B, RfSetup
from .structure import draw_structure

DEFAULT_WINDOW_M = 20e-3


@dataclass(frozen=True, eq=False, kw_only=True)
class SimulatedRf:
    """Samples with everything a file says of them, and the truth behind them."""

    site: str
    samples: NDArray[np.int16]  # (frame, line, sample)
    fs_hz: float
    f0_hz: float
    c_m_s: float
    t0_s: float  # of the first stored sample
    gain_db: float  # sample value / echo of a perfect reflector, whose peak is 1
    probe_radius_m: float
    line_pitch_m: float
    line_angle_rad: Array
    bone: BoneParameters  # truth
    surface_m: Array  # truth: (frame, line), from the probe at nominal c
    cortex_m: Array  # truth: (frame, line)


def simulate_rf(
    bone: BoneParameters,
    site: str,
    rng: np.random.Generator,
    n_frames: int = 8,
    n_lines: int = 128,
    window_m: float = DEFAULT_WINDOW_M,
    setup: RfSetup = SET_B,
) -> SimulatedRf:
    """Simulate the lines of one site.

    Parameters
    ----------
    bone : BoneParameters
    site : str
        Must be that of `bone`; decides geometry and line pitch.
    rng : numpy Generator
        The same state gives the same samples.
    n_frames, n_lines : int
    window_m : float
        Depth that is stored, around the bone: `setup.pre_bone_m` before the
        middle of its surface, the rest behind.
    setup : RfSetup
        Parameter set; `SET_B` by default.

    Returns
    -------
    exam : SimulatedRf
    """
    if site != bone.site:
        raise ValueError(f"found the bone of {bone.site}, wanted that of {site}")
    geometry = draw_geometry(bone, rng, (n_frames, n_lines), setup)
    window = Window(
        fs_hz=setup.fs_hz,
        c_m_s=setup.c_m_s,
        start_m=_start_m(bone.depth_m, setup),
        n_samples=round(window_m * 2.0 / setup.c_m_s * setup.fs_hz),
    )
    structure = draw_structure(rng, n_lines, setup)
    with pinned_blas():  # fastest, and their number would decide last digits
        model = line_model(bone, geometry, window, setup, structure)
        lines, peaks = simulate_frames(model, geometry, rng)
    full_scale = 2 ** (setup.bits - 1)
    gain_db = round(
        20.0 * np.log10(setup.full_scale_1 * full_scale / np.quantile(peaks, 0.9)), 1
    )  # a device's gain has steps; these keep the last digits of the quantile out of the samples
    pitch_m = setup.pitch_neck_m if is_neck(site) else setup.pitch_spine_m
    return SimulatedRf(
        site=site,
        samples=_digitise(lines, rng, gain_db, setup),
        fs_hz=setup.fs_hz,
        f0_hz=setup.f0_hz,
        c_m_s=setup.c_m_s,
        t0_s=window.start_m * 2.0 / setup.c_m_s,
        gain_db=float(gain_db),
        probe_radius_m=setup.probe_radius_m,
        line_pitch_m=pitch_m,
        line_angle_rad=(np.arange(n_lines, dtype=np.float64) - (n_lines - 1) / 2.0)
        * pitch_m
        / setup.probe_radius_m,
        bone=bone,
        surface_m=geometry.surface_m,
        cortex_m=geometry.cortex_m,
    )


def _start_m(depth_m: float, setup: RfSetup) -> float:
    """Depth of the first sample, a whole sample number, as a device would store it."""
    per_sample_m = setup.c_m_s / 2.0 / setup.fs_hz
    return float(np.floor((depth_m - setup.pre_bone_m) / per_sample_m) * per_sample_m)


def _digitise(
    lines: Array, rng: np.random.Generator, gain_db: float, setup: RfSetup
) -> NDArray[np.int16]:
    """Add noise and round; frame by frame, so that the noise never stands whole in memory."""
    highest = 2 ** (setup.bits - 1) - 1
    scale, noise = 10.0 ** (gain_db / 20.0), 10.0 ** (setup.noise_db / 20.0)
    samples = np.empty(lines.shape, dtype=np.int16)
    for f, frame in enumerate(lines):
        noisy = frame + noise * rng.standard_normal(frame.shape, dtype=np.float32)
        samples[f] = np.clip(np.rint(noisy * scale), -highest - 1, highest)
    return samples
