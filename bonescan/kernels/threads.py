"""Threads around kernels: BLAS held to one, and one parallel kernel at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from threadpoolctl import ThreadpoolController

from ._jit import load_blas

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
