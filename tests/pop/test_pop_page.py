"""The page drawn from values made by hand: what stands beside a REMS-style value, and gaps."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest

from bonescan.model.change import Change, ChangeVerdict, SeriesPoint
from bonescan.model.pop_page import PopPart, PopSeries, PopSheet, PopValue, PopVisit
from bonescan.model.vocabulary import Origin, Technique
from bonescan.report.pop_page import pop_page
from bonescan.report.pop_words import sentence

FIRST, LATER = date(2025, 3, 26), date(2025, 9, 17)


def value(visit: str, day: date, bmd: float, depth: float | None) -> PopValue:
    point = SeriesPoint(
        day=day, bmd_g_cm2=bmd, technique=Technique.REMS_STYLE, origin=Origin.ESTIMATED,
        site="femoral-neck-right", n_scans=2, weight_kg=61.5, depth_mm=depth,
        attenuation_db_cm_mhz=0.62, bmd_uncorrected_g_cm2=0.688, flags=("repeat_scan",),
    )  # fmt: skip
    return PopValue(visit=visit, point=point, at="12+0", half_g_cm2=None)


def sheet(**changed: object) -> PopSheet:
    first, later = value("T1", FIRST, 0.723, 41.2), value("T3", LATER, 0.709, None)
    part = PopPart(
        start=None, delivery=None, loss=None, weaning=None, today="",
        visits=(
            PopVisit(name="T1", title=("first trimester", "第一孕期"), state="cannot-be-judged",
                     ideal=None, allowed=None, scans=(FIRST, LATER), at="",
                     reason="the pregnancy is not dated", outside=(LATER,)),
        ),
        series=(
            PopSeries(technique="REMS-style", origin="estimated", site="femoral-neck-right",
                      values=(first, later), baseline=first, lsc_g_cm2=None, basis="",
                      basis_is_own=False, expected=None, expected_days=None),
        ),
        changes=(
            ("T3", Change(baseline=first.point, follow_up=later.point,
                          verdict=ChangeVerdict.NO_PRECISION_STUDY, difference_g_cm2=-0.014,
                          percent=-1.936, percent_uncorrected=-0.4,
                          flags=("correction_not_checked",))),
        ),
    )  # fmt: skip
    values: dict[str, object] = {
        "patient_id": "P-<b>x", "on": LATER, "protocol": "pop", "protocol_title": ("POP", "POP"),
        "centre": None, "consent": None, "withdrawn": None, "after_loss": False,
        "simulated": True, "parts": (part,), "fractures": (), "answers": (), "sections": {},
        "missing": (), "factors": (), "prompts": (), "safety": (), "stray": (date(2024, 1, 2),),
        "remarks": ("the identity is in doubt: no verdict on change",),
    }  # fmt: skip
    return PopSheet(**{**values, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("Depth, mm", "no verdict: no precision study", "without path correction −0.4 %",
                "2 scans averaged", "scan again", "Simulated exam", "not dated",
                "T1 (first trimester): cannot be judged", "belong to no visit: 2024-01-02")),
        ("zh-TW", ("深度 mm", "不予判定：無精密度研究", "類 REMS 開放演算法（非 Echolight REMS）",
                   "股骨頸（右）", "請重新檢查", "模擬檢查", "懷孕週數未確定",
                   "身分有疑義：變化不予判定")),
    ],
)  # fmt: skip
def test_weight_depth_and_attenuation_stand_beside_a_rems_style_value(
    lang: str, words: tuple[str, ...]
) -> None:
    text = pop_page(sheet(), lang)
    for word in (*words, "41.2", "61.5", "0.62", "0.688"):
        assert word in unescape(text), word
    assert 'class="lsc-band"' not in text
    assert "<b>x" not in text
    assert not re.search(r">(None|nan)<|\bNone g|\bnan\b", text.split("</style>")[-1])
    assert {
        "en": "out of protocol, kept: 2025-09-17",
        "zh-TW": "超出計畫時窗，予以保留：2025-09-17",
    }[lang] in text


def test_who_left_the_study_has_nothing_due() -> None:
    text = pop_page(sheet(withdrawn=LATER), "en")
    assert "She has left the study: nothing is due." in text
    assert "T1 (first trimester): cannot be judged" not in text


def test_without_a_pregnancy_the_page_says_so() -> None:
    assert "尚無可供計算訪視之懷孕記錄" in pop_page(sheet(parts=()), "zh-TW")


def test_a_sentence_nobody_translated_stands_as_it_is() -> None:
    assert sentence("something new", "zh-TW") == "something new"
    assert sentence("delivered at 34+1", "zh-TW") == "於 34+1 週分娩"
    assert sentence("delivered at 34+1", "en") == "delivered at 34+1"
