"""Time kernels against their rivals: ratios, alternated in one process on one thread."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numba
import numpy as np
import scipy
from threadpoolctl import threadpool_info

from bonescan.kernels import scores
from bonescan.kernels.threads import pinned_blas

from .rivals import FULL, LIBRARY_ROWS, rivals

LARGEST_SPREAD = 0.20  # a run in which the kernel's own times differ by more is rejected
GATES = 25_600
SEED = 20_240


@dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison: rivals of a kernel by name, with the ratio that is asked for."""

    title: str
    name: str
    n: int
    asked: dict[str, float]
    kernel: Callable[..., Any] | None = None  # in place of the table's
    clock: Callable[[], float] = time.process_time  # on one thread: its time on a quiet machine


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What one alternated run gave, in seconds."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def spread(self) -> float:
        """How much our own times differ, as a share of the least."""
        return max(self.ours) / min(self.ours) - 1

    @property
    def accepted(self) -> bool:
        """Whether the machine was quiet enough."""
        return self.spread <= LARGEST_SPREAD


def rows(n_scores: int) -> list[Row]:
    """List the comparisons."""
    return [
        Row(
            title=f"gates → spectra → match, {GATES:,} gates × {FULL.n_window} samples, "
            f"{FULL.n_bins} bins, {FULL.n_models} models",
            name="spectra.match_gates",
            n=GATES,
            asked={"scipy.fft": 5.0, "scipy.signal": 5.0, "NumPy GEMM": 2.5, "naive bound": 1.2},
        ),
        Row(
            title=f"library match, {GATES:,} spectra × {LIBRARY_ROWS:,} models, top 5",
            name="match.top_matches",
            n=GATES,
            asked={"cdist alone": 3.0, "scikit-learn alone": 0.6, "GEMM alone": 0.6},
        ),
        Row(
            title=f"T, Z and category of {n_scores:,} rows",
            name="scores.fill_scores",
            n=n_scores,
            asked={"NumPy twin": 5.0},
        ),
        Row(
            title=f"the same {n_scores:,} rows on 2 threads, wall time (the twin has one)",
            name="scores.fill_scores",
            n=n_scores,
            asked={"NumPy twin": 5.0},
            kernel=partial(scores.score_rows, n_threads=2),
            clock=time.perf_counter,
        ),
    ]


def timed(run: Callable[[], Any], clock: Callable[[], float]) -> float:
    """Seconds of one call."""
    begin = clock()
    run()
    return clock() - begin


def alternate(
    ours: Callable[[], Any], theirs: Callable[[], Any], repeats: int, clock: Callable[[], float]
) -> Timing:
    """Time A, B, A, B ..., after one call of each that doesn't count."""
    ours(), theirs()
    pairs = [(timed(ours, clock), timed(theirs, clock)) for _ in range(repeats)]
    return Timing(ours=tuple(a for a, _ in pairs), theirs=tuple(b for _, b in pairs))


def compare(row: Row, repeats: int, attempts: int) -> list[str]:
    """Time one row against all its rivals; lines of a Markdown table."""
    rival = rivals(FULL)[row.name]
    kernel = row.kernel or rival.kernel
    args = rival.inputs(np.random.default_rng(SEED), row.n, 0.0)
    others = {"NumPy twin": rival.plain} | rival.others | rival.bounds
    first = timed(lambda: kernel(*args), row.clock)
    lines = [
        "",
        f"**{row.title}** (`{row.name}`; first call {first:.2f} s)",
        "",
        "| against | kernel ms, min / median | rival ms, min / median | ratio, min / median "
        "| asked | run |",
        "|---|---|---|---|---|---|",
    ]
    for name, asked in row.asked.items():
        both = partial(kernel, *args), partial(others[name], *args)
        run = partial(alternate, *both, repeats, row.clock)
        timing, attempt = run(), 1
        while not timing.accepted and attempt < attempts:
            timing, attempt = run(), attempt + 1
        lines.append(line(name, asked, timing, attempt))
    return lines


def line(name: str, asked: float, timing: Timing, attempt: int) -> str:
    """Give one line of a table."""
    ours, theirs = timing.ours, timing.theirs
    low, middle = min(theirs) / min(ours), median(theirs) / median(ours)
    verdict = "reached" if min(low, middle) >= asked else "**below**"
    if timing.accepted:
        run = f"accepted at attempt {attempt}, spread {timing.spread:.0%}"
    else:
        run = f"**rejected** {attempt} times, spread {timing.spread:.0%}"
    times = (f"{1e3 * min(t):.1f} / {1e3 * median(t):.1f}" for t in (ours, theirs))
    ratio = f"{low:.2f} / {middle:.2f} | ≥ {asked:g}: {verdict}"
    return f"| {name} | {' | '.join(times)} | {ratio} | {run} |"


def machine() -> list[str]:
    """Say what ran: processor, threads, versions."""
    model = platform.processor() or "unknown"
    information = Path("/proc/cpuinfo")
    if information.exists():
        names = [x for x in information.read_text().splitlines() if x.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    libraries = sorted(
        f"{pool.get('internal_api')} {pool.get('version')} ({pool.get('architecture', '?')}, "
        f"{Path(pool['filepath']).name.split('-')[0]}, {pool['num_threads']} thread)"
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    )
    return [
        f"- processor: {model}, {os.cpu_count()} cores; load when started "
        + " ".join(f"{x:.2f}" for x in os.getloadavg()),
        "- threads: 1 for the kernel and 1 for each rival (numba, BLAS, scipy.fft), processor "
        "time, where nothing else is said",
        f"- Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}, "
        f"numba {numba.__version__}",
        "- BLAS: " + "; ".join(libraries),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Print the tables; always 0, for a slow machine is no failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--score-rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--attempts", type=int, default=8, help="runs until one is accepted")
    parser.add_argument("--only", default="", help="rows whose kernel's name holds this")
    options = parser.parse_args(arguments)
    with pinned_blas():
        print("\n".join(machine()), flush=True)
        for row in rows(options.score_rows):
            if options.only in row.name:
                lines = compare(row, options.repeats, options.attempts)
                print("\n".join(lines), flush=True)
        if options.only in "whole_exam":
            from . import whole_exam

            found = whole_exam.tables(options.repeats, options.attempts)
            print("\n".join(found), flush=True)
        if options.only in "dicom_triage":
            from .triage import tables as triage_tables

            print("\n".join(triage_tables(options.repeats, options.attempts)), flush=True)
        if options.only in "passing_bablok theil_sen":
            from .agreement import tables

            print("\n".join(tables(options.repeats, options.attempts)), flush=True)
        if options.only in "dual_energy":
            from . import dual_energy

            print("\n".join(dual_energy.tables(options.repeats, options.attempts)), flush=True)
        if options.only in "texture variogram":
            from . import texture

            print("\n".join(texture.tables(options.repeats, options.attempts)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
