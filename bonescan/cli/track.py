"""The verb `track`: serial change of everybody in a result folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish, printable

if TYPE_CHECKING:
    from bonescan.model.change import Change
    from bonescan.workflows.track_folder import TrackReport

HELP = "serial change: what differs beyond the precision of the device"

_EXPLANATION = """Follow everybody of a result folder over time.

Only values of one technique, origin, site, vertebra set and device are compared;
two devices need a cross-calibration. A change counts from the least significant
change on: that of your own precision study (--precision), or a published
fallback, flagged. REMS-style values without a study of yours get no verdict, and
none is called a change while the value without path correction is unknown.
"""
_EPILOG = (
    "Examples: bonescan track results; bonescan track results --patient P-4f2a91 "
    "--precision precision.json --json; "
    "bonescan track results --cross-calibration devices.csv --csv changes.csv"
)


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""

    @app.command("track", help=_EXPLANATION, epilog=_EPILOG)
    def track(
        out: Path = typer.Argument(..., metavar="OUT", help="Result folder of a run."),
        patient: str = typer.Option("", "--patient", help="One person, by pseudonym."),
        precision: Path | None = typer.Option(
            None, "--precision", help="Your precision studies: CSV, or `precision --json`."
        ),
        cross_calibration: Path | None = typer.Option(
            None, "--cross-calibration", help="CSV of values from two devices."
        ),
        chosen: float = typer.Option(
            2.0, "--chosen-percent", help="Size of loss whose probability is given."
        ),
        csv: Path | None = typer.Option(None, "--csv", help="Write every change to a CSV too."),
        repeats: bool = typer.Option(
            False, "--repeats", help="Values of one day without a time are repeat scans."
        ),
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config
        finish(
            "track",
            as_json,
            lambda: _track(out, patient, (precision, cross_calibration), chosen, csv, repeats),
        )


def _track(
    out: Path,
    patient: str,
    tables: tuple[Path | None, Path | None],
    chosen: float,
    csv: Path | None,
    repeats: bool,
) -> VerbResult:
    from bonescan.workflows.track_folder import track_folder, track_settings
    from bonescan.workflows.track_table import write_changes

    report = track_folder(out, track_settings(*tables, chosen, all_repeats=repeats), patient)
    if csv is not None:
        write_changes(csv, report.people)
    return VerbResult(
        data=report.to_dict(), text=printable(_text(report)), problems=list(report.problems)
    )


def _text(report: TrackReport) -> str:
    lines = []
    for person in report.people:
        changes = [(s, step.shown) for s in person.series for step in s.steps if step.shown]
        if changes:
            lines.append(person.patient_id)
        lines += [f"  {s.technique} {s.site}: {_line(c)}" for s, c in changes]
    lines += [
        f"cross-calibration {c.from_serial} to {c.to_serial}, {c.site}: {c.refused}"
        for c in report.calibrations
        if c.refused
    ]
    counts = ", ".join(f"{n} {word}" for word, n in report.verdicts.items())
    lines.append(
        f"{len(report.people)} people; changes from the first comparable visit: {counts or 'none'}"
    )
    lines.append("not-shown is not the same as no change. Research software, not a medical device.")
    return "\n".join(lines)


def _line(change: Change) -> str:
    days = f"{change.baseline.day} to {change.follow_up.day}"
    if change.percent is None or change.difference_g_cm2 is None:
        return f"{days} {change.verdict}: {'; '.join(change.reasons)}"
    lsc = "" if change.lsc_g_cm2 is None else f" (LSC {change.lsc_g_cm2:.3f})"
    why = f"; {'; '.join(change.reasons)}" if change.reasons else ""
    flags = f" [{', '.join(change.flags)}]" if change.flags else ""
    return (
        f"{days} {change.baseline.bmd_g_cm2:.3f} to {change.follow_up.bmd_g_cm2:.3f} g/cm²: "
        f"{change.difference_g_cm2:+.3f}{lsc}, {change.percent:+.1f} % of the baseline, "
        f"{change.verdict}{why}{flags}"
    )
