"""A scan's picture with what was found in it drawn over, and a depth axis in mm."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup

from bonescan.i18n import _
from bonescan.model.outcome import Overlay, Picture

from . import svg
from .axis import Scale, ticks
from .numbers import fixed

SHOWN_WIDTH, SHOWN_HEIGHT = 400.0, 360.0  # the picture is fitted into this box
AXIS_WIDTH = 46.0
LETTER_WIDTH, LABEL_HEIGHT = 7.0, 15.0  # generous for the size that labels are written in
KNOWN_OVERLAYS = ("surface", "gate-a", "gate-b", "region", "disc")


def scan_picture(picture: Picture, *, title: str, description: str) -> Markup:
    """Draw a picture with its overlays.

    Parameters
    ----------
    picture : Picture
        Overlay points are in pixels of the picture; they land on the same
        pixels however the picture is scaled. Proportions are those of the mm
        where both are known, else those of the pixels.
    title, description : str
        Name and description for people who can't see the figure.

    Returns
    -------
    svg : Markup
        One `svg` element with the PNG inside it. Millimetre axis on the left
        for ultrasound (depth, counted from `top_mm`) where the height is known.
    """
    width, height = _fitted(picture)
    left = AXIS_WIDTH if _has_depth(picture) else 0.0
    x = Scale(low=0.0, high=picture.width_px, start=left, end=left + width)
    y = Scale(low=0.0, high=picture.height_px, start=8.0, end=8.0 + height)
    body = [
        svg.element(
            "image",
            x=left,
            y=y.start,
            width=width,
            height=height,
            preserveAspectRatio="none",
            href="data:image/png;base64," + b64encode(picture.png).decode("ascii"),
        ),
        *_overlays(picture.overlays, x, y),
    ]
    if _has_depth(picture):
        body += _depth_axis(picture, y, left)
    return svg.figure(
        left + width, y.end + 8.0, title, description, body, f"scan scan-{_word(picture.kind)}"
    )


def _has_depth(picture: Picture) -> bool:
    return picture.kind == "bmode" and bool(picture.height_mm)


def _fitted(picture: Picture) -> tuple[float, float]:
    wide, high = float(picture.width_px), float(picture.height_px)
    if picture.width_mm and picture.height_mm:
        wide, high = picture.width_mm, picture.height_mm
    factor = min(SHOWN_WIDTH / wide, SHOWN_HEIGHT / high)
    return wide * factor, high * factor


def _word(name: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in name)


def _overlays(overlays: Sequence[Overlay], x: Scale, y: Scale) -> list[str]:
    drawn = []
    taken: list[tuple[float, float, float]] = []
    for overlay in overlays:
        name = overlay.name if overlay.name in KNOWN_OVERLAYS else "other"
        for piece in _pieces(overlay):
            points = [(x(a), y(b)) for a, b in piece]
            drawn += [svg.path(points, "over halo"), svg.path(points, f"over over-{name}")]
            if overlay.label:
                left, top = min(p[0] for p in points), min(p[1] for p in points)
                at = _free(left + 5, top + 15, overlay.label, taken)
                drawn.append(svg.text(*at, overlay.label, "over-label"))
    return drawn


def _free(
    left: float, base: float, label: str, taken: list[tuple[float, float, float]]
) -> svg.Point:
    """Move a label down until it lies on no other, and remember where it lies."""
    right = left + LETTER_WIDTH * len(label)
    while any(
        left < other[2] and right > other[0] and abs(base - other[1]) < LABEL_HEIGHT
        for other in taken
    ):
        base += LABEL_HEIGHT / 2
    taken.append((left, base, right))
    return left, base


def _pieces(overlay: Overlay) -> list[list[svg.Point]]:
    """Cut a line where it has a gap (NaN: nothing was found there)."""
    runs = groupby(overlay.points, key=lambda p: math.isfinite(p[0]) and math.isfinite(p[1]))
    pieces = [list(run) for found, run in runs if found]
    return [piece for piece in pieces if piece[1:]]


def _depth_axis(picture: Picture, y: Scale, left: float) -> list[str]:
    top = picture.top_mm or 0.0
    bottom = top + (picture.height_mm or 0.0)
    depth = Scale(low=top, high=bottom, start=y.start, end=y.end)
    drawn = []
    for value in ticks(top, bottom, 7):
        at = depth(value)
        drawn += [
            svg.line((left - 5, at), (left, at), "tick"),
            svg.text(left - 8, at + 4, fixed(value, 0 if value % 1 == 0 else 1), "label", "end"),
        ]
    name = svg.text(0, 0, _("Depth (mm)"), "axis-name", "middle")
    where = f"translate(11 {svg.number((y.start + y.end) / 2)}) rotate(-90)"
    return [*drawn, svg.element("g", [name], transform=where)]
