"""Windows of the POP protocol: both edges to the day, and what stops, moves or is missing."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonescan.errors import UsageError
from bonescan.files.protocol import FOLDER, own_protocol, read_protocol
from bonescan.model.calendar import after_months
from bonescan.track.pop_status import Course, VisitState, VisitStatus, visit_statuses

START = date(2026, 1, 1)  # 0+0
BORN = START + timedelta(days=280)
POP = own_protocol("pop")


def at(weeks: int, days: int = 0) -> date:
    return START + timedelta(days=7 * weeks + days)


def after(weeks: int, days: int = 0) -> date:
    return BORN + timedelta(days=7 * weeks + days)


def status(name: str, course: Course, *scans: date, protocol: str = "pop") -> VisitStatus:
    found = visit_statuses(own_protocol(protocol), course, scans)
    return next(s for s in found if s.name == name)


LATE = date(2028, 1, 1)
DONE = Course(on=LATE, start=START, delivery=BORN, weaning=BORN + timedelta(days=100))


@pytest.mark.parametrize(
    ("visit", "day", "state"),
    [
        ("T1", at(10, 6), VisitState.ALLOWED),
        ("T1", at(11, 0), VisitState.IN_WINDOW),
        ("T1", at(13, 6), VisitState.IN_WINDOW),
        ("T1", at(14, 0), VisitState.MISSING),
        ("T3", at(27, 6), VisitState.MISSING),
        ("T3", at(28, 0), VisitState.ALLOWED),
        ("T3", at(35, 6), VisitState.ALLOWED),
        ("T3", at(36, 0), VisitState.IN_WINDOW),
        ("T3", at(38, 6), VisitState.IN_WINDOW),
        ("T3", at(39, 0), VisitState.ALLOWED),
        ("T3", BORN, VisitState.ALLOWED),
        ("L6", after(21, 6), VisitState.MISSING),
        ("L6", after(22, 0), VisitState.ALLOWED),
        ("L6", after(26, 0), VisitState.IN_WINDOW),
        ("L6", after(30, 0), VisitState.ALLOWED),
    ],
)
def test_windows_end_on_the_day(visit: str, day: date, state: VisitState) -> None:
    """11+0 to 13+6; 36+0 to 38+6, allowed from 28+0 to delivery; 26 ± 4 weeks after birth."""
    found = status(visit, DONE, day)
    assert (found.state, found.scans) == (state, (day,))
    assert found.out_of_protocol == ((day,) if state is VisitState.MISSING else ())


def test_six_months_after_weaning_is_a_calendar_date_with_four_weeks_to_either_side() -> None:
    ideal = date(2028, 2, 29)
    course = Course(on=date(2029, 1, 1), start=START, delivery=BORN, weaning=date(2027, 8, 31))
    for day, state in (
        (ideal - timedelta(days=28), VisitState.ALLOWED),
        (ideal, VisitState.IN_WINDOW),
        (ideal + timedelta(days=28), VisitState.ALLOWED),
        (ideal + timedelta(days=29), VisitState.MISSING),
    ):
        assert status("PW", course, day).state is state


def test_twins_come_earlier() -> None:
    twins = Course(on=LATE, start=START, delivery=at(36), early=True)
    assert status("T3", twins, at(33)).state is VisitState.IN_WINDOW
    assert status("T3", twins, at(31, 6)).state is VisitState.ALLOWED
    assert status("T3", DONE, at(33)).state is VisitState.ALLOWED


def test_a_birth_before_the_third_visit_makes_it_missing_and_not_overdue() -> None:
    found = status("T3", Course(on=at(36), start=START, delivery=at(34, 2)))
    assert (found.state, found.reason) == (VisitState.MISSING, "delivered at 34+2")


def test_after_a_loss_everything_stops_and_what_was_scanned_stays() -> None:
    lost = Course(on=at(20), start=START, loss=at(16))
    found = {s.name: s for s in visit_statuses(POP, lost, [at(12)])}
    assert found["T1"].state is VisitState.IN_WINDOW
    assert {found[n].state for n in ("T3", "L6", "PW")} == {VisitState.STOPPED}
    assert all("feed" not in s.reason for s in found.values())


def test_after_withdrawal_nothing_is_due() -> None:
    gone = Course(on=at(37), start=START, withdrawn=at(20))
    found = visit_statuses(POP, gone, [at(12)])
    assert [s.state for s in found] == [VisitState.IN_WINDOW, *[VisitState.STOPPED] * 3]


@pytest.mark.parametrize(
    ("left", "states"),
    [
        (at(13, 6), ["stopped", "stopped", "stopped", "stopped"]),
        (at(14, 0), ["missing", "stopped", "stopped", "stopped"]),
        (BORN, ["missing", "stopped", "stopped", "stopped"]),
        (after(0, 1), ["missing", "missing", "stopped", "stopped"]),
        (after(30, 0), ["missing", "missing", "stopped", "stopped"]),
        (after(30, 1), ["missing", "missing", "missing", "stopped"]),
    ],
)
def test_what_was_missed_before_she_left_stays_missing(left: date, states: list[str]) -> None:
    gone = Course(on=LATE, start=START, delivery=BORN, withdrawn=left)
    found = [str(s.state) for s in visit_statuses(POP, gone, [])]
    assert found == states


def test_a_scan_after_she_left_belongs_to_no_visit() -> None:
    for left, state, scans in (
        (at(37), VisitState.IN_WINDOW, (at(37),)),
        (at(36, 6), VisitState.STOPPED, ()),
    ):
        found = status("T3", Course(on=at(38), start=START, withdrawn=left), at(37))
        assert (found.state, found.scans) == (state, scans)


def test_a_scan_after_the_loss_belongs_to_no_visit() -> None:
    lost = Course(on=at(40), start=START, loss=at(37))
    assert status("T3", lost, at(37)).scans == (at(37),)
    found = status("T3", lost, at(37, 1))
    assert (found.state, found.scans) == (VisitState.STOPPED, ())


def test_a_scan_outside_the_window_does_not_use_the_visit_up() -> None:
    early = status("T3", Course(on=at(30), start=START), at(25))
    assert (early.state, early.scans, early.at) == (VisitState.LATER, (at(25),), "25+0")
    assert status("T3", Course(on=at(36), start=START), at(25)).state is VisitState.DUE
    both = status("T3", Course(on=at(38), start=START), at(25), at(37))
    assert (both.state, both.at, both.out_of_protocol) == (
        VisitState.IN_WINDOW, "37+0", (at(25),),
    )  # fmt: skip


@pytest.mark.parametrize(("days", "kept"), [(182, True), (183, False)])
def test_a_scan_half_a_year_past_the_window_is_of_no_visit(days: int, kept: bool) -> None:
    weaned = date(2027, 8, 31)
    end = date(2028, 2, 29) + timedelta(days=28)
    course = Course(on=date(2031, 1, 1), start=START, delivery=BORN, weaning=weaned)
    found = status("PW", course, end + timedelta(days=days))
    assert found.state is VisitState.MISSING
    assert bool(found.scans) is kept


def test_past_44_weeks_without_a_birth_the_course_stays() -> None:
    """44+0 weeks are 308 days."""
    on_the_day = Course(on=at(44), start=START)
    assert not on_the_day.past_term
    assert status("T3", on_the_day, at(44)).state is VisitState.ALLOWED
    over = Course(on=at(50), start=START)
    assert over.past_term
    found = {s.name: s for s in visit_statuses(POP, over, [at(12), at(44, 1)])}
    assert found["T1"].state is VisitState.IN_WINDOW
    assert (found["T3"].state, found["T3"].scans) == (VisitState.MISSING, ())
    assert found["L6"].reason == "past 44 weeks, no birth recorded"
    assert found["L6"].state is VisitState.CANNOT_BE_JUDGED


def test_who_never_breastfed_has_no_weaning_visit_and_keeps_the_other() -> None:
    never = Course(on=after(26), start=START, delivery=BORN, never_fed=True)
    found = {s.name: s for s in visit_statuses(POP, never, [])}
    assert found["PW"].state is VisitState.NOT_APPLICABLE
    assert found["L6"].state is VisitState.DUE


@pytest.mark.parametrize(
    ("on", "state", "reason"),
    [
        (at(5), VisitState.LATER, "allowed already"),
        (at(11), VisitState.DUE, ""),
        (at(13, 6), VisitState.DUE, ""),
        (at(14), VisitState.MISSING, "its window is over"),
    ],
)
def test_the_first_visit_falls_due_and_is_over(on: date, state: VisitState, reason: str) -> None:
    found = status("T1", Course(on=on, start=START))
    assert (found.state, found.reason) == (state, reason)


def test_past_its_ideal_days_the_third_visit_is_still_due() -> None:
    found = status("T3", Course(on=at(40), start=START))
    assert (found.state, found.reason) == (VisitState.DUE, "past its ideal days, still allowed")
    assert status("T3", Course(on=at(27), start=START)).state is VisitState.LATER


def test_without_a_date_a_visit_can_not_be_judged() -> None:
    unknown = visit_statuses(POP, Course(on=LATE), [])
    assert [s.state for s in unknown] == [
        *[VisitState.CANNOT_BE_JUDGED] * 2, *[VisitState.LATER] * 2,
    ]  # fmt: skip
    fed = status("PW", Course(on=LATE, start=START, delivery=BORN))
    assert (fed.state, fed.reason) == (VisitState.LATER, "no weaning recorded")


def test_enrolled_after_a_window_nothing_is_missing() -> None:
    late = Course(on=at(30), start=START, enrolled=at(20))
    assert status("T1", late).state is VisitState.NOT_APPLICABLE


def test_the_high_risk_schedule_has_a_visit_each_trimester() -> None:
    found = visit_statuses(own_protocol("high_risk"), DONE, [at(12), at(20), at(37)])
    assert [s.name for s in found] == ["T1", "T2", "T3", "L6", "PW"]
    assert [s.state for s in found[:3]] == [VisitState.IN_WINDOW] * 3
    assert status("T2", DONE, at(13, 6), protocol="high_risk").state is VisitState.MISSING


@given(
    st.lists(st.integers(0, 900), max_size=8, unique=True),
    st.randoms(use_true_random=False),
    st.integers(0, 900),
)
def test_every_scan_stands_with_one_visit_whatever_the_order(
    days: list[int], rng: Any, on: int
) -> None:
    course = Course(
        on=START + timedelta(days=on),
        start=START,
        delivery=BORN if on >= 280 else None,
        weaning=BORN + timedelta(days=90) if on >= 370 else None,
    )
    scans = [START + timedelta(days=d) for d in days]
    one = visit_statuses(POP, course, scans)
    rng.shuffle(scans)
    assert visit_statuses(POP, course, scans) == one
    kept = [d for s in one for d in s.scans]
    assert len(kept) == len(set(kept))
    left = {d for d in scans if d <= course.on} - set(kept)
    # of no visit: past 44 weeks, or 26 weeks past the last window (30 weeks after birth, or
    # six months and four weeks after weaning)
    last = START + timedelta(days=308)
    if course.delivery is not None:
        last = BORN + timedelta(days=210 + 182)
    if course.weaning is not None:
        last = after_months(course.weaning, 6) + timedelta(days=28 + 182)
    assert left == {d for d in scans if last < d <= course.on}


def test_months_end_where_the_month_ends() -> None:
    assert after_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert after_months(date(2025, 8, 31), 6) == date(2026, 2, 28)
    assert after_months(date(2025, 7, 15), 6) == date(2026, 1, 15)


def changed(folder: Path, pattern: str, new: str) -> Path:
    text, n = re.subn(pattern, new, (FOLDER / "pop.toml").read_text(encoding="utf-8"), count=1)
    assert n == 1
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_site_moves_its_own_windows(tmp_path: Path) -> None:
    path = changed(tmp_path, r"ideal_days = \[77, 97\]", "ideal_days = [70, 97]")
    found = visit_statuses(read_protocol(path), DONE, [at(10)])
    assert found[0].state is VisitState.IN_WINDOW


@pytest.mark.parametrize(
    ("pattern", "new", "words"),
    [
        (r'name = "T3"', 'name = "T1"', "one visit twice"),
        (r'anchor = "gestation"', 'anchor = "moon"', "visit T1: found no anchor"),
        (r"ideal_days = \[77, 97\]", "ideal_days = [97, 77]", r"found the days \[97, 77\]"),
        (r"ideal_days = \[77, 97\]", "ideal_days = [77, 99]", "outside the allowed one"),
        (r"ideal_days = \[77, 97\]", "ideal_days = [-1, 9]", "wanted .from, until."),
        (r"allowed_days = \[0, 97\]", "", "visit T1: wanted allowed_days and ideal_days"),
        (r"allowed_days = \[154, 210\]", "allowed_days = [154]", "found the days"),
        (r"slack_days = 28", "slack_days = 999", "months or slack"),
        (r"slack_days = 28", 'slack = 28', "missing or unknown: slack"),
        (r'zh = "第一孕期"', "", "missing or unknown: zh"),
        (r"default_site_from_days = 98", 'default_site_from_days = "98"', "a text for default"),
        (r'default_site = "femoral-neck"', "", "found the keys"),
        (r"\[\[visit\]\]", "[[visit]", "found no TOML"),
        (r"(?m)^dating_order = .*$", 'dating_order = ["moon"]', "found dating_order"),
        (r"(?m)^dating_order = .*$", "dating_order = []", "found dating_order"),
        (r"days = 97\n", "days = -1\n", "dating_ultrasound_until_days"),
    ],
)  # fmt: skip
def test_a_protocol_that_can_not_be_is_refused(
    tmp_path: Path, pattern: str, new: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        read_protocol(changed(tmp_path, pattern, new))


def test_no_file_is_no_protocol(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to read"):
        read_protocol(tmp_path / "none.toml")
    (tmp_path / "t.toml").write_text(
        (FOLDER / "pop.toml").read_text(encoding="utf-8").split("[[visit]]")[0] + "visit = [1]\n",
        encoding="utf-8",
    )
    with pytest.raises(UsageError, match="no table"):
        read_protocol(tmp_path / "t.toml")
