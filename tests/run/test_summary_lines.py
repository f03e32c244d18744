"""What a run prints about a person."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from bonescan.cli.run import _by_code, _person_line, _problems
from bonescan.model.outcome import Problem
from bonescan.model.page import PageVerdict, PersonPage
from bonescan.model.person import PersonVerdict
from bonescan.model.vocabulary import Category, Severity, Technique


@pytest.mark.parametrize(("day", "text"), [(date(2025, 5, 23), "2025-05-23  "), (None, " " * 12)])
def test_a_line_names_the_day_of_the_exam_in_its_column(day: date | None, text: str) -> None:
    verdict = PersonVerdict(
        technique=Technique.DXA,
        category=Category.OSTEOPENIA,
        severity=None,
        deciding_site="total-hip",
        deciding_score=-1.7,
        category_rule="who",
        needs_review=True,
    )
    page = PersonPage(patient_id="P-a4pmwfmr6l", rows=(), verdicts=())
    line = _person_line(page, PageVerdict(exam_date=day, verdict=verdict))
    assert line.startswith(f"P-a4pmwfmr6l {text}DXA        total-hip ")
    assert line.endswith("-1.7  osteopenia  (needs review)")


def _problem(code: str, severity: str, file: str = "a") -> Problem:
    return Problem(code=code, severity=Severity(severity), file=file, reason=f"about {file}")


def test_problems_stand_by_code_with_what_touches_people_first() -> None:
    problems = [_problem("BS-E104", "error", f"{n:02}.txt") for n in range(12)]
    problems += [_problem("BS-W224", "warning", "t.csv"), _problem("BS-W283", "warning", "s.dcm")]
    groups = [(code, len(members)) for code, members in _by_code(problems)]
    assert groups == [("BS-W224", 1), ("BS-E104", 12), ("BS-W283", 1)]
    summary = SimpleNamespace(problems=problems, out=Path("nowhere"))
    lines = list(_problems(summary))  # type: ignore[arg-type]
    assert lines[0] == "problems:   14 (all with --json)"
    assert lines[1:3] == [
        "  BS-W224 t.csv: about t.csv",
        "  BS-E104 (12 times) 00.txt: about 00.txt",
    ]


def test_more_kinds_of_problems_than_fit_are_counted() -> None:
    problems = [_problem(f"BS-E10{n}", "error") for n in range(9)] + [_problem("BS-E108", "error")]
    lines = list(_problems(SimpleNamespace(problems=problems, out=Path("nowhere"))))  # type: ignore[arg-type]
    assert lines[-1] == "  ... and 2 of 1 more kinds"
