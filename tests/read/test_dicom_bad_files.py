"""The published collection of odd files through the whole path: one outcome each, in bounds."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bonescan.errors import all_codes

MAX_GROWTH_KIB = 512 * 1024
BUDGET_SECONDS = 2.0  # processor time of one file: a budget against hangs, no benchmark

# A process of its own measures each file: its peak memory is that of nothing else.
CHILD = """
import json, resource, sys, time
from pathlib import Path
from bonescan import pipeline
from bonescan.settings import Settings

rows = []
files = [Path(line) for line in sys.stdin.read().splitlines()]
pipeline.measure(files[0], Settings(), frozenset())  # imports
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in files:
    start = time.process_time()
    outcome = pipeline.measure(path, Settings(), frozenset())
    rows.append([path.name, str(outcome.kind), outcome.code, time.process_time() - start])
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps({"rows": rows, "grown": grown}))
"""


@pytest.mark.shared
def test_every_odd_file_has_one_outcome_in_time_and_memory(shared_dir):
    folder = shared_dir / "data" / "bad-dicom"
    files = sorted(str(p) for p in folder.rglob("*") if p.is_file())
    assert len(files) >= 150
    runs = []
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", CHILD], input="\n".join(files), text=True,
                              capture_output=True, check=True, timeout=250)  # fmt: skip
        runs.append(json.loads(done.stdout))
        rows = runs[-1]["rows"]
        assert [row[0] for row in rows] == [f.rsplit("/", 1)[1] for f in files]
        assert {row[2] for row in rows if row[2]} <= set(all_codes())
        assert not {"BS-E139", "BS-E598"} & {row[2] for row in rows}
        assert all(row[3] < BUDGET_SECONDS for row in rows), max(rows, key=lambda r: r[3])
        assert runs[-1]["grown"] < MAX_GROWTH_KIB
    first, second = ([row[:3] for row in run["rows"]] for run in runs)
    assert first == second  # the code of a file is always the same
