"""One score on a straight scale, for devices whose reference is not known as numbers."""

from __future__ import annotations

from markupsafe import Markup

from bonescan.i18n import _

from . import svg
from .axis import Scale
from .numbers import fixed

WIDTH, HEIGHT = 460.0, 92.0
LEFT, RIGHT, TOP, BOTTOM = 20.0, 440.0, 34.0, 54.0
SHOWN = (-5.0, 3.0)
OSTEOPOROSIS_T, NORMAL_T = -2.5, -1.0
EXPECTED_Z = -2.0  # ISCD: at or below it, "below the expected range for age"


def t_scale(t_score: float, *, coloured: bool, title: str, description: str) -> Markup:
    """Draw a printed T-score on a scale from -5 to 3, WHO classes coloured if asked for."""
    scale = _scale(t_score)
    parts = [("paper", scale.low, scale.high)]
    if coloured:
        parts = [
            ("band-osteoporosis", scale.low, OSTEOPOROSIS_T),
            ("band-osteopenia", OSTEOPOROSIS_T, NORMAL_T),
            ("band-normal", NORMAL_T, scale.high),
        ]
    cuts = (OSTEOPOROSIS_T, NORMAL_T)
    body = _drawn(scale, parts, cuts, t_score, _("T-score"))
    return svg.figure(WIDTH, HEIGHT, title, description, body, "t-scale")


def z_scale(z_score: float, *, title: str, description: str) -> Markup:
    """Draw a printed Z-score on a neutral scale from -5 to 3 with the limit at -2."""
    scale = _scale(z_score)
    parts = [("paper", scale.low, scale.high), ("z-band", EXPECTED_Z, scale.high)]
    body = _drawn(scale, parts, (EXPECTED_Z,), z_score, _("Z-score"))
    return svg.figure(WIDTH, HEIGHT, title, description, body, "z-scale")


def _scale(score: float) -> Scale:
    return Scale(
        low=min(SHOWN[0], score - 0.5), high=max(SHOWN[1], score + 0.5), start=LEFT, end=RIGHT
    )


def _drawn(
    scale: Scale,
    parts: list[tuple[str, float, float]],
    cuts: tuple[float, ...],
    score: float,
    name: str,
) -> list[str]:
    drawn = [
        svg.element(
            "rect",
            x=scale(low),
            y=TOP,
            width=scale(high) - scale(low),
            height=BOTTOM - TOP,
            class_=class_,
        )
        for class_, low, high in parts
    ]
    drawn += [svg.line((scale(cut), TOP), (scale(cut), BOTTOM), "cut") for cut in cuts]
    for value in range(int(scale.low), int(scale.high) + 1):
        drawn += [
            svg.line((scale(value), BOTTOM), (scale(value), BOTTOM + 4), "tick"),
            svg.text(scale(value), BOTTOM + 17, fixed(value, 0), "label", "middle"),
        ]
    x = scale(score)
    drawn += [
        svg.element("rect", x=LEFT, y=TOP, width=RIGHT - LEFT, height=BOTTOM - TOP, class_="box"),
        svg.text((LEFT + RIGHT) / 2, BOTTOM + 33, name, "axis-name", "middle"),
        svg.element("circle", cx=x, cy=(TOP + BOTTOM) / 2, r=6, class_="point"),
        svg.text(x, TOP - 9, fixed(score, 1), "point-name", "middle"),
    ]
    return drawn
