"""How many scans stand behind a comparison, from found to analysed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bonescan.i18n import _
from bonescan.report.figures import svg

WIDTH, STEP, BOX_HEIGHT = 620.0, 64.0, 40.0
LEFT, BOX_WIDTH, SIDE_LEFT = 10.0, 230.0, 300.0
LINE = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStep:
    """One stage: its name and count, and why fewer came out than went in."""

    name: str
    n: int
    lost: tuple[str, ...] = ()  # reasons with counts, between this step and the one before


def flow_diagram(steps: Sequence[FlowStep], *, title: str, description: str) -> Markup:
    """Draw the flow of a study from top to bottom, with what was lost at the side.

    References
    ----------
    STARD 2015, item 19 (Bossuyt and others, BMJ 2015;351:h5527).
    """
    body: list[str] = []
    for i, step in enumerate(steps):
        y = 6 + STEP * i
        if i:
            body.append(svg.line((LEFT + BOX_WIDTH / 2, y - STEP + BOX_HEIGHT),
                                 (LEFT + BOX_WIDTH / 2, y), "tick"))  # fmt: skip
            body += _lost(steps[i - 1].n - step.n, step.lost, y - (STEP - BOX_HEIGHT) / 2)
        body += [
            svg.element("rect", x=LEFT, y=y, width=BOX_WIDTH, height=BOX_HEIGHT, rx=4,
                        class_="flow-box"),
            svg.text(LEFT + 14, y + 25, step.name, "flow-name"),
            svg.text(LEFT + BOX_WIDTH - 14, y + 25, str(step.n), "flow-count", "end"),
        ]  # fmt: skip
    height = 6 + STEP * (len(steps) - 1) + BOX_HEIGHT + 6
    return svg.figure(WIDTH, height, title, description, body, "agreement flow")


def _lost(n: int, reasons: tuple[str, ...], y: float) -> list[str]:
    if n == 0 and not reasons:
        return []
    rows = reasons or (_("%d not carried on") % n,)
    first = y + 4 - LINE * (len(rows) - 1) / 2
    return [
        svg.line((LEFT + BOX_WIDTH / 2, y), (SIDE_LEFT - 8, y), "tick"),
        *(svg.text(SIDE_LEFT, first + LINE * i, words, "label") for i, words in enumerate(rows)),
    ]
