"""Codes of calibration; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E360",
        title="a calibration file that can't be used",
        hint="Make it again with `bonescan model calibrate SCAN.h5 -o CAL.h5`.",
    ),
    CodeInfo(
        code="BS-E361",
        title="a calibration that does not cover the frequencies asked for",
        hint="Scan the phantom or plate again with the probe and setting of the exams, or use a "
        "model whose band the calibration covers.",
    ),
    CodeInfo(
        code="BS-E362",
        title="a phantom or plate scan that gives no system spectrum",
        hint="docs/reading.md, Calibration, says what the scan must show.",
    ),
    CodeInfo(
        code="BS-E363",
        title="a model that needs a calibration, and an exam without one",
        hint="Give the calibration of the device: --calibration FILE; its id must be the "
        "calibration_id of the exam.",
    ),
    CodeInfo(
        code="BS-E364",
        title="options of `model calibrate` that don't fit together",
        hint="`bonescan model calibrate --help` explains the options with an example.",
    ),
)
