"""Open the store of a result folder, or make it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session

from bonescan.errors import EnvironmentFault, UsageError

from .store import Store
from .tables import SCHEMA_VERSION, Base, Meta

STORE_NAME = "bonescan.db"
BUSY_TIMEOUT_MS = 10_000
PRIVATE_MODE = 0o600

DatabaseFault = DatabaseError  # what callers catch without knowing the library below


def open_store(out: Path, *, create: bool = False) -> Store:
    """Open ``OUT/bonescan.db``.

    Parameters
    ----------
    out : Path
        The result folder.
    create : bool
        Make a new store when there is none.

    Raises
    ------
    UsageError
        `out` holds no store and `create` is false.
    EnvironmentFault
        The store can't be opened, or was made by another version.
    """
    path = out / STORE_NAME
    if not create and not path.is_file():
        raise UsageError(
            "BS-E305", f"found no {STORE_NAME} in {out}, wanted the result folder of a run."
        )
    if not path.exists():
        path.touch(mode=PRIVATE_MODE)  # it holds chart numbers; its log files take its mode
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "connect", _set_pragmas)
    try:
        Base.metadata.create_all(engine)
        _check_version(engine, path)
    except (OperationalError, DatabaseError) as error:
        engine.dispose()
        raise EnvironmentFault(
            "BS-E502", f"the store can't be opened: {error.orig}.", file=path
        ) from error
    return Store(engine)


def _set_pragmas(connection: Any, _record: Any) -> None:
    """Write-ahead log and full synchronisation: what was answered as stored stays stored."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _check_version(engine: Engine, path: Path) -> None:
    with Session(engine) as session, session.begin():
        found = session.get(Meta, "schema_version")
        if found is None:
            session.add(Meta(key="schema_version", value=SCHEMA_VERSION))
        elif found.value != SCHEMA_VERSION:
            raise EnvironmentFault(
                "BS-E502",
                f"found store version {found.value}, wanted {SCHEMA_VERSION}.",
                file=path,
            )
