"""Tables and report of a comparison, side by side in one folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bonescan.errors import EnvironmentFault, UsageError
from bonescan.files.tables import Column, table_text, write_atomically
from bonescan.model.estimate import Estimate
from bonescan.stats.agreement_study import AgreementStudy, SiteAgreement
from bonescan.stats.classes import LabelFrom, who_class

from .agree_rows import across_rows, class_rows, continuous_rows

WHO_WORDS = {-1: None, 0: "normal", 1: "osteopenia", 2: "osteoporosis"}

_ESTIMATE = (
    Column(name="est", meaning="estimate"),
    Column(name="lo", meaning="lower end of its 95 % interval"),
    Column(name="hi", meaning="upper end"),
    Column(name="p", meaning="p value"),
    Column(name="method", meaning="how the interval was made"),
    Column(name="reason", meaning="why a number is missing"),
)
_WHERE = (
    Column(name="site", meaning="site"),
    Column(name="exclusions", meaning="after or before exclusions"),
)
PAIRS_COLUMNS = (
    Column(name="site", meaning="site"),
    Column(name="row", meaning="line of the file, or person and date"),
    Column(name="subject", meaning="who it is"),
    Column(name="rejected", meaning="yes: the test scan was judged unusable"),
    *(
        Column(name=f"{which}_{q}", meaning=f"{q} by the {which}")
        for q in ("bmd", "t", "z")
        for which in ("reference", "test")
    ),
    Column(name="reference_class", meaning="WHO class by the reference"),
    Column(name="test_class", meaning="WHO class by the test"),
    Column(name="age_years", meaning="age", unit="year"),
    Column(name="bmi_kg_m2", meaning="body mass index", unit="kg/m2"),
    Column(name="sex", meaning="sex"),
    Column(name="device", meaning="test device"),
    Column(name="maker", meaning="maker of the reference device"),
    Column(name="depth_mm", meaning="depth of the bone surface", unit="mm"),
    Column(name="gap_days", meaning="days from reference to test", unit="day"),
    Column(name="fracture", meaning="1 with a fragility fracture, 0 without"),
)
CONTINUOUS_COLUMNS = (
    *_WHERE,
    Column(
        name="quantity",
        meaning="bmd, t or z; t_as_given before re-scoring; empty where it is of the site",
    ),
    Column(name="n", meaning="pairs"),
    Column(name="statistic", meaning="what it is"),
    *_ESTIMATE,
)
CLASSES_COLUMNS = (
    *_WHERE,
    Column(name="quantity", meaning="t"),
    Column(name="statistic", meaning="what it is"),
    *_ESTIMATE,
)
STRATA_COLUMNS = (
    *_WHERE,
    Column(name="variable", meaning="what the people are parted by"),
    Column(name="stratum", meaning="which part"),
    Column(name="quantity", meaning="what bias and limits are of"),
    Column(name="n", meaning="pairs"),
    Column(name="n_t", meaning="pairs with T-scores"),
    Column(name="statistic", meaning="what it is"),
    *_ESTIMATE,
)


def write_agreement(study: AgreementStudy, out: Path, *, pdf: bool = False) -> tuple[Path, ...]:
    """Write agreement.json, the tables, the page and its figures.

    Parameters
    ----------
    study : AgreementStudy
    out : Path
        A folder; made when it isn't there.
    pdf : bool
        Each figure as PDF too.

    Returns
    -------
    files : tuple of Path

    Raises
    ------
    UsageError
        BS-E376 when `out` is a file.
    EnvironmentFault
        BS-E501 when it can't be written, BS-E505 without what PDF needs.
    """
    if out.exists() and not out.is_dir():
        raise UsageError("BS-E376", f"found the file {out}, wanted a folder for -o.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        written = [*_tables(study, out)]
        written += _report(study, out, pdf=pdf)
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the folder can't be written: {error.strerror}.", file=out
        ) from error
    return tuple(written)


def _report(study: AgreementStudy, out: Path, *, pdf: bool) -> tuple[Path, ...]:
    from bonescan.report.agreement_page import write_agreement_report

    return write_agreement_report(study, out, pdf=pdf, simulated=study.simulated)


def _tables(study: AgreementStudy, out: Path) -> Iterator[Path]:
    document = json.dumps(study.to_dict(), ensure_ascii=False, allow_nan=False, indent=1)
    tables = {
        "agreement.json": document + "\n",
        "pairs.csv": table_text(PAIRS_COLUMNS, _pairs(study)),
        "continuous.csv": table_text(CONTINUOUS_COLUMNS, _both(study, continuous_rows)),
        "classes.csv": table_text(
            CLASSES_COLUMNS, [*_both(study, class_rows), *across_rows(study)]
        ),
        "strata.csv": table_text(STRATA_COLUMNS, _both(study, _strata)),
    }
    for name, text in tables.items():
        path = out / name
        write_atomically(path, text.encode("utf-8", "backslashreplace"))
        yield path


def _both(study: AgreementStudy, rows: Any) -> Iterator[dict[str, Any]]:
    for when, sites in (("after", study.sites), ("before", study.before_exclusions or {})):
        for name, site in sites.items():
            for row in rows(site):
                yield {"site": name, "exclusions": when} | row


def _cells(name: str, estimate: Estimate | float | int | None) -> dict[str, Any]:
    if isinstance(estimate, Estimate):
        return {"statistic": name, **estimate.to_dict()}
    return {"statistic": name, "est": estimate}


def _pairs(study: AgreementStudy) -> Iterator[dict[str, Any]]:
    for name, site in study.sites.items():
        pairs = site.pairs
        codes = _class_words(study, site)
        for i, label in enumerate(pairs.labels):
            row: dict[str, Any] = {
                "site": name,
                "row": label,
                "subject": pairs.subjects[i] if pairs.has_subjects else None,
                "rejected": bool(pairs.rejected[i]) or None,
            }
            for quantity, (x, y) in pairs.values.items():
                row[f"reference_{quantity}"] = _gap(x[i])
                row[f"test_{quantity}"] = _gap(y[i])
            row |= {key: _gap(column[i]) for key, column in pairs.numbers.items()}
            row |= {key: column[i] for key, column in pairs.words.items()}
            row |= {key: words[i] for key, words in codes.items()}
            yield row


def _class_words(study: AgreementStudy, site: SiteAgreement) -> dict[str, list[str | None]]:
    if "t" not in site.pairs.values:
        return {}
    label: LabelFrom = "raw" if study.settings.label_from == "raw" else "rounded"
    return {
        name: [WHO_WORDS[int(code)] for code in who_class(column, label)]
        for name, column in zip(
            ("reference_class", "test_class"), site.pairs.values["t"], strict=True
        )
    }


def _gap(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _strata(site: SiteAgreement) -> Iterator[dict[str, Any]]:
    for part in site.strata:
        about = {
            "variable": part.variable,
            "stratum": part.label,
            "quantity": part.quantity,
            "n": part.n,
            "n_t": part.n_t,
        }
        names = ("bias", "sd_diff", "loa_lower", "loa_upper", "agreement", "kappa", "sensitivity",
                 "specificity")  # fmt: skip
        for name in names:
            yield about | _cells(name, getattr(part, name))
