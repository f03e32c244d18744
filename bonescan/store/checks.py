"""Looking for damage: the database's own check, its keys, and the hash of each result."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session

from .base import StoreBase
from .engine import SQLITE
from .tables import Base, ContentRow, ResultRow

ROWS_AT_ONCE = 1000


class Checks(StoreBase):
    """The part of the store that looks itself over."""

    def check(self) -> list[str]:
        """Look for damage; an empty list means none was found."""
        return [*self._database(), *self._results(), *self._contents()]

    def size(self) -> tuple[int, int]:
        """Count results and contents."""
        with Session(self._engine) as session:
            n_results = session.scalar(select(func.count()).select_from(ResultRow))
            n_contents = session.scalar(select(func.count()).select_from(ContentRow))
        return int(n_results or 0), int(n_contents or 0)

    def _database(self) -> Iterator[str]:
        with self._engine.connect() as connection:
            if self.kind == SQLITE:
                words = connection.scalars(text("PRAGMA integrity_check"))
                yield from (str(w) for w in words if w != "ok")
                for table, row, parent, _ in connection.execute(text("PRAGMA foreign_key_check")):
                    yield f"row {row} of {table} points to nothing in {parent}"
            missing = set(Base.metadata.tables) - set(inspect(connection).get_table_names())
            yield from (f"the table {name} is missing" for name in sorted(missing))

    def _results(self) -> Iterator[str]:
        rows = select(ResultRow.work_key, ResultRow.outcome, ResultRow.outcome_sha256)
        with Session(self._engine) as session:
            found = session.execute(rows.execution_options(yield_per=ROWS_AT_ONCE))
            for work_key, outcome, digest in found:
                if hashlib.sha256(outcome.encode()).hexdigest() != digest:
                    yield f"result {work_key[:12]} does not match its hash"

    def _contents(self) -> Iterator[str]:
        """Find contents shown by the result of another content."""
        pairs = (
            select(ContentRow.sha256, ResultRow.sha256)
            .join(ResultRow, ContentRow.work_key == ResultRow.work_key)
            .where(ContentRow.sha256 != ResultRow.sha256)
        )
        with Session(self._engine) as session:
            for content, other in session.execute(pairs):
                yield f"content {content[:12]} is shown by a result of {other[:12]}"
