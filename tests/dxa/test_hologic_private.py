"""Hologic's private text: the pages whose numbers are public, transcribed by hand.

The 15-row lumbar table and the dual hip table are those of printed Horizon A
pages (Apex, analysis version 13.6.0.5); the grammar is that of a public
parsing script for Discovery W exports. None of these bytes were written by
bonescan.
"""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonescan.dxa.carriers.hologic_private import CARRIER
from bonescan.model.vocabulary import Origin, OutcomeKind, Technique

LUMBAR = """
PatientName = "TEST, ONE";
PatientSex = "Female";
DOB = "01.02.1980";
Scan = "14 May 2019 - A05141901";
ImageXPos = "12";
ResultsTable1[ 0][ 0] = "Region          ";
ResultsTable1[ 1][ 0] = "Area[cm<sup><small>2</small></sup>]";
ResultsTable1[ 2][ 0] = "BMC[(g)]";
ResultsTable1[ 3][ 0] = "BMD[g/cm<sup><small>2</small></sup>]";
ResultsTable1[ 4][ 0] = "T-score";
ResultsTable1[ 5][ 0] = "Z-score";
"""
# region, area, BMC, BMD, Z; the T column of this premenopausal page is blank
LUMBAR_ROWS = """
L1 13.26 11.58 0.873 -1.0
L2 13.72 12.94 0.943 -0.7
L3 14.81 13.93 0.941 -1.2
L4 13.97 13.40 0.959 -0.8
L1-L2 26.99 24.52 0.909 -0.5
L1,L3 28.07 25.51 0.909 -0.8
L1,L4 27.24 24.98 0.917 -1.0
L2-L3 28.53 26.88 0.942 -0.9
L2,L4 27.70 26.35 0.951 -1.0
L3-L4 28.78 27.34 0.950 -1.3
L1-L3 41.79 38.45 0.920 -0.8
L1-L2,L4 40.96 37.92 0.926 -0.9
L1,L3-L4 42.04 38.91 0.925 -1.0
L2-L4 42.50 40.28 0.948 -1.1
L1-L4 55.77 51.85 0.930 -1.0
"""
SITES = [
    "L1", "L2", "L3", "L4", "L1-L2", "L1+L3", "L1+L4", "L2-L3", "L2+L4", "L3-L4", "L1-L3",
    "L1+L2+L4", "L1+L3+L4", "L2-L4", "L1-L4",
]  # fmt: skip
FOOTER = "T-score vs. White Female. Source:2012 BMDCS/NHANES White Female."
FOOTER_Z = "Z-score vs. White Female. Source:2012 BMDCS/NHANES White Female."

# block, row, area, BMC, BMD, Z; Mean and |Diff.| as printed where the page shows them
HIP_ROWS = """
Neck Left 4.86 3.90 0.804 -0.2
Neck Right 4.30 3.73 0.868 0.4
Neck Mean 4.58 3.82 0.836 0.1
Neck |Diff.| 0.55 0.17 0.064 0.6
Ward's Left 1.12 0.66 0.594 -0.8
Ward's Right 1.12 0.70 0.626 -0.5
Trochanter Left 2.97 2.39 0.803 1.0
Trochanter Right 13.05 8.55 0.655 -0.4
Inter Left 29.92 25.24 0.844 -1.6
Inter Right 15.88 15.63 0.984 -0.7
Total Left 37.75 31.54 0.835 -0.8
Total Right 33.23 27.91 0.840 -0.7
"""


def cells(rows: list[list[str]], table: str = "ResultsTable1") -> str:
    lines = []
    for j, row in enumerate(rows, start=1):
        lines += [f'{table}[ {i}][ {j}] = "{cell}";' for i, cell in enumerate(row)]
    return "\n".join(lines) + "\n"


def lumbar_text(end: str = "\r\n") -> str:
    rows = []
    for line in LUMBAR_ROWS.split("\n"):
        if line:
            region, area, bmc, bmd, z = line.split()
            rows.append([f"{region:<12}", area, bmc, bmd, " ", z])
    text = LUMBAR + cells(rows) + f'Footer = "{FOOTER}";\nFooter2 = "{FOOTER_Z}";\n'
    return text.replace("\n", end)


def hip_text() -> str:
    rows, last = [], ""
    for line in HIP_ROWS.split("\n"):
        if line:
            block, side, *numbers = line.split()
            if block != last:
                rows.append([block, " ", " ", " ", " ", " "])
            last = block
            rows.append([side, *numbers[:3], " ", numbers[3]])
    return LUMBAR.replace("\n", "\r\n") + cells(rows)


@pytest.fixture
def capture(dicom):
    """A Hologic secondary capture with private text."""

    def _make(text, block=0x10, creator="HOLOGIC", protocol="a Lumbar Spine", vr="LT", **more):
        changes = {
            (8, 0x16): ("UI", dicom.SC_IMAGE),
            (8, 0x60): ("CS", "OT"),
            (8, 0x70): ("LO", "HOLOGIC"),
            (8, 0x1090): ("LO", "Horizon A"),
            (8, 0x1030): ("LO", ""),
            (8, 0x103E): ("LO", ""),
            (0x18, 0x1030): ("LO", protocol),
            (0x40, 0x254): None,
            (0x40, 0x303): None,
            **more,
        }
        extra = {
            (0x21, block): dicom.el(0x21, block, "LO", creator),
            (0x21, block << 8 | 1): dicom.el(0x21, block << 8 | 1, vr, text),
        }
        return dicom.lunar(changes, extra)

    return _make


def test_all_fifteen_rows_of_the_lumbar_page(measured, capture):
    result = measured(capture(lumbar_text()))
    assert result.kind == OutcomeKind.REPORTED
    assert result.carrier == "hologic-private"
    assert [m.site for m in result.measurements] == SITES
    total = result.measurements[-1]
    assert (total.bmd_g_cm2, total.bmc_g, total.area_cm2) == (0.930, 51.85, 55.77)
    assert total.vertebrae_used == ("L1", "L2", "L3", "L4")
    assert (total.technique, total.origin, total.scale) == (
        Technique.DXA,
        Origin.REPORTED,
        "hologic",
    )
    assert [m.reported_z_score for m in result.measurements] == [
        float(line.split()[-1]) for line in LUMBAR_ROWS.split("\n") if line
    ]
    assert result.problems == ()  # the printed sums and quotients hold within rounding


def test_a_blank_t_column_is_valid(measured, capture):
    measurements = measured(capture(lumbar_text())).measurements
    assert {m.reported_t_score for m in measurements} == {None}
    assert {m.reported_reference for m in measurements} == {FOOTER_Z.removesuffix("")}


def test_the_printed_reference_stands_beside_a_printed_t(measured, capture):
    text = lumbar_text().replace(
        'ResultsTable1[ 4][ 15] = " ";', 'ResultsTable1[ 4][ 15] = "-1.1";'
    )
    total = measured(capture(text)).measurements[-1]
    assert total.reported_t_score == -1.1
    assert total.reported_reference == FOOTER


@pytest.mark.parametrize("block", [0x10, 0x11, 0xAB])
@pytest.mark.parametrize("creator", ["HOLOGIC", "Hologic"])
def test_any_block_and_either_spelling_of_the_creator(measured, capture, block, creator):
    assert len(measured(capture(lumbar_text(), block, creator)).measurements) == 15


@pytest.mark.parametrize("vr", ["LT", "UT", "UN", "OB"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\\r\\n"], ids=["lf", "crlf", "written out"])
def test_any_text_element_and_any_line_end(measured, capture, vr, end):
    assert len(measured(capture(lumbar_text(end), vr=vr)).measurements) == 15


def test_another_makers_creator_is_not_read(scan_of, capture):
    scan = scan_of(capture(lumbar_text(), creator="HOLOGIC, Inc."))
    assert CARRIER.find(scan) is None


def test_the_dual_hip_page_and_its_traps(measured, capture):
    result = measured(capture(hip_text(), protocol="Dual Hip"))
    by_site = {m.site: m for m in result.measurements}
    assert set(by_site) == {
        "femoral-neck-left", "femoral-neck-right", "femoral-neck-mean", "wards-left", "wards-right",
        "trochanter-left", "trochanter-right", "intertrochanter-left", "intertrochanter-right",
        "total-hip-left", "total-hip-right",
    }  # fmt: skip
    assert by_site["femoral-neck-left"].bmd_g_cm2 == 0.804
    assert by_site["total-hip-right"].bmc_g == 27.91
    # the Mean row prints the mean of two densities, 0.836; 3.82/4.58 is 0.834: no fault of its own
    assert by_site["femoral-neck-mean"].bmd_g_cm2 == 0.836
    assert result.kind == OutcomeKind.REPORTED
    assert result.problems == ()


def test_a_single_hip_takes_its_side_from_the_scan(measured, capture):
    rows = [
        ["Neck", "4.86", "3.90", "0.804", "-1.2", "-0.2"],
        ["Troch", "2.97", "2.39", "0.803", " ", "1.0"],
        ["Inter", "29.92", "25.24", "0.844", " ", "-1.6"],
        ["TOTAL", "37.75", "31.54", "0.835", "-0.9", "-0.8"],
        ["Ward's", "1.12", "0.66", "0.594", "-1.2", "-0.8"],
    ]
    result = measured(capture(LUMBAR + cells(rows), protocol="a Left Hip"))
    assert [m.site for m in result.measurements] == [
        "femoral-neck-left",
        "trochanter-left",
        "intertrochanter-left",
        "total-hip-left",
        "wards-left",
    ]


def test_the_total_of_a_spine_page_is_that_of_its_vertebrae(measured, capture):
    # L3 left out on the console: 13.26 + 13.72 + 13.97 = 40.95, printed 40.96; the L1-L2,L4 row
    rows = [
        ["L1", "13.26", "11.58", "0.873", " ", " "],
        ["L2", "13.72", "12.94", "0.943", " ", " "],
        ["L4", "13.97", "13.40", "0.959", " ", " "],
        ["Total", "40.96", "37.92", "0.926", "-1.1", "-0.9"],
    ]
    result = measured(capture(LUMBAR + cells(rows)))
    assert result.measurements[-1].site == "L1+L2+L4"
    assert result.measurements[-1].vertebrae_used == ("L1", "L2", "L4")
    assert result.kind == OutcomeKind.REPORTED


def test_decimal_commas_are_read(measured, capture):
    rows = [["L1", "13,26", "11,58", "0,873", "-1,2", "-1,0"]]
    (row,) = measured(capture(LUMBAR + cells(rows))).measurements
    assert (row.bmd_g_cm2, row.reported_t_score) == (0.873, -1.2)


def test_a_unit_other_than_the_usual_is_converted_only_where_stated(measured, capture):
    rows = [["L1", "13.26", "11.58", "873", " ", " "]]
    stated = LUMBAR.replace("BMD[g/cm", "BMD[mg/cm")
    assert measured(capture(stated + cells(rows))).measurements[0].bmd_g_cm2 == pytest.approx(0.873)
    result = measured(capture(LUMBAR + cells(rows)))  # 873 g/cm2 can't be true and is not scaled
    assert result.measurements == ()
    assert result.kind == OutcomeKind.NEEDS_REVIEW


def test_rows_that_are_not_known_are_named_and_body_rows_are_not(measured, capture):
    rows = [
        ["L Arm", "184.1", "130.2", "0.707", " ", " "],
        ["Subtotal", "1682.38", "1465.33", "0.871", " ", " "],
        ["Head", "197.18", "388.04", "1.968", " ", " "],
        ["Total", "1879.56", "1853.37", "0.986", "-1.0", "-0.9"],
        ["Sella", "1.00", "1.00", "1.000", " ", " "],
    ]
    result = measured(capture(LUMBAR + cells(rows), protocol="a Whole Body"))
    assert [m.site for m in result.measurements] == ["total-body"]
    assert [p.code for p in result.problems] == ["BS-W215"]
    assert "Sella" in result.problems[0].reason


def test_numbers_that_contradict_each_other_need_review(measured, capture):
    text = lumbar_text().replace('"0.930"', '"0.935"')
    result = measured(capture(text))
    assert result.kind == OutcomeKind.NEEDS_REVIEW
    assert result.code == "BS-W211"
    total = result.measurements[-1]
    assert total.bmd_g_cm2 == 0.935  # as printed: nothing is improved
    assert "arithmetic_mismatch" in total.flags
    assert "L1-L4: BMC/area = 51.85/55.77 = 0.930, printed 0.935" in result.problems[0].reason


def test_scan_files_alone_are_no_numbers(measured, dicom, capture):
    data = capture("no table here")
    result = measured(data)
    assert (result.kind, result.code, result.carrier) == (
        OutcomeKind.NO_NUMBERS,
        "BS-E180",
        "image",
    )
    assert "Hologic APEX" in result.hint


XML = """<?xml version="1.0" encoding="UTF-16"?>
<Analysis><ScanType>a Left Hip</ScanType>
<Region name="Neck"><Area units="cm2">4.86</Area><BMC units="g">3.90</BMC>
<BMD units="g/cm2">0.804</BMD><T_Score>-1.2</T_Score><Z_Score>-0.2</Z_Score></Region>
<Region name="Total"><Area units="cm2">37.75</Area><BMC units="g">31.54</BMC>
<BMD units="g/cm2">0.835</BMD></Region></Analysis>"""


def test_the_xml_form(measured, capture):
    result = measured(capture(XML, protocol="a Left Hip"))
    assert [(m.site, m.bmd_g_cm2, m.reported_t_score) for m in result.measurements] == [
        ("femoral-neck-left", 0.804, -1.2),
        ("total-hip-left", 0.835, None),
    ]


def test_xml_with_a_document_type_is_refused(measured, capture):
    text = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'
    result = measured(capture(text))
    assert (result.kind, result.code) == (OutcomeKind.NEEDS_REVIEW, "BS-E182")
    assert "document type definition" in result.reason
    assert "root" not in result.reason.replace("document", "")


@given(text=st.text(alphabet='ResultsTable1[] =";L04.,-<>/ \r\n\\', max_size=400))
def test_no_text_breaks_the_grammar(text):
    from bonescan.dxa.carriers.hologic_private import _read_text
    from bonescan.dxa.printed import Found
    from bonescan.model.exam import Device, Exam, Subject
    from bonescan.model.header import DicomItem
    from bonescan.model.scan import DxaScan

    scan = DxaScan(
        source=None, subject=Subject(), device=Device(), exam=Exam(), header=DicomItem(),
        site=None, protocol=None, modality=None, sop_class_uid=None, image=None, pixels=None,
    )  # fmt: skip
    found = Found(carrier="hologic-private")
    _read_text("ResultsTable" + text, "(0021,1001)", scan, found)
    assert all(r.bmd_g_cm2 is None or 0 < r.bmd_g_cm2 < 6 for r in found.regions)


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["L1", "L2", "Neck", "Left", "Total", "|Diff.|", "?", ""]),
            st.lists(st.sampled_from(["1.00", "0,9", "-1.0", " ", "x", "9" * 20]), max_size=7),
        ),
        max_size=8,
    )
)
def test_no_table_breaks_the_reader(rows):
    from bonescan.dxa.printed import Found
    from bonescan.dxa.table import read_table

    found = Found(carrier="x")
    head = ["Region", "Area", "BMC", "BMD", "T-score", "Z-score"]
    read_table([head, *([label, *values] for label, values in rows)], "", found)
    assert all(r.site for r in found.regions)


def test_a_region_in_two_tables_that_differ_needs_review(measured, capture):
    first = [["L1", "13.26", "11.58", "0.873", "-1.2", "-1.0"]]
    other = [["L1", "13.00", "11.58", "0.891", "-1.0", "-0.9"]]
    second = LUMBAR.replace("ResultsTable1", "ResultsTable2") + cells(other, "ResultsTable2")
    result = measured(capture(LUMBAR + cells(first) + second))
    assert (result.kind, result.code) == (OutcomeKind.NEEDS_REVIEW, "BS-W217")
    (row,) = result.measurements
    assert row.bmd_g_cm2 == 0.873
    assert "region_printed_twice" in row.flags
    again = second.replace("13.00", "13.26").replace("0.891", "0.873")
    again = again.replace('"-1.0"', '"-1.2"').replace('"-0.9"', '"-1.0"')
    result = measured(capture(LUMBAR + cells(first) + again))
    assert (result.kind, result.measurements[0].flags) == (OutcomeKind.REPORTED, ())


def test_two_tables_of_a_region_that_agree_lend_each_other_numbers(measured, capture):
    first = [["L1", "13.26", "11.58", "0.873", " ", "-1.0"]]
    later = [["L1", " ", " ", "0.873", "-1.2", " "]]
    second = LUMBAR.replace("ResultsTable1", "ResultsTable2") + cells(later, "ResultsTable2")
    result = measured(capture(LUMBAR + cells(first) + second))
    (row,) = result.measurements
    assert (row.bmc_g, row.reported_t_score, row.reported_z_score) == (11.58, -1.2, -1.0)
    assert (result.kind, row.flags) == (OutcomeKind.REPORTED, ())


def test_cells_beyond_any_page_are_named(measured, capture):
    text = LUMBAR + cells([["L1", "13.26", "11.58", "0.873", " ", " "]])
    result = measured(capture(text + 'ResultsTable1[ 99][ 1] = "x";\n'))
    assert "cell [99][1]" in result.problems[0].reason


def test_the_scan_type_of_the_text_helps_where_the_header_is_silent(measured, capture):
    rows = [["Neck", "4.86", "3.90", "0.804", " ", "-0.2"]]
    text = 'ScanType = "a Right Hip";\n' + LUMBAR + cells(rows)
    assert measured(capture(text, protocol="")).measurements[0].site == "femoral-neck-right"
    assert (
        measured(capture(LUMBAR + cells(rows), protocol="")).measurements[0].site == "femoral-neck"
    )


@pytest.mark.parametrize(
    "piece", ["ResultsTable", "ResultsTable1[", "T-score vs ", 'a="', "a", " ", "[ 1][ 1] = "]
)
def test_a_megabyte_of_nonsense_takes_no_time(scan_of, capture, piece):
    # patterns that look back would need minutes for it
    text = "ResultsTable1" + piece * (1_000_000 // len(piece))
    scan = scan_of(capture(text, vr="UT"))
    start = time.process_time()
    CARRIER.find(scan)
    assert time.process_time() - start < 2.0


def test_each_analysis_keeps_the_reference_printed_in_it(measured, dicom):
    spine = cells([["L1-L4", "55.77", "51.85", "0.930", "-1.1", "0.1"]]).replace("\n", "\r\n")
    hip = cells([["Neck Left", "4.86", "2.84", "0.584", "-2.7", "0.1"]]).replace("\n", "\r\n")
    male = "T-score vs. White Male. Source: NHANES"
    changes = {(0x18, 0x1030): None, (0x40, 0x254): None}

    def references(*texts):
        extra = {(0x21, 0x10): dicom.el(0x21, 0x10, "LO", "HOLOGIC")}
        for number, text in enumerate(texts, start=0x1001):
            extra[0x21, number] = dicom.el(0x21, number, "LT", text)
        rows = measured(dicom.lunar(changes, extra)).measurements
        unknown = {m.site: "unknown_printed_reference" in m.flags for m in rows}
        return {m.site: (m.reported_reference, unknown[m.site]) for m in rows}

    head = LUMBAR.replace("\n", "\r\n")
    apart = f'{head}{spine}Foot = "{FOOTER}";', f'{head}{hip}Foot = "{male}";'
    assert references(*apart) == {"L1-L4": (FOOTER, False), "femoral-neck-left": (male, False)}
    # one text with two references: nobody can tell whose each is
    together = f'{head}{spine}Foot = "{FOOTER}";\r\nFoot2 = "{male}";'
    assert references(together) == {"L1-L4": (None, True)}
    assert references(f'{head}{spine}Foot = "{male}";') == {"L1-L4": (male, False)}
