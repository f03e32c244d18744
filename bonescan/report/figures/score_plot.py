"""Osteoporosis Score against bone density by DXA."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from bonescan.i18n import _

from . import svg
from .agreement.frame import HEIGHT, WIDTH, axes, dots, frame, paper
from .agreement.scatter import DotGroup


def score_plot(groups: Sequence[DotGroup], *, title: str, description: str) -> Markup:
    """Draw points (DXA BMD, score in percent).

    Parameters
    ----------
    groups : sequence of DotGroup
        At least one point in all.
    title, description : str
        For people who can't see the figure.
    """
    xs = [p[0] for group in groups for p in group.points]
    made = frame((min(xs), max(xs)), (0.0, 100.0))
    body = [paper(made), *axes(made, _("BMD by DXA (g/cm²)"), _("Osteoporosis Score (%)"))]
    body += [dots(made, group.points, group.style) for group in groups]
    return svg.figure(WIDTH, HEIGHT, title, description, body, "agreement")
