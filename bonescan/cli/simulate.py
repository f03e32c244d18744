"""The verb `simulate`: made-up data with a known truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish
from ._progress import PhaseProgress

if TYPE_CHECKING:
    from bonescan.workflows.simulate_scans import SimulatedScans

HELP = "make simulated data with a known truth"

_GROUP_HELP = (
    "Make simulated data with a known truth. Nothing here says anything about the accuracy of a "
    "device or a method in people."
)
_SCANS_HELP = """Write a folder of mixed simulated scans: DXA reports, captures and images as
DICOM, ultrasound RF and spectra as HDF5 and CSV, files that nobody can use, facts about the
people, and a MANIFEST with what each file must lead to.

The same number of people and seed give the same content. sample_scans/ of the project was made
with the defaults.
"""


def add(app: typer.Typer) -> None:
    """Put the group on `app`."""
    group = typer.Typer(no_args_is_help=True, help=_GROUP_HELP, rich_markup_mode=None)
    group.command(
        "scans",
        help=_SCANS_HELP,
        epilog="Example: bonescan simulate scans -o my_scans --n 16 --seed 7",
    )(scans)
    app.add_typer(
        group, name="simulate", epilog="Example: bonescan simulate scans -o my_scans --seed 7"
    )


def scans(
    out: Path = typer.Option(..., "--out", "-o", help="New or empty folder."),
    n: int | None = typer.Option(
        None, "--n", min=1, max=10_000, help="People; default: the 16 of sample_scans/."
    ),
    seed: int | None = typer.Option(None, "--seed", min=0, help="Default: that of sample_scans/."),
    keep: str = typer.Option(
        "rf", "--keep", help="rf: store the samples; spectra: only averaged spectra (small)."
    ),
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Write sample scans."""
    del config  # read by its callback

    def work() -> VerbResult:
        from bonescan.errors import UsageError
        from bonescan.simulate.sample_set import (
            DEFAULT_PEOPLE,
            DEFAULT_SEED,
            KEEP_RF,
            KEEP_SPECTRA,
        )
        from bonescan.workflows.simulate_scans import simulate_scans

        if keep not in (KEEP_RF, KEEP_SPECTRA):
            raise UsageError("BS-E304", f"found --keep {keep}, wanted rf or spectra.")
        with PhaseProgress() as tell:
            made = simulate_scans(
                out,
                DEFAULT_PEOPLE if n is None else n,
                DEFAULT_SEED if seed is None else seed,
                keep,
                lambda done, of: tell("simulating people", done, of),
            )
        return VerbResult(data=made.to_dict(), text=_text(made))

    finish("simulate scans", as_json, work)


def _text(made: SimulatedScans) -> str:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in made.outcomes.items())
    return (
        f"{len(made.files)} files of {made.n_people} virtual people in {made.out}\n"
        f"expected outcomes: {counts}\n"
        f"next: bonescan run {made.out} -o results"
    )
