"""Two runs on one folder under random SIGKILLs: nothing lost, nothing twice, nothing half."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.long
@pytest.mark.skipif(
    not Path("/proc/self").exists(),
    reason="workers are found in /proc",
)
def test_a_short_storm_changes_no_byte(tmp_path: Path) -> None:
    """The long one is `python -m benchmarks.kill_storm`: 200 kills over 5,000 scans."""
    line = [sys.executable, "-m", "benchmarks.kill_storm", "--base", str(tmp_path)]
    done = subprocess.run(
        [*line, "--scans", "300", "--kills", "15", "--seed", "7", "--pause", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 lost, 0 double, 0 half files" in done.stdout
    assert "15 SIGKILLs" in done.stdout
