"""Work is leased, done once, and never lost, on both databases."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from bonescan.model.outcome import Outcome
from bonescan.model.vocabulary import OutcomeKind
from bonescan.store.holder import Holder
from bonescan.store.queue import LeaseWatch
from bonescan.store.store import Store

DONE = Outcome(kind=OutcomeKind.REPORTED, site="L1-L4")
KEYS = [f"k{n:03d}" for n in range(40)]


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def elsewhere() -> Holder:
    """A process on a machine that can't be seen from here."""
    return dataclasses.replace(Holder.here(), place="another-machine")


def finish(store: Store, who: Holder, key: str, outcome: Outcome = DONE, **more: object) -> bool:
    return store.finish(
        who, run_id=1, sha256=f"sha-{key}", size_bytes=1, work_key=key, outcome=outcome, **more
    )  # type: ignore[arg-type]


@pytest.fixture
def queued(store: Store) -> Store:
    run = store.begin_run("0", "{}")
    store.enqueue(run, [(key, f"sha-{key}") for key in KEYS])
    store.put_locations(run, [("/in", f"{key}.dcm", f"sha-{key}") for key in KEYS])
    return store


def test_work_is_leased_in_order_and_done_once(queued: Store) -> None:
    me, watch = Holder.here(), LeaseWatch()
    claim = queued.claim(me, KEYS, 2, watch)
    assert [(j.work_key, j.tries, j.deaths) for j in claim.leased] == [
        ("k000", 1, 0),
        ("k001", 1, 0),
    ]
    assert (claim.done, claim.elsewhere) == (set(), set())
    assert finish(queued, me, "k000")
    assert not finish(queued, me, "k000"), "it is done"
    assert not finish(queued, me, "k005"), "it was never leased"
    again = queued.claim(Holder.here(), KEYS[:3], 5, watch)
    assert [j.work_key for j in again.leased] == ["k002"]
    assert (again.done, again.elsewhere) == ({"k000"}, {"k001"})
    assert queued.job_counts() == {"claimed": 2, "done": 1, "new": 37}
    assert [c.files for c in queued.contents()] == [("k000.dcm",)]


def test_asking_twice_for_the_same_work_changes_nothing(queued: Store) -> None:
    me = Holder.here()
    queued.claim(me, KEYS[:1], 1, LeaseWatch())
    queued.enqueue(1, [("k000", "sha-k000"), ("new", "sha-new")])
    assert queued.job_counts() == {"claimed": 1, "new": 40}


def test_a_lease_of_a_dead_process_is_taken_over_at_once(queued: Store) -> None:
    me = Holder.here()
    dead = dataclasses.replace(me, started="1")  # this process number, but of an earlier process
    assert queued.claim(dead, KEYS[:1], 1, LeaseWatch()).leased
    (job,) = queued.claim(me, KEYS[:1], 1, LeaseWatch()).leased
    assert job.tries == 2
    assert not finish(queued, dead, "k000"), "its result is not wanted any more"
    assert finish(queued, me, "k000")
    assert len(queued.contents()) == 1


def test_a_lease_ends_when_its_beat_stands_still_whatever_the_clocks_say(queued: Store) -> None:
    clock = Clock()
    far, watch = elsewhere(), LeaseWatch(lease_s=60.0, clock=clock)
    queued.claim(far, KEYS[:1], 1, LeaseWatch())
    me = Holder.here()

    def wanted() -> bool:
        return bool(queued.claim(me, KEYS[:1], 1, watch).leased)

    assert not wanted(), "seen for the first time"
    clock.now += 59.0
    assert not wanted()
    queued.renew(far)
    clock.now += 2.0
    assert not wanted(), "it moved since"
    clock.now -= 500.0  # a clock set back only makes us wait
    assert not wanted()
    clock.now += 561.0
    assert wanted()


def test_what_is_given_back_is_no_try(queued: Store) -> None:
    me = Holder.here()
    queued.claim(me, KEYS, 5, LeaseWatch())
    assert finish(queued, me, "k000")
    queued.release(me)
    assert queued.job_counts() == {"done": 1, "new": 39}
    assert queued.claim(me, KEYS[1:2], 1, LeaseWatch()).leased[0].tries == 1


def test_deaths_are_counted_across_runs(queued: Store, open_again: Callable[[], Store]) -> None:
    me = Holder.here()
    queued.claim(me, KEYS[:1], 1, LeaseWatch())
    assert [queued.note_death(me, "k000") for _ in range(2)] == [1, 2]
    queued.release(me)
    later, you = open_again(), Holder.here()
    assert later.claim(you, KEYS[:1], 1, LeaseWatch()).leased[0].deaths == 2
    assert later.note_death(you, "k000") == 3
    assert later.note_death(me, "k000") == 0, "who holds no lease can't count"


def test_work_that_met_a_limit_is_tried_again_with_a_larger_one(queued: Store) -> None:
    me = Holder.here()
    queued.claim(me, KEYS[:2], 2, LeaseWatch())
    late = Outcome(kind=OutcomeKind.UNUSABLE, code="BS-E524")
    assert finish(queued, me, "k000", late, stopped=("time", 10.0))
    assert finish(queued, me, "k001")
    assert queued.stopped(KEYS) == {"k000": "k000:time-10"}
    assert queued.reopen({"time": 10.0, "memory": 1e9}) == 0, "the same limit"
    assert queued.reopen({"time": 20.0, "memory": 1e9}) == 1
    assert queued.claim(me, KEYS[:2], 2, LeaseWatch()).leased[0].work_key == "k000"
    assert finish(queued, me, "k000")
    first, _ = queued.contents()
    assert (first.work_key, first.outcome.kind) == ("k000", OutcomeKind.REPORTED)
    assert queued.has_result(["k000:time-10"]), "the earlier verdict stays"


def test_many_coordinators_at_once_do_everything_once(
    queued: Store, open_again: Callable[[], Store]
) -> None:
    """Four of them, on connections of their own, take what they can get."""
    queued.close()

    def coordinator(_number: int) -> list[str]:
        store, me, watch = open_again(), Holder.here(), LeaseWatch()
        did: list[str] = []
        while True:
            claim = store.claim(me, KEYS, 3, watch)
            if not claim.leased and len(claim.done) == len(KEYS):
                return did
            did += [j.work_key for j in claim.leased if finish(store, me, j.work_key)]

    with ThreadPoolExecutor(4) as pool:
        found = [key for did in pool.map(coordinator, range(4)) for key in did]
    assert sorted(found) == KEYS
    assert open_again().job_counts() == {"done": 40}


def test_a_holder_is_read_back_and_nonsense_is_dead() -> None:
    me = Holder.here()
    assert Holder.read(str(me)) == me
    assert not me.is_dead()
    assert Holder.read("nonsense") is None
    assert LeaseWatch().is_over("k", "nonsense", 1)
    assert not elsewhere().is_dead(), "nobody can see that from here"
    gone = dataclasses.replace(me, pid=2**22 + 1)
    assert gone.is_dead(), "no process has that number"
