"""A protocol of visits: what each counts from, and its windows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .gestation import DATING, Dating

LATE_SCAN_DAYS = 182  # our choice, 26 weeks: a scan later than that past a window is of no visit


class Anchor(StrEnum):
    """What the days of a visit count from."""

    GESTATION = "gestation"  # 0+0 weeks
    DELIVERY = "delivery"
    WEANING = "weaning"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitWindow:
    """One visit of a protocol.

    Days are counted from the anchor, both ends included. `allowed_days` without an end
    lasts until the delivery. A visit with `ideal_months` lies that many calendar months
    after its anchor, `slack_days` to either side.
    """

    name: str
    en: str
    zh: str
    rule: str
    anchor: Anchor
    evidence: str
    source: str
    ideal_days: tuple[int, int] | None = None
    early_ideal_days: tuple[int, int] | None = None
    allowed_days: tuple[int, int | None] | None = None
    ideal_months: int | None = None
    slack_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A schedule of visits, in their order."""

    name: str
    title_en: str
    title_zh: str
    source: str
    default_site: str
    default_site_from_days: int
    visits: tuple[VisitWindow, ...]
    dating: Dating = DATING
