"""The two class spectra of a model, gate A beside gate B on one level scale."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from bonescan.i18n import _

from . import svg
from .agreement.frame import Box, axes, frame, key, paper

WIDTH, HEIGHT = 460.0, 400.0
GAP = 26.0  # drawing units between the two gates
LEFT, RIGHT, TOP, BOTTOM = 62.0, 446.0, 34.0, 348.0
HZ_PER_MHZ = 1e6


def class_spectra(
    frequency_hz: Sequence[float],
    osteoporotic_db: Sequence[float],
    healthy_db: Sequence[float],
    *,
    title: str,
    description: str,
) -> Markup:
    """Draw level against frequency; how far B lies under A tells dense bone from thin.

    Parameters
    ----------
    frequency_hz : (bin,) sequence
    osteoporotic_db, healthy_db : (2 · bin,) sequence
        Gate A, then gate B.
    title, description : str
        For people who can't see the figure.
    """
    n = len(frequency_hz)
    f_mhz = [f / HZ_PER_MHZ for f in frequency_hz]
    levels = [*osteoporotic_db, *healthy_db]
    middle = (LEFT + RIGHT) / 2
    boxes = (
        Box(left=LEFT, right=middle - GAP / 2, top=TOP, bottom=BOTTOM),
        Box(left=middle + GAP / 2, right=RIGHT, top=TOP, bottom=BOTTOM),
    )
    body: list[str] = []
    for number, (box, name) in enumerate(zip(boxes, (_("gate A"), _("gate B")), strict=True)):
        made = frame((f_mhz[0], f_mhz[-1]), (min(levels), max(levels)), box)
        y_name = _("level (dB), mean of both gates 0") if number == 0 else ""
        body += [paper(made), *axes(made, _("MHz"), y_name, most=4)]
        body.append(svg.text((box.left + box.right) / 2, TOP - 10, name, "group", "middle"))
        part = slice(number * n, (number + 1) * n)
        for style, spectrum in (
            ("spectrum-normal", healthy_db),
            ("spectrum-osteoporosis", osteoporotic_db),
        ):
            points = [made.at(f, v) for f, v in zip(f_mhz, list(spectrum)[part], strict=True)]
            body.append(svg.path(points, style))
    entries = [
        ("spectrum-normal", _("T at least −1.0")),
        ("spectrum-osteoporosis", _("T at most −2.5")),
    ]
    body += key(entries, LEFT + 10, BOTTOM - 26)
    return svg.figure(WIDTH, HEIGHT, title, description, body, "agreement")
