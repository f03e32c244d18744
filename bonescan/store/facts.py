"""Dated facts about people: the latest import speaks, what it replaced stays."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bonescan.model.person import Fact
from bonescan.provenance import sha256_of_text

from .base import StoreBase
from .codec import decode, encode
from .tables import FactRow


class Facts(StoreBase):
    """The part of the store that keeps facts."""

    def put_facts(
        self,
        facts: Iterable[Fact],
        run_id: int | None = None,
        several: frozenset[str] = frozenset(),
        files: Iterable[str | Path] = (),
    ) -> int:
        """Take in what facts files say now, as one import; nothing is overwritten.

        What a file said before and says no more is withdrawn. The same fact of
        the same day with another value supersedes what earlier imports said;
        values that contradict each other within one import all stay, for the
        classes to see. A file read again unchanged says nothing new: it adds
        no row, and undoes no correction that came after it.

        Parameters
        ----------
        facts : iterable of Fact
            From one file or several.
        run_id : int, optional
            The run that brought them.
        several : frozenset of str
            Facts that a person may have several of on one day (fractures, drugs).
        files : iterable of str or Path
            The facts files that were read, also those that hold no fact any more.

        Returns
        -------
        n_added : int
            Facts that were not known word for word.
        """
        said: dict[str, dict[tuple[str, str], Fact]] = {}
        for fact in facts:
            place = (_place(fact.file), _fact_key(fact))
            said.setdefault(_slot_key(fact, several), {}).setdefault(place, fact)
        sources = {_place(f) for f in files} | {file for slot in said.values() for file, _ in slot}
        with self._alone() as session:
            live: dict[str, list[FactRow]] = {}
            for row in session.scalars(select(FactRow).where(FactRow.withdrawn_in.is_(None))):
                live.setdefault(row.slot_key, []).append(row)
            last = session.execute(
                select(func.max(FactRow.added_in), func.max(FactRow.withdrawn_in))
            ).one()
            number = 1 + max(n or 0 for n in last)
            added = 0
            for slot in (*said, *(s for s in live if s not in said)):
                now, before = said.get(slot, {}), live.get(slot, [])
                # facts from no file are replaced one by one: there is no file to be silent
                ours = [r for r in before if r.file in sources and (r.file or now)]
                together = len({r.added_in for r in ours}) <= 1
                if together and {(r.file, r.fact_key) for r in ours} == set(now):
                    continue
                for row in ours:
                    row.withdrawn_in = number
                session.add_all(
                    FactRow(
                        patient_id=fact.patient_id,
                        issuer=fact.issuer,
                        day=fact.date.isoformat() if fact.date else None,
                        fact=fact.fact,
                        value=fact.value,
                        slot_key=slot,
                        fact_key=key,
                        body=encode(fact),
                        run_id=run_id,
                        file=file,
                        added_in=number,
                    )
                    for (file, key), fact in now.items()
                )
                added += len({key for _, key in now} - {r.fact_key for r in before})
        return added

    def facts(self) -> tuple[Fact, ...]:
        """Give back the facts in force, in an order that does not depend on when they came.

        In force is what the latest import that spoke of a person, day and fact
        said, and what its file has not taken back since.
        """
        with Session(self._engine) as session:
            rows = list(session.scalars(select(FactRow).where(FactRow.withdrawn_in.is_(None))))
            latest: dict[str, int] = {}
            for row in rows:
                latest[row.slot_key] = max(row.added_in, latest.get(row.slot_key, 0))
            rows.sort(key=lambda r: (r.patient_id, r.slot_key, r.fact_key, r.file))
            in_force: dict[tuple[str, str], FactRow] = {}
            for row in rows:
                if row.added_in == latest[row.slot_key]:
                    in_force.setdefault((row.slot_key, row.fact_key), row)
            return tuple(decode(Fact, row.body) for row in in_force.values())


def _place(file: str | Path) -> str:
    """Name a facts file, however its path is written; empty for none."""
    return str(Path(file).resolve()) if str(file) else ""


def _fact_key(fact: Fact) -> str:
    """Hash what the fact says, not which file and line said it."""
    return hashlib.sha256(encode(dataclasses.replace(fact, file="", line=0)).encode()).hexdigest()


def _slot_key(fact: Fact, several: frozenset[str]) -> str:
    """Hash what one import after another speaks of: person, day and fact."""
    parts = [fact.patient_id, fact.issuer or "", str(fact.date), fact.fact]
    if fact.fact in several:
        parts.append(fact.value)
    return sha256_of_text(*parts)
