"""Codes of simulation; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E350",
        title="a folder that simulated files can't go into",
        hint="Name a new or an empty folder after -o, or one with sample scans to be replaced.",
    ),
)
