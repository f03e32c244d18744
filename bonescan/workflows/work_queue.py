"""The coordinator's side of the work queue: lease what its workers can do next."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from bonescan.batch import Task
from bonescan.store.base import MAX_NAMES
from bonescan.store.holder import Holder
from bonescan.store.queue import LEASE_S, LeaseWatch
from bonescan.store.store import Store

LEASE_AHEAD_S = 2.0  # work leased at once: enough to make the transaction cheap, little to lose
MAX_LEASED = 128
ASK_AGAIN_S = 0.3  # for what other runs hold
BEATS_A_LEASE = 4


class StoreSource:
    """Takes tasks from the store's queue, together with other runs that may be at work."""

    def __init__(
        self,
        store: Store,
        tasks: Sequence[Task],
        n_workers: int,
        elsewhere: Callable[[int], None],
    ) -> None:
        self._store, self._n_workers, self._elsewhere = store, n_workers, elsewhere
        self.holder = Holder.here()
        self._watch = LeaseWatch()
        self._tasks: Mapping[str, Task] = {t.work_key: t for t in tasks}
        self._waiting = deque(self._tasks)
        self._parked: deque[str] = deque()  # held by others
        self._leased: deque[Task] = deque()
        self._n_leased, self._leased_at = 0, 0.0
        self._ask_at = self._beat_at = time.monotonic()

    def take(self) -> Task | None:
        """Give a task that is leased to us; None when others hold all that is left."""
        if not self._leased:
            self._lease()
        return self._leased.popleft() if self._leased else None

    def is_empty(self) -> bool:
        """Whether everything is done, here or elsewhere."""
        return not (self._leased or self._waiting or self._parked)

    def died(self, task: Task) -> int:
        """Count a death in the store, where later runs find it."""
        return self._store.note_death(self.holder, task.work_key)

    def beat(self) -> None:
        """Keep our leases alive."""
        now = time.monotonic()
        if now - self._beat_at > LEASE_S / BEATS_A_LEASE:
            self._store.renew(self.holder)
            self._beat_at = now

    def give_back(self) -> None:
        """Let others do what we leased and will not do."""
        self._leased.clear()
        self._store.release(self.holder)

    def _lease(self) -> None:
        if not self._waiting:
            if not self._parked or time.monotonic() < self._ask_at:
                return
            self._waiting, self._parked = self._parked, self._waiting
        n = self._how_many()
        while self._waiting and not self._leased:
            keys = [self._waiting.popleft() for _ in range(min(MAX_NAMES, len(self._waiting)))]
            claim = self._store.claim(self.holder, keys, n, self._watch)
            ours = {job.work_key: job for job in claim.leased}
            self._leased.extend(
                dataclasses.replace(self._tasks[key], tries=job.tries) for key, job in ours.items()
            )
            self._parked.extend(key for key in keys if key in claim.elsewhere)
            settled = claim.done | claim.elsewhere | ours.keys()
            self._waiting.extendleft(key for key in reversed(keys) if key not in settled)
            if claim.done:
                self._elsewhere(len(claim.done))
        self._ask_at = time.monotonic() + ASK_AGAIN_S
        self._n_leased, self._leased_at = len(self._leased), time.monotonic()

    def _how_many(self) -> int:
        """Lease about as much as lasts `LEASE_AHEAD_S`, judged by what was leased last."""
        least = 2 * self._n_workers
        took = time.monotonic() - self._leased_at
        if not self._n_leased or took <= 0.0:
            return least
        return max(least, min(MAX_LEASED, int(self._n_leased * LEASE_AHEAD_S / took)))
