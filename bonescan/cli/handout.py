"""The verb `handout`: one page for patients, after a clinician's release."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish

HELP = "one page on bone health for patients, after a clinician's release"

_EXPLANATION = """One A4 page for patients: calcium, vitamin D, food, exercise, warning signs.

General information in English or Traditional Chinese, without drugs, scores,
classes or anybody's numbers. Without -o the lines and the rules they come from
are shown for a clinician to read. The page itself is written only with the
name of the clinician who released it, and the day.
"""
_EPILOG = (
    'Example: bonescan handout -o sheet.html --lang zh-TW --released-by "Dr Lin" '
    "--released-on 2026-03-01"
)


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""

    @app.command("handout", help=_EXPLANATION, epilog=_EPILOG)
    def handout(
        output: Path | None = typer.Option(None, "-o", "--output", help="HTML file to write."),
        lang: str = typer.Option("en", "--lang", help="en or zh-TW."),
        released_by: str | None = typer.Option(
            None, "--released-by", help="Name of the clinician who read and released the sheet."
        ),
        released_on: str | None = typer.Option(
            None, "--released-on", help="Day of the release, as 2026-03-01."
        ),
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config  # read by its callback

        def work() -> VerbResult:
            from bonescan.guidance.education import education_sheet
            from bonescan.workflows.handout import released, write_handout

            from .due import language_of

            language = language_of(lang)
            i = ("en", "zh-TW").index(language)
            sheet = education_sheet()
            data: dict[str, Any] = {
                "title": sheet.title[i],
                "lines": [
                    {"line_id": x.line_id, "rules": list(x.rules), "part": x.part[i],
                     "text": x.text[i]}
                    for x in sheet.lines
                ],
                "sources": [pair[i] for pair in sheet.sources],
                "released_by": None,
                "released_on": None,
                "file": None,
            }  # fmt: skip
            if output is None:
                lines = [f"{x.part[i]}: {x.text[i]} [{x.ids}]" for x in sheet.lines]
                read = ("To be read by a clinician; not a sheet for patients yet.",
                        "供臨床醫師審閱，尚未發放。")[i]  # fmt: skip
                return VerbResult(data=data, text="\n".join([read, "", *lines]))
            release = released(released_by, released_on, date.today())
            write_handout(output, release, language)
            data |= {"released_by": release.by, "released_on": release.on.isoformat(),
                     "file": str(output)}  # fmt: skip
            return VerbResult(data=data, text=str(output))

        finish("handout", as_json, work)
