"""Pieces of work, and where they come from."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

MAX_DEATHS = 3  # workers that a scan may end before it is given up
MAX_UNEXPLAINED = 2  # leases that may end without a result before a scan is kept apart
FILES_WORTH_A_WORKER = 32  # starting a process costs about as much as this many exams


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One piece of work: a content to be measured, under one of its names."""

    work_key: str
    sha256: str
    size_bytes: int
    path: Path
    siblings: frozenset[str] = field(default=frozenset())
    tries: int = 1  # times it was begun, by this run and by runs before it

    @property
    def is_suspect(self) -> bool:
        """Whether it may have ended the runs that began it: it gets a process of its own."""
        return self.tries > MAX_UNEXPLAINED


class Source(Protocol):
    """Where a coordinator takes tasks from."""

    def take(self) -> Task | None:
        """Give the next task; None when there is none at the moment."""

    def is_empty(self) -> bool:
        """Whether no task will come any more."""

    def died(self, task: Task) -> int:
        """Hear of a worker that died of a task; give the number of deaths so far."""

    def beat(self) -> None:
        """Be told, often, that the coordinator lives."""


class TaskList:
    """Tasks known beforehand, which nobody else works on."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._waiting = deque(tasks)
        self._deaths: Counter[str] = Counter()

    def take(self) -> Task | None:
        """Give the next task."""
        return self._waiting.popleft() if self._waiting else None

    def is_empty(self) -> bool:
        """Whether all were given out."""
        return not self._waiting

    def died(self, task: Task) -> int:
        """Count a death."""
        self._deaths[task.work_key] += 1
        return self._deaths[task.work_key]

    def beat(self) -> None:
        """Do nothing: nobody waits for a sign of life."""


def choose_n_workers(asked: int, n_tasks: int) -> int:
    """Settle the number of processes: what was asked for, or as many as pay (0 = choose)."""
    if asked > 0:
        return asked
    return max(1, min(os.cpu_count() or 1, n_tasks // FILES_WORTH_A_WORKER))
