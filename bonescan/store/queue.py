"""The work queue: pieces of work are leased, done once, and never lost.

Several coordinators may work on one store. Each leases pieces of work for its
workers, and a result enters only while its lease is still held. No clock of
any machine decides: a lease is over when its holder is seen to be dead, or
when its beat stood still for as long as a lease lasts, by the monotonic clock
of the one who looks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Update, func, select, update
from sqlalchemy.orm import Session

from bonescan.model.outcome import Outcome

from .base import MAX_NAMES, StoreBase, chunks, insert_for
from .holder import Holder
from .results import put_in_force, put_result
from .tables import JobRow

NEW, CLAIMED, DONE = "new", "claimed", "done"
LEASE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A piece of work that is ours for now."""

    work_key: str
    tries: int  # leases given out for it, this one included
    deaths: int  # workers that died of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What came of asking for work."""

    leased: tuple[Leased, ...]
    done: frozenset[str]  # finished by somebody
    elsewhere: frozenset[str]  # held by others


@dataclass(slots=True)
class LeaseWatch:
    """Remembers since when the leases of others have not moved."""

    lease_s: float = LEASE_S
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[str, int, float]] = field(default_factory=dict)
    _dead: dict[str, bool] = field(default_factory=dict)

    def is_over(self, work_key: str, who: str | None, beat: int) -> bool:
        """Whether a lease may be taken over."""
        if who is None or self._is_dead(who):
            return True
        now = self.clock()
        seen = self._seen.get(work_key)
        if seen is None or seen[:2] != (who, beat):
            self._seen[work_key] = (who, beat, now)
            return False
        return now - seen[2] > self.lease_s

    def look_again(self) -> None:
        """Forget who was alive: asked once a round, not once a row."""
        self._dead.clear()

    def _is_dead(self, who: str) -> bool:
        if who not in self._dead:
            holder = Holder.read(who)
            self._dead[who] = holder is None or holder.is_dead()
        return self._dead[who]


class Queue(StoreBase):
    """The part of the store that hands out work."""

    def enqueue(self, run_id: int, jobs: Iterable[tuple[str, str]]) -> None:
        """Ask for work to be done: (work key, sha256); what is known already stays as it is."""
        with Session(self._writer) as session, session.begin():
            for some in chunks(jobs, MAX_NAMES // 8):
                rows = [
                    {
                        "work_key": key,
                        "sha256": sha256,
                        "run_id": run_id,
                        "state": NEW,
                        "beat": 0,
                        "tries": 0,
                        "deaths": 0,
                    }
                    for key, sha256 in some
                ]
                session.execute(insert_for(session, JobRow).values(rows).on_conflict_do_nothing())

    def claim(self, who: Holder, work_keys: Sequence[str], n: int, watch: LeaseWatch) -> Claim:
        """Lease up to `n` of these pieces of work, in the order given.

        Parameters
        ----------
        who : Holder
        work_keys : sequence of str
            Enqueued before; at most `MAX_NAMES` of them are looked at.
        n : int
        watch : LeaseWatch
            What this coordinator saw of the leases of others.

        Returns
        -------
        claim : Claim
            Keys that are neither leased, done nor elsewhere were not looked at.
        """
        watch.look_again()
        keys = list(work_keys[:MAX_NAMES])
        which = (
            select(JobRow).where(JobRow.work_key.in_(keys)).with_for_update(skip_locked=True)
        )  # SQLite knows no row locks and leaves the words out: its writers come one by one
        leased: list[Leased] = []
        done, elsewhere = set(), set()
        with Session(self._writer) as session, session.begin():
            rows = {row.work_key: row for row in session.scalars(which)}
            for key in keys:
                row = rows.get(key)
                if row is None:  # another coordinator is looking at it this very moment
                    elsewhere.add(key)
                elif row.state == DONE:
                    done.add(key)
                elif row.state == CLAIMED and not watch.is_over(key, row.who, row.beat):
                    elsewhere.add(key)
                elif len(leased) < n:
                    row.state, row.who = CLAIMED, str(who)
                    row.tries += 1
                    row.beat += 1
                    leased.append(Leased(work_key=key, tries=row.tries, deaths=row.deaths))
        return Claim(leased=tuple(leased), done=frozenset(done), elsewhere=frozenset(elsewhere))

    def finish(
        self,
        who: Holder,
        *,
        run_id: int,
        sha256: str,
        size_bytes: int,
        work_key: str,
        outcome: Outcome,
        stopped: tuple[str, float] | None = None,
    ) -> bool:
        """Keep the outcome of leased work, in one transaction.

        Parameters
        ----------
        who : Holder
        run_id : int
        sha256 : str
        size_bytes : int
        work_key : str
        outcome : Outcome
        stopped : tuple of str and float, optional
            The limit that ended the work ("time" or "memory") and its value: a
            larger limit may try again, so the result has a key of its own.

        Returns
        -------
        kept : bool
            False when the lease went to somebody else, who will keep it.
        """
        with Session(self._writer) as session, session.begin():
            ours = session.scalars(
                self._held(who)
                .where(JobRow.work_key == work_key)
                .values(
                    state=DONE,
                    who=None,
                    stopped_by=stopped[0] if stopped else None,
                    stopped_at=stopped[1] if stopped else None,
                )
                .returning(JobRow.work_key)
            ).all()
            if not ours:
                return False
            key = stopped_key(work_key, *stopped) if stopped else work_key
            put_result(session, run_id, sha256, key, outcome)
            put_in_force(session, run_id, sha256, size_bytes, key)
        return True

    def renew(self, who: Holder) -> None:
        """Show that this holder lives."""
        with Session(self._writer) as session, session.begin():
            session.execute(self._held(who).values(beat=JobRow.beat + 1))

    def release(self, who: Holder) -> None:
        """Give back what this holder leased and did not finish; it does not count as a try."""
        with Session(self._writer) as session, session.begin():
            session.execute(self._held(who).values(state=NEW, who=None, tries=JobRow.tries - 1))

    def note_death(self, who: Holder, work_key: str) -> int:
        """Count a worker that died of this work; give the number so far."""
        with Session(self._writer) as session, session.begin():
            found = session.scalars(
                self._held(who)
                .where(JobRow.work_key == work_key)
                .values(deaths=JobRow.deaths + 1)
                .returning(JobRow.deaths)
            ).all()
        return found[0] if found else 0

    def reopen(self, limits: dict[str, float]) -> int:
        """Ask again for work that met a smaller limit than these; infinity is none."""
        with Session(self._writer) as session, session.begin():
            count = 0
            for word, limit in limits.items():
                which = update(JobRow).where(
                    JobRow.state == DONE, JobRow.stopped_by == word, JobRow.stopped_at < limit
                )
                found = session.scalars(
                    which.values(state=NEW, who=None, stopped_by=None, stopped_at=None).returning(
                        JobRow.work_key
                    )
                )
                count += len(found.all())
        return count

    def stopped(self, work_keys: Iterable[str]) -> dict[str, str]:
        """Tell which of these pieces of work met a limit: work key to key of the result."""
        found: dict[str, str] = {}
        with Session(self._engine) as session:
            for some in chunks(work_keys):
                rows = session.execute(
                    select(JobRow.work_key, JobRow.stopped_by, JobRow.stopped_at).where(
                        JobRow.work_key.in_(some),
                        JobRow.state == DONE,
                        JobRow.stopped_by.is_not(None),
                    )
                )
                found |= {
                    key: stopped_key(key, word or "", limit or 0.0) for key, word, limit in rows
                }
        return found

    def job_counts(self) -> dict[str, int]:
        """Count jobs by state."""
        with Session(self._engine) as session:
            rows = session.execute(select(JobRow.state, func.count()).group_by(JobRow.state))
            return {state: n for state, n in rows}  # noqa: C416 - rows, not pairs

    @staticmethod
    def _held(who: Holder) -> Update:
        return (
            update(JobRow)
            .where(JobRow.state == CLAIMED, JobRow.who == str(who))
            .execution_options(synchronize_session=False)
        )


def stopped_key(work_key: str, word: str, limit: float) -> str:
    """Name the result of work that met a limit."""
    return f"{work_key}:{word}-{limit:g}"
