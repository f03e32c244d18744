"""Short ways to describe people and numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from bonescan.model.person import Fact, PersonAtExam
from bonescan.model.vocabulary import MenopausalStatus

MakePerson = Callable[..., PersonAtExam]


@pytest.fixture
def person() -> MakePerson:
    def make(sex: str | None = "F", age: float | None = 65.0, status: str = "", **more: object):
        word = status or ("not-applicable" if sex == "M" else "postmenopausal")
        return PersonAtExam(
            sex=sex,
            age_years=age,
            age_is_exact=True,
            menopausal_status=MenopausalStatus(word),
            **more,
        )

    return make


@pytest.fixture
def fact() -> Callable[..., Fact]:
    def make(name: str, value: str = "yes", day: str | None = None) -> Fact:
        return Fact(
            patient_id="0012",
            issuer=None,
            date=None if day is None else date.fromisoformat(day),
            fact=name,
            value=value,
        )

    return make
