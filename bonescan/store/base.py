"""What all parts of the store share: the two ways into the database, and the time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from .engine import POSTGRESQL, writing

T = TypeVar("T")
LOCK_NUMBER = 0x626F6E66  # of PostgreSQL's advisory lock
MAX_NAMES = 500  # of values in one "IN (...)": far below the limits of both databases


class StoreBase:
    """A database, opened for reading and for writing."""

    def __init__(self, engine: Engine, network: str = "") -> None:
        self._engine = engine
        self._writer = writing(engine)
        self.network = network  # kind of network file system an SQLite file lies on

    @property
    def kind(self) -> str:
        """Name the database: "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    @contextmanager
    def _alone(self) -> Iterator[Session]:
        """Open a transaction that no other one of its kind runs beside.

        SQLite has one writer at a time anyway; PostgreSQL is asked for a lock.
        """
        with Session(self._writer) as session, session.begin():
            if self.kind == POSTGRESQL:
                session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK_NUMBER})
            yield session

    def close(self) -> None:
        """Give the database back."""
        self._engine.dispose()


def insert_for(session: Session, row: type[Any]) -> Any:
    """Give the INSERT of this database that can do nothing on a conflict."""
    name = session.get_bind().dialect.name
    return postgresql.insert(row) if name == POSTGRESQL else sqlite.insert(row)


def now() -> str:
    """Say what time it is, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def chunks(values: Iterable[T], size: int = MAX_NAMES) -> Iterator[list[T]]:
    """Cut values into lists of at most `size`."""
    rest = iter(values)
    while piece := list(islice(rest, size)):
        yield piece
