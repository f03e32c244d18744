"""The walk of signs about a Passing-Bablok line, which shows whether a straight line fits."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from bonescan.i18n import _
from bonescan.report.figures import svg

from .frame import HEIGHT, WIDTH, axes, frame, key, paper


def cusum_plot(walk: Sequence[float], limit: float, *, title: str, description: str) -> Markup:
    """Draw the cumulative sum of scores along the line with its 5 % limits.

    Parameters
    ----------
    walk : sequence of float
        Cumulative sums in the order of the points along the line.
    limit : float
        Critical absolute value at 5 %, in the same unit.

    References
    ----------
    H. Passing and W. Bablok, J Clin Chem Clin Biochem 1983;21:709.
    """
    values = [0.0, *walk]
    reach = max(limit, *(abs(v) for v in values))
    made = frame((0.0, float(len(walk))), (-reach, reach))
    points = [made.at(float(i), v) for i, v in enumerate(values)]
    ends = (made.x.low, made.x.high)
    body = [
        paper(made),
        *axes(made, _("pairs along the line"), _("cumulative sum")),
        made.line((ends[0], 0.0), (ends[1], 0.0), "zero"),
        *(made.line((ends[0], s * limit), (ends[1], s * limit), "limit") for s in (-1.0, 1.0)),
        svg.path(points, "roc-a"),
        *key([("limit", _("5 % limit"))], made.box.left + 12, made.box.top + 40),
    ]
    return svg.figure(WIDTH, HEIGHT, title, description, body, "agreement")
