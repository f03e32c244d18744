"""The verb `simulate`: made-up data with a known truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from . import _simulate_pop
from ._frame import ConfigOption, JsonOption, VerbResult, finish
from ._progress import PhaseProgress

if TYPE_CHECKING:
    from bonescan.workflows.simulate_cohort import SimulatedCohort
    from bonescan.workflows.simulate_dxa import SimulatedDxa
    from bonescan.workflows.simulate_phantom import SimulatedTarget
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
_COHORT_HELP = """Write ultrasound exams of virtual people to DIR/exams and the table of their DXA
readings to DIR/cohort.csv, from which a model can be built.

The same options give the same content, on any number of workers. A cohort that was interrupted
goes on where it stopped when the same command is given again.
"""
_PHANTOM_HELP = """Write the scan of a target of known spectrum, from which `model calibrate` takes
the response of the device: a tissue-like phantom of even scatterers, or a plate in water. What is
known of the target is printed and stands in the file's /truth.
"""
_DXA_HELP = """Write dual-energy X-ray exams of virtual people (lumbar spine and left hip, low and
high frames with the calibration of the device) and a scan of a spine phantom of 0.5, 1.0 and 1.5
g/cm2. The true values of every region stand in the files' /truth.
"""


def add(app: typer.Typer) -> None:
    """Put the group on `app`."""
    group = typer.Typer(no_args_is_help=True, help=_GROUP_HELP, rich_markup_mode=None)
    group.command(
        "scans",
        help=_SCANS_HELP,
        epilog="Example: bonescan simulate scans -o my_scans --n 16 --seed 7",
    )(scans)
    group.command(
        "cohort",
        help=_COHORT_HELP,
        epilog="Example: bonescan simulate cohort -o cohort --n 300 --seed 7 --workers 2",
    )(cohort)
    group.command(
        "phantom",
        help=_PHANTOM_HELP,
        epilog="Example: bonescan simulate phantom -o phantom.h5 --kind phantom --seed 7",
    )(phantom)
    group.command("pop", help=_simulate_pop.HELP, epilog=_simulate_pop.EPILOG)(_simulate_pop.pop)
    group.command(
        "dxa",
        help=_DXA_HELP,
        epilog="Example: bonescan simulate dxa -o dxa_exams --n 5 --seed 7",
    )(dxa)
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


def cohort(
    out: Path = typer.Option(..., "--out", "-o", help="New or empty folder, or one to go on with."),
    n: int = typer.Option(..., "--n", help="People."),
    seed: int = typer.Option(1, "--seed", help="Another seed draws other people."),
    keep: str = typer.Option(
        "spectra", "--keep", help="rf: the samples (1.5 MB an exam); spectra: averaged spectra."
    ),
    site: str = typer.Option("lumbar", "--site", help="lumbar (L1 to L4), neck or both."),
    population: str = typer.Option(
        "nhanes", "--population", help="nhanes, or linear: made-up women of 50 to 80 years."
    ),
    stress: str = typer.Option(
        "none", "--stress", help="A world unlike the usual one (docs/simulate.md lists them)."
    ),
    artefact: str | None = typer.Option(
        None, "--artefact", help="A fault in every exam (docs/simulate.md lists them)."
    ),
    workers: int = typer.Option(1, "--workers", help="Processes."),
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Write a cohort."""
    del config  # read by its callback

    def work() -> VerbResult:
        from bonescan.errors import NothingUsable
        from bonescan.workflows.simulate_cohort import simulate_cohort

        with PhaseProgress() as tell:
            made = simulate_cohort(
                out, n, seed, keep=keep, site=site, population=population, stress=stress,
                artefact=artefact, workers=workers,
                progress=lambda done, of: tell("simulating", done, of),
            )  # fmt: skip
        nothing = NothingUsable.exit_code if made.n_exams == 0 else 0
        return VerbResult(data=made.to_dict(), text=_cohort_text(made), exit_code=nothing)

    finish("simulate cohort", as_json, work)


def _cohort_text(made: SimulatedCohort) -> str:
    rate = "" if made.exams_per_s is None else f", {made.exams_per_s:.1f} exams a second"
    lines = [
        f"{made.n_exams} exams of {made.settings.n} virtual people in {made.out}"
        f" ({made.n_made} made now{rate})",
    ]
    if made.unusable:
        first = next(iter(made.unusable.items()))
        lines.append(
            f"{len(made.unusable)} exams gave no spectra and are not in the table, "
            f"for example {first[0]}: {first[1]}"
        )
    lines.append(f"next: bonescan model build {made.out / 'cohort.csv'} -o site_model.h5")
    return "\n".join(lines)


def phantom(
    out: Path = typer.Option(..., "--out", "-o", help="New file."),
    kind: str = typer.Option("phantom", "--kind", help="phantom (even scatterers) or plate."),
    seed: int = typer.Option(1, "--seed", help="Another seed draws other scatterers and noise."),
    calibration_id: str | None = typer.Option(
        None, "--id", help="Name of the calibration to be made; default sim-KIND-1."
    ),
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Write the scan of a target."""
    del config  # read by its callback

    def work() -> VerbResult:
        from bonescan.workflows.simulate_phantom import simulate_phantom

        made = simulate_phantom(out, kind, seed, calibration_id)
        return VerbResult(data=made.to_dict(), text=_phantom_text(made))

    finish("simulate phantom", as_json, work)


def _phantom_text(made: SimulatedTarget) -> str:
    known = made.target
    words = (
        f"--reflection {known.reflection_1}"
        if known.reflection_1 is not None
        else f"--backscatter-exponent {known.backscatter_exponent} --depth-from "
        f"{1000.0 * known.depth_first_m:.0f} --depth-to {1000.0 * known.depth_last_m:.0f}"
    )
    return (
        f"a {known.kind} as the device sees it: {made.file}\n"
        f"next: bonescan model calibrate {made.file} -o {made.calibration_id}.h5 "
        f"--kind {known.kind} --attenuation {known.attenuation_db_cm_mhz} "
        f"--attenuation-exponent {known.attenuation_exponent:g} {words}"
    )


def dxa(
    out: Path = typer.Option(..., "--out", "-o", help="New or empty folder."),
    n: int = typer.Option(3, "--n", help="People."),
    seed: int = typer.Option(1, "--seed", help="Another seed draws other people and other noise."),
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Write dual-energy exams."""
    del config  # read by its callback

    def work() -> VerbResult:
        from bonescan.workflows.simulate_dxa import simulate_dxa

        with PhaseProgress() as tell:
            made = simulate_dxa(out, n, seed, lambda done, of: tell("simulating people", done, of))
        return VerbResult(data=made.to_dict(), text=_dxa_text(made))

    finish("simulate dxa", as_json, work)


def _dxa_text(made: SimulatedDxa) -> str:
    return (
        f"{len(made.files) - 1} dual-energy exams and a phantom in {made.out}\n"
        f"next: bonescan run {made.out} -o results"
    )
