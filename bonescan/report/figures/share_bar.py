"""Shares of a whole as one thin bar: classes of a study, probabilities of a class."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from . import svg

WIDTH, HEIGHT = 460.0, 12.0


def share_bar(parts: Sequence[tuple[str, float]], *, title: str, description: str) -> Markup:
    """Draw shares side by side.

    Parameters
    ----------
    parts : sequence of (class, amount)
        Style class and amount >= 0 of each; amounts need not sum to one.
    title, description : str
        Name and description for people who can't see the figure.

    Returns
    -------
    svg : Markup
        One `svg` element, 460 x 12 units; without parts when all amounts are 0.
    """
    whole = sum(amount for _class, amount in parts)
    drawn, at = [], 0.0
    for class_, amount in parts:
        if amount <= 0.0:
            continue
        width = WIDTH * amount / whole
        drawn.append(
            svg.element("rect", x=at, y=0.0, width=width, height=HEIGHT, class_=f"share {class_}")
        )
        at += width
    return svg.figure(WIDTH, HEIGHT, title, description, drawn, "shares", fit="none")
