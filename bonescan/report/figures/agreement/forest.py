"""One statistic in several groups of people, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bonescan.model.estimate import Estimate
from bonescan.report.figures import svg
from bonescan.report.figures.axis import Scale, ticks
from bonescan.report.figures.numbers import fixed

from .frame import label, widened

WIDTH, ROW, TOP, FOOT = 620.0, 24.0, 14.0, 44.0
LEFT, RIGHT = 250.0, 460.0
WIDEST = (
    4.0  # times the middle interval: a longer one is cut at the frame, its numbers stand beside
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """A group; a heading when it has no estimate."""

    name: str
    n: int | None = None
    estimate: Estimate | None = None


def forest(
    rows: Sequence[ForestRow],
    *,
    axis_name: str,
    overall: float | None,
    decimals: int,
    title: str,
    description: str,
) -> Markup:
    """Draw a forest plot; a group without a value says so instead of standing empty.

    Parameters
    ----------
    rows : sequence of ForestRow
    axis_name : str
    overall : float or None
        Value of all people, drawn as a dashed line.
    decimals : int
    """
    height = TOP + ROW * len(rows) + FOOT
    bottom = TOP + ROW * len(rows)
    scale = _scale(rows, overall)
    body: list[str] = []
    marks = ticks(scale.low, scale.high, 5)
    for value in marks:
        body += [
            svg.line((scale(value), TOP), (scale(value), bottom), "grid"),
            svg.text(scale(value), bottom + 16, label(value, marks), "label", "middle"),
        ]
    if overall is not None:
        body.append(svg.line((scale(overall), TOP), (scale(overall), bottom), "identity"))
    for i, row in enumerate(rows):
        body += _row(row, TOP + ROW * (i + 0.5), scale, decimals)
    body.append(svg.text((LEFT + RIGHT) / 2, bottom + 36, axis_name, "axis-name", "middle"))
    return svg.figure(WIDTH, height, title, description, body, "agreement forest")


def _scale(rows: Sequence[ForestRow], overall: float | None) -> Scale:
    known = [r.estimate for r in rows if r.estimate is not None]
    widths = sorted(e.hi - e.lo for e in known if e.lo is not None and e.hi is not None)
    most = WIDEST * widths[len(widths) // 2] if widths else math.inf
    ends = [e.est for e in known if e.est is not None]
    for e in known:
        if e.lo is not None and e.hi is not None and e.hi - e.lo <= most:
            ends += [e.lo, e.hi]
    ends += [overall] if overall is not None else []
    low, high = widened(min(ends), max(ends)) if ends else (0.0, 1.0)
    return Scale(low=low, high=high, start=LEFT, end=RIGHT)


def _row(row: ForestRow, y: float, scale: Scale, decimals: int) -> list[str]:
    if row.estimate is None:
        return [svg.text(4, y + 4, row.name, "group")]
    drawn = [svg.text(16, y + 4, row.name, "label")]
    if row.n is not None:
        drawn.append(svg.text(LEFT - 14, y + 4, str(row.n), "label", "end"))
    e = row.estimate
    if e.est is None:
        return [*drawn, svg.text(RIGHT + 14, y + 4, e.reason, "label")]
    words = fixed(e.est, decimals)
    if e.lo is not None and e.hi is not None:
        drawn.append(svg.line((scale.clip(e.lo), y), (scale.clip(e.hi), y), "whisker"))
        # an end beyond the frame is cut, with an arrow; its number stands beside
        words += f" ({fixed(e.lo, decimals)} to {fixed(e.hi, decimals)})"
        drawn += [
            svg.path([(at - 6 * s, y - 4), (at, y), (at - 6 * s, y + 4)], "arrow")
            for value, at, s in ((e.lo, scale(scale.low), -1), (e.hi, scale(scale.high), 1))
            if scale.clip(value) != scale(value)
        ]
    drawn.append(svg.element("rect", x=scale(e.est) - 4, y=y - 4, width=8, height=8, class_="mark"))
    return [*drawn, svg.text(RIGHT + 14, y + 4, words, "value")]
