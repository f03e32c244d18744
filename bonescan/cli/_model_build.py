"""`bonescan model build`: a site's own model from its pairs of ultrasound and DXA."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish
from ._model_words import cohort_result, faults_result, known_sites, site_lines
from ._progress import PhaseProgress, Tell
from ._read_options import KeyMapFile, SamplingRate, SoundSpeed, TimeZero, read_settings

if TYPE_CHECKING:
    from bonescan.workflows.build_model import BuildOptions, BuiltModel

_HELP = """Build a REMS-style model from a table of pairs: an ultrasound exam and a DXA reading of
the same person, at most 90 days apart. At least 150 people of a site and sex, 30 of them with
T <= -2.5 and 30 with T >= -1.0.

Everything is tried on people that it has not learnt from, beside what age, BMI and sex tell
without ultrasound. Where ultrasound adds nothing to them, no model is written and the exit code
is 4.
"""
_EPILOG = "Example: bonescan model build cohort.csv -o clinic.h5 --workers 2"


def add_build(group: typer.Typer) -> None:
    """Put `build` on the group `model`."""
    group.command("build", help=_HELP, epilog=_EPILOG)(build)


def build(
    cohort: Path = typer.Argument(..., metavar="COHORT.csv", help="Table of pairs."),
    out: Path = typer.Option(..., "--out", "-o", help="Model file to write (*.h5)."),
    site: list[str] = typer.Option(
        [], "--site", help="Only this site: lumbar-spine or femoral-neck; may be repeated."
    ),
    dxa_maker: str | None = typer.Option(
        None, "--dxa-maker", help="Use only DXA of this maker, where the table has several."
    ),
    stratify: bool = typer.Option(
        False, "--stratify-by-maker", help="One model a DXA maker: OUT-<maker>.h5."
    ),
    calibration: list[Path] = typer.Option(
        [], "--calibration", help="Calibration file that exams name; may be repeated."
    ),
    workers: int = typer.Option(1, "--workers", min=1, max=256, help="Processes that measure."),
    repeats: int = typer.Option(5, "--repeats", min=1, max=100, help="Of the cross-validation."),
    folds: int = typer.Option(5, "--folds", min=2, max=20, help="Of the cross-validation."),
    seed: int = typer.Option(0, "--seed", min=0, help="The same seed gives the same model."),
    report: Path | None = typer.Option(
        None, "--report", help="Page to write; default: beside the model, *.html."
    ),
    sampling_rate: float | None = SamplingRate,
    sound_speed: float | None = SoundSpeed,
    time_zero: float | None = TimeZero,
    key_map: Path | None = KeyMapFile,
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Build a model."""
    del config  # read by its callback

    def work() -> VerbResult:
        from bonescan.files.cohort_csv import CohortRefused
        from bonescan.workflows.build_model import BuildOptions

        options = BuildOptions(
            sites=known_sites(site),
            dxa_maker=dxa_maker,
            n_workers=workers,
            calibrations=tuple(calibration),
            n_repeats=repeats,
            n_folds=folds,
            seed=seed,
            read=read_settings(sampling_rate, None, sound_speed, time_zero, key_map),
        )
        try:
            with PhaseProgress() as tell:
                if stratify:
                    return _several(cohort, out, options, tell)
                return _one(cohort, out, report, options, tell)
        except CohortRefused as refused:
            return faults_result(refused)

    finish("model build", as_json, work)


def _one(
    cohort: Path, out: Path, report: Path | None, options: BuildOptions, tell: Tell
) -> VerbResult:
    from bonescan.workflows.build_model import build_model

    return _result(build_model(cohort, out, options, tell, report))


def _several(cohort: Path, out: Path, options: BuildOptions, tell: Tell) -> VerbResult:
    from bonescan.workflows.build_model import build_by_maker

    built = build_by_maker(cohort, out, options, tell)
    each = {maker: _result(b) for maker, b in built.made.items()}
    result = cohort_result({"makers": {m: r.data for m, r in each.items()}}, (), built.failed)
    result.problems = [p for r in each.values() for p in r.problems] + result.problems
    result.text = "\n\n".join(f"{maker}\n{r.text}" for maker, r in each.items())
    return result


def _result(built: BuiltModel) -> VerbResult:
    result = cohort_result(built.to_dict(), built.studies, built.failed)
    lines = [f"{built.model.model_id} in {built.path}", f"report: {built.report}"]
    if built.n_left_out:
        lines.append(f"{built.n_left_out} rows of other sites or DXA makers were left out")
    result.text = "\n".join([*lines, *(line for s in built.studies for line in site_lines(s))])
    return result
