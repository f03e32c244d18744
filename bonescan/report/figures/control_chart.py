"""Phantom scans over time with their limits, and the cumulative sums below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from markupsafe import Markup

from bonescan.i18n import _
from bonescan.model.qc_study import QcPoint, QcStretch

from . import svg
from .axis import Scale, ticks
from .numbers import fixed

WIDTH, HEIGHT = 960.0, 320.0
SUM_HEIGHT = 220.0
LEFT, RIGHT, TOP, BELOW = 66.0, 842.0, 26.0, 46.0
NAMED_APART = 96.0  # drawing units between two named days
LIMIT_SD = 5.0


def control_chart(stretches: Sequence[QcStretch], *, title: str, description: str) -> Markup:
    """Draw the values of one device and phantom, stretch after stretch.

    Parameters
    ----------
    stretches : sequence of QcStretch
        Of one device and phantom, in time.
    title, description : str
        Name and description for people who can't see the figure.

    Returns
    -------
    svg : Markup
        Baseline scans hollow, judged scans filled, those that break a rule marked
        by a ring and, where it is not only four on one side, in another colour.
        The band is the limits in percent, dashed lines are 2 SD.
    """
    points = [p for s in stretches for p in s.points]
    x = _days(points)
    y = _values(stretches, points)
    body = [_paper(y), *_value_axis(y), *_day_axis(points, x, y.start)]
    for stretch in stretches:
        body += _limits(stretch, x, y)
    body += _services(stretches, x, y)
    for stretch in stretches:
        body += _joined([(x(p.day.toordinal()), y(p.value)) for p in stretch.points])
    for point in points:
        body += _mark(point, x, y)
    body.append(_axis_name(_("value"), y))
    return svg.figure(WIDTH, HEIGHT, title, description, body, "control-chart")


def cusum_chart(stretches: Sequence[QcStretch], *, title: str, description: str) -> Markup | None:
    """Draw both cumulative sums on the days of `control_chart`; None where there are none.

    The upper sum is drawn upward and the lower downward; dashed lines are 5 SD.
    """
    points = [p for s in stretches for p in s.points]
    up = [p.cusum_plus_sd for p in points if p.cusum_plus_sd is not None]
    down = [p.cusum_minus_sd for p in points if p.cusum_minus_sd is not None]
    if not up or not down:
        return None
    x = _days(points)
    y = Scale(
        low=-max(1.1 * max(down), 1.2 * LIMIT_SD),
        high=max(1.1 * max(up), 1.2 * LIMIT_SD),
        start=SUM_HEIGHT - BELOW,
        end=TOP,
    )
    body = [_paper(y), *_value_axis(y), *_day_axis(points, x, y.start)]
    for level, name in ((LIMIT_SD, _("+5 SD")), (-LIMIT_SD, _("−5 SD"))):
        body += [
            svg.line((LEFT, y(level)), (RIGHT, y(level)), "sum-limit"),
            svg.text(RIGHT + 8, y(level) + 4, name, "label"),
        ]
    body += _services(stretches, x, y)
    for stretch in stretches:
        for name, sign in (("cusum_plus_sd", 1.0), ("cusum_minus_sd", -1.0)):
            sums = [(p.day, getattr(p, name)) for p in stretch.points]
            line = [(x(d.toordinal()), y(sign * s)) for d, s in sums if s is not None]
            if line:
                body.append(svg.path(line, f"sum sum-{'up' if sign > 0 else 'down'}"))
    body.append(_axis_name(_("cumulative sum (SD)"), y))
    return svg.figure(WIDTH, SUM_HEIGHT, title, description, body, "control-chart")


def _days(points: Sequence[QcPoint]) -> Scale:
    first, last = points[0].day.toordinal(), points[-1].day.toordinal()
    margin = max((last - first) * 0.02, 1.0)
    return Scale(low=first - margin, high=last + margin, start=LEFT, end=RIGHT)


def _values(stretches: Sequence[QcStretch], points: Sequence[QcPoint]) -> Scale:
    levels = [p.value for p in points]
    levels += [v for s in stretches if s.baseline for v in (s.baseline.lower, s.baseline.upper)]
    low, high = min(levels), max(levels)
    margin = max((high - low) * 0.08, 1e-6 * abs(high))
    return Scale(low=low - margin, high=high + margin, start=HEIGHT - BELOW, end=TOP)


def _paper(y: Scale) -> str:
    return svg.element(
        "rect", x=LEFT, y=y.end, width=RIGHT - LEFT, height=y.start - y.end, class_="paper"
    )


def _value_axis(y: Scale) -> list[str]:
    values = ticks(y.low, y.high, 6)
    decimals = next((d for d in range(5) if all(round(v, d) == v for v in values)), 5)
    drawn = []
    for value in values:
        drawn += [
            svg.line((LEFT, y(value)), (RIGHT, y(value)), "grid"),
            svg.text(LEFT - 8, y(value) + 4, fixed(value, decimals), "label", "end"),
        ]
    return drawn


def _axis_name(words: str, y: Scale) -> str:
    where = f"translate(13 {svg.number((y.start + y.end) / 2)}) rotate(-90)"
    return svg.element("g", [svg.text(0, 0, words, "axis-name", "middle")], transform=where)


def _day_axis(points: Sequence[QcPoint], x: Scale, bottom: float) -> list[str]:
    drawn: list[str] = []
    last_named = -NAMED_APART
    for day in sorted({p.day for p in points}):
        at = x(day.toordinal())
        if at - last_named < NAMED_APART:
            continue
        last_named = at
        drawn += [
            svg.line((at, bottom), (at, bottom + 4), "tick"),
            svg.text(at, bottom + 18, day.isoformat(), "label", "middle"),
        ]
    return drawn


def _limits(stretch: QcStretch, x: Scale, y: Scale) -> list[str]:
    base = stretch.baseline
    if base is None:
        return []
    start, end = x(stretch.first.toordinal()), x(stretch.last.toordinal())
    band = [
        (start, y(base.upper)),
        (end, y(base.upper)),
        (end, y(base.lower)),
        (start, y(base.lower)),
    ]
    until = x(base.last.toordinal())
    drawn = [
        svg.path(band, "percent-band", closed=True),
        svg.element(
            "rect", x=start, y=y.end, width=max(until - start, 1.0), height=y.start - y.end,
            class_="baseline-span",
        ),
        svg.line((start, y(base.mean)), (end, y(base.mean)), "mean-line"),
    ]  # fmt: skip
    two = [base.mean + k * base.sd for k in (-2.0, 2.0)] if base.sd else []
    drawn += [svg.line((start, y(v)), (end, y(v)), "sd-line") for v in two if y.low < v < y.high]
    if end > RIGHT - 40.0:  # the last stretch names its lines beside the frame
        names = [(base.upper, "+"), (base.lower, "−")]
        percent = 100.0 * (base.upper / base.mean - 1.0)
        drawn += [
            svg.text(RIGHT + 8, y(v) + 4, f"{sign}{percent:g} %", "label") for v, sign in names
        ]
        drawn.append(svg.text(RIGHT + 8, y(base.mean) + 4, _("mean"), "label"))
    return drawn


def _services(stretches: Sequence[QcStretch], x: Scale, y: Scale) -> Iterable[str]:
    for stretch in stretches:
        if stretch.number > 1:
            at = x(stretch.first.toordinal() - 0.5)
            yield svg.line((at, y.start), (at, y.end), "service")
            yield svg.text(at + 5, y.end + 12, _("service"), "service-name")


def _joined(points: Sequence[svg.Point]) -> list[str]:
    return [svg.path(points, "course-line")] if len(points) > 1 else []


def _mark(point: QcPoint, x: Scale, y: Scale) -> list[str]:
    at, level = x(point.day.toordinal()), y(point.value)
    style = "scan-baseline" if point.role != "judged" else "scan-judged"
    drawn = []
    if point.rules:
        grave = set(point.rules) - {"4-same-side"}
        drawn.append(
            svg.element("circle", cx=at, cy=level, r=6.5, class_="ring" if grave else "ring soft")
        )
        style = "scan-out" if grave else style
    words = f"{point.day.isoformat()}: {point.value:g}"
    if point.rules:
        words += " · " + ", ".join(point.rules)
    title = svg.element("title", [str(Markup.escape(words))])
    return [*drawn, svg.element("circle", [title], cx=at, cy=level, r=3.2, class_=style)]


def same_days(first: date, last: date) -> str:
    """Write a span of days."""
    return first.isoformat() if first == last else f"{first.isoformat()} – {last.isoformat()}"
