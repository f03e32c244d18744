"""The verb `verify`: is everything in a store, and in the tables beside it, as it was written."""

from __future__ import annotations

from pathlib import Path

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish, printable
from ._store_options import StoreOption

HELP = "look for damage in a store and the tables of a result folder"
EXIT_DAMAGE = 4


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""

    @app.command("verify", help=_EXPLANATION, epilog="Example: bonescan verify results")
    def verify(
        out: Path = typer.Argument(..., metavar="OUT", help="The result folder."),
        store: str | None = StoreOption,
        as_json: bool = JsonOption,
        config: Path = ConfigOption,
    ) -> None:
        del config
        finish("verify", as_json, lambda: _verify(out, store))


_EXPLANATION = """Look for damage in a store and the tables of a result folder.

The database's own check and its keys, the hash of every result, which content
each result is shown for, and the hash of every table against run.json.
Nothing is changed. Exit code 0: all is as it was written. 4: damage was found.
"""


def _verify(out: Path, store: str | None) -> VerbResult:
    from bonescan.workflows.verify import verify

    found = verify(out, store)
    lines = [f"{p.code} {p.file or 'store'}: {p.reason}" for p in found.problems]
    verdict = (
        f"{len(found.problems)} findings" if found.problems else "everything is as it was written"
    )
    counts = f"{found.n_results} results of {found.n_contents} contents, {found.n_tables} tables"
    return VerbResult(
        data=found.to_dict(),
        text=printable("\n".join([*lines, f"{found.place}: {counts}: {verdict}"])),
        problems=list(found.problems),
        exit_code=EXIT_DAMAGE if found.problems else 0,
    )
