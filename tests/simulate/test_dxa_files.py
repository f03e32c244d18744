"""Simulated DXA exports, looked at with the DICOM library alone."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from io import BytesIO

import numpy as np
import pydicom
import pytest

from bonescan.simulate.dicom_common import DicomExam
from bonescan.simulate.dicom_hologic import hip_capture, lumbar_capture, members_of
from bonescan.simulate.dicom_lunar import lunar_image
from bonescan.simulate.dxa_numbers import on_scale, read_hip, read_spine, rounded
from bonescan.simulate.people import person_with_bone
from bonescan.simulate.sr_ge import ge_report
from bonescan.simulate.sr_imaging_report import imaging_report

CELL = re.compile(r'ResultsTable1\[ ?(\d+)\]\[ ?(\d+)\] = "([^"]*)"')
# The order of the fifteen rows of a lumbar page, transcribed from a printed Horizon report.
PRINTED_ORDER = [
    "L1", "L2", "L3", "L4", "L1-L2", "L1,L3", "L1,L4", "L2-L3", "L2,L4", "L3-L4", "L1-L3",
    "L1-L2,L4", "L1,L3-L4", "L2-L4", "L1-L4",
]  # fmt: skip


@pytest.fixture(scope="module")
def exam():
    person = person_with_bone(
        np.random.default_rng(1), (0.65, 0.78, 0.86), person_id="p", sex="F", age_years=61.2,
        height_cm=158.0, weight_kg=58.0, menopausal_status="postmenopausal",
    )  # fmt: skip
    return DicomExam(
        person=person, patient_id="0000042", issuer="SIM", name="TEST^PERSON^SIMULATED=許功蓋",
        birth_date=date(1964, 3, 1), exam_date=date(2025, 5, 14), exam_time="101500",
        manufacturer="HOLOGIC", model="Horizon A", serial="S1", software="13.6", operator="SIM",
        seed=1,
    )  # fmt: skip


def rng():
    return np.random.default_rng(2)


def opened(content):
    return pydicom.dcmread(BytesIO(content))


def table_of(content):
    text = opened(content).private_block(0x0021, "HOLOGIC")[0x01].value
    cells = {(int(i), int(j)): value for i, j, value in CELL.findall(text)}
    n_rows = 1 + max(j for _, j in cells)
    return [[cells[i, j] for i in range(6)] for j in range(n_rows)]


def test_a_lumbar_capture_holds_the_fifteen_rows_of_the_printed_page(exam):
    table = table_of(lumbar_capture(exam, rng(), show_t=True))
    assert [row[0] for row in table] == ["Region", *PRINTED_ORDER]


def test_rows_of_a_lumbar_capture_add_up(exam):
    rows = {row[0]: row for row in table_of(lumbar_capture(exam, rng(), show_t=True))[1:]}
    for label, row in rows.items():
        area, bmc, bmd = (Decimal(v) for v in row[1:4])
        members = [rows[v] for v in members_of(label)]
        assert area == sum(Decimal(m[1]) for m in members)
        assert bmc == sum(Decimal(m[2]) for m in members)
        assert abs(bmc / area - bmd) <= Decimal("0.0005")


def test_t_scores_of_a_lumbar_capture_rest_on_the_hologic_reference(exam):
    """1.047/0.110 for L1-L4 gives the 0.794 -> -2.30 that a report prints."""
    row = table_of(lumbar_capture(exam, rng(), show_t=True))[-1]
    expected = (Decimal(row[3]) - Decimal("1.047")) / Decimal("0.110")
    assert abs(Decimal(row[4]) - expected) <= Decimal("0.05")


def test_the_page_of_a_premenopausal_woman_has_a_blank_t_column(exam):
    table = table_of(lumbar_capture(exam, rng(), show_t=False))
    assert table[0][4] == "T-score"
    assert {row[4] for row in table[1:]} == {" "}
    assert re.fullmatch(r"-?\d\.\d", table[-1][5])


def test_scan_line_and_header_follow_the_grammar(exam):
    text = opened(lumbar_capture(exam, rng(), show_t=True)).private_block(0x0021, "HOLOGIC")[1]
    assert 'Scan = "14 May 2025 - A0514250A";\r\n' in text.value
    assert 'PatientName = "TEST^PERSON^SIMULATED=許功蓋";' in text.value
    assert 'DOB = "01.03.1964";' in text.value
    assert text.VR == "LT"


def test_the_crop_box_of_a_capture_frames_its_picture(exam):
    ds = opened(lumbar_capture(exam, rng(), show_t=True))
    text = ds.private_block(0x0021, "HOLOGIC")[0x01].value
    x, y, w, h = (
        int(re.search(rf'Image{k} = "(\d+)"', text).group(1))
        for k in ("XPos", "YPos", "XSize", "YSize")
    )
    pixels = ds.pixel_array
    outside = np.ones(pixels.shape, dtype=bool)
    outside[y : y + h, x : x + w] = False
    assert (pixels[outside] == 200).all()
    assert pixels[~outside].std() > 20


def test_a_hip_total_is_neck_trochanter_and_intertrochanter(exam):
    rows = {row[0]: row for row in table_of(hip_capture(exam, rng()))[1:]}
    parts = [rows[name] for name in ("Neck", "Troch", "Inter")]
    for column in (1, 2):
        assert Decimal(rows["Total"][column]) == sum(Decimal(r[column]) for r in parts)
    assert float(rows["Neck"][3]) == pytest.approx(0.65, rel=0.05)
    assert float(rows["Total"][3]) == pytest.approx(0.78, rel=0.05)


def items(node):
    for item in node.get("ContentSequence", []):
        yield item
        yield from items(item)


def concept(item):
    code = item.ConceptNameCodeSequence[0]
    return code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning


def test_a_report_names_sites_and_quantities_by_standard_codes(exam):
    """Vertebra codes are easily swapped: 14293000 is L2. LOINC of lumbar spine, femur, hip."""
    ds = opened(imaging_report(exam, rng()))
    groups = [i for i in items(ds) if i.ValueType == "CONTAINER" and concept(i)[0] == "125007"]
    found = {}
    for group in groups:
        site = next(
            i.ConceptCodeSequence[0]
            for i in group.ContentSequence
            if i.ValueType == "CODE" and concept(i)[0] == "363698007"
        )
        tracking = next(i.TextValue for i in group.ContentSequence if i.ValueType == "TEXT")
        numbers = [i for i in group.ContentSequence if i.ValueType == "NUM"]
        found[tracking] = (site.CodeValue, [concept(i)[0] for i in numbers])
    spine = ["24966-4", "BMC", "42798000", "38267-1", "85394-5"]
    assert found == {
        "L1": ("66794005", spine),
        "L2": ("14293000", spine),
        "L3": ("36470004", spine),
        "L4": ("11994002", spine),
        "L1-L4": ("122496007", spine),
        "femoral-neck-left": ("29627003", ["80954-1", "BMC", "42798000", "80948-3", "80940-0"]),
        "total-hip-left": ("29836001", ["46278-8", "BMC", "42798000", "80946-7", "80938-4"]),
    }
    populations = {
        i.TextValue for i in items(ds) if i.ValueType == "TEXT" and concept(i)[0] == "121405"
    }
    assert populations == {"Hologic White Female", "NHANES III White Female"}


def test_a_ge_like_report_states_scores_as_text_and_dates_newest_first(exam):
    ds = opened(ge_report(exam, rng(), (date(2023, 5, 22), Decimal("1.031"))))
    assert ds.ConceptNameCodeSequence[0].CodeMeaning == "DXA Report"
    scans = list(ds.ContentSequence)
    assert all(concept(scan)[0].startswith("2000") for scan in scans)
    assert [concept(scan)[2] for scan in scans] == ["AP Spine", "Left Femur"]
    total = next(i for i in scans[0].ContentSequence if concept(i)[2] == "L1-L4")
    kinds = {concept(i)[2]: i.ValueType for i in total.ContentSequence}
    assert kinds == {
        "BMD": "NUM", "BMC": "NUM", "AREA": "NUM", "BMD_TSCORE": "TEXT", "BMD_PYA": "NUM",
        "BMD_ZSCORE": "TEXT", "BMD_PAM": "NUM",
    }  # fmt: skip
    trend = next(i for i in scans[0].ContentSequence if concept(i)[2] == "Trend L1-L4")
    assert [concept(i)[2] for i in trend.ContentSequence] == ["14/05/2025", "22/05/2023"]


def test_hologic_and_ge_read_the_same_bone_apart():
    """Spine 1.074 x + 0.054 (Genant 1994); neck by equal sBMD: 0.858 -> 1.038, NHANES III."""
    assert on_scale(1.0, "ge", "L1-L4") == pytest.approx(1.128)
    assert on_scale(0.858, "ge", "femoral-neck") == pytest.approx(1.0380, abs=5e-5)
    assert on_scale(0.942, "ge", "total-hip") == pytest.approx(1.0077, abs=5e-5)


def test_a_reading_errs_by_1_2_percent(exam):
    draws = np.random.default_rng(3)
    for read in (read_spine, read_hip):
        factors = [read(exam.person, "hologic", draws)[1] for _ in range(400)]
        assert np.std(factors) == pytest.approx(0.012, rel=0.15)
        assert np.mean(factors) == pytest.approx(1.0, abs=0.002)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("-2.45", "-2.5"), ("-2.449", "-2.4"), ("-0.04", "0.0"), ("0.05", "0.1")],
)
def test_rounding_is_half_away_from_zero(value, expected):
    assert str(rounded(Decimal(value), Decimal("0.1"))) == expected


@pytest.mark.parametrize(
    ("protocol", "modality"),
    [("AP Spine", "CR"), ("Left Femur", "OT"), ("Left Femur", "DX"), ("Left Femur", "BMD")],
)
def test_a_lunar_like_image_has_an_exposed_area_and_no_numbers(exam, protocol, modality):
    ds = opened(lunar_image(exam, protocol, modality, rng()))
    assert ds.Modality == modality
    assert ds.ProtocolName == protocol
    assert "PixelSpacing" not in ds
    assert "ImagerPixelSpacing" not in ds
    width_mm, height_mm = ds.ExposedArea
    assert width_mm / ds.Columns == pytest.approx(0.25, rel=0.01)
    assert height_mm / ds.Rows == pytest.approx(0.25, rel=0.015)
    pixels = ds.pixel_array
    assert pixels.dtype == np.uint8
    assert set(np.unique(pixels % 2)) == {0}  # about 7 bits, as the real exports
    assert pixels.max() == 252
    assert (pixels[:, 0] == 252).mean() > 0.9


@pytest.mark.parametrize("make", [imaging_report, ge_report, hip_capture])
def test_the_same_exam_gives_the_same_bytes(exam, make):
    assert make(exam, rng()) == make(exam, rng())
