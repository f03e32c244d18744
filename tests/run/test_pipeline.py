"""One file, one outcome, whatever a stage does."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bonescan import pipeline
from bonescan.model.exam import Device, Exam, Subject
from bonescan.model.measurement import Measurement
from bonescan.model.outcome import StageResult
from bonescan.model.scan import DxaScan, Source
from bonescan.model.vocabulary import Origin, OutcomeKind, Technique
from bonescan.settings import Settings
from bonescan.store.codec import encode

SOUND = Measurement(technique=Technique.DXA, origin=Origin.REPORTED, site="L1-L4", bmd_g_cm2=0.93)


def scan(subject: Subject) -> DxaScan:
    from bonescan.model.header import DicomItem

    return DxaScan(
        source=Source(path=Path("x"), size_bytes=0, format_name="dicom"),
        subject=subject,
        device=Device(),
        exam=Exam(),
        header=DicomItem(),
        site=None,
        protocol=None,
        modality=None,
        sop_class_uid=None,
        image=None,
        pixels=None,
    )


def outcome_of(monkeypatch, measurement=SOUND, subject=None):
    found = StageResult(kind=OutcomeKind.REPORTED, measurements=(measurement,))
    monkeypatch.setattr(pipeline, "read_scan", lambda *_: scan(subject or Subject()))
    monkeypatch.setattr(pipeline, "measure_dxa", lambda _scan: found)
    return pipeline.measure(Path("x"), Settings())


def test_a_sound_result_goes_through(monkeypatch):
    assert outcome_of(monkeypatch).kind is OutcomeKind.REPORTED


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_an_outcome_and_never_reaches_the_store(monkeypatch, number):
    odd = dataclasses.replace(SOUND, bmd_u_g_cm2=number)
    outcome = outcome_of(monkeypatch, odd)
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNUSABLE, "BS-E598")
    assert f"the number {number}" in outcome.reason
    encode(outcome)


def test_broken_text_is_an_outcome_and_never_reaches_the_store(monkeypatch):
    outcome = outcome_of(monkeypatch, subject=Subject(patient_id="7\udcff"))
    assert outcome.code == "BS-E598"
    encode(outcome).encode("utf-8")


def test_a_fault_of_a_stage_is_an_outcome(monkeypatch):
    def fail(*_: object) -> None:
        raise ZeroDivisionError("odd")

    monkeypatch.delenv("BONESCAN_DEBUG", raising=False)
    monkeypatch.setattr(pipeline, "read_scan", fail)
    outcome = pipeline.measure(Path("x"), Settings())
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNUSABLE, "BS-E598")
    assert "ZeroDivisionError: odd" in outcome.reason
