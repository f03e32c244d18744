"""A store on each database there is: SQLite always, PostgreSQL where its programs are."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bonescan.store.open_store import open_store
from bonescan.store.store import Store

PROGRAMS = (*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/bin"))


def _program(name: str) -> Path | None:
    return next((folder / name for folder in PROGRAMS if (folder / name).exists()), None)


def _as_who() -> list[str]:
    """PostgreSQL refuses to run as root: take its own user, or one that owns nothing."""
    if os.geteuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return [
            "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups",
        ]  # fmt: skip
    return []


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A cluster of our own on a free port, in a folder that its user may enter."""
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    if initdb is None or pg_ctl is None:
        if os.environ.get("BONESCAN_REQUIRE_PEERS"):
            pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed")
    home = Path(tempfile.mkdtemp(prefix="bonescan-pg-", dir="/tmp"))
    who = _as_who()
    if who:
        name = who[1].removeprefix("--reuid=")
        os.chown(home, int(name), int(who[2].removeprefix("--regid=")))
    port = _free_port()
    try:
        subprocess.run(
            [*who, str(initdb), "-D", str(home / "data"), "-A", "trust", "-U", "bonescan",
             "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -F"
        subprocess.run(
            [*who, str(pg_ctl), "-D", str(home / "data"), "-w", "-l", str(home / "log"),
             "-o", options, "start"],
            check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        yield f"postgresql+psycopg://bonescan@127.0.0.1:{port}"
    finally:
        subprocess.run(
            [*who, str(pg_ctl), "-D", str(home / "data"), "-m", "immediate", "stop"],
            check=False, capture_output=True, cwd="/",
        )  # fmt: skip
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """A new database."""
    import psycopg

    name = f"t{uuid.uuid4().hex}"
    plain = postgres_server.replace("+psycopg", "")
    with psycopg.connect(f"{plain}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{postgres_server}/{name}"


OpenAgain = Callable[[], Store]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def address(request: pytest.FixtureRequest) -> str | None:
    """Where the store lies: in its folder, or on a server."""
    if request.param == "sqlite":
        return None
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def open_again(tmp_path: Path, address: str | None) -> Iterator[OpenAgain]:
    """Open the same store as often as wanted, as several processes would."""
    opened: list[Store] = []

    def call() -> Store:
        opened.append(open_store(tmp_path, create=True, address=address))
        return opened[-1]

    yield call
    for store in opened:
        store.close()


@pytest.fixture
def store(open_again: OpenAgain) -> Store:
    """A new store."""
    return open_again()
