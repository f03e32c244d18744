"""Threads around kernels: BLAS held to one, one parallel kernel at a time, frames on two."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache

from threadpoolctl import ThreadpoolController

from ._jit import load_blas

MOST_THREADS = 2  # what was measured
LEAST_ITEMS = 16  # fewer are done before threads have started

# numba's workqueue layer aborts the process when two threads are in a parallel kernel.
kernel_lock = threading.Lock()


@contextmanager
def pinned_blas() -> Iterator[None]:
    """Hold every BLAS of the process to one thread, and give back what was set before.

    Libraries count that were loaded when this was first called: NumPy's and the one that
    kernels call.

    Kernels multiply tiles of 128 gates: on two BLAS threads that takes several times
    as long as on one, and the last digits depend on their number.

    Examples
    --------
    >>> with pinned_blas():
    ...     pass
    """
    with _libraries().limit(limits=1, user_api="blas"):
        yield


@lru_cache(maxsize=1)
def _libraries() -> ThreadpoolController:
    """Find the BLAS libraries once: looking for them takes 4 ms, as long as many a kernel."""
    load_blas()  # a library that isn't loaded yet can't be held
    return ThreadpoolController()


def threads_to_use() -> int:
    """Count the threads that frames may be spread over.

    One in a worker process, which has a processor to itself and no more.
    """
    if multiprocessing.parent_process() is not None:
        return 1
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else (0,)
    return min(MOST_THREADS, len(allowed))


def for_each(work: Callable[[int], None], n: int) -> None:
    """Call ``work(0)`` to ``work(n - 1)``, each once, on one thread or two.

    Parameters
    ----------
    work : callable
        Spends its time in kernels, which release the GIL, and writes only to places
        of its own index: the result can't depend on the number of threads.
    n : int

    Raises
    ------
    Exception
        Whatever `work` raises.

    Examples
    --------
    >>> squares = [0] * 5
    >>> def work(i):
    ...     squares[i] = i * i
    >>> for_each(work, 5)
    >>> squares
    [0, 1, 4, 9, 16]
    """
    n_threads = threads_to_use() if n >= LEAST_ITEMS else 1

    def share(first: int) -> None:
        for i in range(first, n, n_threads):
            work(i)

    if n_threads == 1:
        share(0)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        for done in [pool.submit(share, first) for first in range(n_threads)]:
            done.result()
