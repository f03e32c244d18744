"""What becomes of each DICOM attribute: the table `deidentify_actions.csv`.

The table follows the Basic Application Level Confidentiality Profile and two of
its options (PS3.15 Annex E, Table E.1-1), written down by us from memory; where
the profile leaves a choice, the stricter one stands here. An attribute that the
table doesn't name is removed.

======  =====================================================================
action  meaning
======  =====================================================================
K       kept where the value has the stated form, else removed
Z       there, but empty
X       removed
U       UID, replaced by a keyed one
P       replaced by the pseudonym
S       date, moved by the person's own number of days
H       replaced by a keyed word
W       replaced by a word of ours that the value was recognised as
======  =====================================================================

Forms: ``number LOW HIGH`` (each value), ``words A B`` (each value one of them),
``age`` (``045Y``), ``class`` (a registered SOP class).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from bonescan.model.header import Tag

REMOVE = "X"
ACTIONS = frozenset("KZXUPSHW")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeRule:
    """One row of the table."""

    tag: Tag
    keyword: str
    basic: str
    longitudinal: str
    characteristics: str
    form: str

    def action(self, *, longitudinal: bool, characteristics: bool) -> str:
        """Choose the action: an option counts where it differs from the profile."""
        if characteristics and self.characteristics != self.basic:
            return self.characteristics
        return self.longitudinal if longitudinal else self.basic


@cache
def attribute_rules() -> dict[Tag, AttributeRule]:
    """Read the table."""
    text = (files("bonescan.files") / "deidentify_actions.csv").read_text(encoding="utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        group, element = row.pop("tag").split(",")
        tag = (int(group, 16), int(element, 16))
        found[tag] = AttributeRule(tag=tag, **row)
    return found
