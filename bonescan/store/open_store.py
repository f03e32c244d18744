"""Open the store of a result folder, or make it."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import DatabaseError, OperationalError

from bonescan.errors import BonescanError, EnvironmentFault, UsageError

from .engine import POSTGRESQL, SQLITE, make_engine, read_url, shown_url
from .file_system import network_file_system
from .locks import locked
from .migrate import check_version, keep_copy, make_tables, migrate, version_of
from .store import Store

STORE_NAME = "bonescan.db"
ADDRESS_NAME = "bonescan.store"  # says where the store of a result folder lies, if not in it
PRIVATE_MODE = 0o600
MIGRATION_WAIT_S = 60.0
SAFE_JOURNAL, FAST_JOURNAL = "DELETE", "WAL"

_NO_SERVER = (
    "Start the database, or correct host, port, user or database in --store; the password comes "
    "from PGPASSWORD or ~/.pgpass. Nothing was measured; what is in the store stays there."
)
DatabaseFault = DatabaseError  # what callers catch without knowing the library below


def open_store(out: Path, *, create: bool = False, address: str | None = None) -> Store:
    """Open the store of `out`: ``OUT/bonescan.db``, or where the folder or `address` says.

    A store of an older version is migrated, all steps or none; of an SQLite
    file a copy is kept beside it (``bonescan.db.before-2``).

    Parameters
    ----------
    out : Path
        The result folder.
    create : bool
        Make a new store when there is none, and note its address in `out`.
    address : str, optional
        Database URL, or path of an SQLite file.

    Raises
    ------
    UsageError
        There is no store and `create` is false, or the address can't be read.
    EnvironmentFault
        The store can't be opened, is damaged, or was made by a newer version.
    """
    url = store_url(out, address)
    path = Path(url.database or "") if url.get_backend_name() == SQLITE else None
    if path is not None:
        _make_file(path, create)
    network = network_file_system(path.parent) if path is not None else ""
    engine = make_engine(url, journal=SAFE_JOURNAL if network else FAST_JOURNAL)
    place = path or shown_url(url)
    try:
        _make_or_migrate(engine, path, str(place), create)
    except DatabaseError as error:
        engine.dispose()
        hint = _NO_SERVER if path is None and isinstance(error, OperationalError) else ""
        raise EnvironmentFault("BS-E502", f"the store can't be opened: {_cause(error)}.",
                               hint, file=_file(place)) from error  # fmt: skip
    except BonescanError:
        engine.dispose()
        raise
    if create:
        _note_address(out, url)
    return Store(engine, network=network)


def has_store(out: Path) -> bool:
    """Whether `out` holds a store, or says where its store lies."""
    return (out / STORE_NAME).is_file() or (out / ADDRESS_NAME).is_file()


def store_url(out: Path, address: str | None = None) -> URL:
    """Say where the store of `out` lies: `address`, what the folder notes, or the file in it."""
    if address:
        return read_url(address)
    noted = out / ADDRESS_NAME
    if noted.is_file():
        try:
            return read_url(noted.read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise EnvironmentFault("BS-E502", f"it can't be read: {error}.", file=noted) from error
    return URL.create(SQLITE, database=str(out / STORE_NAME))


def shown_place(out: Path, address: str | None = None) -> str:
    """Name the store of `out` for people; without a password."""
    url = store_url(out, address)
    return (url.database or "") if url.get_backend_name() == SQLITE else shown_url(url)


def _make_file(path: Path, create: bool) -> None:
    if not path.is_file() and not create:
        raise UsageError(
            "BS-E305",
            f"found no {path.name} in {path.parent}, wanted the result folder of a run.",
        )
    if path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # it holds chart numbers; its log files take its mode
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, PRIVATE_MODE))
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the store can't be made: {error.strerror}.", file=path
        ) from error


def _make_or_migrate(engine: Engine, path: Path | None, place: str, create: bool) -> None:
    found = version_of(engine)
    if found is None:
        if path is None and not create:
            raise UsageError(
                "BS-E305",
                f"found no store in {place}, wanted that of a run.",
                "Name the database of that run with --store; `bonescan run` makes a new one.",
            )
        make_tables(engine)
        return
    if not check_version(found, place):
        return
    if path is None:
        migrate(engine, found)
        return
    try:
        with locked(path.parent, MIGRATION_WAIT_S):  # no run of an older program meanwhile
            if version_of(engine) == found:
                keep_copy(path, found)
                migrate(engine, found)
    except TimeoutError as error:
        raise EnvironmentFault("BS-E504", "found another run at work.", file=place) from error


def _note_address(out: Path, url: URL) -> None:
    """Let later verbs find the store; a password is never written down."""
    noted = out / ADDRESS_NAME
    own = url.get_backend_name() == SQLITE and _same_file(url.database, out / STORE_NAME)
    text = "" if own else f"{shown_url(_absolute(url))}\n"
    if not text:
        return
    if noted.is_file() and noted.read_text(encoding="utf-8") == text:
        return
    half = noted.with_name(f".tmp-{noted.name}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(noted)


def _absolute(url: URL) -> URL:
    if url.get_backend_name() == POSTGRESQL:
        return url
    return url.set(database=str(Path(url.database or "").resolve()))


def _same_file(database: str | None, path: Path) -> bool:
    return Path(database or "").resolve() == path.resolve()


def _file(place: Path | str) -> Path | str:
    return place if isinstance(place, Path) else ""


def _cause(error: DatabaseError | OperationalError) -> str:
    return " ".join(str(error.orig).split())
