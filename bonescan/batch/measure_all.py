"""Give every task its outcome, here or in worker processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from bonescan import pipeline
from bonescan.model.outcome import Outcome
from bonescan.settings import Settings

from .limits import asks_for_limits
from .pool import Pool
from .stop import Stop
from .tasks import Source, Task, TaskList

PAUSE_S = 0.1

OnOutcome = Callable[[Task, Outcome], None]


def measure_all(
    tasks: Sequence[Task] | Source, settings: Settings, on_outcome: OnOutcome, stop: Stop
) -> None:
    """Measure every task and hand each outcome to `on_outcome`, once.

    Parameters
    ----------
    tasks : sequence of Task, or Source
        In the order they should start.
    settings : Settings
        `n_workers` 1 works in this process, unless a limit was asked for; more
        start processes by spawn.
    on_outcome : callable
        Called in this process and thread.
    stop : Stop
        Asked after each scan; what is not begun by then is left undone.

    Raises
    ------
    EnvironmentFault
        Worker processes can't be started.
    """
    n_workers = settings.n_workers
    if isinstance(tasks, Sequence):
        n_workers = min(n_workers, len(tasks))
        source: Source = TaskList(tasks)
    else:
        source = tasks
    if n_workers > 1 or asks_for_limits(settings):
        with Pool(settings, max(1, n_workers)) as pool:
            pool.run(source, on_outcome, stop)
    else:
        _measure_here(source, settings, on_outcome, stop)


def _measure_here(source: Source, settings: Settings, on_outcome: OnOutcome, stop: Stop) -> None:
    """Work in this process; what may have ended earlier runs goes to one that may die."""
    with ExitStack() as stack:
        apart: Pool | None = None
        while not stop.asked:
            task = source.take()
            if task is None:
                if source.is_empty():
                    return
                time.sleep(PAUSE_S)
            elif task.is_suspect:
                apart = apart or stack.enter_context(Pool(settings, 1))
                apart.run(_Alone(task, source), on_outcome, stop)
            else:
                on_outcome(task, pipeline.measure(task.path, settings, task.siblings))
            source.beat()


class _Alone:
    """One task of a source."""

    def __init__(self, task: Task, source: Source) -> None:
        self._task: Task | None = task
        self._source = source

    def take(self) -> Task | None:
        task, self._task = self._task, None
        return task

    def is_empty(self) -> bool:
        return self._task is None

    def died(self, task: Task) -> int:
        return self._source.died(task)

    def beat(self) -> None:
        self._source.beat()
