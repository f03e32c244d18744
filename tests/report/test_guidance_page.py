"""The page of prompts: both languages, every safety note, the band of expected loss."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bonescan.guidance.load import load_rules
from bonescan.model.guidance import FactSheet
from bonescan.report.figures.loss_band import LossBand, loss_band
from bonescan.report.guidance_page import guidance_page
from bonescan.workflows.guide_person import guided

from .conftest import Browser


def data(not_understood: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    values = {"sex": "F", "age_years": 33.0, "menopausal_status": "lactating",
              "breastfeeding": True, "back_pain": True, "q_smoking": True} | more  # fmt: skip
    sheet = FactSheet(patient_id="P-<b>x", on=date(2026, 3, 1), values=values,
                      not_understood=not_understood)  # fmt: skip
    found = guided(sheet, load_rules()).to_dict()
    found["losses"] = [{
        "site": "L1-L4", "technique": "DXA", "origin": "reported", "device": "Hologic A",
        "points": [{"date": "2024-01-15", "bmd_g_cm2": 0.970},
                   {"date": "2025-11-15", "bmd_g_cm2": 0.959}],
        "months": 22.0, "change_percent": -1.134, "per_year_percent": -0.619, "note": "",
        "note_zh": "",
        "expected": [{"situation": "s", "en": "surgical menopause", "zh": "手術停經",
                      "site": "site not stated", "site_zh": "部位未註明", "months": 22.0,
                      "linear_percent": [11.0, 12.83],
                      "compounded_percent": [10.7, 12.5], "source": "an article",
                      "source_zh": "一篇文章", "evidence": "S", "note": "the first years",
                      "note_zh": "最初數年"},
                     {"situation": "t", "en": "removal of the ovaries", "zh": "卵巢切除",
                      "site": "lumbar spine", "site_zh": "腰椎", "months": 22.0,
                      "linear_percent": None, "compounded_percent": None, "source": "a report",
                      "source_zh": "一篇報告", "evidence": "S",
                      "note": "it began after the first exam", "note_zh": "之後才開始"}],
    }]  # fmt: skip
    return json.loads(json.dumps(found))


def test_a_prompt_stands_with_its_reason_source_and_safety_note() -> None:
    html = guidance_page(data())
    assert "raise the suspicion" in html
    assert "back_pain = yes" in html
    assert "SAF-16" in html
    assert "whatever the Z-score" in html


def test_the_chinese_page_says_so_and_keeps_the_notice() -> None:
    html = guidance_page(data(), "zh-TW")
    assert '<html lang="zh-Hant-TW">' in html
    for words in ("僅供研究，非醫療器材", "由臨床醫師判斷", "手術停經", "您是否常抽菸"):
        assert words in html


def test_names_are_escaped_and_nothing_is_fetched() -> None:
    html = guidance_page(data())
    assert "P-<b>x" not in html
    assert "P-&lt;b&gt;x" in html
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)


def test_own_and_expected_loss_stand_side_by_side() -> None:
    html = guidance_page(data())
    assert "−1.13 % / 22.0 months (−0.62 % a year)" in html
    assert "−11.0 … −12.8 % / 22 months" in html
    assert "decided by precision, not here" in html


def test_across_a_pregnancy_no_yearly_rate_is_shown() -> None:
    given = data()
    given["losses"][0]["per_year_percent"] = None
    assert "% a year" not in guidance_page(given)


def test_an_open_rule_shows_what_to_ask_and_not_its_text() -> None:
    html = guidance_page(data())
    assert "Is an aromatase inhibitor taken?" in html
    assert "estradiol" not in html


def test_the_wedge_begins_at_nothing_and_ends_at_both_rates() -> None:
    svg = loss_band(
        [(0.0, 0.0), (22.0, -1.0)],
        [LossBand(name="w", months=22.0, low_percent=10.0, high_percent=20.0)],
        title="t", description="d", names=("x", "y"),
    )  # fmt: skip
    root = ET.fromstring(svg)
    wedge = next(e for e in root.iter() if e.get("class") == "loss-0-band")
    places = [tuple(map(float, p.split(","))) for p in (wedge.get("points") or "").split()]
    start, high, low, back = places  # up along the small loss, down along the large one
    assert start == back
    assert (low[1] - start[1]) == pytest.approx(2 * (high[1] - start[1]), abs=0.05)
    assert high[0] == low[0]


FRAME = ("Research use only", "Skip to the content", "Made by bonescan", "not a medical device",
         "Unknown", "Safety notes", "because", "Physician", "congress", " = yes")  # fmt: skip


def test_the_chinese_page_has_no_english_frame() -> None:
    # SCORE leaves its cut open, OST has its raw value: indices with every word
    html = guidance_page(
        data(menopausal_status="postmenopausal", age_years=52.0, weight_kg=71.0,
             rheumatoid_arthritis=False, fractures_after_45=1.0, hormone_therapy_ever=True,
             breastfeeding=False, q_steroids=True), "zh-TW")  # fmt: skip
    for words in FRAME:
        assert words not in html
    for words in (
        "跳至內容",
        "由 bonescan ",
        "無法判定",
        "取整數前",
        "若計入族裔項目",
        "問卷題號 9",
    ):
        assert words in html
    assert html.count("本頁內容並非診斷或醫囑") == 1  # one notice, not one in each language
    foot = "".join(f"\\{ord(c):x} " for c in "僅供研究")
    assert foot in html  # of printed sheets, escaped


def test_reasons_and_notes_are_chinese_too() -> None:
    html = guidance_page(data(), "zh-TW")
    for words in ("是否背痛？是", "目前是否哺乳？是", "一篇文章", "最初數年", "部位未註明"):
        assert words in html


def test_the_english_frame_is_as_on_every_page() -> None:
    html = guidance_page(data())
    for words in FRAME[:4]:
        assert words in html
    assert '<html lang="en">' in html


def test_what_was_not_understood_is_shown() -> None:
    html = guidance_page(data(not_understood=("disease 2025-01-01: no <DVT>",)))
    assert "Recorded, not understood" in html
    assert "disease 2025-01-01: no &lt;DVT&gt;" in html
    assert "Recorded, not understood" not in guidance_page(data())


def test_a_rate_that_does_not_hold_shows_why_and_no_number() -> None:
    html = guidance_page(data())
    row = html[html.index("removal of the ovaries, lumbar spine") :]
    assert "<td>no rate</td>" in row[:120]
    assert "it began after the first exam" in row
    assert len(re.findall(r'class="loss-\d-band"', html)) == 1  # no wedge without a number


def test_what_is_recorded_is_first_and_only_contraindications_have_a_state() -> None:
    html = guidance_page(data(breast_cancer=True, hormone_therapy=True))
    place = [html.index(words) for words in
             ('id="recorded"', "SAF-07 ·", "MHT-01 ·", "MHT-13 ·", 'id="prompts"')]  # fmt: skip
    assert place == sorted(place)
    saf_16 = html[: html.index("SAF-16 ·")].rsplit("<div", 1)[1]
    assert "[applies]" in saf_16
    mht_01 = html[: html.index("MHT-01 ·")].rsplit("<div", 1)[1]
    assert "[recorded]" in mht_01
    mht_13 = html[: html.index("MHT-13 ·")].rsplit("<div", 1)[1]
    assert "[unknown]" in mht_13


@pytest.mark.peer
@pytest.mark.figure
@pytest.mark.parametrize("lang", ["en", "zh-TW"])
def test_a_browser_is_content(browse: Browser, tmp_path: Path, lang: str) -> None:
    page = tmp_path / "guide.html"
    page.write_text(guidance_page(data(), lang), encoding="utf-8")
    assert browse(page).console == []
