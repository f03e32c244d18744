"""`simulate pop`: a pregnancy cohort as a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish

if TYPE_CHECKING:
    from bonescan.workflows.simulate_pop import SimulatedPop

HELP = """Write the table of a pregnancy cohort, DIR/cohort.csv, as `pop cohort` reads it, and the
true course of every virtual woman, DIR/truth.csv.

Missed visits, two devices, repeated scans and the precision are yours to set; it prints what that
precision can show in one woman and on average.
"""
EPILOG = "Example: bonescan simulate pop -o pop --n 80 --seed 7 --precision 0.6"


def pop(
    out: Path = typer.Option(..., "--out", "-o", help="New or empty folder."),
    n: int = typer.Option(80, "--n", help="Women."),
    seed: int = typer.Option(1, "--seed", min=0, help="Another seed draws other women."),
    precision: float = typer.Option(0.6, "--precision", help="Precision error, percent."),
    spread: str = typer.Option(
        "narrow", "--spread", help="narrow or wide: published cohorts disagree (docs/pop.md)."
    ),
    missing: str = typer.Option(
        "0,0.1,0.18,0.3", "--missing", help="Share who miss T1, T3, L6 and PW."
    ),
    second_device: float = typer.Option(
        0.3, "--second-device", help="Share of visits after birth on device B."
    ),
    device_shift: float = typer.Option(0.006, "--device-shift", help="g/cm2 that B reads more."),
    repeats: float = typer.Option(0.25, "--repeats", help="Share of visits scanned twice."),
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Write a pregnancy cohort."""
    del config  # read by its callback

    def work() -> VerbResult:
        from bonescan.simulate.pop import PopDesign
        from bonescan.workflows.simulate_pop import parse_missing, write_pop

        design = PopDesign(
            n_women=n,
            precision_percent=precision,
            spread=spread,
            missing=parse_missing(missing),
            second_device=second_device,
            device_shift_g_cm2=device_shift,
            repeats=repeats,
        )
        made = write_pop(out, design, seed)
        return VerbResult(data=made.to_dict(), text=_text(made))

    finish("simulate pop", as_json, work)


def _text(made: SimulatedPop) -> str:
    lines = [f"{made.n_rows} scans of {made.design.n_women} virtual women in {made.out}"]
    for name, shown in made.shows:
        lines.append(
            f"{name} spread: LSC {shown.lsc_percent:.2f} %, the loss shows in "
            f"{100 * shown.share_shown:.0f} % of women, {shown.n_women_mean} women show the mean"
        )
    lines.append(f"next: bonescan pop cohort {made.out}/cohort.csv")
    lines.append("Simulated: nothing here says anything about a device in people.")
    return "\n".join(lines)
