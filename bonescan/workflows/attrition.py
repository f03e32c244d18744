"""Count how many files come how far: found, readable, recognised, passed, measured, classified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from bonescan.files.attrition_table import STEPS
from bonescan.model.exam import Device, Exam
from bonescan.model.page import FileRow
from bonescan.model.vocabulary import Category, OutcomeKind

from .gather_study import Study

UNKNOWN, SEVERAL = "unknown", "several"
SET_ASIDE = {OutcomeKind.DUPLICATE, OutcomeKind.COMPANION}
UNREADABLE_CODES = ((101, 159), (430, 439), (500, 599))  # reading, archives, a worker's death


def attrition_rows(study: Study) -> list[dict[str, Any]]:
    """Make the rows of attrition.csv: all, then by device, by month, and by both."""
    classified = _classified(study)
    counts: dict[tuple[str, str, str], Counter[str]] = {("all", "", ""): Counter()}
    for file in study.files:
        steps = _steps(file, classified)
        for key in _keys(file, study):
            counts.setdefault(key, Counter()).update(steps)
    order = ("all", "device", "month", "device-month")
    return [
        {"scope": key[0], "device": key[1], "month": key[2]} | {s: counts[key][s] for s in STEPS}
        for key in sorted(counts, key=lambda k: (order.index(k[0]), *k[1:]))
    ]


def _keys(file: FileRow, study: Study) -> Iterator[tuple[str, str, str]]:
    yield "all", "", ""
    if file.outcome in SET_ASIDE:
        return
    content = study.contents.get(file.sha256)
    outcome = content.outcome if content else None
    exams = outcome.exams if outcome else ()
    name = _the_one({_device(e.device) for e in exams})
    month = _the_one({_month(e.exam) for e in exams})
    yield "device", name, ""
    yield "month", "", month
    yield "device-month", name, month


def _the_one(names: set[str]) -> str:
    """Give the one device or month of a file; a table of many exams may have several."""
    return names.pop() if len(names) == 1 else SEVERAL if names else UNKNOWN


def _device(device: Device | None) -> str:
    words = [device.manufacturer, device.model, device.serial] if device else []
    return " ".join(w for w in words if w) or UNKNOWN


def _month(exam: Exam | None) -> str:
    day = exam.exam_date if exam else None
    return f"{day:%Y-%m}" if day else UNKNOWN


def _steps(file: FileRow, classified: set[str]) -> list[str]:
    """Name the steps that a file has taken, as far as it came."""
    if file.outcome in SET_ASIDE:
        return ["found", "set_aside"]
    taken = ["found"]
    checks = (
        ("readable", not _is_unreadable(file)),
        ("recognised", file.outcome != OutcomeKind.NOT_DENSITOMETRY),
        ("quality_passed", file.outcome not in {OutcomeKind.UNUSABLE, OutcomeKind.CONFLICT}),
        ("measured", file.n_results > 0),
        ("classified", file.sha256 in classified),
    )
    for step, passed in checks:
        if not passed:
            break
        taken.append(step)
    return taken


def _is_unreadable(file: FileRow) -> bool:
    number = int(file.code[4:]) if file.code.startswith("BS-E") else 0
    return file.outcome == OutcomeKind.UNUSABLE and any(
        first <= number <= last for first, last in UNREADABLE_CODES
    )


def _classified(study: Study) -> set[str]:
    """Hashes of the contents with at least one class."""
    return {
        row.sha256
        for person in study.people
        for row in person.rows
        if row.labelled.verdict.category not in {None, Category.NONE}
    }
