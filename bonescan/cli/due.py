"""The verb `due`: who is due by any rule, and the packet of a referral."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish

if TYPE_CHECKING:
    from bonescan.model.due import DueRow, DueStudy, PersonDue

HELP = "who is due by any rule: list, page and calendar; referral packet"

_EXPLANATION = """Who is due for what, over everybody of a result folder.

Lists: retest, cancer-without-bmd, cancer-treatment, early-menopause,
hormone-stopped, denosumab, pregnancy, pop, fls, height-loss, needs-person.
Whoever lacks a fact stands under "cannot be judged", never under "not due".
Nobody who withdrew or died is named. With -o a folder gets due.csv, due.html
and due.ics, a calendar without names or diagnoses. With --packet -o takes the
referral packet of one person as HTML, with its numbers as JSON beside it.
"""
_EPILOG = (
    "Examples: bonescan due results -o lists --lang zh-TW; "
    "bonescan due results --packet P-4f2a91 -o packet.html"
)


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""

    @app.command("due", help=_EXPLANATION, epilog=_EPILOG)
    def due(
        out: Path = typer.Argument(..., help="Result folder of a run."),
        on: str | None = typer.Option(None, "--on", help="Day of the list; default: today."),
        list_name: list[str] | None = typer.Option(None, "--list", help="Only this list."),
        lang: str = typer.Option("en", "--lang", help="en or zh-TW."),
        output: Path | None = typer.Option(
            None, "-o", "--output", help="Folder for the lists, or HTML file of the packet."
        ),
        packet: str | None = typer.Option(None, "--packet", help="Pseudonym of a person to refer."),
        from_memory: bool = typer.Option(
            False, "--from-memory", help="Also recommendations not verified in their source."
        ),
        rules: Path | None = typer.Option(None, "--rules", help="Folder of further rule tables."),
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config  # read by its callback

        def work() -> VerbResult:
            day, language = day_of(on), language_of(lang)
            if packet is not None:
                return _packet(out, packet, day, language, output)
            return lists_of(out, day, list_name or [], language, output, rules, from_memory)

        finish("due", as_json, work)


def language_of(lang: str) -> str:
    """Take a language, or refuse it."""
    from bonescan.errors import UsageError

    if lang not in {"en", "zh-TW"}:
        raise UsageError("BS-E304", f"found --lang {lang}, wanted en or zh-TW.")
    return lang


def day_of(text: str | None, option: str = "--on") -> date:
    """Take a day, today when none is given, or refuse it."""
    from bonescan.errors import UsageError

    if text is None:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise UsageError(
            "BS-E304", f"found {option} {text}, wanted a date as 2026-03-01."
        ) from fault


def lists_of(
    out: Path,
    day: date,
    names: list[str],
    lang: str,
    output: Path | None,
    rules: Path | None,
    from_memory: bool,
) -> VerbResult:
    """Judge lists, and write them to a folder where one is given."""
    from bonescan.workflows.due_list import due_study, study_dict, study_problems, write_due

    study, pseudonyms = due_study(out, on=day, lists=names, rules=rules, from_memory=from_memory)
    data: dict[str, Any] = study_dict(study)
    text = _text(study, lang)
    if output is not None:
        written = write_due(study, pseudonyms, output, lang)
        data["files"] = [str(path) for path in written]
        text += "\n\n" + "\n".join(str(path) for path in written)
    return VerbResult(data=data, text=text, problems=study_problems(study))


def _packet(out: Path, patient: str, day: date, lang: str, output: Path | None) -> VerbResult:
    from bonescan.errors import UsageError
    from bonescan.workflows.referral_packet import packet_text, referral_packet, write_packet

    if output is not None and output.suffix.casefold() != ".html":
        raise UsageError("BS-E304", f"found -o {output.name}, wanted a name ending in .html.")
    packet = referral_packet(out, patient, day)
    data: dict[str, Any] = packet.to_dict()
    text = packet_text(packet, lang)
    if output is not None:
        written = write_packet(packet, output, lang)
        data["files"] = [str(path) for path in written]
        text = "\n".join(str(path) for path in written)
    return VerbResult(data=data, text=text)


# ------------------------------------------------------------------ as text


def _text(study: DueStudy, lang: str) -> str:
    from bonescan.report.due_words import PAGE_WORDS, words

    w = words(PAGE_WORDS, lang)
    counts = study.counts()
    lines = [
        f"{w['title']} {study.on.isoformat()}: {counts['due']} {w['n_due']} "
        f"({counts['overdue']} {w['n_overdue']}), {counts['cannot_be_judged']} {w['n_open']}, "
        f"{counts['needs_person']} {w['n_needs']}, {counts['not_due']} {w['n_not']}, "
        f"{counts['left_out']} {w['n_out']}"
    ]
    lines += _due_lines(study, lang) + _later_lines(study, lang)
    needs = [p for p in study.people if p.needs]
    if needs:
        i = ("en", "zh-TW").index(lang)
        lines += ["", f"{w['needs']}:"]
        lines += [f"  {p.patient_id}: {' '.join(r.why[i] for r in p.needs)}" for p in needs]
    lines += _open_lines(study, lang)
    lines += _safety_lines(study, lang)
    return "\n".join([*lines, "", f"{w['research']} {w['notice']}"])


def _due_lines(study: DueStudy, lang: str) -> list[str]:
    lines: list[str] = []
    for person in sorted((p for p in study.people if p.due), key=lambda p: p.due[0].lead):
        lines += ["", person.patient_id]
        lines += [line for row in person.due for line in _row_lines(row, lang)]
    return lines


def _later_lines(study: DueStudy, lang: str) -> list[str]:
    """Name each row to come in one line, the next first."""
    from bonescan.model.due import DueState
    from bonescan.report.due_words import LANGUAGES, LIST_WORDS, STATE_WORDS

    i = LANGUAGES.index(lang)
    rows = [r for p in study.people for r in p.rows if r.state is DueState.LATER]
    if not rows:
        return []
    lines = ["", f"{STATE_WORDS[DueState.LATER][i]}:"]
    for row in sorted(rows, key=lambda r: (r.lead, r.patient_id)):
        end = row.due_until.isoformat() if row.due_until else "…"
        begin = row.due_from.isoformat() if row.due_from else "…"
        lines.append(
            f"  {begin} – {end}  {row.patient_id}  {LIST_WORDS[row.list_name][i]} "
            f"[{', '.join(row.rule_ids)}]"
        )
    return lines


def _row_lines(row: DueRow, lang: str) -> list[str]:
    from bonescan.report.due_words import LANGUAGES, LIST_WORDS, STATE_WORDS

    i = LANGUAGES.index(lang)
    begin = row.due_from.isoformat() if row.due_from else "…"
    end = row.due_until.isoformat() if row.due_until else "…"
    late = f" {row.overdue_days}" if row.overdue_days is not None else ""
    head = f"{STATE_WORDS[row.state][i]}{late}"
    rules = f" [{', '.join(row.rule_ids)}]" if row.rule_ids else ""
    window = f"  {begin} – {end}" if row.due_from or row.due_until else ""
    lines = [f"  {LIST_WORDS[row.list_name][i]}{rules}: {head}{window}", f"      {row.why[i]}"]
    return lines + [f"      {note[i]}" for note in row.notes]


def _open_lines(study: DueStudy, lang: str) -> list[str]:
    from bonescan.report.due_words import LANGUAGES, PAGE_WORDS, words

    w, zh = words(PAGE_WORDS, lang), LANGUAGES.index(lang) == 1
    people = [p for p in study.people if p.unjudged]
    if not people:
        return []
    alike: dict[str, list[str]] = {}
    asked: dict[str, None] = {}
    for person in people:
        names = dict.fromkeys(n for r in person.unjudged for n in r.missing)
        asked |= names
        alike.setdefault(f"[{_rules(person)}]: {', '.join(names)}", []).append(person.patient_id)
    lines = ["", f"{w['open']}:"]
    lines += [f"  {', '.join(who)} {what}" for what, who in alike.items()]
    lines += ["", f"{w['ask']}:"]
    questions = [study.questions[name] for name in asked]
    return lines + [f"  {q.name}: {q.ask_zh if zh else q.ask_en}" for q in questions]


def _rules(person: PersonDue) -> str:
    return ", ".join(dict.fromkeys(rule for r in person.unjudged for rule in r.rule_ids))


def _safety_lines(study: DueStudy, lang: str) -> list[str]:
    from bonescan.report.due_words import LANGUAGES, PAGE_WORDS, words

    i = LANGUAGES.index(lang)
    named = {s for p in study.people for r in p.due for s in r.safety_ids}
    notes = [n for n in study.rules.values() if n.rule_id in named]
    if not notes:
        return []
    heading = words(PAGE_WORDS, lang)["safety"]
    return ["", f"{heading}:", *(f"  {n.rule_id} [{n.evidence}] {n.text[i]}" for n in notes)]
