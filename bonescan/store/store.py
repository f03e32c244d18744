"""What the store keeps and gives back; one transaction a result."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select, text, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bonescan.model.outcome import Outcome, Picture
from bonescan.model.person import Fact
from bonescan.provenance import sha256_of_text

from .codec import decode, encode
from .tables import ContentRow, FactRow, LocationRow, PictureRow, ResultRow, RunRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredContent:
    """One content with the outcome in force and every place it was seen at."""

    sha256: str
    size_bytes: int
    first_run_id: int
    outcome: Outcome  # without pictures
    work_key: str
    files: tuple[str, ...]  # sorted, no repeats


class Store:
    """The store of one result folder; only the coordinator of a run writes it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()

    def begin_run(self, version: str, settings: str) -> int:
        """Note that a run starts, and number it."""
        with Session(self._engine) as session, session.begin():
            row = RunRow(started_at=_now(), version=version, settings=settings)
            session.add(row)
            session.flush()
            return row.run_id

    def end_run(self, run_id: int) -> None:
        """Note that a run came to its end."""
        with Session(self._engine) as session, session.begin():
            session.execute(
                update(RunRow).where(RunRow.run_id == run_id).values(finished_at=_now())
            )

    def has_result(self, work_keys: Iterable[str]) -> set[str]:
        """Tell which of these pieces of work are done."""
        wanted = set(work_keys)
        with Session(self._engine) as session:
            return wanted & set(session.scalars(select(ResultRow.work_key)))

    def put_result(
        self, *, run_id: int, sha256: str, size_bytes: int, work_key: str, outcome: Outcome
    ) -> None:
        """Keep an outcome and put it in force for its content, all or nothing."""
        body = encode(dataclasses.replace(outcome, pictures=()))
        digest = hashlib.sha256(body.encode()).hexdigest()
        with Session(self._engine) as session, session.begin():
            session.merge(
                ResultRow(
                    work_key=work_key,
                    sha256=sha256,
                    run_id=run_id,
                    outcome=body,
                    outcome_sha256=digest,
                )
            )
            session.flush()
            for number, picture in enumerate(outcome.pictures):
                about = encode(dataclasses.replace(picture, png=b""))
                session.merge(
                    PictureRow(work_key=work_key, number=number, about=about, png=picture.png)
                )
            self._put_in_force(session, run_id, sha256, size_bytes, work_key)

    def put_in_force(self, *, run_id: int, sha256: str, size_bytes: int, work_key: str) -> None:
        """Show this result, made earlier, as the one of its content."""
        with Session(self._engine) as session, session.begin():
            self._put_in_force(session, run_id, sha256, size_bytes, work_key)

    @staticmethod
    def _put_in_force(
        session: Session, run_id: int, sha256: str, size_bytes: int, work_key: str
    ) -> None:
        row = session.get(ContentRow, sha256)
        if row is None:
            session.add(
                ContentRow(
                    sha256=sha256, size_bytes=size_bytes, first_run_id=run_id, work_key=work_key
                )
            )
        elif row.work_key != work_key:
            row.work_key = work_key

    def put_locations(self, run_id: int, places: Sequence[tuple[str, str, str]]) -> None:
        """Note where contents were seen: (root, file, sha256); a changed file moves on."""
        with Session(self._engine) as session, session.begin():
            for root, file, sha256 in places:
                session.merge(LocationRow(root=root, file=file, sha256=sha256, run_id=run_id))

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
        with Session(self._engine) as session, session.begin():
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

    def contents(self) -> tuple[StoredContent, ...]:
        """Give back every content with its outcome in force, by first file name."""
        with Session(self._engine) as session:
            places: dict[str, set[str]] = {}
            for row in session.scalars(select(LocationRow)):
                places.setdefault(row.sha256, set()).add(row.file)
            pairs = session.execute(
                select(ContentRow, ResultRow).join(
                    ResultRow, ContentRow.work_key == ResultRow.work_key
                )
            )
            found = [
                StoredContent(
                    sha256=content.sha256,
                    size_bytes=content.size_bytes,
                    first_run_id=content.first_run_id,
                    outcome=decode(Outcome, result.outcome),
                    work_key=content.work_key,
                    files=tuple(sorted(places[content.sha256])),
                )
                for content, result in pairs
                if content.sha256 in places
            ]
        return tuple(sorted(found, key=lambda c: (c.files, c.sha256)))

    def pictures(self, work_key: str) -> tuple[Picture, ...]:
        """Give back the pictures of one result."""
        with Session(self._engine) as session:
            rows = session.scalars(
                select(PictureRow)
                .where(PictureRow.work_key == work_key)
                .order_by(PictureRow.number)
            )
            return tuple(
                dataclasses.replace(decode(Picture, row.about), png=row.png) for row in rows
            )

    def check(self) -> list[str]:
        """Look for damage; an empty list means none was found."""
        with Session(self._engine) as session:
            words = [str(w) for w in session.scalars(text("PRAGMA integrity_check"))]
            damaged = [
                f"result {row.work_key[:12]} does not match its hash"
                for row in session.scalars(select(ResultRow))
                if hashlib.sha256(row.outcome.encode()).hexdigest() != row.outcome_sha256
            ]
        return [w for w in words if w != "ok"] + damaged


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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def settings_text(settings: object) -> str:
    """Write settings as JSON for the run's row."""
    return json.dumps(
        dataclasses.asdict(settings),  # type: ignore[call-overload]
        default=str,
        sort_keys=True,
    )
