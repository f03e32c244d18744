"""Disc spaces: drawn spines with known rows, a real picture, and what is no spine."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.dxa.discs import find_disc_rows, find_discs

PIXEL_MM = (0.5, 0.5)
DISCS_MM = (20.0, 54.0, 90.0, 128.0, 169.0)


def draw_spine(discs_mm=DISCS_MM, *, height_mm=190.0, width_mm=150.0, pixel_mm=PIXEL_MM, disc=0.4):
    """Draw bodies of 1.0 between discs of `disc`, on soft tissue of 0.05; rounded by 2 mm."""
    y = (np.arange(round(height_mm / pixel_mm[1])) + 0.5) * pixel_mm[1]
    x = (np.arange(round(width_mm / pixel_mm[0])) + 0.5) * pixel_mm[0]
    column = 1.0 / (1.0 + np.exp((np.abs(x - width_mm / 2) - 22.0) / 1.0))
    depth = sum((np.exp(-0.5 * ((y - d) / 3.0) ** 2) for d in discs_mm), np.zeros(y.size))
    return 0.05 + np.outer(1.0 - (1.0 - disc) * depth, column)


@pytest.mark.parametrize("pixel_mm", [(0.25, 0.25), (0.6, 1.05), (1.5, 1.5)])
def test_drawn_discs_are_found_to_half_a_pixel(pixel_mm):
    rows = find_disc_rows(draw_spine(pixel_mm=pixel_mm), pixel_mm)
    want = np.array(DISCS_MM) / pixel_mm[1] - 0.5  # the middle of row 0 is half a row down
    assert len(rows) == len(want)
    np.testing.assert_allclose(rows, want, atol=0.5)


def test_eight_bits_and_a_density_map_give_the_same_rows():
    spine = draw_spine()
    grey = np.rint(spine * 200).astype(np.uint8)
    np.testing.assert_allclose(
        find_disc_rows(grey, PIXEL_MM), find_disc_rows(spine * 1.1, PIXEL_MM), atol=0.3
    )


def test_a_staircase_margin_of_the_largest_value_does_not_draw_the_axis():
    spine = draw_spine()
    want = find_discs(spine, PIXEL_MM)
    spine[:150, :30] = spine[100:, -40:] = 3.0
    found = find_discs(spine, PIXEL_MM)
    assert found.column == want.column
    np.testing.assert_allclose(found.rows, want.rows, atol=0.5)


def test_noise_over_the_spine_moves_a_line_by_less_than_two_millimetres():
    rng = np.random.default_rng(7)
    noisy = draw_spine() + rng.normal(0.0, 0.1, (380, 300))
    rows = np.array(find_disc_rows(noisy, PIXEL_MM))
    np.testing.assert_allclose((rows + 0.5) * 0.5, DISCS_MM, atol=2.0)


@pytest.mark.parametrize(
    ("discs_mm", "reason"),
    [
        ((50.0, 90.0), "2 dark rows, wanted at least 3"),
        ((20.0, 54.0, 110.0, 144.0), "mm apart are no row of vertebrae"),
        ((15.0, 70.0, 125.0, 180.0), "mm apart are no row of vertebrae"),
        ((), "no rows that are darker than others"),
    ],
    ids=["two lines", "one vertebra as high as two", "all 55 mm apart", "a rod"],
)
def test_lines_that_do_not_stand_as_vertebrae_do_are_refused(discs_mm, reason):
    found = find_discs(draw_spine(discs_mm), PIXEL_MM)
    assert found.rows == ()
    assert found.column is None
    assert reason in found.reason


@pytest.mark.parametrize(("step_mm", "n_lines"), [(50.0, 4), (51.5, 0)])
def test_vertebrae_up_to_50_mm_apart_are_taken(step_mm, n_lines):
    rows = find_disc_rows(draw_spine(tuple(18.0 + step_mm * i for i in range(4))), PIXEL_MM)
    assert len(rows) == n_lines


@pytest.mark.parametrize(
    ("heights_mm", "n_lines"), [((30.0, 42.5, 42.5), 4), ((29.0, 43.5, 43.5), 0)]
)
def test_neighbours_up_to_1_45_times_as_high_are_taken(heights_mm, n_lines):
    rows = find_disc_rows(draw_spine(tuple(np.cumsum((25.0, *heights_mm)))), PIXEL_MM)
    assert len(rows) == n_lines


@pytest.mark.parametrize(("last_mm", "n_lines"), [(34.2, 4), (33.8, 0)])
def test_vertebrae_that_grow_smaller_downward_stand_upside_down(last_mm, n_lines):
    # 0.85 x 40 mm = 34.0 mm
    discs_mm = tuple(np.cumsum((25.0, 40.0, 38.0, last_mm)))
    found = find_discs(draw_spine(discs_mm, pixel_mm=(0.1, 0.1)), (0.1, 0.1))
    assert len(found.rows) == n_lines
    assert ("not head above" in found.reason) is (n_lines == 0)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((0, 0)), "no picture of rows and columns"),
        (np.zeros((0, 300)), "no picture of rows and columns"),
        (np.zeros((3, 4, 5)), "no picture of rows and columns"),
        (np.zeros((1, 1)), "shows no lumbar spine"),
        (np.ones((1, 100_000)), "shows no lumbar spine"),
        (np.ones((100_000, 1)), "shows no lumbar spine"),
        (np.zeros((400, 300)), "no bright column"),
        (np.full((400, 300), 252, dtype=np.uint8), "no bright column"),
        (np.full((400, 300), np.nan), "no bright column"),
        (np.full((400, 300), -np.inf), "no bright column"),
        (np.random.default_rng(1).random((400, 300)), "no bright column"),
        (np.random.default_rng(2).integers(0, 65536, (400, 300), dtype=np.uint16), "no bright"),
    ],
)
def test_what_shows_no_spine_gives_no_line_and_a_reason(image, reason):
    found = find_discs(image, PIXEL_MM)
    assert found.rows == ()
    assert reason in found.reason


@pytest.mark.parametrize("pixel_mm", [(0.0, 0.5), (-1.0, 0.5), (np.nan, 0.5), (0.5, 2.43)])
def test_pixels_of_no_or_a_coarse_size_are_refused(pixel_mm):
    assert "pixels not between 0 and 2 mm" in find_discs(draw_spine(), pixel_mm).reason


def test_the_image_handed_in_is_left_alone():
    spine = draw_spine()
    spine[0, 0] = np.nan
    before = spine.copy()
    find_disc_rows(spine, PIXEL_MM)
    np.testing.assert_array_equal(spine, before)
