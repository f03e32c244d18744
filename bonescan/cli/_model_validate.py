"""`bonescan model validate`: a finished model on new patients."""

from __future__ import annotations

from pathlib import Path

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish
from ._model_words import cohort_result, faults_result, known_sites, site_lines
from ._progress import PhaseProgress
from ._read_options import KeyMapFile, SamplingRate, SoundSpeed, TimeZero, read_settings

_HELP = """Try a model on new patients: the same table of pairs as for `model build`. People of
whom the model has learnt are refused. Age, BMI and sex are fitted to these very people, so the
model is held against what they tell here.
"""


def add_validate(group: typer.Typer) -> None:
    """Put `validate` on the group `model`."""
    group.command(
        "validate", help=_HELP, epilog="Example: bonescan model validate clinic.h5 new.csv"
    )(validate)


def validate(
    model: Path = typer.Argument(..., metavar="MODEL", help="Model file (*.h5)."),
    cohort: Path = typer.Argument(..., metavar="COHORT.csv", help="Table of pairs."),
    site: list[str] = typer.Option(
        [], "--site", help="Only this site: lumbar-spine or femoral-neck; may be repeated."
    ),
    dxa_maker: str | None = typer.Option(
        None, "--dxa-maker", help="Use only DXA of this maker, where the table has several."
    ),
    calibration: list[Path] = typer.Option(
        [], "--calibration", help="Calibration file that exams name; may be repeated."
    ),
    workers: int = typer.Option(1, "--workers", min=1, max=256, help="Processes that measure."),
    seed: int = typer.Option(0, "--seed", min=0, help="Of resampling and permutations."),
    report: Path | None = typer.Option(None, "--report", help="Page to write (*.html)."),
    sampling_rate: float | None = SamplingRate,
    sound_speed: float | None = SoundSpeed,
    time_zero: float | None = TimeZero,
    key_map: Path | None = KeyMapFile,
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """Validate a model."""
    del config  # read by its callback

    def work() -> VerbResult:
        from bonescan.files.cohort_csv import CohortRefused
        from bonescan.workflows.build_model import BuildOptions
        from bonescan.workflows.validate_model import validate_model

        options = BuildOptions(
            sites=known_sites(site),
            dxa_maker=dxa_maker,
            n_workers=workers,
            calibrations=tuple(calibration),
            seed=seed,
            read=read_settings(sampling_rate, None, sound_speed, time_zero, key_map),
        )
        try:
            with PhaseProgress() as tell:
                found = validate_model(model, cohort, options, tell, report)
        except CohortRefused as refused:
            return faults_result(refused)
        result = cohort_result(found.to_dict(), found.studies, ())
        lines = [f"{found.model.model_id} on new people"]
        if found.n_left_out:
            lines.append(f"{found.n_left_out} rows of other sites or DXA makers were left out")
        result.text = "\n".join([*lines, *(x for s in found.studies for x in site_lines(s))])
        return result

    finish("model validate", as_json, work)
