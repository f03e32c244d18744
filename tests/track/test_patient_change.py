"""The four cells of patients.csv about change."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest

from bonescan.model.exam import Device, Exam
from bonescan.model.measurement import LabelledRow, Measurement, Scores, Verdict
from bonescan.model.page import PageRow, PersonPage
from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import Origin, Technique
from bonescan.workflows.patient_change import change_cells, patient_changes

A = Device(manufacturer="GE", maker="ge", model="iDXA", serial="1")
B = dataclasses.replace(A, serial="2")


def row(day: str, site: str, bmd: float, device: Device = A, **more: Any) -> PageRow:
    held: dict[str, Any] = {"origin": Origin.REPORTED} | more
    m = Measurement(technique=Technique.DXA, site=site, bmd_g_cm2=bmd, **held)
    return PageRow(
        file=f"{day}-{site}",
        sha256=day + site,
        labelled=LabelledRow(measurement=m, scores=Scores(), verdict=Verdict(category=None)),
        exam=Exam(exam_date=date.fromisoformat(day)),
        device=device,
        person=PersonAtExam(sex="F", age_years=66.0, age_is_exact=True, menopausal_status=None),
    )


def cells(*rows: PageRow, day: str, site: str | None) -> dict[str, Any]:
    page = PersonPage(patient_id="P-1", rows=rows, verdicts=())
    return dict(change_cells(patient_changes(page).get(_day(day), {}), site))


def _day(day: str) -> tuple[date | None, Technique]:
    return date.fromisoformat(day), Technique.DXA


FIRST = (row("2024-01-01", "total-hip-left", 0.800), row("2024-01-01", "L1-L4", 1.000))
LATER = (row("2026-01-01", "total-hip-left", 0.700), row("2026-01-01", "L1-L4", 0.990))


def test_the_deciding_site_says_what_changed() -> None:
    """−12.5 % of the hip against ISCD's 5.0 %; −1 % of the spine against 5.3 %."""
    found = cells(*FIRST, *LATER, day="2026-01-01", site="total-hip-left")
    assert found["change_percent"] == pytest.approx(-12.5)
    assert found["change_verdict"] == "decrease"
    assert found["comparable_to"] == "2024-01-01 total-hip-left"
    assert "0.040 g/cm2" in found["lsc_set"]
    spine = cells(*FIRST, *LATER, day="2026-01-01", site="L1-L4")
    assert (spine["change_verdict"], spine["change_percent"]) == ("not-shown", pytest.approx(-1.0))


def test_without_a_deciding_site_the_spine_goes_first() -> None:
    assert cells(*FIRST, *LATER, day="2026-01-01", site=None)["comparable_to"].endswith("L1-L4")


def test_the_first_exam_and_a_single_one_have_no_change() -> None:
    assert cells(*FIRST, *LATER, day="2024-01-01", site="L1-L4") == {}
    assert cells(*FIRST, day="2024-01-01", site="L1-L4") == {}


def test_another_device_is_not_comparable_and_its_own_series_goes_on() -> None:
    other = row("2026-01-01", "L1-L4", 0.90, B)
    assert cells(FIRST[1], other, day="2026-01-01", site="L1-L4") == {
        "change_verdict": "not-comparable"
    }
    third = row("2027-01-01", "L1-L4", 0.80, B)
    found = cells(FIRST[1], other, third, day="2027-01-01", site="L1-L4")
    assert found["comparable_to"] == "2026-01-01 L1-L4"
    assert found["change_percent"] == pytest.approx(100 * (0.80 / 0.90 - 1))
    fourth = row("2028-01-01", "L1-L4", 0.79, B)
    found = cells(FIRST[1], other, third, fourth, day="2028-01-01", site="L1-L4")
    assert found["comparable_to"] == "2026-01-01 L1-L4"  # the baseline does not slide


@pytest.mark.parametrize("turned", [False, True])
def test_a_second_device_of_the_day_hides_no_comparable_change(turned: bool) -> None:
    """Two devices on the second day: one of them measured the first."""
    later = [row("2026-01-01", "L1-L4", 0.90), row("2026-01-01", "L1-L4", 0.80, B)]
    found = cells(FIRST[1], *(later[::-1] if turned else later), day="2026-01-01", site="L1-L4")
    assert found["change_percent"] == pytest.approx(-10.0)
    spare = (row("2024-01-01", "L1-L4", 1.0), row("2024-01-01", "total-hip-left", 0.8, B))
    later = [row("2026-01-01", "L1-L4", 0.9, B), row("2026-01-01", "total-hip-left", 0.7, B)]
    assert cells(*spare, *later, day="2026-01-01", site=None)["comparable_to"].endswith("hip-left")


@pytest.mark.parametrize("turned", [False, True])
def test_the_whole_vertebra_set_and_the_reported_number_go_first(turned: bool) -> None:
    """−10 % reported of L1 to L4, −20 % of three of them, −30 % measured, −40 % on no device."""
    three, four = ("L1", "L3", "L4"), ("L1", "L2", "L3", "L4")
    rows = []
    for day, values in (("2024-01-01", (1.0, 1.0, 1.0)), ("2026-01-01", (0.9, 0.8, 0.7))):
        rows += [
            row(day, "L1-L4", values[0], vertebrae_used=four),
            row(day, "L1-L4", values[1], vertebrae_used=three),
            row(day, "L1-L4", values[2], vertebrae_used=four, origin=Origin.MEASURED),
        ]
    found = cells(*(rows[::-1] if turned else rows), day="2026-01-01", site="L1-L4")
    assert found["change_percent"] == pytest.approx(-10.0)
    found = cells(*(r for r in rows if r.labelled.measurement.origin is Origin.MEASURED
                    or r.labelled.measurement.vertebrae_used == three),
                  day="2026-01-01", site="L1-L4")  # fmt: skip
    assert found["change_percent"] == pytest.approx(-30.0)


def test_a_site_without_a_precision_or_preference_says_so_or_nothing() -> None:
    wrist = (row("2024-01-01", "radius-33-left", 0.7), row("2026-01-01", "radius-33-left", 0.6))
    found = cells(*wrist, day="2026-01-01", site="radius-33-left")
    assert (found["change_verdict"], found["lsc_set"]) == ("no-precision-study", None)
    assert cells(*wrist, day="2026-01-01", site=None) == {}
