"""What becomes of a densitometry file as a whole."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest

from bonescan.dxa.carrier import load_carriers
from bonescan.dxa.picture import MAX_PNG_BYTES, dxa_picture
from bonescan.model.scan import ImageInfo
from bonescan.model.vocabulary import OutcomeKind, Severity, Technique


def spine_report(d, **rows):
    """A GE report of single vertebrae: name=(bmd, bmc, area, t)."""
    regions = [
        d.container(
            ("21", "99GE", name),
            d.num(("1", "99GE", "BMD"), bmd, "g/cm2"),
            d.num(("2", "99GE", "BMC"), bmc, "g"),
            d.num(("3", "99GE", "AREA"), area, "cm2"),
            d.text(("4", "99GE", "BMD_TSCORE"), t),
        )
        for name, (bmd, bmc, area, t) in rows.items()
    ]
    return d.report(
        ("2000001", "99GE", "DXA Report"), d.container(("2000100", "99GE", "AP Spine"), *regions)
    )


# area and BMD of a public Lunar page (L1..L4 area 8.46, 9.20, 10.40, 11.40 cm2; BMD 0.886, 1.061,
# 1.138, 0.987), BMC = BMD x area; T of the enCORE vector of discordance
LUNAR_PAGE = {
    "L1": ("0.886", "7.50", "8.46", "-2.0"),
    "L2": ("1.061", "9.76", "9.20", "-1.2"),
    "L3": ("1.138", "11.84", "10.40", "-0.5"),
    "L4": ("0.987", "11.25", "11.40", "-1.8"),
}


def test_a_total_that_was_not_printed_is_computed_and_flagged(measured, dicom):
    result = measured(spine_report(dicom, **LUNAR_PAGE))
    total = result.measurements[-1]
    assert total.site == "L1-L4"
    assert total.bmd_g_cm2 == pytest.approx(40.35 / 39.46)
    assert "computed_from_vertebrae" in total.flags
    assert total.reported_t_score is None
    assert "BS-W218" in [p.code for p in result.problems]


def test_discordant_vertebrae_are_flagged_and_nothing_is_left_out(measured, dicom):
    result = measured(spine_report(dicom, **LUNAR_PAGE))
    flagged = {m.site for m in result.measurements if "vertebra_discordant" in m.flags}
    assert flagged == {"L3", "L4", "L1-L4"}
    assert len(result.measurements) == 5
    assert ("exclusion proposed, not done", "L3 or L4") in result.details
    (warning,) = [p for p in result.problems if p.code == "BS-W213"]
    assert "L3 and L4 by 1.3" in warning.reason


@pytest.mark.parametrize(("code", "asks"), [(1, False), (2, True), (3, True), (4, False)])
def test_pregnancy_status_asks_and_keeps_the_numbers(measured, dicom, code, asks):
    report = spine_report(dicom, L1=LUNAR_PAGE["L1"])
    element = dicom.us(0x10, 0x21C0, code)
    at = report.index(struct.pack("<HH", 0x18, 0x15))
    result = measured(report[:at] + element + report[at:])
    notes = [p for p in result.problems if p.code == "BS-W214"]
    assert bool(notes) is asks
    assert ("confirm_pregnancy" in result.measurements[0].flags) is asks
    assert result.measurements[0].bmd_g_cm2 == 0.886
    assert all(
        n.severity == Severity.NOTE and "not routine in pregnancy" in n.reason for n in notes
    )


REMS = {"maker": "ECHOLIGHT", "model": "EchoStation"}


def test_numbers_of_a_rems_device_are_a_technique_of_their_own(measured, dicom):
    d = dicom
    changes = {
        (8, 0x60): ("CS", "BDUS"),
        (8, 0x70): ("LO", REMS["maker"]),
        (8, 0x1090): ("LO", REMS["model"]),
    }
    data = d.report(
        ("1", "99EL", "REMS Report"),
        d.container(
            ("2", "99EL", "Femoral Neck Left"),
            d.num(("3", "99EL", "BMD"), "0.652", "g/cm2"),
            d.num(("4", "99EL", "T-score"), "-1.8", "1"),
            d.num(("5", "99EL", "Fragility Score"), "45.2", "1"),
        ),
        changes=changes,
    )
    (row,) = measured(data).measurements
    assert (row.technique, row.scale) == (Technique.REMS, None)
    assert (row.site, row.fragility_score) == ("femoral-neck-left", 45.2)


def test_a_page_of_a_rems_device_needs_a_person(measured, dicom):
    changes = {(8, 0x60): ("CS", "US"), (8, 0x70): ("LO", "Echolight S.p.A.")}
    result = measured(dicom.lunar({**changes, (8, 0x1090): ("LO", "EchoS")}))
    assert (result.kind, result.code) == (OutcomeKind.NEEDS_REVIEW, "BS-E183")


def test_an_image_without_numbers_is_a_normal_outcome(measured, dicom):
    result = measured(dicom.lunar())
    assert (result.kind, result.code, result.carrier) == (
        OutcomeKind.NO_NUMBERS,
        "BS-E180",
        "image",
    )
    assert "structured report" in result.hint
    assert ("pixel size", "0.250 × 0.250 mm, from ExposedArea") in result.details
    (picture,) = result.pictures
    assert (picture.kind, picture.site) == ("dxa", "lumbar-spine")
    assert (picture.width_mm, picture.height_mm) == (4.0, 5.0)


def test_raw_data_of_the_maker_are_mentioned(measured, dicom):
    extra = {
        (0x7003, 0x10): dicom.el(0x7003, 0x10, "LO", "GEMS_LUNAR_RAW"),
        (0x7003, 0x1002): dicom.el(0x7003, 0x1002, "OB", bytes(64)),
    }
    assert "raw data" in measured(dicom.lunar(extra=extra)).reason


def test_a_pdf_report_without_text_is_a_normal_outcome(measured, dicom, pages):
    result = measured(dicom.encapsulated(pages.pdf([])))
    assert (result.kind, result.code, result.carrier) == (OutcomeKind.NO_NUMBERS, "BS-E181", "pdf")


def test_an_image_that_can_not_be_decoded_costs_its_picture_only(measured, dicom):
    frames = (
        struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF)
        + struct.pack("<HHI", 0xFFFE, 0xE000, 0)
        + struct.pack("<HHI", 0xFFFE, 0xE000, 4)
        + b"\xff\xd8\xff\xd9"
        + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    )
    data = dicom.lunar({}, {(0x7FE0, 0x10): frames}, syntax="1.2.840.10008.1.2.4.70")
    result = measured(data)
    assert result.pictures == ()
    assert [p.code for p in result.problems] == ["BS-W210"]
    assert result.kind == OutcomeKind.NO_NUMBERS


def test_flags_of_the_reader_reach_every_measurement(measured, dicom):
    report = spine_report(dicom, **LUNAR_PAGE).replace(b"F ", b"O ", 1)
    name = "陳怡君".encode("big5")
    report = report.replace(b"TEST^ONE", name + b"  ")
    result = measured(report)
    assert all("charset_guessed" in m.flags for m in result.measurements)


def test_carriers_are_tried_in_one_order():
    carriers = load_carriers()
    order = ["sr", "hologic-private", "ge-comments", "pdf-text", "burned-in"]
    assert [c.name for c in carriers] == order
    assert [c.order for c in carriers] == sorted({c.order for c in carriers})


def test_a_carrier_finds_nothing_in_a_plain_image(scan_of, dicom):
    scan = scan_of(dicom.lunar())
    assert [c.find(scan) for c in load_carriers()] == [None] * len(load_carriers())


# ------------------------------------------------------------------ pictures


def info(rows, columns, pitch=(1.0, 1.0)):
    return ImageInfo(
        n_rows=rows, n_columns=columns, pixel_pitch_mm=pitch, pitch_source="PixelSpacing"
    )


def test_a_large_noisy_image_becomes_a_small_picture_of_the_same_shape():
    from PIL import Image

    pixels = np.random.default_rng(1).integers(0, 256, (1768, 808)).astype(np.uint8)
    picture = dxa_picture(pixels, "lateral-spine", info(1768, 808), inverted=False)
    assert len(picture.png) <= MAX_PNG_BYTES
    decoded = Image.open(io.BytesIO(picture.png))  # by a library that did not write it
    assert decoded.size == (picture.width_px, picture.height_px)
    assert picture.height_px / picture.width_px == pytest.approx(1768 / 808, rel=0.02)


def test_pixels_that_are_not_square_are_shown_square():
    pixels = np.zeros((50, 100), dtype=np.uint8)
    picture = dxa_picture(pixels, "lumbar-spine", info(50, 100, (0.60, 1.05)), inverted=False)
    assert picture.width_px / picture.height_px == pytest.approx(60 / 52.5, rel=0.03)
    assert (picture.width_mm, picture.height_mm) == (60.0, 52.5)


@pytest.mark.parametrize("inverted", [False, True])
def test_small_pictures_keep_their_grey_values(inverted):
    from PIL import Image

    pixels = np.arange(12 * 9, dtype=np.uint8).reshape(12, 9)
    picture = dxa_picture(pixels, "", info(12, 9), inverted)
    shown = np.asarray(Image.open(io.BytesIO(picture.png)))
    np.testing.assert_array_equal(shown, 255 - pixels if inverted else pixels)


def test_deep_pixels_are_stretched():
    from PIL import Image

    pixels = np.linspace(100, 4_000, 30, dtype=np.uint16).reshape(5, 6)
    shown = np.asarray(Image.open(io.BytesIO(dxa_picture(pixels, "", info(5, 6), False).png)))
    assert (shown.min(), shown.max()) == (0, 255)
    flat = np.full((5, 6), 7, dtype=np.uint16)
    assert len(dxa_picture(flat, "", info(5, 6), False).png) > 50


# ------------------------------------------------------------------ real exports


@pytest.mark.shared
def test_real_exports_are_images_without_numbers(shared_dir):
    from pathlib import Path

    from bonescan.dxa.measure import measure_dxa
    from bonescan.read.registry import read_scan
    from bonescan.settings import ReadSettings

    seen = []
    for path in sorted(Path(shared_dir / "data" / "dxa-real").glob("*.dcm")):
        scan = read_scan(path, ReadSettings())
        result = measure_dxa(scan)
        assert (result.kind, result.code) == (OutcomeKind.NO_NUMBERS, "BS-E180")
        assert len(result.pictures[0].png) <= MAX_PNG_BYTES
        column, row = scan.image.pixel_pitch_mm
        seen.append((scan.site, round((column + row) / 2, 2)))
    assert sorted(seen) == [
        ("femur-left", 0.25),
        ("femur-right", 0.25),
        ("knee-left", 0.25),
        ("knee-right", 0.25),
        ("lateral-spine", 0.25),
        ("lumbar-spine", 0.25),
        ("total-body", 2.42),
        ("total-body", 2.42),
    ]
