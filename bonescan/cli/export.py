"""The verb `export`: the tables of a result folder for other programs."""

from __future__ import annotations

from pathlib import Path

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish, printable

HELP = "tables for other programs: csv, parquet, xlsx or redcap"

_LONG_HELP = (
    "Write the tables of the result folder OUT for another program. csv copies them; parquet keeps "
    "the data dictionary inside the file; xlsx keeps chart numbers as text and numbers as numbers; "
    "redcap writes an import file in its flat form and the data dictionary of the project. The "
    "list of who is who (identities.csv) is never exported."
)
_EPILOG = "Example: bonescan export results --to xlsx -o for-the-clinic"


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""
    app.command("export", help=_LONG_HELP, epilog=_EPILOG)(export)


def export(
    out: Path = typer.Argument(..., metavar="OUT", help="Result folder of a run."),
    to: str = typer.Option(..., "--to", help="csv, parquet, xlsx or redcap."),
    folder: Path = typer.Option(..., "--out", "-o", metavar="DIR", help="Where to write."),
    event: str = typer.Option(
        "", "--event", help="redcap: unique name of the event; none for a project without events."
    ),
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Export tables."""
    del config  # read by its callback

    def work() -> VerbResult:
        from bonescan.workflows.export import export_tables

        done = export_tables(out, to, folder, event)
        lines = ["Research software, not a medical device.", *(f"wrote {f}" for f in done.files)]
        return VerbResult(data=done.to_dict(), text=printable("\n".join(lines)))

    finish("export", as_json, work)
