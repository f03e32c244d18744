"""The response of a device: taken from a target of known spectrum, and taken off an exam's.

Power received from depth d is S(f) · T(f) · 10^(-2·α·f^n·d/10): S is the
device (pulse, probe, receiver), T the target (f^b of scatterers much smaller
than the wave, or the constant reflection of a plate), the rest the way there
and back. Everything but S is known of a phantom or a plate, so S remains: the
reference-phantom method.

References
----------
Yao LX, Zagzebski JA, Madsen EL. Backscatter coefficient measurements using a
reference phantom to extract depth-dependent instrumentation factors. Ultrason
Imaging 1990;12:58-70 (from memory).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import UnusableScan
from bonescan.files.calibration import PHANTOM, PLATE, Calibration, find_calibration
from bonescan.kernels.basis import half_sample_hann
from bonescan.model.scan import RfSite

Array = NDArray[np.float64]

GATE_S = 3.2e-6  # as long as the gates behind the bone: 128 samples at 40 MHz
N_FFT_PER_GATE = 4  # zero-padding; adds no resolution
STEP_1 = 0.5  # of the gate, from one gate of a phantom to the next
NOISE_BAND_1 = (0.25, 0.40)  # of the sampling rate: beside the pulse, where only noise is
KEEP_DB = 30.0  # below the peak; a model asks for no more than -10 dB after the loss on the way
MIN_SNR_DB = 6.0
MIN_LINES = 20  # single spectra scatter by 5.6 dB: 20 lines leave 1.2 dB at one depth
MIN_BINS = 8
MAX_RAILED_1 = 0.005  # clipped samples in the gates
DB_PER_DECADE = 10.0
HZ_PER_MHZ, M_PER_CM = 1e6, 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is known of a phantom or a plate."""

    kind: str
    attenuation_db_cm_mhz: float  # of the phantom, or of the way to the plate; one way
    attenuation_exponent: float  # 1 in phantoms, 2 in water
    backscatter_exponent: float | None  # of a phantom: power rises as f to this
    reflection_1: float | None  # of a plate, amplitude
    depth_first_m: float | None  # first gate of a phantom begins here
    depth_last_m: float | None  # last gate ends here


@dataclass(frozen=True, eq=False, kw_only=True)
class SystemSpectrum:
    """The power spectrum of a device, (bin,), greatest value 1, and what it rests on."""

    frequency_hz: Array
    power: Array
    gate_samples: int
    n_lines: int
    depth_first_m: float
    depth_last_m: float
    depth_spread_db: float | None


# ------------------------------------------------------------------ using a calibration


def system_correction_db(calibration: Calibration, frequency_hz: Array) -> Array:
    """Give the response of the device at the bins of a model, to be subtracted from dB spectra.

    Parameters
    ----------
    calibration : Calibration
    frequency_hz : (bin,) ndarray
        Any grid within the calibration's own frequencies.

    Returns
    -------
    correction_db : (bin,) ndarray
        Power of the device in dB, linear between its frequencies, 0 at its own
        greatest. Subtract it from ``10·log10(power)`` after the noise is taken
        off (noise does not pass the probe). A difference of two gates needs no
        correction: the device cancels.

    Raises
    ------
    UnusableScan
        BS-E361 where the calibration does not reach a bin.
    """
    known, wanted = calibration.frequency_hz, np.asarray(frequency_hz, dtype=np.float64)
    if wanted.size and (wanted.min() < known[0] or wanted.max() > known[-1]):
        raise UnusableScan(
            "BS-E361",
            f"found the calibration {calibration.calibration_id[:40]!r} from "
            f"{known[0] / HZ_PER_MHZ:.2f} to {known[-1] / HZ_PER_MHZ:.2f} MHz, wanted "
            f"{wanted.min() / HZ_PER_MHZ:.2f} to {wanted.max() / HZ_PER_MHZ:.2f} MHz.",
        )
    response_db = DB_PER_DECADE * np.log10(calibration.power)
    return np.asarray(np.interp(wanted, known, response_db))


def calibration_for(
    site: RfSite, calibrations: Sequence[Calibration], needed: bool
) -> Calibration | None:
    """Find the calibration of an exam's site.

    Parameters
    ----------
    site : RfSite
        Its `calibration_id` names the calibration.
    calibrations : sequence of Calibration
        Those at hand.
    needed : bool
        Whether the model was trained on calibrated spectra.

    Returns
    -------
    calibration : Calibration or None
        None where there is none and none is needed: a flag is due.

    Raises
    ------
    UnusableScan
        BS-E363 where one is needed and missing.
    """
    found = find_calibration(calibrations, site.calibration_id)
    if found is None and needed:
        named = "names none" if site.calibration_id is None else (
            f"names {site.calibration_id[:40]!r}"
        )  # fmt: skip
        at_hand = ", ".join(repr(c.calibration_id[:40]) for c in calibrations) or "none"
        raise UnusableScan(
            "BS-E363", f"{site.site}: the exam {named}, at hand: {at_hand}; the model needs one."
        )
    return found


# ------------------------------------------------------------------ making one


def system_spectrum(
    frames: Iterable[NDArray[np.int16]], railed: NDArray[np.bool_] | None, site: RfSite,
    target: Target, c_m_s: float,
) -> SystemSpectrum:  # fmt: skip
    """Take the spectrum of the device from a scan of a known target.

    Parameters
    ----------
    frames : iterable of (line, sample) int16
        Conditioned samples: no gain curve; an offset is taken off.
    railed : (frame, line, sample) ndarray of bool, optional
        Clipped samples.
    site : RfSite
        Needs `t0_s`: the depth of a gate says how much was lost on the way.
    target : Target
    c_m_s : float
        In the phantom, or on the way to the plate.

    Returns
    -------
    spectrum : SystemSpectrum
        Bins within 30 dB of the peak and 6 dB above the noise, in one run.

    Raises
    ------
    UnusableScan
        BS-E362: no time zero, too few lines, gates outside the stored lines,
        clipped echoes, a spectrum that does not stand above the noise.
    """
    if site.t0_s is None:
        raise _refusal(site, "no time zero, so the depth of a gate is not known")
    gate = 2 * round(GATE_S * site.fs_hz / 2)
    stacked = np.stack([np.asarray(frame, dtype=np.float64) for frame in frames])
    lines = stacked.reshape(-1, stacked.shape[-1])
    lines -= lines.mean(axis=1, keepdims=True)  # an offset is no echo
    marks = None if railed is None else railed.reshape(lines.shape)
    if lines.shape[0] < MIN_LINES:
        raise _refusal(site, f"{lines.shape[0]} lines, wanted at least {MIN_LINES}")
    if gate > lines.shape[1]:
        raise _refusal(site, f"lines of {lines.shape[1]} samples, shorter than a gate of {gate}")
    starts = (
        _plate_starts(lines, gate) if target.kind == PLATE else
        _phantom_starts(lines, gate, site, target, c_m_s)
    )  # fmt: skip
    _refuse_clipped(marks, starts, gate, site)
    bins = np.arange(1, N_FFT_PER_GATE * gate // 2, dtype=np.float64)
    frequency_hz: Array = np.asarray(bins * (site.fs_hz / (N_FFT_PER_GATE * gate)))
    power = np.stack([_mean_power(lines, row, gate) for row in starts])[:, 1:-1]
    middle_s = site.t0_s + (starts.mean(axis=1) + (gate - 1) / 2) / site.fs_hz
    depth_m = middle_s * c_m_s / 2.0
    system_db, usable = _without_target(power, frequency_hz, depth_m, target, site)
    keep = _run_around_peak(system_db.mean(axis=0), np.asarray(usable.all(axis=0)), site)
    level_db = system_db[:, keep] - system_db[:, keep].mean(axis=1, keepdims=True)
    mean_db = level_db.mean(axis=0)
    half_m = gate / site.fs_hz * c_m_s / 4.0
    spread = float(np.sqrt(level_db.var(axis=0, ddof=1).mean())) if len(depth_m) > 1 else None
    return SystemSpectrum(
        frequency_hz=frequency_hz[keep],
        power=10.0 ** ((mean_db - mean_db.max()) / DB_PER_DECADE),
        gate_samples=gate,
        n_lines=lines.shape[0],
        depth_first_m=max(0.0, float(depth_m.min()) - half_m),
        depth_last_m=float(depth_m.max()) + half_m,
        depth_spread_db=spread,
    )


def _refusal(site: RfSite, found: str) -> UnusableScan:
    return UnusableScan("BS-E362", f"{site.site}: found {found}.")


def _phantom_starts(
    lines: Array, gate: int, site: RfSite, target: Target, c_m_s: float
) -> NDArray[np.int64]:
    """First samples of the gates of each depth, (depth, line)."""
    if target.depth_first_m is None or target.depth_last_m is None or site.t0_s is None:
        raise _refusal(site, "no depths of the phantom to analyse")
    per_m = 2.0 / c_m_s * site.fs_hz
    zero = site.t0_s * site.fs_hz
    first = round(target.depth_first_m * per_m - zero)
    last = round(target.depth_last_m * per_m - zero)
    if first < 0 or last > lines.shape[1] or last - first < gate:
        low, high = zero / per_m * 1000.0, (zero + lines.shape[1]) / per_m * 1000.0
        raise _refusal(
            site,
            f"samples from {low:.1f} to {high:.1f} mm, wanted {target.depth_first_m * 1000.0:.1f} "
            f"to {target.depth_last_m * 1000.0:.1f} mm with room for a gate of "
            f"{gate / per_m * 1000.0:.1f} mm",
        )
    starts = np.arange(first, last - gate + 1, max(1, round(STEP_1 * gate)))
    return np.repeat(starts[:, None], lines.shape[0], axis=1)


def _plate_starts(lines: Array, gate: int) -> NDArray[np.int64]:
    """Centre the gate of each line on the strongest echo, (1, line)."""
    power = np.cumsum(np.pad(lines**2, ((0, 0), (1, 0))), axis=1)
    short = max(1, gate // 8)
    energy = power[:, short:] - power[:, :-short]
    middle = np.argmax(energy, axis=1) + short // 2
    return np.asarray(np.clip(middle - gate // 2, 0, lines.shape[1] - gate)[None, :])


def _refuse_clipped(
    marks: NDArray[np.bool_] | None, starts: NDArray[np.int64], gate: int, site: RfSite
) -> None:
    if marks is None:
        return
    rows = np.arange(marks.shape[0])[:, None]
    share = np.mean([marks[rows, s[:, None] + np.arange(gate)].mean() for s in starts])
    if share > MAX_RAILED_1:
        raise _refusal(
            site,
            f"{100.0 * share:.1f} % of the samples in the gates clipped, wanted at most "
            f"{100.0 * MAX_RAILED_1:.1f} %: lower the gain",
        )


def _mean_power(lines: Array, start: NDArray[np.int64], gate: int) -> Array:
    """Mean power spectrum of one gate a line, (gate·2 + 1,); Hann window, zero-padded."""
    rows = np.arange(lines.shape[0])[:, None]
    gates = lines[rows, start[:, None] + np.arange(gate)] * half_sample_hann(gate)
    spectrum = np.fft.rfft(gates, N_FFT_PER_GATE * gate, axis=1)
    return np.asarray(np.mean(spectrum.real**2 + spectrum.imag**2, axis=0))


def _without_target(
    power: Array, frequency_hz: Array, depth_m: Array, target: Target, site: RfSite
) -> tuple[Array, NDArray[np.bool_]]:
    """Take noise, target and path off; (depth, bin) in dB, and where the signal is."""
    beside = (frequency_hz >= NOISE_BAND_1[0] * site.fs_hz) & (
        frequency_hz <= NOISE_BAND_1[1] * site.fs_hz
    )
    noise = power[:, beside].mean(axis=1, keepdims=True)
    signal = power - noise
    usable = signal > noise * (10.0 ** (MIN_SNR_DB / DB_PER_DECADE) - 1.0)
    level_db = DB_PER_DECADE * np.log10(np.maximum(signal, np.finfo(np.float64).tiny))
    mhz = frequency_hz / HZ_PER_MHZ
    loss_db_cm = target.attenuation_db_cm_mhz * mhz**target.attenuation_exponent
    path_db = 2.0 * loss_db_cm * depth_m[:, None] / M_PER_CM
    if target.kind == PHANTOM:
        target_db = DB_PER_DECADE * (target.backscatter_exponent or 0.0) * np.log10(mhz)
    else:
        target_db = np.full_like(mhz, 2.0 * DB_PER_DECADE * np.log10(target.reflection_1 or 1.0))
    return level_db + path_db - target_db, usable


def _run_around_peak(system_db: Array, usable: NDArray[np.bool_], site: RfSite) -> NDArray[np.intp]:
    """Keep the bins around the strongest that are within 30 dB of it, without a gap."""
    if not usable.any():
        raise _refusal(site, f"no frequency that is {MIN_SNR_DB:.0f} dB above the noise")
    peak = int(np.argmax(np.where(usable, system_db, -np.inf)))
    good = usable & (system_db >= system_db[peak] - KEEP_DB)
    bad = np.flatnonzero(~good)
    low = bad[bad < peak].max(initial=-1) + 1
    high = bad[bad > peak].min(initial=good.size)
    if high - low < MIN_BINS:
        raise _refusal(site, f"{high - low} bins above the noise, wanted at least {MIN_BINS}")
    return np.arange(low, high)
