"""X-rays through mineral and soft tissue: log attenuations of the low and the high channel.

The polychromatic beam is integrated over its spectrum, so it hardens; nothing
is scattered. Spectra and coefficients are a small frozen table (`xray_table.csv`,
whose head names its sources and how it was made).

References
----------
R. B. Mazess et al., Calcif Tissue Int 1991;48:151 (dual-energy absorptiometry
with a K-edge filter; from memory). The materials: ICRU Report 44, 1989.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

TABLE = Path(__file__).with_name("xray_table.csv")
MATERIALS = ("hydroxyapatite", "muscle", "adipose", "water")
CALIBRATION, EXAM = "calibration", "exam"  # the device on two days: its spectrum drifted
IDEAL_CE, IDEAL_SM = "ce", "sm"
APATITE_G_CM3 = 3.16
MUSCLE_G_CM3, ADIPOSE_G_CM3 = 1.05, 0.95  # ICRU Report 44
_CHUNK = 40_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Beam:
    """Photons of one source by energy and channel, and what stops them."""

    energy_kev: Array
    low: Array  # (energy,) share of all photons before the object that count as low
    high: Array
    mass_attenuation_cm2_g: Array  # (material, energy), in the order of `MATERIALS`


@cache
def _columns() -> dict[str, Array]:
    lines = [s for s in TABLE.read_text(encoding="utf-8").splitlines() if not s.startswith("#")]
    names, *rows = csv.reader(lines)
    values = np.array(rows, dtype=np.float64)
    return {name: values[:, i] for i, name in enumerate(names)}


@cache
def load_beam(source: str) -> Beam:
    """Read one source of the frozen table: "ce", "sm", "calibration" or "exam"."""
    columns = _columns()
    return Beam(
        energy_kev=columns["energy_kev"],
        low=columns[f"{source}_low"],
        high=columns[f"{source}_high"],
        mass_attenuation_cm2_g=np.array([columns[f"{name}_cm2_g"] for name in MATERIALS]),
    )


def transmission(beam: Beam, areal_g_cm2: Array) -> tuple[Array, Array]:
    """Give the share of the photons of either channel that come through.

    Parameters
    ----------
    beam : Beam
    areal_g_cm2 : (n, material) float64
        Mass in the way, in the order of `MATERIALS` [g/cm2].

    Returns
    -------
    low, high : (n,) float64
        1 in air.
    """
    shares = np.stack([beam.low / beam.low.sum(), beam.high / beam.high.sum()], axis=1)
    parts = [
        np.exp(-areal_g_cm2[i : i + _CHUNK] @ beam.mass_attenuation_cm2_g) @ shares
        for i in range(0, areal_g_cm2.shape[0], _CHUNK)
    ]
    both = np.concatenate(parts) if parts else np.empty((0, 2))
    return both[:, 0], both[:, 1]


def log_attenuation(
    beam: Beam, mineral_g_cm2: ArrayLike, soft_g_cm2: ArrayLike, fat_1: float = 0.2
) -> tuple[Array, Array]:
    """Give -ln(I/I0) of both channels behind mineral and soft tissue.

    Parameters
    ----------
    beam : Beam
    mineral_g_cm2, soft_g_cm2 : array_like
        Hydroxyapatite and soft tissue; broadcast against each other.
    fat_1 : float
        Share of adipose tissue in the mass of the soft tissue, the rest is muscle.

    Returns
    -------
    log_low, log_high : float64 arrays of the broadcast shape
    """
    mineral, soft = np.broadcast_arrays(
        np.asarray(mineral_g_cm2, dtype=np.float64), np.asarray(soft_g_cm2, dtype=np.float64)
    )
    masses = np.stack(
        [mineral, soft * (1.0 - fat_1), soft * fat_1, np.zeros_like(soft)], axis=-1
    ).reshape(-1, len(MATERIALS))
    low, high = transmission(beam, masses)
    return -np.log(low).reshape(mineral.shape), -np.log(high).reshape(mineral.shape)
