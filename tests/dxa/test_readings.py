"""Every number a carrier holds is kept with its place, as printed, used or not."""

from __future__ import annotations

from hashlib import sha256

import pytest

from bonescan.model.vocabulary import OutcomeKind

GE_REPORT = ("2000001", "99GE", "DXA Report")
BMD, T, PYA = ("1", "99GE", "BMD"), ("4", "99GE", "BMD_TSCORE"), ("6", "99GE", "BMD_PYA")


def by_place(result):
    return {r.place: r for r in result.readings}


def test_a_report_gives_path_text_unit_and_reference(measured, dicom):
    d = dicom
    neck = d.container(
        ("21", "99GE", "Neck Left"),
        d.num(BMD, "0.830", "g/cm2"), d.text(T, "-0,0"), d.num(PYA, "80", "%"),
        d.text(("5", "99GE", "BMD_ZSCORE"), " "),
    )  # fmt: skip
    reference = d.text(("9", "99GE", "T-score reference population"), "USA (v113)")
    report = d.report(GE_REPORT, reference, d.container(("2000100", "99GE", "DualFemur"), neck))
    found = by_place(measured(report))
    bmd = found["DualFemur/Neck Left/BMD"]
    # the digits as sent: a float would have lost the last one
    assert (bmd.text, bmd.value, bmd.unit, bmd.proof) == ("0.830", 0.83, "g/cm2", "text")
    assert (bmd.site, bmd.region_text, bmd.carrier) == ("femoral-neck-left", "Neck Left", "sr")
    t = found["DualFemur/Neck Left/BMD_TSCORE"]
    assert (t.text, str(t.value), t.reference) == ("-0,0", "0.0", "USA (v113)")
    blank = found["DualFemur/Neck Left/BMD_ZSCORE"]
    assert (blank.text, blank.value, blank.proof) == ("", None, "")
    assert found["DualFemur/Neck Left/BMD_PYA"].quantity == "bmd-pya"


def test_visits_of_a_trend_are_kept_and_make_no_measurement(measured, dicom):
    d = dicom
    visit = d.container(("23", "99GE", "04/06/2013"), d.num(BMD, "1.042", "g/cm2"))
    region = d.container(("21", "99GE", "L1-L4"), d.num(BMD, "1.014", "g/cm2"))
    trend = d.container(("22", "99GE", "Trend L1-L4"), visit)
    result = measured(d.report(GE_REPORT, d.container(("2000100", "99GE", "AP Spine"),
                                                      trend, region)))  # fmt: skip
    assert [m.bmd_g_cm2 for m in result.measurements] == [1.014]
    old = by_place(result)["AP Spine/Trend L1-L4/04/06/2013/BMD"]
    assert (old.quantity, old.text) == ("bmd-of-another-day", "1.042")


def test_visits_in_image_comments_are_kept_likewise(measured, dicom):
    xml = (
        "<DENSITOMETRY_RESULTS><CURRENT_EXAM><SCAN type='AP Spine'><TREND>"
        "<TREND_ROI>L1-L4</TREND_ROI>"
        "<EXAM><EXAM_DATE>01/03/2010</EXAM_DATE><BMD units=' g/cm2'>1.042</BMD></EXAM>"
        "<EXAM><EXAM_DATE>02/02/2015</EXAM_DATE><BMD units=' g/cm2'>1,014</BMD></EXAM>"
        "</TREND></SCAN></CURRENT_EXAM></DENSITOMETRY_RESULTS>"
    )
    result = measured(dicom.lunar(extra={(0x20, 0x4000): dicom.el(0x20, 0x4000, "LT", xml)}))
    assert [m.bmd_g_cm2 for m in result.measurements] == [1.014]
    assert [(r.quantity, r.text, r.unit) for r in result.readings] == [
        ("bmd", "1,014", "g/cm2"), ("bmd-of-another-day", "1.042", "g/cm2"),
    ]  # fmt: skip


@pytest.mark.parametrize("element", [0x1001, 0x1142])
def test_cells_of_a_private_table_name_their_element_and_cell(measured, dicom, element):
    text = (
        'ResultsTable1[ 0][ 0] = "Region";ResultsTable1[ 1][ 0] = "BMD[g/cm2]";'
        'ResultsTable1[ 2][ 0] = "Fat[(g)]";'
        'ResultsTable1[ 0][ 1] = "T12";ResultsTable1[ 1][ 1] = "0.812";'
        'ResultsTable1[ 2][ 1] = "12.5";'
    )
    block = element >> 8
    extra = {
        (0x21, block): dicom.el(0x21, block, "LO", "HOLOGIC"),
        (0x21, element): dicom.el(0x21, element, "LT", text),
    }
    result = measured(dicom.lunar(extra=extra))
    bmd, fat = result.readings
    assert bmd.place == f"(0021,{element:04X}) ResultsTable1[1][1]"
    assert (fat.quantity, fat.text, fat.unit, fat.site) == ("fat", "12.5", "g", "T12")
    # T12 is kept and stands in no label
    assert [m.site for m in result.measurements] == ["T12"]


@pytest.mark.parametrize("size", [64, 2**20 + 2])
def test_raw_data_are_told_by_name_length_and_hash(measured, dicom, size):
    raw = bytes(size)
    extra = {
        (0x7003, 0x10): dicom.el(0x7003, 0x10, "LO", "GEMS_LUNAR_RAW"),
        (0x7003, 0x1001): dicom.el(0x7003, 0x1001, "ST", "abcdefghij.mex"),
        (0x7003, 0x1002): dicom.el(0x7003, 0x1002, "OB", raw),
        (0x7003, 0x1003): dicom.el(0x7003, 0x1003, "UL", size.to_bytes(4, "little")),
    }
    result = measured(dicom.lunar(extra=extra))
    assert result.kind == OutcomeKind.NO_NUMBERS
    details = dict(result.details)
    assert details["raw data (enCORE), file name"] == "abcdefghij.mex"
    assert details["raw data (enCORE), file length"] == str(size)
    want = f"{size} bytes, SHA-256 {sha256(raw).hexdigest()}"
    assert details["raw data (enCORE), file data"] == want


def test_backup_files_of_apex_are_told_likewise(measured, dicom):
    extra = {
        (0x23, 0x10): dicom.el(0x23, 0x10, "LO", "Hologic"),
        (0x23, 0x1001): dicom.el(0x23, 0x1001, "LO", "P0514A01.P01"),
        (0x23, 0x1002): dicom.el(0x23, 0x1002, "OB", b"PP"),
        (0x23, 0x1004): dicom.el(0x23, 0x1004, "OB", b"RR"),
    }
    details = dict(measured(dicom.lunar(extra=extra)).details)
    assert details["raw data (APEX), P file name"] == "P0514A01.P01"
    assert sha256(b"RR").hexdigest() in details["raw data (APEX), R file data"]
