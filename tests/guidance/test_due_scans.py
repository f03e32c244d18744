"""The lists over exports of scanners: days of scans, identity in doubt, what needs a person.

Dates and birth dates are those that the sample scans' list of people gives.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bonescan.model.due import DuePerson
from bonescan.workflows.due_people import due_people
from bonescan.workflows.facts_store import import_facts
from bonescan.workflows.run_folder import run_folder

Verb = Callable[..., tuple[int, str, str]]
DAY = "2026-06-01"
FILES = ("0001001_dxa_lumbar.dcm", "0001001_dxa_hip.dcm", "0001002_dxa_report.dcm",
         "0001003_dxa_report.dcm", "0001007_dxa_report.dcm")  # fmt: skip
FACTS = """patient_id,issuer,date,fact,value,source
0001001,SIM-HOSPITAL,2008-06-01,menopause,natural,questionnaire
0001001,SIM-HOSPITAL,2023-11-20,fragility_fracture,vertebral,questionnaire
0001002,SIM-HOSPITAL,,birth_date,1901-01-01,a slip of the pen
0001002,SIM-HOSPITAL,2020-01-01,cancer,breast cancer,chart
0001007,SIM-HOSPITAL,2026-01-01,bmd_elsewhere,,letter
0001007,SIM-HOSPITAL,2020-01-01,fragility_fracture,rib,chart
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, sample_scans: Path) -> Path:
    """A result folder over a few DXA exports."""
    folder = tmp_path_factory.mktemp("scans")
    (folder / "in").mkdir()
    for name in FILES:
        shutil.copy(sample_scans / name, folder / "in" / name)
    (folder / "facts.csv").write_text(FACTS, encoding="utf-8")
    run_folder([folder / "in"], folder / "out")
    import_facts(folder / "facts.csv", folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def people(results: Path) -> dict[str, DuePerson]:
    """People by chart number; 0001003 has no facts."""
    found, _key = due_people(results, date.fromisoformat(DAY))
    return {p.facts[0].patient_id if p.facts else "0001003": p for p in found}


def lists(verb: Verb, results: Path, *more: str) -> tuple[dict[str, list[dict[str, Any]]], Any]:
    _code, out, _err = verb("due", results, "--on", DAY, "--json", *more)
    document = json.loads(out)
    return {p["patient_id"]: p["rows"] for p in document["data"]["people"]}, document


def test_the_day_of_the_scan_begins_the_interval(
    verb: Verb, results: Path, people: dict[str, DuePerson]
) -> None:
    rows, _document = lists(verb, results, "--list", "retest")
    row = next(r for r in rows[people["0001001"].patient_id] if r["rule_ids"] == ["RET-04"])
    # scanned on 2025-05-14, after the fracture: again on 2026-05-14
    assert (row["due_until"], row["overdue_days"]) == ("2026-05-14", 18)
    assert "2025-05-14 (DXA)" in row["why"]["en"]


def test_a_density_measured_elsewhere_counts(
    verb: Verb, results: Path, people: dict[str, DuePerson]
) -> None:
    rows, _document = lists(verb, results, "--list", "retest")
    row = next(r for r in rows[people["0001007"].patient_id] if r["rule_ids"] == ["RET-04"])
    assert (row["due_from"], row["state"]) == ("2027-01-01", "later")
    assert "elsewhere" in row["why"]["en"]


def test_an_identity_in_doubt_is_judged_by_no_rule(
    verb: Verb, results: Path, people: dict[str, DuePerson]
) -> None:
    rows, document = lists(verb, results)
    found = rows[people["0001002"].patient_id]
    assert {r["list"] for r in found} == {"needs-person"}
    assert "Identity in doubt" in found[0]["why"]["en"]
    assert [p["code"] for p in document["problems"]] == ["BS-W400"]
    assert "1 person is" in document["problems"][0]["reason"]
    code, _out, err = verb("due", results, "--packet", people["0001002"].patient_id)
    assert (code, "BS-E405" in err) == (2, True)


def test_a_status_that_nobody_recorded_needs_a_person(
    verb: Verb, results: Path, people: dict[str, DuePerson]
) -> None:
    rows, _document = lists(verb, results, "--list", "needs-person")
    words = [r["why"]["en"] for r in rows[people["0001003"].patient_id]]
    assert "Menopausal status is not recorded." in words
    assert "Results to be reviewed: 2025-05-20." in words  # the day of the exam


def test_what_lies_after_the_day_says_nothing(results: Path) -> None:
    before, _key = due_people(results, date(2025, 5, 1))
    assert all(p.last_assessed is None for p in before)


@pytest.mark.parametrize("lang", ["en", "zh-TW"])
def test_the_packet_shows_the_visits(
    verb: Verb, results: Path, people: dict[str, DuePerson], tmp_path: Path, lang: str
) -> None:
    path = tmp_path / "packet.html"
    who = people["0001001"].patient_id
    code, out, _err = verb(
        "due", results, "--packet", who, "--on", DAY, "-o", path, "--lang", lang, "--json"
    )
    assert code == 0
    visits = {v["site"]: v for v in json.loads(out)["data"]["visits"]}
    assert {"L1-L4", "femoral-neck-left"} <= set(visits)
    spine = visits["L1-L4"]
    assert spine["exam_date"] == "2025-05-14"
    assert (spine["lsc_percent"], spine["device"] != "") == (5.3, True)
    assert spine["t_score"] is not None  # WHO words hold for her
    page = path.read_text(encoding="utf-8")
    assert ("腰椎 L1-L4" if lang == "zh-TW" else "L1-L4") in page
    assert ("模擬資料" if lang == "zh-TW" else "Simulated data") in page
    assert f"{spine['bmd_g_cm2']:.3f}" in page
