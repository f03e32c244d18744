"""What changed for a person since the first comparable exam: four cells of patients.csv."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from bonescan.model.change import Change
from bonescan.model.page import PersonPage
from bonescan.model.vocabulary import Technique
from bonescan.track.series import TrackSettings

from .track_folder import person_points, track_person

# Where no site decided the class, the change shown is that of the first of these.
PREFERRED = ("L1-L4", "total-hip", "femoral-neck")
Cells = Mapping[str, Any]


def patient_changes(page: PersonPage) -> dict[tuple[date | None, Technique], dict[str, Change]]:
    """Judge every exam against the earliest one it can be compared with, by site.

    Changes are judged by the published fallback; a site's own precision study is asked
    for by `bonescan track --precision`. Nothing is computed for a person with one day.
    """
    if len({p.day for p in person_points(page)}) < 2:  # noqa: PLR2004 - a change needs two days
        return {}
    found: dict[tuple[date | None, Technique], dict[str, Change]] = {}
    for series in track_person(page, TrackSettings()).series:
        for step in series.steps:
            change = step.from_first
            if change is not None and change.percent is None:
                change = step.from_previous or change  # the device changed: the one before
            if change is not None:
                day: tuple[date | None, Technique] = step.visit.day, step.visit.technique
                found.setdefault(day, {})[series.site] = change
    return found


def change_cells(changes: Mapping[str, Change], deciding_site: str | None) -> dict[str, Any]:
    """Give the cells for one day and technique; none where nothing can be compared."""
    site = deciding_site if deciding_site in changes else _preferred(changes)
    if site is None:
        return {}
    change = changes[site]
    verdict = str(change.verdict)
    if change.percent is None:
        return {"change_verdict": verdict}
    basis = change.basis
    lsc = None
    if basis is not None and basis.lsc_g_cm2 is not None:
        lsc = f"{site}: {change.lsc_g_cm2:.3f} g/cm2, {basis.source}"
    return {
        "lsc_set": lsc,
        "comparable_to": f"{change.baseline.day.isoformat()} {site}",
        "change_percent": change.percent,
        "change_verdict": verdict,
    }


def _preferred(changes: Mapping[str, Change]) -> str | None:
    for name in PREFERRED:
        fitting = sorted(s for s in changes if s == name or s.startswith(f"{name}-"))
        if fitting:
            return fitting[0]
    return None
