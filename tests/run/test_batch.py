"""Workers: every task gets one outcome, whoever dies on the way."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from bonescan import batch
from bonescan.batch import worker
from bonescan.model.outcome import Outcome
from bonescan.model.vocabulary import OutcomeKind
from bonescan.settings import Settings

# A stand-in for the worker loop; spawned children import it by name, so it lies on sys.path.
WORKER = """
import os
from bonescan.model.outcome import Outcome
from bonescan.model.vocabulary import OutcomeKind

def serve(pipe, settings, memory_bytes):
    pipe.send("ready")
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        name = task.path.name
        if name == "poison":
            os._exit(9)
        if name == "once" and not (task.path.parent / "died").exists():
            (task.path.parent / "died").touch()
            os._exit(9)
        threads = os.environ["NUMBA_NUM_THREADS"]
        pipe.send(Outcome(kind=OutcomeKind.MEASURED, site=name, reason=threads))
"""


@pytest.fixture
def pool_settings(tmp_path, monkeypatch):
    (tmp_path / "stand_in_worker.py").write_text(WORKER)
    monkeypatch.syspath_prepend(str(tmp_path))
    import stand_in_worker  # type: ignore[import-not-found]

    monkeypatch.setattr(worker, "serve", stand_in_worker.serve)
    return Settings(n_workers=2)


def tasks(folder: Path, *names: str) -> list[batch.Task]:
    return [
        batch.Task(work_key=n, sha256=n, size_bytes=0, path=folder / n, siblings=frozenset())
        for n in names
    ]


def test_every_task_has_one_outcome_and_a_killer_is_named(tmp_path, pool_settings):
    found: dict[str, list[Outcome]] = {}
    batch.measure_all(
        tasks(tmp_path, "a", "poison", "b", "once", "c"),
        pool_settings,
        lambda task, outcome: found.setdefault(task.work_key, []).append(outcome),
        batch.Stop(),
    )
    assert {k: len(v) for k, v in found.items()} == dict.fromkeys(
        ("a", "b", "c", "once", "poison"), 1
    )
    assert found["poison"][0].code == "BS-E503"
    assert "ended its worker process 3 times" in found["poison"][0].reason
    assert {found[k][0].kind for k in ("a", "b", "c", "once")} == {OutcomeKind.MEASURED}
    assert found["a"][0].reason == "1", "each worker has one kernel thread"


def test_a_wish_to_stop_leaves_the_rest_undone(tmp_path, pool_settings):
    stop, found = batch.Stop(), []

    def keep(task: batch.Task, _outcome: Outcome) -> None:
        found.append(task.work_key)
        stop.asked = True

    names = [f"t{i}" for i in range(20)]
    batch.measure_all(tasks(tmp_path, *names), pool_settings, keep, stop)
    assert 1 <= len(found) <= 3, "what is in hand is finished, nothing new is begun"


def test_a_signal_asks_to_stop_and_the_handler_is_restored():
    before = signal.getsignal(signal.SIGTERM)
    with batch.stop_on_signal() as stop:
        assert not stop.asked
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.asked
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(("asked", "n_tasks", "wanted"), [(3, 1, 3), (0, 5, 1), (0, 31, 1)])
def test_workers_are_as_many_as_asked_or_as_pay(asked, n_tasks, wanted):
    assert batch.choose_n_workers(asked, n_tasks) == wanted


def test_many_tasks_use_every_core():
    assert batch.choose_n_workers(0, 10_000) == (os.cpu_count() or 1)
