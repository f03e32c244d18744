"""A report page that is a picture: what stands on it, and which of it proves itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bonescan.files.glyph_atlas import GlyphAtlas, read_atlas
from bonescan.model.reading import Reading
from bonescan.model.regions import measured_site
from bonescan.model.sites import vertebrae_of
from bonescan.norms.load import load_norms

from ..printed import Found, PrintedRegion, set_number
from ..table import spine_total_site
from .cells import ReadCell, read_cells
from .glyphs import find_cells
from .ink import page_ink
from .layout import Table, TableRow, find_tables
from .page_picture import grey_page, marked_crop, row_crop
from .proof import LUMBAR, PageAbout, ProofRow, prove

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CARRIER_NAME = "burned-in"
UNITS = {"bmd": "g/cm2", "bmc": "g", "area": "cm2"}
NAMES = {"bmd": "BMD", "bmc": "BMC", "area": "area", "t": "T", "z": "Z"}
ASKED = ("bmd", "t", "z")  # quantities that a person is asked about
_SIDES = {"Left": "left", "Right": "right", "Mean": "mean"}
_SKIPPED = "Diff"
TOTAL = "Total"
_POLICY_WORDS = ("whlte", "femal")
_OTHER_WORDS = ("aslan", "black", "hlspanlc", "chlnese", "korean", "japan", "talwan", "local")


def read_page(
    pixels: NDArray[Any], about: PageAbout | None = None, atlas: GlyphAtlas | None = None
) -> Found | None:
    """Read a report page.

    Parameters
    ----------
    pixels : (row, column) or (row, column, 3) number
        The picture as stored.
    about : PageAbout, optional
        What the file says of person and device; without it no score is proven.
    atlas : GlyphAtlas, optional
        The site's own; default: the bundled one.

    Returns
    -------
    found : Found or None
        None: this is no page with a table of bone densities. `regions` holds
        only what proved itself; `readings` everything, each with its box and
        the piece of the picture; `needs_person` what is left to a person.
    """
    about = about or PageAbout()
    read, tables = page_tables(pixels, atlas)
    if not tables:
        return None
    about = _with_policy(about, read)
    found = Found(carrier=CARRIER_NAME)
    grey = grey_page(pixels)
    for table in tables:
        _read_table(table, about, grey, found)
    return found


def page_tables(
    pixels: NDArray[Any], atlas: GlyphAtlas | None = None
) -> tuple[list[ReadCell], list[Table]]:
    """Find what is written on a page, and its tables; both empty where it is no page."""
    ink = page_ink(pixels)
    if ink is None:
        return [], []
    read = read_cells(ink, find_cells(ink), atlas or read_atlas())
    return read, find_tables(read)


def _read_table(table: Table, about: PageAbout, grey: NDArray[np.uint8], found: Found) -> None:
    rows: list[tuple[TableRow, ProofRow]] = []
    region = _region_of(table, about.region)
    block = ""
    for row in table.rows:
        if row.label == _SKIPPED:
            continue
        side = _SIDES.get(row.label, "")
        above = [proof.site for _, proof in rows]
        site = measured_site(block, side, region) if side else _site(row.label, region, above)
        block = block if side else row.label
        readings = {q: c.readings() for q, c in row.cells.items()}
        rows.append((row, ProofRow(site or "", row.label or row.label_text, readings)))
    proofs = [proof for _, proof in rows]
    prove(proofs, about, load_norms())
    for proof in proofs:
        _doubt_total(proof, proofs)
    for row, proof in rows:
        _keep(table, row, proof, grey, found)


def _region_of(table: Table, stated: str | None) -> str:
    """Name what a table shows by its rows; the object around it says only what they leave open."""
    labels = {r.label for r in table.rows}
    if any(vertebrae_of(label) for label in labels):
        return "lumbar-spine"
    if not labels & {"Neck", "Troch", "Inter"}:
        return stated or ""
    return stated if stated and "femur" in stated else "femur"


def _site(label: str, region: str, above: Sequence[str]) -> str | None:
    if label == TOTAL and region == "lumbar-spine":
        return spine_total_site(above)
    return measured_site(label, "", region) if label else None


def _doubt_total(row: ProofRow, rows: Sequence[ProofRow]) -> None:
    """Believe the total of a subset only where it adds up: a row may have been lost whole."""
    parts = vertebrae_of(row.site)
    if row.label != TOTAL or not parts or parts == LUMBAR:
        return
    whole = {r.site for r in rows if {"area", "bmc"} <= set(r.proven)}
    if not {row.site, *parts} <= whole:
        row.forget("which vertebrae it is of is not sure")


def _keep(
    table: Table, row: TableRow, proof: ProofRow, grey: NDArray[np.uint8], found: Found
) -> None:
    region = PrintedRegion(site=proof.site, text=proof.label)
    open_ones = []
    crop = row_crop(table, row, grey)
    for quantity, cell in row.cells.items():
        text = proof.proven.get(quantity)
        if text is not None:
            set_number(region, quantity, float(text), UNITS.get(quantity, ""))
        elif quantity in ASKED:
            open_ones.append(NAMES[quantity])
        found.readings.append(_reading(proof, quantity, cell, crop))
    if region.has_numbers:
        region.flags.append("read_from_picture")
        found.regions.append(region)
    if open_ones:
        why = f" ({proof.doubts[0]})" if proof.doubts else ""
        found.needs_person.append(f"{proof.label or 'a row'}: {', '.join(open_ones)}{why}")


def _reading(
    proof: ProofRow, quantity: str, cell: ReadCell, crop: tuple[NDArray[np.uint8], int, int]
) -> Reading:
    text = proof.proven.get(quantity)
    options = proof.readings.get(quantity, ())
    single = options[0] if len(options) == 1 and proof.fitting(quantity) else None
    box = cell.cell.box
    return Reading(
        site=proof.site,
        region_text=proof.label,
        quantity=quantity,
        text=text if text is not None else cell.shown,
        value=_value(text if text is not None else single),
        unit=UNITS.get(quantity, ""),
        carrier=CARRIER_NAME,
        place=f"page 1, box {box.left},{box.top},{box.width},{box.height}",
        proof=proof.proofs.get(quantity, ""),
        crop_png=marked_crop(crop, box),
    )


def _value(text: str | None) -> float | None:
    return None if text is None else float(text) + 0.0


def _with_policy(about: PageAbout, read: Sequence[ReadCell]) -> PageAbout:
    """Note whether the page names White women, and no other people, as its reference."""
    import dataclasses

    words = "".join(c.text for c in read).lower().translate(str.maketrans("1ijIl|", "llllll"))
    named = all(w in words for w in _POLICY_WORDS) and not any(w in words for w in _OTHER_WORDS)
    return dataclasses.replace(about, states_policy=named)
