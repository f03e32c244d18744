"""Codes of phantom control charts; ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E420",
        title="a table of phantom scans without a column that is needed",
        hint="Give a column `date` (YYYY-MM-DD) and a column `value`; device, phantom and service "
        "are optional. --date COL and --value COL name others.",
    ),
    CodeInfo(
        code="BS-E421",
        title="too few phantom scans for a baseline",
        hint="Scan the phantom on 25 days, or 10 times on one day without moving it, before "
        "limits can be set. A service event starts a new baseline.",
    ),
    CodeInfo(
        code="BS-E422",
        title="limits of a control chart that can't be",
        hint="Give --percent a number above 0 and up to 10; 1.5 is usual.",
    ),
    CodeInfo(
        code="BS-W420",
        title="phantom scans without a baseline",
        hint="Scan the phantom on 25 days, or 10 times on one day, after each service; until then "
        "nothing is judged.",
    ),
    CodeInfo(
        code="BS-W421",
        title="rows of phantom scans that were left out",
        hint="Correct the date (YYYY-MM-DD) or the value (a number above 0) and run again.",
    ),
    CodeInfo(
        code="BS-W422",
        title="a densitometer out of control",
        hint="Scan the phantom again after repositioning it; if it is out again, scan no people "
        "and call service.",
    ),
    CodeInfo(
        code="BS-W423",
        title="a baseline with scans beyond its own limits",
        hint="A baseline has to come from a device in control; check these scans, and make a new "
        "baseline.",
    ),
)
