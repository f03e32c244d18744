"""The text of `guide` for a terminal, in English or Traditional Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

LANGUAGES = ("en", "zh-TW")
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "prompts": "Prompts", "safety": "Safety notes", "recorded": "To be seen first",
        "none": "None.", "why": "because", "source": "source", "evidence": "evidence mark",
        "unknown": "Unknown, ask for", "waits": "leaves open", "colon": ": ", "and": "; ",
        "off": "Off: from memory, or information that shows only when asked for (--from-memory)",
        "odd": "Recorded, not understood", "clashes": "Contradicts the record",
        "losses": "Own and expected loss", "months": "months", "to": " to ", "no-rate": "no rate",
        "indices": "Screening indices", "reached": "reached", "below": "not reached",
        "open": "left open", "raw": "before it is made whole", "unanswered": "not answered",
        "answers": "answers to questions", "open-bracket": " (", "close": ")", "comma": ", ",
        "yes": "recorded", "no": "not recorded",
        "unknown-state": "unknown", "applies": "applies", "general": "general note",
    },
    "zh-TW": {
        "prompts": "提示", "safety": "安全注意事項", "recorded": "請先閱讀",
        "none": "無。", "why": "依據", "source": "來源", "evidence": "證據標記",
        "unknown": "資料不明，請詢問", "waits": "尚無法判斷", "colon": "：", "and": "；",
        "off": "已關閉：憑記憶而未查證，或僅於要求時顯示之資訊（--from-memory）",
        "odd": "有記錄但無法判讀", "clashes": "與記錄矛盾",
        "losses": "實測與預期流失", "months": "個月", "to": " 至 ", "no-rate": "無適用流失率",
        "indices": "篩檢指標", "reached": "達到", "below": "未達",
        "open": "無法判定", "raw": "取整數前", "unanswered": "未回答",
        "answers": "問卷題號", "open-bracket": "（", "close": "）", "comma": "、",
        "yes": "有記錄", "no": "未記錄",
        "unknown-state": "不明", "applies": "適用", "general": "一般注意事項",
    },
}  # fmt: skip


def guide_text(data: Mapping[str, Any], lang: str) -> str:
    """Write what `GuidedPerson.to_dict` holds.

    Parameters
    ----------
    data : mapping
    lang : {"en", "zh-TW"}
    """
    words, key = _WORDS[lang], "zh" if lang == "zh-TW" else "en"
    first = [p for p in data["safety"] if p["first"]]
    after = [p for p in data["safety"] if not p["first"]]
    parts: list[tuple[str, list[str]]] = [
        (words["clashes"], [f"  {c[key]}" for c in data["clashes"]]),
        (words["odd"], [f"  {text}" for text in data["not_understood"]]),
        (words["recorded"], [_safety(p, words, key) for p in first]),
        (words["prompts"], [line for p in data["prompts"] for line in _prompt(p, words, key)]
         or [f"  {words['none']}"]),
        (words["safety"], [_safety(p, words, key) for p in after]),
        (words["indices"], [_index(i, words, key) for i in data["indices"]
                            if i["score"] is not None]),
        *_questionnaire(data["questionnaire"], words, key),
        (words["losses"], [line for loss in data["losses"] for line in _loss(loss, words, key)]),
        (words["unknown"], [_ask(a, words, key) for a in data["ask"]]),
    ]  # fmt: skip
    lines = [f"{data['patient_id'] or '-'}  {data['on']}"]
    for title, rows in parts:
        if rows:
            lines += ["", f"{title}{words['colon'].rstrip()}", *rows]
    if data["switched_off"]:
        lines += ["", f"{words['off']}{words['colon']}{', '.join(data['switched_off'])}"]
    return "\n".join([*lines, "", data["note"][LANGUAGES.index(lang)]])


def _prompt(p: Mapping[str, Any], words: Mapping[str, str], key: str) -> Iterator[str]:
    yield f"  {p['rule_id']}  {p[key]}"
    reasons = p["reasons_zh"] if key == "zh" else p["reasons"]
    if reasons:
        yield f"      {words['why']}{words['colon']}{words['and'].join(reasons)}"
    yield from (f"      {conflict}" for conflict in p[f"conflicts_{key}"])
    source = p["source_zh" if key == "zh" else "source"]
    yield (
        f"      {words['source']}{words['colon']}{source}{words['and']}"
        f"{words['evidence']} {p['evidence']}"
    )
    if p["safety_ids"]:
        yield f"      {words['safety']}{words['colon']}{', '.join(p['safety_ids'])}"


def _safety(p: Mapping[str, Any], words: Mapping[str, str], key: str) -> str:
    """Write a safety note; only listed contraindications have a state, others apply or are told."""
    if p["shows_state"]:
        state = words["unknown-state"] if p["state"] == "unknown" else words[p["state"]]
    else:
        state = words["applies"] if p["state"] == "yes" else words["general"]
    return f"  {p['rule_id']} [{state}{words['and']}{p['evidence']}]  {p[key]}"


def _index(i: Mapping[str, Any], words: Mapping[str, str], key: str) -> str:
    """Write an index that has a score; the others' facts are asked for anyway."""
    end = "_zh" if key == "zh" else ""
    how = {True: "reached", False: "below", None: "open"}[i["reaches_cut"]]
    parts = [i["population" + end], i["note" + end]]
    if i["raw"] is not None:
        parts.append(f"{words['raw']}{words['colon']}{i['raw']:g}")
    band = f"{words['comma']}{i['band' + end]}" if i["band"] else ""
    rest = words["and"].join(p for p in parts if p)
    cut = f"{i['cut' + end]}{words['colon']}{words[how]}{band}"
    name = f"  {i['name' + end]} {i['score']:g}"
    return f"{name}{words['open-bracket']}{cut}{words['close']}{words['colon']}{rest}"


def _questionnaire(
    found: Mapping[str, Any] | None, words: Mapping[str, str], key: str
) -> list[tuple[str, list[str]]]:
    if found is None:
        return []
    lines = [f"  {q['number']}. {q[key]}" for q in found["yes"]]
    if found["unanswered"]:
        lines.append(f"  {words['unanswered']}{words['colon']}"
                     f"{', '.join(map(str, found['unanswered']))}")  # fmt: skip
    lines.append(f"  {found['note_' + key]}")
    return [(f"{found['title_' + key]} {found['n_yes']} / {found['n_asked']}", lines)]


def _loss(loss: Mapping[str, Any], words: Mapping[str, str], key: str) -> Iterator[str]:
    """Set what was measured beside what published rates would expect; no verdict."""
    note, source = ("note_zh", "source_zh") if key == "zh" else ("note", "source")
    remark = f"{words['open-bracket']}{loss[note]}{words['close']}" if loss[note] else ""
    yield (
        f"  {loss['site']} {loss['technique']} {loss['device']}{words['colon']}"
        f"{loss['change_percent']:+.2f} % / {loss['months']:.1f} {words['months']}{remark}"
    )
    for e in loss["expected"]:
        site = e["site_zh"] if key == "zh" else e["site"]
        amount = words["no-rate"]
        if e["linear_percent"] is not None:
            low, high = e["linear_percent"]
            amount = f"-{low:.1f} %" if low == high else f"-{low:.1f} %{words['to']}-{high:.1f} %"
            amount += f" / {e['months']:.0f} {words['months']}"
        rest = words["and"].join(t for t in (e[note], e[source]) if t)
        yield (f"      {e[key]}{words['comma']}{site}{words['colon']}{amount}"
               f"{words['open-bracket']}{rest}{words['close']}")  # fmt: skip


def _ask(a: Mapping[str, Any], words: Mapping[str, str], key: str) -> str:
    waits = [", ".join(a["rules"])] if a["rules"] else []
    if a["answers"]:
        waits.append(f"{words['answers']} {', '.join(map(str, a['answers']))}")
    return (f"  {a['fact']}{words['colon']}{a[key]}{words['open-bracket']}{words['waits']}"
            f"{words['colon']}{words['and'].join(waits)}{words['close']}")  # fmt: skip
