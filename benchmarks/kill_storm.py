"""Kill runs at random while two of them share one result folder, and look for what was lost.

Thousands of small DXA reports are measured by two runs at once, one with
worker processes; every now and then a coordinator or a worker gets SIGKILL,
and a killed run is started again. When both have come to their end, the
tables must be those of a run that nobody disturbed, every content must have
exactly one result, and no half file may be left. If that comes before enough
kills were dealt out, it begins again with an empty folder.

    python -m benchmarks.kill_storm --scans 1000 --rounds 5 --kills 200
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pydicom

import bonescan.workflows.run_folder  # noqa: F401 - loaded once, before forking
from bonescan.cli import main as bonescan_main

SAMPLE = Path(__file__).resolve().parents[1] / "sample_scans" / "0001013_dxa_hip.dcm"
TABLES = ("files.csv", "results.csv", "patients.csv", "readings.csv", "identities.csv")
LONGEST_S = 3600.0


@dataclass
class Storm:
    """What happened so far."""

    kills: int = 0
    of_workers: int = 0
    starts: int = 0
    rounds: int = 0
    findings: list[str] = field(default_factory=list)


def make_scans(folder: Path, n: int) -> None:
    """Write small exports of `n` people: the numbers of a sample, a picture of next to nothing."""
    data = pydicom.dcmread(SAMPLE)
    data.Rows = data.Columns = 16
    data.PixelData = bytes(16 * 16 * (data.BitsAllocated // 8) * data.SamplesPerPixel)
    uid = str(data.SOPInstanceUID)[:-7]
    for number in range(n):
        data.PatientID, data.PatientName = f"{number:07d}", f"STORM^{number}"
        data.SOPInstanceUID = f"{uid}{number + 1_000_000:07d}"
        data.save_as(folder / f"{number:06d}.dcm")


class Run:
    """One run, forked from here with everything imported: its start costs next to nothing."""

    def __init__(self, scans: Path, out: Path, workers: int) -> None:
        self.said = out.with_name(f"{out.name}.{workers}.said")
        self.code: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            self._child([str(scans), "-o", str(out), "--report", "none", "--workers", str(workers)])

    def _child(self, words: list[str]) -> NoReturn:
        os.setsid()
        said = os.open(self.said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        code = 70
        try:
            bonescan_main(["run", *words])
        except SystemExit as left:
            code = int(left.code or 0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def poll(self) -> int | None:
        """Give the exit code, negative for a signal; None while it runs."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def wait(self) -> int:
        """Wait for the end."""
        while (code := self.poll()) is None:
            time.sleep(0.05)
        return code


def children_of(pid: int) -> list[int]:
    """List the worker processes of a run; its helpers are left alone."""
    try:
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [
            int(word)
            for word in words
            if b"spawn_main" in Path(f"/proc/{word}/cmdline").read_bytes()
        ]
    except OSError:
        return []


def storm(
    scans: Path, out: Path, rng: random.Random, so_far: Storm, n_kills: int, pause_s: float
) -> None:
    """Run two at once under fire until both have come to their end."""
    plan = {1: 1, 2: 2}  # number of the run: its workers
    running = {number: Run(scans, out, workers) for number, workers in plan.items()}
    so_far.starts += 2
    so_far.rounds += 1
    kill_at = time.monotonic() + rng.uniform(0.1, 2.0) * pause_s
    while running:
        time.sleep(0.05)
        for number, process in list(running.items()):
            code = process.poll()
            if code is None:
                continue
            if code == -signal.SIGKILL:
                running[number] = Run(scans, out, plan[number])
                so_far.starts += 1
            else:
                if code != 0:
                    said = process.said.read_text(encoding="utf-8")
                    so_far.findings.append(f"a run ended with {code}: {said[-300:]}")
                del running[number]
        if running and so_far.kills < n_kills and time.monotonic() >= kill_at:
            process = rng.choice(list(running.values()))
            workers = children_of(process.pid)
            if workers and rng.random() < 0.3:
                so_far.of_workers += _kill(rng.choice(workers))
            else:
                _kill(process.pid)
            so_far.kills += 1
            kill_at = time.monotonic() + rng.uniform(0.1, 2.0) * pause_s


def _kill(pid: int) -> int:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def look(scans: Path, out: Path, calm: Path, findings: list[str]) -> None:
    """Compare with the undisturbed run, and look into the store."""
    findings += [
        f"{name} differs from the undisturbed run"
        for name in TABLES
        if (calm / name).exists() and (calm / name).read_bytes() != (out / name).read_bytes()
    ]
    half = [str(p.relative_to(out)) for p in out.rglob(".tmp-*")]
    if half:
        findings.append(f"half files: {half}")
    n_scans = sum(1 for _ in scans.iterdir())
    with closing(sqlite3.connect(out / "bonescan.db")) as database:
        for question, wanted in (
            ("select count(*) from result", n_scans),
            ("select count(*) from content", n_scans),
            ("select count(distinct sha256) from result", n_scans),
            ("select count(*) from source where superseded_in is null", n_scans),
            ("select count(*) from job where state <> 'done'", 0),
            ("select count(*) from result where outcome like '%BS-E503%'", 0),
        ):
            (found,) = database.execute(question).fetchone()
            if found != wanted:
                findings.append(f"{question}: found {found}, wanted {wanted}")
        (word,) = database.execute("pragma integrity_check").fetchone()
        if word != "ok":
            findings.append(f"integrity: {word}")


def run(n_scans: int, n_kills: int, seed: int, base: Path, pause_s: float, n_rounds: int) -> Storm:
    """Do it all below `base`, and say what was found."""
    scans, calm = base / "scans", base / "calm"
    scans.mkdir()
    make_scans(scans, n_scans)
    before = time.monotonic()
    if Run(scans, calm, 1).wait() != 0:
        raise RuntimeError("the undisturbed run did not succeed")
    print(f"{n_scans} scans, undisturbed: {time.monotonic() - before:.0f} s", flush=True)
    rng, so_far = random.Random(seed), Storm()
    began = time.monotonic()
    while so_far.rounds < n_rounds or (
        so_far.kills < n_kills and time.monotonic() - began < LONGEST_S
    ):
        until = max(n_kills * (so_far.rounds + 1) // n_rounds, so_far.kills + 1)
        out = base / f"storm-{so_far.rounds}"
        storm(scans, out, rng, so_far, min(until, n_kills), pause_s)
        look(scans, out, calm, so_far.findings)
        print(
            f"round {so_far.rounds}: {so_far.kills} kills ({so_far.of_workers} of workers), "
            f"{so_far.starts} starts, {time.monotonic() - began:.0f} s, "
            f"{len(so_far.findings)} findings",
            flush=True,
        )
        shutil.rmtree(out)
    return so_far


def main() -> int:
    """Read the command line, run, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=1, help="share the kills out over so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause", type=float, default=1.5, help="mean seconds between kills")
    parser.add_argument("--base", type=Path, default=None, help="where to work")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bonescan-storm-", dir=words.base) as base:
        found = run(words.scans, words.kills, words.seed, Path(base), words.pause, words.rounds)
    n_scans = words.scans * found.rounds
    print(f"{found.kills} SIGKILLs over {n_scans} scans in {found.rounds} rounds")
    for line in found.findings or ["0 lost, 0 double, 0 half files, tables equal to the byte"]:
        print(line)
    return 1 if found.findings else 0


if __name__ == "__main__":
    sys.exit(main())
