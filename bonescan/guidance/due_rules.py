"""What the rules named in a list say, from the rule tables and from the lists' own."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from bonescan.model.due import RuleNote
from bonescan.model.guidance import RuleKind

from .load import RuleBook

FILE = Path(__file__).parent / "due_rules.toml"


@cache
def _own() -> Mapping[str, RuleNote]:
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["rule"]
    return {
        row["rule_id"]: RuleNote(
            rule_id=row["rule_id"],
            text=(row["text_en"], row["text_zh"]),
            source=row["source"],
            evidence=row["evidence"],
        )
        for row in rows
    }


def rule_notes(ids: Iterable[str], book: RuleBook) -> dict[str, RuleNote]:
    """Look rules up, each once, in the order given.

    Parameters
    ----------
    ids : iterable of str
    book : RuleBook

    Returns
    -------
    notes : dict of str to RuleNote
    """
    found = {}
    for rule_id in dict.fromkeys(ids):
        rule = book.rules.get(rule_id)
        found[rule_id] = _own()[rule_id] if rule is None else RuleNote(
            rule_id=rule_id,
            text=(rule.text_en, rule.text_zh),
            source=rule.source,
            evidence=str(rule.evidence),
            safety=rule.kind is RuleKind.SAFETY,
        )  # fmt: skip
    return found
