"""Pregnancy, POP visits and what stops after a loss; days counted by hand from 280 - 40 weeks."""

from __future__ import annotations

from datetime import date

import pytest

from bonescan.guidance.pregnancy import current_pregnancy
from bonescan.model.due import DueList, DueState

from .due_people import due, fact, person, rows, unjudged

# Due on 2026-10-08: 0+0 weeks on 2026-01-01 (280 days before).
# 11+0 2026-03-19, 13+6 2026-04-08, 28+0 2026-07-16, 36+0 2026-09-10, 38+6 2026-09-30.
PREGNANT = (
    fact("sex", "F"), fact("birth_date", "1990-05-05"),
    fact("pop_enrolled", "yes", "2026-02-01"), fact("due_date", "yes", "2026-10-08"),
)  # fmt: skip
# Born on 2026-01-01: 22+0 2026-06-04, 26+0 2026-07-02, 30+0 2026-07-30.
BORN = (
    fact("sex", "F"), fact("birth_date", "1990-05-05"),
    fact("pop_enrolled", "yes", "2026-01-02"), fact("delivery", "yes", "2026-01-01"),
)  # fmt: skip


def visits(facts: tuple, on: str, *scans: str, technique: str = "REMS") -> dict[str, object]:
    found = rows(person(facts, scans=[(d, technique) for d in scans], on=on), DueList.POP)
    return {r.why[0].split(",")[0].removeprefix("POP visit "): r for r in found}


@pytest.mark.parametrize(
    ("on", "state"),
    [("2026-03-18", DueState.LATER), ("2026-03-19", DueState.DUE), ("2026-04-08", DueState.DUE),
     ("2026-04-09", DueState.MISSED)],
)  # fmt: skip
def test_the_first_visit_to_the_day(on: str, state: DueState) -> None:
    row = visits(PREGNANT, on)["T1"]
    assert (row.due_from, row.due_until) == (date(2026, 3, 19), date(2026, 4, 8))
    assert row.state is state
    assert row.overdue_days is None
    assert bool(row.notes) is (state is DueState.MISSED)  # no verdict on change without it


@pytest.mark.parametrize(
    ("on", "state", "late"),
    [("2026-09-09", DueState.LATER, None), ("2026-09-10", DueState.DUE, None),
     ("2026-09-30", DueState.DUE, None), ("2026-10-01", DueState.OVERDUE, 1)],
)  # fmt: skip
def test_the_third_visit_to_the_day(on: str, state: DueState, late: int | None) -> None:
    row = visits(PREGNANT, on, "2026-03-20")["T3"]
    assert (row.due_from, row.due_until) == (date(2026, 9, 10), date(2026, 9, 30))
    assert (row.state, row.overdue_days) == (state, late)


@pytest.mark.parametrize("name", ["multiplicity", "preterm_risk_or_planned_caesarean"])
def test_twins_and_early_births_are_seen_earlier(name: str) -> None:
    value = "2" if name == "multiplicity" else "yes"
    row = visits((*PREGNANT, fact(name, value, "2026-03-01")), "2026-08-12", "2026-03-20")["T3"]
    assert (row.due_from, row.due_until) == (date(2026, 8, 13), date(2026, 9, 2))  # 32+0, 34+6
    assert row.state is DueState.LATER


@pytest.mark.parametrize(("scan", "done"), [("2026-07-15", False), ("2026-07-16", True)])
def test_a_third_visit_counts_from_28_weeks(scan: str, done: bool) -> None:
    assert ("T3" not in visits(PREGNANT, "2026-09-15", "2026-03-20", scan)) is done


@pytest.mark.parametrize(
    ("scan", "done"),
    [("2025-12-31", False), ("2026-01-01", True),
     ("2026-04-08", True), ("2026-04-09", False)],
)  # fmt: skip
def test_a_first_visit_counts_in_the_first_trimester(scan: str, done: bool) -> None:
    assert ("T1" not in visits(PREGNANT, "2026-05-01", scan)) is done


def test_a_dxa_scan_is_no_visit() -> None:
    assert "T1" in visits(PREGNANT, "2026-05-01", "2026-03-20", technique="DXA")


def test_a_birth_before_the_third_visit_is_missing_not_overdue() -> None:
    facts = (*PREGNANT, fact("delivery", "yes", "2026-09-05"))
    row = visits(facts, "2026-10-15", "2026-03-20")["T3"]
    assert (row.state, row.overdue_days) == (DueState.MISSED, None)
    assert "delivered at 35+2 weeks" in row.why[0]  # 247 days
    assert "35+2" in row.why[1]


def test_high_risk_adds_the_second_trimester() -> None:
    assert "T2" not in visits(PREGNANT, "2026-05-01")
    facts = (*PREGNANT, fact("high_risk_pregnancy", "yes", "2026-03-01"))
    row = visits(facts, "2026-04-09", "2026-03-20")["T2"]
    assert (row.due_from, row.due_until) == (date(2026, 4, 9), date(2026, 7, 15))  # 14+0, 27+6
    assert row.state is DueState.DUE


def test_a_last_period_counts_where_no_due_date_is_known() -> None:
    facts = (*PREGNANT[:3], fact("pregnancy_last_period", "yes", "2024-02-29"))
    found = current_pregnancy(person(facts, on="2024-05-16"))
    assert found is not None
    assert found.start == date(2024, 2, 29)
    assert found.week(date(2024, 5, 16)) == "11+0"
    both = (*PREGNANT, fact("pregnancy_last_period", "yes", "2025-12-20"))
    assert current_pregnancy(person(both)).start == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("on", "state", "late"),
    [("2026-06-03", DueState.LATER, None), ("2026-06-04", DueState.DUE, None),
     ("2026-07-30", DueState.DUE, None), ("2026-07-31", DueState.OVERDUE, 1)],
)  # fmt: skip
def test_the_visit_after_birth_to_the_day(on: str, state: DueState, late: int | None) -> None:
    row = visits(BORN, on)["L by delivery on 2026-01-01"]
    assert (row.due_from, row.due_until) == (date(2026, 6, 4), date(2026, 7, 30))
    assert (row.state, row.overdue_days) == (state, late)
    assert "2026-07-02" in row.why[0]


def test_the_visit_after_weaning_runs_by_its_own_date() -> None:
    facts = (*BORN, fact("weaning", "yes", "2026-08-31"))
    row = visits(facts, "2027-01-30", "2026-06-04")["L by weaning on 2026-08-31"]
    # six months after 31 August is 28 February; four weeks to either side
    assert (row.due_from, row.due_until) == (date(2027, 1, 31), date(2027, 3, 28))
    assert row.state is DueState.LATER
    assert visits(facts, "2027-03-01", "2026-06-04", "2027-01-31") == {}


def test_who_never_breastfed_has_no_date_of_weaning() -> None:
    never = (*BORN, fact("feeding", "none", "2026-01-02"))
    assert unjudged(person(never, on="2026-08-01"), DueList.POP) == {}
    fed = (*BORN, fact("feeding", "exclusive", "2026-01-02"))
    assert unjudged(person(fed, on="2026-08-01"), DueList.POP) == {"POP-05": ("weaning_date",)}
    assert unjudged(person(BORN, on="2026-08-01"), DueList.POP) == {
        "POP-05": ("breastfeeding", "weaning_date")
    }
    stopped = (*fed, fact("feeding", "none", "2026-05-01"))
    assert "L by weaning on 2026-05-01" in visits(stopped, "2026-08-01")


def test_only_who_takes_part_has_visits() -> None:
    outside = tuple(f for f in PREGNANT if f.fact != "pop_enrolled")
    assert visits(outside, "2026-03-20") == {}
    for name, value in (("consent", "yes"), ("centre", "Taipei")):
        assert "T1" in visits((*outside, fact(name, value, "2026-02-01")), "2026-03-20")


def test_who_joins_late_has_not_missed_what_was_before() -> None:
    late = (*PREGNANT[:2], PREGNANT[3], fact("consent", "yes", "2026-04-09"))
    assert set(visits(late, "2026-05-01")) == {"T3"}
    on_the_last_day = (*PREGNANT[:2], PREGNANT[3], fact("consent", "yes", "2026-04-08"))
    assert set(visits(on_the_last_day, "2026-05-01")) == {"T1", "T3"}


def test_nobody_knows_how_far_she_is() -> None:
    assert unjudged(person(PREGNANT[:3]), DueList.POP) == {
        "POP-03": ("gestation_weeks", "delivery_date")
    }
    past = person(PREGNANT, on="2026-11-06")  # 44+1 weeks, no birth recorded
    assert unjudged(past, DueList.POP) == {"POP-04, POP-05": ("delivery_date",)}
    assert "T3" in visits(PREGNANT, "2026-11-05", "2026-03-20")  # 44+0


def test_everything_of_a_lost_pregnancy_stops() -> None:
    lost = (*PREGNANT, fact("family_osteoporosis", "yes"),
            fact("pregnancy_loss", "yes", "2026-03-25"))  # fmt: skip
    assert "T1" in visits(lost, "2026-03-24")
    for on in ("2026-03-25", "2026-09-15"):
        found = due(person(lost, on=on))
        lists = {r.list_name for r in found.rows}
        assert lists.isdisjoint({DueList.POP, DueList.PREGNANCY})
    again = (*lost, fact("due_date", "yes", "2027-05-20"))
    assert "T1" in visits(again, "2026-11-01")


def test_a_child_that_died_stops_every_question_on_feeding() -> None:
    facts = (*BORN, fact("pregnancy_loss", "yes", "2026-01-01"))
    lists = {r.list_name for r in due(person(facts, on="2026-08-01")).rows}
    assert DueList.POP not in lists
    assert DueList.PREGNANCY not in lists


# ------------------------------------------------------------------ women with a risk factor


AT_RISK = (
    fact("sex", "F"),
    fact("birth_date", "1990-05-05"),
    fact("due_date", "yes", "2026-10-08"),
)


@pytest.mark.parametrize(("scan", "n"), [("2025-12-31", 1), ("2026-01-01", 0)])
def test_a_risk_factor_and_no_assessment_in_this_pregnancy(scan: str, n: int) -> None:
    found = rows(person(AT_RISK, scans=[(scan, "REMS")], on="2026-04-01"), DueList.PREGNANCY)
    assert len(found) == n
    assert all(r.due_from == date(2026, 1, 1) and r.rule_ids == ("PLO-P1",) for r in found)


@pytest.mark.parametrize(("on", "n"), [("2026-10-01", 1), ("2027-09-30", 1), ("2027-10-01", 0)])
def test_after_birth_for_a_year(on: str, n: int) -> None:
    facts = (*AT_RISK, fact("delivery", "yes", "2026-09-30"))
    found = rows(person(facts, scans=[("2026-03-01", "REMS")], on=on), DueList.PREGNANCY)
    assert len(found) == n
    seen = person(facts, scans=[("2026-09-30", "REMS")], on=on)
    assert rows(seen, DueList.PREGNANCY) == []


def test_a_factor_that_nobody_asked_for_is_not_none() -> None:
    young = (fact("sex", "F"), fact("birth_date", "2000-05-05"),
             fact("due_date", "yes", "2026-10-08"))  # fmt: skip
    missing = unjudged(person(young, on="2026-04-01"), DueList.PREGNANCY)["PLO-P1"]
    assert "family_osteoporosis" in missing
    assert unjudged(person((fact("sex", "M"),)), DueList.PREGNANCY) == {}


@pytest.mark.parametrize(
    ("on", "begin", "end"),
    [("2026-04-08", "2026-01-01", "2026-04-08"), ("2026-04-09", "2026-04-09", "2026-07-15"),
     ("2026-07-16", "2026-07-16", "2026-10-07"), ("2026-10-20", "2026-07-16", "2026-10-08")],
)  # fmt: skip
def test_a_pregnancy_at_high_risk_is_seen_each_trimester(on: str, begin: str, end: str) -> None:
    facts = (*AT_RISK, fact("high_risk_pregnancy", "yes", "2026-02-01"))
    before = "2025-12-31" if begin == "2026-01-01" else "2026-01-20"
    found = rows(person(facts, scans=[(before, "REMS")], on=on), DueList.PREGNANCY)
    row = next(r for r in found if r.rule_ids == ("RET-07",))
    assert (row.due_from, row.due_until) == (date.fromisoformat(begin), date.fromisoformat(end))
    seen = rows(person(facts, scans=[(on, "REMS")], on=on), DueList.PREGNANCY)
    assert not [r for r in seen if r.rule_ids == ("RET-07",)]


def test_pregnant_without_any_date_is_due_since_nobody_knows_when() -> None:
    facts = (fact("sex", "F"), fact("birth_date", "1990-05-05"),
             fact("pregnancy", "yes", "2026-02-01"))  # fmt: skip
    found = rows(person(facts), DueList.PREGNANCY)
    assert [(r.rule_ids, r.due_from, r.state) for r in found] == [(("PLO-P1",), None, DueState.DUE)]
    scanned = person(facts, scans=[("2026-02-20", "REMS")])
    assert "bone_assessed_this_pregnancy" in unjudged(scanned, DueList.PREGNANCY)["PLO-P1"]


def test_of_two_due_dates_the_later_counts_with_a_note() -> None:
    facts = (*PREGNANT, fact("due_date", "yes", "2026-10-01"))
    row = visits(facts, "2026-03-20")["T1"]
    assert row.due_from == date(2026, 3, 19)
    assert any("Several due dates" in note[0] for note in row.notes)
