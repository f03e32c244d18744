"""What changed for a person since the first comparable exam: four cells of patients.csv."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from bonescan.model.change import Change
from bonescan.model.page import PersonPage
from bonescan.model.vocabulary import Origin, Technique
from bonescan.norms.site import parse_site
from bonescan.track.comparable import device_text
from bonescan.track.series import TrackSettings

from .track_folder import person_points, track_person

# Where no site decided the class, the change shown is that of the first of these.
PREFERRED = ("L1-L4", "total-hip", "femoral-neck")
ORIGINS = (Origin.REPORTED, Origin.MEASURED, Origin.ESTIMATED)


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
            change = step.shown
            if change is None:
                continue
            day: tuple[date | None, Technique] = step.visit.day, step.visit.technique
            sites = found.setdefault(day, {})
            held = sites.get(series.site)
            if held is None or _rank(change) < _rank(held):
                sites[series.site] = change
    return found


def _rank(change: Change) -> tuple[object, ...]:
    """Order the changes of one site and day: comparable, the whole set, reported, longest."""
    visit = change.follow_up
    place = parse_site(visit.site)
    vertebrae = visit.vertebrae_used or (() if place is None else place.vertebrae)
    return (
        change.percent is None,
        -len(vertebrae),
        ORIGINS.index(visit.origin),
        change.baseline.day,
        device_text(visit.device),
    )


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
    fitting = [
        (changes[site].percent is None, rank, site)
        for rank, name in enumerate(PREFERRED)
        for site in changes
        if site == name or site.startswith(f"{name}-")
    ]
    return min(fitting)[2] if fitting else None
