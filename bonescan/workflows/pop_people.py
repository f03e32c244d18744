"""Everybody of a pregnancy study: pregnancies, visits, what is missing, and what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bonescan.errors import UsageError
from bonescan.files.protocol import own_protocol, read_protocol
from bonescan.guidance.pop_visits import ENROLLED
from bonescan.model.change import Change, SeriesPoint
from bonescan.model.due import DuePerson
from bonescan.model.gestation import LONGEST_DAYS, TERM_DAYS, beginnings
from bonescan.model.page import PersonPage
from bonescan.model.plain import to_plain
from bonescan.model.protocol import Protocol
from bonescan.model.vocabulary import Technique
from bonescan.track.change import assess
from bonescan.track.pop_status import Course, VisitStatus, visit_statuses
from bonescan.track.precision_basis import precision_basis
from bonescan.track.series import TrackSettings

from .due_people import due_people_with_pages
from .track_folder import person_points, pregnancy_course

ONE_BIRTH = timedelta(days=60)  # children of one pregnancy may be born on different days
ULTRASOUND = frozenset({Technique.REMS, Technique.REMS_STYLE})
EARLY = ("preterm_risk_or_planned_caesarean",)


@dataclass(frozen=True, kw_only=True)
class PopPregnancy:
    """One pregnancy in the study."""

    course: Course
    visits: tuple[VisitStatus, ...]
    changes: tuple[tuple[str, Change], ...]  # visit, change from the first visit

    def to_dict(self) -> dict[str, Any]:
        """Give the pregnancy as plain values."""
        return {
            "course": to_plain(self.course),
            "gestation_today": self.course.week(self.course.on)
            if self.course.delivery is None and self.course.loss is None
            else None,
            "visits": [to_plain(v) for v in self.visits],
            "changes": [{"visit": v, **c.to_dict()} for v, c in self.changes],
        }


@dataclass(frozen=True, kw_only=True)
class PopWoman:
    """One woman of the study."""

    patient_id: str
    protocol: str
    centre: str | None
    consent: date | None
    withdrawn: date | None
    pregnancies: tuple[PopPregnancy, ...]
    scans_without_visit: tuple[date, ...]
    remarks: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the woman as plain values."""
        return {
            "patient_id": self.patient_id,
            "protocol": self.protocol,
            "centre": self.centre,
            "consent": None if self.consent is None else self.consent.isoformat(),
            "withdrawn": None if self.withdrawn is None else self.withdrawn.isoformat(),
            "pregnancies": [p.to_dict() for p in self.pregnancies],
            "scans_without_visit": [d.isoformat() for d in self.scans_without_visit],
            "remarks": list(self.remarks),
        }


def pop_people(
    out: Path,
    on: date,
    settings: TrackSettings,
    *,
    patient: str = "",
    protocol: Path | None = None,
) -> tuple[PopWoman, ...]:
    """Say where every woman of the study stands.

    Parameters
    ----------
    out : Path
        Result folder of a run.
    on : date
        Facts and scans after it say nothing.
    settings : TrackSettings
        What changes are judged by.
    patient : str, optional
        One woman, by pseudonym.
    protocol : Path, optional
        A site's own protocol; else `pop`, and `high_risk` for whom that is recorded.

    Raises
    ------
    UsageError
        BS-E305 no store of ours; BS-E444 nobody of that name in the study; BS-E445.
    """
    given = None if protocol is None else read_protocol(protocol)
    found = [
        pop_woman(person, page, settings, given)
        for person, page in due_people_with_pages(out, on)
        if takes_part(person) and patient in {"", person.patient_id}
    ]
    if patient and not found:
        raise UsageError("BS-E444", f"found nobody called {patient} in the study of {out}.")
    return tuple(found)


def takes_part(person: DuePerson) -> bool:
    """Whether enrolment, consent or a centre is recorded up to the day."""
    return any(f.fact in ENROLLED and (f.date is None or f.date <= person.on) for f in person.facts)


def pop_woman(
    person: DuePerson, page: PersonPage | None, settings: TrackSettings, given: Protocol | None
) -> PopWoman:
    """Say where one woman of the study stands; `given` is a site's own protocol."""
    at_risk = any(v == "yes" for _d, v in person.until("high_risk_pregnancy"))
    protocol = given or own_protocol("high_risk" if at_risk else "pop")
    points = [p for p in person_points(page) if p.technique in ULTRASOUND and p.day <= person.on]
    courses = list(pregnancy_courses(person))
    days: dict[int, list[date]] = {n: [] for n in range(len(courses))}
    stray: set[date] = set()
    for day in sorted({p.day for p in points}):
        place = _course_of(day, courses)
        if place is None:
            stray.add(day)
        else:
            days[place].append(day)
    pregnancies = tuple(
        _pregnancy(protocol, course, days[n], points, settings) for n, course in enumerate(courses)
    )
    kept = {d for p in pregnancies for v in p.visits for d in v.scans}
    stray |= {d for n in days for d in days[n]} - kept
    centres = [v for _d, v in person.until("centre")]
    return PopWoman(
        patient_id=person.patient_id,
        protocol=protocol.name,
        centre=centres[-1] if centres else None,
        consent=person.last_day("consent"),
        withdrawn=person.last_day("withdrawn"),
        pregnancies=pregnancies,
        scans_without_visit=tuple(sorted(stray)),
        remarks=tuple(_remarks(person, courses, page)),
    )


def pregnancy_courses(person: DuePerson) -> Iterator[Course]:
    """Give every pregnancy of the record, the first one first."""
    ends = _ends(person)
    weanings = person.days("weaning")
    enrolled = min((d for n in ENROLLED for d, _v in person.until(n)), default=None)
    withdrawn = person.last_day("withdrawn")
    feeding = person.until("feeding")
    starts = [_start_before(person, day) for day, _loss in ends]
    for number, (day, loss) in enumerate(ends):
        following = starts[number + 1] if number + 1 < len(ends) else None
        until = following or (ends[number + 1][0] if number + 1 < len(ends) else date.max)
        fed = [v for d, v in feeding if day <= d < until]
        weaned = max((d for d in weanings if day <= d < until and d <= person.on), default=None)
        yield Course(
            on=person.on,
            start=starts[number],
            delivery=None if loss else day,
            loss=day if loss else None,
            weaning=weaned,
            never_fed=bool(fed) and set(fed) == {"none"} and weaned is None,
            early=_early(person, starts[number], day),
            withdrawn=withdrawn,
            enrolled=enrolled,
        )
    last = ends[-1][0] if ends else None
    now = _start_now(person, last)
    if now is not None:
        yield Course(
            on=person.on,
            start=now,
            early=_early(person, now, person.on),
            withdrawn=withdrawn,
            enrolled=enrolled,
        )


def _ends(person: DuePerson) -> list[tuple[date, bool]]:
    """Births and losses up to the day; children of one pregnancy count once."""
    found: list[tuple[date, bool]] = []
    events = [(d, False) for d, _v in person.until("delivery")]
    events += [(d, True) for d, _v in person.until("pregnancy_loss")]
    for day, loss in sorted(events):
        if found and day - found[-1][0] <= ONE_BIRTH:
            if not loss:
                found[-1] = (found[-1][0], False)  # a living twin: feeding is asked about
            continue
        found.append((day, loss))
    return found


def _start_before(person: DuePerson, end: date) -> date | None:
    for _source, starts in beginnings(person.facts):
        fitting = [s for s in starts if s < end <= s + timedelta(days=LONGEST_DAYS)]
        if fitting:
            return fitting[0]
    return None


def _start_now(person: DuePerson, last: date | None) -> date | None:
    for _source, starts in beginnings(person.facts):
        fitting = [
            s
            for s in starts
            if s <= person.on <= s + timedelta(days=LONGEST_DAYS) and (last is None or s > last)
        ]
        if fitting:
            return fitting[0]
    return None


def _early(person: DuePerson, start: date | None, end: date) -> bool:
    if start is None:
        return False
    twins = any(start <= d <= end and float(v) > 1 for d, v in person.until("multiplicity"))
    return twins or any(
        start <= d <= end and v == "yes" for name in EARLY for d, v in person.until(name)
    )


def _course_of(day: date, courses: Sequence[Course]) -> int | None:
    """Find the pregnancy that a scan belongs to: the last one begun by then."""
    found = None
    for number, course in enumerate(courses):
        end = course.delivery or course.loss
        begin = course.start or (None if end is None else end - timedelta(days=TERM_DAYS))
        if begin is not None and begin <= day:
            found = number
    return found


def _pregnancy(
    protocol: Protocol,
    course: Course,
    days: Sequence[date],
    points: Sequence[SeriesPoint],
    settings: TrackSettings,
) -> PopPregnancy:
    visits = visit_statuses(protocol, course, days)
    first = next((v for v in visits if v.name == protocol.visits[0].name and v.scans), None)
    changes: list[tuple[str, Change]] = []
    for visit in visits if first is not None else ():
        if visit is first or first is None:
            continue
        for follow_up in (p for p in points if p.day in visit.scans):
            baseline = _baseline(points, first, follow_up)
            if baseline is not None:
                changes.append((visit.name, _judged(baseline, follow_up, settings, course)))
    return PopPregnancy(course=course, visits=visits, changes=tuple(changes))


def _baseline(
    points: Sequence[SeriesPoint], first: VisitStatus, follow_up: SeriesPoint
) -> SeriesPoint | None:
    same = [
        p
        for p in points
        if p.day in first.scans
        and (p.technique, p.origin, p.site)
        == (follow_up.technique, follow_up.origin, follow_up.site)
    ]
    return min(same, key=lambda p: (p.day, p.bmd_g_cm2), default=None)


def _judged(
    baseline: SeriesPoint, follow_up: SeriesPoint, settings: TrackSettings, course: Course
) -> Change:
    weeks = {
        p.day: None if course.start is None else float((p.day - course.start).days)
        for p in (baseline, follow_up)
    }
    return assess(
        baseline,
        follow_up,
        precision_basis(baseline, settings.own),
        calibrations=settings.calibrations,
        course=pregnancy_course(baseline, follow_up, weeks),
        chosen_percent=settings.chosen_percent,
        across_pregnancy=True,
    )


def _remarks(
    person: DuePerson, courses: Sequence[Course], page: PersonPage | None
) -> Iterator[str]:
    if person.identity_in_doubt:
        yield "the identity is in doubt: no verdict on change"
    if not courses:
        yield "no pregnancy is recorded: neither a date that dates it nor a delivery"
    for course in courses:
        if course.start is None:
            yield f"the pregnancy that ended on {course.delivery or course.loss} is not dated"
        if course.weaning and course.delivery and course.weaning < course.delivery:
            yield "a weaning before the delivery"
    if page is not None:
        for row in page.rows:
            day = row.exam.exam_date
            inside = day is not None and any(_pregnant_on(c, day) for c in courses)
            if row.labelled.measurement.technique is Technique.DXA and inside:
                yield f"DXA in pregnancy on {day}: not routine in pregnancy; confirm status"


def _pregnant_on(course: Course, day: date) -> bool:
    end = course.delivery or course.loss or course.on
    return course.start is not None and course.start <= day < end


def next_window(woman: PopWoman) -> tuple[str, date, date | None] | None:
    """Find the next visit that is due or to come: its name and its ideal days."""
    open_states = {"due", "later"}
    found = [
        (v.ideal[0], v.name, v.ideal[1])
        for p in woman.pregnancies
        for v in p.visits
        if v.state in open_states and v.ideal is not None
    ]
    if not found:
        return None
    begin, name, end = min(found)
    return name, begin, end
