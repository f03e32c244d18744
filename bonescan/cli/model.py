"""The verb `model`: build, try, show and calibrate what estimates bone density."""

from __future__ import annotations

import typer

from ._model_build import add_build
from ._model_calibrate import add_calibrate
from ._model_show import add_show
from ._model_validate import add_validate

HELP = "REMS-style models: build, validate, show; calibrate a device"


def add(app: typer.Typer) -> None:
    """Put the group on `app`."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(group, name="model", help="REMS-style models of a site's own.")
    add_build(group)
    add_validate(group)
    add_show(group)
    add_calibrate(group)
