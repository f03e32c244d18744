"""The verb `guide`: prompts for a clinician about one person."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish

if TYPE_CHECKING:
    from bonescan.model.guidance import Prompt
    from bonescan.workflows.guide_person import GuidedPerson

HELP = "prompts for a clinician about one person"

_EXPLANATION = """What published rules prompt for one person, for a clinician to decide.

Facts come from a TOML file, or from the store of a result folder. A fact that
is missing leaves a rule open and is asked for; it never counts as no. Rules
that name a drug always stand with their safety notes.
"""
_EPILOG = (
    "Examples: bonescan guide --facts facts.toml; "
    "bonescan guide --patient P-4f2a91 --store results --fact breast_cancer=no --lang zh-TW"
)
LANGUAGES = ("en", "zh-TW")


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""

    @app.command("guide", help=_EXPLANATION, epilog=_EPILOG)
    def guide(
        facts: Path | None = typer.Option(None, "--facts", help="TOML file of one person's facts."),
        patient: str | None = typer.Option(None, "--patient", help="Pseudonym in patients.csv."),
        store: Path | None = typer.Option(None, "--store", help="Result folder of a run."),
        fact: list[str] | None = typer.Option(None, "--fact", help="A fact as NAME=VALUE."),
        on: str | None = typer.Option(None, "--on", help="Day to judge for; default: today."),
        topic: list[str] | None = typer.Option(None, "--topic", help="Only this topic."),
        from_memory: bool = typer.Option(
            False, "--from-memory", help="Also recommendations not verified in their source."
        ),
        rules: Path | None = typer.Option(None, "--rules", help="Folder of further rule tables."),
        lang: str = typer.Option("en", "--lang", help="en or zh-TW."),
        out: Path | None = typer.Option(None, "--out", "-o", help="Write a page (HTML) too."),
        list_facts: bool = typer.Option(False, "--list-facts", help="Name every fact, and leave."),
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config  # read by its callback

        def work() -> VerbResult:
            if list_facts:
                return _facts(rules)
            guided = _guided(
                (facts, patient, store), fact or [], on, rules, topic or [], from_memory
            )
            text = _text(guided, _language(lang))
            if out is not None:
                _write_page(guided, out, lang)
            return VerbResult(data=guided.to_dict(), text=text)

        finish("guide", as_json, work)


def _language(lang: str) -> str:
    from bonescan.errors import UsageError

    if lang not in LANGUAGES:
        raise UsageError("BS-E304", f"found --lang {lang}, wanted en or zh-TW.")
    return lang


def _day(on: str | None) -> date:
    from bonescan.errors import UsageError

    if on is None:
        return date.today()
    try:
        return date.fromisoformat(on)
    except ValueError as fault:
        raise UsageError("BS-E304", f"found --on {on}, wanted a date as 2026-03-01.") from fault


def _guided(
    who: tuple[Path | None, str | None, Path | None],
    options: list[str],
    on: str | None,
    rules: Path | None,
    topics: list[str],
    from_memory: bool,
) -> GuidedPerson:
    from bonescan.errors import UsageError
    from bonescan.workflows.guide_person import guide_facts, guide_patient

    facts, patient, store = who
    day = _day(on)
    if facts is not None and patient is None and store is None:
        return guide_facts(
            facts, options, today=day, rules=rules, from_memory=from_memory, topics=topics
        )
    if patient is None or store is None or facts is not None:
        raise UsageError(
            "BS-E304", "wanted --facts FILE.toml, or --patient ID with --store FOLDER."
        )
    return guide_patient(
        patient, store, options, on=day, rules=rules, from_memory=from_memory, topics=topics
    )


def _write_page(guided: GuidedPerson, out: Path, lang: str) -> None:
    from bonescan.errors import EnvironmentFault
    from bonescan.files.tables import write_atomically
    from bonescan.report.guidance_page import guidance_page

    try:
        write_atomically(out, guidance_page(guided.to_dict(), lang).encode("utf-8"))
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the page can't be written: {error.strerror}.", file=out
        ) from error


def _facts(rules: Path | None) -> VerbResult:
    from bonescan.guidance.load import load_rules
    from bonescan.workflows.fact_sheet import wanted_words

    book = load_rules(rules)
    rows = [
        {"fact": f.name, "takes": wanted_words(f), "en": f.ask_en, "zh": f.ask_zh}
        for f in book.facts.values()
    ]
    text = "\n".join(f"{r['fact']}: {r['takes']}\n    {r['en']} {r['zh']}" for r in rows)
    return VerbResult(data={"facts": rows}, text=text)


_WORDS = {
    "en": {
        "prompts": "Prompts", "safety": "Safety notes", "none": "None.", "why": "because",
        "source": "source", "evidence": "evidence mark", "unknown": "Unknown, ask for",
        "rules": "leaves open", "off": "Off, not verified in their source (--from-memory)",
        "losses": "Own and expected loss", "months": "months",
        "indices": "Screening indices", "reached": "reached", "below": "not reached",
        "unanswered": "not answered", "yes": "recorded",
        "no": "not recorded", "unknown-state": "unknown",
    },
    "zh-TW": {
        "prompts": "提示", "safety": "安全注意事項", "none": "無。", "why": "依據",
        "source": "來源", "evidence": "證據標記", "unknown": "資料不明，請詢問",
        "rules": "尚無法判斷", "off": "已關閉，尚未查證原文（--from-memory）",
        "losses": "實測與預期流失", "months": "個月",
        "indices": "篩檢指標", "reached": "達到", "below": "未達",
        "unanswered": "未回答", "yes": "有記錄", "no": "未記錄", "unknown-state": "不明",
    },
}  # fmt: skip


def _text(guided: GuidedPerson, lang: str) -> str:
    from bonescan.workflows.guide_person import FOR_THE_CLINICIAN

    words, found = _WORDS[lang], guided.guidance
    lines = [f"{found.patient_id or '-'}  {found.on.isoformat()}", "", f"{words['prompts']}:"]
    lines += [line for p in found.prompts for line in _prompt_lines(p, lang)]
    if not found.prompts:
        lines.append(f"  {words['none']}")
    if found.safety:
        lines += ["", f"{words['safety']}:"]
        lines += [line for p in found.safety for line in _safety_lines(p, lang)]
    lines += _index_lines(guided, lang) + _questionnaire_lines(guided, lang)
    lines += _loss_lines(guided, lang) + _asked_for(guided, lang)
    if found.switched_off:
        lines += ["", f"{words['off']}: {', '.join(found.switched_off)}"]
    return "\n".join([*lines, "", FOR_THE_CLINICIAN[LANGUAGES.index(lang)]])


def _prompt_lines(prompt: Prompt, lang: str) -> list[str]:
    words, zh = _WORDS[lang], lang == "zh-TW"
    lines = [f"  {prompt.rule_id}  {prompt.text_zh if zh else prompt.text_en}"]
    if prompt.reasons:
        lines.append(f"      {words['why']}: {'; '.join(prompt.reasons)}")
    lines += [f"      {c}" for c in (prompt.conflicts_zh if zh else prompt.conflicts)]
    lines.append(f"      {words['source']}: {prompt.source}; {words['evidence']} {prompt.evidence}")
    if prompt.safety_ids:
        lines.append(f"      {words['safety']}: {', '.join(prompt.safety_ids)}")
    return lines


def _safety_lines(prompt: Prompt, lang: str) -> list[str]:
    words = _WORDS[lang]
    state = words["unknown-state"] if prompt.truth == "unknown" else words[str(prompt.truth)]
    text = prompt.text_zh if lang == "zh-TW" else prompt.text_en
    return [f"  {prompt.rule_id} [{state}; {prompt.evidence}]  {text}"]


def _index_lines(guided: GuidedPerson, lang: str) -> list[str]:
    """List the indices that have a score; the others need facts that are asked for anyway."""
    scored = [i for i in guided.indices if i.score is not None]
    if not scored:
        return []
    words = _WORDS[lang]
    lines = ["", f"{words['indices']}:"]
    for i in scored:
        reached = words["reached"] if i.reaches_cut else words["below"]
        band = f", {i.band}" if i.band else ""
        note = f"; {i.note}" if i.note else ""
        lines.append(f"  {i.name} {i.score:g} ({i.cut}: {reached}{band}{note})")
    return lines


def _questionnaire_lines(guided: GuidedPerson, lang: str) -> list[str]:
    from bonescan.guidance.questionnaire import NOTE, TITLE

    found = guided.questionnaire
    if found is None:
        return []
    zh = lang == "zh-TW"
    lines = ["", f"{TITLE[zh]} {found.n_yes} / {found.n_asked}"]
    lines += [f"  {q.number}. {q.zh if zh else q.en}" for q in found.yes]
    if found.unanswered:
        numbers = ", ".join(str(q.number) for q in found.unanswered)
        lines.append(f"  {_WORDS[lang]['unanswered']}: {numbers}")
    return [*lines, f"  {NOTE[zh]}"]


def _loss_lines(guided: GuidedPerson, lang: str) -> list[str]:
    """Set what was measured beside what published rates would expect; no verdict."""
    if not guided.losses:
        return []
    words, zh = _WORDS[lang], lang == "zh-TW"
    lines = ["", f"{words['losses']}:"]
    for loss in guided.losses:
        lines.append(
            f"  {loss['site']} {loss['technique']} {loss['device']}: "
            f"{loss['change_percent']:+.2f} % / {loss['months']:.1f} {words['months']}"
        )
        for e in loss["expected"]:
            low, high = e["linear_percent"]
            amount = f"-{low:.1f} %" if low == high else f"-{low:.1f} to -{high:.1f} %"
            note = f"; {e['note']}" if e["note"] else ""
            lines.append(f"      {e['zh'] if zh else e['en']}: {amount} ({e['source']}{note})")
    return lines


def _asked_for(guided: GuidedPerson, lang: str) -> list[str]:
    """Ask for each missing fact once, with the rules that it leaves open."""
    words = _WORDS[lang]
    rules: dict[str, list[str]] = {}
    for prompt in guided.guidance.unknown:
        for name in prompt.missing:
            rules.setdefault(name, []).append(prompt.rule_id)
    if not rules:
        return []
    lines = ["", f"{words['unknown']}:"]
    for name, ids in rules.items():
        question = guided.questions[name]
        asked = question.ask_zh if lang == "zh-TW" else question.ask_en
        lines.append(f"  {name}: {asked} ({words['rules']}: {', '.join(ids)})")
    return lines
