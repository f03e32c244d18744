"""The verb `model`: what goes into a REMS-style model."""

from __future__ import annotations

import typer

from ._model_calibrate import add_calibrate

HELP = "REMS-style models: calibrate a device"


def add(app: typer.Typer) -> None:
    """Put the group on `app`."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(group, name="model", help="REMS-style models.")

    @group.callback()
    def _root() -> None:
        """Keep `calibrate` a word of its own while it is the only one."""

    add_calibrate(group)
