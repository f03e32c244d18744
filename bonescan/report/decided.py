"""Which numbers of a page a person confirmed or corrected."""

from __future__ import annotations

from bonescan.i18n import _
from bonescan.model.page import PageRow, PersonPage

PERSON = "person"  # the proof of a reading that somebody decided about


def decided_words(person: PersonPage, row: PageRow, quantity: str) -> str:
    """Say who confirmed or corrected a number of a row; "" where nobody did.

    `quantity` is that of the reading: "bmd", "t", "z", "fragility", ...
    """
    site = row.labelled.measurement.site
    for entry in person.readings:
        reading = entry.reading
        about = (entry.sha256, entry.part, reading.site, reading.quantity)
        if reading.proof == PERSON and about == (row.sha256, row.part, site, quantity):
            words = _("corrected by %s") if reading.decision == "correct" else _("confirmed by %s")
            return words % (reading.decided_by or _("a person"))
    return ""
