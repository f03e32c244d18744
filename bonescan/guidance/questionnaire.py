"""Twenty yes-no questions about the risk of osteoporosis: a count and a list, no score.

No weight or cut-off is published and no validation is known, so none is
invented. An unanswered question is not a no; questions about periods,
menopause and ovaries do not apply to men.

References
----------
Physician's article on bone density with questionnaire (Chinese); the wording
is ours. It is not the questionnaire of a pregnancy study.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "questionnaire.toml"
TITLE = ("Am I at high risk of osteoporosis?", "我是骨質疏鬆高危險群嗎？")
NOTE = (
    "The count has no published cut-off; show the list to a physician.",
    "題數並無已發表的判定標準，請將結果交由醫師參考。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; "yes" always means risk."""

    number: int
    key: str
    en: str
    zh: str
    women_only: bool
    warning_sign: bool  # a fracture, lost height or a bent back: shown first


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionnaireResult:
    """Who answered what; `yes` lists warning signs first."""

    n_yes: int
    n_asked: int  # questions that apply
    yes: tuple[Question, ...]
    unanswered: tuple[Question, ...]
    not_applicable: tuple[Question, ...]


@cache
def questions() -> tuple[Question, ...]:
    """Read the twenty questions, in their order."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Question(**row) for row in table["question"])


def count_answers(answers: Mapping[str, bool], sex: str | None) -> QuestionnaireResult:
    """Count and list the questions answered with yes.

    Parameters
    ----------
    answers : mapping of str to bool
        By key of the question; a question that is missing is unanswered.
    sex : "F", "M" or None
        Questions for women do not apply to men; where the sex is unknown they
        count when they were answered.

    Returns
    -------
    result : QuestionnaireResult

    Raises
    ------
    KeyError
        Naming an answer that belongs to no question.
    """
    known = {q.key for q in questions()}
    strangers = sorted(set(answers) - known)
    if strangers:
        raise KeyError(f"found answers to {', '.join(strangers)}, wanted keys of the questions")
    apply = [q for q in questions() if not (q.women_only and sex == "M")]
    yes = [q for q in apply if answers.get(q.key)]
    return QuestionnaireResult(
        n_yes=len(yes),
        n_asked=len(apply),
        yes=tuple(sorted(yes, key=lambda q: (not q.warning_sign, q.number))),
        unanswered=tuple(q for q in apply if q.key not in answers),
        not_applicable=tuple(q for q in questions() if q not in apply),
    )
