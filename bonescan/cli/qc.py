"""The verb `qc`: control charts of a phantom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish, printable

if TYPE_CHECKING:
    from bonescan.model.qc_study import QcStretch

HELP = "phantom control charts: limits, Westgard's rules, CUSUM"

_EXPLANATION = """Judge phantom scans: is the densitometer in control?

FILE is a CSV with columns date (YYYY-MM-DD) and value, and where known device, phantom and
service. The baseline is the first day with ten scans or more, else the first 25 days; a service
begins a new one. Limits are 1.5 % either side of its mean; Westgard's rules and a CUSUM use its SD.
Devices and phantoms are never pooled. Exit 4 when nothing has a baseline.
"""
_EPILOG = (
    "Examples: bonescan qc phantom.csv; bonescan qc phantom.csv -o charts --unit g/cm2; "
    "bonescan qc daily.csv --date day --value bmd_l1l4 --json"
)
_STATES = {
    "in-control": "IN CONTROL",
    "warning": "in control, with a warning",
    "out-of-control": "OUT OF CONTROL",
    "baseline-only": "baseline complete, no scan after it",
    "no-baseline": "not judged",
}


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""

    @app.command("qc", help=_EXPLANATION, epilog=_EPILOG)
    def qc(
        file: Path = typer.Argument(..., metavar="FILE", help="CSV of phantom scans."),
        out: Path | None = typer.Option(
            None, "-o", "--out", metavar="DIR", help="Write qc.html and qc.csv here."
        ),
        day: str = typer.Option("", "--date", metavar="COL", help="Column of days (date)."),
        value: str = typer.Option("", "--value", metavar="COL", help="Column of values (value)."),
        device: str = typer.Option("", "--device", metavar="COL", help="Column of devices."),
        phantom: str = typer.Option("", "--phantom", metavar="COL", help="Column of phantoms."),
        service: str = typer.Option("", "--service", metavar="COL", help="Column of services."),
        percent: float = typer.Option(1.5, "--percent", help="Limits either side of the mean."),
        unit: str = typer.Option("", "--unit", help="Unit of the values, as g/cm2."),
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config  # read by its callback
        names = {"date": day, "value": value, "device": device, "phantom": phantom}
        names["service"] = service
        columns = {what: name for what, name in names.items() if name}
        finish("qc", as_json, lambda: _judged(file, out, columns, percent, unit))


def _judged(
    file: Path, out: Path | None, columns: dict[str, str], percent: float, unit: str
) -> VerbResult:
    from bonescan.workflows.qc import qc_of_file, write_qc

    study, problems = qc_of_file(file, columns=columns, percent=percent, unit=unit)
    data = study.to_dict()
    lines = [line for stretch in study.stretches for line in _shown(stretch)]
    if out is not None:
        page, table = write_qc(out, study)
        data |= {"page": str(page), "table": str(table)}
        lines.append(f"page {page}, table {table}")
    lines += [f"{p.code} {p.reason}" for p in problems if p.code != "BS-W422"]
    lines.append("Research software, not a medical device.")
    text = printable("\n".join(lines))
    return VerbResult(data=data, text=text, problems=list(problems))


def _shown(stretch: QcStretch) -> list[str]:
    lines = [f"{stretch.name}: {_STATES[stretch.state]}"]
    base = stretch.baseline
    if base is not None:
        lines.append(
            f"  baseline {base.kind}, n {base.n}: mean {base.mean:.4g}, SD {base.sd:.3g}, "
            f"CV {base.cv_percent:.2f} %, limits {base.lower:.4g} to {base.upper:.4g}"
        )
    if stretch.reason:
        lines.append(f"  {stretch.reason}")
    for violation in stretch.violations[:10]:
        days = f"{violation.first}"
        if violation.last != violation.first:
            days += f" to {violation.last}"
        lines.append(f"  {days}: {violation.rule}, {violation.meaning} ({violation.side})")
    if len(stretch.violations) > 10:  # noqa: PLR2004 - as shown above
        lines.append(f"  and {len(stretch.violations) - 10} more")
    lines += [
        f"  level changed between {c.after} and {c.first_changed}: {c.new_mean:.4g} "
        f"({c.percent:+.2f} %), signalled {c.signalled}"
        for c in stretch.changes
    ]
    return lines
