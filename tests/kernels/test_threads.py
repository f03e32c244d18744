"""Threads of BLAS are held to one around kernels, and given back."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from bonescan.kernels.threads import kernel_lock, pinned_blas
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
