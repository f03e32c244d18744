"""What went wrong with this person's files, and what to do."""

from __future__ import annotations

from bonescan.i18n import _
from bonescan.report.context import PersonContext, Section


def build(context: PersonContext) -> Section | None:
    """Build the list of problems; None without any."""
    person = context.person
    if not person.problems:
        return None
    return Section(key="problems", title=_("Problems"), data={"problems": person.problems})
