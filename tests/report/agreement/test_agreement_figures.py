"""Figures of a comparison: numbers land where geometry says they must."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from statistics import NormalDist

import pytest

from bonescan.model.estimate import Estimate, undefined
from bonescan.report.figures.agreement import frame as frames
from bonescan.report.figures.agreement.cusum import cusum_plot
from bonescan.report.figures.agreement.difference_plot import Level, difference_plot
from bonescan.report.figures.agreement.flow import FlowStep, flow_diagram
from bonescan.report.figures.agreement.forest import ForestRow, forest
from bonescan.report.figures.agreement.heat_map import heat_map
from bonescan.report.figures.agreement.histogram import counted
from bonescan.report.figures.agreement.quantiles import mountain_plot, normal_quantile_plot
from bonescan.report.figures.agreement.roc import RocLine, roc_plot
from bonescan.report.figures.agreement.scatter import DotGroup, FittedLine, identity_scatter
from bonescan.report.figures.standalone import standalone

WORDS = {"title": "A <title>", "description": "a & description"}


def by_class(svg: str, word: str) -> list[ET.Element]:
    return [e for e in ET.fromstring(svg).iter() if word in (e.get("class") or "").split()]


def texts(svg: str) -> list[str]:
    return [e.text or "" for e in ET.fromstring(svg).iter("text")]


def ends(element: ET.Element) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (float(element.get(k, "nan")) for k in ("x1", "y1", "x2", "y2"))
    return x1, y1, x2, y2


def group(*points: tuple[float, float]) -> list[DotGroup]:
    return [DotGroup(name="all", style="plain", points=points)]


def scatter(lines: list[FittedLine]) -> str:
    return identity_scatter(
        group((0.0, 0.0), (1.0, 1.0), (0.5, 0.25)), lines, [], names=("x", "y"), **WORDS
    )


def test_identity_runs_from_corner_to_corner_of_equal_axes() -> None:
    x1, y1, x2, y2 = ends(by_class(scatter([]), "identity")[0])
    box = frames.Box()
    assert (x1, y1, x2, y2) == pytest.approx((box.left, box.bottom, box.right, box.top), abs=0.01)


def test_a_line_that_leaves_the_frame_is_cut_at_it() -> None:
    steep = FittedLine(name="steep", intercept=0.0, slope=2.0, style="fit-deming")
    x1, y1, x2, y2 = ends(by_class(scatter([steep]), "fit-deming")[0])
    box = frames.Box()
    # y = 2x crosses the lower edge (-0.05) at x = -0.025 and the upper one (1.05) at 0.525
    width = box.right - box.left
    assert x1 == pytest.approx(box.left + width * 0.025 / 1.1, abs=0.01)
    assert x2 == pytest.approx(box.left + width * 0.575 / 1.1, abs=0.01)
    assert (y1, y2) == pytest.approx((box.bottom, box.top), abs=0.01)


def test_a_line_outside_the_frame_is_not_drawn() -> None:
    far = FittedLine(name="far", intercept=9.0, slope=0.0, style="fit-pb")
    drawn = by_class(scatter([far]), "fit-pb")
    assert len(drawn) == 1  # its key alone
    assert "far" in texts(scatter([far]))


def test_every_pair_is_a_dot() -> None:
    dots = by_class(scatter([]), "dots")
    assert (dots[0].get("d") or "").count("M") == 3


def bland_altman(**changes: object) -> str:
    asked: dict[str, object] = {
        "trend": None, "acceptable": None, "names": ("mean", "difference"), "decimals": 2,
    } | changes  # fmt: skip
    levels = [
        Level(name="bias", value=0.0, low=-0.1, high=0.1, style="bias"),
        Level(name="upper limit", value=1.0, low=0.8, high=1.2, style="limit"),
        Level(name="lower limit", value=-1.0, low=-1.2, high=-0.8, style="limit"),
    ]
    return difference_plot(group((1.0, 0.5), (3.0, -0.5)), levels, **asked, **WORDS)  # type: ignore[arg-type]


def test_limits_stand_at_equal_distance_from_the_bias_with_their_values() -> None:
    svg = bland_altman()
    bias = ends(by_class(svg, "bias")[0])[1]
    upper, lower = (ends(e)[1] for e in by_class(svg, "limit"))
    assert bias - upper == pytest.approx(lower - bias, abs=0.02)
    assert {"bias 0.00", "upper limit 1.00", "lower limit −1.00"} <= set(texts(svg))


def test_the_band_of_a_limit_has_the_height_of_its_interval() -> None:
    svg = bland_altman()
    upper, lower = (ends(e)[1] for e in by_class(svg, "limit"))
    per_unit = (lower - upper) / 2.0
    heights = [float(e.get("height", "nan")) for e in by_class(svg, "limit-band")]
    assert heights == pytest.approx([0.4 * per_unit] * 2, abs=0.02)


def test_an_acceptable_difference_is_drawn_on_both_sides_and_named() -> None:
    svg = bland_altman(acceptable=0.6)
    assert len(by_class(svg, "acceptable")) == 3  # two lines and the key
    assert "acceptable, stated beforehand" in texts(svg)
    assert not by_class(bland_altman(), "acceptable")


def test_the_margin_counts_every_difference() -> None:
    assert len(by_class(bland_altman(), "histogram")) == 2


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0.0, 0.49], [2, 0]), ([0.5, 1.0], [0, 2]), ([-0.1, 1.1], [0, 0])],
)
def test_bins_hold_their_lower_edge_and_the_last_its_upper_too(
    values: list[float], expected: list[int]
) -> None:
    assert counted(values, (0.0, 1.0), 2)[0] == expected


def test_the_table_shows_counts_and_shares_of_rows_and_columns() -> None:
    svg = heat_map(
        [[8, 2, 0], [0, 5, 5], [0, 0, 0]], ("a", "b", "c"), names=("DXA", "REMS"), **WORDS
    )
    words = texts(svg)
    assert "80 % · 100 %" in words  # 8 of a row of 10 and of a column of 8
    assert "20 % · 29 %" in words  # 2 of 10 and of 7
    assert "none · 0 %" in words  # an empty row has no shares
    shades = [e.get("class", "") for e in by_class(svg, "cell")]
    assert "shade-8 diagonal" in shades[0]
    assert "shade-0" in shades[2]


def test_an_empty_table_is_drawn_without_dividing_by_nothing() -> None:
    svg = heat_map([[0, 0], [0, 0]], ("a", "b"), names=("x", "y"), **WORDS)
    assert texts(svg).count("none · none") == 4


def test_the_roc_curve_begins_and_ends_in_its_corners() -> None:
    line = RocLine(name="A 0.75", style="roc-a", points=[(0, 0), (0.25, 0.75), (1, 1)])
    curve = by_class(roc_plot([line], **WORDS), "roc-a")[0]
    first, *_between, last = (
        tuple(map(float, p.split(","))) for p in (curve.get("points") or "").split()
    )
    chance = ends(by_class(roc_plot([line], **WORDS), "identity")[0])
    assert first == pytest.approx(chance[:2], abs=0.01)
    assert last == pytest.approx(chance[2:], abs=0.01)


def test_a_stratum_without_a_value_says_why() -> None:
    rows = [
        ForestRow(name="Age"),
        ForestRow(name="50 to 59", n=40, estimate=Estimate(est=0.5, lo=0.4, hi=0.6)),
        ForestRow(name="60 to 69", n=1, estimate=undefined("one pair")),
    ]
    svg = forest(rows, axis_name="kappa", overall=0.5, decimals=2, **WORDS)
    assert "one pair" in texts(svg)
    assert "0.50 (0.40 to 0.60)" in texts(svg)
    mark = by_class(svg, "mark")
    assert len(mark) == 1
    # the mark of 0.5 stands on the dashed line of 0.5
    assert float(mark[0].get("x", "nan")) + 4 == ends(by_class(svg, "identity")[0])[0]


def test_an_endless_interval_is_cut_with_an_arrow_and_keeps_its_numbers() -> None:
    rows = [
        ForestRow(name=str(i), n=40, estimate=Estimate(est=0.5, lo=0.4, hi=0.6)) for i in range(3)
    ]
    rows.append(ForestRow(name="two pairs", n=2, estimate=Estimate(est=0.5, lo=-9.0, hi=9.0)))
    svg = forest(rows, axis_name="bias", overall=0.5, decimals=1, **WORDS)
    assert "0.5 (−9.0 to 9.0)" in texts(svg)
    assert len(by_class(svg, "arrow")) == 2
    short = ends(by_class(svg, "whisker")[0])
    assert short[2] - short[0] > 100  # the others keep their width


def test_a_forest_of_nothing_known_is_still_drawn() -> None:
    svg = forest(
        [ForestRow(name="a", n=0, estimate=undefined("no pairs"))],
        axis_name="bias", overall=None, decimals=2, **WORDS,
    )  # fmt: skip
    assert "no pairs" in texts(svg)


def test_the_flow_names_what_was_lost_on_the_way() -> None:
    steps = [
        FlowStep(name="found", n=10),
        FlowStep(name="readable", n=8),
        FlowStep(name="paired", n=8),
        FlowStep(name="analysed", n=5, lost=("3 without a T-score",)),
    ]
    words = texts(flow_diagram(steps, **WORDS))
    assert "2 not carried on" in words
    assert "3 without a T-score" in words
    assert sum("not carried on" in w for w in words) == 1


def test_normal_quantiles_of_normal_values_lie_on_the_line() -> None:
    normal = NormalDist()
    n = 41
    values = [normal.inv_cdf((i + 1 - 0.375) / (n + 0.25)) for i in range(n)]
    svg = normal_quantile_plot(values, y_name="d", **WORDS)
    x1, y1, x2, y2 = ends(by_class(svg, "identity")[0])
    places = re.findall(r"M([\d.-]+) ([\d.-]+)", by_class(svg, "plain")[0].get("d") or "")
    slope = (y2 - y1) / (x2 - x1)
    off = [float(y) - (y1 + slope * (float(x) - x1)) for x, y in places]
    assert max(map(abs, off)) < 5.0  # SD of the sample is a little below one


def test_the_mountain_peaks_at_the_median() -> None:
    svg = mountain_plot([-1.0, 0.0, 0.5, 0.6, 3.0], x_name="d", **WORDS)
    places = [
        tuple(map(float, p.split(",")))
        for p in (by_class(svg, "roc-a")[0].get("points") or "").split()
    ]
    assert min(range(5), key=lambda i: places[i][1]) == 2


def test_the_walk_starts_at_nothing_and_the_limits_are_inside_the_paper() -> None:
    svg = cusum_plot([1.0, 2.0, 1.0, 0.0], 3.0, **WORDS)
    upper, lower = sorted(ends(e)[1] for e in by_class(svg, "limit")[:2])
    zero = ends(by_class(svg, "zero")[0])[1]
    assert zero - upper == pytest.approx(lower - zero, abs=0.02)
    assert upper > frames.TOP
    first = (by_class(svg, "roc-a")[0].get("points") or "").split()[0]
    assert float(first.split(",")[1]) == pytest.approx(zero, abs=0.01)


def test_ticks_beyond_four_decimals_are_rounded() -> None:
    assert frames.label(0.00001, (0.00001, 0.00002)) == "0.0000"


def test_a_figure_on_its_own_is_a_whole_file_with_its_styles() -> None:
    text = standalone(roc_plot([], **WORDS))  # type: ignore[arg-type]
    root = ET.fromstring(text.split("\n", 1)[1])
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    style = root.find("{http://www.w3.org/2000/svg}style")
    assert style is not None
    assert "svg.agreement .identity{" in (style.text or "")
    assert ".sheet" not in (style.text or "")
    assert "@media" not in (style.text or "")
