"""Numbers read from a picture that nothing proves: what was read, beside its picture."""

from __future__ import annotations

from typing import Any

from bonescan.i18n import _
from bonescan.model.page import PageReading
from bonescan.report.context import PersonContext, Section
from bonescan.report.review_page import data_uri
from bonescan.report.site_order import deciding_rank
from bonescan.report.words import site_words

ASKED = ("bmd", "t", "z", "fragility")
MAX_ROWS = 12
MAX_BYTES = 40_000  # of all crops together, so that the page stays small


def build(context: PersonContext) -> Section | None:
    """Build one line a row of a report page, deciding sites first; None without any."""
    groups: dict[tuple[str, str, str], list[PageReading]] = {}
    for entry in context.person.readings:
        r = entry.reading
        if r.crop_png and not r.proof and not r.decision and r.quantity in ASKED:
            groups.setdefault((entry.sha256, r.site, r.region_text), []).append(entry)
    if not groups:
        return None
    ranked = sorted(groups.values(), key=lambda g: deciding_rank(g[0].reading.site))
    left, rows = MAX_BYTES, []
    for group in ranked[:MAX_ROWS]:
        crop = group[0].reading.crop_png
        image = data_uri(crop) if len(crop) <= left else ""
        left -= len(crop) if image else 0
        rows.append(_row(group, image))
    return Section(
        key="unproven",
        title=_("Read from a picture and not proven"),
        data={"rows": rows, "n_more": len(ranked) - len(rows)},
    )


def _row(group: list[PageReading], image: str) -> dict[str, Any]:
    names = {"bmd": _("BMD"), "t": "T", "z": "Z", "fragility": _("fragility score")}
    read = ", ".join(
        f"{names[e.reading.quantity]} {e.reading.text or chr(63)}".strip() for e in group
    )
    first = group[0].reading
    return {
        "site": site_words(first.site) if first.site else first.region_text or "?",
        "read": read,
        "image": image,
        "file": group[0].file,
    }
