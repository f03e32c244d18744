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
    "lang": "en", "skip": "Skip to the content", "title": "Prompts",
    "research": ("Research use only.", "Not a medical device. Nothing on this page is a diagnosis "
                 "or a prescription: it is for the clinician to decide."),
    "made_by": ("Made by bonescan ", ". Research use only, not a medical device. Open software "
                "under the Apache License 2.0; it comes without warranty."),
    "footer": "research use only, not a medical device",
    "prompts": "Prompts for the clinician", "safety": "Safety notes",
    "recorded": "To be seen first", "not_understood": "Recorded, not understood",
    "clashes": "Contradicts the record",
    "none": "None.", "why": "because", "source": "source", "evidence": "mark",
    "losses": "Own and expected loss", "situation": "Situation", "expected": "Loss",
    "losses_note": "Published rates are means of groups over the first year or two. They are "
    "shown for orientation; whether a change is real is decided by precision, not here.",
    "measured": "measured", "no_rate": "no rate", "indices": "Screening indices",
    "reached": "reached", "below": "not reached", "open": "left open",
    "raw": "before it is made whole", "answers": "answers to questions",
    "unknown": "Unknown, ask for",
    "off": "Off: from memory, or information that shows only when asked for",
    "clinician": "Prompts for a clinician, not instructions. For the clinician to decide.",
    "percent": "change of BMD (%)", "since": "months since the first exam",
    "colon": ": ", "semicolon": "; ", "comma": ", ", "months": "months", "year": "% a year",
    "yes": "recorded", "no": "not recorded", "unknown_state": "unknown",
    "applies": "applies", "general": "general note",
}  # fmt: skip
_ZH = {
    "lang": "zh-Hant-TW", "skip": "跳至內容", "title": "提示",
    "research": ("僅供研究，非醫療器材。", "本頁內容並非診斷或醫囑，由臨床醫師判斷。"),
    "made_by": ("由 bonescan ", " 製作。僅供研究，非醫療器材。依 Apache License 2.0 "
                "授權之開放原始碼軟體，不附任何保證。"),
    "footer": "僅供研究，非醫療器材",
    "prompts": "供臨床醫師參考之提示", "safety": "安全注意事項",
    "recorded": "請先閱讀", "not_understood": "有記錄但無法判讀",
    "clashes": "與記錄矛盾",
    "none": "無。", "why": "依據", "source": "來源", "evidence": "證據標記",
    "losses": "實測與預期流失", "situation": "情況", "expected": "流失",
    "losses_note": "已發表之流失率為最初一至兩年之群體平均，僅供參考；變化是否真實由精密度判定，"
    "不在此判定。",
    "measured": "實測", "no_rate": "無適用流失率", "indices": "篩檢指標",
    "reached": "達到", "below": "未達", "open": "無法判定",
    "raw": "取整數前", "answers": "問卷題號",
    "unknown": "資料不明，請詢問", "off": "已關閉：憑記憶而未查證，或僅於要求時顯示之資訊",
    "clinician": "供臨床醫師參考之提示，並非醫囑。由臨床醫師判斷。",
    "percent": "骨質密度變化（%）", "since": "距第一次檢查之月數",
    "colon": "：", "semicolon": "；", "comma": "，", "months": "個月", "year": "% 每年",
    "yes": "有記錄", "no": "未記錄", "unknown_state": "不明",
    "applies": "適用", "general": "一般注意事項",
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
              print_style(__version__, title, words["footer"])]  # fmt: skip
    safety = [_safety(p, words, text) for p in data["safety"]]
    return (
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
            warnings=(),
            watermark="",
            note="note_zh" if text == "zh" else "note",
            remarks=_remarks(data, text),
            first=[p for p in safety if p["first"]],
            after=[p for p in safety if not p["first"]],
            prompts=[_reasoned(p, text) for p in data["prompts"]],
            losses=[_loss(loss, words, text) for loss in data.get("losses", ())],
            indices=[_index(i, words, text) for i in data["indices"] if i["score"] is not None],
            asked=[_asked(a, words, text) for a in data["ask"]],
        )
    )


def _remarks(data: Mapping[str, Any], text: str) -> list[tuple[str, list[str]]]:
    """List what a person has to look at in the records, where there is any."""
    found = [
        ("clashes", [c[text] for c in data["clashes"]]),
        ("not_understood", list(data["not_understood"])),
    ]
    return [(name, rows) for name, rows in found if rows]


def _reasoned(prompt: Mapping[str, Any], text: str) -> dict[str, Any]:
    end = "_zh" if text == "zh" else ""
    return {**prompt, "why": prompt["reasons" + end], "source": prompt["source" + end]}


def _safety(prompt: Mapping[str, Any], words: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Give the words in the bracket: only listed contraindications have a state."""
    if prompt["shows_state"]:
        state = "unknown_state" if prompt["state"] == "unknown" else prompt["state"]
    else:
        state = "applies" if prompt["state"] == "yes" else "general"
    return {**_reasoned(prompt, text), "state_words": words[state]}


def _index(index: Mapping[str, Any], words: Mapping[str, Any], text: str) -> dict[str, Any]:
    end = "_zh" if text == "zh" else ""
    how = {True: "reached", False: "below", None: "open"}[index["reaches_cut"]]
    about = [index["population" + end], index["note" + end]]
    if index["raw"] is not None:
        about.append(f"{words['raw']}{words['colon']}{_short(index['raw'])}")
    return {
        "name": index["name" + end],
        "score": _short(index["score"]),
        "cut": index["cut" + end],
        "band": index["band" + end],
        "how": words[how],
        "about": words["semicolon"].join(a for a in about if a),
    }


def _short(value: float) -> str:
    return fixed(value, 1).removesuffix(".0")


def _asked(asked: Mapping[str, Any], words: Mapping[str, Any], text: str) -> dict[str, str]:
    """Write a question with the rules that wait for it."""
    waits = [", ".join(asked["rules"])] if asked["rules"] else []
    if asked["answers"]:
        waits.append(f"{words['answers']} {', '.join(map(str, asked['answers']))}")
    return {"question": asked[text], "waits": words["semicolon"].join(waits)}


def _loss(loss: Mapping[str, Any], words: Mapping[str, Any], text: str) -> dict[str, Any]:
    bands = [
        LossBand(
            name=e[text],
            months=e["months"],
            low_percent=e["linear_percent"][0],
            high_percent=e["linear_percent"][1],
        )
        for e in loss["expected"]
        if e["linear_percent"] is not None
    ]
    end = "_zh" if text == "zh" else ""
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
                "name": f"{e[text]}{words['comma']}{e['site' + end]}",
                "words": words["no_rate"] if e["linear_percent"] is None
                else f"{_range(e['linear_percent'])} / {fixed(e['months'], 0)} {words['months']}",
                "source": f"{e['source' + end]} ({words['evidence']} {e['evidence']})",
                "note": e["note" + end],
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
