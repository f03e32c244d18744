"""A whole lumbar exam from file to density: time against reading it, and memory."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median

import h5py
import numpy as np
from numpy.typing import NDArray

from bonescan.files.rf_exam import RfExamContent, RfSiteContent, write_rf_exam
from bonescan.kernels.threads import threads_to_use
from bonescan.kernels.warm import warm_up
from bonescan.model.exam import Subject
from bonescan.model.vocabulary import OutcomeKind
from bonescan.pipeline import measure
from bonescan.settings import Settings
from bonescan.simulate.bone import bone_of
from bonescan.simulate.exam import SimulatedRf, simulate_rf
from bonescan.simulate.people import VirtualPerson, draw_people
from bonescan.simulate.setup import SET_B

from .agreement import held_mib
from .run import SEED, Timing, alternate

FRAMES, LINES, SAMPLES = 100, 128, 2048
SITES = ("L1", "L2", "L3", "L4")
DIFFERENT = 4  # frames that are simulated; the others repeat them with other noise
MOST_TIMES, MOST_SITES = 4.0, 1.5  # asked: time in readings, memory in sites
MIB_A_SITE = FRAMES * LINES * SAMPLES * 2 / 2**20


def write_exam(path: Path) -> None:
    """Write the exam without compression: 200 MB."""
    person, rng = draw_people(1, SEED)[0], np.random.default_rng(SEED)
    sites = tuple(_site(person, site, rng) for site in SITES)
    write_rf_exam(path, _content(sites), compress=False)


def _content(sites: tuple[RfSiteContent, ...]) -> RfExamContent:
    woman = Subject(sex="F", birth_date=date(1960, 5, 1), height_cm=160.0, weight_kg=64.0)
    return RfExamContent(
        subject=woman,
        sites=sites,
        acquired_at="2025-01-01T10:00:00+00:00",
        device="bonescan simulator",
        simulated=True,
    )


def _site(
    person: VirtualPerson, site: str, rng: np.random.Generator, n_frames: int = FRAMES
) -> RfSiteContent:
    window_m = SAMPLES * SET_B.c_m_s / 2.0 / SET_B.fs_hz
    deep = dataclasses.replace(SET_B, pre_bone_m=22e-3)
    exam = simulate_rf(bone_of(person, site, rng), site, rng, DIFFERENT, LINES, window_m, deep)
    return RfSiteContent(
        site=site,
        fs_hz=exam.fs_hz,
        rf=_more_frames(exam, n_frames, rng),
        f0_hz=exam.f0_hz,
        c_m_s=exam.c_m_s,
        t0_s=exam.t0_s,
        probe_radius_m=exam.probe_radius_m,
        line_pitch_m=exam.line_pitch_m,
        gain_db=exam.gain_db,
        gain_known=True,
        line_angle_rad=exam.line_angle_rad,
    )


def _more_frames(exam: SimulatedRf, n_frames: int, rng: np.random.Generator) -> NDArray[np.int16]:
    rf = np.empty((n_frames, LINES, SAMPLES), np.int16)
    for f, frame in enumerate(rf):
        noise = rng.integers(-2, 3, frame.shape, dtype=np.int16)
        frame[:] = exam.samples[f % DIFFERENT] + noise
    return rf


def read_and_convert(path: Path) -> float:
    """Read every frame and convert it into one float32 buffer: what nobody can leave out."""
    buffer = np.empty((LINES, SAMPLES), np.float32)
    with h5py.File(path, "r") as file:
        for site in SITES:
            rf = file[f"sites/{site}/rf"]
            for f in range(rf.shape[0]):
                buffer[:] = rf[f]
    return float(buffer[0, 0])


def density(path: Path) -> float:
    """Take the exam from file to density of L1-L4, as `bonescan run` does."""
    outcome = measure(path, Settings())
    if outcome.kind is not OutcomeKind.MEASURED:
        raise RuntimeError(f"the exam gives no density: {outcome.code} {outcome.reason}")
    return float(next(m.bmd_g_cm2 for m in outcome.measurements if m.site == "L1-L4"))


def tables(repeats: int, attempts: int) -> list[str]:
    """Time and memory of one exam whose file is in the page cache."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "exam.h5")
        write_exam(path)
        warm_up()
        lines = [
            "",
            f"**whole lumbar exam, {len(SITES)} × {FRAMES} frames × {LINES} lines × {SAMPLES:,} "
            "samples, file to density with pictures** (`pipeline.measure`), against reading and "
            "converting the same samples frame by frame",
            "",
            "| clock | exam ms, min / median | reading ms, min / median | exam in readings, "
            "min / median | asked | run |",
            "|---|---|---|---|---|---|",
        ]
        clocks: tuple[tuple[str, Callable[[], float]], ...] = (
            (f"wall, frames on {threads_to_use()} threads", time.perf_counter),
            ("processor time of all threads", time.process_time),
        )
        for name, clock in clocks:
            run = partial(
                alternate, partial(density, path), partial(read_and_convert, path), repeats, clock
            )
            timing, attempt = run(), 1
            while not timing.accepted and attempt < attempts:
                timing, attempt = run(), attempt + 1
            lines.append(_line(name, timing, attempt, asked=clock is time.perf_counter))
        return [*lines, "", _memory_line(path)]


def _line(name: str, timing: Timing, attempt: int, *, asked: bool) -> str:
    ours, theirs = timing.ours, timing.theirs
    low, middle = min(ours) / min(theirs), median(ours) / median(theirs)
    verdict = "reached" if max(low, middle) <= MOST_TIMES else "**above**"
    wanted = f"≤ {MOST_TIMES:g}: {verdict}" if asked else "–"
    kept = f"accepted at attempt {attempt}" if timing.accepted else f"**rejected** {attempt} times"
    times = (f"{1e3 * min(t):.0f} / {1e3 * median(t):.0f}" for t in (ours, theirs))
    return (
        f"| {name} | {' | '.join(times)} | {low:.2f} / {middle:.2f} | {wanted} | {kept}, "
        f"spread {timing.spread:.0%} |"
    )


def _memory_line(path: Path) -> str:
    """Measure in a fresh process how far an exam makes it grow after one before it."""
    run = [sys.executable, "-m", "benchmarks.whole_exam", str(path)]
    growth = float(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
    times = growth / MIB_A_SITE
    verdict = "reached" if times <= MOST_SITES else "**above**"
    return (
        f"Memory of a warm process grows by {growth:.0f} MiB at most during the exam of "
        f"{len(SITES) * MIB_A_SITE:.0f} MiB: {times:.2f} sites (asked ≤ {MOST_SITES:g}: {verdict})"
    )


def main() -> None:
    """Print the growth in MiB during an exam, after a small one that warmed the process."""
    with tempfile.TemporaryDirectory() as folder:
        person, rng = draw_people(1, SEED)[0], np.random.default_rng(SEED)
        small = Path(folder, "small.h5")
        write_rf_exam(small, _content((_site(person, "L1", rng, 16),)), compress=False)
        measure(small, Settings())
    Path("/proc/self/clear_refs").write_text("5")  # the most starts again from now
    before = held_mib("VmRSS")
    density(Path(sys.argv[1]))
    print(held_mib("VmHWM") - before)


if __name__ == "__main__":
    main()
