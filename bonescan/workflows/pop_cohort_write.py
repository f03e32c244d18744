"""Write the page of a pregnancy cohort and the tables behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bonescan.errors import EnvironmentFault
from bonescan.files.tables import Column, table_text, write_atomically
from bonescan.report.pop_cohort_page import pop_cohort_page

from .pop_cohort import CohortReport

CONTRASTS = (
    Column(name="model", meaning="with or without a term for the device"),
    Column(name="contrast", meaning="visit minus first visit"),
    *(Column(name=n, meaning=m, decimals=6) for n, m in (
        ("est", "g/cm2"), ("se", "standard error"), ("df", "Satterthwaite"),
        ("lo", "95 % interval"), ("hi", "95 % interval"), ("p", "two-sided"),
        ("p_holm", "over the visits"), ("percent_of_first_mean", "percent"))),
)  # fmt: skip
WOMEN = (
    Column(name="woman_id", meaning="as in the table"),
    Column(name="visit", meaning="against the first visit"),
    Column(name="device", meaning="of this visit"),
    Column(name="change", meaning="g/cm2", decimals=4),
    Column(name="percent", meaning="percent of the first visit", decimals=2),
    Column(name="lsc", meaning="least significant change, g/cm2", decimals=4),
    Column(name="z", meaning="change over its standard error", decimals=3),
    Column(name="p", meaning="two-sided", decimals=5),
    Column(name="p_bh", meaning="Benjamini-Hochberg over women", decimals=5),
    Column(name="verdict", meaning="what may be said of it"),
    Column(name="reason", meaning="why"),
)
ASIDE = (
    Column(name="line", meaning="line of the table"),
    Column(name="woman_id", meaning="as in the table"),
    Column(name="visit", meaning="as in the table"),
    Column(name="reason", meaning="what was found in the row, or about the woman"),
)


def write_cohort(report: CohortReport, out: Path, source: str) -> list[Path]:
    """Write ``index.html``, ``contrasts.csv``, ``women.csv`` and ``set_aside.csv``.

    Raises
    ------
    EnvironmentFault
        BS-E501: the folder can't be written.
    """
    data = report.to_dict()
    files = {
        "index.html": pop_cohort_page(data, source),
        "contrasts.csv": table_text(CONTRASTS, _contrasts(data)),
        "women.csv": table_text(
            WOMEN,
            ({"woman_id": w["woman_id"]} | c for w in data["individual"] for c in w["changes"]),
        ),
        "set_aside.csv": table_text(ASIDE, data["set_aside"]),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_atomically(out / name, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"writing failed: {error.strerror or error}.", file=out
        ) from error
    return [out / name for name in files]


def _contrasts(data: dict[str, Any]) -> list[dict[str, Any]]:
    without = [{"model": "without device"} | c for c in data["without_device"]["contrasts_vs_T1"]]
    if not any(n.startswith("device_") for n in data["mixed_model"]["terms"]):
        return without  # one and the same
    return [{"model": "with device"} | c for c in data["contrasts_vs_T1"]] + without
