"""What a recorded "none" answers, and which records nobody could read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bonescan.guidance.recorded_words import facts_answered_by_none, read_record

from .values import Text, Values, is_recent

MAY_DENY = frozenset({"cancer", "disease", "drug_start", "drug_dose"})


def denied(kind: str, records: Sequence[Text], on: date) -> Values:
    """Answer with no what a "none" denies, as long as nothing speaks against it.

    Parameters
    ----------
    kind : str
        "drug", "cancer" or "disease".
    records : sequence of Text
        Every record of the kind until `on`.
    on : date

    Returns
    -------
    values : Values
        Empty unless the "none" has a date of the last 365 days, every other
        record of its kind is older than it, and every other one was
        understood: a later record shows that things changed, and an unread
        one may be what was asked for. A "none" without a date is of any age.
    """
    days = [d for d, name, v in records if d is not None and _denies(kind, name, v)]
    if not days or not is_recent(max(days), on):
        return {}
    others = [(d, v) for d, name, v in records if not _denies(kind, name, v)]
    if any(d is None or d >= max(days) or not read_record(kind, v).understood for d, v in others):
        return {}
    source = f"denied {max(days)}"
    answered = facts_answered_by_none(kind, [v for _d, v in others])
    return dict.fromkeys(answered, (False, source))


def not_understood(kind: str, records: Sequence[Text]) -> tuple[str, ...]:
    """List records from which nothing was concluded, in their own words."""
    return tuple(
        f"{name} {d}: {v}" if d is not None else f"{name}: {v}"
        for d, name, v in records
        if not read_record(kind, v).understood
        or (read_record(kind, v).denied and (d is None or name not in MAY_DENY))
    )


def _denies(kind: str, name: str, text: str) -> bool:
    return name in MAY_DENY and read_record(kind, text).denied
