"""What goes wrong in an exam, on demand: each fault as the samples would show it.

Sizes are our choice, large enough that a person who looks would see the fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .exam import DEFAULT_WINDOW_M, SimulatedRf
from .pulse import Array
from .setup import SET_B, RfSetup

HIGHEST, LOWEST = 32767, -32768
GAS_DB, GAS_LINES_1 = -60.0, 0.15  # what is left of the echoes, share of the lines
OSTEOPHYTE_LINES_1 = 0.25
OSTEOPHYTE_M, OSTEOPHYTE_DB = 3e-3, -25.0  # height, and what is left of the bone behind it
AORTA_ABOVE_M, AORTA_LINES_1, AORTA_SHADOW_DB = 30e-3, 0.6, -6.0
AORTA_PRE_BONE_M = 34e-3
TILT_M = 12e-3  # from the middle to each edge
TILT_PRE_BONE_M = 20e-3
OVERDRIVE = 40.0
NOISE_UP_DB = 34.0
DEPTH_ERROR_M = 65e-3
SECOND_ABOVE_M, SECOND_FACTOR, SECOND_GAIN_DB = 4e-3, 4.0, -14.0  # room for the brighter echo
ECHO_HALF_M = 0.7e-3  # piece of a line that is copied as "the surface echo"

Samples = NDArray[np.int16]


def _same(setup: RfSetup) -> RfSetup:
    return setup


def _untouched(exam: SimulatedRf, _rng: np.random.Generator) -> SimulatedRf:
    return exam


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """One fault: how the world differs, what is stored, and what becomes of the samples."""

    name: str
    text: str
    setup: Callable[[RfSetup], RfSetup] = _same
    window_m: float = DEFAULT_WINDOW_M
    spoil: Callable[[SimulatedRf, np.random.Generator], SimulatedRf] = _untouched


# ---------------------------------------------------------------- helpers


def _surface_sample(exam: SimulatedRf) -> Array:
    """Sample of the true surface of each line, (frame, line)."""
    per_m = 2.0 / exam.c_m_s * exam.fs_hz
    return np.asarray((exam.surface_m - exam.t0_s * exam.c_m_s / 2.0) * per_m)


def _samples_of(length_m: float, exam: SimulatedRf) -> int:
    return round(length_m * 2.0 / exam.c_m_s * exam.fs_hz)


def _stored(values: NDArray[Any]) -> Samples:
    return np.asarray(np.clip(np.rint(values), LOWEST, HIGHEST), dtype=np.int16)


def _band(n_lines: int, share_1: float) -> slice:
    """Lines in the middle, where a surface is wanted."""
    width = max(1, round(share_1 * n_lines))
    first = (n_lines - width) // 2
    return slice(first, first + width)


def _copied(exam: SimulatedRf, above_m: float) -> Array:
    """Copy the surface echo of each line to `above_m` nearer the probe; zero elsewhere."""
    half, up = _samples_of(ECHO_HALF_M, exam), _samples_of(above_m, exam)
    offset = np.arange(-half, half + 1)
    taper = np.cos(np.pi / 2.0 * offset / (half + 1)) ** 2
    centre = np.rint(_surface_sample(exam)).astype(np.int64)[..., None] + offset
    last = exam.samples.shape[2] - 1
    echo = np.take_along_axis(exam.samples, np.clip(centre, 0, last), axis=2) * taper
    copy = np.zeros(exam.samples.shape)
    np.put_along_axis(copy, np.clip(centre - up, 0, last), echo, axis=2)
    return copy


# ---------------------------------------------------------------- faults


def _gas(exam: SimulatedRf, rng: np.random.Generator) -> SimulatedRf:
    """Take the echoes away and leave the noise of the receiver."""
    values = exam.samples.astype(np.float64)
    shaded = values[:, _band(values.shape[1], GAS_LINES_1)]
    noise = 10.0 ** ((SET_B.noise_db + exam.gain_db) / 20.0)
    shaded *= 10.0 ** (GAS_DB / 20.0)
    shaded += noise * rng.standard_normal(shaded.shape)
    return replace(exam, samples=_stored(values))


def _osteophyte(exam: SimulatedRf, _rng: np.random.Generator) -> SimulatedRf:
    """Raise the surface in a smooth bump, and darken what lies behind it."""
    n_lines = exam.samples.shape[1]
    band = _band(n_lines, OSTEOPHYTE_LINES_1)
    height = np.zeros(n_lines)
    width = band.stop - band.start
    height[band] = np.sin(np.pi * (np.arange(width) + 0.5) / width) ** 2
    up = np.rint(height * _samples_of(OSTEOPHYTE_M, exam)).astype(np.int64)
    values = exam.samples.astype(np.float64)
    surface, dark = _surface_sample(exam), 10.0 ** (OSTEOPHYTE_DB / 20.0 * height)
    sample = np.arange(values.shape[2])
    behind = sample > surface[..., None] + _samples_of(ECHO_HALF_M, exam)
    values = np.where(behind, values * dark[None, :, None], values)
    index = np.minimum(sample + up[:, None], values.shape[2] - 1)
    lifted = np.take_along_axis(values, np.broadcast_to(index, values.shape), axis=2)
    raised = exam.surface_m - up * exam.c_m_s / 2.0 / exam.fs_hz
    return replace(exam, samples=_stored(lifted), surface_m=raised)


def _aorta(exam: SimulatedRf, _rng: np.random.Generator) -> SimulatedRf:
    """Lay a bright wall over most lines, which shades what is behind it a little."""
    n_lines = exam.samples.shape[1]
    width = round(AORTA_LINES_1 * n_lines)
    covered = np.zeros(n_lines, dtype=bool)
    covered[(n_lines - width) // 2 : (n_lines - width) // 2 + width] = True
    wall = _copied(exam, AORTA_ABOVE_M)
    shade = np.where(covered, 10.0 ** (AORTA_SHADOW_DB / 20.0), 1.0)
    values = exam.samples * shade[None, :, None] + wall * covered[None, :, None]
    return replace(exam, samples=_stored(values))


def _saturated(exam: SimulatedRf, _rng: np.random.Generator) -> SimulatedRf:
    return replace(exam, samples=_stored(exam.samples * OVERDRIVE))


def _wrong_depth(exam: SimulatedRf, _rng: np.random.Generator) -> SimulatedRf:
    return replace(exam, t0_s=exam.t0_s + DEPTH_ERROR_M * 2.0 / exam.c_m_s)


def _second_surface(exam: SimulatedRf, _rng: np.random.Generator) -> SimulatedRf:
    """Lay a brighter echo over the bone's, at a gain at which both have room."""
    both = exam.samples + SECOND_FACTOR * _copied(exam, SECOND_ABOVE_M)
    quieter = 10.0 ** (SECOND_GAIN_DB / 20.0)
    return replace(exam, samples=_stored(quieter * both), gain_db=exam.gain_db + SECOND_GAIN_DB)


_ALL = (
    Artefact(
        name="gas-shadow",
        text="gas above the stored window takes 60 dB from a run of lines, a seventh of all",
        spoil=_gas,
    ),
    Artefact(
        name="osteophyte",
        text="a bump of 3 mm on the surface, with a shadow of 25 dB behind it",
        spoil=_osteophyte,
    ),
    Artefact(
        name="calcified-aorta",
        text="a wall as bright as the bone, 3 cm nearer the probe, over most lines",
        setup=lambda setup: replace(setup, pre_bone_m=AORTA_PRE_BONE_M),
        window_m=AORTA_PRE_BONE_M + 13.5e-3,
        spoil=_aorta,
    ),
    Artefact(
        name="tilt",
        text="the bone falls 24 mm from one edge to the other",
        setup=lambda setup: replace(setup, tilt_m=TILT_M, pre_bone_m=TILT_PRE_BONE_M),
        window_m=TILT_PRE_BONE_M + TILT_M + 13.5e-3,
    ),
    Artefact(
        name="saturation",
        text="forty times too much gain: lines are clipped",
        spoil=_saturated,
    ),
    Artefact(
        name="low-snr",
        text="34 dB more noise",
        setup=lambda setup: replace(setup, noise_db=setup.noise_db + NOISE_UP_DB),
    ),
    Artefact(
        name="wrong-depth",
        text="the time of the first sample is wrong: the bone seems 65 mm deeper",
        spoil=_wrong_depth,
    ),
    Artefact(
        name="double-surface",
        text="an echo four times as bright as the surface's lies 4 mm nearer the probe",
        spoil=_second_surface,
    ),
)
ARTEFACTS: dict[str, Artefact] = {artefact.name: artefact for artefact in _ALL}
NO_ARTEFACT = Artefact(name="none", text="nothing wrong")
