"""Every change of a study as a table, one row a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bonescan.errors import EnvironmentFault
from bonescan.files.tables import Column, table_text, write_atomically
from bonescan.model.change import Change
from bonescan.track.series import Step

from .track_folder import TrackedPerson

COLUMNS = (
    Column(name="patient_id", meaning="the person"),
    Column(name="technique", meaning="DXA, REMS or REMS-style"),
    Column(name="origin", meaning="reported, measured or estimated"),
    Column(name="site", meaning="skeletal site"),
    Column(name="vertebrae_used", meaning="vertebrae in the number"),
    Column(name="against", meaning="first visit, first comparable one, or previous comparable one"),
    Column(name="baseline_date", meaning="day of the baseline"),
    Column(name="exam_date", meaning="day of the follow-up"),
    Column(name="baseline_bmd_g_cm2", meaning="mean of the baseline's scans", decimals=3),
    Column(name="bmd_g_cm2", meaning="mean of the follow-up's scans", decimals=3),
    Column(name="change_g_cm2", meaning="follow-up minus baseline", decimals=4),
    Column(name="change_percent", meaning="percent of the baseline", decimals=2),
    Column(name="lsc_g_cm2", meaning="least significant change, 95 %", decimals=4),
    Column(name="verdict", meaning="what may be said of it"),
    Column(name="p_loss", meaning="probability that the true change is a loss", decimals=3),
    Column(name="percent_per_year", meaning="none across a pregnancy", decimals=2),
    Column(name="percent_per_week", meaning="percent of the baseline a week", decimals=3),
    Column(name="reasons", meaning="why not comparable, or what took a change back"),
    Column(name="flags", meaning="see the dictionary of flags"),
)


def write_changes(path: Path, people: Sequence[TrackedPerson]) -> None:
    """Write every change to a CSV."""
    try:
        write_atomically(path, table_text(COLUMNS, changes_of(people)).encode("utf-8"))
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"writing failed: {error.strerror or error}.", file=path
        ) from error


def changes_of(people: Sequence[TrackedPerson]) -> list[dict[str, Any]]:
    """Give every change as one flat row, for a table."""
    rows = []
    for person in people:
        for series in person.series:
            for step in series.steps:
                for against, change in _against(step):
                    rows.append(
                        {
                            "patient_id": person.patient_id,
                            "technique": series.technique,
                            "origin": series.origin,
                            "site": series.site,
                            "vertebrae_used": ";".join(series.vertebrae_used),
                            "against": against,
                            "baseline_date": change.baseline.day.isoformat(),
                            "exam_date": change.follow_up.day.isoformat(),
                            "baseline_bmd_g_cm2": change.baseline.bmd_g_cm2,
                            "bmd_g_cm2": change.follow_up.bmd_g_cm2,
                            "change_g_cm2": change.difference_g_cm2,
                            "change_percent": change.percent,
                            "lsc_g_cm2": change.lsc_g_cm2,
                            "verdict": str(change.verdict),
                            "p_loss": change.p_loss,
                            "percent_per_year": change.percent_per_year,
                            "percent_per_week": change.percent_per_week,
                            "reasons": "; ".join(change.reasons),
                            "flags": ";".join(change.flags),
                        }
                    )
    return rows


def _against(step: Step) -> Iterator[tuple[str, Change]]:
    """Name each change of a visit; the first comparable visit only where it is another."""
    first, comparable = step.from_first, step.from_first_comparable
    if first is not None:
        yield "first", first
    if comparable is not None and (first is None or comparable.baseline != first.baseline):
        yield "first-comparable", comparable
    if step.from_previous is not None:
        yield "previous", step.from_previous
