"""Figures: numbers land where they should."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from datetime import date

import pytest

from bonescan.model.outcome import Overlay
from bonescan.report.figures import course as course_figure
from bonescan.report.figures import reference_plot as rp
from bonescan.report.figures.axis import Scale, ticks
from bonescan.report.figures.numbers import fixed
from bonescan.report.figures.scan_picture import scan_picture
from bonescan.report.figures.score_scale import t_scale, z_scale
from bonescan.report.figures.share_bar import share_bar

from . import fixtures

NECK = rp.YoungReference(mean_g_cm2=0.849, sd_g_cm2=0.111)
CURVE = rp.AgeReference(
    age_years=(20.0, 50.0, 80.0),
    mean_g_cm2=(0.88, 0.78, 0.64),
    minus_2_sd_g_cm2=(0.66, 0.56, 0.45),
    plus_2_sd_g_cm2=(1.12, 1.02, 0.85),
)
WORDS = {"title": "A <title>", "description": "a & description"}


def drawn(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def by_class(root: ET.Element, word: str) -> list[ET.Element]:
    return [e for e in root.iter() if word in (e.get("class") or "").split()]


def points_of(element: ET.Element) -> list[tuple[float, float]]:
    pairs = (pair.split(",") for pair in (element.get("points") or "").split())
    return [(float(x), float(y)) for x, y in pairs]


def one_point(bmd: float, age: float = 65.0, u: float | None = None) -> list[rp.PlotPoint]:
    return [rp.PlotPoint(age_years=age, bmd_g_cm2=bmd, bmd_u_g_cm2=u)]


def t_plot(bmd: float, *, coloured: bool = True) -> ET.Element:
    return drawn(rp.t_plot(one_point(bmd), NECK, CURVE, coloured=coloured, **WORDS))


@pytest.mark.parametrize(
    ("bmd", "band"),
    [  # 0.738 is T = -1.0 and 0.5715 is T = -2.5 with 0.849/0.111, by hand
        (0.739, "band-normal"), (0.737, "band-osteopenia"),
        (0.572, "band-osteopenia"), (0.571, "band-osteoporosis"),
    ],
)  # fmt: skip
def test_a_point_lies_in_the_band_of_its_class(bmd: float, band: str) -> None:
    root = t_plot(bmd)
    y = float(by_class(root, "point")[-1].get("cy") or "nan")
    rectangle = by_class(root, band)[0]
    top = float(rectangle.get("y") or "nan")
    assert top <= y <= top + float(rectangle.get("height") or "nan")


def test_t_labels_stand_at_their_bmd() -> None:
    root = t_plot(0.849)  # T = 0
    y_point = float(by_class(root, "point")[-1].get("cy") or "nan")
    zero = next(e for e in by_class(root, "t-label") if e.text == "0")
    assert float(zero.get("y") or "nan") - 4 == pytest.approx(y_point, abs=0.02)


def test_a_plot_without_colours_keeps_the_t_axis() -> None:
    root = t_plot(0.7, coloured=False)
    assert not [e for e in root.iter() if "band" in (e.get("class") or "")]
    assert by_class(root, "t-label")
    assert len(by_class(root, "cut")) == 2


def test_a_z_plot_has_a_band_and_no_trace_of_t() -> None:
    svg = rp.z_plot(one_point(0.8, age=32.0), CURVE, **WORDS)
    root = drawn(svg)
    assert by_class(root, "z-band")
    assert "T-score" not in svg
    assert not by_class(root, "t-label")
    assert not by_class(root, "cut")
    assert "Normal" not in svg


def test_the_bar_is_one_standard_uncertainty_each_way() -> None:
    root = drawn(rp.t_plot(one_point(0.7, u=0.05), NECK, None, coloured=True, **WORDS))
    bar = by_class(root, "bar")[0]
    ends = sorted(float(bar.get(k) or "nan") for k in ("y1", "y2"))
    y = {b: float(by_class(t_plot(b), "point")[-1].get("cy") or "nan") for b in (0.65, 0.75)}
    assert ends == pytest.approx([y[0.75], y[0.65]], abs=0.02)


@pytest.mark.parametrize("age", [8.0, 19.0, 97.5])
def test_ages_outside_the_usual_axis_are_still_inside_the_box(age: float) -> None:
    root = drawn(rp.t_plot(one_point(0.7, age=age), NECK, CURVE, coloured=False, **WORDS))
    x = float(by_class(root, "point")[-1].get("cx") or "nan")
    assert rp.LEFT <= x <= rp.RIGHT


@pytest.mark.parametrize("bmd", [0.05, 2.4])
def test_an_extreme_value_is_still_inside_the_box(bmd: float) -> None:
    y = float(by_class(t_plot(bmd), "point")[-1].get("cy") or "nan")
    assert rp.TOP <= y <= rp.BOTTOM


def test_titles_are_escaped_and_named() -> None:
    root = t_plot(0.7)
    assert root.get("role") == "img"
    assert root.findtext("title") == "A <title>"
    assert root.findtext("desc") == "a & description"


def test_gates_lie_below_the_surface_and_b_below_a() -> None:
    root = drawn(scan_picture(fixtures.bmode(), **WORDS))
    lines = {
        name: points_of(by_class(root, f"over-{name}")[0])
        for name in ("surface", "gate-a", "gate-b")
    }
    for (xs, ys), (xa, ya), (xb, yb) in zip(*lines.values(), strict=True):
        assert xs == xa == xb
        assert ys < ya < yb


def test_an_overlay_lands_on_its_pixels_and_on_its_depth() -> None:
    picture = fixtures.bmode()  # 128 x 300 pixels, 38 x 60 mm, first row at 10 mm
    root = drawn(scan_picture(picture, **WORDS))
    image = next(e for e in root.iter() if e.tag == "image")
    box = {k: float(image.get(k) or "nan") for k in ("x", "y", "width", "height")}
    assert box["width"] / box["height"] == pytest.approx(38 / 60, abs=1e-3)
    column, row = picture.overlays[0].points[5]
    x, y = points_of(by_class(root, "over-surface")[0])[5]
    assert x == pytest.approx(box["x"] + column / 128 * box["width"], abs=0.01)
    assert y == pytest.approx(box["y"] + row / 300 * box["height"], abs=0.01)
    at_40_mm = next(e for e in by_class(root, "label") if e.text == "40")
    wanted = box["y"] + (40 - 10) / 60 * box["height"]
    assert float(at_40_mm.get("y") or "nan") - 4 == pytest.approx(wanted, abs=0.01)


def test_a_gap_in_the_surface_is_not_bridged() -> None:
    gap = (
        (0.0, 5.0),
        (1.0, 5.0),
        (2.0, math.nan),
        (3.0, 6.0),
        (4.0, 6.0),
        (5.0, math.nan),
        (6.0, 7.0),
    )
    picture = fixtures.bmode()
    lines = (Overlay(name="surface", points=gap),)
    root = drawn(scan_picture(type(picture)(kind="bmode", site="x", png=picture.png, width_px=128,
                                            height_px=300, overlays=lines), **WORDS))  # fmt: skip
    pieces = by_class(root, "over-surface")
    assert [len(points_of(p)) for p in pieces] == [2, 2]
    assert "nan" not in ET.tostring(root, encoding="unicode")


def test_without_millimetres_there_is_no_depth_axis() -> None:
    picture = fixtures.bmode()
    bare = type(picture)(kind="bmode", site="x", png=picture.png, width_px=128, height_px=300)
    svg = scan_picture(bare, **WORDS)
    assert "Depth" not in svg
    assert "Depth (mm)" in scan_picture(picture, **WORDS)
    assert "Depth" not in scan_picture(fixtures.dxa(), **WORDS)


def test_a_course_joins_points_of_one_device_only() -> None:
    days = (date(2024, 1, 1), date(2024, 7, 1), date(2025, 1, 1), date(2025, 7, 1))
    points = [
        course_figure.CoursePoint(day=day, bmd_g_cm2=0.8 + i / 100, device=device)
        for i, (day, device) in enumerate(zip(days, "aabb", strict=True))
    ]
    root = drawn(course_figure.course(points, **WORDS))
    assert [len(points_of(e)) for e in by_class(root, "course-line")] == [2, 2]
    assert len(by_class(root, "point")) == 4


def test_a_course_of_equal_values_on_one_day_is_drawn() -> None:
    point = course_figure.CoursePoint(day=date(2024, 1, 1), bmd_g_cm2=0.8)
    root = drawn(course_figure.course([point, point], **WORDS))
    assert len(by_class(root, "point")) == 2


def test_words_in_a_figure_are_escaped() -> None:
    point = course_figure.CoursePoint(day=date(2024, 1, 1), bmd_g_cm2=0.8, phase="<b>&\x1b\u202e")
    svg = course_figure.course([point, point], **WORDS)
    assert "<b>" not in svg
    assert "&lt;b&gt;&amp;\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}" in svg


def test_a_small_change_does_not_look_large() -> None:
    points = [
        course_figure.CoursePoint(day=date(2024, m, 1), bmd_g_cm2=b)
        for m, b in ((1, 0.8), (9, 0.808))
    ]
    root = drawn(course_figure.course(points, **WORDS))
    first, last = (float(e.get("cy") or "nan") for e in by_class(root, "point"))
    share = abs(first - last) / (course_figure.BOTTOM - course_figure.TOP)
    assert share < 0.1  # 1 % of change takes less than a tenth of the height


def test_score_scales_place_the_score() -> None:
    t, z = drawn(t_scale(-2.5, coloured=True, **WORDS)), drawn(z_scale(-2.0, **WORDS))
    edge = by_class(t, "band-osteoporosis")[0]
    right_edge = float(edge.get("x") or "nan") + float(edge.get("width") or "nan")
    assert float(by_class(t, "point")[0].get("cx") or "nan") == pytest.approx(right_edge, abs=0.02)
    band = by_class(z, "z-band")[0]
    assert float(by_class(z, "point")[0].get("cx") or "nan") == float(band.get("x") or "nan")
    assert not [e for e in z.iter() if "band-" in (e.get("class") or "").replace("z-band", "")]


@pytest.mark.parametrize("score", [-9.4, 7.7])
def test_a_score_outside_the_scale_widens_it(score: float) -> None:
    x = float(
        by_class(drawn(t_scale(score, coloured=False, **WORDS)), "point")[0].get("cx") or "nan"
    )
    assert 20 < x < 440


def test_shares_fill_the_bar() -> None:
    root = drawn(share_bar([("a", 1.0), ("b", 0.0), ("c", 3.0)], **WORDS))
    widths = [float(e.get("width") or "nan") for e in by_class(root, "share")]
    assert widths == [115.0, 345.0]
    assert by_class(drawn(share_bar([("a", 0.0)], **WORDS)), "share") == []


@pytest.mark.parametrize(
    ("low", "high", "most", "wanted"),
    [
        (0.43, 1.21, 5, (0.6, 0.8, 1.0, 1.2)),
        (20.0, 90.0, 8, (20, 30, 40, 50, 60, 70, 80, 90)),
        (-0.5, 0.5, 3, (-0.5, 0.0, 0.5)),
        (0.7501, 0.7502, 4, (0.75012, 0.75014, 0.75016, 0.75018, 0.7502)[:4]),
    ],
)
def test_ticks_are_round_values_inside(
    low: float, high: float, most: int, wanted: tuple[float, ...]
) -> None:
    found = ticks(low, high, most)
    assert len(found) <= most
    assert all(low - 1e-9 <= v <= high + 1e-9 for v in found)
    if (low, high) != (0.7501, 0.7502):
        assert found == wanted


def test_a_scale_maps_its_ends() -> None:
    scale = Scale(low=1.0, high=3.0, start=100.0, end=0.0)
    assert (scale(1.0), scale(2.0), scale(3.0)) == (100.0, 50.0, 0.0)
    assert (scale.clip(9.0), scale.clip(-9.0)) == (0.0, 100.0)


@pytest.mark.parametrize(
    ("value", "decimals", "wanted"),
    [(-2.5, 1, "−2.5"), (0.0, 1, "0.0"), (-0.04, 1, "0.0"), (1.25, 3, "1.250"), (-12.0, 0, "−12")],
)
def test_numbers_have_fixed_decimals_and_a_true_minus(
    value: float, decimals: int, wanted: str
) -> None:
    assert fixed(value, decimals) == wanted


def test_no_figure_carries_a_colour_of_its_own() -> None:
    figures = [
        rp.t_plot(one_point(0.7, u=0.05), NECK, CURVE, coloured=True, **WORDS),
        rp.z_plot(one_point(0.7), CURVE, **WORDS),
        t_scale(-1.0, coloured=True, **WORDS),
        scan_picture(fixtures.dxa(), **WORDS),
    ]
    for svg in figures:
        assert not re.search(r"\b(fill|stroke|style)=", svg)
