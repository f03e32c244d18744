"""BMD of one site over the dates of its exams."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from markupsafe import Markup

from bonescan.i18n import _

from . import svg
from .axis import Scale, ticks
from .numbers import fixed

WIDTH, HEIGHT = 460.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 440.0, 24.0, 186.0
LEAST_SPAN_1 = 0.12  # of the mean: small differences must not look large
NAMED_APART = 120.0  # drawing units between two named dates


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePoint:
    """One visit; points of one `device` in a row are joined, others never."""

    day: date
    bmd_g_cm2: float
    bmd_u_g_cm2: float | None = None
    device: str = ""
    phase: str = ""  # "gestation 12 w 3 d": where she was, in words


def course(points: Sequence[CoursePoint], *, title: str, description: str) -> Markup:
    """Draw BMD against date; values only, no verdict on change.

    Parameters
    ----------
    points : sequence of CoursePoint
        Two or more, in time. Bars are one standard uncertainty each way.
    title, description : str
        Name and description for people who can't see the figure.

    Returns
    -------
    svg : Markup
        One `svg` element, 460 x 240 units.
    """
    x, y = _scales(points)
    body = [
        svg.element("rect", x=LEFT, y=TOP, width=RIGHT - LEFT, height=BOTTOM - TOP, class_="paper"),
        *_value_axis(y),
        *_dates(points, x),
    ]
    for _device, run in groupby(points, key=lambda p: p.device):
        joined = [(x(p.day.toordinal()), y(p.bmd_g_cm2)) for p in run]
        if len(joined) > 1:
            body.append(svg.path(joined, "course-line"))
    for point in points:
        body += _mark(point, x, y)
    return svg.figure(WIDTH, HEIGHT, title, description, body, "course")


def _scales(points: Sequence[CoursePoint]) -> tuple[Scale, Scale]:
    ends = [p.bmd_g_cm2 + s * (p.bmd_u_g_cm2 or 0.0) for p in points for s in (-1, 1)]
    middle = (min(ends) + max(ends)) / 2
    half = max((max(ends) - min(ends)) * 0.6, LEAST_SPAN_1 * abs(middle) / 2, 0.005)
    first, last = points[0].day.toordinal(), points[-1].day.toordinal()
    margin = max((last - first) * 0.17, 1.0)
    return (
        Scale(low=first - margin, high=last + margin, start=LEFT, end=RIGHT),
        Scale(low=middle - half, high=middle + half, start=BOTTOM, end=TOP),
    )


def _value_axis(y: Scale) -> list[str]:
    drawn = []
    values = ticks(y.low, y.high, 5)
    decimals = 2 if all(math.isclose(v, round(v, 2)) for v in values) else 3
    for value in values:
        drawn += [
            svg.line((LEFT, y(value)), (RIGHT, y(value)), "grid"),
            svg.text(LEFT - 8, y(value) + 4, fixed(value, decimals), "label", "end"),
        ]
    name = svg.text(0, 0, _("BMD (g/cm²)"), "axis-name", "middle")
    where = f"translate(12 {svg.number((TOP + BOTTOM) / 2)}) rotate(-90)"
    return [*drawn, svg.element("g", [name], transform=where)]


def _dates(points: Sequence[CoursePoint], x: Scale) -> list[str]:
    drawn: list[str] = []
    last_named = -NAMED_APART
    for point in points:
        at = x(point.day.toordinal())
        drawn.append(svg.line((at, BOTTOM), (at, BOTTOM + 4), "tick"))
        if at - last_named < NAMED_APART:
            continue
        last_named = at
        drawn.append(svg.text(at, BOTTOM + 18, point.day.isoformat(), "label", "middle"))
        if point.phase:
            drawn.append(svg.text(at, BOTTOM + 33, point.phase, "phase", "middle"))
    return drawn


def _mark(point: CoursePoint, x: Scale, y: Scale) -> list[str]:
    at, middle = x(point.day.toordinal()), y(point.bmd_g_cm2)
    drawn = []
    top = middle
    if point.bmd_u_g_cm2 is not None:
        top = y(point.bmd_g_cm2 + point.bmd_u_g_cm2)
        bottom = y(point.bmd_g_cm2 - point.bmd_u_g_cm2)
        drawn = [
            svg.line((at, top), (at, bottom), "bar"),
            svg.line((at - 4, top), (at + 4, top), "bar"),
            svg.line((at - 4, bottom), (at + 4, bottom), "bar"),
        ]
    return [
        *drawn,
        svg.element("circle", cx=at, cy=middle, r=5, class_="point"),
        svg.text(at + 9, middle - 7, fixed(point.bmd_g_cm2, 3), "point-name"),
    ]
