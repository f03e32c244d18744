"""Dual-energy images: accuracy, precision and bias against the truth, and the kernel's time.

`python -m benchmarks.dual_energy [--repeats N]` prints the figures of docs/dual-energy.md.
`python -m benchmarks --only dual` times the kernel.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bonescan.dxa.calibrate import Decomposition, fit_calibration
from bonescan.dxa.decompose import decompose
from bonescan.dxa.measure_dual import measure_regions, place
from bonescan.files.dual_energy import DualEnergyContent, write_dual_energy
from bonescan.kernels.dual_energy import apparent_densities
from bonescan.kernels.plain.dual_energy import apparent_densities as twin
from bonescan.model.arrays import kernel_input
from bonescan.model.dual_energy import DualEnergyImage
from bonescan.model.exam import Subject
from bonescan.model.measurement import Measurement
from bonescan.pipeline import measure
from bonescan.settings import Settings
from bonescan.simulate.dxa_frames import (
    DxaObject,
    count_photons,
    expected_counts,
    scan_phantom,
    true_values,
)
from bonescan.simulate.dxa_hip import HipPose, hip_object
from bonescan.simulate.dxa_spine import SpinePose, phantom_object, spine_object

from .rivals import Array
from .run import SEED, alternate, line, timed

SHAPE = (196, 260)
ASKED = 3.0


def through_a_file(
    scan: DxaObject, rng: np.random.Generator, folder: Path
) -> dict[str, Measurement]:
    """Count photons, write the file, run it through the pipeline."""
    content = DualEnergyContent(
        subject=Subject(),
        scans=(count_photons(scan, expected_counts(scan), rng),),
        calibrations=(scan_phantom(),),
        simulated=True,
    )
    path = folder / "exam.h5"
    write_dual_energy(path, content)
    found = measure(path, Settings())
    if not found.measurements:
        raise RuntimeError(f"{found.code} {found.reason}")
    return {m.site: m for m in found.measurements}


@cache
def _calibration() -> Decomposition:
    return fit_calibration(scan_phantom())


def regions_of(scan: DxaObject, counts: tuple[Array, ...]) -> dict[str, float]:
    """Measure BMD from counts, without the file and the page."""
    image = DualEnergyImage(
        site=scan.site,
        n_rows=counts[0].shape[0],
        n_columns=counts[0].shape[1],
        pixel_width_mm=scan.pixel_mm[0],
        pixel_height_mm=scan.pixel_mm[1],
    )
    density = decompose((counts[0], counts[1], counts[2], counts[3]), scan.pixel_mm, _calibration())
    found = measure_regions(image, _calibration(), density, place(density, scan.site))
    return {r.site: r.bmd_g_cm2 for r in found.results}


def counted(
    scan: DxaObject, mean: tuple[Array, Array, Array, Array], rng: np.random.Generator
) -> dict[str, float]:
    """Count photons anew, and measure."""
    one = count_photons(scan, mean, rng)
    return regions_of(scan, (one.low, one.high, one.air_low, one.air_high))


def accuracy(repeats: int) -> Iterable[str]:
    """Measure the phantom, moved and counted anew each time."""
    yield "| phantom | true g/cm2 | mean | largest error % | CV % | stated u | in 95 % interval |"
    yield "|---|---|---|---|---|---|---|"

    def make(rng: np.random.Generator) -> DxaObject:
        return phantom_object((rng.uniform(-3, 3), rng.uniform(-2, 2)))

    found: dict[str, list[Measurement]] = defaultdict(list)
    truth: dict[str, list[float]] = defaultdict(list)
    draw = np.random.default_rng(SEED)
    with TemporaryDirectory() as folder:
        for _ in range(repeats):
            scan = make(draw)
            values_of = true_values(scan)
            for site, one in through_a_file(scan, draw, Path(folder)).items():
                found[site].append(one)
                truth[site].append(values_of[f"{site}_bmd_g_cm2"])
    for site, many in found.items():
        values, true = np.array([m.bmd_g_cm2 for m in many]), truth[site][0]
        doubt = np.array([m.bmd_u_g_cm2 for m in many])
        within = np.mean(np.abs(values - true) <= 1.96 * doubt)
        yield (
            f"| {site} | {true:.3f} | {values.mean():.4f} | "
            f"{100 * np.abs(values / true - 1).max():.2f} | "
            f"{100 * values.std(ddof=1) / values.mean():.2f} | {doubt.mean():.4f} | {within:.2f} |"
        )


SITES = ("L1-L4", "L1", "femoral-neck-left", "trochanter-left", "total-hip-left")


def _person(rng: np.random.Generator) -> tuple[Callable[..., DxaObject], ...]:
    """Draw a person: functions that make the spine and the hip in a pose."""
    spine, hip = float(rng.uniform(0.6, 1.3)), float(rng.uniform(0.55, 1.0))
    thick, fat = float(rng.uniform(15.0, 22.0)), float(rng.uniform(0.15, 0.4))

    def make_spine(more_cm: float = 0.0, **pose: Any) -> DxaObject:
        return spine_object(spine, SpinePose(thickness_cm=thick + more_cm, fat_1=fat, **pose))

    def make_hip(more_cm: float = 0.0, **pose: Any) -> DxaObject:
        return hip_object(hip, "left", HipPose(thickness_cm=thick - 3 + more_cm, fat_1=fat, **pose))

    return make_spine, make_hip


def _pose(rng: np.random.Generator, which: int) -> dict[str, Any]:
    turn = {"tilt_1": rng.normal(0, 0.012)} if which == 0 else {"turn_deg": rng.normal(0, 1.5)}
    return {
        "more_cm": rng.normal(0, 0.2),
        "fat_slope_1": rng.normal(0, 0.03),
        "shift_mm": (rng.uniform(-4, 4), rng.uniform(-4, 4)),
        **turn,
    }


def precision(people: int, repeats: int) -> Iterable[str]:
    """Scan people several times: noise alone, then lying down anew."""
    squares: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    bias: dict[str, list[float]] = defaultdict(list)
    rng = np.random.default_rng(SEED)
    for _ in range(people):
        for which, make in enumerate(_person(rng)):
            still = make()
            mean = expected_counts(still)
            again = [counted(still, mean, rng) for _ in range(repeats)]
            moved = []
            for _ in range(repeats):
                scan = make(**_pose(rng, which))
                moved.append(counted(scan, expected_counts(scan), rng))
                true = true_values(scan)
                for site, bmd in moved[-1].items():
                    bias[site].append(100 * (bmd / true[f"{site}_bmd_g_cm2"] - 1))
            for how, results in (("noise", again), ("moved", moved)):
                for site in results[0]:
                    values = np.array([r[site] for r in results])
                    squares[how][site].append((values.std(ddof=1) / values.mean()) ** 2)
    yield "| site | CV % of noise alone | CV % with repositioning | mean bias % | SD of bias % |"
    yield "|---|---|---|---|---|"
    for site in SITES:
        cv = {how: 100 * np.sqrt(np.mean(squares[how][site])) for how in ("noise", "moved")}
        yield (
            f"| {site} | {cv['noise']:.2f} | {cv['moved']:.2f} | {np.mean(bias[site]):+.2f} | "
            f"{np.std(bias[site], ddof=1):.2f} |"
        )


THICKNESSES_CM = (12.0, 15.0, 18.0, 21.0, 24.0)
FATS_1 = (0.1, 0.2, 0.3, 0.4, 0.5)
SLOPES_1 = (0.0, 0.1, 0.2)


def biases() -> Iterable[str]:
    """Show what thickness, fat and a gradient of fat do to the BMD [%], without noise."""
    base = SpinePose(thickness_cm=18.0, fat_1=0.25)
    hips = HipPose(thickness_cm=16.0, fat_1=0.25)
    yield "| what | L1-L4 bias % | femoral neck bias % | total hip bias % |"
    yield "|---|---|---|---|"
    rows = [
        *((f"thickness {v:g} cm", {"thickness_cm": v}) for v in THICKNESSES_CM),
        *((f"fat {100 * v:.0f} %", {"fat_1": v}) for v in FATS_1),
        *((f"fat rising by {100 * v:.0f} % across", {"fat_slope_1": v}) for v in SLOPES_1),
    ]
    for words, change in rows:
        cells = []
        for scan in (
            spine_object(1.0, replace(base, **change)),
            hip_object(0.8, "left", replace(hips, **change)),
        ):
            found, true = regions_of(scan, expected_counts(scan)), true_values(scan)
            cells += [
                f"{100 * (found[site] / true[f'{site}_bmd_g_cm2'] - 1):+.2f}"
                for site in ("L1-L4", "femoral-neck-left", "total-hip-left")
                if site in found
            ]
        yield f"| {words} | {' | '.join(cells)} |"


def frames() -> tuple[Array, ...]:
    """Make frames of the size of a spine scan."""
    rng = np.random.default_rng(SEED)
    low, high = rng.poisson(3e3, SHAPE), rng.poisson(6e3, SHAPE)
    air = kernel_input(np.full(SHAPE[1], 4e5)), kernel_input(np.full(SHAPE[1], 1.6e5))
    terms = kernel_input(rng.normal(0, 1, (2, 9)) * 0.1 ** np.array([0, 0, 1, 1, 1, 2, 2, 2, 2]))
    return kernel_input(low), kernel_input(high), *air, terms


def tables(repeats: int, attempts: int) -> list[str]:
    """Time the kernel against NumPy; lines of a Markdown table."""
    args = (*frames(), 25.0)
    first = timed(lambda: apparent_densities(*args), time.process_time)
    both = partial(_often, apparent_densities, args), partial(_often, twin, args)
    run = partial(alternate, *both, repeats, time.process_time)
    timing, attempt = run(), 1
    while not timing.accepted and attempt < attempts:
        timing, attempt = run(), attempt + 1
    return [
        "",
        f"**dual-energy frames, {SHAPE[0]} × {SHAPE[1]} pixels** "
        f"(`dual_energy.apparent_densities`; 20 calls; first call {first:.2f} s)",
        "",
        "| against | kernel ms, min / median | rival ms, min / median | ratio, min / median "
        "| asked | run |",
        "|---|---|---|---|---|---|",
        line("NumPy twin", ASKED, timing, attempt),
    ]


def _often(call: Callable[..., object], args: tuple[object, ...]) -> None:
    for _ in range(20):  # one call is too short for the clock
        call(*args)


def main() -> None:
    """Print accuracy, precision and bias."""
    parser = argparse.ArgumentParser(description="Dual-energy figures against the truth.")
    parser.add_argument("--repeats", type=int, default=40, help="scans of the phantom")
    parser.add_argument("--people", type=int, default=15, help="people, three scans each")
    options = parser.parse_args()
    for lines in (accuracy(options.repeats), precision(options.people, 3), biases()):
        print(*lines, "", sep="\n", flush=True)


if __name__ == "__main__":
    main()
