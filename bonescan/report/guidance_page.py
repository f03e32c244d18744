"""The page of prompts for one person, in English or Traditional Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from bonescan import __version__

from .environment import asset, content_policy, environment
from .figures.loss_band import LossBand, loss_band
from .figures.numbers import fixed
from .print_style import print_style

DAYS_PER_MONTH = 365.2425 / 12.0
_EN = {
    "title": "Prompts", "prompts": "Prompts for the clinician", "safety": "Safety notes",
    "none": "None.", "why": "because", "source": "source", "evidence": "mark",
    "losses": "Own and expected loss", "situation": "Situation", "expected": "Loss",
    "losses_note": "Published rates are means of groups over the first year or two. They are "
    "shown for orientation; whether a change is real is decided by precision, not here.",
    "measured": "measured", "indices": "Screening indices", "reached": "reached",
    "below": "not reached", "questionnaire": "Am I at high risk of osteoporosis?",
    "questionnaire_note": "The count has no published cut-off; show the list to a physician.",
    "unknown": "Unknown, ask for", "off": "Off, not verified in their source",
    "clinician": "Prompts for a clinician, not instructions. For the clinician to decide.",
    "percent": "change of BMD (%)", "since": "months since the first exam", "notice": (),
    "colon": ": ", "months": "months", "year": "% a year",
    "states": {"yes": "recorded", "no": "not recorded", "unknown": "unknown"},
}  # fmt: skip
_ZH = {
    "title": "提示", "prompts": "供臨床醫師參考之提示", "safety": "安全注意事項",
    "none": "無。", "why": "依據", "source": "來源", "evidence": "證據標記",
    "losses": "實測與預期流失", "situation": "情況", "expected": "流失",
    "losses_note": "已發表之流失率為最初一至兩年之群體平均，僅供參考；變化是否真實由精密度判定，"
    "不在此判定。",
    "measured": "實測", "indices": "篩檢指標", "reached": "達到", "below": "未達",
    "questionnaire": "我是骨質疏鬆高危險群嗎？",
    "questionnaire_note": "題數並無已發表的判定標準，請將結果交由醫師參考。",
    "unknown": "資料不明，請詢問", "off": "已關閉，尚未查證原文",
    "clinician": "供臨床醫師參考之提示，並非醫囑。由臨床醫師判斷。",
    "percent": "骨質密度變化（%）", "since": "距第一次檢查之月數",
    "notice": (("research", "僅供研究，非醫療器材。", "本頁內容並非診斷或醫囑，由臨床醫師判斷。"),),
    "colon": "：", "months": "個月", "year": "% 每年",
    "states": {"yes": "有記錄", "no": "未記錄", "unknown": "不明"},
}  # fmt: skip
WORDS: Mapping[str, Mapping[str, Any]] = {"en": _EN, "zh-TW": _ZH}


def guidance_page(data: Mapping[str, Any], lang: str = "en") -> str:
    """Write the page.

    Parameters
    ----------
    data : mapping
        As `GuidedPerson.to_dict` gives it.
    lang : {"en", "zh-TW"}

    Returns
    -------
    html : str
        Self-contained; prints on A4.
    """
    words, text = WORDS[lang], "zh" if lang == "zh-TW" else "en"
    title = f"{words['title']} {data['patient_id']}"
    styles = [asset("page.css"), asset("agreement.css"), asset("guidance.css"),
              print_style(__version__, title)]  # fmt: skip
    html = (
        environment()
        .get_template("guidance.html.j2")
        .render(
            data=data,
            w=words,
            text=text,
            version=__version__,
            styles=[Markup(s) for s in styles],
            scripts=[],
            head_scripts=[],
            policy=content_policy(tuple(styles)),
            warnings=words["notice"],
            watermark="",
            losses=[_loss(loss, words, text) for loss in data.get("losses", ())],
            indices=[_index(i) for i in data["indices"] if i["score"] is not None],
            asked=_asked(data["unknown"], text),
        )
    )
    return html.replace('<html lang="en">', '<html lang="zh-Hant-TW">') if text == "zh" else html


def _index(index: Mapping[str, Any]) -> dict[str, Any]:
    return {**index, "score": fixed(index["score"], 1).removesuffix(".0")}


def _asked(unknown: Sequence[Mapping[str, Any]], text: str) -> list[dict[str, str]]:
    """Ask for each fact once, with the rules that wait for it."""
    rules: dict[str, list[str]] = {}
    questions: dict[str, str] = {}
    for row in unknown:
        for ask in row["ask"]:
            questions[ask["fact"]] = ask[text]
            rules.setdefault(ask["fact"], []).append(row["rule_id"])
    return [{"question": q, "rules": ", ".join(rules[name])} for name, q in questions.items()]


def _loss(loss: Mapping[str, Any], words: Mapping[str, Any], text: str) -> dict[str, Any]:
    bands = [
        LossBand(
            name=e[text],
            months=e["months"],
            low_percent=e["linear_percent"][0],
            high_percent=e["linear_percent"][1],
        )
        for e in loss["expected"]
    ]
    measured = (
        f"{fixed(loss['change_percent'], 2)} % / {fixed(loss['months'], 1)} {words['months']}"
    )
    if loss["per_year_percent"] is not None:
        measured += f" ({fixed(loss['per_year_percent'], 2)} {words['year']})"
    caption = f"{loss['site']}: {measured}"
    return {
        **loss,
        "measured": measured,
        "caption": caption,
        "svg": loss_band(
            _course(loss), bands, title=caption, description=caption,
            names=(words["since"], words["percent"]),
        ),
        "rows": [
            {
                "name": e[text],
                "words": _range(e["linear_percent"]) + f" / {fixed(e['months'], 0)} "
                + words["months"],
                "source": f"{e['source']} ({words['evidence']} {e['evidence']})",
                "note": e["note"],
            }
            for e in loss["expected"]
        ],
    }  # fmt: skip


def _range(ends: Sequence[float]) -> str:
    low, high = fixed(-ends[0], 1), fixed(-ends[1], 1)
    return f"{low} %" if low == high else f"{low} … {high} %"


def _course(loss: Mapping[str, Any]) -> list[tuple[float, float]]:
    from datetime import date

    first = date.fromisoformat(loss["points"][0]["date"])
    base = loss["points"][0]["bmd_g_cm2"]
    return [
        (
            (date.fromisoformat(p["date"]) - first).days / DAYS_PER_MONTH,
            100.0 * (p["bmd_g_cm2"] - base) / base,
        )
        for p in loss["points"]
    ]
