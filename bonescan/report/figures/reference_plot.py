"""BMD against age over a reference: the figure that a densitometry report is known by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bonescan.i18n import _

from . import svg
from .axis import Scale, ticks
from .numbers import fixed

WIDTH, HEIGHT = 460.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 50.0, 418.0, 14.0, 256.0
OSTEOPOROSIS_T, NORMAL_T = -2.5, -1.0  # WHO 1994, both inclusive on the outer side
T_SHOWN = (-4.5, 3.0)
ADULT_AGE_YEARS = (20.0, 90.0)
PAD_G_CM2 = 0.04
NAME_WIDTH = 56.0  # of a value beside its point


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotPoint:
    """One measured value; the uncertainty is one standard uncertainty."""

    age_years: float
    bmd_g_cm2: float
    bmd_u_g_cm2: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class YoungReference:
    """Young adults: what T counts from."""

    mean_g_cm2: float
    sd_g_cm2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeReference:
    """People of the same age and sex: what Z counts from. All of one length, ages rising."""

    age_years: tuple[float, ...]
    mean_g_cm2: tuple[float, ...]
    minus_2_sd_g_cm2: tuple[float, ...]
    plus_2_sd_g_cm2: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    x: Scale
    y: Scale


def t_plot(
    points: Sequence[PlotPoint],
    young: YoungReference,
    age: AgeReference | None,
    *,
    coloured: bool,
    title: str,
    description: str,
) -> Markup:
    """Draw BMD against age with a T axis.

    Parameters
    ----------
    points : sequence of PlotPoint
        One or more, in time; the last is drawn full.
    young : YoungReference
        Where T = 0 lies and how wide one T is [g/cm2].
    age : AgeReference or None
        Drawn as a line (mean) and two thin ones (Z = -2, Z = +2) where given.
    coloured : bool
        WHO classes as coloured bands. False where T is shown but no class is given.
    title, description : str
        Name and description for people who can't see the figure.

    Returns
    -------
    svg : Markup
        One `svg` element, 460 x 300 units.
    """
    low, high = (young.mean_g_cm2 + t * young.sd_g_cm2 for t in T_SHOWN)
    values = [p.bmd_g_cm2 for p in points]
    low, high = min([low, *values]) - 0.01, max([high, *values]) + 0.01
    frame = _frame(points, age, low, high)
    body = [
        *(_who_bands(frame, young) if coloured else _paper(frame)),
        *_axes(frame),
        *_t_axis(frame, young),
        *_age_lines(frame, age),
        *(_who_names(frame, young) if coloured else ()),
        *_marks(frame, points),
    ]
    return svg.figure(WIDTH, HEIGHT, title, description, body, "t-plot")


def z_plot(
    points: Sequence[PlotPoint], age: AgeReference, *, title: str, description: str
) -> Markup:
    """Draw BMD against age over the band of people of the same age, in neutral tones.

    Used under the Z rule: no T axis, no class colours. Parameters as in `t_plot`.
    """
    values = [p.bmd_g_cm2 for p in points]
    low = min([*age.minus_2_sd_g_cm2, *values]) - PAD_G_CM2
    high = max([*age.plus_2_sd_g_cm2, *values]) + PAD_G_CM2
    frame = _frame(points, age, low, high)
    band = [
        *zip(map(frame.x, age.age_years), map(frame.y, age.plus_2_sd_g_cm2), strict=True),
        *reversed(
            list(zip(map(frame.x, age.age_years), map(frame.y, age.minus_2_sd_g_cm2), strict=True))
        ),
    ]
    body = [
        *_paper(frame),
        svg.path(_held(frame, band), "z-band", closed=True),
        *_axes(frame),
        *_age_lines(frame, age),
        *_marks(frame, points),
    ]
    return svg.figure(WIDTH, HEIGHT, title, description, body, "z-plot")


def _frame(
    points: Sequence[PlotPoint], age: AgeReference | None, low: float, high: float
) -> _Frame:
    ages = [p.age_years for p in points]
    youngest = min(ADULT_AGE_YEARS[0], *ages)
    if age is not None and youngest < ADULT_AGE_YEARS[0]:
        youngest = min(youngest, max(age.age_years[0], youngest - 2.0))
    oldest = max(ADULT_AGE_YEARS[1], *ages)
    return _Frame(
        x=Scale(low=youngest, high=oldest, start=LEFT, end=RIGHT),
        y=Scale(low=low, high=high, start=BOTTOM, end=TOP),
    )


def _rectangle(frame: _Frame, low: float, high: float, class_: str) -> str:
    top, bottom = frame.y.clip(high), frame.y.clip(low)
    return svg.element(
        "rect", x=LEFT, y=top, width=RIGHT - LEFT, height=bottom - top, class_=class_
    )


def _paper(frame: _Frame) -> list[str]:
    return [_rectangle(frame, frame.y.low, frame.y.high, "paper")]


def _bands(frame: _Frame, young: YoungReference) -> tuple[tuple[str, str, float, float], ...]:
    lower = young.mean_g_cm2 + OSTEOPOROSIS_T * young.sd_g_cm2
    upper = young.mean_g_cm2 + NORMAL_T * young.sd_g_cm2
    return (
        ("normal", _("Normal"), upper, frame.y.high),
        ("osteopenia", _("Osteopenia"), lower, upper),
        ("osteoporosis", _("Osteoporosis"), frame.y.low, lower),
    )


def _who_bands(frame: _Frame, young: YoungReference) -> list[str]:
    return [
        _rectangle(frame, low, high, f"band-{name}")
        for name, _words, low, high in _bands(frame, young)
    ]


def _who_names(frame: _Frame, young: YoungReference) -> list[str]:
    return [
        svg.text(LEFT + 8, frame.y.clip(high) + 15, words, f"band-name band-name-{name}")
        for name, words, _low, high in _bands(frame, young)
    ]


def _axes(frame: _Frame) -> list[str]:
    drawn = []
    for value in ticks(frame.y.low, frame.y.high, 6):
        y = frame.y(value)
        drawn += [
            svg.line((LEFT - 4, y), (LEFT, y), "tick"),
            svg.text(
                LEFT - 8, y + 4, fixed(value, 1 if value * 10 % 1 == 0 else 2), "label", "end"
            ),
        ]
    for value in ticks(frame.x.low, frame.x.high, 8):
        x = frame.x(value)
        drawn += [
            svg.line((x, BOTTOM), (x, BOTTOM + 4), "tick"),
            svg.text(x, BOTTOM + 17, fixed(value, 0), "label", "middle"),
        ]
    middle = (TOP + BOTTOM) / 2
    return [
        *drawn,
        svg.element("rect", x=LEFT, y=TOP, width=RIGHT - LEFT, height=BOTTOM - TOP, class_="box"),
        svg.text((LEFT + RIGHT) / 2, BOTTOM + 36, _("Age (years)"), "axis-name", "middle"),
        _turned(12, middle, _("BMD (g/cm²)")),
    ]


def _turned(x: float, y: float, words: str) -> str:
    where = f"translate({svg.number(x)} {svg.number(y)}) rotate(-90)"
    return svg.element("g", [svg.text(0, 0, words, "axis-name", "middle")], transform=where)


def _t_axis(frame: _Frame, young: YoungReference) -> list[str]:
    drawn = []
    for whole_t in range(-9, 7):
        value = young.mean_g_cm2 + whole_t * young.sd_g_cm2
        if not frame.y.low <= value <= frame.y.high:
            continue
        y = frame.y(value)
        drawn += [
            svg.line((RIGHT, y), (RIGHT + 4, y), "tick"),
            svg.text(RIGHT + 8, y + 4, fixed(whole_t, 0), "label t-label"),
        ]
    for t in (NORMAL_T, OSTEOPOROSIS_T):
        y = frame.y.clip(young.mean_g_cm2 + t * young.sd_g_cm2)
        drawn.append(svg.line((LEFT, y), (RIGHT, y), "cut"))
    return [*drawn, _turned(WIDTH - 8, (TOP + BOTTOM) / 2, _("T-score"))]


def _held(frame: _Frame, points: Sequence[svg.Point]) -> list[svg.Point]:
    """Keep the part of a curve that lies inside the box; curves are dense in age."""
    return [(x, min(max(y, TOP), BOTTOM)) for x, y in points if LEFT - 0.01 <= x <= RIGHT + 0.01]


def _age_lines(frame: _Frame, age: AgeReference | None) -> list[str]:
    if age is None:
        return []
    drawn = []
    for values, class_, words in (
        (age.mean_g_cm2, "age-mean", _("Z 0")),
        (age.minus_2_sd_g_cm2, "age-limit", _("Z −2")),
        (age.plus_2_sd_g_cm2, "age-limit", _("Z +2")),
    ):
        curve = _held(
            frame, list(zip(map(frame.x, age.age_years), map(frame.y, values), strict=True))
        )
        inside = [p for p in curve if TOP < p[1] < BOTTOM]
        if not inside[1:]:  # a line needs two points
            continue
        x, y = inside[-1]
        drawn += [
            svg.path(inside, class_),
            svg.text(min(x + 5, RIGHT - 28), y + 3.5, words, "curve-name"),
        ]
    return drawn


def _marks(frame: _Frame, points: Sequence[PlotPoint]) -> list[str]:
    drawn: list[str] = []
    for point in points[:-1]:
        x, y = frame.x(point.age_years), frame.y(point.bmd_g_cm2)
        drawn.append(svg.element("circle", cx=x, cy=y, r=3.5, class_="point earlier"))
    last = points[-1]
    x, y = frame.x(last.age_years), frame.y(last.bmd_g_cm2)
    if last.bmd_u_g_cm2 is not None:
        upper = frame.y.clip(last.bmd_g_cm2 + last.bmd_u_g_cm2)
        lower = frame.y.clip(last.bmd_g_cm2 - last.bmd_u_g_cm2)
        drawn.append(svg.line((x, upper), (x, lower), "bar"))
        drawn += [svg.line((x - 4, end), (x + 4, end), "bar") for end in (upper, lower)]
    to_left = x > RIGHT - NAME_WIDTH
    drawn += [
        svg.element("circle", cx=x, cy=y, r=5.5, class_="point"),
        svg.text(
            x - 11 if to_left else x + 11,
            y + 4,
            fixed(last.bmd_g_cm2, 3),
            "point-name",
            "end" if to_left else None,
        ),
    ]
    return drawn
