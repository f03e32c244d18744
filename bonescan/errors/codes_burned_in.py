"""Codes of numbers in pictures and of what people decide about them."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E450",
        title="a file that is no atlas of glyphs",
        hint="Take the bundled atlas, or make one with this version.",
    ),
    CodeInfo(
        code="BS-E451",
        title="a table of decisions that can't be read as one",
        hint="Take the review.csv of `bonescan confirm OUT`, and fill in decision and who.",
    ),
    CodeInfo(
        code="BS-E452",
        title="a decision about something that this result folder does not hold",
        hint="Write review.csv anew with `bonescan confirm OUT`, and decide there.",
    ),
    CodeInfo(
        code="BS-E453",
        title="a decision that can't be applied, so nothing of its table was taken in",
        hint="Put the number as the page shows it; T and Z lie between -10 and 10, fragility "
        "scores between 0 and 100. Leave the decision empty to keep it open.",
    ),
    CodeInfo(
        code="BS-E454",
        title="a number that contradicts the ones beside it by more than rounding",
        hint="Look at the picture of the row. If the page does print it so (it may go by another "
        "reference), put the same value into the column again.",
    ),
    CodeInfo(
        code="BS-W450",
        title="numbers read from a picture that nothing proves",
        hint="Look at them with `bonescan confirm OUT`, and say which are right.",
    ),
    CodeInfo(
        code="BS-W451",
        title="a decision of a person that changes nothing here",
        hint="The file gives other numbers now; look at it again with `bonescan confirm OUT`.",
    ),
)
