"""The verb `agree`: two methods on the same bones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ._frame import ConfigOption, JsonOption, VerbResult, finish, printable

if TYPE_CHECKING:
    from bonescan.stats.agreement_study import AgreementStudy

HELP = "compare two methods: limits of agreement, lines, classes, ROC"

_EXPLANATION = """Compare two methods on the same people: bias and limits of agreement, Deming and
Passing-Bablok lines, concordance, WHO classes, accuracy and ROC, before and after exclusions.

SOURCE is a CSV with columns <site>_<method>_<bmd|t|z>, as ls_dxa_bmd and ls_rems_bmd; a CSV with
any two columns named by --reference and --test; or the result folder of `bonescan run`, whose scans
are paired by person, site and date. Difference = test - reference. Exit 4 when there is no pair, or
when people of the model's own training are in the sample.
"""
_EPILOG = (
    "Examples: bonescan agree study.csv -o agreement; "
    "bonescan agree meters.csv --reference wright --test mini --subject item --replicate repl; "
    "bonescan agree results --max-gap-days 14 --acceptable-difference t=0.5 --json"
)
_COLUMN = "COL"


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """The options as typed, checked later."""

    source: Path
    out: Path | None
    columns: dict[str, str | None]
    options: dict[str, Any]
    several_pairs: bool
    pool_makers: bool
    model: Path | None
    norms: Path | None
    pdf: bool


def add(app: typer.Typer) -> None:
    """Put the verb on `app`."""

    @app.command("agree", help=_EXPLANATION, epilog=_EPILOG)
    def agree(
        source: Path | None = typer.Argument(
            None, metavar="[SOURCE]", help="CSV, or the result folder of a run."
        ),
        store: str | None = typer.Option(
            None, "--store", help="In place of SOURCE: a store, as a path or sqlite:///PATH."
        ),
        out: Path | None = typer.Option(
            None, "--out", "-o", help="Folder for tables, page and figures."
        ),
        pdf: bool = typer.Option(False, "--pdf", help="With -o: each figure as PDF too."),
        reference: str | None = typer.Option(
            None, "--reference", metavar=_COLUMN, help="Reference column, method or technique."
        ),
        test: str | None = typer.Option(
            None, "--test", metavar=_COLUMN, help="Test column, method or technique."
        ),
        quantity: str | None = typer.Option(
            None, "--quantity", help="What two columns are: bmd, t or z."
        ),
        subject: str | None = typer.Option(
            None, "--subject", metavar=_COLUMN, help="Who the row is of; default subject_id."
        ),
        replicate: str | None = typer.Option(
            None, "--replicate", metavar=_COLUMN, help="Which reading of the subject it is."
        ),
        several_pairs: bool = typer.Option(
            False, "--several-pairs", help="Rows of one subject are visits: intervals by person."
        ),
        issuer: str | None = typer.Option(
            None, "--issuer", metavar=_COLUMN, help="Issuer of the subject ids (with --model)."
        ),
        age: str | None = typer.Option(
            None, "--age", metavar=_COLUMN, help="Age in years; default age_y, age_years, age."
        ),
        bmi: str | None = typer.Option(
            None, "--bmi", metavar=_COLUMN, help="Body mass index; default bmi, bmi_kg_m2."
        ),
        sex: str | None = typer.Option(None, "--sex", metavar=_COLUMN, help="Sex; default sex."),
        device: str | None = typer.Option(
            None, "--device", metavar=_COLUMN, help="Test device; default device, rems_device."
        ),
        maker: str | None = typer.Option(
            None, "--maker", metavar=_COLUMN, help="Maker of the DXA; default maker, dxa_maker."
        ),
        depth: str | None = typer.Option(
            None, "--depth", metavar=_COLUMN, help="Depth of the bone in mm; default depth_mm."
        ),
        fracture: str | None = typer.Option(
            None,
            "--fracture",
            metavar=_COLUMN,
            help="Fragility fracture, 1 or 0; default prior_fragility_fracture, fracture.",
        ),
        quality: str | None = typer.Option(
            None,
            "--quality",
            metavar=_COLUMN,
            help="pass or fail of the test scan; default <site>_<method>_quality, quality.",
        ),
        date: str | None = typer.Option(
            None, "--date", metavar=_COLUMN, help="ISO date of the test; default exam_date, date."
        ),
        loa_ci: str = typer.Option(
            "carkeet-individual",
            "--loa-ci",
            help="Interval of the limits: carkeet-individual, carkeet-pair, ba1999-t, ba1986, "
            "mover.",
        ),
        proportion_ci: str = typer.Option(
            "wilson", "--proportion-ci", help="wilson, clopper-pearson or agresti-coull."
        ),
        deming_ratio: float = typer.Option(
            1.0, "--deming-ratio", help="var(error of reference) / var(error of test)."
        ),
        deming_ci: str = typer.Option("jackknife", "--deming-ci", help="jackknife or analytical."),
        label_from: str = typer.Option(
            "rounded", "--label-from", help="Class from T rounded to 0.1, or raw."
        ),
        acceptable_difference: str | None = typer.Option(
            None,
            "--acceptable-difference",
            help="Stated beforehand and judged against the limits: 0.03, or bmd=0.03,t=0.5.",
        ),
        max_gap_days: int = typer.Option(
            30, "--max-gap-days", help="Result folder: longest time between the two scans."
        ),
        pool_makers: bool = typer.Option(
            False, "--pool-makers", help="Analyse DXA makers together, not apart."
        ),
        model: Path | None = typer.Option(
            None, "--model", help="Model whose training people must not be in the sample."
        ),
        norms: Path | None = typer.Option(None, "--norms", help="Folder with reference tables."),
        bootstrap: int = typer.Option(
            2000, "--bootstrap", help="Resamples of people, at least 200; 0 = none."
        ),
        seed: int = typer.Option(20260101, "--seed", help="Seed of the resamples."),
        as_json: bool = JsonOption,
        config: Path | None = ConfigOption,
    ) -> None:
        del config  # read by its callback
        columns = {
            "reference": reference, "test": test, "quantity": quantity, "subject": subject,
            "replicate": replicate, "issuer": issuer, "age": age, "bmi": bmi, "sex": sex,
            "device": device, "maker": maker, "depth": depth, "fracture": fracture,
            "quality": quality, "date": date,
        }  # fmt: skip
        options = {
            "loa_ci": loa_ci, "proportion_ci": proportion_ci, "deming_ratio": deming_ratio,
            "deming_ci": deming_ci, "label_from": label_from, "quantity": quantity or "bmd",
            "acceptable_difference": acceptable_difference, "max_gap_days": max_gap_days,
            "bootstrap": bootstrap, "seed": seed,
        }  # fmt: skip
        finish(
            "agree",
            as_json,
            lambda: _agree(
                _Asked(
                    source=_source(source, store),
                    out=out,
                    columns=columns,
                    options=options,
                    several_pairs=several_pairs,
                    pool_makers=pool_makers,
                    model=model,
                    norms=norms,
                    pdf=pdf,
                )
            ),
        )


def _source(source: Path | None, store: str | None) -> Path:
    """Take the one place that was named; a store stands for the folder it lies in."""
    from bonescan.errors import UsageError

    if (source is None) == (store is None):
        found = "neither SOURCE nor --store" if source is None else "both SOURCE and --store"
        raise UsageError("BS-E376", f"found {found}, wanted one of them.")
    if source is not None:
        return source
    text = str(store)
    if "://" in text and not text.startswith("sqlite:///"):
        raise UsageError("BS-E376", f"found the store {text}, wanted a path or sqlite:///PATH.")
    path = Path(text.removeprefix("sqlite:///"))
    return path.parent if path.is_file() else path


def _agree(asked: _Asked) -> VerbResult:
    from bonescan.workflows.agree_settings import agreement_settings

    settings = agreement_settings(**asked.options)
    if asked.source.is_dir():
        from bonescan.workflows.agree_folder import agree_folder

        study = agree_folder(
            asked.source,
            settings,
            reference=asked.columns["reference"],
            test=asked.columns["test"],
            pool_makers=asked.pool_makers,
            model_file=asked.model,
            norms_dir=asked.norms,
        )
    else:
        from bonescan.files.pairs_csv import ColumnChoice
        from bonescan.workflows.agree_table import agree_table

        study = agree_table(
            asked.source,
            ColumnChoice(**asked.columns),
            settings,
            several_pairs=asked.several_pairs,
            pool_makers=asked.pool_makers,
            model=asked.model,
        )
    return _result(study, asked)


def _result(study: AgreementStudy, asked: _Asked) -> VerbResult:
    text = printable(str(study))
    text += "".join(printable(f"\n  {p.code} {p.reason}") for p in study.problems)
    if asked.out is not None:
        from bonescan.workflows.agree_write import write_agreement

        out = asked.out
        write_agreement(study, out, pdf=asked.pdf)
        text += printable(f"\nopen {out}/agreement.html   tables: {out}/pairs.csv, continuous.csv, "
                          "classes.csv, strata.csv")  # fmt: skip
    return VerbResult(data=study.to_dict(), text=text, problems=list(study.problems))
