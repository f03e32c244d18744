"""Finding the files of a run, and the folder they are written to."""

from __future__ import annotations

import os

import pytest

from bonescan.errors import EnvironmentFault, NothingUsable, UsageError
from bonescan.workflows.collect_inputs import collect_inputs
from bonescan.workflows.result_folder import alone_in, prepare


def test_every_file_is_listed_once_below_its_input(tmp_path):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name in ("b.dcm", "sub/a.dcm"):
        (tmp_path / "in" / name).write_text("x")
    found = collect_inputs([tmp_path / "in", tmp_path / "in" / "b.dcm"], tmp_path / "out")
    assert [f.file for f in found] == ["b.dcm", "sub/a.dcm"]


def test_the_result_folder_inside_an_input_is_left_out(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.csv").write_text("x")
    (tmp_path / "scan.dcm").write_text("x")
    assert [f.file for f in collect_inputs([tmp_path], tmp_path / "out")] == ["scan.dcm"]


def test_a_missing_input_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match=r"BS-E302 there is no file or folder .*nowhere"):
        collect_inputs([tmp_path / "nowhere"], tmp_path / "out")


def test_an_empty_folder_has_nothing_usable(tmp_path):
    with pytest.raises(NothingUsable, match=r"BS-E303 found no file"):
        collect_inputs([tmp_path], tmp_path / "out")


def test_links_are_not_followed_out_of_the_input(tmp_path):
    (tmp_path / "in" / "real").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "scan.dcm").write_text("x")
    (tmp_path / "in" / "real" / "own.dcm").write_text("x")
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "file.dcm").symlink_to(tmp_path / "elsewhere" / "scan.dcm")
    (tmp_path / "in" / "circle").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "again.dcm").symlink_to(tmp_path / "in" / "real" / "own.dcm")
    (tmp_path / "in" / "nowhere.dcm").symlink_to(tmp_path / "gone")
    found = collect_inputs([tmp_path / "in"], tmp_path / "out")
    assert [(f.file, f.verdict and f.verdict.code) for f in found] == [
        ("file.dcm", "BS-E435"),
        ("folder", "BS-E435"),
        ("nowhere.dcm", None),
        ("real/own.dcm", None),
    ]


def test_a_link_that_is_named_itself_is_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "scan.dcm").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    found = collect_inputs([tmp_path / "link"], tmp_path / "out")
    assert [(f.file, f.verdict) for f in found] == [("scan.dcm", None)]


def test_links_that_bite_their_tails_are_listed_and_stop_nothing(tmp_path):
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    (tmp_path / "scan.dcm").write_text("x")
    found = collect_inputs([tmp_path], tmp_path / "out")
    assert {"scan.dcm", "one"} <= {f.file for f in found} <= {"scan.dcm", "one", "two"}


def test_results_of_an_earlier_run_are_no_input(tmp_path):
    (tmp_path / "earlier").mkdir()
    for name in ("bonescan.db", "pseudonym.key", "results.csv"):
        (tmp_path / "earlier" / name).write_text("x")
    (tmp_path / "scan.dcm").write_text("x")
    assert [f.file for f in collect_inputs([tmp_path], tmp_path / "out")] == ["scan.dcm"]


def test_the_result_folder_can_not_be_the_input(tmp_path):
    (tmp_path / "scan.dcm").write_text("x")
    with pytest.raises(UsageError, match=r"BS-E305 .*input and result folder at once"):
        collect_inputs([tmp_path], tmp_path)


def test_a_name_that_is_no_unicode_is_written_in_escapes(tmp_path):
    try:
        (tmp_path / os.fsdecode(b"bad\xff.dcm")).write_text("x")
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    assert [f.file for f in collect_inputs([tmp_path], tmp_path / "out")] == ["bad\\xff.dcm"]


def test_a_folder_with_other_peoples_results_is_not_written(tmp_path):
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(UsageError, match=r"BS-E305 found index\.html without our"):
        prepare(tmp_path)
    assert (tmp_path / "index.html").read_text() == "mine"


def test_a_file_is_no_result_folder(tmp_path):
    (tmp_path / "out").write_text("x")
    with pytest.raises(UsageError, match="is a file, wanted a folder"):
        prepare(tmp_path / "out")


def test_a_folder_below_a_file_is_an_environment_fault(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(EnvironmentFault, match="can't be made"):
        prepare(tmp_path / "file" / "out")


def test_two_runs_do_not_write_one_folder(tmp_path):
    with (
        alone_in(tmp_path, 0.0),
        pytest.raises(EnvironmentFault, match=r"BS-E504 .*another run"),
        alone_in(tmp_path, 0.0),
    ):
        pass
    with alone_in(tmp_path):  # the first one gave it back
        assert [p.name for p in tmp_path.iterdir()] == [".bonescan.lock"]
