"""Options of the verbs that take many files in."""

from __future__ import annotations

import typer

IgnoreOption = typer.Option(
    None,
    "--ignore",
    metavar="PATTERN",
    help="Leave out what fits, as in .gitignore; may be repeated, beside .bonescanignore in INPUT.",
)
LogOption = typer.Option(
    None, "--log", metavar="FILE", help="Events as JSON lines, without names, numbers or paths."
)
