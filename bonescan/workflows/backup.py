"""Copy a store while it is in use, and trust the copy only after looking it over."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from bonescan.errors import EnvironmentFault, NothingUsable, UsageError
from bonescan.model.plain import to_plain
from bonescan.provenance import sha256_of_file
from bonescan.store.engine import POSTGRESQL, without_password
from bonescan.store.open_store import open_store, shown_place, store_url

PRIVATE_MODE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy that was made."""

    place: str
    copy: Path
    n_bytes: int
    sha256: str

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values."""
        return dict(to_plain(self))


def backup(out: Path, copy: Path, address: str | None = None) -> Backup:
    """Copy the store of `out` to the new file `copy`, all or nothing.

    Parameters
    ----------
    out : Path
        The result folder.
    copy : Path
        A file that does not exist yet; readable by its owner only.
    address : str, optional
        Where the store lies, if `out` does not say so.

    Raises
    ------
    UsageError
        `copy` exists, or there is no store.
    NothingUsable
        The store is damaged: a copy of it would be too.
    EnvironmentFault
        The copy can't be written, or pg_dump is missing or fails.
    """
    if copy.exists():
        raise UsageError("BS-E528", f"{copy} exists, wanted the name of a new file.")
    open_store(out, address=address).close()  # migrated if need be, or refused
    half = copy.with_name(f".tmp-{copy.name}")
    try:
        half.unlink(missing_ok=True)
        os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE))
        url = store_url(out, address)
        if url.get_backend_name() == POSTGRESQL:
            _dump(url, half)
        else:
            _copy_sqlite(Path(url.database or ""), half)
        _to_disk(half)
        half.replace(copy)
        _to_disk(copy.parent)
    except (OSError, sqlite3.Error) as error:
        raise EnvironmentFault(
            "BS-E501", f"the copy can't be written: {error}.", file=copy
        ) from error
    finally:
        half.unlink(missing_ok=True)
    return Backup(
        place=shown_place(out, address),
        copy=copy,
        n_bytes=copy.stat().st_size,
        sha256=sha256_of_file(copy),
    )


def _copy_sqlite(path: Path, half: Path) -> None:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(half)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    with closing(open_store(half.parent, address=str(half))) as made:
        damage = made.check()
    for suffix in ("-wal", "-shm"):
        half.with_name(half.name + suffix).unlink(missing_ok=True)
    if damage:
        raise NothingUsable("BS-E526", f"found the copy damaged: {damage[0]}.", file=path)


def _dump(url: URL, half: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise EnvironmentFault("BS-E529", "found no pg_dump, which copies a PostgreSQL store.")
    plain = without_password(url.set(drivername=POSTGRESQL)).render_as_string(hide_password=False)
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    line = [program, "--format=custom", f"--file={half}", plain]
    done = subprocess.run(
        line, capture_output=True, text=True, env=os.environ | password, check=False
    )
    if done.returncode == 0 and (reader := shutil.which("pg_restore")):
        done = subprocess.run(
            [reader, "--list", str(half)], capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        said = " ".join(done.stderr.split())
        raise EnvironmentFault("BS-E529", f"pg_dump failed: {said}.")


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
