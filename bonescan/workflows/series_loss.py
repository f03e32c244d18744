"""One person's series of bone density with what would be expected to be lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from bonescan.guidance.expected_loss import (
    PREGNANCY_AND_AFTER,
    ExpectedLoss,
    expected_losses,
    own_loss,
)
from bonescan.model.due import Pair
from bonescan.model.guidance import FactSheet
from bonescan.model.page import PageRow, PersonPage
from bonescan.norms.site import SPINE, site_of

from .fact_words import citation_zh

SeriesKey = tuple[str, str, str, str]


def series_losses(page: PersonPage | None, sheet: FactSheet) -> list[dict[str, Any]]:
    """List every series of one site, technique, origin and device with two days or more.

    Devices are never joined: a series ends where the device changes. No
    verdict is given here; precision decides on change.

    Parameters
    ----------
    page : PersonPage or None
    sheet : FactSheet
        Decides which published rates fit.

    Returns
    -------
    losses : list of dict
        Plain values for tables and figures, by site.
    """
    if page is None:
        return []
    series: dict[SeriesKey, list[PageRow]] = {}
    for row in page.rows:
        m = row.labelled.measurement
        day = row.exam.exam_date
        if m.bmd_g_cm2 is not None and day is not None and day <= sheet.on:
            series.setdefault(_key(row), []).append(row)
    found = [_loss(key, rows, sheet) for key, rows in sorted(series.items())]
    return [loss for loss in found if loss is not None]


def _key(row: PageRow) -> SeriesKey:
    m, device = row.labelled.measurement, row.device
    vertebrae = "+".join(m.vertebrae_used)
    name = " ".join(w for w in (device.manufacturer, device.model, device.serial) if w)
    return (
        m.site if not vertebrae else f"{m.site} ({vertebrae})",
        str(m.technique),
        str(m.origin),
        name,
    )


def _loss(key: SeriesKey, rows: Sequence[PageRow], sheet: FactSheet) -> dict[str, Any] | None:
    points = sorted(
        (row.exam.exam_date, row.labelled.measurement.bmd_g_cm2)
        for row in rows
        if row.exam.exam_date is not None and row.labelled.measurement.bmd_g_cm2 is not None
    )
    across = any(
        str(row.person.menopausal_status) in PREGNANCY_AND_AFTER
        for row in rows
        if row.person.menopausal_status is not None
    )
    own = own_loss(points, across_pregnancy=across)
    if own is None:
        return None
    site, technique, origin, device = key
    return {
        "site": site,
        "technique": technique,
        "origin": origin,
        "device": device,
        "points": [_point(day, bmd) for day, bmd in points],
        "months": round(own.months, 2),
        "change_percent": round(own.change_percent, 3),
        "per_year_percent": None
        if own.per_year_percent is None
        else round(own.per_year_percent, 3),
        **_notes(own.notes),
        "expected": [
            _expected(e)
            for e in expected_losses(sheet, own.from_day, own.to_day, lumbar=_is_lumbar(rows[0]))
        ],
    }


def _point(day: date, bmd: float) -> dict[str, Any]:
    return {"date": day.isoformat(), "bmd_g_cm2": bmd}


def _expected(found: ExpectedLoss) -> dict[str, Any]:
    return {
        "situation": found.rate.situation,
        "en": found.rate.en,
        "zh": found.rate.zh,
        "site": found.rate.site,
        "site_zh": found.rate.site_zh,
        "months": round(found.months, 2),
        "linear_percent": _percent(found.linear_percent),
        "compounded_percent": _percent(found.compounded_percent),
        "source": found.rate.source,
        "source_zh": citation_zh(found.rate.source),
        "evidence": str(found.rate.evidence),
        **_notes(found.notes),
    }


def _percent(ends: tuple[float, float] | None) -> list[float] | None:
    return None if ends is None else [round(v, 2) for v in ends]


def _notes(notes: Sequence[Pair]) -> dict[str, str]:
    return {
        "note": "; ".join(en.rstrip(".") for en, _zh in notes),
        "note_zh": "；".join(zh.rstrip("。") for _en, zh in notes),
    }


def _is_lumbar(row: PageRow) -> bool:
    site = site_of(row.labelled.measurement)
    return site is not None and site.region == SPINE
