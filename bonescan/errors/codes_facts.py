"""Codes of facts and tables about people; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E320",
        title="a facts file that can't be opened",
        hint="Check the path and that you may read the file.",
    ),
    CodeInfo(
        code="BS-E321",
        title="a facts file that is not a text table",
        hint="Save it as CSV (UTF-8); a workbook can't be read.",
    ),
    CodeInfo(
        code="BS-E322",
        title="a facts file without the columns it needs",
        hint="`bonescan facts template` writes a table to start from.",
    ),
    CodeInfo(
        code="BS-E323",
        title="a fact that is not known",
        hint="`bonescan facts template --list` lists every fact.",
    ),
    CodeInfo(
        code="BS-E324",
        title="a value that a fact does not take",
        hint="`bonescan facts template --list` says what each fact takes.",
    ),
    CodeInfo(
        code="BS-E325",
        title="a date that can't be read",
        hint="Write YYYY-MM-DD; Minguo years only in a column whose name ends in _roc or _minguo.",
    ),
    CodeInfo(
        code="BS-E326",
        title="a fact without the date it needs",
        hint="Say when it happened, in the column date or in the column of the fact.",
    ),
    CodeInfo(
        code="BS-E327",
        title="a row without a usable patient_id",
        hint="Format the column as text before saving; numbers lose leading zeros.",
    ),
    CodeInfo(
        code="BS-E328",
        title="a row with more cells than the header",
        hint="Put quotes round texts that hold a comma.",
    ),
    CodeInfo(
        code="BS-W201",
        title="two birth dates or two sexes under one id",
        hint="Correct the record at its source; until then the person gets no class.",
    ),
    CodeInfo(
        code="BS-W202",
        title="example rows of the template left in",
        hint="Delete the rows whose patient_id begins with EXAMPLE.",
    ),
    CodeInfo(
        code="BS-W203",
        title="facts about somebody without a scan",
        hint="Check the spelling of the id (leading zeros count) and the issuer; the facts are "
        "kept.",
    ),
)
