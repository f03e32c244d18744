"""Targets of known spectrum: a tissue-like phantom, and a plate in water.

A scan of either shows what probe and receiver make of an echo; a calibration is
taken from it. Both are idealised: no diffraction of the beam, no reverberation.

References
----------
Water attenuates by about 0.0022 dB/cm/MHz^2 at 20 degrees and sound travels at
1482 m/s in it (J. M. M. Pinkerton 1949; N. Bilaniuk, G. S. K. Wong 1993; both
from memory). A steel plate in water reflects (45.7 - 1.48) / (45.7 + 1.48) =
0.94 of the amplitude (impedances in MRayl, from memory). Attenuation and
backscatter of the phantom are our choice, within what phantoms for abdominal
probes have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from bonescan.files.rf_exam import RfExamContent, RfSiteContent
from bonescan.model.exam import Subject
from bonescan.model.sites import UNKNOWN_SITE

from .cohort import DEVICE, DEVICE_SERIAL
from .pulse import CM_PER_M, DB_PER_NEPER, HZ_PER_MHZ, Array, pulse_magnitude
from .setup import SET_B, RfSetup
from .speckle import SUPPORT, depth_filter, design_grid_hz, rms_gain

PHANTOM, PLATE = "phantom", "plate"
KINDS = (PHANTOM, PLATE)
N_FRAMES, N_LINES = 4, 128
STEP = 32  # scatterers that share a filter: 0.6 mm
SPECKLE_DB = -30.0  # rms at the probe, of the echo of a perfect reflector
WATER_C_M_S = 1482.0
EDGE_M = 2e-3  # stored beyond the depths that are to be analysed
PLATE_TILT_M = 0.3e-3  # how far the plate comes nearer from one edge to the other
ACQUIRED_AT = "2025-01-06T08:00:00+08:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTarget:
    """What is known of a target; names as in a calibration file."""

    kind: str
    attenuation_db_cm_mhz: float  # of the phantom, or of the water before the plate; one way
    attenuation_exponent: float  # of frequency
    backscatter_exponent: float | None = None  # phantom: power rises as f to this
    reflection_1: float | None = None  # plate, amplitude
    depth_first_m: float  # phantom: to be analysed from here; plate: it lies between the two
    depth_last_m: float
    c_m_s: float

    def loss_db(self, frequency_hz: Array, depth_m: Array | float) -> Array:
        """Two-way loss down to a depth."""
        mhz = frequency_hz / HZ_PER_MHZ
        per_cm = self.attenuation_db_cm_mhz * mhz**self.attenuation_exponent
        return np.asarray(2.0 * per_cm * np.asarray(depth_m) * CM_PER_M)


TARGETS = {
    PHANTOM: KnownTarget(
        kind=PHANTOM,
        attenuation_db_cm_mhz=0.5,
        attenuation_exponent=1.0,
        backscatter_exponent=3.0,
        depth_first_m=10e-3,
        depth_last_m=60e-3,
        c_m_s=1540.0,
    ),
    PLATE: KnownTarget(
        kind=PLATE,
        attenuation_db_cm_mhz=0.0022,
        attenuation_exponent=2.0,
        reflection_1=0.94,
        depth_first_m=30e-3,
        depth_last_m=50e-3,
        c_m_s=WATER_C_M_S,
    ),
}


def simulate_target(
    target: KnownTarget, seed: int, calibration_id: str, setup: RfSetup = SET_B
) -> RfExamContent:
    """Scan a target; the probe is moved between frames, so their speckle is independent.

    Parameters
    ----------
    target : KnownTarget
    seed : int
    calibration_id : str
        Names the calibration that is to be made from it.
    setup : RfSetup
        Probe and receiver.

    Returns
    -------
    content : RfExamContent
        Without a person; one site of no name; the target in the truth.
    """
    rng = np.random.default_rng([seed, KINDS.index(target.kind)])
    per_m = 2.0 / target.c_m_s * setup.fs_hz
    first = round((target.depth_first_m - EDGE_M) * per_m)
    n = round((target.depth_last_m + EDGE_M) * per_m) - first
    depth_m: Array = (first + np.arange(n, dtype=np.float64)) / per_m
    lines = (_plate if target.kind == PLATE else _speckle)(target, rng, depth_m, setup)
    lines += 10.0 ** (setup.noise_db / 20.0) * rng.standard_normal(lines.shape)
    full_scale = 2 ** (setup.bits - 1)
    gain_db = round(20.0 * np.log10(setup.full_scale_1 * full_scale / np.abs(lines).max()), 1)
    samples = np.rint(lines * 10.0 ** (gain_db / 20.0)).astype(np.int16)
    site = RfSiteContent(
        site=UNKNOWN_SITE,
        fs_hz=setup.fs_hz,
        rf=samples,
        f0_hz=setup.f0_hz,
        c_m_s=target.c_m_s,
        t0_s=first / setup.fs_hz,
        probe_radius_m=setup.probe_radius_m,
        line_pitch_m=setup.pitch_spine_m,
        gain_db=float(gain_db),
        gain_known=True,
        calibration_id=calibration_id,
    )
    return RfExamContent(
        subject=Subject(),
        sites=(site,),
        exam_id=f"SIM-{target.kind.upper()}-{seed}",
        acquired_at=ACQUIRED_AT,
        device=DEVICE,
        device_serial=DEVICE_SERIAL,
        operator="SIM",
        simulated=True,
        truth=_truth(target, setup),
    )


def _truth(target: KnownTarget, setup: RfSetup) -> dict[str, float | str]:
    known: dict[str, float | str | None] = {
        "kind": target.kind,
        "attenuation_db_cm_mhz": target.attenuation_db_cm_mhz,
        "attenuation_exponent": target.attenuation_exponent,
        "backscatter_exponent": target.backscatter_exponent,
        "reflection_1": target.reflection_1,
        "depth_first_m": target.depth_first_m,
        "depth_last_m": target.depth_last_m,
        "c_m_s": target.c_m_s,
        "pulse_f0_hz": setup.f0_hz,
        "pulse_bandwidth_1": setup.bandwidth_1,
    }
    return {name: value for name, value in known.items() if value is not None}


def _speckle(
    target: KnownTarget, rng: np.random.Generator, depth_m: Array, setup: RfSetup
) -> NDArray[np.float64]:
    """Lines of even scatterers, (frame, line, sample)."""
    grid = design_grid_hz(setup.fs_hz)
    pulse = pulse_magnitude(grid, setup.f0_hz, setup.bandwidth_1)
    shape = pulse * (grid / setup.f0_hz) ** ((target.backscatter_exponent or 0.0) / 2.0)
    shape *= 10.0 ** (SPECKLE_DB / 20.0) / rms_gain(shape)
    n = depth_m.size + 2 * SUPPORT
    step_m = float(depth_m[1] - depth_m[0])
    middle_m = depth_m[0] + (np.arange(0, n, STEP) + STEP / 2.0 - SUPPORT) * step_m
    left = np.exp(-target.loss_db(grid, middle_m[:, None]) / DB_PER_NEPER)
    white = rng.standard_normal((N_FRAMES * N_LINES, n))
    lines = depth_filter(shape * left, STEP, n).apply(white)
    first = 2 * SUPPORT  # the result starts a support earlier, and the scatterers another
    return lines[:, first : first + depth_m.size].reshape(N_FRAMES, N_LINES, -1)


def _plate(
    target: KnownTarget, rng: np.random.Generator, depth_m: Array, setup: RfSetup
) -> NDArray[np.float64]:
    """Echoes of a plane plate in the middle of the stored depths, (frame, line, sample)."""
    n_transform = int(fft.next_fast_len(2 * depth_m.size, real=True))
    frequency = fft.rfftfreq(n_transform, 1.0 / setup.fs_hz)
    pulse = pulse_magnitude(frequency, setup.f0_hz, setup.bandwidth_1)
    peak = 2.0 * float(pulse.sum()) / n_transform
    across = np.linspace(-0.5, 0.5, N_LINES)
    moved = setup.motion_sd_m * rng.standard_normal(N_FRAMES)
    place = float(depth_m.mean()) + PLATE_TILT_M * across[None, :] + moved[:, None]
    left = np.exp(-target.loss_db(frequency, place[..., None]) / DB_PER_NEPER)
    sample = (place - depth_m[0]) / float(depth_m[1] - depth_m[0])
    delay = np.exp(-2j * np.pi * frequency * sample[..., None] / setup.fs_hz)
    spectrum = (target.reflection_1 or 1.0) * pulse / peak * left * delay
    return np.asarray(fft.irfft(spectrum, n_transform, axis=-1)[..., : depth_m.size])
