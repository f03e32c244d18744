"""A printed table of regions, from any carrier: header row, then one row a region.

Rows may be regions themselves (``L1``, ``L1-L2,L4``, ``Neck``, ``Total``), or
sides under a heading row of their own (``Neck`` above ``Left``, ``Right``,
``Mean``, ``|Diff.|``). The Mean row's BMD is the mean of two BMDs, so it is
marked as an average. Rows of differences, of regions that are not used, and
columns that are not bone density (body composition, percentages, widths) are
kept as readings and not interpreted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bonescan.model.regions import measured_site
from bonescan.model.sites import side_of, spine_site, vertebrae_of

from .printed import Found, PrintedRegion, kept_word, plain_number, take_number

Place = Callable[[int, int], str]  # (row, column) of a cell, row 0 is the header -> where it is

_COLUMNS = (
    ("bmc", re.compile(r"^bmc\b|bone mineral content")),
    ("bmd", re.compile(r"^bmd\b(?!.*(score|change|%))|^bone mineral density")),
    ("area", re.compile(r"^area\b")),
    ("t", re.compile(r"\bt ?-? ?score\b|^t$")),
    ("z", re.compile(r"\bz ?-? ?score\b|^z$")),
    ("fragility", re.compile(r"^fragility( score)?$|^fs$")),
)
# a change is no value of the day, whatever it is a change of
_CHANGE = re.compile(r"\bchange\b|\u8b8a\u5316", re.IGNORECASE)
TOTAL = "total"
PDF_TEXT = "pdf-text"
VALUE_LEFT_OUT = "value_left_out"
_WHOLE = re.compile(r"[-+\u2212\u2013]?\d+\*?")
_TAG = re.compile(r"<[^<>]{0,40}>")
_UNIT = re.compile(r"\[([^\]]*)\]|\(([^)]*)\)")
_DIFFERENCE = re.compile(r"\|?\s*diff(erence)?\.?\s*\|?")
_SIDE_ROWS = {"left": "left", "right": "right", "mean": "mean"}
# rows of a table that hold no bone density of a site that is used
_KNOWN_ELSEWHERE = re.compile(
    r"(l|r|left|right) (arm|leg|ribs?)|[tl] spine|(thoracic|lumbar) spine|pelvis|subtotal|head"
    r"|trunk|android|gynoid|ribs|spine|arms?|legs?"
)


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of numbers: what it holds, and the unit of its header."""

    quantity: str
    unit: str
    index: int


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of numbers, and which region it is about."""

    number: int
    label: str  # with the heading it stands under
    site: str
    is_difference: bool


def read_table(
    rows: Sequence[Sequence[str]], scan: str, found: Found, place: Place | None = None
) -> None:
    """Take the regions of one table.

    Parameters
    ----------
    rows : sequence of rows
        Text cells; the first row names the columns and their units.
    scan : str
        The region imaged, as `imaged_region` names it; "" when unknown.
    found : Found
        Regions, readings and what was not understood are added to it.
    place : callable, optional
        Says where a cell stands; "row 3, column 2" without it.
    """
    columns = _columns(rows[0]) if rows else []
    if not columns:
        return
    where = place or (lambda row, column: f"row {row}, column {column}")
    measures_bone = any(c.quantity == "bmd" for c in columns)
    new: list[PrintedRegion] = []
    above: list[str] = []
    total_is_open = False
    for row in _rows(rows, _scan_of(rows, scan), above):
        region = PrintedRegion(site=row.site, text=row.label)
        _take_row(rows[row.number], row, columns, region, found, where)
        if row.is_difference or not (measures_bone and (region.has_numbers or region.flags)):
            continue
        above.append(row.site)
        if region.site:
            region.is_average = side_of(region.site) == "mean"
            total_is_open |= _is_open(row.label, region, new)
            new.append(region)
        elif not _KNOWN_ELSEWHERE.fullmatch(row.label.lower()):
            found.not_understood.append(f"row {row.label!r}")
            total_is_open |= row.label.lower() == TOTAL
    if total_is_open and new:
        found.needs_person.append("of which regions a row 'Total' is")
    found.regions += new


def _columns(head: Sequence[str]) -> list[_Column]:
    """Find what each column holds by the words of the header; the first of a kind counts."""
    columns: list[_Column] = []
    for index, cell in enumerate(head):
        words = " ".join(_TAG.sub("", cell).split())
        unit = _UNIT.search(words)
        stated = (unit[1] or unit[2] or "") if unit else ""
        bare = _UNIT.sub(" ", words).replace("_", " ").strip().lower()
        known = next((q for q, pattern in _COLUMNS if pattern.search(bare)), "")
        if _CHANGE.search(bare) or (known and any(c.quantity == known for c in columns)):
            known = ""
        bare = bare or ("percent" if stated.strip() == "%" else "")
        if known or (index and bare):
            columns.append(_Column(known or kept_word(bare), stated.strip("() "), index))
    return columns


def _rows(rows: Sequence[Sequence[str]], scan: str, above: Sequence[str]) -> Iterator[_Row]:
    """Name the region of each row; rows of sides stand under the heading above them."""
    block = ""
    for number, cells in enumerate(rows[1:], start=1):
        label = _label(cells)
        if not label:
            continue
        side = _SIDE_ROWS.get(label.lower(), "")
        if _DIFFERENCE.fullmatch(label.lower()):
            yield _Row(number, f"{block} {label}".strip(), "", is_difference=True)
            continue
        text = f"{block} {label}".strip() if side else label
        yield _Row(number, text, _site(label, side, block, scan, above), is_difference=False)
        if not side:
            block = label


def _take_row(
    cells: Sequence[str],
    row: _Row,
    columns: Sequence[_Column],
    region: PrintedRegion,
    found: Found,
    where: Place,
) -> None:
    """Take the numbers of one row; a row without any is a heading."""
    taken = [(c, cells[c.index]) for c in columns if c.index < len(cells)]
    if all(plain_number(text) is None for _, text in taken):
        return
    for column, text in taken:
        word = f"{column.quantity}-difference" if row.is_difference else column.quantity
        if found.carrier == PDF_TEXT and lacks_point(word, text):
            found.not_understood.append(f"{row.label}: {word.upper()} {text!r} without a decimal")
            if VALUE_LEFT_OUT not in region.flags:
                region.flags.append(VALUE_LEFT_OUT)
            found.needs_person.append(f"{row.label}: {word.upper()}-score {text!r}")
            word = f"{word}-without-a-decimal"
        take_number(found, region, word, text, column.unit, where(row.number, column.index))


def lacks_point(quantity: str, text: str) -> bool:
    """Tell whether a score stands without its decimal: -11 may be -1.1, its point lost.

    >>> lacks_point("t", "-11"), lacks_point("z", "0"), lacks_point("t", "-1.1")
    (True, True, False)
    >>> lacks_point("t", "-1.15"), lacks_point("bmc", "12")
    (False, False)
    """
    return quantity in {"t", "z"} and bool(_WHOLE.fullmatch(text.strip()))


def _label(row: Sequence[str]) -> str:
    return " ".join(_TAG.sub("", row[0]).split()) if row else ""


def _scan_of(rows: Sequence[Sequence[str]], stated: str) -> str:
    """Name what a table shows by its rows; what stands around it says only what they leave open."""
    labels = [_label(row).lower() for row in rows[1:]]
    if any(re.fullmatch(r"l[1-4]", label) for label in labels):
        return "lumbar-spine"
    if any(re.search(r"\bneck\b|troch", label) for label in labels):
        return stated if "femur" in stated else "femur"
    return "total-body" if "subtotal" in labels else stated


def _is_open(label: str, region: PrintedRegion, above: Sequence[PrintedRegion]) -> bool:
    """Tell whether a total of some vertebrae can't be held against its parts: a row may be lost."""
    parts = vertebrae_of(region.site)
    if label.lower() != TOTAL or not parts or parts == ("L1", "L2", "L3", "L4"):
        return False
    summed = [r for r in (region, *above) if r.site in {region.site, *parts}]
    return any(r.area_cm2 is None or r.bmc_g is None for r in summed)


def _site(label: str, side: str, block: str, scan: str, above: Sequence[str]) -> str:
    if side:
        return measured_site(block, side, scan) or ""
    if scan == "lumbar-spine" and label.lower() == TOTAL:
        return spine_total_site(above, with_gap=True) or ""
    return measured_site(label, "", scan) or ""


def spine_total_site(above: Sequence[str], *, with_gap: bool = False) -> str | None:
    """Name the vertebrae of a row that says only Total.

    Parameters
    ----------
    above : sequence of str
        The sites of all rows above it; "" where one was not understood.
    with_gap : bool, optional
        Whether a vertebra may be missing, as a console leaves one out; the sums
        have to tell then.

    Returns
    -------
    site : str or None
        None unless every row above is of vertebrae and the single ones follow
        each other: with a label unread, nobody can tell what was added up.

    >>> spine_total_site(["L1", "L2", "L3", "L4"]), spine_total_site(["L1", "", "L3", "L4"])
    ('L1-L4', None)
    >>> spine_total_site(["L1", "L3", "L4"]), spine_total_site(["L2", "L3", "L4", "L2-L3"])
    (None, 'L2-L4')
    """
    if not all(vertebrae_of(site) for site in above):
        return None
    singles = [site for site in above if len(vertebrae_of(site)) == 1]
    total = spine_site(tuple(singles))
    in_order = vertebrae_of(total) == tuple(singles) and (with_gap or "+" not in total)
    return total if len(singles) > 1 and in_order else None
