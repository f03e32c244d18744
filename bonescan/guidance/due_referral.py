"""Referrals to a Fracture Liaison Service that are still open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bonescan.model.due import DueList, DuePerson, DueRow, Pair

from .due_row import dated
from .load import RuleBook

STATES = ("fls_raised", "fls_sent", "fls_seen", "fls_declined")  # in the order of a referral
CLOSING = frozenset({"fls_seen", "fls_declined"})
WORDS: dict[str, Pair] = {
    "fls_raised": ("raised", "已提出"),
    "fls_sent": ("sent", "已送出"),
    "fls_seen": ("seen", "已看診"),
    "fls_declined": ("declined", "已婉拒"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralStep:
    """One dated step of a referral, and who took it."""

    day: date
    state: str
    who: str


def referral_steps(person: DuePerson) -> tuple[ReferralStep, ...]:
    """List every step up to the day, in the order they were taken."""
    steps = [
        ReferralStep(day=day, state=state, who=who)
        for state in STATES
        for day, who in person.until(state)
    ]
    return tuple(sorted(steps, key=lambda s: (s.day, STATES.index(s.state))))


def open_referral(steps: tuple[ReferralStep, ...]) -> tuple[ReferralStep, ...]:
    """Take the steps since the last referral was closed; empty: none is open."""
    closed = max((i for i, s in enumerate(steps) if s.state in CLOSING), default=-1)
    return steps[closed + 1 :]


def referral_rows(person: DuePerson, _book: RuleBook, _from_memory: bool) -> list[DueRow]:
    """List an open referral until it is seen or declined."""
    steps = open_referral(referral_steps(person))
    if not steps:
        return []
    last = steps[-1]
    en, zh = WORDS[last.state]
    days = (person.on - last.day).days
    why: Pair = (
        f"Referral to the Fracture Liaison Service {en} on {last.day.isoformat()} by {last.who}, "
        f"not seen for {days} days.",
        f"骨折聯合照護服務（FLS）轉介{zh}（{last.day.isoformat()}，{last.who}），"
        f"{days} 日尚未看診。",
    )
    return [dated(person, DueList.FLS, ("FLS-05",), (steps[0].day, None), why)]
