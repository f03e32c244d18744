"""One pregnancy in weeks: the windows of the visits, and values with the band of the first one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from math import isclose

from markupsafe import Markup

from bonescan.model.pop_page import PopPart, PopSeries, PopValue, PopVisit

from . import svg
from .axis import Scale, ticks
from .numbers import fixed

WIDTH, LEFT, RIGHT = 960.0, 66.0, 944.0
ROW, TOP = 24.0, 26.0
PANEL = 250.0
WEEK, TERM_DAYS = 7, 280
GESTATION_STEP, AFTER_STEP = 4, 13  # weeks between ticks
LEAST_SPAN = 0.12  # of the mean: small differences must not look large
TICK_APART = 30.0  # drawing units
NARROWEST = 4.0
EDGE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weeks:
    """The axis of one pregnancy: days from its beginning, which may only be reckoned back."""

    begin: date
    dated: bool
    born: date | None
    x: Scale

    def at(self, day: date) -> float:
        """Place a day, held inside the drawing."""
        return self.x.clip((day - self.begin).days)


def weeks_axis(part: PopPart, on: date) -> Weeks | None:
    """Make the axis that the figures of one pregnancy share; None where nothing has a date."""
    scans = [d for v in part.visits for d in v.scans]
    over = part.delivery or part.loss
    begin = part.start or (over - timedelta(days=TERM_DAYS) if over else min(scans, default=None))
    if begin is None:
        return None
    days = [*scans, *(d for d in (over, part.weaning) if d)]
    for visit in part.visits:
        days += visit.ideal or ()
        days += [d for d in visit.allowed or () if d is not None]
    if part.loss is None and over is None:
        days.append(begin + timedelta(days=TERM_DAYS))
    last = max(*days, begin + timedelta(days=84))
    span = (last - begin).days
    return Weeks(
        begin=begin,
        dated=part.start is not None,
        born=part.delivery,
        x=Scale(low=-7.0, high=span + 0.03 * span, start=LEFT, end=RIGHT),
    )


def pop_timeline(part: PopPart, axis: Weeks, on: date, words: Mapping[str, str]) -> Markup:
    """Draw each visit's allowed and ideal days, its scans, and what happened when."""
    bottom = TOP + ROW * len(part.visits) + 4
    body = [_paper(TOP, bottom), *_ticks(axis, TOP, bottom, words)]
    for number, visit in enumerate(part.visits):
        body += _row(visit, axis, TOP + ROW * number + ROW / 2 + 2)
    body += _events(part, axis, on, words, bottom)
    return svg.figure(
        WIDTH, bottom + 46, words["timeline"], words["timeline_text"], body, "pop-weeks"
    )


def pop_course(
    series: PopSeries, part: PopPart, axis: Weeks, on: date, words: Mapping[str, str], name: str
) -> Markup:
    """Draw values with their intervals, the band round the first visit and the published course."""
    bottom = TOP + PANEL
    y = _values_scale(series, TOP, bottom)
    body = [_paper(TOP, bottom), *_band(series, axis, y, words), *_value_axis(y, words)]
    body += [*_ticks(axis, TOP, bottom, words), *_expected(series, axis, y)]
    body += _events(part, axis, on, words, bottom)
    for _device, run in groupby(series.values, key=lambda v: v.point.device):
        joined = [(axis.at(v.point.day), y(v.point.bmd_g_cm2)) for v in run]
        if len(joined) > 1:
            body.append(svg.path(joined, "course-line"))
    for value in series.values:
        body += _mark(value, axis, y)
    return svg.figure(WIDTH, bottom + 46, name, words["course_text"], body, "pop-weeks")


def _paper(top: float, bottom: float) -> str:
    return svg.element(
        "rect", x=LEFT, y=top, width=RIGHT - LEFT, height=bottom - top, class_="paper"
    )


def _row(visit: PopVisit, axis: Weeks, middle: float) -> Iterator[str]:
    yield svg.text(LEFT - 10, middle + 4, visit.name, "label", "end")
    if visit.allowed is not None:
        begin, end = visit.allowed
        until = end or (axis.begin + timedelta(days=max(TERM_DAYS, 1)))
        yield _bar(axis, begin, until, middle, 14.0, "allowed")
    if visit.ideal is not None:
        yield _bar(axis, *visit.ideal, middle, 14.0, "ideal")
    for day in visit.scans:
        yield svg.element("circle", cx=axis.at(day), cy=middle, r=5, class_="point")


def _bar(axis: Weeks, begin: date, end: date, middle: float, height: float, class_: str) -> str:
    left, right = axis.at(begin), axis.at(end)
    width = max(right - left, NARROWEST)
    left = (left + right - width) / 2
    return svg.element(
        "rect", x=left, y=middle - height / 2, width=width, height=height, class_=class_
    )


def _ticks(axis: Weeks, top: float, bottom: float, words: Mapping[str, str]) -> Iterator[str]:
    """Mark weeks of gestation up to the birth, and weeks after it."""
    end = axis.x.high
    birth = (axis.born - axis.begin).days if axis.born is not None else None
    last = -TICK_APART
    if axis.dated:
        until = end if birth is None else birth - WEEK
        for week in range(0, int(until // WEEK) + 1, GESTATION_STEP):
            at = axis.x(float(week * WEEK))
            if at - last < TICK_APART or week * WEEK > 301:  # noqa: PLR2004 - no tick past 43 weeks
                continue
            last = at
            yield from _tick(at, top, bottom, str(week))
        yield svg.text(LEFT, bottom + 36, words["gestation_weeks"], "axis-name")
    if birth is not None:
        step = AFTER_STEP if (end - birth) / (axis.x.high - axis.x.low) > 0.2 else 2 * AFTER_STEP  # noqa: PLR2004 - a fifth of the axis
        for week in range(step, int((end - birth) // WEEK) + 1, step):
            at = axis.x(float(birth + week * WEEK))
            if at - last < TICK_APART:
                continue
            last = at
            yield from _tick(at, top, bottom, f"+{week}")
        yield svg.text(RIGHT, bottom + 36, words["after_weeks"], "axis-name", "end")


def _tick(at: float, top: float, bottom: float, label: str) -> Iterator[str]:
    yield svg.line((at, top), (at, bottom), "grid")
    yield svg.text(at, bottom + 17, label, "label", "middle")


def _events(
    part: PopPart, axis: Weeks, on: date, words: Mapping[str, str], bottom: float
) -> Iterator[str]:
    found: list[tuple[date, str]] = []
    if part.delivery is not None:
        found.append((part.delivery, words["delivery"]))
    if part.loss is not None:
        found.append((part.loss, words["loss"]))
    if part.weaning is not None:
        found.append((part.weaning, words["weaning"]))
    if axis.x.low <= (on - axis.begin).days <= axis.x.high and on not in {d for d, _w in found}:
        found.append((on, words["today"]))
    last = -1e9
    for day, word in sorted(found):
        at = axis.at(day)
        yield svg.line((at, TOP), (at, bottom), "event")
        crowded = at - last < 60.0  # noqa: PLR2004 - two words in one place
        anchor = "end" if at > RIGHT - EDGE else "middle"  # a word at the edge stays inside
        yield svg.text(at, TOP - 8 if not crowded else TOP + 12, word, "event-name", anchor)
        last = at


def _values_scale(series: PopSeries, top: float, bottom: float) -> Scale:
    ends = [v.point.bmd_g_cm2 + s * (v.half_g_cm2 or 0.0) for v in series.values for s in (-1, 1)]
    if series.baseline is not None:
        base = series.baseline.point.bmd_g_cm2
        ends += [base + s * (series.lsc_g_cm2 or 0.0) for s in (-1, 1)]
        if series.expected is not None:
            ends.append(
                base * (1 + (series.expected.mean_percent - series.expected.sd_percent) / 100)
            )
    middle = (min(ends) + max(ends)) / 2
    half = max((max(ends) - min(ends)) * 0.6, LEAST_SPAN * abs(middle) / 2, 0.005)
    return Scale(low=middle - half, high=middle + half, start=bottom, end=top)


def _value_axis(y: Scale, words: Mapping[str, str]) -> Iterator[str]:
    values = ticks(y.low, y.high, 6)
    decimals = 2 if all(isclose(v, round(v, 2)) for v in values) else 3
    for value in values:
        yield svg.line((LEFT, y(value)), (RIGHT, y(value)), "grid")
        yield svg.text(LEFT - 8, y(value) + 4, fixed(value, decimals), "label", "end")
    name = svg.text(0, 0, words["bmd_axis"], "axis-name", "middle")
    where = f"translate(13 {svg.number((y.start + y.end) / 2)}) rotate(-90)"
    yield svg.element("g", [name], transform=where)


def _band(series: PopSeries, axis: Weeks, y: Scale, words: Mapping[str, str]) -> Iterator[str]:
    if series.baseline is None or series.lsc_g_cm2 is None:
        return
    base, left = series.baseline.point.bmd_g_cm2, axis.at(series.baseline.point.day)
    upper, lower = y(base + series.lsc_g_cm2), y(base - series.lsc_g_cm2)
    yield svg.element(
        "rect", x=left, y=upper, width=RIGHT - left, height=lower - upper, class_="lsc-band"
    )
    yield svg.line((left, y(base)), (RIGHT, y(base)), "lsc-middle")
    yield svg.text(RIGHT - 6, upper - 5, words["band_name"], "band-name", "end")


def _expected(series: PopSeries, axis: Weeks, y: Scale) -> Iterator[str]:
    if series.baseline is None or series.expected is None or series.expected_days is None:
        return
    base, course = series.baseline.point.bmd_g_cm2, series.expected
    begin, end = (axis.at(d) for d in series.expected_days)

    def reached(percent: float) -> float:
        return y(base * (1.0 + percent / 100.0))

    corners: Sequence[tuple[float, float]] = (
        (begin, y(base)),
        (end, reached(course.mean_percent + course.sd_percent)),
        (end, reached(course.mean_percent - course.sd_percent)),
    )
    yield svg.path(corners, "expected-wedge", closed=True)
    yield svg.path([(begin, y(base)), (end, reached(course.mean_percent))], "expected-line")


def _mark(value: PopValue, axis: Weeks, y: Scale) -> Iterator[str]:
    at, middle = axis.at(value.point.day), y(value.point.bmd_g_cm2)
    if value.half_g_cm2 is not None:
        top, bottom = (y(value.point.bmd_g_cm2 + s * value.half_g_cm2) for s in (1, -1))
        yield svg.line((at, top), (at, bottom), "bar")
        yield svg.line((at - 4, top), (at + 4, top), "bar")
        yield svg.line((at - 4, bottom), (at + 4, bottom), "bar")
    yield svg.element("circle", cx=at, cy=middle, r=5, class_="point")
    yield svg.text(at + 9, middle - 8, fixed(value.point.bmd_g_cm2, 3), "point-name")
