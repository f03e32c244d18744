"""Lists of files, ignore rules and large folders as inputs."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from bonescan.errors import UsageError
from bonescan.files.ignore_rules import IgnoreRules
from bonescan.workflows import collect_inputs as module
from bonescan.workflows.collect_inputs import InputRules, collect_inputs
from bonescan.workflows.input_lists import split_inputs

EMPTY = io.BytesIO(b"")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a/x.dcm", "b/x.dcm", "b/y.dcm"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [b"a/x.dcm\nb/x.dcm\n", b"a/x.dcm\r\n\r\nb/x.dcm", b"\xef\xbb\xbfa/x.dcm\nb/x.dcm",
     b"a/x.dcm\0b/x.dcm\0"],
    ids=["lines", "windows", "byte order mark", "nul"],
)  # fmt: skip
def test_a_list_names_files_by_their_whole_path(here, text):
    (here / "list.txt").write_bytes(text)
    for words, given in ((["@list.txt"], EMPTY), (["-"], io.BytesIO(text))):
        inputs, listed = split_inputs([Path(w) for w in words], given)
        found = collect_inputs(inputs, here / "out", InputRules(listed=listed))
        assert [f.file for f in found] == ["a/x.dcm", "b/x.dcm"]


def test_a_name_with_a_line_feed_can_be_listed_with_nul(here):
    (here / "odd\nname.dcm").write_text("x")
    _, listed = split_inputs([Path("-")], io.BytesIO(b"odd\nname.dcm\0a/x.dcm\0"))
    found = collect_inputs([], here / "out", InputRules(listed=listed))
    assert len(found) == 2
    assert all(f.path.is_file() for f in found)


def test_a_list_may_name_folders_and_what_is_not_there(here):
    _, listed = split_inputs([Path("-")], io.BytesIO(b"b\nnowhere.dcm\n"))
    found = collect_inputs([], here / "out", InputRules(listed=listed))
    assert [f.file for f in found] == ["nowhere.dcm", "x.dcm", "y.dcm"]


def test_a_file_outside_the_current_folder_is_named_from_the_root(here, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "z.dcm"
    other.write_text("x")
    found = collect_inputs([], here / "out", InputRules(listed=(other,)))
    assert [f.file for f in found] == [str(other).lstrip("/")]


def test_a_file_whose_name_starts_with_an_at_sign_is_a_file(here):
    (here / "@scan.dcm").write_text("x")
    assert split_inputs([Path("@scan.dcm")], EMPTY) == ([Path("@scan.dcm")], ())


@pytest.mark.parametrize(
    ("word", "text", "message"),
    [("@gone.txt", b"", r"BS-E434 gone\.txt: the list of files can't be read"),
     ("-", b"\n \n", r"BS-E434 found no path in standard input")],
)  # fmt: skip
def test_a_list_that_says_nothing_is_a_usage_error(here, word, text, message):
    with pytest.raises(UsageError, match=message):
        split_inputs([Path(word)], io.BytesIO(text))


def test_a_list_too_long_is_a_usage_error(here, monkeypatch):
    monkeypatch.setattr("bonescan.workflows.input_lists.MAX_LIST_BYTES", 3)
    with pytest.raises(UsageError, match="BS-E434 found a list of more than 3 bytes"):
        split_inputs([Path("-")], io.BytesIO(b"a/x.dcm"))


@pytest.mark.parametrize(
    ("patterns", "file", "is_folder", "left_out"),
    [
        (["*.tmp"], "a/b.tmp", False, True),
        (["*.tmp"], "a/b.tmp/c.dcm", False, False),
        (["/*.tmp"], "b.tmp", False, True),
        (["/*.tmp"], "a/b.tmp", False, False),
        (["a/*.dcm"], "a/b.dcm", False, True),
        (["a/*.dcm"], "a/b/c.dcm", False, False),
        (["a/**/c.dcm"], "a/b/b/c.dcm", False, True),
        (["a/**/c.dcm"], "a/c.dcm", False, True),
        (["**/c.dcm"], "c.dcm", False, True),
        (["old/"], "old", True, True),
        (["old/"], "old", False, False),
        (["x?.dcm"], "x1.dcm", False, True),
        (["x?.dcm"], "x12.dcm", False, False),
        (["x[0-4].dcm"], "x3.dcm", False, True),
        (["x[!0-4].dcm"], "x3.dcm", False, False),
        (["*.dcm", "!keep.dcm"], "keep.dcm", False, False),
        (["!keep.dcm", "*.dcm"], "keep.dcm", False, True),
        (["# *.dcm", "", "/"], "a.dcm", False, False),
        (["a+b(.dcm"], "a+b(.dcm", False, True),
        ([], ".hidden", False, True),
        ([], "a/.DS_Store", False, True),
    ],
)
def test_patterns_mean_what_git_means_by_them(patterns, file, is_folder, left_out):
    # gitignore(5), "PATTERN FORMAT"; hidden names are our own rule
    assert bool(IgnoreRules.of(patterns).why(file, is_folder=is_folder)) is left_out


def test_what_is_left_out_is_told_with_its_reason(tmp_path):
    for name in ("keep.dcm", "b.tmp", ".hidden", "old/x.dcm", "out/results.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / ".bonescanignore").write_text("old/\n")
    told = {}
    rules = InputRules(ignore=("*.tmp",), ignored=told.__setitem__)
    found = collect_inputs([tmp_path], tmp_path / "out", rules)
    assert [f.file for f in found] == ["keep.dcm"]
    assert told == {
        ".bonescanignore": "hidden",
        ".hidden": "hidden",
        "b.tmp": "pattern *.tmp",
        "old/": "pattern old/",
        "out/": "the result folder",
    }


def test_what_is_named_itself_is_never_left_out(tmp_path):
    (tmp_path / ".scan.dcm").write_text("x")
    rules = InputRules(ignore=("*.dcm",))
    found = collect_inputs([tmp_path / ".scan.dcm"], tmp_path / "out", rules)
    assert [f.file for f in found] == [".scan.dcm"]


def test_siblings_are_the_names_of_one_stem(tmp_path):
    names = ["x_rf.raw", "x_rf.yml", "x_rf.tgc.yml", "y_rf.raw", "1.2.3.dcm", "1.2.4.dcm"]
    for name in names:
        (tmp_path / name).write_text("x")
    found = {f.file: f.siblings for f in collect_inputs([tmp_path], tmp_path / "out")}
    assert found["x_rf.raw"] == {"x_rf.yml", "x_rf.tgc.yml"}
    assert found["y_rf.raw"] == found["1.2.3.dcm"] == frozenset()


def test_a_large_folder_is_listed_once(tmp_path, monkeypatch):
    for number in range(300):
        (tmp_path / f"{number}.dcm").touch()
    calls = []
    real = os.scandir
    monkeypatch.setattr(module.os, "scandir", lambda p: calls.append(p) or real(p))
    listed = tuple(tmp_path / f"{number}.dcm" for number in range(300))
    assert len(collect_inputs([tmp_path], tmp_path / "out")) == 300
    assert len(collect_inputs([], tmp_path / "out", InputRules(listed=listed))) == 300
    assert len(calls) == 2
