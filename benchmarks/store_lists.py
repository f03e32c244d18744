"""How long a page of one person, and pages of lists, take in a store of a million exams.

    python -m benchmarks.store_lists --exams 1000000

A quarter as many people, one number an exam. Each question is asked of people
and pages all over the store; the median and the longest are printed. Wanted:
one person within 200 ms, a page of a list within 500 ms.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median

from sqlalchemy import text

from bonescan.store.lists import ExamFilter, Page
from bonescan.store.open_store import open_store
from bonescan.store.store import Store

QUESTIONS = 40
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count) "
DAY = "date('2000-01-01', '+' || (n.i % 9000) || ' days')"
CATEGORY = "CASE n.i % 10 WHEN 0 THEN 'osteoporosis' WHEN 1 THEN 'osteopenia' ELSE 'normal' END"
ROWS = {
    "patient": (
        4,
        "INSERT INTO patient (patient_key, n_exams, sex, last_exam_date, row_key, row_sha256, "
        "run_id) SELECT 'P-' || n.i, 4, 'F', '2024-01-01', 'P-' || n.i, 'x', 1 FROM n",
    ),
    "exam": (
        1,
        "INSERT INTO exam (patient_key, sha256, part, file, format, carrier, outcome, exam_date, "
        "device_serial, category, technique, n_results, row_key, row_sha256, run_id) "
        f"SELECT 'P-' || (n.i / 4), 's' || n.i, 0, n.i || '.dcm', 'dicom', 'sr', 'reported', {DAY},"
        f" 'S' || (n.i % 50), {CATEGORY}, 'DXA', 1, 's' || n.i, 'x', 1 FROM n",
    ),
    "estimate": (
        1,
        "INSERT INTO estimate (patient_key, sha256, part, exam_date, technique, origin, site, "
        "bmd_g_cm2, category, flags, row_key, row_sha256, run_id) "
        f"SELECT 'P-' || (n.i / 4), 's' || n.i, 0, {DAY}, 'DXA', 'reported', 'L1-L4', 0.9, "
        f"{CATEGORY}, '', 's' || n.i, 'x', 1 FROM n",
    ),
    "verdict": (
        1,
        "INSERT INTO verdict (patient_key, exam_date, technique, category, needs_review, flags, "
        f"row_key, row_sha256, run_id) SELECT 'P-' || (n.i / 4), {DAY}, 'DXA', {CATEGORY}, 0, '', "
        "'v' || n.i, 'x', 1 FROM n",
    ),
}


def fill(store: Store, n_exams: int) -> None:
    """Write the rows by SQL alone."""
    store.begin_run("0", "{}")
    with store._writer.begin() as connection:
        for share, statement in ROWS.values():
            head, tail = statement.split(" SELECT ", 1)
            connection.execute(
                text(f"{head} {NUMBERS} SELECT {tail}"), {"count": max(1, n_exams // share)}
            )


def ask(name: str, question: Callable[[], object]) -> None:
    """Ask many times, and print how long it took."""
    times = []
    for _ in range(QUESTIONS):
        before = time.perf_counter()
        question()
        times.append(1000 * (time.perf_counter() - before))
    print(f"{name:<44} median {median(times):8.2f} ms   longest {max(times):8.2f} ms", flush=True)


def main() -> int:
    """Fill a store and ask it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exams", type=int, default=1_000_000)
    n_exams = parser.parse_args().exams
    rng = random.Random(1)
    with (
        tempfile.TemporaryDirectory(prefix="bonescan-lists-") as folder,
        closing(open_store(Path(folder), create=True)) as store,
    ):
        before = time.perf_counter()
        fill(store, n_exams)
        size = (Path(folder) / "bonescan.db").stat().st_size
        print(f"{n_exams} exams, {size / 1e9:.2f} GB, {time.perf_counter() - before:.0f} s")
        days = [f"20{y:02d}-06-15" for y in range(1, 24)]
        deep = [Page(after=(day, 0)) for day in days]
        ask("one person", lambda: store.patient_exams(f"P-{rng.randrange(n_exams // 4)}"))
        ask("newest exams", store.list_exams)
        ask("a page somewhere", lambda: store.list_exams(page=rng.choice(deep)))
        for words in (
            {"category": "osteoporosis"},
            {"category": "nothing-has-it"},
            {"device_serial": "S7"},
            {"device_serial": "S7", "category": "osteopenia"},
            {"since": "2010-01-01", "until": "2010-12-31"},
        ):
            which = ExamFilter(**words)
            name = " ".join(words.values())
            ask(name, lambda which=which: store.list_exams(which, rng.choice(deep)))
        ask(
            "how many osteoporosis",
            lambda: store.count_exams(ExamFilter(category="osteoporosis")),
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
