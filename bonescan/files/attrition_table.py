"""The table `attrition.csv`: how many files come how far, overall and by device and month."""

from __future__ import annotations

from .tables import Column

STEPS = ("found", "set_aside", "readable", "recognised", "quality_passed", "measured", "classified")

ATTRITION_COLUMNS = (
    Column(name="scope", meaning="all, device, month, or device-month"),
    Column(name="device", meaning="maker, model and serial number; unknown where not stated"),
    Column(name="month", meaning="month of the exam, ISO 8601; unknown where not stated"),
    Column(name="found", meaning="files of the inputs", unit="1"),
    Column(
        name="set_aside",
        meaning="of these copies of others and companions (archives, lists); not counted further",
        unit="1",
    ),
    Column(name="readable", meaning="of the rest, those that could be read", unit="1"),
    Column(name="recognised", meaning="of these, scans or reports of bone density", unit="1"),
    Column(
        name="quality_passed",
        meaning="of these, those refused neither for quality nor as a conflict",
        unit="1",
    ),
    Column(name="measured", meaning="of these, those with at least one number", unit="1"),
    Column(name="classified", meaning="of these, those with at least one class", unit="1"),
)  # fmt: skip
