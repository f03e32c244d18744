"""`pop fracture`: a fracture as an outcome of the study."""

from __future__ import annotations

from pathlib import Path

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish, printable
from .due import day_of

_FRACTURE = """Record a fracture: day, site, trauma, imaging, and who adjudicated it when.

Trauma is none, light (a fall of standing height or less) or other. Give the same day and
site again to add imaging or the adjudication; nothing is overwritten. Fractures are listed
and counted, and never analysed: a cohort of the usual size is underpowered for them.
"""


def add(group: typer.Typer) -> None:
    """Put the command on the group."""
    group.command(
        "fracture",
        help=_FRACTURE,
        epilog="Example: bonescan pop fracture results --patient 00123 --date 2026-11-02 "
        "--site vertebral --trauma none --imaging 'MRI 2026-11-04: T12 compressed'",
    )(fracture)


def fracture(
    out: Path = typer.Argument(..., metavar="OUT", help="Result folder."),
    patient: str = typer.Option(..., "--patient", help="Chart number, or pseudonym."),
    day: str = typer.Option(..., "--date", help="Day of the fracture, as 2026-11-02."),
    site: str = typer.Option(
        ..., "--site", help="vertebral, hip, forearm, humerus, pelvis, rib, ankle or other."
    ),
    trauma: str = typer.Option(..., "--trauma", help="none, light or other."),
    imaging: str = typer.Option("", "--imaging", help="Kind, day and result."),
    adjudicated: str = typer.Option("", "--adjudicated", help="By whom and when."),
    issuer: str | None = typer.Option(None, "--issuer", help="Who gave out the chart number."),
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Record a fracture."""
    del config

    def work() -> VerbResult:
        from datetime import date

        from bonescan.model.pop_page import PopFracture
        from bonescan.workflows.pop_fracture import record_fracture

        found = PopFracture(
            day=day_of(day, "--date"),
            site=site,
            trauma=trauma,
            imaging=imaging,
            adjudicated=adjudicated,
        )
        kept = record_fracture(out, patient, found, issuer=issuer, on=date.today())
        text = f"{kept.patient_id}: fracture of {found.day}, {site}, trauma {trauma}"
        return VerbResult(data=kept.to_dict(), text=printable(text))

    finish("pop fracture", as_json, work)
