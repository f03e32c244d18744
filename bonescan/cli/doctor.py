"""The verb `doctor`: is this machine ready, and is a result folder whole."""

from __future__ import annotations

from pathlib import Path

import typer

from ._frame import EXIT_ENVIRONMENT, ConfigOption, JsonOption, VerbResult, finish

HELP = "look over this machine and, if named, a result folder"


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""

    @app.command("doctor", help=_EXPLANATION, epilog="Example: bonescan doctor results")
    def doctor(
        out: Path | None = typer.Argument(
            None, metavar="OUT", help="A result folder, whose store is looked over too."
        ),
        as_json: bool = JsonOption,
        config: Path = ConfigOption,
    ) -> None:
        finish("doctor", as_json, lambda: _doctor(out))


_EXPLANATION = """Look over this machine and, if named, a result folder.

Python and libraries, compiled kernels, processors, memory, disk, clock, fonts,
programs that tests use, the pseudonym key, and the store of a result folder.
Nothing is changed. Each finding says what to do.

Exit code 0: bonescan can work here. 5: something essential is missing.
"""


def _doctor(out: Path | None) -> VerbResult:
    from dataclasses import asdict

    from bonescan.workflows.doctor import as_text, examine, is_usable, problems_of

    findings = examine(out)
    usable = is_usable(findings)
    verdict = "bonescan can work here" if usable else "something essential is missing, see above"
    return VerbResult(
        data={"usable": usable, "findings": [asdict(f) for f in findings]},
        text=f"{as_text(findings)}\n\n{verdict}",
        problems=problems_of(findings),
        exit_code=0 if usable else EXIT_ENVIRONMENT,
    )
