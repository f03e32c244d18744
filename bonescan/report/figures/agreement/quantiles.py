"""Differences against the normal quantiles, and the folded distribution (mountain)."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

from markupsafe import Markup

from bonescan.i18n import _
from bonescan.report.figures import svg

from .frame import HEIGHT, WIDTH, axes, dots, frame, paper

BLOM = 0.375  # plotting positions (i − 3/8) / (n + 1/4), G. Blom 1958


def normal_quantile_plot(
    differences: Sequence[float], *, y_name: str, title: str, description: str
) -> Markup:
    """Draw sorted differences against normal quantiles, with the line of their mean and SD."""
    values = sorted(differences)
    n = len(values)
    normal = NormalDist()
    points = [
        (normal.inv_cdf((i + 1 - BLOM) / (n + 1 - 2 * BLOM)), v) for i, v in enumerate(values)
    ]
    mean = sum(values) / n
    sd = (sum((v - mean) ** 2 for v in values) / max(n - 1, 1)) ** 0.5
    made = frame((points[0][0], points[-1][0]), (values[0], values[-1]))
    ends = [(x, mean + sd * x) for x in (made.x.low, made.x.high)]
    body = [
        paper(made),
        *axes(made, _("normal quantile"), y_name),
        made.line(ends[0], ends[1], "identity"),
        dots(made, points, "plain"),
    ]
    return svg.figure(WIDTH, HEIGHT, title, description, body, "agreement")


def mountain_plot(
    differences: Sequence[float], *, x_name: str, title: str, description: str
) -> Markup:
    """Draw the folded empirical distribution: its peak is the median difference.

    References
    ----------
    Krouwer and Monti, Eur J Clin Chem Clin Biochem 1995;33:525 (from memory).
    """
    values = sorted(differences)
    n = len(values)
    percent = [100.0 * (i + 1 - 0.5) / n for i in range(n)]
    points = [(v, min(p, 100.0 - p)) for v, p in zip(values, percent, strict=True)]
    made = frame((values[0], values[-1]), (0.0, 50.0))
    body = [
        paper(made),
        *axes(made, x_name, _("folded percentile")),
        made.line((0.0, 0.0), (0.0, 50.0), "zero"),
        svg.path([made.at(*p) for p in points], "roc-a"),
    ]
    return svg.figure(WIDTH, HEIGHT, title, description, body, "agreement")
