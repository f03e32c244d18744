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
        Only rules of these topics, with their safety rules; empty for all.

    Returns
    -------
    guidance : Guidance
        `prompts` fire; `safety` holds every safety rule that fires by itself
        or belongs to a prompt, whatever its state; `unknown` lists rules that
        a missing fact leaves open. A rule that names a drug stands among the
        prompts only together with its safety rules.
    """
    wanted = frozenset(topics)
    chosen = [r for r in book.rules.values() if not wanted or r.topic in wanted]
    on = [r for r in chosen if r.default_on or from_memory or r.kind is RuleKind.SAFETY]
    off = tuple(r.rule_id for r in chosen if r not in on)
    judged = {r.rule_id: _judge_rule(r, sheet, book) for r in on}
    prompts = [
        _prompt(r, judged[r.rule_id], sheet)
        for r in on
        if r.kind is not RuleKind.SAFETY and judged[r.rule_id].truth is Truth.YES
    ]
    unknown = [
        _prompt(r, judged[r.rule_id], sheet)
        for r in on
        if r.kind is not RuleKind.SAFETY and judged[r.rule_id].truth is Truth.UNKNOWN
    ]
    linked = {i for p in prompts for i in (*p.safety_ids, *book.rules[p.rule_id].blocked_by)}
    linked |= {r.rule_id for r in on if r.kind is RuleKind.SAFETY
               and judged[r.rule_id].truth is Truth.YES}  # fmt: skip
    safety = [
        _prompt(rule, judge(rule.when, sheet), sheet)
        for rule_id, rule in book.rules.items()
        if rule_id in linked
    ]
    return Guidance(
        patient_id=sheet.patient_id,
        on=sheet.on,
        prompts=tuple(prompts),
        safety=tuple(safety),
        unknown=tuple(unknown),
        switched_off=off,
    )


def _judge_rule(rule: Rule, sheet: FactSheet, book: RuleBook) -> Judged:
    """Judge a rule; one that stops it and fires, or can't be ruled out, holds it back."""
    found = judge(rule.when, sheet)
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
