"""Lines from the slopes of all pairs: time against NumPy and SciPy, and memory."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bonescan.stats.passing_bablok import passing_bablok, theil_sen

from .agreement_report import report_line
from .run import SEED, alternate, line, timed

Array = NDArray[np.float64]
PAIRS, MANY = 4_300, 20_000  # of the largest published comparison; and far more
Z = 1.959963984540054
ZERO = 1e-12


def pairs(n: int) -> tuple[Array, Array]:
    """Two methods that both err, BMD in g/cm2."""
    rng = np.random.default_rng(SEED)
    truth = rng.normal(0.9, 0.15, n)
    return truth + rng.normal(0, 0.03, n), truth + rng.normal(0, 0.04, n)


def numpy_passing_bablok(x: Array, y: Array) -> tuple[float, float, float]:
    """Slope and limits by NumPy, row by row into one array: half the time of index arrays."""
    n = x.size
    dx, dy = np.empty(n * (n - 1) // 2), np.empty(n * (n - 1) // 2)
    first = 0
    for i in range(n - 1):
        last = first + n - 1 - i
        np.subtract(x[i + 1 :], x[i], out=dx[first:last])
        np.subtract(y[i + 1 :], y[i], out=dy[first:last])
        first = last
    dx[np.abs(dx) <= ZERO] = 0.0
    dy[np.abs(dy) <= ZERO] = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.divide(dy, dx, out=dy)
    slope = slope[~(np.isnan(slope) | (np.abs(slope + 1.0) <= ZERO))]
    shift, count = int(np.count_nonzero(slope < -1.0)), slope.size
    m1 = round((count - Z * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)) / 2)
    ranks = (count - 1) // 2 + shift, count // 2 + shift, m1 + shift - 1, count - m1 + shift
    slope.partition(sorted(set(ranks)))
    low, high, lower, upper = (float(slope[rank]) for rank in ranks)
    return (low + high) / 2, lower, upper


def same_answers(n: int) -> None:
    """Stop where the rivals do not give what ours give."""
    x, y = pairs(n)
    ours = passing_bablok(x, y).slope
    np.testing.assert_allclose((ours.est, ours.lo, ours.hi), numpy_passing_bablok(x, y), rtol=1e-12)
    sen, theirs = theil_sen(x, y).slope, stats.theilslopes(y, x, method="joint")
    wanted = theirs.slope, theirs.low_slope, theirs.high_slope
    np.testing.assert_allclose((sen.est, sen.lo, sen.hi), wanted, rtol=1e-12)


def held_mib(most: str) -> float:
    """Memory of this process (Linux): now by "VmRSS", the most since the reset by "VmHWM"."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in status if row.startswith(most)) / 1024


def memory_line() -> str:
    """Measure in a fresh process how much many pairs add."""
    run = [sys.executable, "-m", "benchmarks.agreement"]
    printed = subprocess.run(run, check=True, capture_output=True, text=True).stdout.split()
    growth, seconds = (float(word) for word in printed)
    n_slopes = MANY * (MANY - 1) // 2
    return (
        f"Passing-Bablok of {MANY:,} pairs, {n_slopes:,} slopes: {seconds:.2f} s, "
        f"{growth:.0f} MiB at most (the slopes alone are {n_slopes / 2**17:.0f} MiB)"
    )


def tables(repeats: int, attempts: int) -> list[str]:
    """Time both lines at the size of the largest published comparison."""
    same_answers(500)
    x, y = pairs(PAIRS)
    compared: list[tuple[str, Callable[..., Any], str, Callable[..., Any], float]] = [
        ("passing_bablok", passing_bablok, "NumPy twin", numpy_passing_bablok, 10.0),
        ("theil_sen", theil_sen, "scipy.stats.theilslopes", partial(_joint), 10.0),
    ]
    lines = [
        "",
        f"**lines from the slopes of {PAIRS:,} pairs ({PAIRS * (PAIRS - 1) // 2:,} slopes), with "
        "intervals**",
        "",
        "| line | against | ours ms, min / median | rival ms, min / median | ratio, min / median "
        "| asked | run |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, ours, rival, theirs, asked in compared:
        run = partial(
            alternate, partial(ours, x, y), partial(theirs, x, y), repeats, time.process_time
        )
        timing, attempt = run(), 1
        while not timing.accepted and attempt < attempts:
            timing, attempt = run(), attempt + 1
        lines.append(f"| {name} " + line(rival, asked, timing, attempt))
    return [*lines, "", memory_line(), "", report_line()]


def _joint(x: Array, y: Array) -> object:
    return stats.theilslopes(y, x, method="joint")


def main() -> None:
    """Print the growth in MiB and the seconds of many pairs, after a few to load the code."""
    passing_bablok(*pairs(1000))
    Path("/proc/self/clear_refs").write_text("5")  # the most starts again from now
    before = held_mib("VmRSS")
    seconds = timed(partial(passing_bablok, *pairs(MANY)), time.perf_counter)
    print(held_mib("VmHWM") - before, seconds)


if __name__ == "__main__":
    main()
