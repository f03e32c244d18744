"""What a class rule is, and the book that holds them: exactly one applies to anybody."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from bonescan.model.person import PersonAtExam
from bonescan.model.vocabulary import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: for whom, from which score, which word.

    `reads` is "T", "Z" or "" (no score gives a class). `shows_t` False keeps T
    axes and WHO colours off the pages. `techniques_without_class` names
    techniques whose number this rule refuses to label.
    """

    id: str
    applies: Callable[[PersonAtExam], bool]
    decide: Callable[[Decimal], Category]
    citation: str
    reads: str
    shows_t: bool
    flags: tuple[str, ...] = ()
    techniques_without_class: frozenset[str] = frozenset()


def no_class(_score: Decimal) -> Category:
    """Give the word for "judged, and no class applies"."""
    return Category.NONE


@cache
def rule_book() -> dict[str, Rule]:
    """Load every member of ``classify/rules``; a broken one is named, never skipped."""
    from bonescan.classify import rules

    found: dict[str, Rule] = {}
    for module in sorted(pkgutil.iter_modules(rules.__path__), key=lambda m: m.name):
        member = importlib.import_module(f"{rules.__name__}.{module.name}")
        rule = getattr(member, "RULE", None)
        if not isinstance(rule, Rule) or rule.id in found:
            raise RuntimeError(f"classify/rules/{module.name}.py must end with one new RULE")
        found[rule.id] = rule
    return found


def rule_for(person: PersonAtExam) -> Rule:
    """Find the one rule for this person; none or two is a fault of the program."""
    fitting = [r for r in rule_book().values() if r.applies(person)]
    if len(fitting) != 1:
        raise RuntimeError(
            f"{len(fitting)} class rules apply ({', '.join(r.id for r in fitting)}), wanted one"
        )
    return fitting[0]
