"""What all parts of the store share: the two ways into the database, and the time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy.engine import Engine

from .engine import writing

T = TypeVar("T")
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

    def close(self) -> None:
        """Give the database back."""
        self._engine.dispose()


def now() -> str:
    """Say what time it is, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def chunks(values: Iterable[T], size: int = MAX_NAMES) -> Iterator[list[T]]:
    """Cut values into lists of at most `size`."""
    rest = iter(values)
    while piece := list(islice(rest, size)):
        yield piece
