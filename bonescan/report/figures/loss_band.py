"""A person's own course in percent of its first value, over what would be expected to be lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from . import svg
from .agreement.frame import Box, axes, band, dots, frame, key, paper

WIDTH, HEIGHT = 520.0, 320.0
PLACE = Box(right=506.0, bottom=268.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossBand:
    """A published loss: from nothing at the first exam to a range of percent after `months`."""

    name: str
    months: float
    low_percent: float
    high_percent: float


def loss_band(
    points: Sequence[tuple[float, float]],
    bands: Sequence[LossBand],
    *,
    title: str,
    description: str,
    names: tuple[str, str],
) -> Markup:
    """Draw change in percent of the first value against months.

    Parameters
    ----------
    points : sequence of (months, percent)
        The first is (0, 0); two or more.
    bands : sequence of LossBand
        Losses are positive; each is drawn as a wedge, or a line where low is high.
    names : two str
        Of the axes.
    """
    lowest = min([0.0, *(p for _m, p in points), *(-b.high_percent for b in bands)])
    highest = max([0.0, *(p for _m, p in points)])
    longest = max([*(m for m, _p in points), *(b.months for b in bands)])
    made = frame((0.0, longest), (lowest, max(highest, 1.0)), PLACE)
    body = [paper(made), *axes(made, *names)]
    styles = []
    for i, b in enumerate(bands):
        style = f"loss-{i % 4}"
        styles.append((f"{style}-line", b.name))
        rows = [(0.0, 0.0, 0.0), (b.months, -b.high_percent, -b.low_percent)]
        body.append(band(made, rows, f"{style}-band"))
        body += [
            made.line((0.0, 0.0), (b.months, -value), f"{style}-line")
            for value in dict.fromkeys((b.low_percent, b.high_percent))
        ]
    body.append(made.line((made.x.low, 0.0), (made.x.high, 0.0), "zero"))
    body.append(svg.path([made.at(*p) for p in points], "own-course"))
    body.append(dots(made, points, "own"))
    body += key(styles, made.box.left + 12, made.box.bottom - 10 - 16 * (len(styles) - 1))
    return svg.figure(WIDTH, HEIGHT, title, description, body, "agreement loss")
