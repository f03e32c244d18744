"""Difference against mean, with bias, limits of agreement and their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bonescan.i18n import _
from bonescan.report.figures import svg
from bonescan.report.figures.axis import Scale
from bonescan.report.figures.numbers import fixed

from .frame import HEIGHT, Box, Frame, axes, dots, frame, key, paper
from .histogram import counted
from .scatter import DotGroup

WIDTH = 520.0
PLOT = Box(right=430.0)
MARGIN_FROM, MARGIN_TO = 436.0, 512.0  # the histogram of the differences beside the plot
N_BINS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A horizontal line with its interval."""

    name: str
    value: float
    low: float | None
    high: float | None
    style: str  # "bias" or "limit"


def difference_plot(
    groups: Sequence[DotGroup],
    levels: Sequence[Level],
    *,
    trend: tuple[float, float] | None,
    acceptable: float | None,
    names: tuple[str, str],
    decimals: int,
    title: str,
    description: str,
) -> Markup:
    """Draw a Bland-Altman plot with the histogram of the differences in its margin.

    Parameters
    ----------
    groups : sequence of DotGroup
        Points (mean, difference).
    levels : sequence of Level
        Bias and both limits; intervals are drawn as bands.
    trend : (intercept, slope) of difference on mean, or None
        Drawn by the caller's rule (when its slope differs from 0).
    acceptable : float or None
        Stated beforehand; drawn as two dotted lines.
    names : two str
    decimals : int
        Of the values written beside the levels.
    """
    points = [p for group in groups for p in group.points]
    ends = [v for lv in levels for v in (lv.value, lv.low, lv.high) if v is not None]
    ends += [p[1] for p in points] + ([acceptable, -acceptable] if acceptable else [])
    xs = [p[0] for p in points]
    made = frame((min(xs), max(xs)), (min(ends), max(ends)), PLOT)
    body = [paper(made), *axes(made, *names)]
    body += [_interval(made, level) for level in levels]
    body.append(made.line((made.x.low, 0.0), (made.x.high, 0.0), "zero"))
    for sign in (-1.0, 1.0) if acceptable else ():
        at = sign * float(acceptable or 0.0)
        body.append(made.line((made.x.low, at), (made.x.high, at), "acceptable"))
    body += [dots(made, group.points, group.style) for group in groups]
    if trend is not None:
        at_ends = [(x, trend[0] + trend[1] * x) for x in (made.x.low, made.x.high)]
        body.append(made.line(at_ends[0], at_ends[1], "trend"))
    for level in levels:
        body.append(made.line((made.x.low, level.value), (made.x.high, level.value), level.style))
        words = f"{level.name} {fixed(level.value, decimals)}"
        body.append(svg.text(made.box.right - 5, made.y(level.value) - 5, words, "level", "end"))
    body += _margin(made, [p[1] for p in points])
    entries = [("trend", _("difference on mean"))] if trend is not None else []
    entries += [("acceptable", _("acceptable, stated beforehand"))] if acceptable else []
    body += key(entries, made.box.left + 10, made.box.bottom - 8 - 16 * (len(entries) - 1))
    return svg.figure(WIDTH, HEIGHT, title, description, body, "agreement")


def _interval(made: Frame, level: Level) -> str:
    if level.low is None or level.high is None:
        return ""
    top, bottom = made.y(level.high), made.y(level.low)
    return svg.element(
        "rect",
        x=made.box.left,
        y=top,
        width=made.box.right - made.box.left,
        height=max(bottom - top, 0.5),
        class_=f"{level.style}-band",
    )


def _margin(made: Frame, differences: Sequence[float]) -> list[str]:
    counts, edges = counted(differences, (made.y.low, made.y.high), N_BINS)
    most = max(counts) or 1
    length = Scale(low=0.0, high=float(most), start=0.0, end=MARGIN_TO - MARGIN_FROM)
    bars = []
    for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True):
        if count:
            bars.append(
                svg.element(
                    "rect",
                    x=MARGIN_FROM,
                    y=made.y(high) + 0.5,
                    width=length(float(count)),
                    height=max(made.y(low) - made.y(high) - 1.0, 0.5),
                    class_="histogram",
                )
            )
    return bars
