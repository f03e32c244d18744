"""The referral packet: what it carries, what it refuses, and that it diagnoses nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bonescan.model.exam import Device, Exam
from bonescan.model.measurement import LabelledRow, Measurement, Scores, Verdict
from bonescan.model.page import PageRow
from bonescan.model.person import PersonAtExam
from bonescan.model.referral import PacketVisit
from bonescan.model.vocabulary import Category, Origin, Technique
from bonescan.workflows.due_people import due_people
from bonescan.workflows.facts_store import import_facts
from bonescan.workflows.packet_visits import packet_visits

Verb = Callable[..., tuple[int, str, str]]
DAY = "2026-03-01"
HORIZON = Device(manufacturer="Hologic", model="Horizon A", serial="S1", maker="hologic")
FACTS = """patient_id,issuer,date,fact,value,source
NAME-1,H,,sex,F,chart
NAME-1,H,,birth_date,1992-02-29,chart
NAME-1,H,2025-09-01,delivery,,chart
NAME-1,H,2025-09-02,feeding,exclusive,questionnaire
NAME-1,H,2026-01-10,back_pain,yes,questionnaire
NAME-1,H,2026-01-12,fragility_fracture,vertebral,MRI
NAME-1,H,2026-01-12,spine_imaging,MRI: <b>two</b> vertebrae,radiology
NAME-1,H,2025-03-01,drug_start,heparin,chart
NAME-1,H,2026-01-13,fls_raised,Dr Lin,chart
NAME-1,H,2026-01-20,fls_sent,Nurse Wu,chart
NAME-1,H,2026-05-01,fls_seen,Dr Ho,chart
GONE-2,H,,sex,F,chart
GONE-2,H,2026-01-01,withdrawn,,study
"""


def row(bmd: float, day: str, *, site: str = "femoral-neck-left", device: Device = HORIZON,
        technique: Technique = Technique.DXA, shows_t: bool = False) -> PageRow:  # fmt: skip
    when = date.fromisoformat(day)
    return PageRow(
        file=f"{day}.dcm",
        sha256=day,
        labelled=LabelledRow(
            measurement=Measurement(technique=technique, origin=Origin.REPORTED, site=site,
                                    bmd_g_cm2=bmd),
            scores=Scores(t_score=-1.14, t_label=-1.1, z_score=-0.9, z_label=-0.9,
                          reference_id="hologic_fn_f", z_reference_id="nhanes"),
            verdict=Verdict(category=Category.WITHIN_EXPECTED_RANGE, shows_t=shows_t),
        ),
        exam=Exam(exam_date=when),
        device=device,
        person=PersonAtExam(sex="F", age_years=33.0, age_is_exact=True, menopausal_status=None),
    )  # fmt: skip


def last(*rows: PageRow) -> PacketVisit:
    return packet_visits(rows)[-1]


@pytest.mark.parametrize(
    ("after", "words"),
    [  # neck LSC 6.9 % of 1.000 = 0.069 g/cm2; equality reaches it
        (0.932, "not shown to have changed"), (0.931, "reaches the LSC"),
        (1.069, "reaches the LSC"), (1.068, "not shown to have changed"),
    ],
)  # fmt: skip
def test_a_change_is_held_against_the_lsc(after: float, words: str) -> None:
    visit = last(row(1.0, "2025-01-01"), row(after, "2026-01-01"))
    assert visit.change_percent == pytest.approx(100 * (after - 1.0))
    assert visit.change_g_cm2 == pytest.approx(after - 1.0)
    assert (visit.change_note[0], visit.change_since) == (words, date(2025, 1, 1))
    assert "fallback" in visit.lsc_note[0]


def test_another_device_site_or_no_serial_number_is_no_change() -> None:
    other = Device(manufacturer="Hologic", model="Horizon A", serial="S2")
    unknown = Device(manufacturer="Hologic", model="Horizon A")
    first = row(1.0, "2025-01-01")
    assert last(first, row(0.8, "2026-01-01", device=other)).change_percent is None
    assert last(first, row(0.8, "2026-01-01", site="femoral-neck-right")).change_percent is None
    assert last(first, row(0.8, "2026-01-01", technique=Technique.REMS)).change_percent is None
    visit = last(row(1.0, "2025-01-01", device=unknown), row(0.8, "2026-01-01", device=unknown))
    assert (visit.change_percent, "serial" in visit.change_note[0]) == (None, True)


def test_each_technique_has_its_own_lsc_or_none() -> None:
    assert last(row(1.0, DAY, technique=Technique.REMS)).lsc_percent == 5.35  # 2.77 x 1.93 %
    style = last(row(1.0, "2025-01-01", technique=Technique.REMS_STYLE),
                 row(0.5, DAY, technique=Technique.REMS_STYLE))  # fmt: skip
    assert style.lsc_percent is None
    assert "no LSC" in style.change_note[0]
    assert last(row(1.0, DAY, site="L1-L4")).lsc_percent == 5.3
    assert last(row(1.0, DAY, site="total-hip-left")).lsc_percent == 5.0
    assert last(row(1.0, DAY, site="knee-left")).lsc_percent is None


def test_under_the_z_rule_no_t_is_shown() -> None:
    visit = last(row(1.0, DAY))
    assert (visit.t_score, visit.t_reference, visit.z_score) == (None, None, -0.9)
    assert visit.z_reference == "nhanes"
    assert last(row(1.0, DAY, shows_t=True)).t_score == -1.1


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result folder with facts and no scan."""
    folder = tmp_path_factory.mktemp("packet")
    (folder / "facts.csv").write_text(FACTS, encoding="utf-8")
    import_facts(folder / "facts.csv", folder / "out")
    return folder / "out"


def pseudonym(results: Path, sign: str) -> str:
    people, _key = due_people(results, date.fromisoformat(DAY))
    return next(p.patient_id for p in people if any(f.fact == sign for f in p.facts))


def test_the_packet_carries_what_is_recorded(verb: Verb, results: Path) -> None:
    who = pseudonym(results, "delivery")
    code, out, _err = verb("due", results, "--packet", who, "--on", DAY, "--json")
    data = json.loads(out)["data"]
    assert code == 0
    assert [(s["day"], s["state"], s["who"]) for s in data["steps"]] == [
        ("2026-01-13", "raised", "Dr Lin"), ("2026-01-20", "sent", "Nurse Wu"),
    ]  # fmt: skip
    assert data["is_open"]
    assert [f["value"] for f in data["fractures"]] == ["vertebral"]
    assert [f["name"] for f in data["feeding"]] == ["delivery", "feeding"]
    assert [f["value"] for f in data["drugs"]] == ["heparin"]
    assert [f["name"] for f in data["pain"]] == ["back_pain"]
    assert len(data["imaging"]) == 1
    prompts = {n["rule_id"] for n in data["prompts"]}
    assert {"FLS-02", "PLO-P3", "PLO-P4"} <= prompts
    assert "SAF-16" in {n["rule_id"] for n in data["safety"]}
    assert data["ask"]
    seen = json.loads(verb("due", results, "--packet", who, "--on", "2026-05-01", "--json")[1])
    assert not seen["data"]["is_open"]


@pytest.mark.parametrize("lang", ["en", "zh-TW"])
def test_the_page_and_the_json_beside_it(
    verb: Verb, results: Path, tmp_path: Path, lang: str
) -> None:
    who = pseudonym(results, "delivery")
    path = tmp_path / "new" / "packet.html"
    code, _out, _err = verb(
        "due", results, "--packet", who, "--on", DAY, "-o", path, "--lang", lang
    )
    page = path.read_text(encoding="utf-8")
    assert code == 0
    assert json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["patient_id"] == who
    assert "NAME-1" not in page
    assert "&lt;b&gt;two&lt;/b&gt;" in page
    assert not re.search(r"src=|href=|url\(|<script", page)
    consider = (
        "考慮轉介骨折聯合照護服務" if lang == "zh-TW" else "Consider referral to the Fracture"
    )
    assert consider in page
    assert ("由臨床醫師判斷" if lang == "zh-TW" else "Not a diagnosis") in page
    if lang == "zh-TW":
        assert "脊椎" in page
        assert "全母乳" in page


def test_who_withdrew_or_is_nobody_has_no_packet(verb: Verb, results: Path, tmp_path: Path) -> None:
    gone = pseudonym(results, "withdrawn")
    path = tmp_path / "packet.html"
    code, _out, err = verb("due", results, "--packet", gone, "--on", DAY, "-o", path)
    assert (code, "BS-E405" in err, path.exists()) == (2, True, False)
    code, _out, err = verb("due", results, "--packet", "P-nobody", "-o", path)
    assert (code, "BS-E402" in err) == (2, True)
    code, _out, err = verb("due", results, "--packet", gone, "-o", tmp_path / "packet.pdf")
    assert (code, "BS-E304" in err) == (2, True)


def test_a_short_text_without_a_file(verb: Verb, results: Path) -> None:
    who = pseudonym(results, "delivery")
    _code, out, _err = verb("due", results, "--packet", who, "--on", DAY)
    assert "2026-01-20 sent (Nurse Wu)" in out
    assert "Fractures: 1" in out
