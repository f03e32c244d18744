"""Lines and regions over the picture of a spine, and no line over what is none."""

from __future__ import annotations

import re

import numpy as np
import pytest

from bonescan.dxa.measure import measure_dxa
from bonescan.dxa.picture import dxa_picture
from bonescan.dxa.spine_picture import find_spine, mark_spine, spine_words
from bonescan.model.outcome import Picture
from bonescan.model.scan import ImageInfo
from bonescan.read.registry import read_scan
from bonescan.settings import ReadSettings

from .test_discs import DISCS_MM, draw_spine

BY_EYE_ROWS = (67, 205, 360, 525, 701)  # placed by eye on the real picture of 0.253 mm a row
BY_EYE_TOLERANCE_PX = 4  # 1 mm: nobody places a disc line by eye closer than that
REAL_SPINE = "1.2.840.113619.2.110.210419.20150928115733.2.2.12.1.dcm"


def grey(spine):
    return np.rint(np.clip(spine, 0.0, 1.0) * 250).astype(np.uint8)


def picture_of(pixels, pitch=(0.5, 0.5)):
    info = ImageInfo(
        n_rows=pixels.shape[0],
        n_columns=pixels.shape[1],
        pixel_pitch_mm=pitch,
        pitch_source="PixelSpacing",
    )
    return dxa_picture(pixels, "lumbar-spine", info, False, find_spine(pixels, pitch))


@pytest.mark.shared
def test_the_real_spine_is_marked_where_an_eye_placed_the_discs(shared_dir):
    result = measure_dxa(read_scan(shared_dir / "data" / "dxa-real" / REAL_SPINE, ReadSettings()))
    (picture,) = result.pictures
    lines = [o for o in picture.overlays if o.name == "disc"]
    rows = [o.points[0][1] * 780 / picture.height_px - 0.5 for o in lines]
    np.testing.assert_allclose(rows, BY_EYE_ROWS, atol=BY_EYE_TOLERANCE_PX)
    assert [o.label for o in picture.overlays if o.name == "region"] == ["1", "2", "3", "4"]
    assert picture.flags == ("no_bmd_scale",)
    assert result.measurements == ()
    said = dict(result.details)["spine in the picture"]
    assert "no_bmd_scale" in said
    assert not re.search(r"\bL[1-5]\b", said)
    assert str(result.kind) == "no-numbers"


@pytest.mark.shared
def test_the_regions_of_the_real_spine_are_as_wide_as_vertebrae(shared_dir):
    scan = read_scan(shared_dir / "data" / "dxa-real" / REAL_SPINE, ReadSettings())
    marks = find_spine(scan.pixels.pixels(), scan.image.pixel_pitch_mm)
    widths_mm = [(right - left) * 0.2514 for left, _, right, _ in marks.regions]
    assert all(33.0 <= w <= 60.0 for w in widths_mm)  # 33 mm: the least printed on public reports


@pytest.mark.shared
def test_no_line_is_drawn_over_the_seven_other_real_pictures(shared_dir):
    seen = 0
    for path in sorted((shared_dir / "data" / "dxa-real").glob("*.dcm")):
        scan = read_scan(path, ReadSettings())
        if scan.site == "lumbar-spine":
            continue
        marks = find_spine(scan.pixels.pixels(), scan.image.pixel_pitch_mm)
        assert marks.disc_rows == marks.regions == ()
        assert marks.reason
        assert measure_dxa(scan).pictures[0].overlays == ()
        seen += 1
    assert seen == 7


@pytest.mark.parametrize("pitch", [(0.25, 0.25), (0.6, 1.05), (0.25, 1.05)])
def test_lines_and_regions_lie_on_the_drawn_vertebrae(pitch):
    marks = find_spine(grey(draw_spine(pixel_mm=pitch)), pitch)
    rows_mm = (np.array(marks.disc_rows) + 0.5) * pitch[1]
    np.testing.assert_allclose(rows_mm, DISCS_MM, atol=0.6)
    for (left, top, right, bottom), above, below in zip(
        marks.regions, DISCS_MM[:-1], DISCS_MM[1:], strict=True
    ):
        assert (left + 0.5) * pitch[0] == pytest.approx(75.0 - 22.0, abs=1.5)  # half brightness
        assert (right + 0.5) * pitch[0] == pytest.approx(75.0 + 22.0, abs=1.5)
        assert (top + 0.5) * pitch[1] == pytest.approx(above, abs=0.6)
        assert (bottom + 0.5) * pitch[1] == pytest.approx(below, abs=0.6)


def test_marks_are_drawn_in_the_pixels_of_the_shown_picture():
    picture = picture_of(grey(draw_spine()))
    scale = picture.height_px / 190.0
    rows = [o.points[0][1] for o in picture.overlays if o.name == "disc"]
    np.testing.assert_allclose(rows, np.array(DISCS_MM) * scale, atol=1.5)
    assert all(
        0.0 <= x <= picture.width_px and 0.0 <= y <= picture.height_px
        for o in picture.overlays
        for x, y in o.points
    )


def test_an_inverted_picture_gives_the_same_lines():
    pixels = grey(draw_spine())
    straight = find_spine(pixels, (0.5, 0.5))
    turned = find_spine(255 - pixels, (0.5, 0.5), inverted=True)
    np.testing.assert_allclose(turned.disc_rows, straight.disc_rows, atol=0.01)


def test_where_it_is_not_sure_the_picture_says_so_and_has_no_line():
    picture = picture_of(np.zeros((400, 300), dtype=np.uint8))
    assert picture.overlays == ()
    assert picture.flags == ("no_bmd_scale", "spine_not_found")


def test_pixels_of_unknown_size_are_not_marked():
    marks = find_spine(grey(draw_spine()), None)
    assert marks.disc_rows == ()
    assert spine_words(marks)[1] == (
        "spine_not_found: the size of a pixel is not known; nothing is marked"
    )


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((0, 0), dtype=np.uint8),
        np.zeros((1, 1), dtype=np.uint16),
        np.zeros((1, 50_000), dtype=np.int16),
        np.zeros((50_000, 1), dtype=np.int16),
        np.full((300, 300), 65535, dtype=np.uint16),
        np.zeros((4, 4, 3), dtype=np.uint8),
    ],
    ids=lambda p: str(p.shape),
)
@pytest.mark.parametrize("pitch", [(0.25, 0.25), (1e-9, 1e-9), (1e9, 0.25), (np.nan, np.inf)])
def test_hostile_shapes_and_sizes_give_no_line(pixels, pitch):
    marks = find_spine(pixels, pitch, inverted=True)
    assert marks.disc_rows == ()
    assert marks.reason


def test_a_picture_without_a_size_in_mm_draws_lines_as_wide_as_the_regions():
    marks = find_spine(grey(draw_spine()), (0.5, 0.5))
    bare = Picture(kind="dxa", site="lumbar-spine", png=b"", width_px=300, height_px=380)
    lines = [o for o in mark_spine(bare, marks, (380, 300)).overlays if o.name == "disc"]
    left = min(box[0] for box in marks.regions)
    assert lines[0].points[0][0] == pytest.approx(left + 0.5, abs=0.06)
