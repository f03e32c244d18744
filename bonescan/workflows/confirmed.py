"""What people decided about the numbers of one file, put into its outcome.

Pure: the stored outcome stays as it was measured, and decisions are applied
whenever tables and pages are written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bonescan.dxa.measure import REMS_MAKER, SCALES
from bonescan.dxa.no_numbers import NOT_PROVEN
from bonescan.dxa.printed import UNITS, in_base_unit, plain_unit
from bonescan.errors import code_info
from bonescan.model.confirmation import EXCLUDE_VERTEBRA, Confirmation, Decision
from bonescan.model.measurement import Measurement
from bonescan.model.outcome import Outcome, Problem
from bonescan.model.reading import Reading
from bonescan.model.sites import is_site, spine_site, vertebrae_of
from bonescan.model.vocabulary import Origin, OutcomeKind, Severity, Technique
from bonescan.store.results import StoredContent

CONFIRMED = "confirmed_by_person"
EXCLUDED = "vertebra_excluded_by_person"
LEFT_OUT = "left out by a person"  # key of the detail that says which vertebra and why
PERSON = "person"
ASKED = ("bmd", "t", "z", "fragility")  # what a person is asked about
MIN_VERTEBRAE = 2
_FIELDS = {
    "bmd": "bmd_g_cm2",
    "bmc": "bmc_g",
    "area": "area_cm2",
    "t": "reported_t_score",
    "z": "reported_z_score",
    "fragility": "fragility_score",
}
# what a person may state (our choice): a device prints no T or Z farther out
MAX_SCORE = 10.0
SCORE_RANGES = {"t": (-MAX_SCORE, MAX_SCORE), "z": (-MAX_SCORE, MAX_SCORE), "fragility": (0, 100)}
# doubts that a confirmed BMD ends
_SETTLED = ("arithmetic_mismatch", "region_printed_twice", "carriers_disagree")


def is_open(reading: Reading) -> bool:
    """Tell whether a reading is left to a person: from a picture, and nothing proves it."""
    is_decided = bool(reading.proof or reading.decision)
    return bool(reading.crop_png) and not is_decided and reading.quantity in ASKED


def with_decisions(
    contents: Sequence[StoredContent], confirmations: Iterable[Confirmation]
) -> list[StoredContent]:
    """Apply the decisions about each content to its outcome."""
    about: dict[str, list[Confirmation]] = {}
    for confirmation in confirmations:
        about.setdefault(confirmation.sha256, []).append(confirmation)
    return [
        dataclasses.replace(c, outcome=apply(c.outcome, about[c.sha256]))
        if c.sha256 in about
        else c
        for c in contents
    ]


def apply(outcome: Outcome, confirmations: Iterable[Confirmation]) -> Outcome:
    """Put decisions about one content into its outcome.

    Parameters
    ----------
    outcome : Outcome
        As measured; it is not changed.
    confirmations : iterable of Confirmation
        Of this content, in the order in which they were made; of several about
        one thing the last counts.

    Returns
    -------
    outcome : Outcome
        Confirmed and corrected numbers are measurements with the flag
        ``confirmed_by_person`` and readings with the proof "person"; rejected
        ones are taken off. An excluded vertebra leaves a total of the others
        and a printed total that decides nothing. A decision that fits nothing
        (any more) is a problem of the outcome, never applied.
    """
    decided = {c.about[1:]: c for c in confirmations}
    numbers = {k: c for k, c in decided.items() if k[1] != EXCLUDE_VERTEBRA}
    outcome, applied = _with_numbers(outcome, numbers)
    if applied:
        outcome = _settled(outcome, applied)
    left_out = [
        c for c in decided.values()
        if c.quantity == EXCLUDE_VERTEBRA and c.decision is Decision.CONFIRM
    ]  # fmt: skip
    if not left_out:
        return outcome
    without = _without_vertebrae(outcome, [c.site for c in left_out])
    if without.measurements == outcome.measurements:
        return without  # it could not be done; a problem says why
    said = tuple((LEFT_OUT, _exclusion_words(c)) for c in left_out)
    return dataclasses.replace(without, details=(*without.details, *said))


def settled_by(outcome: Outcome, confirmations: Iterable[Confirmation]) -> set[tuple[str, str]]:
    """Give the (site, quantity) of what decisions about one content settle.

    A decision that can't be applied settles nothing: its number stays open.
    """
    decided = {c.about[1:]: c for c in confirmations}
    numbers = {k: c for k, c in decided.items() if k[1] != EXCLUDE_VERTEBRA}
    return _with_numbers(outcome, numbers)[1] | (set(decided) - set(numbers))


def _with_numbers(
    outcome: Outcome, numbers: Mapping[tuple[str, str], Confirmation]
) -> tuple[Outcome, set[tuple[str, str]]]:
    """Apply decisions about numbers; give also which of them could be applied."""
    applied = set()
    for about, confirmation in numbers.items():
        after = _with_number(outcome, confirmation)
        if len(after.problems) == len(outcome.problems):
            applied.add(about)
        outcome = after
    return outcome, applied


def _exclusion_words(decision: Confirmation) -> str:
    by = ", ".join(part for part in (decision.who, decision.at[:10]) if part)
    return f"{decision.site}: {decision.reason or 'no reason given'} ({by})"


def _with_number(outcome: Outcome, decision: Confirmation) -> Outcome:
    found = [r for r in outcome.readings if _is_about(r, decision)]
    if decision.decision is Decision.REJECT and decision.quantity in _FIELDS:
        return _rejected(outcome, decision)
    if decision.quantity not in _FIELDS or not is_site(decision.site):
        return _not_applied(outcome, decision, "no such site or quantity")
    value = decision.value
    if decision.decision is Decision.CONFIRM:
        read = {r.value for r in found if r.value is not None}
        if not read or (value is not None and value not in read) or len(read) > 1:
            return _not_applied(outcome, decision, "the file gives another number, or none")
        value = read.pop()
    if value is None:
        return _not_applied(outcome, decision, "a correction without a value")
    unit = found[0].unit if found else ""
    base = _base(decision.quantity, value, unit)
    if base is None:
        return _not_applied(outcome, decision, "a value that can't be true")
    outcome = dataclasses.replace(outcome, readings=_confirmed(outcome.readings, decision, value))
    return _with_measurement(outcome, decision, base)


def _is_about(reading: Reading, decision: Confirmation) -> bool:
    return (reading.site, reading.quantity) == (decision.site, decision.quantity)


def _base(quantity: str, value: float, unit: str) -> float | None:
    if quantity not in UNITS:
        low, high = SCORE_RANGES[quantity]
        return value if low <= value <= high else None
    return in_base_unit(quantity, value, plain_unit(unit))[0]


def _confirmed(
    readings: Sequence[Reading], decision: Confirmation, value: float
) -> tuple[Reading, ...]:
    """Mark the reading as a person's; a number typed in without one becomes a reading."""
    said: dict[str, Any] = {
        "proof": PERSON,
        "decision": str(decision.decision),
        "decided_by": decision.who,
    }
    text = f"{value:g}"
    changed = tuple(
        dataclasses.replace(r, value=value, text=r.text if r.value == value else text, **said)
        if _is_about(r, decision)
        else r
        for r in readings
    )
    if any(_is_about(r, decision) for r in readings):
        return changed
    new = Reading(
        site=decision.site,
        region_text=decision.site,
        quantity=decision.quantity,
        text=f"{value:g}",
        value=value,
        carrier=PERSON,
        proof=PERSON,
        decision=str(decision.decision),
        decided_by=decision.who,
    )
    return (*changed, new)


def _with_measurement(outcome: Outcome, decision: Confirmation, value: float) -> Outcome:
    own = [m for m in outcome.measurements if m.site == decision.site]
    before = own[0] if own else _new_measurement(outcome, decision.site)
    drop = _SETTLED if decision.quantity == "bmd" else ()
    flags = tuple(f for f in before.flags if f not in drop)
    after = dataclasses.replace(
        before,
        **_as_field(decision.quantity, value),
        scores_allowed=before.scores_allowed or decision.quantity == "bmd",
        flags=tuple(dict.fromkeys((*flags, CONFIRMED))),
    )
    kept = tuple(after if m is before else m for m in outcome.measurements)
    return dataclasses.replace(outcome, measurements=kept if own else (*kept, after))


def _as_field(quantity: str, value: float | None) -> dict[str, Any]:
    return {_FIELDS[quantity]: value}


def _new_measurement(outcome: Outcome, site: str) -> Measurement:
    maker = outcome.device.maker if outcome.device else None
    is_rems = maker == REMS_MAKER
    return Measurement(
        technique=Technique.REMS if is_rems else Technique.DXA,
        origin=Origin.REPORTED,
        site=site,
        bmd_g_cm2=None,
        vertebrae_used=vertebrae_of(site),
        scale=maker if maker in SCALES else None,
    )


def _rejected(outcome: Outcome, decision: Confirmation) -> Outcome:
    kept: list[Measurement] = []
    for m in outcome.measurements:
        if m.site != decision.site:
            kept.append(m)
            continue
        without = dataclasses.replace(m, **_as_field(decision.quantity, None))
        if any(getattr(without, _FIELDS[q]) is not None for q in ASKED):
            kept.append(without)
    readings = tuple(
        dataclasses.replace(r, proof="", decision="reject", decided_by=decision.who)
        if _is_about(r, decision)
        else r
        for r in outcome.readings
    )
    return dataclasses.replace(outcome, measurements=tuple(kept), readings=readings)


def _settled(outcome: Outcome, decided: set[tuple[str, str]]) -> Outcome:
    """End the review of a page of which every open number was decided."""
    left = [r for r in outcome.readings if is_open(r) and (r.site, r.quantity) not in decided]
    sites = ";".join(dict.fromkeys(m.site for m in outcome.measurements))
    outcome = dataclasses.replace(outcome, site=sites or outcome.site)
    if left or outcome.code != NOT_PROVEN or outcome.kind is not OutcomeKind.NEEDS_REVIEW:
        return outcome
    if not outcome.measurements:
        hint = code_info("BS-E180").hint
        reason = "A person rejected every number of the page."
        return dataclasses.replace(
            outcome, kind=OutcomeKind.NO_NUMBERS, code="BS-E180", reason=reason, hint=hint
        )
    return dataclasses.replace(outcome, kind=OutcomeKind.REPORTED, code="", reason="", hint="")


def _without_vertebrae(outcome: Outcome, excluded: Sequence[str]) -> Outcome:
    """Put the total of the other vertebrae beside the printed one, which then decides nothing."""
    totals = [m for m in outcome.measurements if len(m.vertebrae_used) > 1]
    widest = max(totals, key=lambda m: len(m.vertebrae_used), default=None)
    singles = {m.site: m for m in outcome.measurements if len(vertebrae_of(m.site)) == 1}
    used = widest.vertebrae_used if widest else tuple(s for s in singles if s in _LUMBAR)
    remaining = tuple(v for v in used if v not in excluded)
    printed = next(
        (m for m in totals if m.vertebrae_used == remaining and m.bmd_g_cm2 is not None), None
    )
    if printed is not None and len(remaining) < len(used):
        return _with_total(outcome, printed, excluded)
    parts = [singles.get(v) for v in remaining]
    sums = _sums([p for p in parts if p is not None])
    if None in parts or not MIN_VERTEBRAE <= len(remaining) < len(used) or sums is None:
        reason = (
            f"{', '.join(sorted(excluded))} can't be left out of {spine_site(used) or 'the spine'}:"
            " two or three others with BMC and area are needed."
        )
        return _with_problem(outcome, reason)
    bmc, area = sums
    site = spine_site(remaining)
    base = widest or next(m for m in parts if m is not None)
    total = dataclasses.replace(
        base,
        site=site,
        vertebrae_used=remaining,
        bmd_g_cm2=bmc / area,
        bmc_g=bmc,
        area_cm2=area,
        reported_t_score=None,
        reported_z_score=None,
        reported_reference=None,
    )
    return _with_total(outcome, total, excluded)


def _with_total(outcome: Outcome, total: Measurement, excluded: Sequence[str]) -> Outcome:
    """Let a total of the others stand for the spine; one that the device printed keeps its T."""
    flags = dict.fromkeys((*(f for f in total.flags if f not in _OF_TOTAL), EXCLUDED))
    total = dataclasses.replace(total, flags=tuple(flags))
    measurements = [m for m in outcome.measurements if m.site != total.site]
    measurements = [
        _set_aside(m) if set(excluded) & set(m.vertebrae_used) else m for m in measurements
    ]
    return dataclasses.replace(outcome, measurements=(*measurements, total))


_LUMBAR = ("L1", "L2", "L3", "L4")
_OF_TOTAL = ("vertebra_discordant",)


def _sums(parts: Sequence[Measurement]) -> tuple[float, float] | None:
    bmc = [p.bmc_g for p in parts if p.bmc_g is not None]
    area = [p.area_cm2 for p in parts if p.area_cm2]
    if not parts or len(bmc) != len(parts) or len(area) != len(parts):
        return None
    return sum(bmc), sum(area)


def _set_aside(measurement: Measurement) -> Measurement:
    """Keep a printed number for the record; no score or class is made of it."""
    flags = tuple(dict.fromkeys((*measurement.flags, EXCLUDED)))
    return dataclasses.replace(measurement, scores_allowed=False, flags=flags)


def _not_applied(outcome: Outcome, decision: Confirmation, why: str) -> Outcome:
    value = "" if decision.value is None else f" {decision.value:g}"
    reason = (
        f"The decision of {decision.who} to {decision.decision} {decision.site} "
        f"{decision.quantity}{value} was not applied: {why}."
    )
    return _with_problem(outcome, reason)


def _with_problem(outcome: Outcome, reason: str) -> Outcome:
    problem = Problem(
        code="BS-W451",
        severity=Severity.WARNING,
        file="",
        reason=reason,
        hint=code_info("BS-W451").hint,
    )
    return dataclasses.replace(outcome, problems=(*outcome.problems, problem))
