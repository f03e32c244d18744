"""Threads around kernels: BLAS held to one, one parallel kernel at a time, frames on two."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeVar, cast

from threadpoolctl import ThreadpoolController

from ._jit import load_blas

MOST_THREADS = 2  # what was measured

T = TypeVar("T")

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
    """Call ``work(0)`` to ``work(n - 1)``, as `for_each_of` does.

    Examples
    --------
    >>> squares = [0] * 5
    >>> def work(i):
    ...     squares[i] = i * i
    >>> for_each(work, 5)
    >>> squares
    [0, 1, 4, 9, 16]
    """
    for_each_of(lambda index, _item: work(index), range(n), threads_to_use() if n > 1 else 1)


def for_each_of(
    work: Callable[[int, T], None], items: Iterable[T], n_threads: int | None = None
) -> int:
    """Call ``work(index, item)`` once for each item, on one thread or two.

    Parameters
    ----------
    work : callable
        Spends its time in kernels, which release the GIL, and writes only to places
        of its own index: the result can't depend on the number of threads.
    items : iterable
        Taken one at a time: while one thread fetches the next, the other works.
    n_threads : int, optional
        `threads_to_use` unless given.

    Returns
    -------
    n : int
        How many items there were.

    Raises
    ------
    Exception
        Whatever `work` or `items` raises; no further item is taken then.
    """
    source, lock, taken, failed = enumerate(items), threading.Lock(), [0], threading.Event()

    def share() -> None:
        try:
            while not failed.is_set():
                with lock:
                    index, item = next(source, (-1, None))
                    taken[0] += index >= 0
                if index < 0:
                    return
                work(index, cast("T", item))
        except BaseException:
            failed.set()
            raise

    n_threads = threads_to_use() if n_threads is None else n_threads
    if n_threads == 1:
        share()
        return taken[0]
    with ThreadPoolExecutor(n_threads) as pool:
        for done in [pool.submit(share) for _ in range(n_threads)]:
            done.result()
    return taken[0]


class Behind:
    """Work done on one more thread, one piece after the other, where there is one to use.

    Examples
    --------
    >>> with Behind() as behind:
    ...     later = [behind.do(lambda i=i: i * i) for i in range(3)]
    ...     [piece.result() for piece in later]
    [0, 1, 4]
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1) if threads_to_use() > 1 else None

    def __enter__(self) -> Behind:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def do(self, work: Callable[[], T]) -> Future[T]:
        """Start `work`, or do it now; its result, or what it raises, is in what comes back."""
        if self._pool is not None:
            return self._pool.submit(work)
        done: Future[T] = Future()
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)
        return done
