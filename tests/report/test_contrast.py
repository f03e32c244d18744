"""Text can be read: contrast of the style sheets' own colours.

The limit and the formula are those of WCAG 2.1, success criterion 1.4.3
(4.5 : 1 for text) and 1.4.11 (3 : 1 for what a figure needs).
"""

from __future__ import annotations

import re

import pytest

from bonescan.report.environment import TEMPLATES

PAGE = (TEMPLATES / "page.css").read_text(encoding="utf-8")
WHO = (TEMPLATES / "who.css").read_text(encoding="utf-8")


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * d for d in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def variable(name: str) -> str:
    found = re.search(rf"--{name}:(#[0-9a-f]+)", PAGE)
    assert found, name
    return found[1]


def rule(css: str, selector: str, prop: str) -> str:
    found = re.search(rf"(?:^|}}|\n){re.escape(selector)}{{[^}}]*?\b{prop}:(#[0-9a-f]+)", css)
    assert found, f"{selector} has no {prop}"
    return found[1]


def test_the_formula_knows_its_ends() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21.0)
    assert contrast("#777", "#fff") == pytest.approx(4.48, abs=0.01)  # WCAG's own near miss


@pytest.mark.parametrize(
    ("ink", "paper"),
    [("ink", "paper"), ("muted", "paper"), ("muted", "soft"), ("accent", "paper"),
     ("accent", "soft"), ("warn-ink", "warn-fill"), ("warn-ink", "paper"), ("z-ink", "z-fill")],
)  # fmt: skip
def test_text_on_the_page(ink: str, paper: str) -> None:
    assert contrast(variable(ink), variable(paper)) >= 4.5


@pytest.mark.parametrize("name", ["normal", "osteopenia", "osteoporosis"])
def test_names_and_marks_of_the_who_bands(name: str) -> None:
    band = rule(WHO, f"svg .band-{name}", "fill")
    assert contrast(rule(WHO, f"svg .band-name-{name}", "fill"), band) >= 4.5
    assert contrast(rule(PAGE, "svg .point", "fill"), band) >= 4.5
    assert contrast(rule(PAGE, "svg .curve-name", "fill"), band) >= 4.5
    assert contrast(rule(PAGE, "svg .age-mean", "stroke"), band) >= 3.0
    assert contrast(rule(PAGE, "svg .cut", "stroke"), band) >= 3.0


@pytest.mark.parametrize("selector", ["svg .curve-name", "svg text", "svg .point-name"])
def test_text_in_the_z_band(selector: str) -> None:
    assert contrast(rule(PAGE, selector, "fill"), rule(PAGE, "svg .z-band", "fill")) >= 4.5
