"""Denosumab: the last dose, whether it was stopped, and what was given after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bonescan.guidance.recorded_words import DRUG, facts_named_by

from .drug_courses import DOSE, START, STOP, Courses
from .values import Text, Values, is_recent

NAME = "denosumab"
FOLLOW_ON = "bisphosphonate"
YEARLY = "zoledronate"  # one infusion speaks for a year, whether or not a stop is recorded
SOURCE = "drug record"


def denosumab(records: Sequence[Text], courses: Courses) -> Values:
    """Tell of the last dose and what came after.

    A recorded stop is the day of the last dose. With a start alone the doses
    since are not known. "Stopped" is no only while a dose or start of the last
    365 days says so. Without a record of a bisphosphonate from the last dose
    on, follow-on is no: none was recorded.
    """
    starts, doses, stops = (_days(records, what, NAME) for what in (START, DOSE, STOP))
    found: Values = {}
    last = max((*starts, *doses, *stops), default=None)
    if last is None:
        return {f"{NAME}_stopped": (True, SOURCE)} if _undated_stop(records) else {}
    stopped = _stopped(starts, doses, stops, records, courses.on)
    if stopped is not None:
        found[f"{NAME}_stopped"] = (stopped, SOURCE)
    if not doses and (not stops or max(stops) < last):
        return found
    found[f"{NAME}_last_dose_date"] = (last, SOURCE)
    followed = _follow_on(records, courses, last)
    if followed is not None:
        found[f"{NAME}_follow_on"] = (followed, SOURCE)
    return found


def _stopped(
    starts: Sequence[date],
    doses: Sequence[date],
    stops: Sequence[date],
    records: Sequence[Text],
    on: date,
) -> bool | None:
    given = max((*starts, *doses), default=date.min)
    stop = max(stops, default=date.min)
    if _undated_stop(records):
        return None
    if stop > given or (stop == given and stop not in starts):
        return True
    if stop == given:
        return None  # started and stopped on one day
    return False if is_recent(given, on) else None


def _follow_on(records: Sequence[Text], courses: Courses, last: date) -> bool | None:
    """Whether a bisphosphonate was given from the last dose on and is still taken."""
    given = [
        (d, v)
        for d, n, v in records
        if d and d >= last and n in (START, DOSE) and FOLLOW_ON in facts_named_by(DRUG, v)
    ]
    if not given:
        ended = any(d >= last for d in _days(records, STOP, FOLLOW_ON))
        undated = any(d is None and FOLLOW_ON in facts_named_by(DRUG, v) for d, _n, v in records)
        return None if ended or undated else False
    yearly = [d for d, v in given if YEARLY in facts_named_by(DRUG, v)]
    if any(is_recent(d, courses.on) for d in yearly):
        return True
    others = [drug for drug in courses.drugs(FOLLOW_ON) if YEARLY not in drug.facts]
    still = any(courses.taken(d) and (courses.last_given[d] or date.min) >= last for d in others)
    return True if still else None


def _days(records: Sequence[Text], what: str, name: str) -> list[date]:
    return [d for d, n, v in records if d and n == what and name in facts_named_by(DRUG, v)]


def _undated_stop(records: Sequence[Text]) -> bool:
    return any(d is None and n == STOP and NAME in facts_named_by(DRUG, v) for d, n, v in records)
