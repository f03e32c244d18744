"""What intervals state against what they hold."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from bonescan.i18n import _

from . import svg
from .agreement.frame import HEIGHT, WIDTH, axes, dots, frame, paper

PERCENT = 100.0


def coverage_plot(
    levels: Sequence[tuple[float, float]],
    whisker: tuple[float, float, float] | None,
    *,
    title: str,
    description: str,
) -> Markup:
    """Draw real against stated coverage; on the line the intervals keep their word.

    Parameters
    ----------
    levels : sequence of (stated, real)
        Shares.
    whisker : (stated, low, high) or None
        95 % interval of the real coverage at one level.
    title, description : str
        For people who can't see the figure.
    """
    points = [(PERCENT * a, PERCENT * b) for a, b in levels]
    values = [v for p in points for v in p]
    if whisker is not None:
        values += [PERCENT * v for v in whisker]
    low, high = min(values), max(values)
    made = frame((low, high), (low, high))
    body = [
        paper(made),
        *axes(made, _("stated coverage (%)"), _("people whose DXA lay inside (%)")),
        made.line((low, low), (high, high), "identity"),
    ]
    if whisker is not None:
        at = PERCENT * whisker[0]
        body.append(made.line((at, PERCENT * whisker[1]), (at, PERCENT * whisker[2]), "whisker"))
    body.append(svg.path([made.at(*p) for p in points], "coverage-line"))
    body.append(dots(made, points, "coverage-dots"))
    return svg.figure(WIDTH, HEIGHT, title, description, body, "agreement")
