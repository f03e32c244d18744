"""What is said when the disk is full, and when a run is ended before it has begun."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from bonescan import cli
from bonescan.errors import EnvironmentFault
from bonescan.settings import Settings
from bonescan.workflows import run_folder as module


@pytest.mark.parametrize(
    ("fault", "hint"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "give the same line again"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "give the same line again"),
        (
            OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full")),
            "give the same line again",
        ),
        (OSError(errno.EACCES, "Permission denied"), "Choose another folder"),
    ],
    ids=["full", "quota", "store", "permission"],
)
def test_a_full_disk_is_told_from_a_forbidden_folder(tmp_path, monkeypatch, fault, hint):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.xyz").write_text("letter")

    def fail(*_words, **_more):
        raise fault

    monkeypatch.setattr(module, "refresh", fail)
    with pytest.raises(EnvironmentFault, match="BS-E501") as refused:
        module.run_folder([folder], tmp_path / "out", Settings(report="none"))
    assert hint in refused.value.hint
    monkeypatch.undo()
    again = module.run_folder([folder], tmp_path / "out", Settings(report="none"))
    assert again.n_already_done == 1  # as the hint says


def test_sigterm_while_libraries_load_is_an_interruption(monkeypatch, verb):
    before = signal.getsignal(signal.SIGTERM)

    def load(_verb):
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(cli, "build", load)
    code, _, err = verb("run", "nowhere", "-o", "out")
    assert code == 130
    assert "interrupted" in err
    assert signal.getsignal(signal.SIGTERM) is before
