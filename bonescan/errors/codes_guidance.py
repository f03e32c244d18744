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
    CodeInfo(
        code="BS-E403",
        title="a list of who is due that does not exist",
        hint="`bonescan due --help` names the lists.",
    ),
    CodeInfo(
        code="BS-E404",
        title="an education sheet that no clinician released",
        hint="Give --released-by NAME and --released-on DATE of the clinician who read the sheet.",
    ),
    CodeInfo(
        code="BS-E405",
        title="a referral packet that must not be made",
        hint="Settle the person's identity first; after a withdrawal nothing new is taken.",
    ),
    CodeInfo(
        code="BS-W400",
        title="people whose identity is in doubt stand in no list but that of what needs a person",
        hint="Correct birth date, sex or crosswalk in the facts, and make the list again.",
    ),
)
