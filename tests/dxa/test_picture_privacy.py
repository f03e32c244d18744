"""Report pages show names; the pictures and crops that are kept of them do not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from bonescan.dxa.burned_in.page_picture import table_only
from bonescan.dxa.burned_in.read_page import page_tables, read_page
from bonescan.dxa.picture_privacy import shown_part
from bonescan.model.header import DicomItem
from bonescan.simulate.report_dicom import page_capture
from bonescan.simulate.report_pages import PageStyle, ReportPage, draw_page

CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
STYLES = (PageStyle(layout="hologic", font="aileron"), PageStyle(layout="rems", font="aileron"))


def with_name(pixels):
    """Write a name at the top, one at the foot and one between the headings and the rows."""
    image = Image.fromarray(pixels)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=18)
    for where in ((20, 4), (20, image.height - 30)):
        draw.text(where, "Name: Lin Mei-Hua 1960-01-02", fill=10, font=font)
    for table in page_tables(pixels)[1]:
        first, heads = table.rows[0], table.columns.values()
        left, top = first.label_box.left, max(h.bottom for h in heads) + 2
        if first.label_box.top - top > 12:
            draw.text((left, top), "Lin", fill=10, font=ImageFont.load_default(size=10))
    return np.asarray(image)


def picture(data):
    with Image.open(io.BytesIO(data)) as opened:
        return np.asarray(opened.convert("L"))


@pytest.mark.parametrize("style", STYLES)
def test_the_picture_of_a_page_is_the_same_with_and_without_a_name_on_it(style):
    page = draw_page(style, 9).pixels
    named = with_name(page)
    assert (named != page).any()
    shown = shown_part(named, CAPTURE, DicomItem())
    assert shown.words.startswith("only the table")
    np.testing.assert_array_equal(shown.pixels, shown_part(page, CAPTURE, DicomItem()).pixels)
    assert shown.pixels.size < page.size / 2


@pytest.mark.parametrize("style", STYLES)
def test_crops_for_a_person_hold_no_name_either(style):
    page = draw_page(style, 9).pixels
    for a, b in zip(read_page(page).readings, read_page(with_name(page)).readings, strict=True):
        assert a.crop_png == b.crop_png


def test_a_crop_shows_the_whole_row_below_its_headings():
    page = draw_page(STYLES[0], 9)
    crops = {r.quantity: picture(r.crop_png) for r in read_page(page.pixels).readings[:5]}
    (table,) = page_tables(page.pixels)[1]
    row, heads = table.rows[0], table.columns.values()
    for crop in crops.values():
        assert crop.shape[1] >= max(h.right for h in heads) - row.label_box.left
        assert crop.shape[0] >= row.box.height + max(h.height for h in heads)
    assert (crops["t"] != crops["z"]).any()  # each frames its own number


def test_a_row_label_that_was_not_understood_is_not_in_the_picture_of_the_page():
    page = draw_page(STYLES[0], 9).pixels
    (table,) = page_tables(page)[1]
    box = table.rows[1].label_box
    smeared = page.copy()
    smeared[box.top : box.bottom, box.left : box.right] = np.where(
        np.indices((box.height, box.width)).sum(axis=0) % 3 == 0, 10, page[0, 0]
    )
    tables = page_tables(smeared)[1]
    shown = table_only(tables, smeared)
    unknown = [r for t in tables for r in t.rows if not r.label and r.label_box]
    for row in unknown:
        assert not _contains(shown, smeared[row.label_box.top : row.label_box.bottom,
                                            row.label_box.left : row.label_box.right])  # fmt: skip
    assert table_only(tables, smeared) is not None


def _contains(whole, part):
    windows = np.lib.stride_tricks.sliding_window_view(whole, part.shape)
    return bool((windows == part).all(axis=(2, 3)).any())


def test_a_page_without_a_table_has_no_picture():
    blank = np.full((400, 600), 250, dtype=np.uint8)
    shown = shown_part(with_name(blank), CAPTURE, DicomItem())
    assert shown.pixels is None
    assert "may show a name" in shown.words


def scan_picture():
    rng = np.random.default_rng(5)
    rows, columns = np.mgrid[:300, :200]
    return (
        90 + 60 * np.sin(rows / 40) * np.cos(columns / 50) + rng.normal(0, 2, (300, 200))
    ).astype(np.uint8)


def test_a_scan_that_says_it_carries_text_has_no_picture(measured):
    data = page_capture(page_of(scan_picture()), 9)  # BurnedInAnnotation YES
    result = measured(data)
    assert result.pictures == ()
    assert any(key == "picture" and "burned into it" in text for key, text in result.details)


def page_of(pixels) -> ReportPage:
    import dataclasses

    return dataclasses.replace(draw_page(STYLES[0], 9), pixels=pixels)


def test_an_image_of_a_scan_is_shown_as_it_is():
    pixels = scan_picture()
    shown = shown_part(pixels, "1.2.840.10008.5.1.4.1.1.1", DicomItem())
    assert shown.pixels is pixels
    assert shown.words == ""


def test_a_captured_scan_with_letters_in_it_has_no_picture():
    shown = shown_part(with_name(scan_picture()), CAPTURE, DicomItem())
    assert shown.pixels is None


def test_the_page_of_a_capture_shows_its_table_only(measured):
    result = measured(page_capture(draw_page(STYLES[0], 9), 9))
    (shown,) = result.pictures
    assert "report_text_blanked" in shown.flags
