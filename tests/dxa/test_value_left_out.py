"""A cell that is no number as written leaves its row with a flag and the exam with a problem."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bonescan.dxa.rems_device import measure_results
from bonescan.model.exam import Device, Exam, Subject
from bonescan.model.reading import Reading
from bonescan.model.scan import DeviceResults, ResultsRow, Source
from bonescan.model.vocabulary import Technique


def entry(quantity, text, value):
    reading = Reading(
        site="L1-L4", region_text="L1-L4", quantity=quantity, text=text, value=value,
        unit="g/cm2" if quantity == "bmd" else "", place=f"line 2, column {quantity}",
    )  # fmt: skip
    return (reading,)


def results(bmd_text, bmd):
    row = ResultsRow(
        line=2, subject=Subject(patient_id="1"), device=Device(maker="echolight"),
        exam=Exam(exam_date=date(2025, 1, 2)), technique=Technique.REMS,
        numbers=(entry("bmd", bmd_text, bmd), entry("t", "-2.6", -2.6)),
    )  # fmt: skip
    source = Source(path=Path("rems.csv"), size_bytes=1, format_name="device-results")
    (part,) = measure_results(
        DeviceResults(source=source, rows=(row,), refused=(), carrier="table")
    ).parts
    return part


def test_a_bmd_with_the_wrong_decimal_sign_is_named_where_its_t_still_decides():
    part = results("0,812", None)
    (m,) = part.measurements
    assert (m.bmd_g_cm2, m.reported_t_score) == (None, -2.6)
    assert "value_left_out" in m.flags
    (problem,) = part.problems
    assert problem.code == "BS-W224"
    assert "'0,812' and was left out" in problem.reason


@pytest.mark.parametrize(("text", "value"), [("0.812", 0.812), ("", None)])
def test_a_number_and_a_blank_leave_nothing_out(text, value):
    part = results(text, value)
    assert part.problems == ()
    assert part.measurements[0].flags == ()
