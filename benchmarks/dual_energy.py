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
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bonescan.files.dual_energy import DualEnergyContent, write_dual_energy
from bonescan.kernels.dual_energy import apparent_densities
from bonescan.kernels.plain.dual_energy import apparent_densities as twin
from bonescan.model.arrays import kernel_input
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


def _many(
    make: Callable[[np.random.Generator], DxaObject], repeats: int, seed: int
) -> tuple[dict[str, list[Measurement]], dict[str, list[float]]]:
    rng = np.random.default_rng(seed)
    found: dict[str, list[Measurement]] = defaultdict(list)
    truth: dict[str, list[float]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        for _ in range(repeats):
            scan = make(rng)
            values = true_values(scan)
            for site, one in through_a_file(scan, rng, Path(folder)).items():
                found[site].append(one)
                truth[site].append(values[f"{site}_bmd_g_cm2"])
    return found, truth


def accuracy(repeats: int) -> Iterable[str]:
    """Measure the phantom, moved and counted anew each time."""
    yield "| phantom | true g/cm2 | mean | largest error % | CV % | stated u | in 95 % interval |"
    yield "|---|---|---|---|---|---|---|"

    def make(rng: np.random.Generator) -> DxaObject:
        return phantom_object((rng.uniform(-3, 3), rng.uniform(-2, 2)))

    found, truth = _many(make, repeats, SEED)
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


def precision(people: int, repeats: int) -> Iterable[str]:
    """Scan people several times: noise alone, then lying down anew."""
    yield "| site | CV % of noise alone | CV % with repositioning | mean bias % | SD of bias % |"
    yield "|---|---|---|---|---|"
    squares: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    bias: dict[str, list[float]] = defaultdict(list)
    rng = np.random.default_rng(SEED)
    for person in range(people):
        spine, hip = float(rng.uniform(0.6, 1.3)), float(rng.uniform(0.55, 1.0))
        thick, fat = float(rng.uniform(15.0, 22.0)), float(rng.uniform(0.15, 0.4))

        def still(_: np.random.Generator, spine: float = spine, thick: float = thick,
                  fat: float = fat) -> DxaObject:  # fmt: skip
            return spine_object(spine, SpinePose(thickness_cm=thick, fat_1=fat))

        def moved(rng: np.random.Generator, spine: float = spine, thick: float = thick,
                  fat: float = fat) -> DxaObject:  # fmt: skip
            pose = SpinePose(
                thickness_cm=thick + rng.normal(0, 0.2), fat_1=fat,
                fat_slope_1=rng.normal(0, 0.03), tilt_1=rng.normal(0, 0.012),
                shift_mm=(rng.uniform(-4, 4), rng.uniform(-4, 4)),
            )  # fmt: skip
            return spine_object(spine, pose)

        def hip_still(_: np.random.Generator, hip: float = hip, thick: float = thick,
                      fat: float = fat) -> DxaObject:  # fmt: skip
            return hip_object(hip, "left", HipPose(thickness_cm=thick - 3, fat_1=fat))

        def hip_moved(rng: np.random.Generator, hip: float = hip, thick: float = thick,
                      fat: float = fat) -> DxaObject:  # fmt: skip
            pose = HipPose(
                thickness_cm=thick - 3 + rng.normal(0, 0.2), fat_1=fat,
                fat_slope_1=rng.normal(0, 0.03), turn_deg=rng.normal(0, 1.5),
                shift_mm=(rng.uniform(-4, 4), rng.uniform(-4, 4)),
            )  # fmt: skip
            return hip_object(hip, "left", pose)

        for how, make in (
            ("noise", still), ("moved", moved), ("noise", hip_still), ("moved", hip_moved),
        ):  # fmt: skip
            found, truth = _many(make, repeats, SEED + person)
            for site, many in found.items():
                values = np.array([m.bmd_g_cm2 for m in many])
                squares[how][site].append((values.std(ddof=1) / values.mean()) ** 2)
                if how == "moved":
                    bias[site] += list(100 * (values / np.array(truth[site]) - 1))
    for site in SITES:
        cv = {how: 100 * np.sqrt(np.mean(squares[how][site])) for how in ("noise", "moved")}
        yield (
            f"| {site} | {cv['noise']:.2f} | {cv['moved']:.2f} | {np.mean(bias[site]):+.2f} | "
            f"{np.std(bias[site], ddof=1):.2f} |"
        )


THICKNESSES_CM = (12.0, 15.0, 18.0, 21.0, 24.0)
FATS_1 = (0.1, 0.2, 0.3, 0.4, 0.5)
SLOPES_1 = (0.0, 0.1, 0.2)


def biases(repeats: int) -> Iterable[str]:
    """Show what thickness, fat and a lateral gradient of fat do to the BMD [%]."""
    base = SpinePose(thickness_cm=18.0, fat_1=0.25)
    hips = HipPose(thickness_cm=16.0, fat_1=0.25)
    yield "| what | L1-L4 bias % | total hip bias % | neck bias % |"
    yield "|---|---|---|---|"
    rows = [
        *((f"thickness {v:g} cm", {"thickness_cm": v}) for v in THICKNESSES_CM),
        *((f"fat {100 * v:.0f} %", {"fat_1": v}) for v in FATS_1),
        *((f"fat rising by {100 * v:.0f} % across", {"fat_slope_1": v}) for v in SLOPES_1),
    ]
    for words, change in rows:
        cells = []
        for make in (
            lambda _, c=change: spine_object(1.0, replace(base, **c)),
            lambda _, c=change: hip_object(0.8, "left", replace(hips, **c)),
        ):
            found, truth = _many(make, repeats, SEED)
            for site in ("L1-L4", "total-hip-left", "femoral-neck-left"):
                if site in found:
                    values = np.array([m.bmd_g_cm2 for m in found[site]])
                    cells.append(f"{100 * (values.mean() / truth[site][0] - 1):+.2f}")
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
    for lines in (
        accuracy(options.repeats), precision(options.people, 3), biases(3),
    ):  # fmt: skip
        print(*lines, "", sep="\n", flush=True)


if __name__ == "__main__":
    main()
