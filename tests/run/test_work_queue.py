"""The coordinator takes what it can get, and sees what others finished or left behind."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bonescan.batch import Task
from bonescan.model.outcome import Outcome
from bonescan.model.vocabulary import OutcomeKind
from bonescan.store.holder import Holder
from bonescan.store.open_store import open_store
from bonescan.store.queue import LeaseWatch
from bonescan.store.store import Store
from bonescan.workflows.work_queue import StoreSource

KEYS = [f"k{n}" for n in range(6)]
PATIENCE_S = 20.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path, create=True)
    run = opened.begin_run("0", "{}")
    opened.enqueue(run, [(key, f"sha-{key}") for key in KEYS])
    yield opened
    opened.close()


def source(store: Store, heard: list[int]) -> StoreSource:
    tasks = [Task(work_key=k, sha256=f"sha-{k}", size_bytes=1, path=Path(k)) for k in KEYS]
    return StoreSource(store, tasks, 1, heard.append)


def finish(store: Store, who: Holder, key: str) -> bool:
    done = Outcome(kind=OutcomeKind.MEASURED)
    return store.finish(
        who, run_id=1, sha256=f"sha-{key}", size_bytes=1, work_key=key, outcome=done
    )


def take_all(ours: StoreSource, store: Store) -> list[str]:
    """Work as a coordinator does, asking again and again while others hold the rest."""
    did: list[str] = []
    deadline = time.monotonic() + PATIENCE_S
    while not ours.is_empty() and time.monotonic() < deadline:
        task = ours.take()
        if task is None:
            time.sleep(0.02)  # oftener than others are asked about
        elif finish(store, ours.holder, task.work_key):
            did.append(task.work_key)
        ours.beat()
    assert ours.is_empty(), "it waits for ever"
    return did


def test_what_another_run_finished_is_not_waited_for(store: Store) -> None:
    other, heard = Holder.here(), []
    store.claim(other, KEYS[:2], 2, LeaseWatch())
    ours = source(store, heard)
    seen = []
    while (task := ours.take()) is not None:
        seen.append(task.work_key)
        assert finish(store, ours.holder, task.work_key)
    assert seen == KEYS[2:]
    assert not ours.is_empty(), "the other one may die"
    for key in KEYS[:2]:
        assert finish(store, other, key)
    assert take_all(ours, store) == []
    assert sum(heard) == 2


def test_what_another_run_gave_back_is_taken(store: Store) -> None:
    other = Holder.here()
    store.claim(other, KEYS[:2], 2, LeaseWatch())
    ours = source(store, [])
    while (task := ours.take()) is not None:
        finish(store, ours.holder, task.work_key)
    store.release(other)
    assert take_all(ours, store) == KEYS[:2]


def test_what_a_dead_run_held_is_taken_at_once_and_counts_as_a_try(store: Store) -> None:
    dead = dataclasses.replace(Holder.here(), started="1")
    store.claim(dead, KEYS[:1], 1, LeaseWatch())
    ours = source(store, [])
    task = ours.take()
    assert task is not None
    assert (task.work_key, task.tries) == ("k0", 2)


def test_what_was_leased_and_not_done_is_given_back(store: Store) -> None:
    ours = source(store, [])
    assert ours.take() is not None
    assert store.job_counts()["claimed"] == 2
    ours.give_back()
    assert store.job_counts() == {"new": 6}
