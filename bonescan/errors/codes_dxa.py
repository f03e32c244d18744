"""Codes of densitometry files; the ranges stand in `bonescan.errors`."""

from . import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        code="BS-E180",
        title="no numbers in this export: an image only",
        hint="Ask the console to send structured reports (DICOM SR) with the images.",
    ),
    CodeInfo(
        code="BS-E181",
        title="no numbers in this export: a PDF report",
        hint="Ask the console to send structured reports (DICOM SR), or type the numbers in.",
    ),
    CodeInfo(
        code="BS-E182",
        title="a report whose numbers were not understood",
        hint="Look at the report yourself, and tell us maker, model and software version.",
    ),
    CodeInfo(
        code="BS-E183",
        title="a page of a REMS device without readable numbers",
        hint="Type the numbers of the page in, each twice (documentation, Tables of results).",
    ),
    CodeInfo(
        code="BS-E184",
        title="no numbers in this export: neither report nor image",
        hint="Ask the console to send structured reports (DICOM SR) with the images.",
    ),
    CodeInfo(
        code="BS-E185",
        title="a PDF that is damaged, hostile or beyond the caps",
        hint="Open it yourself, and print it to a new PDF or type its numbers in.",
    ),
    CodeInfo(
        code="BS-E186",
        title="a PDF that asks for a password",
        hint="Save it without a password.",
    ),
    CodeInfo(
        code="BS-E187",
        title="a table of results of which no row can be used",
        hint="Compare its first rows with the column map (--column-map).",
    ),
    CodeInfo(
        code="BS-W210",
        title="an image that can't be shown",
        hint="Send it uncompressed, or install the decoder of its compression.",
    ),
    CodeInfo(
        code="BS-W211",
        title="BMC divided by area is not the printed BMD",
        hint="Compare with the console; the export or its transfer may be at fault.",
    ),
    CodeInfo(
        code="BS-W212",
        title="a total is not the sum of its parts",
        hint="Compare with the console; the export or its transfer may be at fault.",
    ),
    CodeInfo(
        code="BS-W213",
        title="a vertebra more than 1.0 T from its neighbour",
        hint="Look at the image for fracture, degeneration or metal; leaving a vertebra out is "
        "for a person to decide.",
    ),
    CodeInfo(
        code="BS-W214",
        title="DXA with a pregnancy status of possibly or definitely pregnant",
        hint="Not routine in pregnancy; confirm status.",
    ),
    CodeInfo(
        code="BS-W215",
        title="parts of a report that were not understood",
        hint="Look at the report yourself, and tell us maker, model and software version.",
    ),
    CodeInfo(
        code="BS-W217",
        title="a printed number that can't be true, stands twice, or is in an unknown unit",
        hint="Compare with the console.",
    ),
    CodeInfo(
        code="BS-W218",
        title="a spine total that was not printed and was computed",
        hint="Nothing to do; it is flagged.",
    ),
    CodeInfo(
        code="BS-W219",
        title="two carriers in one file contradict each other",
        hint="Compare both values with the console; none of the file's numbers decides anything.",
    ),
    CodeInfo(
        code="BS-W224",
        title="a row or number of a results table that can't be used",
        hint="Correct the line in a copy of the table, or the column map, and run again.",
    ),
    CodeInfo(
        code="BS-W225",
        title="numbers of a results table that contradict each other",
        hint="Compare with the device or its printed page; the number decides nothing.",
    ),
    CodeInfo(
        code="BS-W226",
        title="two sides named for one scan",
        hint="Look at the picture; the header, the protocol or the report names the wrong side.",
    ),
)
