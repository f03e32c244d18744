"""Sides that contradict each other, totals of doubtful vertebrae, words that are no region."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from bonescan.model.confirmation import EXCLUDE_VERTEBRA, Confirmation, Decision
from bonescan.model.exam import Device, Exam, Subject
from bonescan.model.measurement import Measurement
from bonescan.model.outcome import Outcome
from bonescan.model.regions import imaged_region, measured_site
from bonescan.model.vocabulary import Origin, OutcomeKind, Technique
from bonescan.store.store import StoredContent
from bonescan.workflows.shared_exclusions import spread_exclusions

from .test_measure import LUNAR_PAGE, spine_report
from .test_sr import GE_REPORT, exam, region


@pytest.mark.parametrize(
    "words",
    ["Neck Diff.", "Total Hip Diff", "Neck % Change", "Neck Max", "Neck BMD previous",
     "Total prior", "Neck Mean LSC", "Asymmetry Neck"],
)  # fmt: skip
def test_a_difference_or_another_day_is_no_region(words):
    assert measured_site(words, scan="femur-left") is None


@pytest.mark.parametrize(
    ("words", "site"),
    [
        ("Neck (Upper)", "upper-neck-left"),
        ("Neck Upper", "upper-neck-left"),
        ("Neck", "femoral-neck-left"),
        ("L1–L4", "L1-L4"),
        ("L1 through L4", "L1-L4"),
        ("L2 to L4", "L2-L4"),
        ("Neck Mean", "femoral-neck-mean"),
        ("Neck bone mineral density", "femoral-neck-left"),
    ],
)
def test_regions_in_other_words(words, site):
    assert measured_site(words, scan="femur-left") == site


def test_bilateral_is_not_lateral():
    assert imaged_region("Hip Bilateral") == "femur"
    assert imaged_region("Lateral Spine") == "lateral-spine"


def test_a_vertebra_that_contradicts_itself_makes_no_total(measured, dicom):
    """L2: 9.76 g over 19.30 cm2 is 0.506, not the printed 1.061."""
    rows = LUNAR_PAGE | {"L2": ("1.061", "9.76", "19.30", "-1.2")}
    result = measured(spine_report(dicom, **rows))
    assert result.kind is OutcomeKind.NEEDS_REVIEW
    assert {m.site for m in result.measurements} == {"L1", "L2", "L3", "L4"}


def content(sha256: str, **change: object) -> StoredContent:
    made = Outcome(
        kind=OutcomeKind.REPORTED,
        subject=Subject(patient_id="7", issuer="A"),
        exam=Exam(exam_date=date(2026, 1, 2)),
        device=Device(serial="S1"),
        measurements=tuple(
            Measurement(
                technique=Technique.DXA,
                origin=Origin.REPORTED,
                site=v,
                bmd_g_cm2=1.0,
                vertebrae_used=(v,),
            )
            for v in ("L3", "L4")
        ),
    )
    outcome = dataclasses.replace(made, **change)
    return StoredContent(
        sha256=sha256, size_bytes=1, first_run_id=1, outcome=outcome, work_key="k", files=("f",)
    )


EXCLUSION = Confirmation(
    sha256="a", site="L4", quantity=EXCLUDE_VERTEBRA, value=None, decision=Decision.CONFIRM,
    who="wang", reason="old fracture", at="2026-01-03T00:00:00+00:00",
)  # fmt: skip


def test_an_exclusion_holds_for_every_file_of_the_exam_and_for_no_other():
    contents = [
        content("a"),
        content("b"),
        content("c", device=Device(serial="S2")),
        content("d", subject=Subject(patient_id="8", issuer="A")),
        content("e", exam=Exam()),
        content("f", measurements=()),
    ]
    found = spread_exclusions(contents, [EXCLUSION])
    assert [c.sha256 for c in found] == ["a", "b"]
    assert {c.site for c in found} == {"L4"}


def test_a_decision_of_a_file_s_own_is_kept():
    own = dataclasses.replace(EXCLUSION, sha256="b", decision=Decision.REJECT)
    found = spread_exclusions([content("a"), content("b")], [EXCLUSION, own])
    assert found == [EXCLUSION, own]


@pytest.mark.parametrize(
    ("laterality", "contradicts"), [("L", False), ("R", True), ("", False), ("B", False)]
)
def test_a_header_that_names_the_other_side_is_said(measured, dicom, laterality, contradicts):
    left = exam(dicom, "Left Femur", region(dicom, "Neck", "0.804", "3.90", "4.86", "-1.4", "-0.2"))
    result = measured(dicom.report(GE_REPORT, left, changes={(0x20, 0x60): ("CS", laterality)}))
    (neck,) = result.measurements
    assert neck.site == "femoral-neck-left"
    assert ("side_contradicts" in neck.flags) is contradicts
    assert ("BS-W226" in [p.code for p in result.problems]) is contradicts
