"""What the page of one woman of a pregnancy study shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .change import Change, ExpectedCourse, SeriesPoint
from .due import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class PopVisit:
    """One visit of the protocol; days with both ends included."""

    name: str
    title: Pair
    state: str
    ideal: tuple[date, date] | None
    allowed: tuple[date, date | None] | None
    scans: tuple[date, ...]
    at: str
    reason: str
    outside: tuple[date, ...] = ()  # those of `scans` outside the allowed window


@dataclass(frozen=True, slots=True, kw_only=True)
class PopValue:
    """One value with its visit; `half_g_cm2` is half of its 95 % interval by the precision."""

    visit: str
    point: SeriesPoint
    at: str  # weeks of gestation, or weeks after the birth
    half_g_cm2: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PopSeries:
    """Values of one technique, origin and site; the band lies around the first visit."""

    technique: str
    origin: str
    site: str
    values: tuple[PopValue, ...]
    baseline: PopValue | None
    lsc_g_cm2: float | None
    basis: str
    basis_is_own: bool
    expected: ExpectedCourse | None
    expected_days: tuple[date, date] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PopPart:
    """One pregnancy. After a loss only what was seen stands in it."""

    start: date | None
    delivery: date | None
    loss: date | None
    weaning: date | None
    today: str  # gestation, while she is pregnant
    visits: tuple[PopVisit, ...]
    series: tuple[PopSeries, ...]
    changes: tuple[tuple[str, Change], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PopAnswer:
    """One thing recorded about her, as the questionnaire asks for it."""

    section: str
    text: Pair
    day: date | None
    value: Pair
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PopFracture:
    """One fracture as an outcome of the study."""

    day: date
    site: str
    trauma: str  # none, light, other
    imaging: str = ""
    adjudicated: str = ""
    near: str = ""  # the visits around it


@dataclass(frozen=True, slots=True, kw_only=True)
class PopSheet:
    """One woman on one day. `after_loss`: nothing on feeding and nothing due is shown."""

    patient_id: str
    on: date
    protocol: str
    protocol_title: Pair
    centre: str | None
    consent: date | None
    withdrawn: date | None
    after_loss: bool
    simulated: bool
    parts: tuple[PopPart, ...]  # the latest pregnancy first
    fractures: tuple[PopFracture, ...]
    answers: tuple[PopAnswer, ...]
    sections: Mapping[str, Pair]
    missing: tuple[Pair, ...]  # questions without an answer
    factors: tuple[Mapping[str, Any], ...]
    prompts: tuple[Mapping[str, Any], ...]
    safety: tuple[Mapping[str, Any], ...]
    stray: tuple[date, ...]
    remarks: tuple[str, ...]
