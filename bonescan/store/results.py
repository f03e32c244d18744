"""Runs, outcomes, and the places where their contents were seen."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bonescan.model.outcome import Outcome, Picture

from .base import StoreBase, chunks, insert_for, now
from .codec import decode, encode
from .tables import ContentRow, PictureRow, ResultRow, RunRow, SourceRow

# What a file comes to when a reading option of an earlier run (column map, key map, sampling rate)
# or the other half of a capture is missing: it says nothing against numbers read before.
NOT_READ = frozenset({"BS-E104", "BS-E147", "BS-E155", "BS-E157", "BS-W280"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredContent:
    """One content with the outcome in force and every place it was seen at."""

    sha256: str
    size_bytes: int
    first_run_id: int  # of the first run that saw it anywhere, measured or not
    outcome: Outcome  # without pictures
    work_key: str
    files: tuple[str, ...]  # sorted, no repeats


class Results(StoreBase):
    """The part of the store that keeps runs, outcomes and sources."""

    def begin_run(self, version: str, settings: str) -> int:
        """Note that a run starts, and number it."""
        with Session(self._writer) as session, session.begin():
            row = RunRow(started_at=now(), version=version, settings=settings)
            session.add(row)
            session.flush()
            return row.run_id

    def end_run(self, run_id: int) -> None:
        """Note that a run came to its end."""
        with Session(self._writer) as session, session.begin():
            session.execute(update(RunRow).where(RunRow.run_id == run_id).values(finished_at=now()))

    def has_result(self, work_keys: Iterable[str]) -> set[str]:
        """Tell which of these pieces of work have a result."""
        found: set[str] = set()
        with Session(self._engine) as session:
            for some in chunks(set(work_keys)):
                found.update(
                    session.scalars(select(ResultRow.work_key).where(ResultRow.work_key.in_(some)))
                )
        return found

    def put_result(
        self, *, run_id: int, sha256: str, size_bytes: int, work_key: str, outcome: Outcome
    ) -> None:
        """Keep an outcome and put it in force for its content, all or nothing.

        The result of the same work, kept before, stays as it is; so do numbers in
        force when the new outcome only says that the file was not read (`NOT_READ`).
        """
        with Session(self._writer) as session, session.begin():
            put_result(session, run_id, sha256, work_key, outcome)
            put_in_force(session, run_id, sha256, size_bytes, work_key)

    def put_in_force(self, *, run_id: int, sha256: str, size_bytes: int, work_key: str) -> None:
        """Show this result, made earlier, as the one of its content."""
        with Session(self._writer) as session, session.begin():
            put_in_force(session, run_id, sha256, size_bytes, work_key)

    def put_all_in_force(self, run_id: int, results: Iterable[tuple[str, int, str]]) -> None:
        """Show results made earlier as those of their contents: (sha256, bytes, work key)."""
        for some in chunks(results):
            with Session(self._engine) as session:
                which = select(ContentRow.sha256, ContentRow.work_key).where(
                    ContentRow.sha256.in_([sha256 for sha256, _, _ in some])
                )
                shown = {row.sha256: row.work_key for row in session.execute(which)}
            changed = [r for r in some if shown.get(r[0]) != r[2]]
            if not changed:
                continue
            with self._alone() as session:
                for sha256, size_bytes, work_key in changed:
                    put_in_force(session, run_id, sha256, size_bytes, work_key)

    def kept_back(self, work: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        """Tell which contents show earlier numbers, as this work did not read them.

        Parameters
        ----------
        work : iterable of (sha256, work key)

        Returns
        -------
        sha256 : tuple of str
            Sorted.
        """
        found: set[str] = set()
        with Session(self._engine) as session:
            for some in chunks(work):
                wanted = {work_key: sha256 for sha256, work_key in some}
                rows = session.execute(
                    select(ResultRow.work_key, ResultRow.outcome)
                    .join(ContentRow, ContentRow.sha256 == ResultRow.sha256)
                    .where(
                        ResultRow.work_key.in_(wanted),
                        ResultRow.superseded_by == ContentRow.work_key,
                    )
                )
                found.update(wanted[key] for key, body in rows if _is_not_read(body))
        return tuple(sorted(found))

    def put_locations(self, run_id: int, places: Sequence[tuple[str, str, str]]) -> None:
        """Note where contents were seen: (root, file, sha256); a changed file moves on."""
        with self._alone() as session:
            for some in chunks(places):
                names = [file for _, file, _ in some]
                before = {
                    (row.root, row.file): row
                    for row in session.scalars(
                        select(SourceRow).where(
                            SourceRow.file.in_(names), SourceRow.superseded_in.is_(None)
                        )
                    )
                }
                for root, file, sha256 in some:
                    old = before.get((root, file))
                    if old is not None and old.sha256 == sha256:
                        continue
                    if old is not None:
                        old.superseded_in = run_id
                        session.flush()  # one place holds one content at a time
                    row = SourceRow(root=root, file=file, sha256=sha256, run_id=run_id)
                    session.add(row)
                    before[root, file] = row

    def contents(self) -> tuple[StoredContent, ...]:
        """Give back every content with its outcome in force, by first file name."""
        with Session(self._engine) as session:
            places: dict[str, set[str]] = {}
            which = select(SourceRow.sha256, SourceRow.file).where(
                SourceRow.superseded_in.is_(None)
            )
            for sha256, file in session.execute(which):
                places.setdefault(sha256, set()).add(file)
            first = select(SourceRow.sha256, func.min(SourceRow.run_id)).group_by(SourceRow.sha256)
            seen = {sha256: run_id for sha256, run_id in session.execute(first)}  # noqa: C416 - rows, not pairs
            pairs = session.execute(
                select(
                    ContentRow.sha256, ContentRow.size_bytes, ResultRow.outcome, ResultRow.work_key
                ).join(ResultRow, ContentRow.work_key == ResultRow.work_key)
            )
            found = [
                StoredContent(
                    sha256=sha256,
                    size_bytes=size_bytes,
                    first_run_id=seen[sha256],
                    outcome=decode(Outcome, outcome),
                    work_key=work_key,
                    files=tuple(sorted(places[sha256])),
                )
                for sha256, size_bytes, outcome, work_key in pairs
                if sha256 in places
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


def put_result(session: Session, run_id: int, sha256: str, work_key: str, outcome: Outcome) -> None:
    """Add an outcome and its pictures within a transaction."""
    body = encode(dataclasses.replace(outcome, pictures=()))
    values = {
        "work_key": work_key,
        "sha256": sha256,
        "run_id": run_id,
        "outcome": body,
        "outcome_sha256": hashlib.sha256(body.encode()).hexdigest(),
    }
    insert = insert_for(session, ResultRow).values(values).on_conflict_do_nothing()
    if not session.scalars(insert.returning(ResultRow.work_key)).all():
        return  # kept before
    session.add_all(
        PictureRow(
            work_key=work_key,
            number=number,
            about=encode(dataclasses.replace(picture, png=b"")),
            png=picture.png,
        )
        for number, picture in enumerate(outcome.pictures)
    )


def put_in_force(
    session: Session, run_id: int, sha256: str, size_bytes: int, work_key: str
) -> None:
    """Put a result in force within a transaction; the one before says what replaced it.

    A result that only says that the file was not read yields to numbers read before.
    """
    values = {
        "sha256": sha256,
        "size_bytes": size_bytes,
        "first_run_id": run_id,
        "work_key": work_key,
    }
    insert = insert_for(session, ContentRow).values(values).on_conflict_do_nothing()
    if session.scalars(insert.returning(ContentRow.sha256)).all():
        return
    row = session.get_one(ContentRow, sha256, with_for_update=True)
    if row.work_key == work_key:
        return
    before, after = session.get(ResultRow, row.work_key), session.get(ResultRow, work_key)
    if before and after and _is_not_read(after.outcome) and _has_numbers(before.outcome):
        after.superseded_in, after.superseded_by = run_id, row.work_key
        return
    if before is not None:
        before.superseded_in, before.superseded_by = run_id, work_key
    if after is not None:
        after.superseded_in = after.superseded_by = None
    row.work_key = work_key


def _is_not_read(body: str) -> bool:
    return json.loads(body)["code"] in NOT_READ


def _has_numbers(body: str) -> bool:
    return any(exam.measurements for exam in decode(Outcome, body).exams)
