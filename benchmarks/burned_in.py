"""How many numbers of drawn report pages are accepted, and that none of them is wrong.

``python -m benchmarks.burned_in [--pages N] [--faulty N] [--dpi 72 90 150 300]``
draws pages in every font at hand, each with its truth, reads them, and prints
one line a resolution: what was accepted right, accepted wrong, and not
accepted; then minus signs and decimal points by themselves. Faulty pages carry
one wrong sign, point, digit, label or a damaged glyph.

A number counts as accepted wrong when it is not what stands on the page, or
when the page was tampered with by more than the rounding of print and it was
accepted all the same. Tampering within the rounding (a last digit of an area)
can't be seen by any arithmetic and is counted apart.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator

import numpy as np

from bonescan.dxa.burned_in.proof import PageAbout
from bonescan.dxa.burned_in.read_page import read_page
from bonescan.dxa.printed import Found
from bonescan.simulate.report_fonts import font_names
from bonescan.simulate.report_pages import (
    DPIS,
    FAULTS,
    PageNumber,
    ReportPage,
    draw_page,
    random_style,
)
from bonescan.workflows.glyph_atlas import FONTS as LEARNT

ROUNDING = {"area": 0.031, "bmc": 0.031, "bmd": 0.0041, "t": 0.0, "z": 0.0}
RIGHT, WRONG, ROUNDED, OPEN = "right", "WRONG", "within rounding", "not accepted"


def read_drawn(page: ReportPage) -> Found | None:
    """Read a page with what its file would say of person and device."""
    age = page.person.age_years
    about = PageAbout(
        scale=page.style.layout if page.style.layout in {"hologic", "ge"} else None,
        sex="F",
        age_years=(age - 0.01, age + 0.01),
    )
    return read_page(page.pixels, about)


def verdicts(page: ReportPage, found: Found | None) -> Iterator[tuple[PageNumber, str]]:
    """Judge every number of a page by its truth; a number from nowhere is wrong."""
    accepted = {(r.site, r.quantity): r.text for r in found.readings if r.proof} if found else {}
    for number in page.numbers:
        if number.text:
            text = accepted.pop((number.site, number.quantity), None)
            yield number, _verdict(number, text)
    for (site, quantity), text in accepted.items():
        yield PageNumber(site=site, label="", quantity=quantity, text=text, drawn=""), WRONG


def _verdict(number: PageNumber, text: str | None) -> str:
    if text is None:
        return OPEN
    meant, drawn = number.text.replace(",", "."), number.drawn.replace(",", ".")
    if text == meant:
        return RIGHT
    near = abs(float(text) - float(meant)) <= ROUNDING[number.quantity]
    return ROUNDED if text == drawn and near else WRONG


def signs(page: ReportPage, found: Found | None) -> Counter[str]:
    """Count minus signs and points of the page as read, accepted or not."""
    count: Counter[str] = Counter()
    read = {(r.site, r.quantity): r.text for r in found.readings} if found else {}
    for number in page.numbers:
        text = read.get((number.site, number.quantity))
        if not number.drawn or number.is_damaged or text is None:
            continue
        drawn = number.drawn.replace(",", ".")
        count["minus"] += drawn.startswith("-")
        count["minus read"] += drawn.startswith("-") and text.startswith("-")
        count["minus invented"] += text.startswith("-") and not drawn.startswith("-")
        count["point"] += "." in drawn
        count["point read"] += "." in drawn and text.count(".") == 1
        count["point invented"] += "." in text and "." not in drawn
    return count


def measure(dpi: int, n_pages: int, fonts: tuple[str, ...], faults: tuple[str, ...]) -> str:
    """Read pages of one resolution and sum up."""
    rng = np.random.default_rng((dpi, len(fonts), len(faults)))
    total: Counter[str] = Counter()
    by_quantity: Counter[tuple[str, str]] = Counter()
    for number in range(n_pages):
        fault = faults[number % len(faults)] if faults else ""
        page = draw_page(random_style(rng, dpi, fonts, fault=fault), 10_000 * dpi + number)
        found = read_drawn(page)
        for one, verdict in verdicts(page, found):
            total[verdict] += 1
            by_quantity[one.quantity, verdict] += 1
            if verdict == WRONG:
                print(f"WRONG: {page.style} seed {10_000 * dpi + number}: {one}", file=sys.stderr)
        total += signs(page, found)
    shares = "  ".join(
        f"{q} {_share(by_quantity[q, RIGHT], sum(by_quantity[q, v] for v in _ALL))}"
        for q in ("bmd", "t", "z", "area")
    )
    return (
        f"| {dpi} | {n_pages} | {total[RIGHT]} | {total[WRONG]} | {total[ROUNDED]} | {total[OPEN]} "
        f"| {shares} | {total['minus read']}/{total['minus']}, +{total['minus invented']} "
        f"| {total['point read']}/{total['point']}, +{total['point invented']} |"
    )


_ALL = (RIGHT, WRONG, ROUNDED, OPEN)
HEAD = (
    "| dpi | pages | accepted right | accepted wrong | within rounding | not accepted "
    "| right of all | minus signs read, invented | points read, invented |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"


def main(words: list[str]) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, default=60, help="per resolution and group of fonts")
    parser.add_argument("--faulty", type=int, default=80, help="faulty pages per resolution")
    parser.add_argument("--dpi", type=int, nargs="*", default=list(DPIS))
    asked = parser.parse_args(words)
    learnt = tuple(f for f in font_names() if f in LEARNT)
    unseen = tuple(f for f in font_names() if f not in LEARNT)
    groups = (
        (f"Fonts of the atlas ({', '.join(learnt)})", learnt, (), asked.pages),
        (f"Fonts that the atlas never saw ({', '.join(unseen)})", unseen, (), asked.pages),
        (f"Faulty pages ({', '.join(FAULTS)}), all fonts", font_names(), FAULTS, asked.faulty),
    )
    for title, fonts, faults, n_pages in groups:
        if not fonts or not n_pages:
            continue
        print(f"\n{title}\n\n{HEAD}", flush=True)
        for dpi in asked.dpi:
            print(measure(dpi, n_pages, fonts, faults), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
