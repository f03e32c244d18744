"""`pop report`: one woman's page."""

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


def add(group: typer.Typer) -> None:
    """Put the command on the group."""
    group.command(
        "report",
        help=_REPORT,
        epilog="Example: bonescan pop report results --patient P-4f2a91 -o woman.html --lang zh-TW",
    )(report)


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
