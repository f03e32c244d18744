"""What every section of a person's page is built from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bonescan.model.page import PageExam, PageRow, PersonPage, StudyPage

from .references import References
from .visits import NO_DATE, Visit, all_flags, page_flags, uses_who_words, uses_z_words, visits


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a page: its anchor, its heading, its template and what fills it."""

    key: str
    title: str
    data: dict[str, Any]

    @property
    def template(self) -> str:
        """Template of the section."""
        return f"sections/{self.key}.html.j2"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonContext:
    """A person's page in the making."""

    person: PersonPage
    study: StudyPage
    references: References
    visits: tuple[Visit, ...]
    flags: tuple[str, ...]  # every flag once; its place + 1 is the number of its note
    exams: tuple[PageExam, ...]  # newest first
    uses_who: bool
    uses_z: bool

    @classmethod
    def of(cls, person: PersonPage, study: StudyPage, references: References) -> PersonContext:
        """Gather what several sections need."""
        return cls(
            person=person,
            study=study,
            references=references,
            visits=visits(person),
            flags=all_flags(person),
            exams=_exams(person),
            uses_who=uses_who_words([person]),
            uses_z=uses_z_words([person]),
        )

    def note_numbers(self, flags: tuple[str, ...]) -> tuple[int, ...]:
        """Give the numbers of the notes that flags stand for."""
        return tuple(sorted(self.flags.index(flag) + 1 for flag in flags))

    def row_notes(self, row: PageRow) -> tuple[int, ...]:
        """Give the numbers of the notes of a row."""
        return self.note_numbers(page_flags(row))

    def flag_text(self, flag: str) -> str:
        """Explain a flag; one that nobody explained is shown as it is."""
        return self.study.flag_texts.get(flag) or flag.replace("_", " ")


def _exams(person: PersonPage) -> tuple[PageExam, ...]:
    """List exams newest first; a page made of rows alone gets those its rows name."""
    exams = person.exams or tuple(
        PageExam(
            file=r.file,
            outcome="",
            reason="",
            hint="",
            exam=r.exam,
            device=r.device,
            person=r.person,
        )
        for r in {r.file: r for r in person.rows}.values()
    )
    by_name = sorted(exams, key=lambda e: e.file)
    return tuple(sorted(by_name, key=lambda e: e.exam.exam_date or NO_DATE, reverse=True))
