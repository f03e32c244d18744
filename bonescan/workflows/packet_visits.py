"""Bone density over the visits of one person, as a referral carries it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bonescan.model.due import Pair
from bonescan.model.exam import Device
from bonescan.model.page import PageRow
from bonescan.model.referral import PacketVisit
from bonescan.model.vocabulary import Technique
from bonescan.track.precision_basis import published_lsc_percent

LSC_DECIMALS = 6  # finer than any device prints, so that equal numbers compare as equal
FALLBACK: Pair = ("fallback, not measured at this site", "通用值，非本院測得")
NO_STUDY: Pair = ("no precision study", "無精密度研究")
REACHED: Pair = ("reaches the LSC", "已達最小顯著變化")
NOT_REACHED: Pair = ("not shown to have changed", "未達最小顯著變化")
UNJUDGED: Pair = ("not judged: no LSC", "無法判斷：無最小顯著變化值")
NO_SERIAL: Pair = ("not comparable: no serial number of the device", "無法比較：缺儀器序號")


def packet_visits(rows: Sequence[PageRow]) -> tuple[PacketVisit, ...]:
    """List visits, oldest first, each held against the one before on the same device and site.

    Parameters
    ----------
    rows : sequence of PageRow
        Of one person.

    Returns
    -------
    visits : tuple of PacketVisit
        T is left out under the Z rule; a change stands only within one series:
        technique, origin, site, vertebrae, model and device with its serial
        number. It reaches the LSC where it is as large or larger.
    """
    before: dict[tuple[object, ...], PacketVisit] = {}
    shown = []
    for row in sorted(rows, key=_row_order):
        visit = _visit(row)
        key = _series(row)
        if key is not None and key in before:
            visit = _with_change(visit, before[key])
        elif key is None:
            visit = replace(visit, change_note=NO_SERIAL)
        if key is not None and visit.bmd_g_cm2 is not None and visit.exam_date is not None:
            before[key] = visit
        shown.append(visit)
    return tuple(shown)


def _row_order(row: PageRow) -> tuple[date, str, str]:
    m = row.labelled.measurement
    return (row.exam.exam_date or date.min, m.site, str(m.technique))


def _visit(row: PageRow) -> PacketVisit:
    m, s = row.labelled.measurement, row.labelled.scores
    lsc, note = _lsc(m.technique, m.site)
    shows_t = row.labelled.verdict.shows_t and m.scores_allowed
    z = s.z_label if s.z_label is not None else m.reported_z_score
    t = s.t_label if s.t_label is not None else m.reported_t_score
    return PacketVisit(
        exam_date=row.exam.exam_date,
        technique=str(m.technique),
        origin=str(m.origin),
        device=_device(row.device),
        site=m.site,
        bmd_g_cm2=m.bmd_g_cm2,
        z_score=z if m.scores_allowed else None,
        z_reference=s.z_reference_id if s.z_label is not None else _printed(m.reported_z_score),
        t_score=t if shows_t else None,
        t_reference=(s.reference_id if s.t_label is not None else m.reported_reference)
        if shows_t
        else None,
        lsc_percent=lsc,
        lsc_note=note,
        flags=tuple(dict.fromkeys((*m.flags, *s.flags))),
    )


def _printed(score: float | None) -> str | None:
    return None if score is None else "as printed by the device"


def _device(device: Device) -> str:
    parts = (device.manufacturer, device.model, device.serial)
    return " ".join(p for p in parts if p)


def _lsc(technique: Technique, site: str) -> tuple[float | None, Pair]:
    found = published_lsc_percent(technique, site)
    return found, NO_STUDY if found is None else FALLBACK


def _series(row: PageRow) -> tuple[object, ...] | None:
    """Name what has to be the same for a change to mean anything; None: nobody can tell."""
    m, d = row.labelled.measurement, row.device
    if not d.serial:
        return None
    return (m.technique, m.origin, m.site, m.vertebrae_used, m.model_id, d.manufacturer, d.model,
            d.serial)  # fmt: skip


def _with_change(visit: PacketVisit, before: PacketVisit) -> PacketVisit:
    if visit.bmd_g_cm2 is None or before.bmd_g_cm2 is None or visit.exam_date == before.exam_date:
        return visit
    change = visit.bmd_g_cm2 - before.bmd_g_cm2
    percent = 100.0 * change / before.bmd_g_cm2
    note = UNJUDGED
    if visit.lsc_percent is not None:
        lsc_g_cm2 = before.bmd_g_cm2 * visit.lsc_percent / 100.0
        reached = round(abs(change), LSC_DECIMALS) >= round(lsc_g_cm2, LSC_DECIMALS)
        note = REACHED if reached else NOT_REACHED
    return replace(visit, change_g_cm2=change, change_percent=percent,
                   change_since=before.exam_date, change_note=note)  # fmt: skip
