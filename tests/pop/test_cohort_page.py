"""The page of a cohort: what it shows, what it must not ask for, hostile names."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bonescan.errors import EnvironmentFault
from bonescan.workflows.pop_cohort import cohort_of_file
from bonescan.workflows.pop_cohort_write import write_cohort

COHORT = Path(__file__).resolve().parents[1] / "stats" / "data" / "pop_cohort.csv"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cohort") / "out"
    write_cohort(cohort_of_file(COHORT, covariates=["age_y"]), out, COHORT.name)
    return out


def test_the_page_shows_the_model_and_every_woman(page: Path) -> None:
    text = (page / "index.html").read_text(encoding="utf-8")
    assert "value ~ visit + device + (1 | woman)" in text
    assert "-2.94 (-3.46 to -2.43) %" in text  # L6: -0.0217624 of 0.739581 (lmerTest)
    drawn = re.findall(r"<polyline[^>]*class=\"woman\"", text)
    assert len(drawn) == 80
    dots = re.findall(r"class=\"dot-(decrease|increase|not-shown)\"", text)
    assert len(dots) == 76 + 30 + 27  # women whose visit is on the device of T1


def test_the_page_asks_for_nothing_outside_and_is_small(page: Path) -> None:
    text = (page / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=\"(?!#)", text)
    assert "<script" not in text
    assert len(text.encode()) < 400_000
    assert "default-src 'none'" in html.unescape(text)


def test_the_tables_hold_what_the_page_shows(page: Path) -> None:
    with (page / "women.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 76 + 67 + 51
    assert {r["verdict"] for r in rows} >= {"decrease", "not-shown", "not-comparable"}
    assert all(not r["change"] for r in rows if r["verdict"] == "not-comparable")
    with (page / "contrasts.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [r["contrast"] for r in found] == 2 * ["T3 - T1", "L6 - T1", "PW - T1"]


def test_a_hostile_name_stays_text(tmp_path: Path) -> None:
    table = COHORT.read_text(encoding="utf-8").replace("P001,", "<script>alert(1)</script>,")
    path = tmp_path / "c.csv"
    path.write_text(table, encoding="utf-8")
    write_cohort(cohort_of_file(path), tmp_path / "out", "<b>c</b>.csv")
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "<b>c</b>" not in text


def test_without_devices_or_precision_the_page_still_stands(tmp_path: Path) -> None:
    lines = COHORT.read_text(encoding="utf-8").splitlines()
    header = lines[0].split(",")
    device, scan = header.index("device"), header.index("scan")
    rows = [x.split(",") for x in lines[1:]]
    kept = [[c for n, c in enumerate(r) if n != device] for r in rows if r[scan] == "1"]
    path = tmp_path / "c.csv"
    head = [c for c in header if c != "device"]
    path.write_text("\n".join(",".join(r) for r in (head, *kept)) + "\n", encoding="utf-8")
    report = cohort_of_file(path)
    assert [p.code for p in report.problems] == ["BS-W442"]
    write_cohort(report, tmp_path / "out", path.name)
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "no-precision-study" in text
    assert "Devices, against" not in text


def test_the_verb_writes_the_folder(
    tmp_path: Path, verb: Callable[..., tuple[int, str, str]]
) -> None:
    code, text, _ = verb("pop", "cohort", COHORT, "-o", tmp_path / "out")
    assert code == 0
    assert "index.html" in text
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(EnvironmentFault, match="writing failed"):
        write_cohort(cohort_of_file(COHORT), tmp_path / "file", "c.csv")
