"""Body composition as the device printed it: kept, and not interpreted."""

from __future__ import annotations

import re

from bonescan.i18n import _
from bonescan.model.page import PageReading
from bonescan.report.context import PersonContext, Section

COMPOSITION = re.compile(r"\b(fat|lean|tissue|visceral|vat|android|gynoid|muscle|ffmi|fmi)\b")
MOST_ROWS = 80  # readings.csv has all


def build(context: PersonContext) -> Section | None:
    """List the readings of fat and lean mass, newest exam first; None without any."""
    kept = [r for r in context.person.readings if is_composition(r)]
    if not kept:
        return None
    newest = sorted(kept, key=lambda r: r.exam_date.toordinal() if r.exam_date else 0, reverse=True)
    return Section(
        key="composition",
        title=_("Body composition"),
        data={
            "rows": [_row(r) for r in newest[:MOST_ROWS]],
            "n_more": max(len(newest) - MOST_ROWS, 0),
        },
    )


def is_composition(reading: PageReading) -> bool:
    """Whether a reading is of fat or lean mass and not of bone."""
    words = reading.reading.quantity.replace("-", " ").replace("_", " ").lower()
    return bool(COMPOSITION.search(words))


def _row(entry: PageReading) -> dict[str, str]:
    reading = entry.reading
    return {
        "day": entry.exam_date.isoformat() if entry.exam_date else _("no date"),
        "region": reading.region_text or reading.site,
        "quantity": reading.quantity.replace("-", " "),
        "text": f"{reading.text} {reading.unit}".strip(),
        "place": reading.place,
    }
