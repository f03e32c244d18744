"""One woman of a pregnancy study on one page: visits, values, changes, answers and prompts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from math import sqrt
from pathlib import Path
from typing import Any

from bonescan.errors import EnvironmentFault, UsageError
from bonescan.files.fact_names import FACT_NAMES, FactKind
from bonescan.files.protocol import own_protocol, read_protocol
from bonescan.files.tables import write_atomically
from bonescan.guidance.load import load_rules
from bonescan.guidance.pop_questionnaire import PopQuestion, pop_questionnaire
from bonescan.guidance.pop_risk import risk_map
from bonescan.model.change import SeriesPoint
from bonescan.model.due import DuePerson, Pair
from bonescan.model.person import Fact
from bonescan.model.pop_page import (
    PopAnswer,
    PopPart,
    PopSeries,
    PopSheet,
    PopValue,
    PopVisit,
)
from bonescan.track.change import average_visits
from bonescan.track.precision_basis import precision_basis
from bonescan.track.series import TrackSettings

from .due_people import due_people_with_pages
from .guide_person import guided
from .pop_fracture import fractures_of
from .pop_people import ULTRASOUND, PopPregnancy, PopWoman, pop_woman, takes_part
from .track_folder import PREGNANCY_COURSE, T1_DAYS, T3_DAYS, person_points

TOPICS = ("plo", "fls", "pop")
WITHIN_95 = 1.959964  # standard normal, two-sided 95 %
WEEK = 7
# What a page after a loss must not speak of, in either language.
OF_FEEDING = re.compile(r"breastfe|lactat|wean|after birth|哺|斷奶|產後", re.IGNORECASE)
YES_NO: dict[str, Pair] = {"yes": ("yes", "是"), "no": ("no", "否")}


def pop_sheet(
    out: Path,
    patient: str,
    on: date,
    settings: TrackSettings,
    protocol: Path | None = None,
) -> PopSheet:
    """Gather one woman's page.

    Parameters
    ----------
    out : Path
        Result folder of a run.
    patient : str
        Pseudonym.
    on : date
        Facts and scans after it say nothing.
    settings : TrackSettings
        What changes are judged by.
    protocol : Path, optional
        A site's own.

    Raises
    ------
    UsageError
        BS-E305 no store of ours; BS-E470 nobody of that name in the study; BS-E445.
    """
    given = None if protocol is None else read_protocol(protocol)
    found = [
        (person, page)
        for person, page in due_people_with_pages(out, on)
        if person.patient_id == patient and takes_part(person)
    ]
    if not found:
        raise UsageError("BS-E470", f"found nobody called {patient} in the study of {out}.")
    person, page = found[0]
    woman = pop_woman(person, page, settings, given)
    used = given or own_protocol(woman.protocol)
    points = [p for p in person_points(page) if p.technique in ULTRASOUND and p.day <= on]
    after_loss = bool(woman.pregnancies) and woman.pregnancies[-1].course.loss is not None
    scans = [(d, v.name) for p in woman.pregnancies for v in p.visits for d in v.scans]
    prompts, safety = _prompts(person, after_loss=after_loss)
    return PopSheet(
        patient_id=person.patient_id,
        on=on,
        protocol=used.name,
        protocol_title=(used.title_en, used.title_zh),
        centre=woman.centre,
        consent=woman.consent,
        withdrawn=woman.withdrawn,
        after_loss=after_loss,
        simulated=page is not None and any(r.exam.simulated for r in page.rows),
        parts=tuple(
            _part(p, points, settings, quiet=after_loss) for p in reversed(woman.pregnancies)
        ),
        fractures=() if person.identity_in_doubt else fractures_of(person.facts, on, scans),
        answers=tuple(_answers(person, after_loss=after_loss)),
        sections=pop_questionnaire().sections,
        missing=() if after_loss or woman.withdrawn else tuple(_unanswered(person, woman)),
        factors=()
        if person.identity_in_doubt
        else tuple(f.to_dict() for f in risk_map(person.sheet)),
        prompts=prompts,
        safety=safety,
        stray=woman.scans_without_visit,
        remarks=tuple(r for r in woman.remarks if not (after_loss and OF_FEEDING.search(r))),
    )


def _part(
    pregnancy: PopPregnancy,
    points: Sequence[SeriesPoint],
    settings: TrackSettings,
    *,
    quiet: bool,
) -> PopPart:
    course = pregnancy.course
    visits = tuple(
        PopVisit(
            name=v.name,
            title=("", "") if quiet and OF_FEEDING.search(v.en) else (v.en, v.zh),
            state=str(v.state),
            ideal=v.ideal,
            allowed=v.allowed,
            scans=v.scans,
            at="" if quiet and OF_FEEDING.search(v.at) else v.at,
            reason=v.reason,
            outside=v.out_of_protocol,
        )
        for v in pregnancy.visits
        if v.scans or not (quiet or course.loss is not None)
    )
    over = course.delivery is not None or course.loss is not None
    return PopPart(
        start=course.start,
        delivery=course.delivery,
        loss=course.loss,
        weaning=None if quiet else course.weaning,
        today="" if over or course.start is None else course.week(course.on),
        visits=visits,
        series=tuple(_series(pregnancy, points, settings)),
        changes=pregnancy.changes,
    )


def _series(
    pregnancy: PopPregnancy, points: Sequence[SeriesPoint], settings: TrackSettings
) -> Iterator[PopSeries]:
    visit_of = {day: v.name for v in pregnancy.visits for day in v.scans}
    first = pregnancy.visits[0].name if pregnancy.visits else ""
    kinds = sorted({(str(p.technique), str(p.origin), p.site) for p in points if p.day in visit_of})
    for kind in kinds:
        same = [
            p
            for p in points
            if p.day in visit_of and (str(p.technique), str(p.origin), p.site) == kind
        ]
        basis = precision_basis(min(same, key=lambda p: (p.day, p.bmd_g_cm2)), settings.own)
        values = tuple(
            PopValue(
                visit=visit_of[p.day],
                point=p,
                at=_at(pregnancy, p.day),
                half_g_cm2=_half(p, settings),
            )
            for p in average_visits(same, basis)
        )
        baseline = next((v for v in values if v.visit == first), None)
        days = None if baseline is None else _expected_days(pregnancy, baseline.point)
        yield PopSeries(
            technique=kind[0],
            origin=kind[1],
            site=kind[2],
            values=values,
            baseline=baseline,
            lsc_g_cm2=None if baseline is None else basis.lsc_g_cm2,
            basis=basis.source,
            basis_is_own=basis.is_own,
            expected=None if days is None else PREGNANCY_COURSE,
            expected_days=days,
        )


def _half(point: SeriesPoint, settings: TrackSettings) -> float | None:
    error = precision_basis(point, settings.own).error_g_cm2
    return None if error is None else WITHIN_95 * error / sqrt(point.n_scans)


def _expected_days(pregnancy: PopPregnancy, baseline: SeriesPoint) -> tuple[date, date] | None:
    """Give the days between which the published course holds from this baseline."""
    start = pregnancy.course.start
    if start is None or not baseline.site.startswith("femoral-neck"):
        return None
    if not T1_DAYS[0] <= (baseline.day - start).days <= T1_DAYS[1]:
        return None
    if pregnancy.course.loss is not None:
        return None
    return baseline.day, start + timedelta(days=sum(T3_DAYS) // 2)


def _at(pregnancy: PopPregnancy, day: date) -> str:
    born = pregnancy.course.delivery
    if born is not None and day > born:
        weeks, days = divmod((day - born).days, WEEK)
        return f"+{weeks}+{days}"
    return pregnancy.course.week(day)


def _answers(person: DuePerson, *, after_loss: bool) -> Iterator[PopAnswer]:
    """List the last answer to every question; after a loss nothing on feeding."""
    for question in pop_questionnaire().questions:
        if not question.fact or (question.feeding and after_loss):
            continue
        said = [
            f
            for f in person.facts
            if f.fact == question.fact and (f.date is None or f.date <= person.on)
        ]
        if not said:
            continue
        last = max(said, key=lambda f: f.date or date.min)
        several = FACT_NAMES[question.fact].kind is FactKind.TEXT
        for fact in said if several else (last,):
            yield PopAnswer(
                section=question.section,
                text=question.text,
                day=fact.date,
                value=_value(question, fact),
                source=fact.source or "",
            )


def _value(question: PopQuestion, fact: Fact) -> Pair:
    if question.kind == "choice":
        return pop_questionnaire().word(question, fact.value)
    if FACT_NAMES[fact.fact].kind is FactKind.EVENT:
        day = "" if fact.date is None else fact.date.isoformat()
        return day, day
    return YES_NO.get(fact.value, (fact.value, fact.value))


def _unanswered(person: DuePerson, woman: PopWoman) -> Iterator[Pair]:
    """List the questions of today that have no answer; feeding only after a birth."""
    born = bool(woman.pregnancies) and woman.pregnancies[-1].course.delivery is not None
    never_fed = bool(woman.pregnancies) and woman.pregnancies[-1].course.never_fed
    known = {f.fact for f in person.facts if f.date is None or f.date <= person.on}
    if person.birth_date is not None:
        known.add("birth_date")
    for question in pop_questionnaire().questions:
        after = question.section in {"birth", "feeding"} and question.fact != "feeding_plan"
        if after and (not born or never_fed):
            continue
        if question.fact == "feeding_plan" and born:
            continue
        if question.fact not in known and question.fact not in {"", "drug_start"}:
            yield question.text


_Prompts = tuple[dict[str, Any], ...]


def _prompts(person: DuePerson, *, after_loss: bool) -> tuple[_Prompts, _Prompts]:
    if person.identity_in_doubt:
        return (), ()
    data = guided(person.sheet, load_rules(), topics=TOPICS).to_dict()
    prompts = [p for p in data["prompts"] if not (after_loss and _of_feeding(p))]
    safety = [p for p in data["safety"] if not (after_loss and _of_feeding(p))]
    return tuple(prompts), tuple(safety)


def _of_feeding(prompt: dict[str, Any]) -> bool:
    words = [prompt["en"], prompt["zh"], *prompt["reasons"], *prompt["reasons_zh"]]
    words += [*prompt["conflicts_en"], *prompt["conflicts_zh"]]
    words += [prompt["source"], prompt["source_zh"]]
    return any(OF_FEEDING.search(w) for w in words)


def write_pop_page(sheet: PopSheet, path: Path, lang: str) -> None:
    """Write the page.

    Raises
    ------
    EnvironmentFault
        BS-E501 when it can't be written.
    """
    from bonescan.report.pop_page import pop_page

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, pop_page(sheet, lang).encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise EnvironmentFault(
            "BS-E501", f"the page can't be written: {error.strerror}.", file=path
        ) from error
