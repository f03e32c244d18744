"""What a referral to a Fracture Liaison Service carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from .due import Followed, Pair, RuleNote
from .plain import to_plain


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketVisit:
    """Bone density of one site on one day, with what it rests on."""

    exam_date: date | None
    technique: str
    origin: str
    device: str
    site: str
    bmd_g_cm2: float | None
    z_score: float | None
    z_reference: str | None
    t_score: float | None  # None under the Z rule
    t_reference: str | None
    lsc_percent: float | None
    lsc_note: Pair
    change_g_cm2: float | None = None  # from the visit before on the same device and site
    change_percent: float | None = None  # of the visit before
    change_since: date | None = None
    change_note: Pair = ("", "")
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketFact:
    """One recorded fact."""

    name: str
    label: Pair
    day: date | None
    value: str
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketStep:
    """One step of the referral."""

    day: date
    state: str
    label: Pair
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralPacket:
    """Everything on one page, for the service and for the file beside it."""

    patient_id: str
    on: date
    sex: str | None
    age_years: float | None
    menopausal_status: str | None
    steps: tuple[PacketStep, ...]
    is_open: bool
    visits: tuple[PacketVisit, ...]
    fractures: tuple[PacketFact, ...]
    factors: tuple[PacketFact, ...]
    feeding: tuple[PacketFact, ...]
    drugs: tuple[PacketFact, ...]
    pain: tuple[PacketFact, ...]
    imaging: tuple[PacketFact, ...]
    followed: Followed
    prompts: tuple[RuleNote, ...]
    safety: tuple[RuleNote, ...]
    ask: tuple[tuple[str, Pair], ...]  # what is not recorded
    simulated: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Give the packet as plain values."""
        return dict(to_plain(self))
