"""One woman's page: what it shows, what it must not, and in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest

from bonescan.guidance.pop_risk import risk_map
from bonescan.model.guidance import FactSheet

from .test_pop_verbs import Verb, at, enrolled, study

__all__ = ["study"]
BORN = date(2025, 10, 1)
FEEDING = re.compile(r"breastfe|lactat|wean|feeding|哺|斷奶", re.IGNORECASE)


def page(verb: Verb, out: Path, name: str, on: str, lang: str, *more: object) -> str:
    target = out.parent / f"page-{lang}.html"
    code, _, err = verb(
        "pop", "report", out, "--patient", name, "-o", target, "--on", on, "--lang", lang, *more
    )
    assert code == 0, err
    return unescape(target.read_text(encoding="utf-8"))


def body(text: str) -> str:
    return text.rsplit("</style>", maxsplit=1)[-1]


@pytest.mark.parametrize(
    ("lang", "verdict", "visit"),
    [
        ("en", "not shown to have changed", "in the ideal window"),
        ("zh-TW", "未達最小顯著變化", "於理想時窗內"),
    ],
)
def test_the_page_shows_visits_values_and_changes(
    study: Callable[..., Path], verb: Verb, lang: str, verdict: str, visit: str
) -> None:
    out = study((at(12), 0.723), (at(37), 0.709))
    name = enrolled(verb, out, "--fact", "smoking=no")
    text = page(verb, out, name, at(38), lang)
    assert verdict in body(text)
    assert visit in body(text)
    assert "−1.9 %" in text  # 0.723 to 0.709 is -1.94 % of the first
    assert "0.0387" in text  # 2.77 x 1.93 % of 0.723 = 0.03865 (Amorim 2021)
    assert "Ramirez Zegarra 2024" in text
    assert "lsc-band" in body(text)
    assert "007" not in body(text)
    assert "T-score:" not in text
    assert "osteopenia" not in text.casefold()
    assert "骨質缺乏" not in text
    for outside in ("<script", "http://", "https://", " src="):
        assert outside not in body(text)
    assert "default-src 'none'" in text
    assert len(text.encode()) < 400_000


def test_chinese_pages_have_chinese_words_for_every_state(
    study: Callable[..., Path], verb: Verb
) -> None:
    out = study((at(12), 0.723))
    name = enrolled(verb, out)
    verb("pop", "visit", out, "--patient", name, "--on", at(34, 2), "--delivery", at(34, 1),
         "--feeding", "exclusive")  # fmt: skip
    text = body(page(verb, out, name, at(36), "zh-TW"))
    assert "於 34+1 週分娩" in text
    assert "delivered at" not in text
    assert "民國 114 年" in text


def test_after_a_loss_nothing_about_feeding_or_visits_to_come(
    study: Callable[..., Path], verb: Verb
) -> None:
    out = study((at(12), 0.723))
    name = enrolled(
        verb, out, "--fact", "feeding_plan=exclusive", "--fact", "fragility_fracture=rib"
    )
    assert FEEDING.search(body(page(verb, out, name, at(14), "en")))
    verb("pop", "visit", out, "--patient", name, "--on", at(20), "--loss", at(19),
         "--back-pain", "yes")  # fmt: skip
    for lang in ("en", "zh-TW"):
        text = body(page(verb, out, name, at(21), lang))
        assert not FEEDING.search(text), FEEDING.search(text)
        assert "T3" not in text
        assert "0.723" in text


def test_after_a_loss_the_child_before_is_not_asked_about(
    study: Callable[..., Path], verb: Verb
) -> None:
    out = study((at(12), 0.723), ("2026-03-20", 0.70))  # the later one 24+2 weeks after birth
    name = enrolled(verb, out)
    verb("pop", "visit", out, "--patient", name, "--on", "2025-10-05", "--delivery", "2025-10-01",
         "--feeding", "exclusive")  # fmt: skip
    verb("pop", "visit", out, "--patient", name, "--on", "2026-05-10", "--back-pain", "yes")
    assert "PLO-P3" in page(verb, out, name, "2026-05-11", "en")
    verb("pop", "enrol", out, "--patient", name, "--on", "2026-05-12",
         "--last-period", "2026-03-25")  # fmt: skip
    verb("pop", "visit", out, "--patient", name, "--on", "2026-05-25", "--loss", "2026-05-20")
    for lang in ("en", "zh-TW"):
        text = body(page(verb, out, name, "2026-05-26", lang))
        assert not FEEDING.search(text), FEEDING.search(text)
        assert 'id="pregnancy-2"' in text
        assert "2026-03-20" in text


def test_two_pregnancies_stand_in_two_parts(study: Callable[..., Path], verb: Verb) -> None:
    out = study((at(12), 0.723), ("2026-12-25", 0.715))
    name = enrolled(verb, out)
    verb("pop", "visit", out, "--patient", name, "--on", "2025-10-05", "--delivery", "2025-10-01",
         "--feeding", "none")  # fmt: skip
    verb("pop", "enrol", out, "--patient", name, "--on", "2026-12-20",
         "--last-period", "2026-10-01")  # fmt: skip
    text = body(page(verb, out, name, "2026-12-30", "en"))
    assert text.index('id="pregnancy-2"') < text.index('id="pregnancy-1"')
    first = text[text.index('id="pregnancy-1"') :]
    assert "0.715" not in first
    assert "never breastfed" in first


def test_own_precision_changes_the_verdict_and_the_bars(
    study: Callable[..., Path], verb: Verb, tmp_path: Path
) -> None:
    out = study((at(12), 0.723), (at(37), 0.709))
    name = enrolled(verb, out)
    table = tmp_path / "precision.csv"
    table.write_text(
        "technique,site,rms_sd_g_cm2,df\nREMS,femoral-neck-left,0.0024,30\n", encoding="utf-8"
    )
    text = body(page(verb, out, name, at(38), "en", "--precision", table))
    assert "changed: decrease" in text
    assert "0.718 to 0.728" in text  # 0.723 ± 1.96 x 0.0024


def test_somebody_unknown_or_not_in_the_study_is_refused(
    study: Callable[..., Path], verb: Verb, tmp_path: Path
) -> None:
    out = study((at(12), 0.723))
    code, _, err = verb("pop", "report", out, "--patient", "P-x", "-o", tmp_path / "p.html")
    assert code == 2
    assert "BS-E470" in err
    assert not (tmp_path / "p.html").exists()


def test_a_factor_that_nobody_recorded_is_unknown() -> None:
    sheet = FactSheet(
        patient_id="P", on=BORN + timedelta(days=1),
        values={"age_years": 30.0, "multiple_pregnancy": True},
    )  # fmt: skip
    found = {f.factor.id: f.to_dict()["state"] for f in risk_map(sheet)}
    assert found["PLO-R1"] == "absent"  # over 30, and not at 30
    assert found["PLO-R2"] == "present"
    assert found["PLO-R4"] == "unknown"
    assert len(found) == 9
