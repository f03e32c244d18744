"""Which drugs are taken on a day: every start, dose and stop, drug by drug."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby

from bonescan.guidance.recorded_words import DRUG, Drug, read_record

from .values import Text, is_recent

START, DOSE, STOP = "drug_start", "drug_dose", "drug_stop"


class Course(StrEnum):
    """How one drug stands."""

    STARTED = "started"
    DOSED = "dosed"  # a dose was given, nobody recorded a start
    STOPPED = "stopped"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class _State:
    """One drug while its records are gone through."""

    course: Course
    last_given: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Courses:
    """Every recorded drug as it stands on a day."""

    states: dict[Drug, Course]
    last_given: dict[Drug, date | None]
    on: date

    def taken(self, drug: Drug) -> bool | None:
        """Tell whether a drug is taken; a dose alone speaks for a year."""
        course, last = self.states[drug], self.last_given[drug]
        if course is Course.STARTED:
            return True
        if course is Course.DOSED:
            return True if last is not None and is_recent(last, self.on) else None
        return False if course is Course.STOPPED else None

    def fact(self, name: str) -> bool | None:
        """Tell whether any drug of a fact is taken; None: unknown, or none was recorded."""
        found = [self.taken(drug) for drug in self.states if name in drug.facts]
        if True in found:
            return True
        return None if not found or None in found else False

    def drugs(self, name: str) -> Iterator[Drug]:
        """List the recorded drugs of a fact."""
        return (drug for drug in self.states if name in drug.facts)


def drug_courses(records: Sequence[Text], on: date) -> Courses:
    """Go through starts, doses and stops in the order of their days.

    Parameters
    ----------
    records : sequence of Text
        Facts drug_start, drug_dose, drug_stop; undated ones count as the first.
    on : date
        Records after it are not there.

    Returns
    -------
    courses : Courses
        A stop ends what was begun on an earlier day, and only its own drug. A
        drug started and stopped on one day, a stop of a class while two of its
        drugs are taken, the stop of a drug where only its class was started,
        and an undated stop leave unknown what is taken.
    """
    states: dict[Drug, _State] = {}
    ordered = sorted((r for r in records if r[0] is None or r[0] <= on), key=_day)
    for day, rows in groupby(ordered, key=_day):
        _one_day(states, day, list(rows))
    for drug in _named([r for r in ordered if r[0] is None], STOP):
        states.setdefault(drug, _State(Course.UNKNOWN))
        _each(states, _open(states, drug), Course.UNKNOWN)
    return Courses(
        states={drug: s.course for drug, s in states.items()},
        last_given={drug: s.last_given for drug, s in states.items()},
        on=on,
    )


def _day(record: Text) -> date:
    return record[0] or date.min


def _one_day(states: dict[Drug, _State], day: date, rows: Sequence[Text]) -> None:
    dated = day > date.min
    named = {what: list(_named(rows, what)) for what in (START, DOSE, STOP)}
    for drug in named[DOSE]:
        _give(states, drug, Course.DOSED if dated else Course.UNKNOWN, day if dated else None)
    if dated:
        for drug in named[STOP]:
            _stop(states, drug)
    for drug in named[START]:
        _give(states, drug, Course.STARTED, day if dated else None)
        if dated and drug in named[STOP]:
            states[drug].course = Course.UNKNOWN


def _named(rows: Iterable[Text], what: str) -> Iterator[Drug]:
    for _day_of, name, text in rows:
        if name == what:
            yield from read_record(DRUG, text).drugs


def _give(states: dict[Drug, _State], drug: Drug, course: Course, day: date | None) -> None:
    before = states.setdefault(drug, _State(course))
    if course is Course.STARTED or before.course is not Course.STARTED:
        before.course = course
    before.last_given = day or before.last_given


def _stop(states: dict[Drug, _State], drug: Drug) -> None:
    """Stop one drug, or the one drug of a class that is taken."""
    open_ = _open(states, drug)
    if drug.is_class and len(open_) > 1:
        _each(states, open_, Course.UNKNOWN)
    elif drug.is_class and open_:
        _each(states, open_, Course.STOPPED)
    else:
        _each(states, [d for d in open_ if d != drug], Course.UNKNOWN)  # its class was started
        if drug in open_ or not open_:
            states.setdefault(drug, _State(Course.STOPPED)).course = Course.STOPPED


def _open(states: dict[Drug, _State], stopped: Drug) -> list[Drug]:
    """List the drugs, not stopped so far, that the words of a stop may mean."""
    return [d for d, s in states.items() if s.course is not Course.STOPPED and _same(d, stopped)]


def _same(open_drug: Drug, stopped: Drug) -> bool:
    """Whether the words of a stop may mean a drug that is taken."""
    if open_drug == stopped:
        return True
    either_is_class = open_drug.is_class or stopped.is_class
    return either_is_class and bool(set(open_drug.facts) & set(stopped.facts))


def _each(states: dict[Drug, _State], drugs: Iterable[Drug], course: Course) -> None:
    for drug in drugs:
        states[drug].course = course
