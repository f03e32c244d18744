"""A printed table of regions, from any carrier: header row, then one row a region.

Rows may be regions themselves (``L1``, ``L1-L2,L4``, ``Neck``, ``Total``), or
sides under a heading row of their own (``Neck`` above ``Left``, ``Right``,
``Mean``, ``|Diff.|``). The Mean row's BMD is the mean of two BMDs, so it is
marked as an average; rows of differences are left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bonescan.model.regions import measured_site
from bonescan.model.sites import side_of, spine_site, vertebrae_of

from .printed import Found, PrintedRegion, plain_number, plain_unit, set_number

_COLUMNS = (
    ("bmc", re.compile(r"^bmc\b|bone mineral content")),
    ("bmd", re.compile(r"^bmd\b(?!.*(score|change|%))|^bone mineral density")),
    ("area", re.compile(r"^area\b")),
    ("t", re.compile(r"\bt ?-? ?score\b|^t$")),
    ("z", re.compile(r"\bz ?-? ?score\b|^z$")),
)
_TAG = re.compile(r"<[^<>]{0,40}>")
_UNIT = re.compile(r"\[([^\]]*)\]|\(([^)]*)\)")
_DIFFERENCE = re.compile(r"\|?\s*diff(erence)?\.?\s*\|?")
_SIDE_ROWS = {"left": "left", "right": "right", "mean": "mean"}
# rows of a table that hold no bone density of a site that is used
_KNOWN_ELSEWHERE = re.compile(
    r"(l|r|left|right) (arm|leg|ribs?)|[tl] spine|(thoracic|lumbar) spine|pelvis|subtotal|head"
    r"|trunk|android|gynoid|ribs|spine|arms?|legs?"
)


def read_table(rows: Sequence[Sequence[str]], scan: str, found: Found) -> None:
    """Take the regions of one table.

    Parameters
    ----------
    rows : sequence of rows
        Text cells; the first row names the columns and their units.
    scan : str
        The region imaged, as `imaged_region` names it; "" when unknown.
    found : Found
        Regions and what was not understood are added to it.
    """
    columns = _columns(rows[0]) if rows else {}
    if "bmd" not in columns:
        return
    scan = scan or _scan_of(rows)
    block = ""
    new: list[PrintedRegion] = []
    for row in rows[1:]:
        label = _label(row)
        if not label or _DIFFERENCE.fullmatch(label.lower()):
            continue
        side = _SIDE_ROWS.get(label.lower(), "")
        region = _region(row, columns, _site(label, side, block, scan, new), label)
        if not side:
            block = label
        if region is not None and region.site:
            region.is_average = side_of(region.site) == "mean"
            new.append(region)
        elif region is not None and not _KNOWN_ELSEWHERE.fullmatch(label.lower()):
            found.not_understood.append(f"row {label!r}")
    found.regions += new


def _columns(head: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Find quantity -> (column, unit) by the words of the header."""
    columns: dict[str, tuple[int, str]] = {}
    for index, cell in enumerate(head):
        words = _TAG.sub("", cell)
        unit = _UNIT.search(words)
        bare = _UNIT.sub(" ", words).replace("_", " ").strip().lower()
        for quantity, pattern in _COLUMNS:
            if pattern.search(bare):
                stated = plain_unit((unit[1] or unit[2]) if unit else "")
                columns.setdefault(quantity, (index, stated))
                break
    return columns


def _label(row: Sequence[str]) -> str:
    return " ".join(_TAG.sub("", row[0]).split()) if row else ""


def _scan_of(rows: Sequence[Sequence[str]]) -> str:
    labels = [_label(row).lower() for row in rows[1:]]
    if any(re.fullmatch(r"l[1-4]", label) for label in labels):
        return "lumbar-spine"
    if any(re.search(r"\bneck\b|troch", label) for label in labels):
        return "femur"
    return "total-body" if "subtotal" in labels else ""


def _site(label: str, side: str, block: str, scan: str, above: list[PrintedRegion]) -> str:
    if side:
        return measured_site(block, side, scan) or ""
    if scan == "lumbar-spine" and label.lower() == "total":
        singles = [v for r in above for v in vertebrae_of(r.site) if len(vertebrae_of(r.site)) == 1]
        return spine_site(tuple(singles))
    return measured_site(label, "", scan) or ""


def _region(
    row: Sequence[str], columns: dict[str, tuple[int, str]], site: str, label: str
) -> PrintedRegion | None:
    """Take the numbers of one row; None when it has none."""
    region = PrintedRegion(site=site, text=label)
    for quantity, (index, unit) in columns.items():
        value = plain_number(row[index]) if index < len(row) else None
        if value is not None:
            set_number(region, quantity, value, unit)
    return region if region.has_numbers or region.flags else None
