"""The verb `backup`: a checked copy of a store, also while runs are writing it."""

from __future__ import annotations

from pathlib import Path

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish, printable
from ._store_options import StoreOption

HELP = "copy a store, also while it is in use, and check the copy"


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""

    @app.command(
        "backup", help=_EXPLANATION, epilog="Example: bonescan backup results -o study-2026.db"
    )
    def backup(
        out: Path = typer.Argument(..., metavar="OUT", help="The result folder."),
        copy: Path = typer.Option(..., "-o", "--output", help="The copy; it must not exist yet."),
        store: str | None = StoreOption,
        as_json: bool = JsonOption,
        config: Path = ConfigOption,
    ) -> None:
        del config
        finish("backup", as_json, lambda: _backup(out, copy, store))


_EXPLANATION = """Copy a store, also while it is in use, and check the copy.

SQLite: an online copy, looked over like `bonescan verify` does; put it back as
bonescan.db of a result folder. PostgreSQL: a dump by pg_dump, if it is
installed; put it back with pg_restore. The pseudonym key is not in the copy:
keep pseudonym.key in another safe place.
"""


def _backup(out: Path, copy: Path, store: str | None) -> VerbResult:
    from bonescan.workflows.backup import backup

    made = backup(out, copy, store)
    return VerbResult(
        data=made.to_dict(),
        text=printable(
            f"{made.place} -> {copy}   {made.n_bytes} bytes, checked   sha256 {made.sha256}"
        ),
    )
