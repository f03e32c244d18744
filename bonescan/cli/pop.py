"""The verb `pop`: pregnancy cohorts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from . import _pop_fracture, _pop_people, _pop_report
from ._frame import ConfigOption, JsonOption, VerbResult, finish

if TYPE_CHECKING:
    from bonescan.workflows.pop_cohort import CohortReport

HELP = "bone density through pregnancy and lactation: enrol, visits, who is due, reports, cohort"

_COHORT = """Analyse a cohort of pregnancies, one row a scan.

FILE is a CSV with woman_id, visit (T1, T2, T3, L6, PW) and a value column such
as fn_bmd; device, gestational_week, postpartum_week and days_since_t1 where
known. Scans of one visit and device are averaged; a mixed model (REML,
Satterthwaite) takes every visit there is, nothing is imputed, and devices get a
term of their own. Women are judged by --precision-error, or by the repeats of
the cohort where they have 30 degrees of freedom.
"""


def add(app: typer.Typer) -> None:
    """Put the group on `app`."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(group, name="pop", help=HELP[0].upper() + HELP[1:] + ".")

    _pop_people.add(group)
    _pop_report.add(group)
    _pop_fracture.add(group)

    @group.command(
        "cohort",
        help=_COHORT,
        epilog="Example: bonescan pop cohort pop_cohort.csv --covariate age_y -o cohort",
    )
    def cohort(
        file: Path = typer.Argument(..., metavar="FILE", help="CSV, one row a scan."),
        value: str = typer.Option("", "--value", help="Value column, where there are several."),
        precision_error: float | None = typer.Option(
            None, "--precision-error", help="RMS-SD of one scan in g/cm2, from your own study."
        ),
        covariate: list[str] = typer.Option(
            [], "--covariate", help="Column of the adjusted model and of the risk of a loss."
        ),
        technique: str = typer.Option(
            "", "--technique", help="Take the scans of one technique, where there are several."
        ),
        out: Path | None = typer.Option(
            None, "--out", "-o", help="Folder for the page and its tables."
        ),
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config
        finish(
            "pop cohort",
            as_json,
            lambda: _cohort(file, value, precision_error, covariate, technique, out),
        )


def _cohort(
    file: Path,
    value: str,
    precision_error: float | None,
    covariates: list[str],
    technique: str,
    out: Path | None,
) -> VerbResult:
    from bonescan.workflows.pop_cohort import cohort_of_file
    from bonescan.workflows.pop_cohort_write import write_cohort

    report = cohort_of_file(
        file,
        value=value,
        precision_error=precision_error,
        covariates=covariates,
        technique=technique,
    )
    text = _text(report)
    if out is not None:
        text += "\n" + "\n".join(str(p) for p in write_cohort(report, out, file.name))
    return VerbResult(data=report.to_dict(), text=text, problems=report.problems)


def _text(report: CohortReport) -> str:
    counts = ", ".join(f"{k} {v}" for k, v in report.counts.items())
    error = report.precision.error_g_cm2
    lines = [
        f"{report.n_women} women: {counts}",
        "precision: " + ("" if error is None else f"{error:.5f} g/cm², ") + report.precision.source,
        f"{report.model.formula}, n = {report.model.n_obs}",
    ]
    lines += [
        f"  {c.contrast:8} {c.est:+.4f} ({c.lo:+.4f} to {c.hi:+.4f}) g/cm², "
        f"{c.percent_of_first_mean:+.2f} % of the mean of T1, df {c.df:.1f}, Holm {c.p_holm:.2g}"
        for c in report.model.contrasts
    ]
    lines += [
        f"  {name:8} {term['est']:+.4f} ({term['lo']:+.4f} to {term['hi']:+.4f}) g/cm²"
        for name, term in report.model.terms.items()
        if name.startswith("device_")
    ]
    for visit, verdicts in report.verdicts.items():
        counted = ", ".join(f"{n} {word}" for word, n in verdicts.items())
        lines.append(f"  {visit}, woman by woman: {counted}")
    outside = report.table.out_of_window
    if outside:
        lines.append(
            f"  outside the window of the visit and kept: {len(outside)} scans, lines "
            + ", ".join(str(o.line) for o in outside[:10])
            + (" …" if len(outside) > 10 else "")  # noqa: PLR2004 - the page has them all
        )
    lines += [
        f"  {name}: {part.reason}"
        for name, part in (
            ("women at every visit", report.of_completers),
            ("with covariates", report.with_covariates),
        )
        if part is not None and part.reason
    ]
    lines += [f"{p.code} {p.reason}" for p in report.problems]
    lines += [
        "Fractures are not analysed: a cohort of this size has too few for any conclusion.",
        "Research software, not a medical device.",
    ]
    return "\n".join(lines)
