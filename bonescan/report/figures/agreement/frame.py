"""The frame that the figures of a method comparison share: paper, scales, axes, dots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from bonescan.report.figures import svg
from bonescan.report.figures.axis import Scale, ticks
from bonescan.report.figures.numbers import fixed

WIDTH, HEIGHT = 460.0, 400.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 446.0, 16.0, 348.0
MARGIN_1 = 0.05  # of the span, left free around the data
MOST_DECIMALS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The rectangle of a plot in drawing units."""

    left: float = LEFT
    right: float = RIGHT
    top: float = TOP
    bottom: float = BOTTOM


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A plot's rectangle with its two scales."""

    x: Scale
    y: Scale
    box: Box = field(default_factory=Box)

    def at(self, x: float, y: float) -> svg.Point:
        """Map a pair of values to drawing units."""
        return self.x(x), self.y(y)

    def line(self, start: svg.Point, end: svg.Point, class_: str) -> str:
        """Draw a straight line between two points given as values, cut at the frame."""
        cut = _cut(start, end, (self.x.low, self.x.high), (self.y.low, self.y.high))
        return svg.line(self.at(*cut[0]), self.at(*cut[1]), class_) if cut else ""


def frame(
    x_range: tuple[float, float], y_range: tuple[float, float], box: Box | None = None
) -> Frame:
    """Make a frame whose scales hold the ranges with a small margin."""
    place = Box() if box is None else box
    x_low, x_high = widened(*x_range)
    y_low, y_high = widened(*y_range)
    return Frame(
        x=Scale(low=x_low, high=x_high, start=place.left, end=place.right),
        y=Scale(low=y_low, high=y_high, start=place.bottom, end=place.top),
        box=place,
    )


def widened(low: float, high: float) -> tuple[float, float]:
    """Add the margin; a single value gets a range around it.

    >>> widened(0.0, 1.0)
    (-0.05, 1.05)
    >>> widened(2.0, 2.0)
    (1.9, 2.1)
    """
    span = high - low
    margin = MARGIN_1 * (span if span > 0 else max(abs(high), 1.0))
    return low - margin, high + margin


def paper(made: Frame) -> str:
    """Draw the background."""
    box = made.box
    return svg.element(
        "rect",
        x=box.left,
        y=box.top,
        width=box.right - box.left,
        height=box.bottom - box.top,
        class_="paper",
    )


def axes(made: Frame, x_name: str, y_name: str, most: int = 6) -> list[str]:
    """Draw grid, tick labels and the names of both axes."""
    box = made.box
    drawn: list[str] = []
    xs, ys = ticks(made.x.low, made.x.high, most), ticks(made.y.low, made.y.high, most)
    for value in xs:
        at = made.x(value)
        drawn += [
            svg.line((at, box.top), (at, box.bottom), "grid"),
            svg.text(at, box.bottom + 16, label(value, xs), "label", "middle"),
        ]
    for value in ys:
        at = made.y(value)
        drawn += [
            svg.line((box.left, at), (box.right, at), "grid"),
            svg.text(box.left - 7, at + 4, label(value, ys), "label", "end"),
        ]
    return [
        *drawn,
        svg.text((box.left + box.right) / 2, box.bottom + 38, x_name, "axis-name", "middle"),
        _upright(13.0, (box.top + box.bottom) / 2, y_name),
    ]


def label(value: float, among: Sequence[float]) -> str:
    """Write a tick with as many decimals as all ticks of its axis need.

    >>> label(0.5, (0.5, 0.75)), label(2.0, (0.0, 2.0))
    ('0.50', '2')
    """
    for decimals in range(MOST_DECIMALS):
        if all(math.isclose(v, round(v, decimals), abs_tol=1e-9) for v in among):
            return fixed(value, decimals)
    return fixed(value, MOST_DECIMALS)


def dots(made: Frame, points: Sequence[svg.Point], class_: str) -> str:
    """Draw many dots as one path: a zero-length line with round ends each.

    Four thousand circles would be four times as long.
    """
    if not points:
        return ""
    places = (made.at(x, y) for x, y in points)
    steps = "".join(f"M{svg.number(x)} {svg.number(y)}h0" for x, y in places)
    return svg.element("path", d=steps, class_=f"dots {class_}")


def band(made: Frame, rows: Sequence[tuple[float, float, float]], class_: str) -> str:
    """Fill between a lower and an upper curve, rows of (x, low, high), held inside the frame."""
    up = [(made.x.clip(x), made.y.clip(high)) for x, _low, high in rows]
    down = [(made.x.clip(x), made.y.clip(low)) for x, low, _high in reversed(rows)]
    return svg.path([*up, *down], class_, closed=True) if len(rows) > 1 else ""


def key(entries: Sequence[tuple[str, str]], x: float, y: float) -> list[str]:
    """Write the key of lines: rows of (class of the line, words)."""
    drawn: list[str] = []
    for i, (class_, words) in enumerate(entries):
        at = y + 16.0 * i
        drawn += [
            svg.line((x, at - 4), (x + 20, at - 4), class_),
            svg.text(x + 26, at, words, "key-text"),
        ]
    return drawn


def _upright(x: float, y: float, words: str) -> str:
    name = svg.text(0, 0, words, "axis-name", "middle")
    return svg.element(
        "g", [name], transform=f"translate({svg.number(x)} {svg.number(y)}) rotate(-90)"
    )


def _cut(
    start: svg.Point, end: svg.Point, x_range: tuple[float, float], y_range: tuple[float, float]
) -> tuple[svg.Point, svg.Point] | None:
    """Cut a segment at a rectangle (Liang and Barsky); None when it lies outside."""
    (x0, y0), (x1, y1) = start, end
    dx, dy = x1 - x0, y1 - y0
    first, last = 0.0, 1.0
    for p, q in (
        (-dx, x0 - x_range[0]),
        (dx, x_range[1] - x0),
        (-dy, y0 - y_range[0]),
        (dy, y_range[1] - y0),
    ):
        if p == 0:
            if q < 0:
                return None
        elif p < 0:
            first = max(first, q / p)
        else:
            last = min(last, q / p)
    if first > last:
        return None
    return (x0 + first * dx, y0 + first * dy), (x0 + last * dx, y0 + last * dy)
