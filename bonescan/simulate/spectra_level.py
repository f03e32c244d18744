"""Averaged spectra without samples: thousands of people in seconds.

For tests that need many people (coverage of intervals, sizes of cohorts) the
samples are left out. Each gate's expected power spectrum follows from the same
bone, path, plate, clutter and noise as the samples, and what is drawn around it
has the statistics of speckle: complex Gaussian, correlated over the bins of a
window as the window makes it, independent between lines and gates, correlated
between consecutive frames as the frames are.

Left out: the search for the surface (its true place is used), frames and lines
that are rejected, fascia and soft tissue speckle (they lie before the gates),
and the multiples inside the cortex at the spine (80 dB down in gate A).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bonescan.model.rems_model import FEMORAL_NECK, SpectralForm

from .bone import BoneParameters, bone_of, is_neck
from .geometry import Geometry, draw_geometry
from .lines import tail_amplitude, trabecular_magnitude
from .outcome import dxa_reading_g_cm2
from .people import VERTEBRAE, VirtualPerson
from .plate import CORTEX_C_M_S, Complex, plate_response
from .pulse import Array, pulse_magnitude, two_way_magnitude
from .setup import RfSetup
from .speckle import GRID, design_grid_hz, rms_gain
from .stress import NONE, STRESSES, Stress
from .structure import Structure, draw_structure

NECK_SHAPE, VERTEBRA_SHAPE = (8, 128), (4, 64)  # frames, lines
HIGHEST_HZ = 8e6
THICKNESS_STEP_M = 5e-6
THICKEST_M = 5e-3
EVERY = 4  # samples of a gate between which the bone is taken as constant
LEAST_EIGENVALUE_1 = 1e-8
# Multiples inside the cortex are added to gates that begin before this, at the neck.
MULTIPLES_TO_MM = 3.0


@dataclass(frozen=True, eq=False, kw_only=True)
class LevelSpectra:
    """Averaged spectra of one site, shaped as the analysis of samples shapes them.

    `power` is (gate, group, bin), linear; `noise` (gate, group) what noise alone
    puts into a bin; `depth_mm` and `cluster` (group,): groups of one cluster look
    at the same tissue. `n_lines` stands for the lines in the groups.
    """

    power: Array
    noise: Array
    depth_mm: Array
    cluster: NDArray[np.int64]
    n_lines: int
    bone: BoneParameters  # truth


@dataclass(frozen=True, eq=False, kw_only=True)
class LevelExam:
    """One person's site: spectra of its parts and the DXA reading of the whole."""

    person: VirtualPerson
    site: str
    dxa_bmd_g_cm2: float
    parts: tuple[LevelSpectra, ...]


def draw_exams(
    people: Sequence[VirtualPerson],
    site: str,
    form: SpectralForm,
    seed: int,
    stress: Stress = STRESSES[NONE],
) -> Iterator[LevelExam]:
    """Draw the exam of each person.

    Parameters
    ----------
    people : sequence of VirtualPerson
    site : str
        "femoral-neck" (the left one is drawn) or "lumbar-spine" (L1 ... L4).
    form : SpectralForm
        Gates, bins and the size of a group.
    seed : int
        A person's exam depends on it and on her, not on the others.
    stress : Stress
    """
    neck = site == FEMORAL_NECK
    sites: tuple[str, ...] = ("femoral-neck-left",) if neck else VERTEBRAE
    shape = NECK_SHAPE if neck else VERTEBRA_SHAPE
    for person in people:
        rng = np.random.default_rng([seed, person.bone_seed, int(neck), 2])
        bones = (bone_of(person, s, rng, stress.spread) for s in sites)
        yield LevelExam(
            person=person,
            site=site,
            dxa_bmd_g_cm2=dxa_reading_g_cm2(person, sites[0] if neck else "L1-L4"),
            parts=tuple(draw_spectra(b, rng, form, shape, stress.setup) for b in bones),
        )


def draw_spectra(
    bone: BoneParameters,
    rng: np.random.Generator,
    form: SpectralForm,
    shape: tuple[int, int],
    setup: RfSetup,
) -> LevelSpectra:
    """Draw the averaged spectra of one site.

    Parameters
    ----------
    bone : BoneParameters
    rng : numpy Generator
    form : SpectralForm
    shape : two ints
        Frames and lines; whole groups of them are made.
    setup : RfSetup
        Its sampling rate must be the form's.
    """
    if setup.fs_hz != form.fs_hz:
        raise ValueError(f"found the sampling rate {setup.fs_hz:g} Hz, wanted {form.fs_hz:g} Hz")
    pairs, blocks = shape[0] // form.group_frames, shape[1] // form.group_lines
    per_group, between_1 = looks(form, setup.frame_correlation)
    thinned = replace(
        setup,
        line_cortex_correlation=setup.line_cortex_correlation ** (form.group_lines / per_group),
        frame_cortex_correlation=setup.frame_cortex_correlation**form.group_frames,
    )
    geometry = draw_geometry(bone, rng, (pairs, blocks * per_group), thinned)
    structure = draw_structure(rng, blocks * per_group, setup)
    expected, noise = _expected_power(bone, geometry, structure, form, setup)
    n_gates, n_looks, n_bins = expected.shape
    white = _speckle(rng, (n_gates, pairs, blocks * per_group), form, between_1)
    field = np.sqrt(expected) * white.reshape(n_gates, n_looks, n_bins)
    if is_neck(bone.site):
        for g, start_mm in enumerate(form.gate_start_mm):
            if start_mm < MULTIPLES_TO_MM:
                field[g] += _multiples(bone, geometry, form, setup, start_mm)
    power = (field.real**2 + field.imag**2).reshape(n_gates, pairs, blocks, per_group, n_bins)
    return LevelSpectra(
        power=power.mean(axis=3).reshape(n_gates, pairs * blocks, n_bins),
        noise=np.full((n_gates, pairs * blocks), noise),
        depth_mm=1e3 * geometry.surface_m.reshape(pairs, blocks, per_group).mean(axis=2).ravel(),
        cluster=np.tile(np.arange(blocks), pairs),
        n_lines=pairs * blocks * form.group_size,
        bone=bone,
    )


def looks(form: SpectralForm, frame_correlation: float) -> tuple[int, float]:
    """Count the independent looks that a group's lines are worth.

    Returns
    -------
    looks : int
        Lines times frames over 1 + (what frames share): with amplitudes
        correlated by r**lag, powers are by r**(2 lag).
    between_1 : float
        Correlation of amplitude that gives groups of consecutive frames the
        correlation of power that they have.
    """
    shared = frame_correlation**2
    frame = np.arange(form.group_frames)
    within = np.mean(shared ** np.abs(frame[:, None] - frame))
    across = np.mean(shared ** np.abs(frame[:, None] - frame - form.group_frames))
    return max(1, round(form.group_lines / float(within))), float(np.sqrt(across / within))


# ---------------------------------------------------------------- expected power


def _expected_power(
    bone: BoneParameters,
    geometry: Geometry,
    structure: Structure,
    form: SpectralForm,
    setup: RfSetup,
) -> tuple[Array, float]:
    """Power of everything random, (gate, look, bin), and the noise in it."""
    grid, leak = _grid_hz(form.fs_hz), _leakage(_key(form))
    window = _window(form.gate_samples)
    thickness = geometry.cortex_m.ravel()
    through: Array | float = 1.0
    delay_s = 0.0
    if setup.plate_on_path:
        through = _plate_table(form.fs_hz)[1][_row(thickness)]
        delay_s = 2.0 * float(thickness.mean()) / CORTEX_C_M_S
    kind = np.tile(structure.kind, geometry.cortex_m.shape[0])
    shape = trabecular_magnitude(design_grid_hz(form.fs_hz), bone, setup)[: grid.size]
    tail_shape = _tail_magnitude(bone, setup, form)
    weight = window[EVERY // 2 :: EVERY] ** 2
    weight = weight / weight.sum()
    noise = _noise_variance(bone, setup) * float(np.sum(window**2))
    expected = np.empty((len(form.gate_start_mm), thickness.size, form.frequency_hz.size))
    for g, start_mm in enumerate(form.gate_start_mm):
        sample = np.arange(EVERY // 2, form.gate_samples, EVERY, dtype=np.float64)
        after_s = _gate_first(form, start_mm) / form.fs_hz + sample / form.fs_hz
        below_m = (after_s - delay_s) * bone.c_tb_m_s / 2.0
        inside = weight * (below_m > 0)
        depth = np.maximum(below_m, 0.0)
        by_kind = np.stack(
            [inside @ structure.magnitude(grid, depth, bone, v) ** 2 for v in structure.level_1]
        )
        tail = weight @ tail_amplitude(after_s * setup.c_m_s / 2.0, setup) ** 2
        power = (by_kind * shape**2)[kind] * through + tail * tail_shape**2
        expected[g] = power @ leak + noise
    return expected, noise


def _noise_variance(bone: BoneParameters, setup: RfSetup) -> float:
    """Variance of a sample from electronics and rounding."""
    grid = _grid_hz(setup.fs_hz)
    pulse = pulse_magnitude(grid, setup.f0_hz, setup.bandwidth_1)
    left = pulse * two_way_magnitude(grid, bone.depth_m, bone.alpha_soft_db_cm_mhz)
    peak = setup.surface_echo_1 * float(left.sum() / pulse.sum())
    step = peak / (setup.full_scale_1 * 2 ** (setup.bits - 1))
    return float(10.0 ** (setup.noise_db / 10.0) + step**2 / 12.0)


def _tail_magnitude(bone: BoneParameters, setup: RfSetup, form: SpectralForm) -> Array:
    whole = design_grid_hz(form.fs_hz)
    pulse = pulse_magnitude(whole, setup.f0_hz, setup.bandwidth_1)
    grid = _grid_hz(form.fs_hz)
    path = two_way_magnitude(grid, bone.depth_m, bone.alpha_soft_db_cm_mhz)
    return np.asarray(pulse[: grid.size] / rms_gain(pulse) * path)


def _gate_first(form: SpectralForm, start_mm: float) -> int:
    """First sample of a gate after the surface echo."""
    return round(start_mm * 1e-3 * 2.0 / form.c_m_s * form.fs_hz)


# ---------------------------------------------------------------- what is drawn around it


def _speckle(
    rng: np.random.Generator, shape: tuple[int, int, int], form: SpectralForm, between_1: float
) -> Complex:
    """Complex field of unit mean power, (gate, pair of frames, look, bin)."""
    root = _correlation_root(_key(form))
    raw = rng.standard_normal((*shape, root.shape[0], 2), dtype=np.float32)
    white: Complex = raw.astype(np.float64).view(np.complex128)[..., 0] / np.sqrt(2.0)
    for p in range(1, shape[1]):
        white[:, p] = between_1 * white[:, p - 1] + np.sqrt(1.0 - between_1**2) * white[:, p]
    return np.asarray(white @ root)


def _multiples(
    bone: BoneParameters, geometry: Geometry, form: SpectralForm, setup: RfSetup, start_mm: float
) -> Complex:
    """Give what surface echo and multiples inside the cortex leave in a gate, (look, bin)."""
    grid = _grid_hz(form.fs_hz)
    pulse = pulse_magnitude(design_grid_hz(form.fs_hz), setup.f0_hz, setup.bandwidth_1)
    peak = 2.0 * float(pulse.sum()) / GRID
    wavelet = pulse[: grid.size] / peak
    wavelet = wavelet * two_way_magnitude(grid, bone.depth_m, bone.alpha_soft_db_cm_mhz)
    reflection = _plate_table(form.fs_hz)[0][_row(geometry.cortex_m.ravel())]
    seen = _gate_of_tone(_key(form), _gate_first(form, start_mm))
    factor = geometry.surface_factor_1.ravel()[:, None]
    return np.asarray(factor * ((reflection * wavelet) @ seen))


# ---------------------------------------------------------------- tables, made once

_Key = tuple[float, int, tuple[float, ...]]


def _key(form: SpectralForm) -> _Key:
    return form.fs_hz, form.gate_samples, tuple(form.frequency_hz.tolist())


def _window(n: int) -> Array:
    return np.asarray(np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2)


@lru_cache(maxsize=4)
def _grid_hz(fs_hz: float) -> Array:
    grid = design_grid_hz(fs_hz)
    return grid[grid <= HIGHEST_HZ]


@lru_cache(maxsize=4)
def _leakage(key: _Key) -> Array:
    """Share of the power at each point of the grid that a bin of the window sees."""
    fs_hz, n, band_hz = key
    response = _tones(fs_hz, n, np.array(band_hz))
    both = np.abs(response) ** 2
    whole = design_grid_hz(fs_hz)
    sides = np.where((whole == 0) | (whole == fs_hz / 2.0), 1.0, 2.0)
    # A real process has half its power on each side; the other side leaks nothing to the band.
    return np.asarray((both * (sides[:, None] / 2.0) / GRID)[: _grid_hz(fs_hz).size])


def _tones(fs_hz: float, n: int, band_hz: Array) -> Complex:
    """Transform of a windowed tone of each point of the grid, (point, bin)."""
    j = np.arange(n)
    tone = np.exp(2j * np.pi * design_grid_hz(fs_hz)[:, None] / fs_hz * j)
    look = np.exp(-2j * np.pi * j[:, None] * band_hz / fs_hz)
    return np.asarray((tone * _window(n)) @ look)


@lru_cache(maxsize=16)
def _gate_of_tone(key: _Key, first: int) -> Complex:
    """Transform of a gate that begins at sample `first` of a sum of tones, (point, bin)."""
    fs_hz, n, band_hz = key
    grid = _grid_hz(fs_hz)
    turned = np.exp(2j * np.pi * grid * first / fs_hz)
    return np.asarray(turned[:, None] * _tones(fs_hz, n, np.array(band_hz))[: grid.size] / GRID)


@lru_cache(maxsize=4)
def _correlation_root(key: _Key) -> Complex:
    """Give white complex numbers the correlation of neighbouring bins, (number, bin)."""
    fs_hz, n, band_hz = key
    window = _window(n)
    sampled = window * np.exp(-2j * np.pi * np.array(band_hz)[:, None] * np.arange(n) / fs_hz)
    values, vectors = np.linalg.eigh(sampled @ sampled.conj().T / np.sum(window**2))
    kept = values > LEAST_EIGENVALUE_1 * values[-1]
    return np.ascontiguousarray((vectors[:, kept] * np.sqrt(values[kept])).T)


@lru_cache(maxsize=2)
def _plate_table(fs_hz: float) -> tuple[Complex, Array]:
    """Reflection, and power that passes both ways, by thickness: (thickness, bin)."""
    thickness = np.arange(0.0, THICKEST_M, THICKNESS_STEP_M)
    reflection, through = plate_response(_grid_hz(fs_hz), thickness)
    return reflection, np.abs(through) ** 2


def _row(thickness_m: Array) -> NDArray[np.int64]:
    row = np.rint(thickness_m / THICKNESS_STEP_M).astype(np.int64)
    return np.minimum(row, round(THICKEST_M / THICKNESS_STEP_M) - 1)
