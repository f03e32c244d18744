"""Where a woman stands in a protocol: each visit's windows in days, and the scans in them.

Scans are kept whatever their day: one outside every allowed window stands with the
visit whose ideal lies nearest, as `out_of_protocol`, and does not make the visit
done. Scans after a loss, after a withdrawal, after 44 weeks without a birth, or more
than 26 weeks past a window belong to no visit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from bonescan.model.calendar import after_months
from bonescan.model.gestation import LONGEST_DAYS, week_text
from bonescan.model.protocol import LATE_SCAN_DAYS, Anchor, Protocol, VisitWindow

PAST_TERM = "past 44 weeks, no birth recorded"


class VisitState(StrEnum):
    """What became of a visit."""

    IN_WINDOW = "in-window"  # the ideal one
    ALLOWED = "allowed"
    OUT_OF_PROTOCOL = "out-of-protocol"  # no visit's own state: `VisitStatus.out_of_protocol`
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
    doubt: str = ""  # why no verdict on change is given

    @property
    def ended(self) -> date | None:
        """Day of the delivery or of the loss."""
        return self.delivery or self.loss

    @property
    def past_term(self) -> bool:
        """Whether 44 weeks are over and nobody recorded how the pregnancy ended."""
        last = self.last_pregnant
        return self.ended is None and last is not None and self.on > last

    @property
    def last_pregnant(self) -> date | None:
        """Give the last day that may count as pregnant: that of the end, at most 44+0 weeks."""
        if self.ended is not None or self.start is None:
            return self.ended
        return self.start + timedelta(days=LONGEST_DAYS)

    def week(self, day: date) -> str:
        """Write gestation as weeks + days.

        >>> Course(on=date(2026, 4, 1), start=date(2026, 1, 1)).week(date(2026, 3, 20))
        '11+1'
        """
        if self.start is None:
            return "–"
        return week_text((day - self.start).days)


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
    out_of_protocol: tuple[date, ...] = ()  # those of `scans` outside the allowed window


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
        In the order of the protocol. After a loss or a withdrawal nothing more is due. A
        scan that stands in no status belongs to no visit.
    """
    windows = {v.name: _windows(v, course) for v in protocol.visits}
    last = course.on if course.withdrawn is None else min(course.on, course.withdrawn)
    scans = _assign(protocol, windows, course, sorted({d for d in scan_days if d <= last}))
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
        middle = after_months(anchor, visit.ideal_months)
        slack = timedelta(days=visit.slack_days or 0)
        return (middle, middle), (middle - slack, middle + slack)
    if visit.ideal_days is None or visit.allowed_days is None:
        return None
    days = (visit.early_ideal_days if course.early else None) or visit.ideal_days
    ideal = anchor + timedelta(days=days[0]), anchor + timedelta(days=days[1])
    begin, end = visit.allowed_days
    until = None if end is None else anchor + timedelta(days=end)
    if visit.anchor is Anchor.GESTATION:
        until = min((d for d in (until, course.last_pregnant) if d is not None), default=None)
    return ideal, (anchor + timedelta(days=begin), until)


def _assign(
    protocol: Protocol, windows: dict[str, Window], course: Course, days: Sequence[date]
) -> dict[str, list[date]]:
    """Give each scan to one visit: the allowed window it lies in, else the nearest ideal.

    After a loss, past 44 weeks, and long past every window it belongs to none.
    """
    found: dict[str, list[date]] = {v.name: [] for v in protocol.visits}
    last = course.last_pregnant
    for day in days:
        pregnant = last is None or day <= last
        fitting = [
            (v, w)
            for v in protocol.visits
            if (w := windows[v.name]) is not None
            and (v.anchor is Anchor.GESTATION) is pregnant
            and not _long_past(day, w[1])
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
    inside = [d for d in scans if _within(d, allowed)]
    outside = tuple(d for d in scans if d not in inside)
    status = replace(status, out_of_protocol=outside)
    if inside:
        best = min(inside, key=lambda d: (_distance(d, ideal), d))
        state = VisitState.IN_WINDOW if _within(best, ideal) else VisitState.ALLOWED
        return replace(status, state=state, at=_at(visit, course, best))
    if outside:
        nearest = min(outside, key=lambda d: (_distance(d, ideal), d))
        status = replace(status, at=_at(visit, course, nearest))
    if course.withdrawn is not None:
        return _at_withdrawal(status, visit, course, course.withdrawn)
    if course.loss is not None:
        return replace(status, state=VisitState.STOPPED, reason="loss of the pregnancy")
    return _open(status, visit, course)


def _at_withdrawal(
    status: VisitStatus, visit: VisitWindow, course: Course, day: date
) -> VisitStatus:
    """Stop a visit whose window was open or to come when she left; one missed before is missing."""
    if course.loss is not None and course.loss <= day:
        return replace(status, state=VisitState.STOPPED, reason="loss of the pregnancy")
    born = course.delivery if course.delivery is not None and course.delivery < day else None
    then = _open(status, visit, replace(course, on=min(day, course.on), delivery=born, loss=None))
    if then.state in {VisitState.MISSING, VisitState.NOT_APPLICABLE}:
        return then
    return replace(status, state=VisitState.STOPPED, reason="withdrawn")


def _without_window(status: VisitStatus, visit: VisitWindow, course: Course) -> VisitStatus:
    """Judge a visit whose anchor has no date."""
    if course.loss is not None:
        return replace(status, state=VisitState.STOPPED, reason="loss of the pregnancy")
    if visit.anchor is Anchor.WEANING and course.never_fed:
        return replace(status, state=VisitState.NOT_APPLICABLE, reason="never breastfed")
    if course.withdrawn is not None:
        return replace(status, state=VisitState.STOPPED, reason="withdrawn")
    if visit.anchor is Anchor.GESTATION:
        return replace(
            status, state=VisitState.CANNOT_BE_JUDGED, reason="the pregnancy is not dated"
        )
    if course.past_term:
        return replace(status, state=VisitState.CANNOT_BE_JUDGED, reason=PAST_TERM)
    if course.delivery is not None:
        return replace(status, reason="no weaning recorded")
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


def _long_past(day: date, allowed: tuple[date, date | None]) -> bool:
    end = allowed[1]
    return end is not None and (day - end).days > LATE_SCAN_DAYS


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
    if day < anchor:
        return f"{week_text((anchor - day).days)} before {visit.anchor}"
    return f"{week_text((day - anchor).days)} after {visit.anchor}"
