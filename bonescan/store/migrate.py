"""Bring a store to the version of this program; a copy of what was there is kept."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect, select, text, update
from sqlalchemy.engine import Connection, Engine

from bonescan.errors import EnvironmentFault

from .engine import POSTGRESQL, writing
from .study_tables import STUDY_TABLES
from .tables import SCHEMA_VERSION, Base, Meta
from .views import VIEWS

MIGRATIONS = Path(__file__).parent / "migrations"
OLDEST = 2
LOCK_NUMBER = 0x626F6E65  # "bone": PostgreSQL's advisory lock for making and migrating
VERSION_KEY = "schema_version"


def version_of(engine: Engine) -> str | None:
    """Read the version of a store; None for an empty database.

    Raises
    ------
    EnvironmentFault
        It holds tables of somebody else.
    """
    with engine.connect() as connection:
        names = inspect(connection).get_table_names()
        if not names:
            return None
        if Meta.__tablename__ not in names:
            raise EnvironmentFault(
                "BS-E502", "found a database with other tables, wanted a store of bonescan."
            )
        return connection.scalar(select(Meta.value).where(Meta.key == VERSION_KEY))


def make_tables(engine: Engine) -> None:
    """Make all tables of a new store; two processes may try at once."""
    if not STUDY_TABLES:
        raise RuntimeError("the tables for SQL are not registered")
    with writing(engine).begin() as connection:
        _alone(connection)
        if inspect(connection).has_table(Meta.__tablename__):
            return  # another run was first
        Base.metadata.create_all(connection)
        for statement in VIEWS.values():
            connection.execute(text(statement))
        connection.execute(
            Meta.__table__.insert(),  # type: ignore[attr-defined]
            {"key": VERSION_KEY, "value": SCHEMA_VERSION},
        )


def check_version(found: str | None, place: str) -> bool:
    """Say whether a store has to be migrated.

    Raises
    ------
    EnvironmentFault
        It was made by a newer program, or is of no version ever released.
    """
    if found == SCHEMA_VERSION:
        return False
    if found is not None and found.isdigit() and int(found) > int(SCHEMA_VERSION):
        raise EnvironmentFault(
            "BS-E520", f"found store version {found}, wanted {SCHEMA_VERSION} or older.", file=place
        )
    if found is None or not found.isdigit() or int(found) < OLDEST:
        raise EnvironmentFault(
            "BS-E502", f"found store version {found}, wanted {SCHEMA_VERSION}.", file=place
        )
    return True


def migrate(engine: Engine, found: str) -> None:
    """Take a store from version `found` to that of this program, all steps or none."""
    from alembic import command
    from alembic.config import Config

    with writing(engine).connect() as connection:
        if connection.dialect.name != POSTGRESQL:  # tables are rebuilt: keys are checked at the end
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")  # before BEGIN
        with connection.begin():
            _alone(connection)
            now = connection.scalar(select(Meta.value).where(Meta.key == VERSION_KEY))
            if now != found:
                return  # another run was first
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.stamp(config, found)
            command.upgrade(config, SCHEMA_VERSION)
            connection.execute(
                update(Meta).where(Meta.key == VERSION_KEY).values(value=SCHEMA_VERSION)
            )
            connection.exec_driver_sql("DROP TABLE alembic_version")  # `meta` says it
            _check_keys(connection)
    engine.dispose()  # connections with foreign keys switched off go away


def keep_copy(path: Path, version: str) -> Path:
    """Copy an SQLite store beside itself as it is before migration; an older copy stays."""
    target = path.with_name(f"{path.name}.before-{version}")
    if target.exists():
        return target
    half = path.with_name(f".tmp-{target.name}")
    half.unlink(missing_ok=True)
    os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(half)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    half.replace(target)
    return target


def _alone(connection: Connection) -> None:
    """Wait until no other process makes or migrates; SQLite's write lock does it by itself."""
    if connection.dialect.name == POSTGRESQL:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_NUMBER})")


def _check_keys(connection: Connection) -> None:
    if connection.dialect.name == POSTGRESQL:
        return  # its keys were never switched off
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise EnvironmentFault("BS-E502", f"found {len(broken)} rows that point to nothing.")
