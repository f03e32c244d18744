"""Which part of a file's picture may stand on a page: never one with somebody's name.

Consoles burn name, birth date and chart number into report pages and into some
scans. Pages carry pseudonyms, so of a report page only its table is kept, and a
picture of anything else that may hold text is not shown at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .burned_in.ink import page_ink
from .burned_in.page_picture import table_only
from .burned_in.read_page import page_tables
from .carriers.burned_in import BURNED_IN, CONVERSION_TYPE, SECONDARY_CAPTURE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bonescan.model.header import DicomItem

TEXT_BLANKED = "report_text_blanked"
_TABLE_ONLY = (
    "only the table that was recognised is shown; the rest of the report page is blanked, "
    "because it may show a name"
)
_PAGE = "not shown: a report page without a recognised table, which may show a name"
_SCAN = "not shown: text is burned into it, which may show a name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What of a picture may be shown, and what to say about the rest."""

    pixels: NDArray[Any] | None
    words: str = ""  # "" = all of it is shown


def shown_part(pixels: NDArray[Any], sop_class_uid: str | None, header: DicomItem) -> Shown:
    """Take out of a picture what may name a person.

    Parameters
    ----------
    pixels : (row, column) or (row, column, 3) number
        As stored.
    sop_class_uid : str or None
    header : DicomItem
        Burned In Annotation and Conversion Type are asked for. "NO" is
        believed of scans, never of report pages.

    Returns
    -------
    shown : Shown
        The pixels as they came; those of the table alone; or None.
    """
    stated = (header.text(BURNED_IN) or "").strip().upper()
    captured = (sop_class_uid or "").startswith(SECONDARY_CAPTURE) or bool(
        header.text(CONVERSION_TYPE)
    )
    # bone on a plain ground looks like ink on paper: an image of the device itself, not a capture,
    # is taken for a page only where something in it looks like writing
    if page_ink(pixels) is not None and (captured or stated == "YES" or _may_hold_text(pixels)):
        _read, tables = page_tables(pixels)
        table = table_only(tables, pixels)
        return Shown(pixels=table, words=_TABLE_ONLY if table is not None else _PAGE)
    if stated == "YES" or (captured and stated != "NO" and _may_hold_text(pixels)):
        return Shown(pixels=None, words=_SCAN)
    return Shown(pixels=pixels)


def _may_hold_text(pixels: NDArray[Any]) -> bool:
    from .burned_in.page_picture import grey_page
    from .picture_text import may_hold_text

    return may_hold_text(grey_page(pixels))
