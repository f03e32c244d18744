"""`bonescan doctor` sees what is wrong with a machine or a result folder, and says what to do."""

from __future__ import annotations

import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bonescan.errors import NothingUsable
from bonescan.store import file_system
from bonescan.store.open_store import STORE_NAME, open_store
from bonescan.workflows.doctor import as_text, examine, is_usable, problems_of
from bonescan.workflows.doctor_checks import machine, site, software
from bonescan.workflows.doctor_checks.finding import Finding, State
from bonescan.workflows.doctor_checks.kernels import kernel_cache, look_at_kernels


def test_this_machine_is_usable_and_every_complaint_says_what_to_do() -> None:
    findings = examine()
    assert is_usable(findings), as_text(findings)
    assert all(f.advice for f in findings if f.state is not State.OK and f.check != "memory")


@pytest.mark.parametrize(
    ("version", "state"), [((3, 10), State.MISSING), ((3, 11), State.OK), ((4, 0), State.OK)]
)
def test_python_older_than_3_11_will_not_do(version: tuple[int, int], state: State) -> None:
    found = software.python(version).state
    assert found is state or (state is State.OK and found is State.NOTE)  # no virtual environment


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("no-such-library>=1.0", "no-such-library is not installed"),
        ("numpy>=99.0", "wanted 99.0 or newer"),
    ],
)
def test_a_library_that_is_absent_or_too_old_is_named(line: str, text: str) -> None:
    found = software.libraries([line, "h5py>=3.10"])
    assert found.state is State.MISSING
    assert text in found.found
    assert "pip install" in found.advice


def test_libraries_of_extras_are_not_asked_for() -> None:
    line = 'no-such-library>=1.0; extra == "plots"'
    assert software.libraries([line, "h5py>=3.10"]).state is State.OK


def test_versions_are_compared_as_numbers_not_as_text() -> None:
    assert software._numbers("1.10.2") > software._numbers("1.9")
    assert software._numbers("2.0rc1") == (2, 0)


def test_a_library_that_does_not_load_is_named() -> None:
    found = software.machine_code(["numpy", "no_such_module"])
    assert found.state is State.MISSING
    assert "no_such_module does not load" in found.found


def test_a_cache_that_others_can_write_is_said_to_be_off(tmp_path: Path) -> None:
    assert kernel_cache("").state is State.WARNING
    assert "none compiled yet" in kernel_cache(str(tmp_path)).found
    (tmp_path / "match.nearest-1.py311.1.nbc").touch()
    assert kernel_cache(str(tmp_path)).found.startswith("1 compiled")


@pytest.mark.parametrize(
    ("free_bytes", "state"),
    [
        (machine.NO_DISK_BYTES - 1, State.MISSING),
        (machine.NO_DISK_BYTES, State.WARNING),
        (machine.LITTLE_DISK_BYTES - 1, State.WARNING),
        (machine.LITTLE_DISK_BYTES, State.OK),
    ],
)
def test_a_full_disk_is_seen(free_bytes: int, state: State, tmp_path: Path) -> None:
    assert machine.disk(tmp_path, free_bytes).state is state


@pytest.mark.parametrize(
    ("free_bytes", "state"),
    [(2**30 - 1, State.WARNING), (2**30, State.OK), (None, State.NOTE)],
)
def test_little_memory_is_seen(free_bytes: int | None, state: State) -> None:
    assert machine.memory(free_bytes).state is state


def test_a_clock_that_was_set_back_is_seen() -> None:
    assert machine.clock(datetime(2001, 1, 1, tzinfo=UTC)).state is State.WARNING
    assert machine.clock(datetime.now(UTC)).state is State.OK


def test_file_names_that_are_not_utf_8_are_seen() -> None:
    assert machine.encoding("ascii").state is State.WARNING
    assert machine.encoding("utf-8").state is State.OK


def test_a_machine_without_chinese_fonts_is_told_which_package_has_them() -> None:
    found = machine.fonts(None)
    assert found.state is State.NOTE
    assert "fonts-noto-cjk" in found.advice


def test_a_font_is_found_by_its_file_where_nobody_lists_fonts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(machine, "FONT_FOLDERS", (str(tmp_path), str(tmp_path / "none")))
    assert machine._chinese_font() is None
    (tmp_path / "DejaVuSans.ttf").touch()
    assert machine._chinese_font() is None
    (tmp_path / "NotoSansCJK-Regular.ttc").touch()
    assert machine._chinese_font() == "NotoSansCJK-Regular.ttc"


def test_a_temporary_folder_that_cannot_be_written_is_an_essential_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(machine.tempfile, "TemporaryFile", refuse)
    found = machine.temporary_folder()
    assert found.state is State.MISSING
    assert "Permission denied" in found.found


@pytest.mark.parametrize(("limit", "free"), [("1000", [400]), ("max", [])])
def test_a_container_that_grants_less_memory_than_the_machine_has_is_believed(
    limit: str, free: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "CONTROL_GROUP", tmp_path)
    assert machine._container_memory_bytes() == []
    (tmp_path / "memory.max").write_text(f"{limit}\n")
    (tmp_path / "memory.current").write_text("600\n")
    assert machine._container_memory_bytes() == free


def test_tables_that_do_not_load_are_an_essential_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: None) -> None:
        raise NothingUsable("BS-E302", "found no model file there.")

    monkeypatch.setattr("bonescan.files.model_file.load_model", refuse)
    found = software.shipped_data()
    assert found.state is State.MISSING
    assert "found no model file there" in found.found


def test_a_compiler_that_does_not_load_is_an_essential_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "bonescan.kernels._jit", None)  # makes the import fail
    monkeypatch.delattr("bonescan.kernels._jit", raising=False)
    (found,) = look_at_kernels()
    assert found.state is State.MISSING
    assert "numba does not load" in found.found


def test_a_network_folder_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_system, "mounts", lambda: [("/", "nfs4")])
    assert states(tmp_path)["file system"] is State.WARNING


def test_bonescan_that_was_never_installed_is_noted() -> None:
    assert software.libraries(None).state is State.NOTE


def test_peers_that_are_absent_are_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert [f.state for f in machine.peers()] == [State.NOTE, State.NOTE]


@pytest.mark.parametrize(
    ("mode", "state"), [(0o600, State.OK), (0o640, State.WARNING), (0o604, State.WARNING)]
)
def test_a_key_that_others_can_read_is_seen(mode: int, state: State, tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    path.write_text("ab" * 32)
    path.chmod(mode)
    assert site.key(path).state is state


def test_a_key_is_never_printed(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    path.write_text("ab" * 32)
    assert "abab" not in site.key(path).found
    assert str(tmp_path / "other.key") in site.key(tmp_path / "other.key").found


def states(out: Path) -> dict[str, State]:
    return {f.check: f.state for f in site.result_folder(out)}


def test_a_result_folder_that_is_not_there_is_an_essential_fault(tmp_path: Path) -> None:
    assert states(tmp_path / "nowhere") == {"result folder": State.MISSING}


def test_a_folder_without_a_store_is_only_noted(tmp_path: Path) -> None:
    assert states(tmp_path)["store"] is State.NOTE


def test_a_whole_store_is_said_to_be_whole(tmp_path: Path) -> None:
    open_store(tmp_path, create=True).close()
    assert states(tmp_path)["store"] is State.OK


@pytest.mark.parametrize("content", [b"not a database at all" * 50, b""])
def test_a_store_that_is_no_database_is_seen(content: bytes, tmp_path: Path) -> None:
    open_store(tmp_path, create=True).close()
    (tmp_path / STORE_NAME).write_bytes(content)
    assert states(tmp_path)["store"] is State.MISSING


def test_a_changed_result_is_seen(tmp_path: Path) -> None:
    open_store(tmp_path, create=True).close()
    with sqlite3.connect(tmp_path / STORE_NAME) as database:
        database.execute(
            "INSERT INTO run (run_id, started_at, version, settings) VALUES (1,'','','')"
        )
        database.execute(
            "INSERT INTO result (work_key, sha256, run_id, outcome, outcome_sha256) "
            "VALUES ('key', 'sha', 1, '{}', 'hash of another text')"
        )
    database.close()
    found = site.store(tmp_path)
    assert found.state is State.MISSING
    assert "does not match its hash" in found.found


def test_identities_that_others_can_read_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "identities.csv"
    path.write_text("patient_id\n")
    path.chmod(0o644)
    assert states(tmp_path)["identities.csv"] is State.WARNING
    path.chmod(0o600)
    assert states(tmp_path)["identities.csv"] is State.OK


def test_the_file_system_is_that_of_the_innermost_mount() -> None:
    mounts = [("/", "ext4"), ("/mnt/share", "cifs"), ("/mnt/share/local", "xfs")]
    assert file_system.file_system_of(Path("/mnt/share/a"), mounts) == "cifs"
    assert file_system.file_system_of(Path("/mnt/share/local"), mounts) == "xfs"
    assert file_system.file_system_of(Path("/mnt/shared"), mounts) == "ext4"
    assert file_system.file_system_of(Path("/mnt"), []) == ""


def test_only_what_is_missing_makes_a_machine_unusable_and_notes_are_no_problems() -> None:
    findings = [Finding(check="a", state=state, found="found", advice="do this") for state in State]
    assert not is_usable(findings)
    assert is_usable(f for f in findings if f.state is not State.MISSING)
    assert [p.code for p in problems_of(findings)] == ["BS-W295", "BS-E510"]
