"""From facts and rules to prompts for a clinician."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from bonescan.model.guidance import FactSheet, Guidance, Known, Prompt, Rule, RuleKind, Truth

from .condition import Judged, judge
from .load import RuleBook


def evaluate(
    sheet: FactSheet, book: RuleBook, *, from_memory: bool = False, topics: Iterable[str] = ()
) -> Guidance:
    """Judge every rule for one person.

    Parameters
    ----------
    sheet : FactSheet
    book : RuleBook
    from_memory : bool
        Recommendations marked as from memory too.
    topics : iterable of str
        Only rules of these topics; empty for all. Safety rules are judged
        whatever the topic.

    Returns
    -------
    guidance : Guidance
        `prompts` fire; `safety` holds every safety rule that fires by itself,
        belongs to a prompt, or holds a rule back, whatever its state; `unknown`
        lists rules that a missing fact leaves open. A rule that names a drug
        stands among the prompts only together with its safety rules.

    Raises
    ------
    ValueError
        A topic that no rule has, with those that there are.
    """
    wanted = _known_topics(topics, book)
    chosen = [
        r for r in book.rules.values()
        if not wanted or r.topic in wanted or r.kind is RuleKind.SAFETY
    ]  # fmt: skip
    on = [r for r in chosen if r.default_on or from_memory or r.kind is RuleKind.SAFETY]
    off = tuple(r.rule_id for r in chosen if r not in on)
    judged = {r.rule_id: judge(r.when, sheet) for r in on}
    others = [r for r in on if r.kind is not RuleKind.SAFETY]
    stopped = {r.rule_id: _stopped(r, judged[r.rule_id], sheet, book) for r in others}
    prompts = [r for r in others if stopped[r.rule_id].truth is Truth.YES]
    unknown = [r for r in others if stopped[r.rule_id].truth is Truth.UNKNOWN]
    linked = {i for r in prompts for i in (*r.safety_ids, *r.blocked_by)}
    linked |= {i for r in others if judged[r.rule_id].truth is Truth.YES and r not in prompts
               for i in r.blocked_by}  # fmt: skip
    linked |= {r.rule_id for r in on if r.kind is RuleKind.SAFETY
               and judged[r.rule_id].truth is Truth.YES}  # fmt: skip
    linked = _with_their_own(linked, book)
    safety = [
        _prompt(r, judge(r.when, sheet), sheet) for r in book.rules.values() if r.rule_id in linked
    ]
    return Guidance(
        patient_id=sheet.patient_id,
        on=sheet.on,
        prompts=_ranked(_prompt(r, stopped[r.rule_id], sheet) for r in prompts),
        safety=tuple(sorted(_ranked(safety), key=lambda p: p.truth is not Truth.YES)),
        unknown=_ranked(_prompt(r, stopped[r.rule_id], sheet) for r in unknown),
        switched_off=off,
    )


def _with_their_own(linked: set[str], book: RuleBook) -> set[str]:
    """Add the safety rules that safety rules link in their turn."""
    found: set[str] = set()
    waiting = set(linked)
    while waiting:
        found |= waiting
        waiting = {i for name in waiting for i in book.rules[name].safety_ids} - found
    return found


def _known_topics(topics: Iterable[str], book: RuleBook) -> frozenset[str]:
    wanted, known = frozenset(topics), {r.topic for r in book.rules.values()}
    odd = sorted(wanted - known)
    if odd:
        raise ValueError(
            f"found the topic {', '.join(odd)}, wanted one of {', '.join(sorted(known))}"
        )
    return wanted


def _ranked(prompts: Iterable[Prompt]) -> tuple[Prompt, ...]:
    """Order by rank; those of one rank stay as the tables have them."""
    return tuple(sorted(prompts, key=lambda p: p.rank))


def _stopped(rule: Rule, found: Judged, sheet: FactSheet, book: RuleBook) -> Judged:
    """Hold a rule back where one that stops it fires, or can't be ruled out."""
    if found.truth is Truth.NO:
        return found
    stops = [judge(book.rules[name].when, sheet) for name in rule.blocked_by]
    firing = next((s for s in stops if s.truth is Truth.YES), None)
    if firing is not None:
        return Judged(Truth.NO, firing.because)
    missing = [*found.missing, *(name for s in stops for name in s.missing)]
    if missing:
        return Judged(Truth.UNKNOWN, missing=tuple(dict.fromkeys(missing)))
    return found


def _prompt(rule: Rule, found: Judged, sheet: FactSheet) -> Prompt:
    return Prompt(
        rule_id=rule.rule_id,
        kind=rule.kind,
        topic=rule.topic,
        truth=found.truth,
        text_en=rule.text_en,
        text_zh=rule.text_zh,
        reasons=tuple(reason_words(name, sheet) for name in found.because if name in sheet.values),
        missing=found.missing,
        source=rule.source,
        evidence=rule.evidence,
        value=rule.value,
        conflicts=rule.conflicts,
        conflicts_zh=rule.conflicts_zh,
        safety_ids=rule.safety_ids,
        rank=rule.rank,
        shows_state=rule.shows_state,
    )


def reason_words(name: str, sheet: FactSheet) -> str:
    """Write a fact that made a rule fire: its name, its value, where it is from."""
    source = sheet.sources.get(name)
    return f"{name} = {value_words(sheet.values[name])}" + (f" ({source})" if source else "")


def value_words(value: Known) -> str:
    """Write a fact's value.

    >>> value_words(True), value_words(24.0), value_words(("hip", "rib"))
    ('yes', '24', 'hip, rib')
    """
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case date():
            return value.isoformat()
        case tuple():
            return ", ".join(value)
        case _:
            return str(value)
