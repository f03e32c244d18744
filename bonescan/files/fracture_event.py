"""A fracture as an outcome of a study, in the one line of text that a fact holds."""

from __future__ import annotations

from datetime import date

from bonescan.model.pop_page import PopFracture

from .fact_names import FACT_NAMES
from .fact_values_error import Refused

FACT = "fracture_event"
TRAUMA = ("none", "light", "other")
KEYS = ("site", "trauma", "imaging", "adjudicated")
NO_MARKS = str.maketrans({";": ",", "\n": " ", "\r": " "})  # what separates the parts


def fracture_text(fracture: PopFracture) -> str:
    """Write everything but the day.

    Raises
    ------
    Refused
        A site or a trauma that can't be.

    Examples
    --------
    >>> fracture_text(PopFracture(day=date(2026, 5, 1), site="vertebral", trauma="none"))
    'site=vertebral; trauma=none'
    """
    sites = {v for v in FACT_NAMES["fragility_fracture"].words.values() if v != "none"}
    if fracture.site not in sites:
        raise Refused(f"found the site {fracture.site!r}, wanted {', '.join(sorted(sites))}")
    if fracture.trauma not in TRAUMA:
        raise Refused(f"found the trauma {fracture.trauma!r}, wanted {', '.join(TRAUMA)}")
    parts = [f"{key}={str(getattr(fracture, key)).translate(NO_MARKS).strip()}" for key in KEYS]
    return "; ".join(p for p in parts if not p.endswith("="))


def read_fracture(day: date, text: str) -> PopFracture | None:
    """Read the line back; None for one that has no site or no trauma of ours.

    >>> read_fracture(date(2026, 5, 1), "site=rib; trauma=light; imaging=CT").imaging
    'CT'
    >>> read_fracture(date(2026, 5, 1), "broke a rib") is None
    True
    """
    found = {}
    for part in text.split(";"):
        key, _, value = part.strip().partition("=")
        found[key] = value.strip()
    if not found.get("site") or found.get("trauma") not in TRAUMA:
        return None
    return PopFracture(
        day=day,
        site=found["site"],
        trauma=found["trauma"],
        imaging=found.get("imaging", ""),
        adjudicated=found.get("adjudicated", ""),
    )
