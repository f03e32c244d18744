"""Two runs at once on one result folder, and a run after one that was killed."""

from __future__ import annotations

import csv
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

LINE = [sys.executable, "-c", "from bonescan.cli import main; main()", "run"]


@pytest.fixture
def scans(tmp_path: Path, sample_scans: Path) -> Path:
    """A few small reports, one of them under two names."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for path in sorted(sample_scans.glob("*_dxa_report.dcm"))[:5]:
        shutil.copy(path, folder)
    shutil.copy(path, folder / "again.dcm")
    return folder


def start(scans: Path, out: Path, *more: str) -> subprocess.Popen[bytes]:
    words = [str(scans), "-o", str(out), "--report", "none", *more]
    return subprocess.Popen([*LINE, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def end(process: subprocess.Popen[bytes]) -> int:
    _, said = process.communicate(timeout=200)
    assert b"Traceback" not in said, said.decode()
    return process.returncode


def tables(out: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(out.glob("[!.]*.csv"))}


def ask(out: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(out / "bonescan.db")) as database:
        return database.execute(question).fetchall()


def test_two_at_once_do_everything_once(scans: Path, tmp_path: Path) -> None:
    out, alone = tmp_path / "out", tmp_path / "alone"
    pair = [start(scans, out, "--workers", n) for n in ("1", "2")]
    assert [end(p) for p in pair] == [0, 0]
    assert end(start(scans, alone)) == 0
    assert tables(out) == tables(alone)
    assert ask(out, "select count(*) from run") == [(2,)]
    assert ask(out, "select count(*), count(distinct sha256) from result") == [(5, 5)]
    assert ask(out, "select state, count(*) from job group by state") == [("done", 5)]
    with (out / "files.csv").open(encoding="utf-8", newline="") as file:
        assert sorted(r["outcome"] for r in csv.DictReader(file)) == [
            "duplicate", *["reported"] * 5,
        ]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_killed_run_leaves_its_leases_to_the_next(scans: Path, tmp_path: Path) -> None:
    out, alone = tmp_path / "out", tmp_path / "alone"
    process = start(scans, out)
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if ask(out, "select 1 from job where state = 'claimed' limit 1"):
                break
        except sqlite3.OperationalError:
            pass
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    began = time.monotonic()
    assert end(start(scans, out)) == 0
    assert time.monotonic() - began < 60.0, "the leases of the dead are not waited for"
    assert end(start(scans, alone)) == 0
    assert tables(out) == tables(alone)
    assert ask(out, "select count(*) from job where state <> 'done'") == [(0,)]
