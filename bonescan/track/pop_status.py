"""Where a woman stands in a protocol: each visit's windows in days, and the scans in them.

Scans are kept whatever their day: one outside every allowed window goes to the
visit whose ideal lies nearest, as `out-of-protocol`, and is never moved or
dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from bonescan.model.protocol import Anchor, Protocol, VisitWindow

DAYS_PER_WEEK = 7
MONTHS_PER_YEAR = 12


class VisitState(StrEnum):
    """What became of a visit."""

    IN_WINDOW = "in-window"  # the ideal one
    ALLOWED = "allowed"
    OUT_OF_PROTOCOL = "out-of-protocol"
    MISSING = "missing"
    DUE = "due"
    LATER = "later"
    STOPPED = "stopped"  # loss of the pregnancy, or withdrawal
    NOT_APPLICABLE = "not-applicable"
    CANNOT_BE_JUDGED = "cannot-be-judged"  # a date is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One pregnancy and what followed, in dates; None = not recorded or not yet."""

    on: date
    start: date | None = None  # 0+0 weeks
    delivery: date | None = None
    loss: date | None = None
    weaning: date | None = None
    never_fed: bool = False
    early: bool = False  # twins, planned caesarean, risk of preterm birth
    withdrawn: date | None = None
    enrolled: date | None = None

    def week(self, day: date) -> str:
        """Write gestation as weeks + days.

        >>> Course(on=date(2026, 4, 1), start=date(2026, 1, 1)).week(date(2026, 3, 20))
        '11+1'
        """
        if self.start is None:
            return "–"
        weeks, days = divmod((day - self.start).days, DAYS_PER_WEEK)
        return f"{weeks}+{days}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitStatus:
    """One visit of one woman. `ideal` and `allowed` are days, both ends included."""

    name: str
    en: str
    zh: str
    state: VisitState
    ideal: tuple[date, date] | None = None
    allowed: tuple[date, date | None] | None = None
    scans: tuple[date, ...] = ()
    at: str = ""  # weeks of gestation, or weeks after the anchor, of the scan that counts
    reason: str = ""


def visit_statuses(
    protocol: Protocol, course: Course, scan_days: Sequence[date]
) -> tuple[VisitStatus, ...]:
    """Say for each visit of a protocol what became of it.

    Parameters
    ----------
    protocol : Protocol
    course : Course
        One pregnancy; another one is another course.
    scan_days : sequence of date
        Days of ultrasound scans of this pregnancy and after it, in any order.

    Returns
    -------
    statuses : tuple of VisitStatus
        In the order of the protocol. After a loss or a withdrawal nothing more is due.
    """
    windows = {v.name: _windows(v, course) for v in protocol.visits}
    scans = _assign(protocol, windows, course, sorted({d for d in scan_days if d <= course.on}))
    return tuple(_status(v, windows[v.name], course, scans[v.name]) for v in protocol.visits)


Window = tuple[tuple[date, date], tuple[date, date | None]] | None


def _windows(visit: VisitWindow, course: Course) -> Window:
    anchor = {
        Anchor.GESTATION: course.start,
        Anchor.DELIVERY: course.delivery,
        Anchor.WEANING: course.weaning,
    }[visit.anchor]
    if anchor is None:
        return None
    if visit.ideal_months is not None:
        middle = months_after(anchor, visit.ideal_months)
        slack = timedelta(days=visit.slack_days or 0)
        return (middle, middle), (middle - slack, middle + slack)
    if visit.ideal_days is None or visit.allowed_days is None:
        return None
    days = (visit.early_ideal_days if course.early else None) or visit.ideal_days
    ideal = anchor + timedelta(days=days[0]), anchor + timedelta(days=days[1])
    begin, end = visit.allowed_days
    until = None if end is None else anchor + timedelta(days=end)
    if visit.anchor is Anchor.GESTATION:
        until = min((d for d in (until, course.delivery) if d is not None), default=None)
    return ideal, (anchor + timedelta(days=begin), until)


def _assign(
    protocol: Protocol, windows: dict[str, Window], course: Course, days: Sequence[date]
) -> dict[str, list[date]]:
    """Give each scan to one visit: the allowed window it lies in, else the nearest ideal."""
    found: dict[str, list[date]] = {v.name: [] for v in protocol.visits}
    for day in days:
        pregnant = course.delivery is None or day <= course.delivery
        fitting = [
            (v, w)
            for v in protocol.visits
            if (w := windows[v.name]) is not None and (v.anchor is Anchor.GESTATION) is pregnant
        ]
        inside = [(v, w) for v, w in fitting if _within(day, w[1])]
        nearest = min(
            inside or fitting,
            key=lambda pair: (_distance(day, pair[1][0]), bool(found[pair[0].name])),
            default=None,
        )
        if nearest is not None:
            found[nearest[0].name].append(day)
    return found


def _status(
    visit: VisitWindow, window: Window, course: Course, scans: Sequence[date]
) -> VisitStatus:
    status = VisitStatus(name=visit.name, en=visit.en, zh=visit.zh, state=VisitState.LATER)
    if window is None:
        return _without_window(status, visit, course)
    ideal, allowed = window
    status = replace(status, ideal=ideal, allowed=allowed, scans=tuple(scans))
    if scans:
        best = min(scans, key=lambda d: (_distance(d, ideal), d))
        state = VisitState.OUT_OF_PROTOCOL
        if _within(best, ideal):
            state = VisitState.IN_WINDOW
        elif _within(best, allowed):
            state = VisitState.ALLOWED
        return replace(status, state=state, at=_at(visit, course, best))
    if course.withdrawn is not None:
        return replace(status, state=VisitState.STOPPED, reason="withdrawn")
    if course.loss is not None:
        return replace(status, state=VisitState.STOPPED, reason="loss of the pregnancy")
    return _open(status, visit, course)


def _without_window(status: VisitStatus, visit: VisitWindow, course: Course) -> VisitStatus:
    """Judge a visit whose anchor has no date."""
    if course.withdrawn is not None:
        return replace(status, state=VisitState.STOPPED, reason="withdrawn")
    if course.loss is not None:
        return replace(status, state=VisitState.STOPPED, reason="loss of the pregnancy")
    if visit.anchor is Anchor.WEANING and course.never_fed:
        return replace(status, state=VisitState.NOT_APPLICABLE, reason="never breastfed")
    if visit.anchor is Anchor.GESTATION or (
        visit.anchor is Anchor.WEANING and course.delivery is not None
    ):
        if visit.anchor is Anchor.WEANING:
            return replace(status, reason="no weaning recorded")
        return replace(
            status, state=VisitState.CANNOT_BE_JUDGED, reason="the pregnancy is not dated"
        )
    return replace(status, reason="not born yet")


def _open(status: VisitStatus, visit: VisitWindow, course: Course) -> VisitStatus:
    """Judge a visit without a scan: later, due, or missing."""
    if status.allowed is None or status.ideal is None:
        return status
    begin, end = status.allowed
    if end is not None and course.enrolled is not None and course.enrolled > end:
        return replace(status, state=VisitState.NOT_APPLICABLE, reason="enrolled after it")
    if visit.anchor is Anchor.GESTATION and course.delivery is not None:
        reason = f"delivered at {course.week(course.delivery)}"
        return replace(status, state=VisitState.MISSING, reason=reason)
    if end is not None and course.on > end:
        return replace(status, state=VisitState.MISSING, reason="its window is over")
    if course.on < status.ideal[0]:
        early = "allowed already" if course.on >= begin else ""
        return replace(status, state=VisitState.LATER, reason=early)
    late = "past its ideal days, still allowed" if course.on > status.ideal[1] else ""
    return replace(status, state=VisitState.DUE, reason=late)


def _within(day: date, window: tuple[date, date | None]) -> bool:
    begin, end = window
    return begin <= day and (end is None or day <= end)


def _distance(day: date, ideal: tuple[date, date]) -> int:
    begin, end = ideal
    return max((begin - day).days, (day - end).days, 0)


def _at(visit: VisitWindow, course: Course, day: date) -> str:
    if visit.anchor is Anchor.GESTATION:
        return course.week(day)
    anchor = course.delivery if visit.anchor is Anchor.DELIVERY else course.weaning
    if anchor is None:
        return ""
    weeks, days = divmod((day - anchor).days, DAYS_PER_WEEK)
    return f"{weeks}+{days} after {visit.anchor}"


def months_after(day: date, months: int) -> date:
    """Add calendar months; a day that the month lacks becomes its last.

    >>> months_after(date(2023, 8, 31), 6), months_after(date(2026, 1, 15), 12)
    (datetime.date(2024, 2, 29), datetime.date(2027, 1, 15))
    """
    years, month = divmod(day.month - 1 + months, MONTHS_PER_YEAR)
    first = date(day.year + years, month + 1, 1)
    following = (first + timedelta(days=31)).replace(day=1)
    return min(first.replace(day=1) + timedelta(days=day.day - 1), following - timedelta(days=1))
