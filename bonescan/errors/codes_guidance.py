"""Codes of guidance; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E400",
        title="a rule table that can't be used",
        hint="Correct the table named; `bonescan guide --rules DIR` reads the same form as the "
        "shipped ones.",
    ),
    CodeInfo(
        code="BS-E401",
        title="a fact that no rule knows, or a value it can't have",
        hint="`bonescan guide --list-facts` names every fact with the values it takes.",
    ),
    CodeInfo(
        code="BS-E402",
        title="a person who is not in the store",
        hint="Look for the pseudonym in patients.csv of the result folder.",
    ),
)
