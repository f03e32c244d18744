"""Test against reference, with identity and the fitted lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bonescan.i18n import _
from bonescan.report.figures import svg

from .frame import HEIGHT, WIDTH, axes, band, dots, frame, key, paper

Point = svg.Point


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedLine:
    """A line y = intercept + slope · x and how it is drawn (`fit-deming`, `fit-pb`, `fit-ols`)."""

    name: str
    intercept: float
    slope: float
    style: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DotGroup:
    """Points drawn alike, as rows of (x, y)."""

    name: str
    style: str
    points: Sequence[Point]


def identity_scatter(
    groups: Sequence[DotGroup],
    lines: Sequence[FittedLine],
    band_rows: Sequence[tuple[float, float, float]],
    *,
    names: tuple[str, str],
    title: str,
    description: str,
) -> Markup:
    """Draw one method against another on equal axes.

    Parameters
    ----------
    groups : sequence of DotGroup
        At least one point in all.
    lines : sequence of FittedLine
    band_rows : sequence of (x, lower, upper)
        Interval of the first line; empty for none.
    names : two str
        Of the x and y axis, with units.
    title, description : str
        For people who can't see the figure.
    """
    values = [v for group in groups for point in group.points for v in point]
    low, high = min(values), max(values)
    made = frame((low, high), (low, high))
    ends = (made.x.low, made.x.high)
    body = [paper(made), *axes(made, *names), band(made, band_rows, "interval-band")]
    body.append(made.line((ends[0], ends[0]), (ends[1], ends[1]), "identity"))
    body += [dots(made, group.points, group.style) for group in groups]
    for fit in lines:
        at = [(x, fit.intercept + fit.slope * x) for x in ends]
        body.append(made.line(at[0], at[1], fit.style))
    entries = [("identity", _("identity")), *((fit.style, fit.name) for fit in lines)]
    body += key(entries, made.box.left + 12, made.box.top + 20)
    return svg.figure(WIDTH, HEIGHT, title, description, body, "agreement")
