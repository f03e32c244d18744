"""Where a store lies, and what is said about it."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from bonescan.errors import EnvironmentFault, UsageError
from bonescan.settings import Settings
from bonescan.store import file_system
from bonescan.store.engine import read_url, shown_url
from bonescan.store.open_store import ADDRESS_NAME, STORE_NAME, has_store, open_store, shown_place
from bonescan.store.store import settings_text


def test_a_store_elsewhere_is_noted_and_found_again(tmp_path: Path) -> None:
    out, place = tmp_path / "out", tmp_path / "data" / "study.db"
    out.mkdir()
    assert not has_store(out)
    with closing(open_store(out, create=True, address=str(place))) as store:
        store.begin_run("0", "{}")
    assert has_store(out)
    assert not (out / STORE_NAME).exists()
    assert (out / ADDRESS_NAME).stat().st_mode & 0o777 == 0o600
    with closing(open_store(out)) as store:
        assert store.begin_run("0", "{}") == 2
    assert shown_place(out) == str(place)


def test_a_password_is_never_written_down(tmp_path: Path) -> None:
    text = settings_text(Settings(store="postgresql://me:secret@host/study"))
    assert "secret" not in text
    assert json.loads(text)["store"] == "postgresql+psycopg://me@host/study"
    assert shown_url(read_url("postgres://me:secret@host:5433/x")) == (
        "postgresql+psycopg://me@host:5433/x"
    )


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("mysql://host/x", "kind mysql, wanted sqlite or postgresql"),
        ("://", "wanted a database URL"),
        ("sqlite://", "SQLite URL without a file"),
    ],
)
def test_an_address_that_can_not_be_used_is_refused(
    tmp_path: Path, address: str, sentence: str
) -> None:
    with pytest.raises(UsageError, match=f"BS-E521 .*{sentence}"):
        open_store(tmp_path, create=True, address=address)


def test_a_server_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    nowhere = "postgresql+psycopg://me:secret@127.0.0.1:1/x?connect_timeout=2"
    with pytest.raises(EnvironmentFault, match=r"BS-E502 .*can't be opened") as refused:
        open_store(tmp_path, create=True, address=nowhere)
    assert "secret" not in str(refused.value)


def test_somebody_else_s_database_is_left_alone(tmp_path: Path) -> None:
    import sqlite3

    with closing(sqlite3.connect(tmp_path / STORE_NAME)) as database:
        database.execute("create table theirs (a)")
        database.commit()
    with pytest.raises(EnvironmentFault, match=r"BS-E502 .*other tables"):
        open_store(tmp_path, create=True)


@pytest.mark.parametrize(
    ("kind", "journal", "network"),
    [("ext4", "wal", ""), ("nfs4", "delete", "nfs4"), ("cifs", "delete", "cifs")],
)
def test_a_network_folder_gets_the_journal_that_works_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, journal: str, network: str
) -> None:
    monkeypatch.setattr(file_system, "mounts", lambda: [("/", "xfs"), ("/", kind)])
    with closing(open_store(tmp_path, create=True)) as store:
        assert store.network == network
        with store._engine.connect() as connection:
            asked = {
                name: connection.exec_driver_sql(f"pragma {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
    assert asked == {"journal_mode": journal, "synchronous": 2, "foreign_keys": 1}


def test_a_server_that_does_not_answer_has_a_hint_of_its_own(tmp_path: Path) -> None:
    nowhere = "postgresql+psycopg://me@127.0.0.1:1/x?connect_timeout=2"
    with pytest.raises(EnvironmentFault, match=r"BS-E502 .*Start the database, or correct host"):
        open_store(tmp_path, create=True, address=nowhere)


def test_an_unreadable_address_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"BS-E521 .*found a URL of kind 'postgresql'") as refused:
        open_store(tmp_path, create=True, address="postgresql://me:secret@host:port/x")
    assert "secret" not in str(refused.value)
