"""The verb `deidentify`: scans without who was examined."""

from __future__ import annotations

from pathlib import Path

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish

HELP = "write scans anew without who was examined"

_LONG_HELP = (
    "Write scans anew without who was examined, by the basic profile of DICOM PS3.15 and some of "
    "its options. Numbers are kept as structured reports, pictures only where no text is in them, "
    "ultrasound samples as HDF5; everything else is not copied and listed in deidentified.csv. The "
    "input is never changed. What this does not promise stands in docs/deidentify.md."
)
_EPILOG = "Example: bonescan deidentify archive -o for-sharing --profile longitudinal"
EXIT_NOTHING = 4


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""
    app.command("deidentify", help=_LONG_HELP, epilog=_EPILOG)(deidentify)


def deidentify(
    inputs: list[Path] = typer.Argument(..., metavar="IN...", help="Files and folders."),
    out: Path = typer.Option(..., "--out", "-o", metavar="OUT", help="An empty or new folder."),
    profile: str = typer.Option(
        "basic", "--profile", help="basic (no dates) or longitudinal (dates moved, per person)."
    ),
    characteristics: bool = typer.Option(
        False, "--keep-characteristics", help="Keep sex, age, height and weight."
    ),
    key: Path | None = typer.Option(
        None, "--key", metavar="FILE", help="Key of the pseudonyms; default: the user's own."
    ),
    names: Path | None = typer.Option(
        None, "--names", metavar="FILE", help="List old and new names here: it is secret."
    ),
    as_json: bool = JsonOption,
    config: Path | None = ConfigOption,
) -> None:
    """De-identify scans."""
    del config  # read by its callback

    def work() -> VerbResult:
        from bonescan.workflows.deidentify import DeidentifyRequest, deidentify

        done = deidentify(
            DeidentifyRequest(
                inputs=tuple(inputs),
                out=out,
                profile=profile,
                keep_characteristics=characteristics,
                key_file=key,
                names_file=names,
            )
        )
        left = len(done.rows) - done.n_written
        lines = ["Research software, not a medical device."]
        lines += [f"{p.code}: {p.reason}" for p in done.problems]
        lines.append(f"{done.n_written} files written, {left} parts left out: deidentified.csv")
        return VerbResult(
            data=done.to_dict(),
            text="\n".join(lines),
            problems=list(done.problems),
            exit_code=0 if done.n_written else EXIT_NOTHING,
        )

    finish("deidentify", as_json, work)
