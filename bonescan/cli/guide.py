"""The verb `guide`: prompts for a clinician about one person."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish, printable
from ._guide_text import LANGUAGES, guide_text

if TYPE_CHECKING:
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
OST_MODES = ("truncate", "round")


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""

    @app.command("guide", help=_EXPLANATION, epilog=_EPILOG)
    def guide(
        facts: Path | None = typer.Option(None, "--facts", help="TOML file of one person's facts."),
        patient: str | None = typer.Option(None, "--patient", help="Pseudonym in patients.csv."),
        store: Path | None = typer.Option(None, "--store", help="Result folder of a run."),
        fact: list[str] | None = typer.Option(None, "--fact", help="A fact as NAME=VALUE."),
        on: str | None = typer.Option(
            None, "--on", help="Day to judge for; default: the file's, or today."
        ),
        topic: list[str] | None = typer.Option(None, "--topic", help="Only this topic."),
        from_memory: bool = typer.Option(
            False, "--from-memory", help="Also what is from memory, and other rows that are off."
        ),
        ost_mode: str = typer.Option(
            "truncate", "--ost-mode", help="OST to a whole number: truncate or round."
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
            how = {"rules": rules, "topics": topic or [], "from_memory": from_memory,
                   "ost_mode": _one_of("--ost-mode", ost_mode, OST_MODES)}  # fmt: skip
            language = _one_of("--lang", lang, LANGUAGES)
            data = _guided((facts, patient, store), fact or [], on, how).to_dict()
            if out is not None:
                _write_page(data, out, language)
            return VerbResult(data=data, text=printable(guide_text(data, language)))

        finish("guide", as_json, work)


def _one_of(option: str, found: str, words: tuple[str, ...]) -> str:
    from bonescan.errors import UsageError

    if found not in words:
        raise UsageError("BS-E304", f"found {option} {found}, wanted {' or '.join(words)}.")
    return found


def _day(on: str | None) -> date | None:
    from bonescan.errors import UsageError

    if on is None:
        return None
    try:
        return date.fromisoformat(on)
    except ValueError as fault:
        raise UsageError("BS-E304", f"found --on {on}, wanted a date as 2026-03-01.") from fault


def _guided(
    who: tuple[Path | None, str | None, Path | None],
    options: list[str],
    on: str | None,
    how: dict[str, Any],
) -> GuidedPerson:
    from bonescan.errors import UsageError
    from bonescan.workflows.guide_person import guide_facts, guide_patient

    facts, patient, store = who
    day = _day(on)
    if facts is not None and patient is None and store is None:
        return guide_facts(facts, options, today=date.today(), on=day, **how)
    if patient is None or store is None or facts is not None:
        raise UsageError(
            "BS-E304", "wanted --facts FILE.toml, or --patient ID with --store FOLDER."
        )
    return guide_patient(patient, store, options, on=day or date.today(), **how)


def _write_page(data: dict[str, Any], out: Path, lang: str) -> None:
    from bonescan.errors import EnvironmentFault
    from bonescan.files.tables import write_atomically
    from bonescan.report.guidance_page import guidance_page

    try:
        write_atomically(out, guidance_page(data, lang).encode("utf-8"))
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
    return VerbResult(data={"facts": rows}, text=printable(text))
