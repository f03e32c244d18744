"""Guidance: what is known of a person, the rules, and the prompts that come of them.

A prompt is for a clinician. Nothing here prescribes, and a missing fact is
never taken for "no".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

Value = bool | int | float | str | date
Known = Value | tuple[str, ...]


class Truth(StrEnum):
    """The three truth values of Kleene's logic."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class RuleKind(StrEnum):
    """What a rule is; a safety rule can't be turned off."""

    RECOMMENDATION = "recommendation"
    SAFETY = "safety"
    INFORMATION = "information"


class Evidence(StrEnum):
    """Where a rule was found."""

    SOURCE = "S"  # read in the source named
    MEMORY = "M"  # from memory, not verified
    DERIVED = "D"  # by arithmetic
    OURS = "C"  # our choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of a decision table.

    `when` is an expression over named facts, as ``age_years >= 65 and sex ==
    "F"``; `needs` lists every fact that it reads. `safety_ids` name the safety
    rules that must stand beside it, above all where it names a drug. `rank`
    orders what fires, the lowest first. A rule that `shows_state` (a listed
    contraindication) is shown with recorded, not recorded or unknown.
    """

    rule_id: str
    kind: RuleKind
    topic: str
    when: str
    needs: tuple[str, ...]
    text_en: str
    text_zh: str
    source: str
    evidence: Evidence
    value: str = ""  # the number of the rule with its unit, as printed
    conflicts: tuple[str, ...] = ()  # notes on sources that disagree, English
    conflicts_zh: tuple[str, ...] = ()
    safety_ids: tuple[str, ...] = ()
    blocked_by: tuple[str, ...] = ()  # rules that stop this one when they fire, or are unknown
    names_drug: bool = False
    default_on: bool = True
    interval_years: tuple[float, float] | None = None  # retest: due from and until after the last
    rank: int = 100
    shows_state: bool = False
    file: str = ""  # of the rule


@dataclass(frozen=True, slots=True, kw_only=True)
class FactQuestion:
    """A named fact that rules read, and how to ask for it."""

    name: str
    kind: str  # "yes-no", "number", "word", "words" or "date"
    ask_en: str
    ask_zh: str
    words: tuple[str, ...] = ()  # allowed values of "word" and "words"; empty = any


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSheet:
    """Everything known of one person on one day, by name; what is missing is not in it.

    `values` hold a truth, a number, a word, a date, or several words; `sources`
    say where each came from ("questionnaire 2026-03-01", "results.csv L1-L4").
    `not_understood` lists what was recorded but could not be read as a fact,
    in its own words: nothing may be concluded from it, and a person looks.
    """

    patient_id: str
    on: date
    values: Mapping[str, Known] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    not_understood: tuple[str, ...] = ()  # "disease 2025-01-01: no DVT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What one rule says about one person."""

    rule_id: str
    kind: RuleKind
    topic: str
    truth: Truth  # YES: the rule fires; UNKNOWN: `missing` has to be asked for
    text_en: str
    text_zh: str
    reasons: tuple[str, ...]  # the facts that made it fire, "age_years = 71"
    missing: tuple[str, ...]
    source: str
    evidence: Evidence
    value: str = ""
    conflicts: tuple[str, ...] = ()
    conflicts_zh: tuple[str, ...] = ()
    safety_ids: tuple[str, ...] = ()
    rank: int = 100  # what presses most has the lowest
    shows_state: bool = False  # a contraindication: `truth` is its state, to be shown
    due_from: date | None = None
    due_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """Every prompt for one person, safety notes with those that they belong to.

    Prompts and open rules stand by rank, what presses most first; safety notes
    the same, those that are recorded before the others.
    """

    patient_id: str
    on: date
    prompts: tuple[Prompt, ...]
    safety: tuple[Prompt, ...]
    unknown: tuple[Prompt, ...]  # rules that can't be judged, with what to ask for
    switched_off: tuple[str, ...] = ()  # rule ids marked from memory, off by default
