"""From averaged power spectra to the numbers that are matched and regressed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bonescan.kernels.ranks import column_medians
from bonescan.model.arrays import kernel_input
from bonescan.model.rems_model import SpectralForm

from .attenuation import Fade
from .spectra import SiteSpectra

Array = NDArray[np.float64]

HZ_PER_MHZ = 1e6
MM_PER_CM = 10.0
# Low part of the band, where gate C still stands above the noise: for the decay check only.
DECAY_BAND_HZ = (1.5e6, 3.0e6)
DECAY_GATES = 3  # what lies deeper is for the fit of attenuation alone


@dataclass(frozen=True, eq=False, kw_only=True)
class SiteFeatures:
    """What one site shows, free of level.

    `two_gate_db` is (group, 2 · bin), gates A and B one after the other, path
    corrected, joint mean removed. `difference_db` is (group, bin), gate A minus
    gate B: both gates share probe, path and cortex, so these cancel.
    """

    two_gate_db: Array
    difference_db: Array
    decay_ab_db: float  # medians over groups and the low band; NaN when gate C is missing
    decay_bc_db: float
    floored_percent: float  # bins of gates A and B where noise left less than the floor
    snr_db: float | None  # median of gate B, 1.5 to 3.5 MHz; None when the noise is unknown
    difference_axes: Array  # (2, bin): mean, and slope from 1.5 to 3.5 MHz, of a D(f)
    fade: Fade | None = None  # None: not asked for, or too few gates

    @cached_property
    def median_difference_db(self) -> Array:
        """The patient's D(f), (bin,): the median group, bin by bin.

        A mean of powers is ruled by the few gates that catch the surface echo.
        """
        return column_medians(kernel_input(self.difference_db))


SNR_BAND_HZ = (1.5e6, 3.5e6)
SLOPE_BAND_HZ = (1.5e6, 3.5e6)


def site_features(
    spectra: SiteSpectra,
    form: SpectralForm,
    *,
    corrected: bool = True,
    attenuation_db_cm_mhz: float | None = None,
    depth_shift_mm: float = 0.0,
    system_db: Array | None = None,
    fade: Fade | None = None,
) -> SiteFeatures:
    """Take noise, path and level out of averaged spectra.

    Parameters
    ----------
    spectra : SiteSpectra
        At least one group, all `sounding`.
    form : SpectralForm
    corrected : bool
        Add back what the soft tissue took, there and back. Where the depth is
        unknown this gives NaN.
    attenuation_db_cm_mhz : float, optional
        Instead of the form's.
    depth_shift_mm : float
        Added to the depth: for the uncertainty of the path.
    system_db : (bin,) ndarray, optional
        Response of the device, from a calibration; taken off after the noise,
        which does not pass the probe.
    fade : Fade, optional
        Kept with the features.

    Returns
    -------
    features : SiteFeatures
    """
    clean, floored = _without_noise(spectra, form.noise_floor_1)  # gates A, B and C
    # gate C may hold no power at all; of A and B such groups were left out before (`sounding`)
    level_db = 10.0 * np.log10(np.where(clean > 0.0, clean, np.nan))
    if system_db is not None:
        level_db = level_db - system_db
    difference = level_db[0] - level_db[1]
    alpha = form.attenuation_db_cm_mhz if attenuation_db_cm_mhz is None else attenuation_db_cm_mhz
    path = np.zeros((spectra.n_groups, 1))
    if corrected:
        path = path_loss_db(spectra.depth_mm + depth_shift_mm, form.frequency_hz, alpha)
    both = np.concatenate([level_db[0] + path, level_db[1] + path], axis=1)
    low = (form.frequency_hz >= DECAY_BAND_HZ[0]) & (form.frequency_hz <= DECAY_BAND_HZ[1])
    return SiteFeatures(
        two_gate_db=both - both.mean(axis=1, keepdims=True),
        difference_db=difference,
        decay_ab_db=_median(difference[:, low]),
        decay_bc_db=_decay_behind(level_db, low),
        floored_percent=floored,
        snr_db=_snr_db(spectra, form),
        difference_axes=_difference_axes(form.frequency_hz),
        fade=fade,
    )


def _difference_axes(frequency_hz: Array) -> Array:
    """Weights of the mean, and of the least-squares slope in dB/MHz over the low band."""
    band = (frequency_hz >= SLOPE_BAND_HZ[0]) & (frequency_hz <= SLOPE_BAND_HZ[1])
    f_mhz = frequency_hz / HZ_PER_MHZ
    away = np.where(band, f_mhz - f_mhz[band].mean(), 0.0) if band.any() else 0.0 * f_mhz
    square = float(away @ away)
    mean = np.full(f_mhz.size, 1.0 / f_mhz.size)
    return np.stack([mean, away / square if square > 0.0 else away])


def path_loss_db(depth_mm: Array, frequency_hz: Array, alpha_db_cm_mhz: float) -> Array:
    """Two-way loss in soft tissue, (depth, bin): 2 · alpha · f · d.

    >>> round(float(path_loss_db(np.array([80.0]), np.array([3.5e6]), 0.55)[0, 0]), 6)
    30.8
    """
    depth_cm = np.asarray(depth_mm, dtype=np.float64)[:, None] / MM_PER_CM
    return np.asarray(2.0 * alpha_db_cm_mhz * frequency_hz[None, :] / HZ_PER_MHZ * depth_cm)


def _without_noise(spectra: SiteSpectra, floor_1: float) -> tuple[Array, float]:
    """Subtract noise power from gates A, B and C; leave at least `floor_1` of what was there."""
    power, noise = spectra.power[:DECAY_GATES], spectra.noise[:DECAY_GATES]
    less = power - np.where(np.isfinite(noise), noise, 0.0)[:, :, None]
    floor = floor_1 * power
    floored = np.count_nonzero(less[:2] < floor[:2])
    return np.maximum(less, floor), 100.0 * floored / max(1, floor[:2].size)


def _decay_behind(level_db: Array, low: NDArray[np.bool_]) -> float:
    """Decay from gate B to C in the low band; NaN where no gate C is."""
    if len(level_db) <= 2:  # noqa: PLR2004 - gates A and B only
        return float("nan")
    return _median_known((level_db[1] - level_db[2])[:, low])


def _median(values: Array) -> float:
    return float(column_medians(kernel_input(values.reshape(-1, 1)))[0])


def _median_known(values: Array) -> float:
    return _median(values[np.isfinite(values)])


def _snr_db(spectra: SiteSpectra, form: SpectralForm) -> float | None:
    noise = spectra.noise[1]
    if not np.all(np.isfinite(noise)) or not np.all(noise > 0):
        return None
    band = (form.frequency_hz >= SNR_BAND_HZ[0]) & (form.frequency_hz <= SNR_BAND_HZ[1])
    ratio = spectra.power[1][:, band] / noise[:, None]
    return float(10.0 * np.log10(_median(ratio)))
