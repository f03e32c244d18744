"""Watching a folder: what is complete is measured, and a watch started again goes on."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bonescan.batch import Stop
from bonescan.errors import EnvironmentFault, UsageError
from bonescan.settings import Settings
from bonescan.workflows import watch as module
from bonescan.workflows.quiet_units import QuietUnits
from bonescan.workflows.wait_for_changes import Events, Polling, choose_wait
from bonescan.workflows.watch import WatchSettings, watch_folder

NO_PAGES = Settings(report="none")


class Play:
    """A clock, and what happens in the folder at each wait, in turn."""

    def __init__(self, *scenes: Callable[[], object]) -> None:
        self.now, self.scenes, self.stop, self.events = 0.0, list(scenes), Stop(), []
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.waits.append(seconds)
        if not self.scenes:
            self.stop.ask(signal.SIGTERM, None)
            return
        self.scenes.pop(0)()

    def watch(self, folder, out, **how):
        return watch_folder(
            folder,
            out,
            WatchSettings(run=NO_PAGES, quiet_s=30.0, poll_s=10.0, **how),
            stop=self.stop,
            wait=self.wait,
            events=lambda event, **values: self.events.append((event, values)),
            clock=self.clock,
        )

    def names(self):
        return [event for event, _ in self.events]


def nothing() -> None:
    """Let time pass."""


def outcomes(out):
    with (out / "files.csv").open(newline="") as file:
        return {r["file"]: r["outcome"] for r in csv.DictReader(file)}


@pytest.fixture
def scan(sample_scans):
    return sample_scans / "0001006_dxa_report.dcm"


@pytest.fixture
def folders(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in", tmp_path / "out"


def test_a_study_is_measured_once_it_has_been_quiet(folders, scan):
    folder, out = folders

    def arrive() -> None:
        (folder / "study").mkdir()
        (folder / "study" / "1.dcm").write_bytes(scan.read_bytes()[:100])

    def grow() -> None:
        shutil.copy(scan, folder / "study" / "1.dcm")

    # arrives at 10 s, grows at 30 s; 30 s of quiet end at 60 s
    play = Play(arrive, nothing, grow, nothing, nothing, nothing, nothing)
    ran_at = []
    play.events = type(
        "Log",
        (list,),
        {"append": lambda s, e: (list.append(s, e), ran_at.append((e[0], play.now)))},
    )()
    done = play.watch(folder, out)
    assert (done.exit_code, done.n_runs, done.n_measured) == (130, 1, 1)
    assert [at for event, at in ran_at if event == "run"] == [60.0]
    assert outcomes(out) == {"study/1.dcm": "reported"}


def test_a_study_still_arriving_holds_nobody_up(folders, scan):
    folder, out = folders
    for name in ("done", "growing"):
        (folder / name).mkdir()
        shutil.copy(scan, folder / name / "1.dcm")

    def grow() -> None:
        with (folder / "growing" / "1.dcm").open("ab") as file:
            file.write(b"\0\0")

    play = Play(*[grow] * 6)
    assert play.watch(folder, out).n_runs == 1
    assert outcomes(out) == {"done/1.dcm": "reported"}


def test_files_of_one_stem_are_complete_together(folders):
    folder, out = folders
    units = QuietUnits(folder, out, 30.0)
    (folder / "x_rf.raw").write_text("r")
    (folder / "y.dcm").write_text("y")
    units.look(0.0)
    (folder / "x_rf.yml").write_text("y")
    units.look(20.0)
    assert units.ready(30.0) == {"y": {"y.dcm"}}
    assert units.ready(50.0) == {"x_rf": {"x_rf.raw", "x_rf.yml"}, "y": {"y.dcm"}}


@pytest.mark.parametrize(("at", "complete"), [(29.9, False), (30.0, True)])
def test_quiet_is_counted_from_the_last_change_seen(folders, at, complete):
    folder, out = folders
    (folder / "x.dcm").write_text("1")
    os.utime(folder / "x.dcm", (1, 1))  # an old time of change proves nothing
    units = QuietUnits(folder, out, 30.0)
    units.look(0.0)
    assert bool(units.ready(at)) is complete


def test_only_what_is_said_to_have_changed_is_looked_at(folders):
    folder, out = folders
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "x.dcm").write_text("1")
    units = QuietUnits(folder, out, 30.0)
    units.look(0.0)
    for name in ("a", "b"):
        (folder / name / "x.dcm").write_text("22")
    units.look(20.0, frozenset({"a"}))
    assert set(units.ready(30.0)) == {"b/"}
    units.look(31.0, None)
    assert units.ready(32.0) == {}
    shutil.rmtree(folder / "a")
    units.look(70.0, frozenset())
    assert set(units.ready(90.0)) == {"b/"}


def test_hidden_ignored_and_result_folders_are_not_looked_at(folders):
    folder, _ = folders
    out = folder / "results"
    for name in (".part", "x.tmp", "results/results.csv", "scan.dcm"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")
    (folder / ".bonescanignore").write_text("*.tmp\n")
    units = QuietUnits(folder, out, 1.0)
    units.look(0.0)
    assert units.ready(1.0) == {"scan": {"scan.dcm"}}


def test_one_bad_file_stops_nothing_and_what_comes_later_is_measured(folders, scan):
    folder, out = folders
    (folder / "bad.dcm").write_bytes(b"\0" * 300)

    def later() -> None:
        shutil.copy(scan, folder / "good.dcm")

    play = Play(nothing, nothing, nothing, later, *[nothing] * 4)
    done = play.watch(folder, out)
    assert (done.n_runs, done.n_failed) == (2, 0)
    assert outcomes(out) == {"bad.dcm": "unusable", "good.dcm": "reported"}


def test_a_watch_started_again_goes_on_where_it_was(folders, scan):
    folder, out = folders
    shutil.copy(scan, folder / "1.dcm")
    assert Play(*[nothing] * 3).watch(folder, out).n_measured == 1
    before = (out / "results.csv").read_bytes()
    (folder / "2.dcm").write_bytes(scan.read_bytes() + b"\0\0")
    again = Play(*[nothing] * 3).watch(folder, out)
    assert (again.n_runs, again.n_measured) == (1, 1)
    assert set(outcomes(out)) == {"1.dcm", "2.dcm"}
    assert (out / "results.csv").read_bytes() == before


def test_a_full_disk_is_tried_again_later(folders, scan, monkeypatch):
    folder, out = folders
    shutil.copy(scan, folder / "1.dcm")
    real, faults = module.run_folder, [EnvironmentFault("BS-E501", "found no room.")]

    def run(*words, **more):
        if faults:
            raise faults.pop()
        return real(*words, **more)

    monkeypatch.setattr(module, "run_folder", run)
    play = Play(*[nothing] * 7)
    done = play.watch(folder, out)
    assert (done.n_runs, done.n_failed) == (1, 1)
    assert ("failed", {"code": "BS-E501"}) in play.events


def test_what_vanishes_before_its_run_is_no_failure(folders, scan, monkeypatch):
    folder, out = folders
    shutil.copy(scan, folder / "1.dcm")
    real = module.run_folder

    def run(*words, **more):
        (folder / "1.dcm").unlink()
        return real(*words, **more)

    monkeypatch.setattr(module, "run_folder", run)
    done = Play(*[nothing] * 3).watch(folder, out)
    assert (done.n_runs, done.n_failed) == (0, 0)


def test_waiting_is_short_only_while_something_is_due(folders, scan):
    folder, out = folders
    play = Play(lambda: shutil.copy(scan, folder / "1.dcm"), *[nothing] * 4)
    watch_folder(
        folder, out, WatchSettings(run=NO_PAGES, quiet_s=2.0, poll_s=10.0),
        stop=play.stop, wait=play.wait, events=lambda *_, **__: None, clock=play.clock,
    )  # fmt: skip
    assert play.waits == [10.0, 2.0, 10.0, 10.0, 10.0, 10.0]


def test_what_is_no_folder_is_not_watched(tmp_path):
    with pytest.raises(UsageError, match="BS-E302 there is no folder"):
        Play().watch(tmp_path / "gone", tmp_path / "out")


def test_polling_ends_at_once_when_asked_to_stop():
    stop = Stop()
    stop.asked = True
    began = time.monotonic()
    assert Polling(stop)(60.0) is None
    assert time.monotonic() - began < 30


def test_events_name_what_changed_directly_below(folders):
    folder, _ = folders
    (folder / "study" / "deep").mkdir(parents=True)
    name, wait = choose_wait(folder, None, Stop())
    assert name == "events"
    wait(0.05)
    (folder / "study" / "deep" / "x.dcm").write_text("x")
    found: set[str] = set()
    for _ in range(25):
        found |= wait(0.4) or set()
        if found:
            break
    assert found == {"study"}


def test_a_watch_that_ends_turns_to_polling(folders):
    class Ended:
        @staticmethod
        def watch(*_, **__):
            return iter(())

    assert Events(Ended, folders[0], Stop())(0.01) is None


def test_a_share_or_a_missing_library_is_polled(folders, monkeypatch):
    assert choose_wait(folders[0], 5.0, Stop())[0] == "polling"
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    assert choose_wait(folders[0], None, Stop())[0] == "polling"


@pytest.mark.parametrize("how", [[], ["--poll", "0.1s"]], ids=["events", "polling"])
def test_sigterm_ends_a_watch_cleanly_and_its_log_names_nobody(folders, scan, how):
    folder, out = folders
    (folder / "LIN^MEIHUA").mkdir()
    shutil.copy(scan, folder / "LIN^MEIHUA" / "A0099.dcm")
    code = "from bonescan.cli import main; main()"
    words = ["watch", str(folder), "-o", str(out), "--quiet", "0.1s", *how]
    with subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as watch:  # fmt: skip
        lines = []
        for line in watch.stdout:
            lines.append(json.loads(line))
            if lines[-1]["event"] == "run":
                watch.send_signal(signal.SIGTERM)
                break
        rest, err = watch.communicate(timeout=60)
    assert watch.returncode == 130
    assert "Traceback" not in err
    assert (out / "results.csv").is_file()
    text = json.dumps(lines) + rest
    assert [json.loads(line)["event"] for line in rest.splitlines()] == ["stopped"]
    for planted in ("LIN", "MEIHUA", "A0099", str(folder)):
        assert planted not in text


def test_a_time_is_read_with_its_unit(verb, tmp_path):
    for text in ("soon", "0s", "8000h"):
        code, _, err = verb("watch", tmp_path, "-o", tmp_path / "out", "--quiet", text)
        assert (code, "BS-E304" in err) == (2, True)


def test_the_verb_takes_the_options_of_run(tmp_path, monkeypatch, verb):
    taken = []

    def watch(_folder, _out, how, **_):
        taken.append(how.run)
        return module.Watched(exit_code=0)

    monkeypatch.setattr(module, "watch_folder", watch)
    columns = Path(__file__).parents[2] / "docs" / "examples" / "rems-results.toml"
    code, _, err = verb(
        "watch", tmp_path, "-o", tmp_path / "out", "--column-map", columns, "--charset", "big5",
        "--store", tmp_path / "x.db", "--identity", "chart", "--label-policy", "iscd",
    )  # fmt: skip
    assert code == 0, err
    (run,) = taken
    assert (run.read.column_map is not None, run.read.charset) == (True, "big5")
    assert (run.store, run.identity, run.label.policy) == (
        str(tmp_path / "x.db"), "chart", "iscd",
    )  # fmt: skip
    assert verb("watch", tmp_path, "-o", tmp_path / "out", "--identity", "name")[0] == 2
