"""The disk is full at one write after the other: exit 5, no half file, and the next run goes on."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from bonescan.errors import EnvironmentFault
from bonescan.settings import Settings
from bonescan.workflows.run_folder import run_folder

SETTINGS = Settings(report="none")


@pytest.fixture
def scans(tmp_path: Path, sample_scans: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three small files: two with numbers, one that is none of ours."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "scans"
    folder.mkdir()
    for name in ("0001002_dxa_report.dcm", "0001007_dxa_report.dcm"):
        shutil.copy(sample_scans / name, folder)
    (folder / "letter.txt").write_text("Dear colleague")
    return folder


class Disk:
    """Says "no space left" at the n-th write, and at every one after it."""

    def __init__(self, full_at: int) -> None:
        self.left = full_at
        self.met = False

    def write(self) -> None:
        self.left -= 1
        if self.left < 0:
            self.met = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def guard(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*words: Any, **more: Any) -> Any:
            self.write()
            return real(*words, **more)

        return guarded


def tables(out: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(out.glob("[!.]*.csv"))}


def look(out: Path, scans: Path, whole: dict[str, bytes]) -> None:
    """Nothing half is there, and the next run ends as if nothing had been."""
    if (out / "bonescan.db").exists():
        with closing(sqlite3.connect(out / "bonescan.db")) as database:
            assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    assert list(out.glob(".tmp-*")) == []
    for name, data in tables(out).items():
        assert data == whole[name], f"{name} is half written"
    assert run_folder([scans], out, SETTINGS).exit_code == 0
    assert tables(out) == whole
    assert list(out.glob(".tmp-*")) == []


@pytest.fixture
def whole(scans: Path, tmp_path: Path) -> dict[str, bytes]:
    out = tmp_path / "whole"
    assert run_folder([scans], out, SETTINGS).exit_code == 0
    return tables(out)


@pytest.mark.parametrize(
    ("call", "full_at"), [("os.fsync", 0), ("os.fsync", 4), ("pathlib.Path.replace", 2)]
)
def test_no_space_for_a_table(
    scans: Path,
    tmp_path: Path,
    whole: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    full_at: int,
) -> None:
    out, disk = tmp_path / "out", Disk(full_at)
    with monkeypatch.context() as patch:
        real = os.fsync if call == "os.fsync" else Path.replace
        patch.setattr(call, disk.guard(real))
        with pytest.raises(EnvironmentFault, match=r"BS-E501 .*No space left") as refused:
            run_folder([scans], out, SETTINGS)
    assert disk.met
    assert refused.value.exit_code == 5
    look(out, scans, whole)


@pytest.mark.parametrize("share", [0.0, 0.8, 0.96])
def test_no_space_for_the_store(
    scans: Path, tmp_path: Path, whole: dict[str, bytes], share: float
) -> None:
    """SQLite itself says that the disk is full, from a share of the pages on that are needed."""
    with closing(sqlite3.connect(tmp_path / "whole" / "bonescan.db")) as database:
        (pages,) = database.execute("pragma page_count").fetchone()
    out = tmp_path / "out"

    def small_disk(connection: Any, _record: Any) -> None:
        connection.execute(f"pragma max_page_count = {max(1, int(share * pages))}")

    event.listen(Pool, "connect", small_disk)
    try:
        with pytest.raises(EnvironmentFault, match="database or disk is full") as refused:
            run_folder([scans], out, SETTINGS)
    finally:
        event.remove(Pool, "connect", small_disk)
    assert refused.value.exit_code == 5
    look(out, scans, whole)
