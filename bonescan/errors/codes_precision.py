"""Codes of precision studies; ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E390",
        title="a column that the table of repeats does not have",
        hint="Name the columns with --subject COL and --value COL; `bonescan precision --help` "
        "shows both forms of the table.",
    ),
    CodeInfo(
        code="BS-E391",
        title="a cell of repeats that holds no finite number",
        hint="Correct the cell, or leave it empty: an empty cell is a missing scan.",
    ),
    CodeInfo(
        code="BS-E392",
        title="repeats of techniques or devices that can't be told apart",
        hint="Fill technique and device in every row, or split the table: an error of two devices "
        "together is no precision error.",
    ),
    CodeInfo(
        code="BS-E393",
        title="nobody measured twice",
        hint="A precision study scans people again after they got up: 15 people three times or 30 "
        "twice. `bonescan precision --plan` gives the size.",
    ),
    CodeInfo(
        code="BS-E394",
        title="a plan that lacks a number, or holds one that can't be",
        hint="Give --sd, the error you expect, and --largest-sd or --largest-lsc, what must be "
        "excluded.",
    ),
    CodeInfo(
        code="BS-W390",
        title="a precision study below the ISCD minimum",
        hint="Scan 15 people three times or 30 twice; until then read the interval, not the value.",
    ),
    CodeInfo(
        code="BS-W391",
        title="a column that might separate groups was not used",
        hint="Name it with --by COL where its values should not be pooled.",
    ),
    CodeInfo(
        code="BS-W392",
        title="a precision error above ISCD's largest acceptable",
        hint="Look at positioning and analysis of the pairs furthest apart, train, and repeat the "
        "study.",
    ),
    CodeInfo(
        code="BS-W393",
        title="scans that may be of another person",
        hint="Rows flagged identity_conflict or no_patient_id are no repeats of anybody; correct "
        "the record and run again.",
    ),
)
