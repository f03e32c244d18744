"""Compile the kernels once, in a process of its own, before many processes want them."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

from bonescan.store.locks import locked

MARK_NAME = ".warm"
LOCK_NAME = ".warming"
WAIT_S = 300.0


def warm_kernels() -> bool:
    """See that the cache of compiled kernels is filled; whether this call filled it.

    Without a safe cache folder each worker compiles for itself. A warming that
    fails or takes too long hinders nobody: workers compile what is missing.
    """
    from bonescan.kernels._jit import CACHE_DIR

    if not CACHE_DIR:
        return False
    folder = Path(CACHE_DIR)
    if (folder / MARK_NAME).exists():
        return False
    try:
        with locked(folder, WAIT_S, LOCK_NAME):
            if (folder / MARK_NAME).exists():
                return False
            filled = _in_a_process()
            if filled:
                (folder / MARK_NAME).touch()
            return filled
    except OSError:  # TimeoutError is one: another run is still compiling
        return False


def _in_a_process() -> bool:
    process = multiprocessing.get_context("spawn").Process(target=_warm, daemon=True)
    process.start()
    process.join(WAIT_S)
    if process.is_alive():
        process.kill()
        process.join()
    return process.exitcode == 0


def _warm() -> None:
    from bonescan.kernels.warm import warm_up

    warm_up()
