"""What the measuring stages said about the quality of each file."""

from __future__ import annotations

from bonescan.i18n import _
from bonescan.report.context import PersonContext, Section


def build(context: PersonContext) -> Section | None:
    """Build one list a file; None when nothing was said."""
    files: dict[str, list[tuple[str, str]]] = {}
    for file, key, text in context.person.details:
        files.setdefault(file, []).append((key, text))
    if not files:
        return None
    return Section(key="quality", title=_("Quality"), data={"files": list(files.items())})
