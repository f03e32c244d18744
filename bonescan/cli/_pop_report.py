"""`pop report` and `pop questionnaire`: one woman's page, forms and answers."""

from __future__ import annotations

from pathlib import Path

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish, printable
from .due import day_of, language_of

_REPORT = """Write one woman's page: visits and windows, values, changes, answers and prompts.

Each pregnancy has a part of its own. Values carry their 95 % interval by the
precision they are judged by; the band around the first visit is the least
significant change. After a loss nothing about feeding or visits to come appears.
"""
_QUESTIONNAIRE = """The questionnaire: a blank form, answers in, answers out to REDCap.

A blank form to print (--form blank) or a table to fill (--form csv). --import takes
answers into OUT by the names of the columns; REDCap's exports are taken as they are.
A cell that can't be kept is named by line and column, and the rest is kept.
Questions on feeding are neither asked (--after-loss) nor taken after a loss.
"""
FORMS = ("blank", "csv")


def add(group: typer.Typer) -> None:
    """Put the commands on the group."""
    group.command(
        "report",
        help=_REPORT,
        epilog="Example: bonescan pop report results --patient P-4f2a91 -o woman.html --lang zh-TW",
    )(report)
    group.command(
        "questionnaire",
        help=_QUESTIONNAIRE,
        epilog="Examples: bonescan pop questionnaire --form blank -o form.html --lang zh-TW; "
        "bonescan pop questionnaire results --import answers.csv",
    )(questionnaire)


def report(
    out: Path = typer.Argument(..., metavar="OUT", help="Result folder of a run."),
    patient: str = typer.Option(..., "--patient", help="Pseudonym."),
    output: Path = typer.Option(..., "-o", "--output", help="The page (HTML)."),
    on: str | None = typer.Option(None, "--on", help="Day, as 2026-03-01; default: today."),
    lang: str = typer.Option("en", "--lang", help="en or zh-TW."),
    protocol: Path | None = typer.Option(None, "--protocol", help="Your own protocol (TOML)."),
    precision: Path | None = typer.Option(None, "--precision", help="Your precision studies."),
    cross_calibration: Path | None = typer.Option(
        None, "--cross-calibration", help="CSV of values from two devices."
    ),
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Write one woman's page."""
    del config

    def work() -> VerbResult:
        from bonescan.model.plain import to_plain
        from bonescan.workflows.pop_report import pop_sheet, write_pop_page
        from bonescan.workflows.track_folder import track_settings

        settings = track_settings(precision, cross_calibration)
        sheet = pop_sheet(out, patient, day_of(on), settings, protocol)
        write_pop_page(sheet, output, language_of(lang))
        return VerbResult(data=dict(to_plain(sheet)), text=printable(f"{patient}: {output}"))

    finish("pop report", as_json, work)


def questionnaire(
    out: Path | None = typer.Argument(None, metavar="[OUT]", help="Result folder."),
    form: str = typer.Option("", "--form", help="blank or csv: write an empty one to -o."),
    output: Path | None = typer.Option(None, "-o", "--output", help="File of the form."),
    answers: Path | None = typer.Option(None, "--import", help="CSV of answers to take in."),
    redcap: Path | None = typer.Option(
        None, "--export-redcap", help="CSV for REDCap; its data dictionary stands beside it."
    ),
    event: str = typer.Option("", "--event", help="REDCap's unique name of the event."),
    after_loss: bool = typer.Option(False, "--after-loss", help="Form without feeding."),
    lang: str = typer.Option("en", "--lang", help="en or zh-TW."),
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Write forms, take answers in, write answers out."""
    del config

    def work() -> VerbResult:
        from bonescan.errors import UsageError

        language = language_of(lang)
        asked = [x for x in (form, answers, redcap) if x]
        if len(asked) != 1:
            raise UsageError("BS-E304", "wanted one of --form, --import and --export-redcap.")
        if form:
            return _form(form, output, language, feeding=not after_loss)
        if out is None:
            raise UsageError("BS-E304", "found no OUT, wanted a result folder.")
        return _answers(out, answers) if answers else _redcap(out, redcap, language, event)

    finish("pop questionnaire", as_json, work)


def _form(form: str, output: Path | None, lang: str, *, feeding: bool) -> VerbResult:
    from bonescan.errors import UsageError
    from bonescan.workflows.pop_questionnaire import write_form

    if form not in FORMS or output is None:
        raise UsageError("BS-E304", f"found --form {form}, wanted blank or csv with -o FILE.")
    write_form(output, form, lang, feeding=feeding)
    return VerbResult(data={"form": form, "file": str(output)}, text=printable(str(output)))


def _answers(out: Path, answers: Path) -> VerbResult:
    from datetime import date

    from bonescan.workflows.pop_questionnaire import import_answers

    found = import_answers(out, answers, date.today())
    lines = [f"{found.n_answers} answers of {found.n_people} women, {found.n_added} new"]
    lines += [f"  {p.code} {p.reason}" for p in found.problems]
    return VerbResult(
        data=found.to_dict(),
        text=printable("\n".join(lines)),
        problems=list(found.problems),
        exit_code=0 if found.n_answers else 4,
    )


def _redcap(out: Path, redcap: Path | None, lang: str, event: str) -> VerbResult:
    from bonescan.errors import UsageError
    from bonescan.workflows.pop_questionnaire import export_redcap

    if redcap is None:
        raise UsageError("BS-E304", "found no --export-redcap FILE.")
    files = [str(p) for p in export_redcap(out, redcap, lang, event)]
    return VerbResult(data={"files": files}, text=printable("\n".join(files)))
