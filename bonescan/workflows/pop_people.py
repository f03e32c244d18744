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
from bonescan.model.change import Change, ChangeVerdict, SeriesPoint
from bonescan.model.due import DuePerson
from bonescan.model.gestation import (
    DATING,
    LATE_ULTRASOUND,
    LONGEST_DAYS,
    ONE_BIRTH,
    TERM_DAYS,
    VIABLE_DAYS,
    Dating,
    Feeding,
    PregnancySpan,
    feeding_after,
    late_ultrasounds,
    pregnancies,
    week_text,
)
from bonescan.model.page import PersonPage
from bonescan.model.plain import to_plain
from bonescan.model.protocol import Protocol
from bonescan.model.vocabulary import Technique
from bonescan.track.change import assess, average_visits
from bonescan.track.comparable import reasons_against, same_device
from bonescan.track.pop_status import PAST_TERM, Course, VisitStatus, visit_statuses
from bonescan.track.precision_basis import precision_basis
from bonescan.track.series import TrackSettings

from .due_people import due_people_with_pages
from .track_folder import person_points, pregnancy_course

__all__ = ["ONE_BIRTH", "PopPregnancy", "PopWoman", "next_window", "pop_people", "pop_woman",
           "pregnancy_courses", "takes_part"]  # fmt: skip

ULTRASOUND = frozenset({Technique.REMS, Technique.REMS_STYLE})
OVER_TERM = "gestation over 44 weeks"
TOO_EARLY = "a birth before 20 weeks: the dates are in doubt"
EARLY_WEANING = "a weaning before any delivery"


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
        BS-E305 no store of ours; BS-E470 nobody of that name in the study; BS-E445.
    """
    given = None if protocol is None else read_protocol(protocol)
    found = [
        pop_woman(person, page, settings, given)
        for person, page in due_people_with_pages(out, on)
        if takes_part(person) and patient in {"", person.patient_id}
    ]
    if patient and not found:
        raise UsageError("BS-E470", f"found nobody called {patient} in the study of {out}.")
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
    courses = list(pregnancy_courses(person, protocol.dating))
    days: dict[int, list[date]] = {n: [] for n in range(len(courses))}
    for day in sorted({p.day for p in points}):
        place = _course_of(day, courses)
        if place is not None:
            days[place].append(day)
    visits = _averaged(points, settings)
    pregnant = tuple(
        _pregnancy(protocol, course, days[n], visits, settings) for n, course in enumerate(courses)
    )
    kept = {d for p in pregnant for v in p.visits for d in v.scans}
    centres = [v for _d, v in person.until("centre")]
    return PopWoman(
        patient_id=person.patient_id,
        protocol=protocol.name,
        centre=centres[-1] if centres else None,
        consent=person.last_day("consent"),
        withdrawn=_withdrawn(person),
        pregnancies=pregnant,
        scans_without_visit=tuple(sorted({p.day for p in points} - kept)),
        remarks=tuple(_remarks(person, courses, page, protocol.dating)),
    )


def pregnancy_courses(person: DuePerson, dating: Dating = DATING) -> Iterator[Course]:
    """Give every pregnancy of the record, the first one first."""
    enrolled = min((d for n in ENROLLED for d, _v in person.until(n)), default=None)
    spans = pregnancies(person.facts, person.on, dating)
    for number, span in enumerate(spans):
        feeding = Feeding()
        if span.end is not None and not span.end.is_loss:
            later = (s.end.first for s in spans[number + 1 :] if s.end is not None)
            feeding = feeding_after(person.facts, person.on, span.end, min(later, default=date.max))
        yield Course(
            on=person.on,
            start=span.start,
            delivery=span.delivery,
            loss=span.loss,
            weaning=feeding.weaning,
            never_fed=feeding.never,
            early=span.early,
            withdrawn=_withdrawn(person),
            enrolled=enrolled,
            doubt=_doubt(person, span, spans[:number]),
        )


def _withdrawn(person: DuePerson) -> date | None:
    """Give the day on which she left; none where she consented again after it."""
    withdrawn, consent = person.last_day("withdrawn"), person.last_day("consent")
    again = withdrawn is not None and consent is not None and consent > withdrawn
    return None if again else withdrawn


def _doubt(person: DuePerson, span: PregnancySpan, before: Sequence[PregnancySpan]) -> str:
    """Say what in the dates of a pregnancy forbids a verdict."""
    if span.start is not None and span.end is not None:
        length = (span.end.day - span.start).days
        if length > LONGEST_DAYS:
            return OVER_TERM
        if span.delivery is not None and length < VIABLE_DAYS:
            return TOO_EARLY
    last = max((s.end.last for s in before if s.end is not None), default=date.min)
    end = date.max if span.end is None else span.end.last
    if any(last <= d <= end for d in _early_weanings(person)):
        return EARLY_WEANING
    return ""


def _early_weanings(person: DuePerson) -> list[date]:
    """List weanings before the first delivery of the record."""
    first = min((d for d, _v in person.until("delivery")), default=date.max)
    return [d for d, _v in person.until("weaning") if d < first]


def _course_of(day: date, courses: Sequence[Course]) -> int | None:
    """Find the pregnancy that a scan belongs to: the last one begun by then."""
    found = None
    for number, course in enumerate(courses):
        end = course.delivery or course.loss
        begin = course.start or (None if end is None else end - timedelta(days=TERM_DAYS))
        if begin is not None and begin <= day:
            found = number
    return found


def _averaged(points: Sequence[SeriesPoint], settings: TrackSettings) -> list[SeriesPoint]:
    """Average what was scanned on one day, each site and technique by its own precision."""
    groups: dict[tuple[str, str, str], list[SeriesPoint]] = {}
    for point in points:
        key = (str(point.technique), str(point.origin), point.site)
        groups.setdefault(key, []).append(point)
    found: list[SeriesPoint] = []
    for _key, same in sorted(groups.items()):
        earliest = min(same, key=lambda p: (p.day, p.bmd_g_cm2))
        basis = precision_basis(earliest, settings.own)
        found += average_visits(same, basis)
    return found


def _pregnancy(
    protocol: Protocol,
    course: Course,
    days: Sequence[date],
    points: Sequence[SeriesPoint],
    settings: TrackSettings,
) -> PopPregnancy:
    """Judge the scans of one pregnancy; `points` are averaged over a day."""
    visits = visit_statuses(protocol, course, days)
    first, *later = visits
    changes = [
        (visit.name, _change(points, first, follow_up, settings, course))
        for visit in later
        for follow_up in points
        if follow_up.day in visit.scans
    ]
    return PopPregnancy(course=course, visits=visits, changes=tuple(changes))


def _change(
    points: Sequence[SeriesPoint],
    first: VisitStatus,
    follow_up: SeriesPoint,
    settings: TrackSettings,
    course: Course,
) -> Change:
    baseline = _baseline(points, first, follow_up)
    if baseline is None:
        return Change(
            baseline=follow_up,
            follow_up=follow_up,
            verdict=ChangeVerdict.NO_BASELINE,
            reasons=(f"no value of this site at {first.name} in its window",),
        )
    if course.doubt:
        return Change(
            baseline=baseline,
            follow_up=follow_up,
            verdict=ChangeVerdict.NOT_COMPARABLE,
            reasons=(course.doubt,),
            days=(follow_up.day - baseline.day).days,
            flags=("not_comparable",),
        )
    return _judged(baseline, follow_up, settings, course)


def _baseline(
    points: Sequence[SeriesPoint], first: VisitStatus, follow_up: SeriesPoint
) -> SeriesPoint | None:
    """Choose the value of the first visit in its window: comparable, then nearest its ideal."""
    same = [
        p
        for p in points
        if p.day in first.scans
        and p.day not in first.out_of_protocol
        and (p.technique, p.origin, p.site)
        == (follow_up.technique, follow_up.origin, follow_up.site)
    ]

    def rank(point: SeriesPoint) -> tuple[object, ...]:
        off = 0
        if first.ideal is not None:
            off = max((first.ideal[0] - point.day).days, (point.day - first.ideal[1]).days, 0)
        return (
            len(reasons_against(point, follow_up)),
            same_device(point.device, follow_up.device) is not True,
            off,
            point.day,
            point.bmd_g_cm2,
        )

    return min(same, key=rank, default=None)


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
    person: DuePerson, courses: Sequence[Course], page: PersonPage | None, dating: Dating
) -> Iterator[str]:
    if person.identity_in_doubt:
        yield "the identity is in doubt: no verdict on change"
    if not courses:
        yield "no pregnancy is recorded: neither a date that dates it nor a delivery"
    yield from _course_remarks(courses)
    for day in _early_weanings(person):
        yield f"{day}: {EARLY_WEANING}; no verdict on change"
    yield from _dating_remarks(person, dating)
    if page is not None:
        for row in page.rows:
            on = row.exam.exam_date
            inside = on is not None and any(_pregnant_on(c, on) for c in courses)
            if row.labelled.measurement.technique is Technique.DXA and inside:
                yield f"DXA in pregnancy on {on}: not routine in pregnancy; confirm status"


def _course_remarks(courses: Sequence[Course]) -> Iterator[str]:
    for course in courses:
        if course.start is None:
            yield f"the pregnancy that ended on {course.ended} is not dated"
        elif course.past_term:
            yield f"the pregnancy from {course.start}: {PAST_TERM}"
        elif course.doubt in {OVER_TERM, TOO_EARLY} and course.ended is not None:
            at = week_text((course.ended - course.start).days)
            yield f"{course.ended}, {at}: {course.doubt}; no verdict on change"


def _dating_remarks(person: DuePerson, dating: Dating) -> Iterator[str]:
    """Name dates that were not used, or only for want of a better one."""
    spans = pregnancies(person.facts, person.on, dating)
    used = {s.start for s in spans if s.source == LATE_ULTRASOUND}
    until = week_text(dating.ultrasound_until_days)
    for start, day in late_ultrasounds(person.facts, person.on, dating):
        late = f"the ultrasound of {day} at {week_text((day - start).days)} is later than {until}"
        yield f"{late}: {'nothing better dates it' if start in used else 'it does not re-date'}"
    for day in person.days("due_date"):
        if day - timedelta(days=TERM_DAYS) > person.on:
            yield f"the due date {day} fits no pregnancy: it is more than 40 weeks ahead"


def _pregnant_on(course: Course, day: date) -> bool:
    end = course.last_pregnant or course.on
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
