"""The verb `precision`: precision study, least significant change, size of a study."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish

if TYPE_CHECKING:
    from bonescan.workflows.precision_study import PrecisionGroup

HELP = "precision study and least significant change of your own device"

_EXPLANATION = """Precision error (RMS-SD, RMS-CV) and least significant change, with intervals.

SOURCE is a CSV, or a folder that `bonescan run` made, whose scans of one person
on one day are taken as repeats. A CSV has a column patient_id and either one
value a row (bmd_g_cm2, with site, vertebrae_used, technique, device_serial and
exam_date where known) or one column a scan (scan1, scan2, scan3). Sites,
vertebra sets, techniques and devices are never pooled. With --plan it says how
many people to scan.
"""
_EPILOG = (
    "Examples: bonescan precision repeats.csv; bonescan precision repeats.csv "
    "--subject subject_id --by design --json; "
    "bonescan precision --plan --sd 0.010 --largest-lsc 0.040"
)


@dataclass(frozen=True, kw_only=True)
class _Plan:
    sd: float | None
    largest_sd: float | None
    largest_lsc: float | None
    power: float


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""

    @app.command("precision", help=_EXPLANATION, epilog=_EPILOG)
    def precision(
        source: Path | None = typer.Argument(None, metavar="[SOURCE]", help="CSV or OUT folder."),
        subject: str = typer.Option("", "--subject", help="Column of people (patient_id)."),
        value: list[str] = typer.Option(
            [], "--value", help="Value column (bmd_g_cm2); several for one column a scan."
        ),
        by: list[str] = typer.Option([], "--by", help="Further column that separates groups."),
        unit: str = typer.Option("", "--unit", help="Unit of the values, where not g/cm2."),
        any_day: bool = typer.Option(
            False, "--any-day", help="Take scans of a person on different days as repeats too."
        ),
        vertebra_sets: bool = typer.Option(
            False,
            "--vertebra-sets",
            help="Also every set of two or three vertebrae, from BMC and area of single ones.",
        ),
        plan: bool = typer.Option(False, "--plan", help="Say how many people to scan."),
        sd: float | None = typer.Option(None, "--sd", help="Plan: precision error expected."),
        largest_sd: float | None = typer.Option(
            None, "--largest-sd", help="Plan: precision error to exclude."
        ),
        largest_lsc: float | None = typer.Option(
            None, "--largest-lsc", help="Plan: the same as least significant change."
        ),
        power: float = typer.Option(0.80, "--power", help="Plan: chance to succeed."),
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config  # read by its callback

        def work() -> VerbResult:
            if plan:
                asked = _Plan(sd=sd, largest_sd=largest_sd, largest_lsc=largest_lsc, power=power)
                return _planned(asked)
            how = {"any_day": any_day, "vertebra_sets": vertebra_sets}
            return _studied(source, subject, value, by, unit, how)

        finish("precision", as_json, work)


def _studied(
    source: Path | None,
    subject: str,
    value: list[str],
    by: list[str],
    unit: str,
    how: dict[str, bool],
) -> VerbResult:
    from bonescan.errors import UsageError
    from bonescan.workflows.precision_study import precision_of_file

    if source is None:
        raise UsageError("BS-E390", "found no SOURCE, wanted a CSV or a result folder, or --plan.")
    report = precision_of_file(source, subject=subject, values=value, by=by, unit=unit, **how)
    lines = [line for group in report.groups for line in _shown(group)]
    if report.n_groups_without_repeats:
        lines.append(f"{report.n_groups_without_repeats} more without anybody measured twice")
    lines += [f"{p.code} {p.reason}" for p in report.problems if p.code != "BS-W390"]
    lines.append("The LSC belongs to this device, site, vertebra set and operators only.")
    lines.append("Research software, not a medical device.")
    return VerbResult(data=report.to_dict(), text="\n".join(lines), problems=list(report.problems))


def _shown(group: PrecisionGroup) -> list[str]:
    lines = [group.name, *(f"  {line}" for line in str(group.study).splitlines())]
    if group.n_other_days:
        lines.append(f"  note: {group.n_other_days} values on other days left out (--any-day)")
    if group.n_same_scan:
        lines.append(f"  note: {group.n_same_scan} left out as another file of the same scan")
    return [*lines, ""]


def _planned(asked: _Plan) -> VerbResult:
    from bonescan.errors import UsageError
    from bonescan.stats.precision import LSC_95_FACTOR
    from bonescan.workflows.precision_study import plan_precision_study

    bounds = [b for b in (asked.largest_sd, asked.largest_lsc) if b is not None]
    if asked.sd is None or len(bounds) != 1:
        raise UsageError(
            "BS-E394",
            "found no --sd with one of --largest-sd and --largest-lsc, wanted both numbers.",
        )
    largest = bounds[0] if asked.largest_lsc is None else bounds[0] / LSC_95_FACTOR
    plan = plan_precision_study(asked.sd, largest, asked.power)
    lines = [
        f"expected precision error {plan.sd:g}, to exclude {plan.largest_sd:.4g} "
        f"(LSC {LSC_95_FACTOR * plan.largest_sd:.4g}), power {plan.power:g}:"
    ]
    for scans, size in plan.sizes:
        needed = f"{size.n} people" if size.n is not None else size.reason
        reached = "" if size.reached is None else f"  (power {size.reached:.3f})"
        lines.append(f"  {scans} scans each: {needed}{reached}")
    lines.append("ISCD asks for at least 15 people three times or 30 twice, whatever this says.")
    return VerbResult(data=plan.to_dict(), text="\n".join(lines))
