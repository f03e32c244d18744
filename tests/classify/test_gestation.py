"""Which day a pregnancy began: arithmetic of obstetrics, and the order of the sources."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bonescan.classify.person_at_exam import person_at_exam
from bonescan.files.protocol import own_protocol
from bonescan.guidance.pregnancy import current_pregnancy, overdue_birth
from bonescan.model.due import DuePerson
from bonescan.model.exam import Exam, Subject
from bonescan.model.gestation import (
    DATING,
    SOURCES,
    Dating,
    beginnings,
    feeding_after,
    pregnancies,
    pregnancy_ends,
)
from bonescan.model.guidance import FactSheet
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


# ------------------------------------------------------------------ several pregnancies, and ends


def spans(*facts: Fact, on: date = date(2028, 1, 1)) -> list[tuple[date | None, date | None, str]]:
    found = pregnancies(facts, on)
    return [
        (s.start, s.delivery or s.loss, "loss" if s.loss else "birth" if s.delivery else "open")
        for s in found
    ]


@pytest.mark.parametrize(("days", "used"), [("97", True), ("98", False)])
def test_an_ultrasound_dates_until_13_6_by_its_own_measure(days: str, used: bool) -> None:
    scan = fact("ultrasound_gestation_days", date(2026, 3, 15), days)
    start = date(2026, 3, 15) - timedelta(days=int(days))
    assert gestation(scan, PERIOD) == (DAY - (start if used else date(2025, 12, 20))).days
    assert gestation(scan) == (DAY - start).days  # better than nothing
    site = Dating(ultrasound_until_days=98)
    assert pregnancies([scan, PERIOD], DAY, site)[0].start == start


def test_a_site_has_an_order_of_its_own() -> None:
    own = Dating(order=("pregnancy_last_period", "due_date"))
    assert pregnancies([TRANSFER, SCAN, DUE, PERIOD], DAY, own)[0].start == PERIOD.date


def test_the_protocols_date_as_stated() -> None:
    for name in ("pop", "high_risk"):
        assert own_protocol(name).dating == DATING


def test_what_is_said_after_the_day_dates_nothing_but_a_due_date() -> None:
    on = date(2026, 3, 1)
    late = fact("embryo_transfer", date(2026, 3, 2), "5")
    assert spans(SCAN, late, DUE, on=on) == [(date(2026, 1, 9), None, "open")]


def test_a_date_of_a_lost_pregnancy_dates_no_other() -> None:
    period = fact("pregnancy_last_period", date(2026, 1, 1))
    lost = fact("pregnancy_loss", date(2026, 3, 1))
    born = fact("delivery", date(2026, 10, 25))  # 297 days after that period
    assert spans(period, lost, born) == [
        (date(2026, 1, 1), date(2026, 3, 1), "loss"),
        (None, date(2026, 10, 25), "birth"),
    ]
    who = DuePerson(sheet=FactSheet(patient_id="P-1", on=date(2026, 11, 1)),
                    facts=(period, lost, born))  # fmt: skip
    found = current_pregnancy(who)
    assert found is not None
    assert (found.start, found.delivery) == (None, date(2026, 10, 25))


@pytest.mark.parametrize("gap", [-60, -1, 0, 1, 60])
def test_a_birth_and_a_loss_of_one_pregnancy_are_a_loss(gap: int) -> None:
    born = date(2026, 10, 1)
    facts = [fact("delivery", born), fact("pregnancy_loss", born + timedelta(days=gap))]
    (end,) = pregnancy_ends(facts, date(2028, 1, 1))
    assert end.is_loss
    for living in (
        fact("multiplicity", date(2026, 3, 1), "2"),
        fact("feeding", born + timedelta(days=61), "mixed"),
    ):
        (end,) = pregnancy_ends([*facts, living], date(2028, 1, 1))
        assert (end.is_loss, end.day) == (False, born)
    for says_nothing in (
        fact("multiplicity", date(2026, 3, 1), "1"),
        fact("feeding", born, "none"),
    ):
        assert pregnancy_ends([*facts, says_nothing], date(2028, 1, 1))[0].is_loss


def test_61_days_apart_they_are_two() -> None:
    born = date(2026, 10, 1)
    facts = [fact("delivery", born), fact("pregnancy_loss", born + timedelta(days=61))]
    assert [e.is_loss for e in pregnancy_ends(facts, date(2028, 1, 1))] == [False, True]


def test_after_a_stillbirth_nobody_is_lactating() -> None:
    born = fact("delivery", date(2026, 3, 1))
    lost = fact("pregnancy_loss", date(2026, 3, 1))
    status = [
        person_at_exam(Subject(sex="F"), Exam(exam_date=DAY), facts).menopausal_status
        for facts in ((born,), (born, lost))
    ]
    assert status[0] == "lactating"
    assert status[1] != "lactating"


def test_a_pregnancy_that_nobody_ended_stays() -> None:
    old = fact("pregnancy_last_period", date(2024, 1, 1))
    assert spans(old, on=date(2026, 1, 1)) == [(date(2024, 1, 1), None, "open")]
    assert spans(old, PERIOD, on=DAY) == [
        (date(2024, 1, 1), None, "open"),
        (date(2025, 12, 20), None, "open"),
    ]


def test_a_birth_at_44_weeks_and_more_keeps_its_dates() -> None:
    period = fact("pregnancy_last_period", date(2026, 1, 1))
    late = fact("delivery", date(2026, 1, 1) + timedelta(days=311))  # 44+3
    assert spans(period, late)[0][0] == date(2026, 1, 1)


def test_twins_born_days_apart_are_one_birth_on_the_last_day() -> None:
    facts = [fact("delivery", date(2026, 9, 1)), fact("delivery", date(2026, 9, 8))]
    (end,) = pregnancy_ends(facts, date(2028, 1, 1))
    assert (end.first, end.day) == (date(2026, 9, 1), date(2026, 9, 8))
    fed = [fact("feeding", date(2026, 9, 2), "exclusive")]
    assert feeding_after(fed, date(2028, 1, 1), end).recorded


def test_fed_and_then_not_is_weaned_that_day() -> None:
    (end,) = pregnancy_ends([fact("delivery", date(2026, 9, 1))], date(2028, 1, 1))
    said = [
        fact("feeding", date(2026, 9, 2), "exclusive"),
        fact("feeding", date(2027, 2, 1), "none"),
        fact("feeding", date(2027, 3, 1), "none"),
    ]
    found = feeding_after(said, date(2028, 1, 1), end)
    assert (found.weaning, found.never) == (date(2027, 2, 1), False)
    assert feeding_after(said, date(2027, 1, 31), end).weaning is None
    never = feeding_after(said[1:], date(2028, 1, 1), end)
    assert (never.weaning, never.never) == (None, True)
    told = [*said, fact("weaning", date(2027, 1, 15))]
    assert feeding_after(told, date(2028, 1, 1), end).weaning == date(2027, 1, 15)


def test_a_twin_of_the_next_pregnancy_says_nothing_of_this_one() -> None:
    born = date(2026, 10, 1)
    facts = [
        fact("delivery", born),
        fact("pregnancy_loss", born),
        fact("multiplicity", date(2028, 3, 1), "2"),
        fact("delivery", date(2028, 2, 1)),
    ]
    assert [e.is_loss for e in pregnancy_ends(facts, date(2029, 1, 1))] == [True, False]


@pytest.mark.parametrize(("weeks", "open_"), [(44, False), (45, True)])
def test_the_lists_ask_for_a_birth_only_past_44_weeks(weeks: int, open_: bool) -> None:
    on = date(2026, 1, 1) + timedelta(weeks=weeks)
    who = DuePerson(
        sheet=FactSheet(patient_id="P-1", on=on),
        facts=(fact("delivery", date(2023, 1, 1)), fact("due_date", date(2026, 10, 8))),
    )
    assert overdue_birth(who) is open_
    assert (current_pregnancy(who) is None) is open_
