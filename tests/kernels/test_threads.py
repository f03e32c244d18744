"""Threads of BLAS are held to one around kernels, and given back."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from bonescan.kernels import threads
from bonescan.kernels.threads import Behind, for_each, for_each_of, kernel_lock, pinned_blas
from bonescan.kernels.warm import warm_up


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@pytest.fixture
def two_threads():
    """Let every BLAS have two threads, also on a machine with one processor."""
    with pinned_blas():  # loads what there is
        pass
    with threadpool_limits(limits=2, user_api="blas"):
        yield


@pytest.mark.usefixtures("two_threads")
def test_blas_has_one_thread_inside_and_its_own_number_afterwards():
    before = blas_threads()
    assert set(before) == {2}
    with pinned_blas():
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


@pytest.mark.usefixtures("two_threads")
def test_threads_come_back_after_an_error():
    with pytest.raises(RuntimeError, match="inside"), pinned_blas():
        raise RuntimeError("inside")
    assert set(blas_threads()) == {2}


@pytest.mark.usefixtures("two_threads")
def test_warming_gives_threads_back_and_can_be_repeated():
    warm_up()
    warm_up()
    assert set(blas_threads()) == {2}


def test_the_blas_that_kernels_call_is_among_those_held():
    with pinned_blas():
        loaded = [pool["filepath"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert any("scipy" in path for path in loaded)
    assert np.dot([1.0], [2.0]) == 2


def test_one_lock_for_parallel_kernels():
    with kernel_lock:
        assert not kernel_lock.acquire(blocking=False)
    assert kernel_lock.acquire(blocking=False)
    kernel_lock.release()


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("n", [0, 1, 2, 33])
def test_work_is_done_once_for_each_index_on_any_number_of_threads(monkeypatch, n_threads, n):
    monkeypatch.setattr(threads, "threads_to_use", lambda: n_threads)
    done = np.zeros(n, np.int64)
    used = set()

    def work(i):
        done[i] += i + 1
        used.add(threading.get_ident())

    for_each(work, n)
    assert done.tolist() == list(range(1, n + 1))
    assert len(used) <= n_threads
    if n < 2 or n_threads == 1:
        assert used <= {threading.get_ident()}


@pytest.mark.parametrize("n_threads", [None, 1, 2])
def test_items_meet_their_own_index(n_threads):
    got = {}
    n = for_each_of(got.__setitem__, (10 * i for i in range(40)), n_threads)
    assert n == 40
    assert got == {i: 10 * i for i in range(40)}


@pytest.mark.parametrize("n_threads", [1, 2])
def test_a_fault_in_one_thread_comes_out_and_stops_the_others(n_threads):
    begun = []

    def work(i, _item):
        begun.append(i)
        if i == 17:
            raise ValueError("the seventeenth")

    with pytest.raises(ValueError, match="the seventeenth"):
        for_each_of(work, range(10_000_000), n_threads)
    assert len(begun) < 10_000_000


@pytest.mark.parametrize("n_threads", [1, 2])
def test_a_fault_of_the_source_comes_out(n_threads):
    def source():
        yield 1
        raise OSError("the disk")

    with pytest.raises(OSError, match="the disk"):
        for_each_of(lambda _index, _item: None, source(), n_threads)


def test_a_worker_process_uses_one_thread(monkeypatch):
    monkeypatch.setattr(threads.multiprocessing, "parent_process", object)
    assert threads.threads_to_use() == 1


@pytest.mark.parametrize(("allowed", "n_threads"), [({0}, 1), ({0, 1}, 2), (set(range(64)), 2)])
def test_two_threads_at_most_and_no_more_than_processors(monkeypatch, allowed, n_threads):
    monkeypatch.setattr(threads.multiprocessing, "parent_process", lambda: None)
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: allowed, raising=False)
    assert threads.threads_to_use() == n_threads


def test_where_nobody_knows_the_processors_one_thread_is_used(monkeypatch):
    monkeypatch.setattr(threads.multiprocessing, "parent_process", lambda: None)
    monkeypatch.delattr(threads.os, "sched_getaffinity", raising=False)
    assert threads.threads_to_use() == 1


@pytest.mark.parametrize("n_threads", [1, 2])
def test_work_behind_is_done_in_order_and_its_errors_come_with_its_result(monkeypatch, n_threads):
    monkeypatch.setattr(threads, "threads_to_use", lambda: n_threads)
    names, seen = [], []

    def work(i):
        names.append(threading.current_thread() is threading.main_thread())
        seen.append(i)
        if i == 1:
            raise ValueError("the second fails")
        return i * i

    with Behind() as behind:
        later = [behind.do(lambda i=i: work(i)) for i in range(3)]
        assert [later[0].result(), later[2].result()] == [0, 4]
        with pytest.raises(ValueError, match="the second fails"):
            later[1].result()
    assert seen == [0, 1, 2]
    assert set(names) == {n_threads == 1}
