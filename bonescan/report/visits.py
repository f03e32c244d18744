"""A person's rows brought into visits: one date and technique, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from bonescan.model.measurement import LabelledRow
from bonescan.model.page import PageRow, PersonPage
from bonescan.model.person import PersonVerdict

from .words import WHO_WORDS, Z_WORDS

NO_DATE = date.min
ABOUT_T = frozenset({"no_t_reference", "not_policy_reference", "reference_from_memory"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """All rows of one date and technique, with the one class they led to."""

    exam_date: date | None
    technique: str
    rows: tuple[PageRow, ...]  # may be empty: a verdict whose rows are not at hand
    verdict: PersonVerdict | None  # None: the rows may not be classed

    @property
    def deciding_site(self) -> str | None:
        """The site whose score decided, if one did."""
        return self.verdict.deciding_site if self.verdict else None

    @property
    def shows_t(self) -> bool:
        """Whether any row shows a T-score."""
        return any(has_t(row.labelled) for row in self.rows)


def visits(person: PersonPage) -> tuple[Visit, ...]:
    """Bring rows and verdicts together, newest date first, techniques in order of name.

    Of exams without a date each is a visit of its own, as its verdict is.
    """
    verdicts = {
        (v.exam_date, str(v.verdict.technique), v.content): v.verdict for v in person.verdicts
    }
    rows: dict[tuple[date | None, str, str], list[PageRow]] = {key: [] for key in verdicts}
    for row in person.rows:
        day, name = row.exam.exam_date, str(row.labelled.measurement.technique)
        alone = row.sha256 if (day, name, row.sha256) in verdicts else ""
        rows.setdefault((day, name, alone), []).append(row)
    newest_first = sorted(
        sorted(rows, key=lambda key: key[1:]), key=lambda key: key[0] or NO_DATE, reverse=True
    )
    return tuple(
        Visit(
            exam_date=key[0],
            technique=key[1],
            rows=tuple(rows[key]),
            verdict=verdicts.get(key),
        )
        for key in newest_first
    )


def shows_t(labelled: LabelledRow) -> bool:
    """Whether a row's T may stand on a page: never under the Z rule."""
    return labelled.verdict.shows_t and labelled.verdict.category not in Z_WORDS


def has_t(labelled: LabelledRow) -> bool:
    """Whether a row has a T-score, ours or printed, that may stand on a page."""
    known = (labelled.scores.t_label, labelled.measurement.reported_t_score)
    return shows_t(labelled) and any(t is not None for t in known)


def uses_who_words(people: Iterable[PersonPage]) -> bool:
    """Whether any class on these pages is one of the WHO words."""
    return any(category in WHO_WORDS for person in people for category in _categories(person))


def uses_z_words(people: Iterable[PersonPage]) -> bool:
    """Whether any class on these pages is one of the Z rule's words."""
    return any(category in Z_WORDS for person in people for category in _categories(person))


def _categories(person: PersonPage) -> Iterator[str | None]:
    yield from (v.verdict.category for v in person.verdicts)
    yield from (r.labelled.verdict.category for r in person.rows)


def row_flags(row: PageRow) -> tuple[str, ...]:
    """All flags of a row, each once, in the order measured, scored, classed, person."""
    labelled = row.labelled
    return tuple(
        dict.fromkeys(
            (
                *labelled.measurement.flags,
                *labelled.scores.flags,
                *labelled.verdict.flags,
                *row.person.flags,
            )
        )
    )


def page_flags(row: PageRow) -> tuple[str, ...]:
    """List the flags that a page explains: none about a T-score that it does not show."""
    flags = row_flags(row)
    return flags if shows_t(row.labelled) else tuple(f for f in flags if f not in ABOUT_T)


def verdict_flags(visit: Visit) -> tuple[str, ...]:
    """List the flags of a visit's class that its page explains, by the same rule."""
    flags = visit.verdict.flags if visit.verdict else ()
    hides_t = bool(visit.rows) and not any(shows_t(row.labelled) for row in visit.rows)
    return tuple(f for f in flags if f not in ABOUT_T) if hides_t else tuple(flags)


def all_flags(person: PersonPage) -> tuple[str, ...]:
    """All flags of a person, each once, newest visit first."""
    found: dict[str, None] = {}
    for visit in visits(person):
        found |= dict.fromkeys(verdict_flags(visit))
        for row in visit.rows:
            found |= dict.fromkeys(page_flags(row))
    return tuple(found)


def is_simulated(person: PersonPage) -> bool:
    """Whether anything on the page comes from a simulator or a model trained on one."""
    marks = {"simulated_model", "simulated_exam"}
    return not marks.isdisjoint(all_flags(person)) or any(r.exam.simulated for r in person.rows)


def is_not_for_any_use(person: PersonPage) -> bool:
    """Whether the page must be watermarked."""
    return "not_for_any_use" in all_flags(person)
