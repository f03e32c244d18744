"""Worker processes with a pipe each, so that the death of one can't break the others."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType

from bonescan.errors import EnvironmentFault
from bonescan.model.outcome import Outcome
from bonescan.settings import Settings

from . import worker as worker_process
from .limits import (
    death_outcome,
    memory_limit_bytes,
    memory_of,
    memory_outcome,
    time_limit_s,
    time_outcome,
)
from .stop import Stop
from .tasks import MAX_DEATHS, Source, Task

LOOK_EVERY_S = 0.2
MAX_FAILED_STARTS = 5
THREAD_VARIABLES = (
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)

OnOutcome = Callable[[Task, Outcome], None]


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    ready: bool = False
    task: Task | None = None
    since: float = 0.0  # monotonic
    verdict: Outcome | None = None  # of the limit for which we ended it

    def waits_for(self) -> bool:
        """Whether something has to come through its pipe."""
        return not self.ready or self.task is not None


class Pool:
    """A number of workers, started by spawn and replaced when they die."""

    def __init__(self, settings: Settings, n_workers: int) -> None:
        self._settings = settings
        self._time_s = time_limit_s(settings)
        self._memory_bytes = memory_limit_bytes(settings)
        self._context = multiprocessing.get_context("spawn")
        self._failed_starts = 0
        self._again: deque[Task] = deque()
        self._workers: list[_Worker] = []
        with _one_thread_each():
            self._workers += [self._start() for _ in range(n_workers)]

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            if worker.waits_for():
                worker.process.terminate()
            worker.pipe.close()
        for worker in self._workers:
            worker.process.join(timeout=5)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()

    def run(self, source: Source, on_outcome: OnOutcome, stop: Stop) -> None:
        """Keep every worker busy until nothing is left."""
        while True:
            if stop.asked:
                self._again.clear()
            else:
                self._hand_out(source)
            busy = any(w.task for w in self._workers)
            if not busy and (stop.asked or (source.is_empty() and not self._again)):
                return
            self._collect(source, on_outcome)
            self._look_at_limits()
            source.beat()

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=worker_process.serve,
            args=(theirs, self._settings, self._memory_bytes),
            daemon=True,
        )
        with _deaf_to_interrupts():
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _hand_out(self, source: Source) -> None:
        for worker in self._workers:
            if not worker.ready or worker.task is not None:
                continue
            task = self._again.popleft() if self._again else source.take()
            if task is None:
                return
            worker.task, worker.since = task, time.monotonic()
            try:
                worker.pipe.send(task)
            except OSError:  # it died while idle; _collect finds the closed pipe
                continue

    def _collect(self, source: Source, on_outcome: OnOutcome) -> None:
        by_pipe = {w.pipe: n for n, w in enumerate(self._workers) if w.waits_for()}
        if not by_pipe:
            time.sleep(LOOK_EVERY_S)  # what is left is in the hands of another run
        for pipe in wait(list(by_pipe), timeout=LOOK_EVERY_S):
            number = by_pipe[pipe]  # type: ignore[index]
            worker = self._workers[number]
            try:
                said = worker.pipe.recv()
            except (EOFError, OSError):
                self._bury(number, source, on_outcome)
                continue
            if not worker.ready:
                worker.ready, self._failed_starts = True, 0
            elif worker.task is not None:
                task, worker.task = worker.task, None
                on_outcome(task, said)

    def _bury(self, number: int, source: Source, on_outcome: OnOutcome) -> None:
        dead = self._workers[number]
        dead.pipe.close()
        dead.process.join(timeout=5)
        if not dead.ready:
            self._failed_starts += 1
            if self._failed_starts >= MAX_FAILED_STARTS:
                raise EnvironmentFault(
                    "BS-E525",
                    f"found that worker processes end at once (exit {dead.process.exitcode}).",
                )
        with _one_thread_each():
            self._workers[number] = self._start()
        if dead.task is None:
            return
        if dead.verdict is not None:
            on_outcome(dead.task, dead.verdict)
            return
        deaths = source.died(dead.task)
        if deaths < MAX_DEATHS:
            self._again.appendleft(dead.task)
        else:
            on_outcome(dead.task, death_outcome(deaths))

    def _look_at_limits(self) -> None:
        """End workers whose scan takes too much; their pipes close, and the next look finds it."""
        for worker in self._workers:
            if worker.task is None or worker.verdict is not None:
                continue
            if self._time_s is not None and time.monotonic() - worker.since > self._time_s:
                worker.verdict = time_outcome(self._time_s)
            elif self._memory_bytes is not None:
                used = memory_of(worker.process.pid or 0)
                if used is not None and used > self._memory_bytes:
                    worker.verdict = memory_outcome(self._memory_bytes)
            if worker.verdict is not None:
                worker.process.kill()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Let a child be born with Ctrl-C ignored: a terminal sends it to the whole group."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let child processes see one thread for kernels and BLAS; this process keeps its own."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
