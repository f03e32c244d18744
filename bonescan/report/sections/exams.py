"""Every exam with its device and files, also those without numbers."""

from __future__ import annotations

from typing import Any

from bonescan.i18n import _
from bonescan.report.context import PersonContext, Section
from bonescan.report.people_words import age_words, device_words, phase_words
from bonescan.report.words import NOTHING, outcome_words, sentence, status_words


def build(context: PersonContext) -> Section | None:
    """Build one row for exams of one date, device and state; None without any."""
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for exam in context.exams:
        day = exam.exam.exam_date
        cells = (
            day.isoformat() if day else _("no date"),
            device_words(exam.device),
            age_words(exam.person),
            status_words(exam.person.menopausal_status),
            phase_words(exam.person),
        )
        row = rows.setdefault(cells, {"cells": cells, "files": {}})
        parts = (outcome_words(exam.outcome), exam.reason, exam.hint)
        said = " ".join(sentence(part) for part in parts if part)
        row["files"].setdefault(said, []).append(exam.file)
    if not rows:
        return None
    shown = list(rows.values())
    data = {"exams": shown, "has_phase": any(r["cells"][4] != NOTHING for r in shown)}
    return Section(key="exams", title=_("Exams and files"), data=data)
