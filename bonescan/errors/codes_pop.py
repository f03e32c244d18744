"""Codes of serial measurements in pregnancy; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E440",
        title="a column that the table of a cohort does not have",
        hint="Wanted woman_id, visit (T1, T2, T3, L6, PW) and one value column such as "
        "fn_bmd; name it with --value COL.",
    ),
    CodeInfo(
        code="BS-E441",
        title="a cohort that can't be analysed",
        hint="A cohort needs several women with a first visit (T1) and at least one later one.",
    ),
    CodeInfo(
        code="BS-E442",
        title="a table of precision errors that can't be used",
        hint="Wanted technique, site and rms_sd_g_cm2, or the document that "
        "`bonescan precision --json` prints.",
    ),
    CodeInfo(
        code="BS-E443",
        title="a table of two devices that can't be used",
        hint="Wanted from_serial, to_serial, site, kind (in-vivo or phantom), value_from and "
        "value_to, one row a person or phantom scan.",
    ),
    CodeInfo(
        code="BS-E444",
        title="a change that can't be judged as asked",
        hint="Give both values in g/cm2, both days, and a precision error above 0.",
    ),
    CodeInfo(
        code="BS-E445",
        title="a protocol of visits that can't be used",
        hint="docs/pop.md shows the form; each visit has an anchor and its windows in days.",
    ),
    CodeInfo(
        code="BS-E446",
        title="something about a woman that can't be recorded",
        hint="Nothing of the command was kept; correct it and give it again.",
    ),
    CodeInfo(
        code="BS-E447",
        title="an answer of a questionnaire that can't be kept",
        hint="Correct the cell; the other answers were kept, and the file may be given again.",
    ),
    CodeInfo(
        code="BS-E448",
        title="a table of answers that can't be used",
        hint="Wanted record_id (or patient_id), answer_date and columns of the questionnaire: "
        "`bonescan pop questionnaire --form csv -o answers.csv`.",
    ),
    CodeInfo(
        code="BS-E449",
        title="a fracture that can't be recorded",
        hint="Give the site and the trauma by the words of `bonescan pop fracture --help`.",
    ),
    CodeInfo(
        code="BS-E470",
        title="somebody who is not in the study",
        hint="`bonescan pop status OUT` lists the pseudonyms of everybody who takes part.",
    ),
    CodeInfo(
        code="BS-W440",
        title="a scan of a cohort that was set aside",
        hint="Correct the row; it is kept, gets no verdict and enters no model until then.",
    ),
    CodeInfo(
        code="BS-W441",
        title="a woman of a cohort who was set aside",
        hint="Correct her rows, or give each woman an id of her own; the others are analysed.",
    ),
    CodeInfo(
        code="BS-W442",
        title="scans without a device",
        hint="Fill the column device: what two devices differ by is otherwise taken for change.",
    ),
    CodeInfo(
        code="BS-W443",
        title="DXA in pregnancy",
        hint="Not routine in pregnancy; confirm status. The value is kept.",
    ),
    CodeInfo(
        code="BS-W446",
        title="devices that can't be told from visits",
        hint="Each visit was made on devices of its own: what they differ by is taken for change. "
        "Scan some women on both, or cross-calibrate.",
    ),
    CodeInfo(
        code="BS-W444",
        title="a column that no question has",
        hint="Its cells were passed over; the form lists the names of all columns.",
    ),
    CodeInfo(
        code="BS-W449",
        title="a row of a precision or cross-calibration table that nothing uses",
        hint="Compare technique, site, vertebrae and serial number with results.csv; a row "
        "without side or serial number fits any.",
    ),
)
