"""Sensitivity against one minus specificity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bonescan.i18n import _
from bonescan.report.figures import svg

from .frame import HEIGHT, WIDTH, axes, frame, key, paper


@dataclass(frozen=True, slots=True, kw_only=True)
class RocLine:
    """One curve: points (1 − specificity, sensitivity) from (0, 0) to (1, 1)."""

    name: str  # with its area and interval
    style: str  # "roc-a" or "roc-b"
    points: Sequence[svg.Point]


def roc_plot(curves: Sequence[RocLine], *, title: str, description: str) -> Markup:
    """Draw receiver operating characteristics with the line of no information."""
    made = frame((0.0, 1.0), (0.0, 1.0))
    body = [paper(made), *axes(made, _("1 − specificity"), _("sensitivity"))]
    body.append(made.line((0.0, 0.0), (1.0, 1.0), "identity"))
    body += [svg.path([made.at(*p) for p in curve.points], curve.style) for curve in curves]
    entries = [(c.style, c.name) for c in curves]
    body += key(entries, made.box.left + 130, made.box.bottom - 12 - 16 * (len(entries) - 1))
    return svg.figure(WIDTH, HEIGHT, title, description, body, "agreement")
