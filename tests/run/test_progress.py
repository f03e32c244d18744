"""Progress in lines, and a log without names."""

from __future__ import annotations

import json
import shutil

import pytest

from bonescan.cli._progress import EventLog, PhaseProgress, RunProgress
from bonescan.errors import EnvironmentFault
from bonescan.model.outcome import Outcome
from bonescan.model.vocabulary import OutcomeKind


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_one_line_a_minute_where_nobody_looks(capsys):
    clock = Clock()
    progress = RunProgress(EventLog(None), clock)
    with progress as tell:
        for done in range(1, 301):
            progress.noted("00", Outcome(kind=OutcomeKind.MEASURED))
            tell("measuring", done, 600)
            clock.now += 1.0
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "measuring: 600",
        # 61 files in 60 s: 530.2 s for the 539 that are left
        "measuring: 61 of 600   1.0/s   0:08:50 left   61 measured",
        "measuring: 121 of 600   1.0/s   0:07:55 left   121 measured",
        "measuring: 181 of 600   1.0/s   0:06:57 left   181 measured",
        "measuring: 241 of 600   1.0/s   0:05:58 left   241 measured",
    ]


def test_a_bar_on_a_terminal_shows_rate_and_counts(monkeypatch, capsys):
    clock = Clock()
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    progress = RunProgress(EventLog(None), clock)
    with progress as tell:
        tell("measuring", 0, 40)
        clock.now += 2.0
        progress.noted("00", Outcome(kind=OutcomeKind.UNUSABLE))
        progress.noted("01", Outcome(kind=OutcomeKind.MEASURED))
        tell("measuring", 30, 40)
        fields = progress._bar.tasks[0].fields
        assert (fields["rate"], fields["counts"]) == ("15/s", "1 measured · 1 unusable")
        assert progress._bar.tasks[0].completed == 30


def test_a_phase_without_a_clock_tick_says_its_size_only(capsys):
    with PhaseProgress(Clock()) as tell:
        tell("reading", 1, 3)
        tell("reading", 3, 3)
        tell("measuring", 1, 2)
    assert capsys.readouterr().err == "reading: 3\nmeasuring: 2\n"


def test_a_log_that_can_not_be_written_is_an_environment_fault(tmp_path):
    with pytest.raises(EnvironmentFault, match="BS-E501 log: the log can't be written"):
        EventLog(tmp_path / "gone" / "log")


def test_the_log_of_a_run_holds_no_name_and_no_number(tmp_path, sample_scans, verb):
    import pydicom

    folder = tmp_path / "WANG^DAMING"
    (folder / "CHART777001").mkdir(parents=True)
    scan = pydicom.dcmread(sample_scans / "0001006_dxa_report.dcm")
    scan.PatientName, scan.PatientID = "PLANTED^NAME", "CHART777001"
    scan.save_as(folder / "CHART777001" / "PLANTED.dcm")
    (folder / "王大明.csv").write_text("not a table\n")
    shutil.copy(sample_scans / "0001006_dxa_report.dcm", folder / "cut.dcm")
    (folder / "cut.dcm").write_bytes((folder / "cut.dcm").read_bytes()[:900])
    log = tmp_path / "events.jsonl"
    code, _, err = verb("run", folder, "-o", tmp_path / "out", "--log", log, "--report", "none")
    assert code == 0
    text = log.read_text(encoding="utf-8")
    for planted in (
        "PLANTED",
        "CHART777001",
        "777001",
        "WANG",
        "王",
        "events.jsonl",
        str(tmp_path),
    ):
        assert planted not in text
        assert planted not in err
    events = [json.loads(line) for line in text.splitlines()]
    assert [e["event"] for e in events if e["event"] != "phase"] == [
        "start", "outcome", "outcome", "outcome", "end",
    ]  # fmt: skip
    assert sorted(e["outcome"] for e in events if e["event"] == "outcome") == [
        "reported", "unusable", "unusable",
    ]  # fmt: skip
    assert events[-1]["exit_code"] == 0
    assert events[-1]["outcomes"] == {"reported": 1, "unusable": 2}
