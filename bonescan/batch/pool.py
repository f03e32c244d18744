"""Many files, in this process or in several; workers are pure functions path -> Outcome.

Only the coordinator hears of results, in the order they come; whoever needs
an order that does not depend on the number of workers sorts afterwards. A
worker that dies takes its one scan with it: the scan is tried again, and after
three deaths it gets an outcome of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType

from bonescan import pipeline
from bonescan.errors import code_info
from bonescan.model.outcome import Outcome
from bonescan.model.vocabulary import OutcomeKind
from bonescan.settings import Settings

MAX_TRIES = 3
FILES_WORTH_A_WORKER = 32  # starting a process costs about as much as this many exams
THREAD_VARIABLES = (
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One piece of work: a content to be measured, under one of its names."""

    work_key: str
    sha256: str
    size_bytes: int
    path: Path
    siblings: frozenset[str] = field(default=frozenset())


class Stop:
    """Set by SIGTERM and Ctrl-C: finish the scan in hand, then end."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        """Remember that somebody wants to stop; who asks twice does not want to wait."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def stop_on_signal() -> Iterator[Stop]:
    """Turn SIGTERM and SIGINT into a wish to stop, and restore the handlers afterwards."""
    stop = Stop()
    previous = {s: signal.signal(s, stop.ask) for s in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def choose_n_workers(asked: int, n_tasks: int) -> int:
    """Settle the number of processes: what was asked for, or as many as pay (0 = choose)."""
    if asked > 0:
        return asked
    return max(1, min(os.cpu_count() or 1, n_tasks // FILES_WORTH_A_WORKER))


def measure_all(
    tasks: Sequence[Task],
    settings: Settings,
    on_outcome: Callable[[Task, Outcome], None],
    stop: Stop,
) -> None:
    """Measure every task and hand each outcome to `on_outcome`, once.

    Parameters
    ----------
    tasks : sequence of Task
        In the order they should start.
    settings : Settings
        `n_workers` 1 works in this process, more start processes by spawn.
    on_outcome : callable
        Called in this process and thread.
    stop : Stop
        Asked after each scan; what is not begun by then is left undone.
    """
    if settings.n_workers <= 1 or len(tasks) <= 1:
        for task in tasks:
            if stop.asked:
                return
            on_outcome(task, pipeline.measure(task.path, settings, task.siblings))
        return
    _Pool(settings, min(settings.n_workers, len(tasks))).run(tasks, on_outcome, stop)


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    task: Task | None = None


class _Pool:
    """Processes with a pipe each, so that the death of one can't break the others."""

    def __init__(self, settings: Settings, n_workers: int) -> None:
        self._settings = settings
        self._context = multiprocessing.get_context("spawn")
        with _one_thread_each():
            self._workers = [self._start() for _ in range(n_workers)]
        self._tries: dict[str, int] = {}

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._settings), daemon=True)
        with _deaf_to_interrupts():
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def run(
        self, tasks: Sequence[Task], on_outcome: Callable[[Task, Outcome], None], stop: Stop
    ) -> None:
        """Keep every worker busy until nothing is left."""
        waiting = deque(tasks)
        try:
            while waiting or any(w.task for w in self._workers):
                if stop.asked:
                    waiting.clear()
                self._hand_out(waiting)
                self._collect(waiting, on_outcome)
        finally:
            for worker in self._workers:
                worker.pipe.close()
                worker.process.join(timeout=5)
                if worker.process.is_alive():
                    worker.process.terminate()

    def _hand_out(self, waiting: deque[Task]) -> None:
        for worker in self._workers:
            if worker.task is None and waiting:
                worker.task = waiting.popleft()
                try:
                    worker.pipe.send(worker.task)
                except OSError:  # it died while idle; _collect finds the closed pipe
                    continue

    def _collect(self, waiting: deque[Task], on_outcome: Callable[[Task, Outcome], None]) -> None:
        busy = {w.pipe: n for n, w in enumerate(self._workers) if w.task}
        for pipe in wait(list(busy), timeout=1.0):
            number = busy[pipe]  # type: ignore[index]
            worker = self._workers[number]
            task = worker.task
            if task is None:
                continue
            try:
                outcome = worker.pipe.recv()
            except (EOFError, OSError):
                self._bury(number, task, waiting, on_outcome)
            else:
                worker.task = None
                on_outcome(task, outcome)

    def _bury(
        self,
        number: int,
        task: Task,
        waiting: deque[Task],
        on_outcome: Callable[[Task, Outcome], None],
    ) -> None:
        self._workers[number].process.join(timeout=5)
        with _one_thread_each():
            self._workers[number] = self._start()
        tries = self._tries[task.work_key] = self._tries.get(task.work_key, 0) + 1
        if tries < MAX_TRIES:
            waiting.appendleft(task)
            return
        reason = f"This file ended its worker process {tries} times."
        on_outcome(
            task,
            Outcome(
                kind=OutcomeKind.UNUSABLE,
                code="BS-E503",
                reason=reason,
                hint=code_info("BS-E503").hint,
            ),
        )


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


def _serve(pipe: Connection, settings: Settings) -> None:
    """Measure what comes through the pipe until it closes; signals are the coordinator's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while True:
        try:
            task: Task = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(pipeline.measure(task.path, settings, task.siblings))
