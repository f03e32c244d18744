"""How the features of ultrasound go with bone density in the simulator, from full samples.

    python -m bonescan.workflows.simulate_directions [--people N] [--seed S] [--stress NAME]
        [--region lumbar|neck] [--lines N]

The simulator is accepted when known directions come out of its samples: the
centroid falls with density, the decay between two gates rises. It says nothing
about people.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import UnusableScan
from bonescan.kernels.threads import pinned_blas
from bonescan.model.rems_model import SpectralForm
from bonescan.rems.measure_site import look_at_site, measure_site
from bonescan.simulate.bone import bone_of
from bonescan.simulate.cohort import LUMBAR, NECK, NECK_SITE, REGIONS
from bonescan.simulate.exam import simulate_rf
from bonescan.simulate.people import VERTEBRAE, VirtualPerson
from bonescan.simulate.population import LINEAR, draw_population
from bonescan.simulate.stress import NONE, STRESSES, Stress

from .build_demo_model import FORM, InMemory, site_of

Array = NDArray[np.float64]

SEED, PEOPLE = 71, 200
# Frames and lines of each site: four vertebrae of 4 x 32 lines, or a neck of 4 x 128.
FRAMES, LINES = 4, {LUMBAR: 32, NECK: 128}
LEAST_PEOPLE = 3  # two always lie on a line
NOMINAL_ALPHA_DB_CM_MHZ = 0.55
FLOOR_1 = 0.05  # least share of the power left after the noise is taken off
GATES_MM = (1.5, 4.0)
NARROW_HZ, WIDE_HZ = (1.5e6, 3.5e6), (1.5e6, 4.5e6)

# Published for the prototype of this simulator, median of group spectra in dB, 512 lines, at
# least 200 people of the linear population; accepted ranges of r, set by its eight blocks of 100.
BANDS: dict[str, tuple[float, float]] = {
    "centroid": (-0.75, -0.45),
    "raw centroid with depth": (-0.85, -0.68),
    "slope of the spectrum (FSAB)": (-0.72, -0.45),
    "level (AIB)": (-0.42, -0.15),
    "D mean": (0.76, 0.90),
    "D slope 1.5 to 3.5 MHz": (0.45, 0.72),
}
NO_BAND = "D slope 1.5 to 4.5 MHz"


@dataclass(frozen=True, eq=False, kw_only=True)
class Directions:
    """Correlations with BMD (of the raw centroid: with depth), and what they rest on."""

    r_1: dict[str, float]
    n_people: int
    n_rejected: int

    def outside(self) -> dict[str, float]:
        """Name what lies outside its band."""
        return {
            name: self.r_1[name]
            for name, (low, high) in BANDS.items()
            if not low <= self.r_1[name] <= high
        }


def directions(
    n: int = PEOPLE,
    seed: int = SEED,
    stress: Stress = STRESSES[NONE],
    region: str = LUMBAR,
    lines: int | None = None,
) -> Directions:
    """Simulate the samples of `n` people, analyse them and correlate features with BMD.

    Parameters
    ----------
    n, seed : int
        People of the linear population.
    stress : Stress
    region : str
        "lumbar" or "neck".
    lines : int, optional
        In a frame; by default `LINES` of the region.
    """
    people = draw_population(n, seed, LINEAR)
    rows, bmd = [], []
    for person in people:
        with pinned_blas():
            features = _features(person, seed, stress, (region, lines or LINES[region]))
        if features is not None:
            rows.append(features)
            bmd.append(person.bmd_g_cm2("L1-L4" if region == LUMBAR else NECK_SITE))
    if len(rows) < LEAST_PEOPLE:
        raise ValueError(f"found {len(rows)} usable people of {n}, wanted {LEAST_PEOPLE} or more")
    column = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    against = {name: np.array(bmd) for name in column} | {
        "raw centroid with depth": column["depth"]
    }
    return Directions(
        r_1={
            name: float(np.corrcoef(values, against[name])[0, 1])
            for name, values in column.items()
            if name != "depth"
        },
        n_people=len(rows),
        n_rejected=n - len(rows),
    )


def _features(
    person: VirtualPerson, seed: int, stress: Stress, where: tuple[str, int]
) -> dict[str, float] | None:
    """Medians over the groups of all sites of one person; None where no site is usable."""
    found = list(_groups(person, seed, stress, where))
    if not found:
        return None
    level = np.median(np.concatenate([g[0] for g in found], axis=1), axis=1)
    path = np.median(np.concatenate([g[1] for g in found]), axis=0)
    depth_mm = float(np.median(np.concatenate([g[2] for g in found])))
    return features_of(level, path, depth_mm, FORM.frequency_hz)


def features_of(level_db: Array, path_db: Array, depth_mm: float, f_hz: Array) -> dict[str, float]:
    """Take the features from one person's median spectra.

    Parameters
    ----------
    level_db : (gate, bin) float64
        Gates A and B, without noise, over the echo of a perfect reflector.
    path_db : (bin,) float64
        What nominal soft tissue took.
    depth_mm : float
    f_hz : (bin,) float64
    """
    wide, narrow = (((f_hz >= low) & (f_hz <= high)) for low, high in (WIDE_HZ, NARROW_HZ))
    near = level_db[0] + path_db
    contrast = level_db[0] - level_db[1]
    mhz = f_hz / 1e6
    return {
        "centroid": _centroid(near[wide], mhz[wide]),
        "raw centroid with depth": _centroid(level_db[0][wide], mhz[wide]),
        "slope of the spectrum (FSAB)": float(np.polyfit(mhz[wide], near[wide], 1)[0]),
        "level (AIB)": float(near[wide].mean()),
        "D mean": float(contrast[wide].mean()),
        "D slope 1.5 to 3.5 MHz": float(np.polyfit(mhz[narrow], contrast[narrow], 1)[0]),
        NO_BAND: float(np.polyfit(mhz[wide], contrast[wide], 1)[0]),
        "depth": depth_mm,
    }


def _centroid(level_db: Array, mhz: Array) -> float:
    power = 10.0 ** (level_db / 10.0)
    return float(np.sum(mhz * power) / np.sum(power))


def _groups(
    person: VirtualPerson, seed: int, stress: Stress, where: tuple[str, int]
) -> Iterator[tuple[Array, Array, Array]]:
    """Yield level (gate, group, bin), path (group, bin) and depth (group,) of each site."""
    region, lines = where
    rng = np.random.default_rng([seed, person.bone_seed])
    form = gates_form()
    for site in VERTEBRAE if region == LUMBAR else (NECK_SITE,):
        bone = bone_of(person, site, rng, stress.spread)
        exam = simulate_rf(bone, site, rng, FRAMES, lines, setup=stress.setup)
        try:
            looked = look_at_site(InMemory(exam=exam), site_of(exam))
            spectra = measure_site(looked, form).spectra
        except UnusableScan:
            continue
        left = np.maximum(spectra.power - spectra.noise[..., None], FLOOR_1 * spectra.power)
        path = (
            2.0 * NOMINAL_ALPHA_DB_CM_MHZ * form.frequency_hz / 1e6
            * spectra.depth_mm[:, None] / 10.0
        )  # fmt: skip
        yield 10.0 * np.log10(left) - exam.gain_db, path, spectra.depth_mm


def gates_form() -> SpectralForm:
    """Give the form of the bands: two gates of 128 samples."""
    return replace(FORM, gate_start_mm=GATES_MM)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 where something lies outside its band."""
    parser = argparse.ArgumentParser(description="Directions of the simulator's features.")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--stress", choices=sorted(STRESSES), default=NONE)
    parser.add_argument("--region", choices=REGIONS, default=LUMBAR)
    parser.add_argument("--lines", type=int)
    asked = parser.parse_args(arguments)
    found = directions(asked.people, asked.seed, STRESSES[asked.stress], asked.region, asked.lines)
    judged = asked.stress == NONE and asked.region == LUMBAR
    lines = [
        f"{asked.region}, {asked.stress}, seed {asked.seed}: {found.n_people} people, "
        f"{found.n_rejected} rejected"
    ]
    for name, r in found.r_1.items():
        low, high = BANDS.get(name, (-1.0, 1.0))
        band = f"{low:+.2f} to {high:+.2f}" if judged and name in BANDS else ""
        lines.append(f"{name:<30} {r:+.2f}  {band}")
    sys.stdout.write("\n".join(lines) + "\n")
    return int(judged and bool(found.outside()))


if __name__ == "__main__":
    sys.exit(main())
