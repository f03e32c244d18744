"""attrition.csv: every file is counted at each step that it took."""

from __future__ import annotations

import csv
from types import SimpleNamespace

import pytest

from bonescan.files.attrition_table import STEPS
from bonescan.model.exam import Device, Exam
from bonescan.model.page import FileRow
from bonescan.settings import Settings
from bonescan.workflows.attrition import attrition_rows
from bonescan.workflows.run_folder import run_folder

ZERO = dict.fromkeys(STEPS, 0)


def file(outcome, code="", n_results=0, sha256="a"):
    return FileRow(
        file="x", sha256=sha256, bytes=1, format="", carrier="", site="", outcome=outcome,
        code=code, reason="", hint="", n_results=n_results,
    )  # fmt: skip


def study(files, category=None, day=None, device=None):
    verdict = SimpleNamespace(category=category)
    row = SimpleNamespace(sha256="a", labelled=SimpleNamespace(verdict=verdict))
    outcome = SimpleNamespace(exams=[SimpleNamespace(device=device, exam=Exam(exam_date=day))])
    return SimpleNamespace(
        files=files,
        people=[SimpleNamespace(rows=[row])],
        contents={"a": SimpleNamespace(outcome=outcome)},
    )


@pytest.mark.parametrize(
    ("row", "category", "last"),
    [
        (file("duplicate", "BS-W284"), None, "set_aside"),
        (file("companion", "BS-W430"), None, "set_aside"),
        (file("unusable", "BS-E104"), None, "found"),
        (file("unusable", "BS-E159"), None, "found"),
        (file("unusable", "BS-E430"), None, "found"),
        (file("unusable", "BS-E503"), None, "found"),
        (file("not-densitometry", "BS-W281"), None, "readable"),
        (file("unusable", "BS-E160"), None, "recognised"),
        (file("conflict", "BS-E190"), None, "recognised"),
        (file("no-numbers", "BS-E180"), None, "quality_passed"),
        (file("needs-review"), None, "quality_passed"),
        (file("reported", n_results=2), None, "measured"),
        (file("reported", n_results=2), "none", "measured"),
        (file("measured", n_results=2), "normal", "classified"),
    ],
    ids=lambda v: getattr(v, "outcome", v) if not isinstance(v, str) else v,
)
def test_a_file_is_counted_as_far_as_it_came(row, category, last):
    everything = attrition_rows(study([row], category))[0]
    found = {step: everything[step] for step in STEPS}
    if last == "set_aside":
        assert found == ZERO | {"found": 1, "set_aside": 1}
        return
    path = [s for s in STEPS if s != "set_aside"]
    assert found == ZERO | dict.fromkeys(path[: path.index(last) + 1], 1)


def test_rows_by_device_and_month_add_up_to_what_was_not_set_aside(sample_scans, tmp_path):
    scans = tmp_path / "in"
    scans.mkdir()
    for path in [*sample_scans.glob("*_dxa_report.dcm"), sample_scans / "subjects.csv"]:
        (scans / path.name).write_bytes(path.read_bytes())
    run_folder([scans], tmp_path / "out", Settings())
    with (tmp_path / "out" / "attrition.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (tmp_path / "out" / "files.csv").open(newline="") as file:
        files = list(csv.DictReader(file))
    assert int(rows[0]["found"]) == len(files)
    assert int(rows[0]["measured"]) == sum(int(f["n_results"]) > 0 for f in files)
    left = int(rows[0]["found"]) - int(rows[0]["set_aside"])
    for scope in ("device", "month", "device-month"):
        assert sum(int(r["found"]) for r in rows if r["scope"] == scope) == left
    assert any(r["month"].startswith("20") for r in rows)
    assert any("HOLOGIC" in r["device"] for r in rows)
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert 'id="attrition"' in page
    assert 'href="attrition.csv"' in page


def test_what_states_neither_device_nor_date_is_unknown():
    rows = attrition_rows(study([file("reported", n_results=1)], device=Device()))
    assert [(r["scope"], r["device"], r["month"]) for r in rows] == [
        ("all", "", ""),
        ("device", "unknown", ""),
        ("month", "", "unknown"),
        ("device-month", "unknown", "unknown"),
    ]
