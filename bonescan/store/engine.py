"""The way into a database: URL, settings of a connection, and who begins a transaction how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError

from bonescan.errors import UsageError

BUSY_TIMEOUT_MS = 10_000
SQLITE, POSTGRESQL = "sqlite", "postgresql"


def read_url(text: str) -> URL:
    """Read what was given as ``--store``: a URL, or the path of an SQLite file.

    Raises
    ------
    UsageError
        It is neither, or a database that is not supported.
    """
    if "://" not in text:
        return URL.create(SQLITE, database=str(Path(text).expanduser()))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:  # the latter for a port that is no number
        kind = text.split("://", 1)[0][:40]  # never more: a password may stand behind it
        raise UsageError(
            "BS-E521", f"found a URL of kind {kind!r} that can't be read, wanted a database URL."
        ) from error
    if url.drivername in {POSTGRESQL, "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in {SQLITE, POSTGRESQL}:
        raise UsageError(
            "BS-E521",
            f"found a store of kind {url.get_backend_name()}, wanted sqlite or postgresql.",
        )
    if url.get_backend_name() == SQLITE and not url.database:
        raise UsageError("BS-E521", "found an SQLite URL without a file, wanted its path.")
    return url


def shown_url(url: URL) -> str:
    """Write a URL without its password."""
    return without_password(url).render_as_string(hide_password=False)


def without_password(url: URL) -> URL:
    """Give the same URL with no password in it; `URL.set` would keep it."""
    return URL.create(
        url.drivername, url.username, None, url.host, url.port, url.database, url.query
    )


def make_engine(url: URL, *, journal: str = "WAL") -> Engine:
    """Make an engine; SQLite connections get their pragmas and honest transactions.

    Raises
    ------
    UsageError
        The driver of the database is not installed.
    """
    if url.get_backend_name() == SQLITE:
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
        event.listen(engine, "connect", _pragmas(journal))
        event.listen(engine, "begin", _begin)
        return engine
    try:
        return create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise UsageError(
            "BS-E522", f"found no driver for {url.drivername}: {error.name} is missing."
        ) from error


def writing(engine: Engine) -> Engine:
    """Give the same engine for transactions that write: SQLite takes its lock at once.

    A transaction that reads first and writes later would fail, without
    waiting, when another process wrote in between.
    """
    return engine.execution_options(bonescan_writes=True)


def _pragmas(journal: str) -> Any:
    """Full synchronisation: what was answered as stored stays stored."""

    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, also around DDL
        cursor = connection.cursor()
        for pragma in (f"journal_mode={journal}", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return on_connect


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("bonescan_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
