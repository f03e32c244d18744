"""Which vertebra could be left out or was, why, and what would remain."""

from __future__ import annotations

from bonescan.i18n import _
from bonescan.report.context import PersonContext, Section

PROPOSED, IF_LEFT_OUT, LEFT_OUT = (
    "exclusion proposed, not done", "if ", "left out by a person",
)  # fmt: skip


def build(context: PersonContext) -> Section | None:
    """List proposals and decisions file by file; None without any."""
    files = list(dict.fromkeys(file for file, _key, _text in context.person.details))
    parts = []
    for file in files:
        own = [(key, text) for name, key, text in context.person.details if name == file]
        decided = [text for key, text in own if key == LEFT_OUT]
        proposed = [text for key, text in own if key == PROPOSED]
        options = [
            (key.removeprefix(IF_LEFT_OUT).split(" ")[0], text)
            for key, text in own
            if key.startswith(IF_LEFT_OUT) and key.endswith("is left out")
        ]
        if decided or proposed:
            parts.append(
                {
                    "file": file,
                    "decided": decided,
                    "proposed": [] if decided else proposed,
                    "options": [] if decided else options,
                }
            )
    if not parts:
        return None
    return Section(key="vertebrae", title=_("Vertebrae"), data={"parts": parts})
