"""The few words of SVG that the figures are written in.

Nothing here sets a colour: classes do, in the style sheet of the page, because
the page's content policy allows no style attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from markupsafe import Markup

from bonescan.report.printable import printable

Point = tuple[float, float]


def number(value: float) -> str:
    """Write a coordinate with at most two decimals and no trailing zeros.

    >>> [number(v) for v in (3.0, 2.345678, -0.001)]
    ['3', '2.35', '0']
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def element(name: str, children: Iterable[str] = (), **attributes: str | float | None) -> str:
    """Write one element; `None` leaves an attribute out, ``_`` in names becomes ``-``.

    Attribute values are escaped, `children` are markup already.
    """
    parts = [name]
    for key, value in attributes.items():
        if value is None:
            continue
        text = value if isinstance(value, str) else number(value)
        parts.append(f'{key.rstrip("_").replace("_", "-")}="{escape(printable(text))}"')
    inside = "".join(children)
    head = " ".join(parts)
    return f"<{head}>{inside}</{name}>" if inside else f"<{head}/>"


def text(x: float, y: float, words: str, class_: str, anchor: str | None = None) -> str:
    """Write words at a point."""
    return element("text", [escape(printable(words))], x=x, y=y, class_=class_, text_anchor=anchor)


def line(start: Point, end: Point, class_: str) -> str:
    """Draw a straight line."""
    return element("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], class_=class_)


def path(points: Sequence[Point], class_: str, *, closed: bool = False) -> str:
    """Draw a polyline, or a polygon when `closed`."""
    joined = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return element("polygon" if closed else "polyline", points=joined, class_=class_)


def figure(
    width: float,
    height: float,
    title: str,
    description: str,
    body: Iterable[str],
    class_: str,
    fit: str = "xMinYMid meet",
) -> Markup:
    """Wrap a drawing with its name and its description for people who can't see it."""
    words = [
        element("title", [escape(printable(title))]),
        element("desc", [escape(printable(description))]),
    ]
    drawn = element(
        "svg",
        [*words, *body],
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        preserveAspectRatio=fit,
        role="img",
        class_=f"figure {class_}",
        aria_label=title,
    )
    return Markup(drawn)
