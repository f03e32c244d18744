"""Figures of a pregnancy cohort: courses, changes against precision, who came when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from bonescan.i18n import _

from . import svg
from .agreement.frame import Box, Frame, frame, paper
from .axis import ticks
from .numbers import fixed

WIDTH, HEIGHT = 960.0, 380.0
BOX = Box(left=66.0, right=940.0, top=18.0, bottom=322.0)
ROW = 3.0  # drawing units a woman in the grid of visits
MOST_ROWS = 600
GRID_LEFT, GRID_WIDTH = 150.0, 560.0

Woman = Mapping[str, Any]


def courses(women: Sequence[Woman], visits: Sequence[str], model: Sequence[Woman]) -> Markup:
    """Draw every woman's course in percent of her first visit, and the model's means.

    Parameters
    ----------
    women : sequence of mapping
        With `visits`, name to value.
    visits : sequence of str
        In their order.
    model : sequence of mapping
        `visit`, `est`, `lo`, `hi` as percent of the mean of the first visit.
    """
    lines = []
    for woman in women:
        seen = woman["visits"]
        if visits[0] in seen and len(seen) > 1:
            base = seen[visits[0]]
            lines.append([(float(n), 100.0 * (seen[v] / base - 1.0))
                          for n, v in enumerate(visits) if v in seen])  # fmt: skip
    levels = [y for line in lines for _x, y in line] + [m[k] for m in model for k in ("lo", "hi")]
    made = frame(
        (0.0, len(visits) - 1.0), (min(levels, default=-1.0), max(levels, default=1.0)), BOX
    )
    body = [paper(made), *_grid(made), *_names(made, visits), *_axis(made, _("change, % of T1"))]
    body += [svg.path([made.at(*p) for p in line], "woman") for line in lines]
    means = [(0.0, 0.0), *((float(visits.index(m["visit"])), float(m["est"])) for m in model)]
    body.append(svg.path([made.at(*p) for p in means], "model-mean"))
    for entry in model:
        x = float(visits.index(entry["visit"]))
        body.append(svg.line(made.at(x, entry["lo"]), made.at(x, entry["hi"]), "model-interval"))
    body += [svg.element("circle", cx=made.at(*p)[0], cy=made.at(*p)[1], r=4.5, class_="model-dot")
             for p in means]  # fmt: skip
    return svg.figure(
        WIDTH, HEIGHT, _("Courses of all women"),
        _("Change from the first visit by visit, a line for each woman, means of the model."),
        body, "pop-courses",
    )  # fmt: skip


def waterfall(changes: Sequence[Woman], visit: str) -> Markup:
    """Draw each woman's change at a visit, sorted, with the least significant change.

    The intervals make it a caterpillar plot as well; there is no second figure for that.

    Parameters
    ----------
    changes : sequence of mapping
        `percent`, `lsc_percent` (None where unknown), `half` (of the 95 % interval, percent;
        None where unknown) and `verdict`.
    """
    rows = sorted(changes, key=lambda c: float(c["percent"]))
    ends = [c["percent"] + s * (c["half"] or 0.0) for c in rows for s in (-1.0, 1.0)]
    made = frame(
        (0.0, max(len(rows) - 1.0, 1.0)), (min(ends, default=-1), max(ends, default=1)), BOX
    )
    body = [paper(made), *_grid(made), *_axis(made, _("change, % of T1"))]
    body.append(svg.line(made.at(made.x.low, 0.0), made.at(made.x.high, 0.0), "zero"))
    for n, change in enumerate(rows):
        level, half = float(change["percent"]), change["half"]
        if half is not None:
            body.append(svg.line(made.at(n, level - half), made.at(n, level + half), "whisker"))
        if change["lsc_percent"] is not None:
            for sign in (-1.0, 1.0):
                at = made.at(n, sign * change["lsc_percent"])
                body.append(svg.line((at[0] - 3, at[1]), (at[0] + 3, at[1]), "lsc"))
        at = made.at(n, level)
        words = f"{change['woman_id']}: {level:+.2f} %, {change['verdict']}"
        title = svg.element("title", [str(Markup.escape(words))])
        style = f"dot-{change['verdict']}"
        body.append(svg.element("circle", [title], cx=at[0], cy=at[1], r=3.2, class_=style))
    body.append(
        svg.text((BOX.left + BOX.right) / 2, BOX.bottom + 22,
                 _("women, from the largest loss to the largest gain"), "axis-name", "middle")
    )  # fmt: skip
    return svg.figure(
        WIDTH, HEIGHT - 20, _("Waterfall and caterpillar: changes at %s") % visit,
        _("Each woman's change with its 95 % interval, and her least significant change."),
        body, "pop-waterfall",
    )  # fmt: skip


def attendance(women: Sequence[Woman], visits: Sequence[str]) -> Markup:
    """Draw who came to which visit, a row a woman, those with most visits first."""
    ordered = sorted(
        women,
        key=lambda w: (-len(w["visits"]), [v not in w["visits"] for v in visits], w["woman_id"]),
    )[:MOST_ROWS]
    step = GRID_WIDTH / len(visits)
    bottom = 26.0 + ROW * len(ordered)
    body = [
        svg.text(GRID_LEFT + step * (n + 0.5), 16, v, "label", "middle")
        for n, v in enumerate(visits)
    ]
    for n, visit in enumerate(visits):
        start: int | None = None
        for row in range(len(ordered) + 1):
            came = row < len(ordered) and visit in ordered[row]["visits"]
            if came and start is None:
                start = row
            if not came and start is not None:  # women one above the other are one rectangle
                body.append(
                    svg.element("rect", x=GRID_LEFT + step * n + 2, y=26.0 + ROW * start,
                                width=step - 4, height=ROW * (row - start), class_="came")
                )  # fmt: skip
                start = None
    body.append(
        svg.text(GRID_LEFT - 10, 26.0 + ROW * len(ordered) / 2, _("women"), "axis-name", "end")
    )
    return svg.figure(
        WIDTH, bottom + 8, _("Who came to which visit"),
        _("A row for each woman, filled where she was measured."), body, "pop-attendance",
    )  # fmt: skip


def _grid(made: Frame) -> list[str]:
    drawn = []
    values = ticks(made.y.low, made.y.high, 7)
    decimals = 0 if all(float(v).is_integer() for v in values) else 1
    for value in values:
        at = made.y(value)
        drawn += [
            svg.line((BOX.left, at), (BOX.right, at), "grid"),
            svg.text(BOX.left - 7, at + 4, fixed(value, decimals), "label", "end"),
        ]
    return drawn


def _names(made: Frame, visits: Sequence[str]) -> list[str]:
    return [
        svg.text(made.x(float(n)), BOX.bottom + 18, v, "label", "middle")
        for n, v in enumerate(visits)
    ]


def _axis(made: Frame, words: str) -> list[str]:
    name = svg.text(0, 0, words, "axis-name", "middle")
    where = f"translate(14 {svg.number((made.box.top + made.box.bottom) / 2)}) rotate(-90)"
    return [svg.element("g", [name], transform=where)]
