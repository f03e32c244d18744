"""Report pages as densitometers print them into a picture, with every number known.

Layouts in the manner of Hologic and GE Lunar reports and of a REMS device's
page; they are drawings of our own and show no maker's name or mark. `draw_page`
returns the picture and, beside it, what stands where and what the device meant.
A fault puts one wrong number, sign, point or damaged glyph on the page.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonescan.errors import UsageError

from .dxa_numbers import Region, read_hip, read_spine, rounded, scored
from .people import VirtualPerson, draw_person
from .report_fonts import PageFont

LAYOUTS = ("hologic", "ge", "rems")
SITES = ("spine", "hip")
DPIS = (72, 90, 150, 300)
FAULTS = (
    "minus-removed", "minus-added", "point-lost", "swap-3-8", "swap-1-7", "swap-5-6", "blot",
    "labels-swapped",
)  # fmt: skip
PAGE_PT = (500.0, 330.0)  # width, height
CAPITAL_PT = 7.2  # height of a capital letter of a 10-point face
ROW_PT = 15.0
HEAD_PT = 110.0  # from the top to the first line of the table's head
PAPER, INK = 250, 10
DAYS_PER_YEAR = 365.25
_SHARES = {"jpeg": 0.3, "smooth": 0.75, "dark": 0.7, "colour": 0.3, "comma": 0.15, "total": 0.3}
_COLUMNS = {
    "hologic": ("area", "bmc", "bmd", "t", "z"),
    "ge": ("bmd", "t", "z", "bmc", "area"),
    "rems": ("bmd", "t", "z"),
}
_HEADS = {
    "area": ("Area", "(cm2)"), "bmc": ("BMC", "(g)"), "bmd": ("BMD", "(g/cm2)"),
    "t": ("T-score", ""), "z": ("Z-score", ""),
}  # fmt: skip
_FIRST_PT, _STEP_PT = 150.0, 72.0  # right end of the first column of numbers, and the next
HIP_LABELS = {
    "hologic": {"Neck": "femoral-neck", "Troch": "trochanter", "Inter": "intertrochanter",
                "Total": "total-hip", "Ward's": "wards"},
    "ge": {"Neck": "femoral-neck", "Wards": "wards", "Troch": "trochanter", "Total": "total-hip"},
    "rems": {"Femoral neck": "femoral-neck"},
}  # fmt: skip
REFERENCE = {
    "hologic": "T-score vs. White Female. Source: 2012 BMDCS/NHANES White Female.",
    "ge": "USA (NHANES/Lunar) Female, White Reference Population",
    "rems": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStyle:
    """How a page looks, and what is wrong with it."""

    layout: str = "hologic"
    site: str = "spine"
    font: str = "aileron"
    dpi: int = 150
    smooth: bool = True  # False: black and white
    dark_on_light: bool = True
    colour: bool = False  # three samples a pixel
    jpeg_quality: int | None = None
    decimal: str = "."
    tracking_px: int = 0  # negative: letters touch
    total_label: str = "L1-L4"  # Hologic also writes "Total"
    fault: str = ""

    def __post_init__(self) -> None:
        """Refuse words that no page has."""
        for word, allowed in (
            (self.layout, LAYOUTS), (self.site, SITES), (self.fault, ("", *FAULTS)),
        ):  # fmt: skip
            if word not in allowed:
                raise UsageError("BS-E350", f"found {word!r}, wanted one of {', '.join(allowed)}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageNumber:
    """One number of a page.

    `text` is what the device meant and `drawn` what stands on the page; a blot
    leaves them equal and sets `is_damaged`. `box` is left, top, width, height.
    """

    site: str
    label: str
    quantity: str
    text: str
    drawn: str
    box: tuple[int, int, int, int] = (0, 0, 0, 0)
    is_damaged: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class ReportPage:
    """A page and its truth."""

    style: PageStyle
    pixels: NDArray[np.uint8]  # (row, column) or (row, column, 3)
    numbers: tuple[PageNumber, ...]
    person: VirtualPerson
    faulty: tuple[str, ...] = field(default=())  # sites whose numbers or labels are wrong


def random_style(
    rng: np.random.Generator, dpi: int, fonts: tuple[str, ...], **fixed: Any
) -> PageStyle:
    """Draw how a page looks; what `fixed` names stays."""
    chance = {name: rng.random() < share for name, share in _SHARES.items()}
    jpeg = int(rng.integers(60, 96)) if chance["jpeg"] else None
    drawn: dict[str, Any] = {
        "layout": str(rng.choice(("hologic", "ge"))),
        "site": str(rng.choice(SITES)),
        "font": str(rng.choice(fonts)),
        "smooth": chance["smooth"],
        "dark_on_light": chance["dark"],
        "colour": chance["colour"],
        "jpeg_quality": jpeg,
        "decimal": "," if chance["comma"] else ".",
        "total_label": "Total" if chance["total"] else "L1-L4",
    }
    return PageStyle(dpi=dpi, **(drawn | fixed))


def draw_page(style: PageStyle, seed: int) -> ReportPage:
    """Draw one page.

    Parameters
    ----------
    style : PageStyle
    seed : int
        Of the person, her numbers, and the place of a fault.
    """
    rng = np.random.default_rng((seed, 0xD7A))
    days = int(rng.integers(int(25 * DAYS_PER_YEAR), int(84 * DAYS_PER_YEAR)))
    person = draw_person(rng, f"P{seed}", "F", days / DAYS_PER_YEAR)
    return draw_numbers(style, _numbers(style, person, rng), person, rng)


def draw_numbers(
    style: PageStyle, numbers: list[PageNumber], person: VirtualPerson, rng: np.random.Generator
) -> ReportPage:
    """Draw a page of given numbers, in the order given, with the fault that the style names."""
    numbers, faulty = _with_fault(numbers, style, rng)
    paper = _Paper(style)
    _write_head(paper, person)
    drawn = _write_table(paper, numbers)
    paper.write(REFERENCE[style.layout], 20.0, PAGE_PT[1] - 20.0)
    paper.panel(rng)
    if style.fault == "blot" and faulty:
        drawn = _blot(paper, drawn, faulty[0], rng)
    return ReportPage(
        style=style,
        pixels=paper.picture(rng),
        numbers=tuple(drawn),
        person=person,
        faulty=tuple(dict.fromkeys(site for site, _ in faulty)),
    )


def _numbers(style: PageStyle, person: VirtualPerson, rng: np.random.Generator) -> list[PageNumber]:
    scale = "ge" if style.layout == "ge" else "hologic"
    if style.site == "spine":
        regions, factor = read_spine(person, scale, rng)
        labels = {site: site for site in ("L1", "L2", "L3", "L4")} | {style.total_label: "L1-L4"}
    else:
        regions, factor = read_hip(person, scale, rng)
        labels = HIP_LABELS[style.layout]
    found = []
    for label, site in labels.items():
        bmd = person.bmd_hip_g_cm2 if site == "total-hip" else None
        if scale == "ge" and site in {"femoral-neck", "L1-L4"}:
            bmd = person.bmd_g_cm2(site)
        region = scored(
            regions[site], person, scale, None if bmd is None or scale != "ge" else bmd * factor
        )
        found += [
            PageNumber(site=site, label=label, quantity=q, text=text, drawn=text)
            for q in _COLUMNS[style.layout]
            if (text := _text(region, q, style.decimal))
        ]
    return found


def _text(region: Region, quantity: str, decimal: str) -> str:
    from decimal import Decimal

    value, step = {
        "area": (region.area_cm2, "0.01"), "bmc": (region.bmc_g, "0.01"),
        "bmd": (region.bmd_g_cm2, "0.001"), "t": (region.t_score, "0.1"),
        "z": (region.z_score, "0.1"),
    }[quantity]  # fmt: skip
    return "" if value is None else str(rounded(value, Decimal(step))).replace(".", decimal)


_Where = tuple[str, str]  # site, quantity


def _with_fault(
    numbers: list[PageNumber], style: PageStyle, rng: np.random.Generator
) -> tuple[list[PageNumber], list[_Where]]:
    """Put one fault on the page; a fault that the page has no place for is left out."""
    if not style.fault:
        return numbers, []
    if style.fault == "labels-swapped":
        return _labels_swapped(numbers, rng)
    order = rng.permutation(len(numbers))
    for at in (int(i) for i in order):
        number = numbers[at]
        drawn = _faulty(number.text, style, number.quantity, rng)
        if drawn is not None:
            where = [(number.site, number.quantity)]
            return [*numbers[:at], replace(number, drawn=drawn), *numbers[at + 1 :]], where
    return numbers, []


def _faulty(text: str, style: PageStyle, quantity: str, rng: np.random.Generator) -> str | None:
    kind = style.fault
    if kind == "blot":
        return text
    if kind == "point-lost":
        return text.replace(style.decimal, "") if style.decimal in text else None
    if kind == "minus-removed":
        return text[1:] if text.startswith("-") else None
    if kind == "minus-added":
        is_score = quantity in {"t", "z"} and text.strip("0.,")
        return "-" + text if is_score and not text.startswith("-") else None
    one, other = kind.removeprefix("swap-").split("-")
    places = [i for i, c in enumerate(text) if c in (one, other)]
    if not places:
        return None
    at = int(rng.choice(places))
    return text[:at] + (other if text[at] == one else one) + text[at + 1 :]


def _labels_swapped(
    numbers: list[PageNumber], rng: np.random.Generator
) -> tuple[list[PageNumber], list[_Where]]:
    labels = list(dict.fromkeys(n.label for n in numbers))
    one, other = (labels[int(i)] for i in rng.choice(len(labels), 2, replace=False))
    swap = {one: other, other: one}
    sites = {n.site for n in numbers if n.label in swap}
    wrong = [replace(n, label=swap.get(n.label, n.label)) for n in numbers]
    return wrong, [(site, "") for site in sorted(sites)]


class _Paper:
    """The page in the making: ink from 0 to 1."""

    def __init__(self, style: PageStyle) -> None:
        self.style, self.scale = style, style.dpi / 72.0
        width, height = (round(v * self.scale) for v in PAGE_PT)
        self.ink = np.zeros((height, width))
        self.grey: tuple[slice, slice, NDArray[Any]] | None = None

    def write(
        self, text: str, x_pt: float, y_pt: float, *, right: bool = False, tight: bool = False
    ) -> tuple[int, int, int, int]:
        """Write a line at its left or right end, the top at `y_pt`; give its inked box."""
        font = PageFont(self.style.font, CAPITAL_PT * self.scale)
        tracking = self.style.tracking_px if tight else 0
        ink = font.draw(text, smooth=self.style.smooth, tracking_px=tracking)
        rows, columns = np.nonzero(ink > 0.2)  # noqa: PLR2004 - what an eye sees
        if not rows.size:
            return (0, 0, 0, 0)
        ink = ink[:, : columns.max() + 1]
        top = round(y_pt * self.scale)
        left = round(x_pt * self.scale) - (ink.shape[1] if right else 0)
        part = self.ink[top : top + ink.shape[0], max(left, 0) : left + ink.shape[1]]
        np.maximum(part, ink[: part.shape[0], -part.shape[1] :], out=part)
        return (
            left + int(columns.min()), top + int(rows.min()),
            int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1,
        )  # fmt: skip

    def panel(self, rng: np.random.Generator) -> None:
        """Put a grey scan picture at the right of the head."""
        size = (round(75 * self.scale), round(95 * self.scale))
        top, left = round(8 * self.scale), self.ink.shape[1] - size[1] - 4
        coarse = rng.random((8, 8))
        rows, columns = (np.linspace(0, 6.999, n) for n in size)
        i, j = rows.astype(int)[:, None], columns.astype(int)[None, :]
        u, v = rows[:, None] - i, columns[None, :] - j
        smooth = (
            coarse[i, j] * (1 - u) * (1 - v) + coarse[i + 1, j] * u * (1 - v)
            + coarse[i, j + 1] * (1 - u) * v + coarse[i + 1, j + 1] * u * v
        )  # fmt: skip
        self.grey = (slice(top, top + size[0]), slice(left, left + size[1]), smooth * 255)

    def picture(self, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Finish the page as pixels."""
        paper, ink = (PAPER, INK) if self.style.dark_on_light else (INK, PAPER)
        grey = paper + (ink - paper) * self.ink
        if self.grey is not None:
            rows, columns, content = self.grey
            grey[rows, columns] = content
        pixels: NDArray[np.uint8] = np.rint(grey).astype(np.uint8)
        if self.style.colour:
            pixels = np.repeat(pixels[..., None], 3, axis=2)
            if self.style.dark_on_light:  # dark blue ink
                pixels[..., 2] = np.maximum(pixels[..., 2], 90)
        quality = self.style.jpeg_quality
        return pixels if quality is None else _through_jpeg(pixels, quality)


def _through_jpeg(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(io.BytesIO(buffer.getvalue())), dtype=np.uint8)


def _write_head(paper: _Paper, person: VirtualPerson) -> None:
    title = {"spine": "AP Spine Bone Density", "hip": "Hip Bone Density"}[paper.style.site]
    paper.write(f"{title} (SIMULATED)", 20, 14)
    paper.write(f"Name: SIMULATED {person.person_id}", 20, 34)
    paper.write(f"Age: {person.age_years:.1f} years   Sex: Female", 20, 50)
    paper.write(f"Height: {person.height_cm:.1f} cm   Weight: {person.weight_kg:.1f} kg", 20, 66)


def _write_table(paper: _Paper, numbers: list[PageNumber]) -> list[PageNumber]:
    columns = _COLUMNS[paper.style.layout]
    paper.write("Region", 20, HEAD_PT)
    for place, quantity in enumerate(columns):
        for line, text in enumerate(_HEADS[quantity]):
            end = _FIRST_PT + _STEP_PT * place
            paper.write(text, end, HEAD_PT + line * 12.0, right=True)
    drawn: list[PageNumber] = []
    rows = list(dict.fromkeys(n.site for n in numbers))
    for row, site in enumerate(rows):
        y_pt = HEAD_PT + 34.0 + row * ROW_PT
        cells = [n for n in numbers if n.site == site]
        paper.write(cells[0].label, 20, y_pt)
        for number in cells:
            end = _FIRST_PT + _STEP_PT * columns.index(number.quantity)
            box = paper.write(number.drawn, end, y_pt, right=True, tight=True)
            drawn.append(replace(number, box=box))
    return drawn


def _blot(
    paper: _Paper, numbers: list[PageNumber], where: _Where, rng: np.random.Generator
) -> list[PageNumber]:
    """Wipe out or ink over about half of one glyph of a number."""
    at = next(i for i, n in enumerate(numbers) if (n.site, n.quantity) == where)
    left, top, width, height = numbers[at].box
    glyph = max(2, round(width / max(1, len(numbers[at].drawn))))
    x = left + glyph * int(rng.integers(0, len(numbers[at].drawn)))
    dx, dy = int(rng.integers(0, glyph // 2 + 1)), int(rng.integers(0, height // 2 + 1))
    part = paper.ink[
        top + dy : top + dy + max(2, height // 2), x + dx : x + dx + max(1, glyph // 2)
    ]
    part[...] = float(rng.random() < 0.4)  # noqa: PLR2004 - more wiped out than inked over
    return [*numbers[:at], replace(numbers[at], is_damaged=True), *numbers[at + 1 :]]
