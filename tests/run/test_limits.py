"""A scan that takes too much memory or time is given up, and only that scan."""

from __future__ import annotations

from pathlib import Path

import pytest

from bonescan import batch
from bonescan.batch import limits, pool, worker
from bonescan.cli._store_options import read_size
from bonescan.errors import EnvironmentFault, UsageError
from bonescan.model.outcome import Outcome
from bonescan.model.vocabulary import OutcomeKind
from bonescan.settings import Settings

# A stand-in for the worker loop; spawned children import it by name, so it lies on sys.path.
WORKER = """
import os
import time
from bonescan.model.outcome import Outcome
from bonescan.model.vocabulary import OutcomeKind

def serve(pipe, settings, memory_bytes):
    if settings.report == "never starts":
        os._exit(7)
    pipe.send("ready")
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        if task.path.name == "endless":
            time.sleep(600)
        if task.path.name == "hungry":
            held = bytearray(400 * 2**20)
            time.sleep(600)
        if task.path.name == "deadly":
            os._exit(9)
        pipe.send(Outcome(kind=OutcomeKind.MEASURED, site=task.path.name))
"""


@pytest.fixture(autouse=True)
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stand_in_limits.py").write_text(WORKER)
    monkeypatch.syspath_prepend(str(tmp_path))
    import stand_in_limits  # type: ignore[import-not-found]

    monkeypatch.setattr(worker, "serve", stand_in_limits.serve)


def task(name: str, tries: int = 1) -> batch.Task:
    return batch.Task(work_key=name, sha256=name, size_bytes=0, path=Path(name), tries=tries)


def measure(settings: Settings, *tasks: batch.Task) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    batch.measure_all(
        list(tasks), settings, lambda t, o: found.update({t.work_key: o}), batch.Stop()
    )
    return found


def test_a_scan_without_end_is_given_up_and_the_others_are_not() -> None:
    found = measure(Settings(time_limit_s=8.0), task("a"), task("endless"), task("b"))
    assert found["endless"].code == "BS-E524"
    assert "within 8 s" in found["endless"].reason
    assert {found[k].kind for k in "ab"} == {OutcomeKind.MEASURED}
    assert limits.stopped_by(found["endless"], Settings(time_limit_s=8.0)) == ("time", 8.0)
    assert limits.stopped_by(found["a"], Settings()) is None


@pytest.mark.skipif(limits.memory_of(1) is None, reason="the system does not tell memory")
def test_a_scan_that_eats_memory_is_given_up() -> None:
    settings = Settings(memory_limit_bytes=300 * 2**20, n_workers=2)
    found = measure(settings, task("hungry"), task("a"), task("b"))
    assert found["hungry"].code == "BS-E523"
    assert "300 MiB" in found["hungry"].reason
    assert {found[k].kind for k in "ab"} == {OutcomeKind.MEASURED}
    assert limits.stopped_by(found["hungry"], settings) == ("memory", 300 * 2**20)


def test_what_may_have_ended_two_runs_gets_a_process_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here: list[str] = []

    def in_this_process(path: Path, *_more: object) -> Outcome:
        here.append(path.name)
        return Outcome(kind=OutcomeKind.MEASURED)

    monkeypatch.setattr("bonescan.pipeline.measure", in_this_process)
    found = measure(Settings(), task("a", tries=2), task("deadly", tries=3), task("b"))
    assert found["deadly"].code == "BS-E503"
    assert here == ["a", "b"]


def test_workers_that_never_start_are_no_fault_of_a_scan() -> None:
    settings = Settings(n_workers=2, report="never starts")
    with pytest.raises(EnvironmentFault, match=r"BS-E525 .*exit 7"):
        measure(settings, task("a"), task("b"))


def test_limits_have_defaults_in_workers_and_nought_is_none() -> None:
    assert limits.time_limit_s(Settings()) == limits.DEFAULT_TIME_S
    assert limits.memory_limit_bytes(Settings()) == limits.DEFAULT_MEMORY_BYTES
    assert limits.time_limit_s(Settings(time_limit_s=0.0)) is None
    assert limits.memory_limit_bytes(Settings(memory_limit_bytes=0)) is None
    assert not limits.asks_for_limits(Settings(time_limit_s=0.0))
    assert pool.MAX_FAILED_STARTS > 1


@pytest.mark.parametrize(
    ("text", "size"),
    [(None, None), ("0", 0), ("2GiB", 2 * 2**30), ("500 MB", 500 * 10**6), ("1.5k", 1536)],
)
def test_a_size_is_read(text: str | None, size: int | None) -> None:
    assert read_size(text) == size


def test_a_size_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="BS-E304 found --memory-limit lots"):
        read_size("lots")
