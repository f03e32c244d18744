"""`verify` finds what was changed; `backup` makes a copy that can be trusted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bonescan.errors import EnvironmentFault, NothingUsable, UsageError
from bonescan.model.outcome import Outcome
from bonescan.model.vocabulary import OutcomeKind
from bonescan.settings import Settings
from bonescan.store.open_store import STORE_NAME, open_store
from bonescan.workflows.backup import backup
from bonescan.workflows.refresh import refresh
from bonescan.workflows.verify import verify


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A result folder with one file in it, and tables."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "out"
    folder.mkdir()
    with closing(open_store(folder, create=True)) as store:
        run = store.begin_run("0", "{}")
        verdict = Outcome(kind=OutcomeKind.NOT_DENSITOMETRY, reason="a letter")
        store.put_result(run_id=run, sha256="s", size_bytes=1, work_key="w", outcome=verdict)
        store.put_locations(run, [("/in", "letter.txt", "s")])
    refresh(folder, Settings(report="none"))
    return folder


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma foreign_keys = off")
        database.execute(statement)
        database.commit()


def test_what_was_written_is_found_whole(out: Path) -> None:
    found = verify(out)
    assert found.problems == ()
    assert (found.n_results, found.n_contents) == (1, 1)
    assert found.n_tables >= 5


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("update result set outcome = replace(outcome, 'letter', 'report')", "match its hash"),
        ("update content set work_key = 'nothing'", "points to nothing"),
        ("update content set sha256 = 'other'", "is shown by a result of s"),
        ("drop table verdict", "the table verdict is missing"),
    ],
)
def test_damage_in_the_store_is_named(out: Path, statement: str, sentence: str) -> None:
    change(out / STORE_NAME, statement)
    found = verify(out).problems
    assert {p.code for p in found} == {"BS-E526"}
    assert any(sentence in p.reason for p in found), found


def test_a_table_that_somebody_edited_is_named(out: Path) -> None:
    (out / "files.csv").write_text("mine\n")
    (out / "patients.csv").unlink()
    (out / ".tmp-results.csv").touch()
    found = {p.file: p.code for p in verify(out).problems}
    assert found == dict.fromkeys(("files.csv", "patients.csv", ".tmp-results.csv"), "BS-E527")


def test_a_copy_is_a_store_and_is_for_its_owner_only(out: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with closing(open_store(out)) as busy:  # also while a run is at work
        busy.begin_run("0", "{}")
        made = backup(out, copy)
    assert made.n_bytes == copy.stat().st_size
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(open_store(tmp_path, address=str(copy))) as store:
        assert [c.files for c in store.contents()] == [("letter.txt",)]
        assert store.check() == []
    assert [p.name for p in tmp_path.glob(".tmp-*")] == []


def test_a_copy_never_overwrites_and_never_hides_damage(out: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.touch()
    with pytest.raises(UsageError, match=r"BS-E528 .*exists"):
        backup(out, copy)
    copy.unlink()
    change(out / STORE_NAME, "update result set outcome = '{}'")
    with pytest.raises(NothingUsable, match=r"BS-E526 .*copy damaged"):
        backup(out, copy)
    assert not copy.exists()
    with pytest.raises(EnvironmentFault, match="BS-E501"):
        backup(out, tmp_path / "nowhere" / "copy.db")
    assert list(tmp_path.glob("*.db*")) == []
