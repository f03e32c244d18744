"""Codes of reference tables, scores and score tables; ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E340",
        title="a folder without reference tables",
        hint="Name a folder laid out like bonescan/norms: populations/*.toml, age/*.toml.",
    ),
    CodeInfo(
        code="BS-E341",
        title="a reference table that breaks the schema",
        hint="Correct the table; `bonescan norms check DIR` tries it without a run.",
    ),
    CodeInfo(
        code="BS-E342",
        title="two reference tables for one purpose",
        hint='Give it another id, the role "option", or say which table it `replaces`.',
    ),
    CodeInfo(
        code="BS-E343",
        title="a reference id that is not known",
        hint="`bonescan norms list` lists the ids.",
    ),
    CodeInfo(
        code="BS-E344",
        title="a reference that does not fit the measurement",
        hint="Choose a reference of the same site, or leave it out to follow the policy.",
    ),
    CodeInfo(
        code="BS-E345",
        title="a printed T-score that a reference does not reproduce",
        hint="Check mean, SD and the printed numbers of the worked example.",
    ),
    CodeInfo(
        code="BS-E346",
        title="a value that can't be scored",
        hint="`bonescan score --help` lists what each option takes.",
    ),
    CodeInfo(
        code="BS-E347",
        title="a table that can't be scored",
        hint="Give a CSV with at least the columns site and bmd_g_cm2, named as in results.csv.",
    ),
    CodeInfo(
        code="BS-W260",
        title="a cell that can't be read",
        hint="Correct the cell; the row was kept and that value left out.",
    ),
    CodeInfo(
        code="BS-W261",
        title="a reference without a printed example",
        hint="Add a [[worked_example]] from a report when you have one.",
    ),
    CodeInfo(
        code="BS-W262",
        title="a row that may not be scored",
        hint="Its flags say why; no T, Z or class may be made of such a number.",
    ),
)
