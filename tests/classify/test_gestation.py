"""Which day a pregnancy began: arithmetic of obstetrics, and the order of the sources."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bonescan.classify.person_at_exam import person_at_exam
from bonescan.model.exam import Exam, Subject
from bonescan.model.gestation import SOURCES, beginnings
from bonescan.model.person import Fact

DAY = date(2026, 4, 1)


def fact(name: str, day: date, value: str = "yes") -> Fact:
    return Fact(patient_id="1", issuer=None, date=day, fact=name, value=value)


def gestation(*facts: Fact, on: date = DAY) -> float | None:
    return person_at_exam(Subject(sex="F"), Exam(exam_date=on), facts).gestation_days


TRANSFER = fact("embryo_transfer", date(2026, 1, 20), "5")  # 2+5 weeks: 0+0 on 1 January
SCAN = fact("ultrasound_gestation_days", date(2026, 3, 15), "70")  # 0+0 on 4 January
DUE = fact("due_date", date(2026, 10, 16))  # 0+0 on 9 January
PERIOD = fact("pregnancy_last_period", date(2025, 12, 20))


@pytest.mark.parametrize(
    ("facts", "start"),
    [
        ((PERIOD, DUE, SCAN, TRANSFER), date(2026, 1, 1)),
        ((PERIOD, DUE, SCAN), date(2026, 1, 4)),
        ((PERIOD, DUE), date(2026, 1, 9)),
        ((PERIOD,), date(2025, 12, 20)),
    ],
)
def test_the_best_source_goes_first(facts: tuple[Fact, ...], start: date) -> None:
    assert gestation(*facts) == (DAY - start).days
    assert gestation(*reversed(facts)) == (DAY - start).days


@pytest.mark.parametrize(("age", "weeks_days"), [("3", (2, 3)), ("5", (2, 5))])
def test_an_embryo_is_transferred_at_two_weeks_and_its_age(
    age: str, weeks_days: tuple[int, int]
) -> None:
    """Due dates of fertility clinics: day 3 + 263 days, day 5 + 261 days."""
    day = date(2026, 1, 20)
    (_, starts), *_ = beginnings([fact("embryo_transfer", day, age)])
    assert divmod((day - starts[0]).days, 7) == weeks_days
    assert starts[0] + timedelta(days=280) == day + timedelta(days={"3": 263, "5": 261}[age])


def test_of_several_ultrasounds_the_earliest_dates_the_pregnancy() -> None:
    later = fact("ultrasound_gestation_days", date(2026, 3, 29), "80")
    assert gestation(later, SCAN) == (DAY - date(2026, 1, 4)).days


def test_a_source_that_does_not_fit_leaves_the_word_to_the_next() -> None:
    old = fact("embryo_transfer", date(2024, 1, 20), "5")
    assert gestation(old, DUE) == (DAY - date(2026, 1, 9)).days
    broken = fact("embryo_transfer", date(2026, 1, 20), "blastocyst")
    assert gestation(broken, DUE) == (DAY - date(2026, 1, 9)).days


def test_after_a_loss_the_old_dates_say_nothing() -> None:
    lost = fact("pregnancy_loss", date(2026, 3, 1))
    assert gestation(TRANSFER, lost) is None


def test_a_leap_day_is_a_day() -> None:
    leap = fact("pregnancy_last_period", date(2024, 2, 29))
    assert gestation(leap, on=date(2024, 5, 20)) == 81


def test_every_source_is_a_fact_that_may_be_recorded() -> None:
    from bonescan.files.fact_names import FACT_NAMES

    assert set(SOURCES) <= set(FACT_NAMES)
