"""Codes of simulation; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E350",
        title="a folder that simulated files can't go into",
        hint="Name a new or an empty folder after -o, or one with sample scans to be replaced.",
    ),
    CodeInfo(
        code="BS-E351",
        title="simulation was asked for something that it does not know",
        hint="See `bonescan simulate cohort --help` and docs/simulate.md for the names there are.",
    ),
    CodeInfo(
        code="BS-E352",
        title="the folder holds another cohort",
        hint="Ask for the same cohort to go on with it, or name a new folder after -o.",
    ),
    CodeInfo(
        code="BS-E353",
        title="a worker process of a simulation died",
        hint="Give the same command again, with fewer --workers if memory is short: it goes on.",
    ),
)
