"""Cost per scan, memory and open files from 1,000 scans on, and two workers against the machine.

``python -m benchmarks.scale --n 1000 10000`` writes N small DXA reports (a
sample of the package with its patient and UIDs replaced, two scans a person)
into a temporary folder, runs on them in a process of its own, and prints where
the time went. ``--workers`` compares two workers with the same machine's own
two-process ceiling, measured beside it by a pure-CPU pair.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "sample_scans" / "0001002_dxa_report.dcm"
SCANS_A_PERSON = 2
FILES_A_FOLDER = 1000
SPINS = 12_000_000
PAIRS = 5


def make_scans(folder: Path, n: int) -> None:
    """Write `n` reports that differ in person, UIDs and date."""
    template = TEMPLATE.read_bytes()
    uids = sorted(set(re.findall(rb"2\.25\.(\d{25,39})", template)), key=len)
    chart = b"0001002"
    if template.count(chart) == 0:
        raise SystemExit(f"{TEMPLATE.name} no longer holds the chart number {chart!r}")
    for number in range(n):
        data = template.replace(chart, b"%07d" % (number // SCANS_A_PERSON))
        for place, uid in enumerate(uids):
            own = (b"%d%09d" % (place + 1, number)).ljust(len(uid), b"7")
            data = data.replace(uid, own)
        below = folder / f"{number // FILES_A_FOLDER:04d}"
        below.mkdir(exist_ok=True)
        (below / f"{number:07d}.dcm").write_bytes(data)


def measure(folder: Path, out: Path, workers: int, report: str) -> dict[str, Any]:
    """Run on a folder in this process and tell what it took."""
    from bonescan.settings import Settings
    from bonescan.workflows.run_folder import run_folder

    open_files: list[int] = []

    def noted(_sha256: str, _outcome: object) -> None:
        open_files.append(
            sum(1 for _ in Path("/proc/self/fd").iterdir()) if len(open_files) % 97 == 0 else 0
        )

    began = time.perf_counter()
    summary = run_folder([folder], out, Settings(n_workers=workers, report=report), noted=noted)
    seen = [n for n in open_files if n]
    return {
        "n": summary.n_inputs,
        "exit_code": summary.exit_code,
        "outcomes": summary.input_outcomes,
        "seconds": summary.seconds,
        "total_s": time.perf_counter() - began,
        "cpu_s": time.process_time(),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "open_files": (min(seen, default=0), max(seen, default=0)),
    }


def fill(folder: Path, out: Path, n: int) -> None:
    """Measure one report and put its outcome into the store `n` times, as other people's.

    Measuring is the same work for each scan; this is for what grows.
    """
    from dataclasses import replace

    from bonescan.pipeline import measure as measure_file
    from bonescan.settings import Settings
    from bonescan.store.open_store import open_store

    make_scans(folder, 1)
    outcome = measure_file(next(folder.rglob("*.dcm")), Settings())
    if outcome.subject is None or outcome.exam is None:
        raise SystemExit("the template gives no exam")
    out.mkdir()
    store = open_store(out, create=True)
    run_id = store.begin_run("scale", "{}")
    for number in range(n):
        digest = f"{number:064d}"
        own = replace(
            outcome,
            subject=replace(outcome.subject, patient_id=f"{number // SCANS_A_PERSON:07d}"),
            exam=replace(outcome.exam, sop_instance_uid=f"2.25.{number + 1}"),
        )
        store.put_result(
            run_id=run_id, sha256=digest, size_bytes=10_000, work_key=digest, outcome=own
        )
        if number % 1000 == 999 or number == n - 1:
            first = number // 1000 * 1000
            names = [(str(folder), f"{i:07d}.dcm", f"{i:064d}") for i in range(first, number + 1)]
            store.put_locations(run_id, names)
    store.end_run(run_id)
    store.close()


def in_own_process(folder: Path, out: Path, workers: int, report: str) -> dict[str, Any]:
    """Measure in a fresh process, so that peaks are its own."""
    words = ["--one", str(folder), str(out), str(workers), report]
    done = subprocess.run(  # our own module, with our own words
        [sys.executable, "-m", "benchmarks.scale", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def show(row: dict[str, Any]) -> None:
    """Print one run."""
    phases = " ".join(f"{k} {1000 * s / row['n']:.2f}" for k, s in row["seconds"].items())
    print(
        f"{row['n']:>8,} scans  {1000 * row['total_s'] / row['n']:7.2f} ms a scan  ({phases})  "
        f"processor {1000 * row['cpu_s'] / row['n']:.2f} ms  "
        f"peak {row['peak_mib']:.0f} MiB  open files {row['open_files'][0]}-{row['open_files'][1]}"
        f"  {row['outcomes']}",
        flush=True,
    )


def scale(sizes: list[int], report: str, keep: Path | None, *, stored: bool) -> None:
    """Run each size once, then once more with everything done."""
    for n in sizes:
        with tempfile.TemporaryDirectory(prefix="bonescan-scale-", dir=keep) as base:
            scans, out = Path(base, "in"), Path(base, "out")
            scans.mkdir()
            if stored:
                fill(scans, out, n)
                row = in_own_process(scans, out, 1, report)
                show(row | {"n": n})
            else:
                make_scans(scans, n)
                show(in_own_process(scans, out, 1, report))
                print("     again:", end=" ")
                show(in_own_process(scans, out, 1, report))
            pages = sum(p.stat().st_size for p in (out / "patients").glob("*.html"))
            index = (out / "index.html").stat().st_size if (out / "index.html").exists() else 0
            store = (out / "bonescan.db").stat().st_size
            print(
                f"            store {store / n:.0f} bytes a scan, pages {pages / n:.0f} bytes a "
                f"scan, index {index / 2**20:.1f} MiB",
                flush=True,
            )


def _spin(_: int) -> float:
    began, total = time.perf_counter(), 0
    for i in range(SPINS):
        total += i & 3
    return time.perf_counter() - began


def ceiling() -> float:
    """How much two processes of pure arithmetic get done compared with one."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(_spin, range(2), chunksize=1)  # both are up
        alone = pool.map(_spin, range(1))[0]
        both = max(pool.map(_spin, range(2), chunksize=1))
    return 2 * alone / both


def workers(n: int) -> None:
    """Alternate one worker, two workers and the pure-CPU pair."""
    ratios, ceilings = [], []
    with tempfile.TemporaryDirectory(prefix="bonescan-scale-") as base:
        scans = Path(base, "in")
        scans.mkdir()
        make_scans(scans, n)
        for turn in range(PAIRS):
            seconds = {}
            for count in (1, 2):
                out = Path(base, f"out-{count}")
                shutil.rmtree(out, ignore_errors=True)
                row = in_own_process(scans, out, count, "none")
                seconds[count] = row["seconds"]["measure"]
            ratios.append(seconds[1] / seconds[2])
            ceilings.append(ceiling())
            print(
                f"turn {turn + 1}: one worker {seconds[1]:.2f} s, two {seconds[2]:.2f} s: "
                f"{ratios[-1]:.2f} x; the machine's own pair {ceilings[-1]:.2f} x",
                flush=True,
            )
    share = median(ratios) / median(ceilings)
    print(f"median {median(ratios):.2f} x of {median(ceilings):.2f} x: {100 * share:.0f} %")


def main() -> int:
    """Take the words of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, nargs="*", default=[1000, 10_000])
    parser.add_argument("--report", default="html", choices=["html", "none"])
    parser.add_argument("--workers", type=int, metavar="N", help="compare workers on N scans")
    parser.add_argument(
        "--stored", action="store_true", help="measure one and store it N times: what grows only"
    )
    parser.add_argument("--folder", type=Path, help="where the temporary folders go")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.one:
        folder, out, count, report = words.one
        print(json.dumps(measure(Path(folder), Path(out), int(count), report)))
        return 0
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    if words.workers:
        workers(words.workers)
    else:
        scale(words.n, words.report, words.folder, stored=words.stored)
    return 0


if __name__ == "__main__":
    sys.exit(main())
