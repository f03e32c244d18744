"""What recorded drugs, cancers and diseases say about the facts that rules read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "recorded_words.toml"
DENIED = frozenset({"none", "no", "無", "沒有"})


@cache
def recorded_words() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Read the table: kind of record -> fact -> parts of words, case-folded."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        kind: {fact: tuple(w.casefold() for w in words) for fact, words in facts.items()}
        for kind, facts in table.items()
    }


def facts_named_by(kind: str, text: str) -> tuple[str, ...]:
    """List the facts that a record of this kind makes true.

    >>> facts_named_by("drug", "Zoledronate 5 mg")
    ('bisphosphonate', 'zoledronate')
    """
    plain = text.casefold()
    return tuple(
        fact for fact, words in recorded_words()[kind].items() if any(w in plain for w in words)
    )


def denied_facts(kind: str, records: Iterable[str]) -> tuple[str, ...]:
    """List the facts that "none" answers with no: all of its kind, unless another record names one.

    >>> denied_facts("cancer", ["none"])
    ('breast_cancer', 'hormone_dependent_cancer')
    >>> denied_facts("cancer", ["thyroid"])
    ()
    """
    texts = [r.casefold().strip() for r in records]
    if not any(t in DENIED for t in texts):
        return ()
    named = {fact for t in texts for fact in facts_named_by(kind, t)}
    return tuple(fact for fact in recorded_words()[kind] if fact not in named)
