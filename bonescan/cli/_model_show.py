"""`bonescan model show`: what a model was trained on, and what it reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish


def add_show(group: typer.Typer) -> None:
    """Put `show` on the group `model`."""
    group.command(
        "show",
        help="Show a model: where it comes from, how spectra must be made to meet it, and what "
        "each site reached on people it had not seen.",
        epilog="Example: bonescan model show clinic.h5",
    )(show)


def show(
    model: Path | None = typer.Argument(None, metavar="[MODEL]", help="Default: the bundled one."),
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Show a model."""
    del config

    def work() -> VerbResult:
        from bonescan.workflows.show_model import show_model

        details, text = show_model(model)
        return VerbResult(data=details, text=_lines(details, text))

    finish("model show", as_json, work)


def _lines(details: dict[str, Any], text: str) -> str:
    kind = "SIMULATED: it may never label a real exam" if details["simulated"] else "real exams"
    calibrated = "calibrated" if details["calibrated"] else "not calibrated"
    devices = ", ".join(details["devices"]) or "unknown"
    return "\n".join(
        [
            f"{details['model_id']} ({details['method']}), trained on {kind}",
            f"DXA scale {details['dxa_maker']}; devices {devices}; {calibrated}; made with "
            f"bonescan {details['software_version']}",
            f"{details['people']} people known by keyed hashes",
            text,
        ]
    )
