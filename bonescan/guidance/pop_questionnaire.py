"""The questionnaire of a pregnancy study as data: our own wording, in two languages.

The questionnaire of the POP study is not published. An answer becomes a dated
fact; an unanswered question stays unknown.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bonescan.model.due import Pair

FILE = Path(__file__).parent / "pop_questionnaire.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class PopQuestion:
    """One question and the fact that its answer becomes."""

    name: str  # also the name of its column
    fact: str  # empty: the day of the answer before it
    kind: str  # yesno, number, choice, date or text
    section: str
    each_visit: bool  # else asked at the first visit only
    feeding: bool  # neither asked nor taken after a loss
    text: Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class PopQuestionnaire:
    """Every question in its order, names of the sections, and words for the choices."""

    questions: tuple[PopQuestion, ...]
    sections: dict[str, Pair]
    words: dict[str, Pair]  # a choice, or "question.choice" where the word means two things

    def word(self, question: PopQuestion, choice: str) -> Pair:
        """Name a choice of a question in both languages; one without a name stands for itself."""
        return self.words.get(f"{question.name}.{choice}") or self.words.get(
            choice, (choice, choice)
        )


@cache
def pop_questionnaire() -> PopQuestionnaire:
    """Read the questionnaire."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return PopQuestionnaire(
        questions=tuple(
            PopQuestion(
                name=row["name"],
                fact=row["fact"],
                kind=row["kind"],
                section=row["section"],
                each_visit=row["ask"] == "each",
                feeding=row["feeding"],
                text=(row["en"], row["zh"]),
            )
            for row in table["question"]
        ),
        sections=_pairs(table["section"]),
        words=_pairs(table["word"]),
    )


def _pairs(rows: list[dict[str, Any]]) -> dict[str, Pair]:
    return {row["name"]: (row["en"], row["zh"]) for row in rows}
