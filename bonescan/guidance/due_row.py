"""Rows of the lists: a window of days against the day of the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from bonescan.model.due import DueList, DuePerson, DueRow, DueState, Pair

from .evaluate import reason_words

Window = tuple[date | None, date | None]

# What is asked for only after another fact is known: nobody wants the date of a drug never given.
ASKED_AFTER: Mapping[str, str] = {
    "bmd_since_cancer": "breast_cancer",
    "bmd_since_menopause": "menopause_age_years",
    "denosumab_follow_on": "denosumab",
    "denosumab_stopped": "denosumab",
    "denosumab_last_dose_date": "denosumab",
    "multiple_pregnancy": "pregnant",
    "prepregnancy_bmi_kg_m2": "pregnant",
    "heparin_or_steroid_in_pregnancy": "pregnant",
    "bone_assessed_this_pregnancy": "pregnant",
    "vitamin_d_ng_ml": "pregnant",
    "autoimmune_disease": "pregnant",
    "lrp5_or_col1a1_variant": "pregnant",
    "family_osteoporosis": "pregnant",
}


def state_of(window: Window, on: date) -> DueState:
    """Say where a day lies to a window; its last day still is due.

    >>> state_of((date(2026, 1, 1), date(2026, 1, 31)), date(2026, 1, 31)).value
    'due'
    >>> state_of((date(2026, 1, 1), date(2026, 1, 31)), date(2026, 2, 1)).value
    'overdue'
    """
    begin, end = window
    if begin is not None and on < begin:
        return DueState.LATER
    return DueState.OVERDUE if end is not None and on > end else DueState.DUE


def dated(
    person: DuePerson,
    list_name: DueList,
    rule_ids: tuple[str, ...],
    window: Window,
    why: Pair,
    *,
    because: Sequence[str] = (),
    notes: Sequence[Pair] = (),
    safety_ids: tuple[str, ...] = (),
) -> DueRow:
    """Make a row of a window."""
    begin, end = window
    where = state_of(window, person.on)
    late = (person.on - end).days if where is DueState.OVERDUE and end is not None else None
    return DueRow(
        patient_id=person.patient_id,
        list_name=list_name,
        rule_ids=rule_ids,
        state=where,
        why=why,
        due_from=begin,
        due_until=end,
        overdue_days=late,
        reasons=tuple(reason_words(n, person.sheet) for n in because if n in person.sheet.values),
        notes=tuple(notes),
        safety_ids=safety_ids,
    )


def open_row(
    person: DuePerson, list_name: DueList, rule_ids: tuple[str, ...], missing: tuple[str, ...]
) -> DueRow:
    """Make the row of what can't be judged; a fact that only matters after another waits for it."""
    asked = tuple(name for name in missing if ASKED_AFTER.get(name) not in missing)
    return DueRow(
        patient_id=person.patient_id,
        list_name=list_name,
        rule_ids=rule_ids,
        state=DueState.CANNOT_BE_JUDGED,
        why=("A fact is missing.", "資料不足。"),
        missing=asked,
    )


def plain_date(day: date) -> str:
    """Write a date.

    >>> plain_date(date(2024, 2, 29))
    '2024-02-29'
    """
    return day.isoformat()


def why_measured(person: DuePerson, interval_years: tuple[float, float] | None) -> Pair:
    """Say when bone density was last measured, and the interval."""
    last = person.last_assessed
    if last is None or interval_years is None:
        return ("No bone density recorded here.", "本處無骨密度檢查記錄。")
    how = "/".join(dict.fromkeys(technique for day, technique in person.assessed if day == last))
    span = "–".join(dict.fromkeys(f"{years:g}" for years in interval_years))
    unit = "year" if span == "1" else "years"
    return (
        f"Last bone density {last.isoformat()} ({how}); again after {span} {unit}.",
        f"最近一次骨密度檢查 {last.isoformat()}（{how}）；間隔 {span} 年。",
    )
