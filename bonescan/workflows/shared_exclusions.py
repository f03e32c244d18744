"""A vertebra left out of an exam is left out of every file of that exam.

A report and its structured copy are two files with the same numbers: an exclusion
that a person confirmed in one would be undone by the other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from bonescan.model.confirmation import EXCLUDE_VERTEBRA, Confirmation
from bonescan.model.outcome import Outcome
from bonescan.store.store import StoredContent

ExamKey = tuple[str, str, str, str]


def spread_exclusions(
    contents: Sequence[StoredContent], confirmations: Iterable[Confirmation]
) -> list[Confirmation]:
    """Add, for every exclusion, the same decision about the other files of its exam.

    Files belong to one exam by chart number, issuer, day and device; where one of these is
    unknown nothing is added. A decision of a file's own is kept.
    """
    known = list(confirmations)
    own = {(c.sha256, c.site) for c in known if c.quantity == EXCLUDE_VERTEBRA}
    keys = {c.sha256: _exam(c.outcome) for c in contents}
    files: dict[ExamKey, list[StoredContent]] = {}
    for content in contents:
        key = keys[content.sha256]
        if key is not None and _vertebrae(content.outcome):
            files.setdefault(key, []).append(content)
    added = []
    for decision in known:
        key = keys.get(decision.sha256)
        if decision.quantity != EXCLUDE_VERTEBRA or key is None:
            continue
        for other in files.get(key, ()):
            place = (other.sha256, decision.site)
            if place not in own and decision.site in _vertebrae(other.outcome):
                own.add(place)
                added.append(dataclasses.replace(decision, sha256=other.sha256))
    return [*known, *added]


def _exam(outcome: Outcome) -> ExamKey | None:
    subject, exam, device = outcome.subject, outcome.exam, outcome.device
    if subject is None or exam is None or device is None:
        return None
    if not (subject.patient_id and exam.exam_date and device.serial):
        return None
    return (subject.patient_id, subject.issuer or "", exam.exam_date.isoformat(), device.serial)


def _vertebrae(outcome: Outcome) -> set[str]:
    return {v for m in outcome.measurements for v in m.vertebrae_used}
