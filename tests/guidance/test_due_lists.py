"""Who is due: both sides of every window, to the day; expected days counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bonescan.guidance.interval_note import interval_note
from bonescan.model.due import DueList, DuePerson, DueState
from bonescan.model.guidance import FactSheet

from .due_people import BOOK, due, fact, person, rows, unjudged

WOMAN_76 = (fact("sex", "F"), fact("birth_date", "1950-02-28"))
WOMAN_50 = (fact("sex", "F"), fact("birth_date", "1976-02-28"))


def one(found: list) -> object:
    assert len(found) == 1
    return found[0]


def by_rule(found: list, rule: str) -> object:
    return one([r for r in found if rule in r.rule_ids])


# ------------------------------------------------------------------ retest


@pytest.mark.parametrize(
    ("on", "state", "late"),
    [  # scanned on leap day 2024-02-29: from 2025-02-28, until 2026-02-28 (a month's last day)
        ("2025-02-27", DueState.LATER, None),
        ("2025-02-28", DueState.DUE, None),
        ("2026-02-28", DueState.DUE, None),
        ("2026-03-01", DueState.OVERDUE, 1),
    ],
)
def test_a_retest_after_one_to_two_years_is_a_window(
    on: str, state: DueState, late: int | None
) -> None:
    found = by_rule(rows(person(WOMAN_76, scans=[("2024-02-29", "DXA")], on=on), DueList.RETEST),
                    "RET-01")  # fmt: skip
    assert (found.due_from, found.due_until) == (date(2025, 2, 28), date(2026, 2, 28))
    assert (found.state, found.overdue_days) == (state, late)


def test_the_first_test_is_due_from_the_birthday_on() -> None:
    facts = (fact("sex", "F"), fact("birth_date", "1960-02-29"))
    assert rows(person(facts, on="2025-02-28"), DueList.RETEST) == []
    found = one(
        rows(person(facts, on="2025-03-01"), DueList.RETEST)
    )  # 65 on 1 March, as ages count
    assert (found.due_from, found.due_until, found.state) == (
        date(2025, 3, 1), None, DueState.DUE,
    )  # fmt: skip


def test_a_scan_shortly_before_the_birthday_counts() -> None:
    facts = (fact("sex", "M"), fact("birth_date", "1956-02-01"))  # 70 in February 2026
    found = one(rows(person(facts, scans=[("2025-12-24", "DXA")]), DueList.RETEST))
    assert (found.rule_ids, found.due_from) == (("RET-02",), date(2027, 12, 24))


def test_a_scan_long_before_the_birthday_is_as_good_as_none() -> None:
    facts = (fact("sex", "F"), fact("birth_date", "1960-02-01"))  # 65 on 2025-02-01
    found = one(rows(person(facts, scans=[("2020-06-01", "DXA")]), DueList.RETEST))
    assert (found.due_from, found.due_until, found.state) == (
        date(2025, 2, 1), None, DueState.DUE,
    )  # fmt: skip
    found = one(rows(person(facts, scans=[("2023-06-01", "DXA")]), DueList.RETEST))
    assert (found.due_from, found.due_until) == (date(2025, 2, 1), date(2025, 6, 1))
    assert found.state is DueState.OVERDUE


def test_a_fracture_after_the_last_scan_is_due_within_the_year() -> None:
    facts = (*WOMAN_50, fact("fragility_fracture", "forearm", "2025-06-10"))
    found = by_rule(rows(person(facts, scans=[("2025-01-01", "DXA")]), DueList.RETEST), "RET-04")
    assert (found.due_from, found.due_until) == (date(2025, 6, 10), date(2026, 6, 10))
    found = by_rule(rows(person(facts, scans=[("2025-07-01", "DXA")]), DueList.RETEST), "RET-04")
    assert found.due_from == found.due_until == date(2026, 7, 1)


def test_several_rows_are_all_listed_and_the_earliest_leads() -> None:
    facts = (*WOMAN_76, fact("fragility_fracture", "hip", "2020-01-01"))
    found = due(person(facts, scans=[("2025-04-01", "DXA")]))
    assert [r.rule_ids for r in found.rows[:2]] == [("RET-04",), ("RET-01",)]
    assert found.rows[0].due_until < found.rows[1].due_until


def test_a_baseline_is_due_once_and_repeated_by_its_result_only() -> None:
    facts = (fact("sex", "F"), fact("birth_date", "2000-01-01"))
    assert "RET-05" in unjudged(person(facts), DueList.RETEST)

    def with_habits(who: DuePerson) -> DuePerson:
        values = {**who.sheet.values, "poor_habits": True}
        return replace(who, sheet=replace(who.sheet, values=values))

    found = one(rows(with_habits(person(facts)), DueList.RETEST))
    assert (found.rule_ids, found.state, found.due_from) == (("RET-05",), DueState.DUE, None)
    scanned = with_habits(person(facts, scans=[("2020-01-01", "DXA")]))
    assert rows(scanned, DueList.RETEST) == []


def test_an_interval_below_lsc_over_expected_loss_is_said() -> None:
    def sheet(**values: object) -> FactSheet:
        return FactSheet(patient_id="p", on=date(2026, 3, 1), values=values)

    known = {"menopause_kind": "natural", "age_years": 60.0}
    natural = one(interval_note((1.0, 2.0), sheet(**known)))
    assert "2.7–5.3 years" in natural[0]  # 5.3 / 2 and 5.3 / 1
    assert "5.3 %" in natural[1]
    inhibitor = one(interval_note((1.0, 2.0), sheet(aromatase_inhibitor=True, gnrh_drug=False)))
    assert "1.8 years" in inhibitor[0]  # 5.3 / 3
    assert interval_note((2.0, 2.0), sheet(aromatase_inhibitor=True, gnrh_drug=False)) == []
    assert interval_note((1.0, 2.0), sheet(aromatase_inhibitor=True, gnrh_drug=True)) == []  # 0.76
    assert interval_note((1.0, 2.0), sheet()) == []
    # 1-2 % a year is not what an inhibitor takes, and with what it is given nobody recorded
    assert interval_note((1.0, 2.0), sheet(**known, aromatase_inhibitor=True)) == []


# ------------------------------------------------------------------ cancer, menopause, drugs


def test_breast_cancer_is_measured_at_once() -> None:
    facts = (*WOMAN_50, fact("cancer", "breast cancer", "2026-02-01"))
    found = one(rows(person(facts, on="2026-02-01"), DueList.CANCER))
    assert (found.state, found.due_from) == (DueState.DUE, date(2026, 2, 1))
    found = one(rows(person(facts, on="2026-02-02"), DueList.CANCER))
    assert (found.state, found.overdue_days) == (DueState.OVERDUE, 1)
    assert rows(person(facts, scans=[("2026-02-01", "DXA")]), DueList.CANCER) == []
    assert len(rows(person(facts, scans=[("2026-01-31", "DXA")]), DueList.CANCER)) == 1
    assert rows(person(facts, on="2026-01-31"), DueList.CANCER) == []


@pytest.mark.parametrize(
    ("on", "state"),
    [("2026-01-09", DueState.LATER), ("2026-01-10", DueState.DUE),
     ("2027-01-10", DueState.DUE), ("2027-01-11", DueState.OVERDUE)],
)  # fmt: skip
@pytest.mark.parametrize("drug", ["letrozole", "goserelin"])
def test_treatment_that_takes_bone(on: str, state: DueState, drug: str) -> None:
    facts = (*WOMAN_50, fact("drug_start", drug, "2024-01-01"))
    found = one(rows(person(facts, scans=[("2025-01-10", "REMS")], on=on), DueList.TREATMENT))
    assert (found.state, "CTI-11" in found.rule_ids) == (state, True)
    assert found.safety_ids  # it names a drug


def test_treatment_that_was_stopped_is_no_longer_listed() -> None:
    facts = (*WOMAN_50, fact("drug_start", "letrozole", "2024-01-01"),
             fact("drug_stop", "letrozole", "2025-01-01"))  # fmt: skip
    assert rows(person(facts), DueList.TREATMENT) == []


def test_treatment_without_any_scan_is_due_since_its_first_dose() -> None:
    facts = (*WOMAN_50, fact("drug_start", "letrozole", "2025-05-05"))
    assert one(rows(person(facts), DueList.TREATMENT)).due_from == date(2025, 5, 5)


@pytest.mark.parametrize(("menopause", "n"), [("2016-02-27", 1), ("2016-02-28", 0)])
def test_menopause_before_the_fortieth_birthday(menopause: str, n: int) -> None:
    facts = (*WOMAN_50, fact("menopause", "surgical", menopause))
    assert len(rows(person(facts), DueList.EARLY_MENOPAUSE)) == n
    assert rows(person(facts, scans=[("2016-03-01", "REMS")]), DueList.EARLY_MENOPAUSE) == []


@pytest.mark.parametrize(("on", "n"), [("2026-01-31", 0), ("2026-02-01", 1), ("2031-02-01", 1),
                                       ("2031-02-02", 0)])  # fmt: skip
def test_hormone_therapy_stopped_within_five_years(on: str, n: int) -> None:
    facts = (*WOMAN_50, fact("drug_start", "estradiol", "2024-01-01"),
             fact("drug_stop", "estradiol", "2026-02-01"))  # fmt: skip
    found = rows(person(facts, on=on), DueList.HORMONE_STOPPED)
    assert len(found) == n
    assert all("SAF-08" in r.safety_ids for r in found)
    assert rows(person(facts, scans=[("2026-02-01", "DXA")], on=on), DueList.HORMONE_STOPPED) == []


def test_hormone_therapy_taken_again_ends_the_reminder() -> None:
    facts = (*WOMAN_50, fact("drug_start", "estradiol", "2024-01-01"),
             fact("drug_stop", "estradiol", "2025-02-01"),
             fact("drug_start", "estradiol", "2025-06-01"))  # fmt: skip
    assert rows(person(facts), DueList.HORMONE_STOPPED) == []


@pytest.mark.parametrize(
    ("on", "state", "late"),
    [("2026-03-29", DueState.LATER, None), ("2026-03-31", DueState.OVERDUE, 1),
     ("2026-03-30", DueState.LATER, None)],
)  # fmt: skip
def test_denosumab_is_overdue_after_seven_months(
    on: str, state: DueState, late: int | None
) -> None:
    facts = (*WOMAN_76, fact("drug_dose", "denosumab", "2025-02-20"),
             fact("drug_dose", "denosumab", "2025-08-30"))  # fmt: skip
    found = one(rows(person(facts, on=on), DueList.DENOSUMAB))
    assert (found.state, found.overdue_days) == (state, late)
    assert found.due_from == date(2026, 2, 28)  # six months: the month's last day
    assert found.due_until == date(2026, 3, 30)
    assert "SAF-01" in found.safety_ids


def test_a_follow_on_ends_the_row_of_denosumab() -> None:
    facts = (*WOMAN_76, fact("drug_dose", "denosumab", "2025-02-20"))
    assert one(rows(person(facts), DueList.DENOSUMAB)).state is DueState.OVERDUE
    followed = (*facts, fact("drug_dose", "zoledronate", "2025-08-20"))
    assert rows(person(followed), DueList.DENOSUMAB) == []
    again = (*facts, fact("drug_dose", "denosumab", "2025-12-20"))
    assert one(rows(person(again), DueList.DENOSUMAB)).state is DueState.LATER


def test_hormone_therapy_that_may_go_on_cannot_be_judged() -> None:
    facts = (*WOMAN_50, fact("drug_stop", "estradiol", "2025-02-01"))
    values = dict(person(facts).sheet.values)
    values.pop("hormone_therapy", None)
    who = replace(person(facts), sheet=replace(person(facts).sheet, values=values))
    assert unjudged(who, DueList.HORMONE_STOPPED) == {"SEQ-05": ("hormone_therapy",)}


def test_records_that_nobody_can_read_need_a_person() -> None:
    facts = (*WOMAN_50, fact("menopause", "natural", "2024-01-01"),
             fact("disease", "qwertz syndrome", "2024-01-01"))  # fmt: skip
    assert "qwertz syndrome" in one(due(person(facts)).needs).why[0]


def test_an_undated_dose_cannot_be_judged() -> None:
    who = person((*WOMAN_76, fact("drug_start", "denosumab")))
    assert "denosumab_last_dose_date" in unjudged(who, DueList.DENOSUMAB)["DMB-01"]


# ------------------------------------------------------------------ missing facts, who is left out


def test_missing_facts_are_never_not_due() -> None:
    found = due(person(WOMAN_76, scans=[("2026-02-01", "DXA")]))
    assert found.due == ()
    missing = {n for r in found.unjudged for n in r.missing}
    assert {"breast_cancer", "denosumab", "fragility_fracture"} <= missing
    assert "denosumab_last_dose_date" not in missing, "asked before anybody knows of the drug"


def test_denied_records_are_judged() -> None:
    facts = (*WOMAN_76, fact("cancer", "none", "2026-01-01"),
             fact("drug_start", "none", "2026-01-01"), fact("disease", "none", "2026-01-01"),
             fact("fragility_fracture", "none", "2026-01-01"),
             fact("menopause", "natural", "2001-01-01"))  # fmt: skip
    lists = {r.list_name for r in due(person(facts, scans=[("2026-02-01", "DXA")])).unjudged}
    assert lists <= {DueList.RETEST}  # habits are still asked for


@pytest.mark.parametrize("end", ["withdrawn", "died"])
def test_nobody_who_withdrew_or_died_is_listed(end: str) -> None:
    facts = (*WOMAN_76, fact(end, "yes", "2026-03-01"))
    assert due(person(facts, on="2026-03-01")) is None
    assert (due(person(facts, on="2026-02-28")) is None) is (end == "died")


def test_a_consent_after_the_withdrawal_brings_her_back() -> None:
    facts = (*WOMAN_76, fact("withdrawn", "yes", "2026-01-01"))
    assert due(person((*facts, fact("consent", "yes", "2026-01-01")))) is None
    assert due(person((*facts, fact("consent", "yes", "2026-01-02")))) is not None


def test_an_identity_in_doubt_stands_alone() -> None:
    found = due(person((*WOMAN_76, fact("cancer", "breast", "2020-01-01")), identity_in_doubt=True))
    assert [r.list_name for r in found.rows] == [DueList.PERSON]
    assert found.due == ()


def test_a_woman_without_menopausal_status_needs_a_person() -> None:
    assert "停經狀態" in one(due(person(WOMAN_50)).needs).why[1]
    known = (*WOMAN_50, fact("menopause", "natural", "2024-01-01"))
    assert due(person(known)).needs == ()
    assert due(person((fact("sex", "M"), fact("birth_date", "1976-01-01")))).needs == ()


# ------------------------------------------------------------------ height, referrals


HEIGHTS = (fact("height_cm", "160", "2024-01-01"), fact("height_cm", "158", "2025-01-01"))


def test_height_loss_is_noted_and_its_rules_are_off() -> None:
    who = person((*WOMAN_76, *HEIGHTS))
    assert rows(who, DueList.HEIGHT) == []
    followed = due(who).followed
    assert followed.anything
    assert followed.height_loss_cm == 2.0
    assert one(rows(who, DueList.HEIGHT, from_memory=True)).rule_ids == ("HGT-01",)


def test_height_loss_under_two_centimetres_or_imaged_is_no_row() -> None:
    less = (HEIGHTS[0], fact("height_cm", "158.1", "2025-01-01"))
    assert rows(person((*WOMAN_76, *less)), DueList.HEIGHT, from_memory=True) == []
    imaged = (*HEIGHTS, fact("spine_imaging", "X-ray: no fracture", "2025-01-01"))
    assert rows(person((*WOMAN_76, *imaged)), DueList.HEIGHT, from_memory=True) == []
    early = (*HEIGHTS, fact("spine_imaging", "X-ray: no fracture", "2024-12-31"))
    assert len(rows(person((*WOMAN_76, *early)), DueList.HEIGHT, from_memory=True)) == 1


@pytest.mark.parametrize(
    ("steps", "n"),
    [
        ([("fls_raised", "2026-01-05")], 1),
        ([("fls_raised", "2026-01-05"), ("fls_sent", "2026-01-06")], 1),
        ([("fls_raised", "2026-01-05"), ("fls_seen", "2026-02-01")], 0),
        ([("fls_raised", "2026-01-05"), ("fls_declined", "2026-01-05")], 0),
        ([("fls_raised", "2025-01-05"), ("fls_seen", "2025-02-01"),
          ("fls_raised", "2026-02-20")], 1),
        ([("fls_raised", "2026-03-02")], 0),  # tomorrow
    ],
)  # fmt: skip
def test_a_referral_is_open_until_seen_or_declined(steps: list, n: int) -> None:
    facts = [fact(name, "Dr Lin", day) for name, day in steps]
    found = rows(person([*WOMAN_76, *facts]), DueList.FLS)
    assert len(found) == n
    assert all("Dr Lin" in r.why[0] and r.due_until is None for r in found)


def test_every_rule_that_a_list_names_can_be_looked_up() -> None:
    from bonescan.guidance.due_rules import rule_notes

    named = ("POP-03", "POP-04", "POP-05", "POP-12", "FLS-05", "DMB-02", "RET-01", "SAF-01")
    notes = rule_notes(named, BOOK)
    assert tuple(notes) == named
    for note in notes.values():
        assert len(note.source) > 3
        assert note.evidence in {"S", "M", "D", "C"}
        assert note.text[0] != note.text[1]
    assert notes["SAF-01"].safety
