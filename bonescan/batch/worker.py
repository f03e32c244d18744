"""What runs in a worker process: a task in, an outcome out, until the pipe closes."""

from __future__ import annotations

import contextlib
import signal
import sys
from multiprocessing.connection import Connection

from bonescan import pipeline
from bonescan.model.outcome import Outcome
from bonescan.settings import Settings

from .limits import memory_outcome
from .tasks import Task

READY = "ready"
FAULT_CODE = "BS-E598"
ROOM_BYTES = 2**30  # addresses that are never memory: what the watch on real memory does not need


def serve(pipe: Connection, settings: Settings, memory_bytes: int | None = None) -> None:
    """Measure what comes through the pipe until it closes; signals are the coordinator's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if memory_bytes is not None:
        limit_addresses(memory_bytes)
    with contextlib.suppress(EOFError, OSError):  # the coordinator is gone, or needs us no more
        pipe.send(READY)
        while True:
            task: Task = pipe.recv()
            pipe.send(_measure(task, settings, memory_bytes))


def _measure(task: Task, settings: Settings, memory_bytes: int | None) -> Outcome:
    try:
        outcome = pipeline.measure(task.path, settings, task.siblings)
    except MemoryError:  # with BONESCAN_DEBUG the pipeline lets it through
        return memory_outcome(memory_bytes)
    if outcome.code == FAULT_CODE and "(MemoryError" in outcome.reason:
        return memory_outcome(memory_bytes)
    return outcome


def limit_addresses(memory_bytes: int) -> None:
    """Let one huge request fail at once, between two looks of the coordinator."""
    if sys.platform == "win32":
        return
    import resource

    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - a line of the kernel
            pages = int(file.read().split()[0])
    except (OSError, ValueError):
        return
    limit = pages * resource.getpagesize() + max(memory_bytes, ROOM_BYTES)
    with contextlib.suppress(ValueError, OSError):  # a lower limit holds already
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
