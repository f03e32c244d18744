"""What a run prints about a person."""

from __future__ import annotations

from datetime import date

import pytest

from bonescan.cli.run import _person_line
from bonescan.model.page import PageVerdict, PersonPage
from bonescan.model.person import PersonVerdict
from bonescan.model.vocabulary import Category, Technique


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
