"""Codes of method comparison; ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E370",
        title="a column that the table of pairs does not have",
        hint="`bonescan agree --help` shows how columns are named; --reference and --test take "
        "any two.",
    ),
    CodeInfo(
        code="BS-E371",
        title="a cell of a number column that holds no finite number",
        hint="Write numbers as 0.82 or -2.5 (a decimal point, a plain minus); an empty cell is a "
        "missing value.",
    ),
    CodeInfo(
        code="BS-E372",
        title="columns of unequal length",
        hint="Give as many values of the test as of the reference, one pair a row.",
    ),
    CodeInfo(
        code="BS-E373",
        title="a subject with several rows and nothing that tells them apart",
        hint="Name the column that numbers the readings (--replicate COL), or say that the rows "
        "are separate visits (--several-pairs).",
    ),
    CodeInfo(
        code="BS-E374",
        title="no pair to compare",
        hint="A pair needs a value of both methods in one row, or of one person, site and time.",
    ),
    CodeInfo(
        code="BS-E375",
        title="people of the model's own training in the sample",
        hint="Compare on people whom the model has never seen.",
    ),
    CodeInfo(
        code="BS-E376",
        title="an option of the comparison that can't be taken",
        hint="`bonescan agree --help` lists what each option takes.",
    ),
    CodeInfo(
        code="BS-W370",
        title="DXA makers in one sample",
        hint="Their scales differ: they are analysed apart unless --pool-makers is given.",
    ),
    CodeInfo(
        code="BS-W371",
        title="training overlap not checked",
        hint="Give the model with --model, and columns with the subject ids (--subject) and their "
        "issuer (--issuer), so that its training people can be looked for.",
    ),
    CodeInfo(
        code="BS-W372",
        title="T-scores of two references",
        hint="Both ways are shown: re-scored to one reference, and as each method gave it.",
    ),
    CodeInfo(
        code="BS-W373",
        title="too little to estimate",
        hint="The numbers that could not be estimated are null, each with its reason.",
    ),
    CodeInfo(
        code="BS-W374",
        title="several pairs of one person",
        hint="Intervals come from resampling people, not pairs.",
    ),
    CodeInfo(
        code="BS-W375",
        title="exams of people in doubt",
        hint="One number may stand for two people: correct the record, run again, then compare.",
    ),
    CodeInfo(
        code="BS-W376",
        title="densities that may be in another unit",
        hint="Densities are areal, in g/cm2, by both methods; the numbers were taken as they are.",
    ),
    CodeInfo(
        code="BS-W377",
        title="an acceptable difference that meets no quantity",
        hint="Name the quantity it is about: --acceptable-difference bmd=0.03,t=0.5.",
    ),
)
