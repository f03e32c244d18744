"""A store of an older version is brought forward, whole, and a copy of it stays."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect

from bonescan.errors import EnvironmentFault
from bonescan.store.migrate import migrate
from bonescan.store.open_store import STORE_NAME, open_store

# written by bonescan 0.1.0 (sqlite3 iterdump): two contents, one measured twice, three facts
VERSION_2 = Path(__file__).parent / "data" / "store_version_2.sql"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / STORE_NAME)) as database:
        database.executescript(VERSION_2.read_text(encoding="utf-8"))
    return tmp_path


def shape(path: Path) -> dict[str, Any]:
    """Columns, keys and indices of every table, as the database itself tells them."""
    engine = create_engine(f"sqlite:///{path}")
    look = inspect(engine)
    found = {
        name: (
            sorted((c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(name)),
            look.get_pk_constraint(name)["constrained_columns"],
            sorted(
                (k["constrained_columns"], k["referred_table"]) for k in look.get_foreign_keys(name)
            ),
            sorted((i["name"], i["column_names"], i["unique"]) for i in look.get_indexes(name)),
        )
        for name in look.get_table_names()
    }
    found["views"] = {n: look.get_view_definition(n) for n in look.get_view_names()}
    engine.dispose()
    return found


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def test_what_the_old_store_held_is_there_and_says_what_replaced_it(old: Path) -> None:
    store = open_store(old)
    first, second = store.contents()
    assert (first.files, first.outcome.measurements[0].bmd_g_cm2) == (("a.dcm",), 0.935)
    assert second.files == ("b.dcm", "copy of b.dcm")
    assert store.pictures(first.work_key)[0].png == b"\x89PNG"
    assert sorted(f.value for f in store.facts()) == ["hip", "transition"]
    assert store.check() == []
    store.close()
    replaced = rows(old / STORE_NAME, "select work_key, superseded_in, superseded_by from result")
    assert sorted(replaced, key=str) == [
        ("1" * 64, 2, "3" * 64),
        ("2" * 64, None, None),
        ("3" * 64, None, None),
    ]
    events = rows(old / STORE_NAME, "select chart_number, issuer, day, value from fracture_event")
    assert events == [("0012", "HOSP", "2020-01-02", "hip")]
    assert rows(old / STORE_NAME, "select count(*) from fact where fact = 'menopausal_status'") == [
        (2,)
    ], "what was withdrawn stays"


def test_a_migrated_store_has_the_shape_of_a_new_one(old: Path, tmp_path_factory: Any) -> None:
    open_store(old).close()
    fresh = tmp_path_factory.mktemp("fresh")
    open_store(fresh, create=True).close()
    assert shape(old / STORE_NAME) == shape(fresh / STORE_NAME)


def test_the_copy_is_the_store_as_it_was_and_for_its_owner_only(old: Path) -> None:
    before = rows(old / STORE_NAME, "select * from result order by work_key")
    open_store(old).close()
    copy = old / f"{STORE_NAME}.before-2"
    assert rows(copy, "select * from result order by work_key") == before
    assert rows(copy, "select value from meta") == [("2",)]
    assert rows(old / STORE_NAME, "select value from meta") == [("3",)]
    assert copy.stat().st_mode & 0o777 == 0o600
    open_store(old).close()
    assert rows(copy, "select value from meta") == [("2",)], "it is not written twice"


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(old / STORE_NAME, "select name, sql from sqlite_master order by name")
    with closing(sqlite3.connect(old / STORE_NAME)) as database:
        database.execute("update fact set body = '{' where fact_id = 2")
        database.commit()
    with pytest.raises(ValueError, match="Expecting property name"):
        open_store(old)
    assert rows(old / STORE_NAME, "select name, sql from sqlite_master order by name") == before
    assert rows(old / STORE_NAME, "select value from meta") == [("2",)]


def test_two_that_open_at_once_migrate_once(old: Path) -> None:
    store = open_store(old)
    migrate(store._engine, "2")  # the other one was faster: its version is no longer there
    assert rows(old / STORE_NAME, "select value from meta") == [("3",)]
    store.close()


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        ("4", r"BS-E520 .*found store version 4, wanted 3 or older"),
        ("1", r"BS-E502 .*found store version 1, wanted 3"),
        ("new", r"BS-E502 .*found store version new, wanted 3"),
    ],
)
def test_a_version_that_can_not_be_read_is_refused(
    tmp_path: Path, version: str, sentence: str
) -> None:
    open_store(tmp_path, create=True).close()
    with closing(sqlite3.connect(tmp_path / STORE_NAME)) as database:
        database.execute("update meta set value = ?", [version])
        database.commit()
    with pytest.raises(EnvironmentFault, match=sentence):
        open_store(tmp_path)


def test_a_run_of_an_older_program_is_waited_for(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bonescan.store import open_store as module
    from bonescan.store.locks import locked

    monkeypatch.setattr(module, "MIGRATION_WAIT_S", 0.0)
    with locked(old, 0.0), pytest.raises(EnvironmentFault, match="BS-E504"):
        open_store(old)
    assert rows(old / STORE_NAME, "select value from meta") == [("2",)]


def test_a_store_of_this_version_is_opened_without_alembic(tmp_path: Path) -> None:
    import subprocess
    import sys

    open_store(tmp_path, create=True).close()
    code = (
        "import sys; from pathlib import Path; from bonescan.store.open_store import open_store; "
        f"open_store(Path({str(tmp_path)!r})).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
