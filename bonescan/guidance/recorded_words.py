"""What recorded drugs, cancers and diseases say about the facts that rules read.

A text is read, denied ("none") or not understood. What is not understood gives
no fact: neither yes nor no may be concluded from it, and a person looks.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "recorded_words.toml"
DENIED = frozenset({"none", "no", "無", "沒有"})
CANCER, DISEASE, DRUG = "cancer", "disease", "drug"

_PARTS = re.compile(r"[,;，；、/+&()]|\band\b|\bwith\b|及|與|和|併")
_DOSE = re.compile(
    r"\d+(\.\d+)?\s*(mg|mcg|ug|µg|g|iu|ml|%)?\b|\b(day|daily|week|weekly|month|monthly|year|yearly"
    r"|oral|tablets?|injection|patch|gel|of|a|per)\b|每日|每週|每月|每年|口服|注射"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """A drug that words name, or a whole class of them."""

    name: str
    facts: tuple[str, ...]
    is_class: bool = False
    pregnancy_risk: bool = False  # heparin or a steroid


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one recorded text says.

    `understood` is False where a part of it names nothing that we know, or
    where it speaks of doubt, of denial or of somebody else.
    """

    facts: tuple[str, ...] = ()
    drugs: tuple[Drug, ...] = ()
    denied: bool = False
    understood: bool = True


@cache
def recorded_words() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Read the table: kind of record -> fact -> words, as they stand in the file."""
    table = _table()
    kinds = {kind: {f: tuple(w) for f, w in table[kind].items()} for kind in (CANCER, DISEASE)}
    drugs: dict[str, tuple[str, ...]] = {}
    for row in table[DRUG].values():
        for fact in row["facts"]:
            drugs[fact] = (*drugs.get(fact, ()), *row["words"])
    return {DRUG: drugs, **kinds}


@cache
def read_record(kind: str, text: str) -> Reading:
    """Read one recorded text.

    Parameters
    ----------
    kind : str
        "drug", "cancer" or "disease".
    text : str
        As recorded.

    Returns
    -------
    reading : Reading

    Examples
    --------
    >>> read_record("drug", "Zoledronate 5 mg").facts
    ('bisphosphonate', 'zoledronate')
    >>> read_record("disease", "no DVT")
    Reading(facts=(), drugs=(), denied=False, understood=False)
    """
    plain = _plain(text)
    if plain in DENIED:
        return Reading(denied=True)
    plain, _ = _without(plain, "harmless")
    plain, odd = _without(plain, "exceptions")
    doubt = _table()["doubt"]
    if _has(plain, (*doubt["all"], *doubt[DRUG if kind == DRUG else "diagnosis"])):
        return Reading(understood=False)
    drugs = _drugs(plain) if kind == DRUG else ()
    facts = _facts(kind, plain, drugs)
    parts = [_DOSE.sub(" ", p).strip(" .-") for p in _PARTS.split(plain)]
    read = all(_is_read(kind, part) for part in parts if part)
    return Reading(facts=facts, drugs=drugs, understood=read and not odd and any(parts))


def facts_named_by(kind: str, text: str) -> tuple[str, ...]:
    """List the facts that a record of this kind makes true.

    >>> facts_named_by("drug", "Zoledronate 5 mg")
    ('bisphosphonate', 'zoledronate')
    >>> facts_named_by("disease", "adrenal adenoma")
    ()
    """
    return read_record(kind, text).facts


def facts_answered_by_none(kind: str, others: Iterable[str]) -> tuple[str, ...]:
    """List the facts that "none" answers with no: all of its kind that no other record names.

    >>> facts_answered_by_none("cancer", ["breast"])
    ('cervical_cancer', 'hormone_dependent_cancer')
    """
    named = {fact for text in others for fact in facts_named_by(kind, text)}
    named |= set(_table()["never_denied"])
    return tuple(fact for fact in recorded_words()[kind] if fact not in named)


def _without(plain: str, table: str) -> tuple[str, bool]:
    """Take phrases out of a text, and tell whether there were any."""
    shorter = plain
    for phrase in _table()[table]["words"]:
        shorter = shorter.replace(phrase, " ")
    return shorter, shorter != plain


def _is_read(kind: str, part: str) -> bool:
    if part in _table()["plain"][kind]:
        return True
    return bool(_facts(kind, part, _drugs(part) if kind == DRUG else ()))


def _facts(kind: str, plain: str, drugs: Iterable[Drug]) -> tuple[str, ...]:
    if kind == DRUG:
        return tuple(dict.fromkeys(fact for drug in drugs for fact in drug.facts))
    words = dict(recorded_words()[kind])
    if kind == DISEASE and _has(plain, _table()["malignant"]["words"]):
        words |= recorded_words()[CANCER]
    return tuple(fact for fact, listed in words.items() if _has(plain, listed))


def _drugs(plain: str) -> tuple[Drug, ...]:
    return tuple(
        Drug(
            name=name,
            facts=tuple(row["facts"]),
            is_class=row.get("is_class", False),
            pregnancy_risk=row.get("pregnancy_risk", False),
        )
        for name, row in _table()[DRUG].items()
        if _has(plain, row["words"])
        and not _has(plain, row.get("unless", ()))
        and ("only_with" not in row or _has(plain, row["only_with"]))
    )


def _has(plain: str, words: Iterable[str]) -> bool:
    return any(_pattern(word).search(plain) for word in words)


@cache
def _pattern(word: str) -> re.Pattern[str]:
    """Match Latin words where a word begins, capitals as a whole word, Chinese ones anywhere."""
    sought = re.escape(word.casefold())
    if not word.isascii() or not word[0].isalpha():
        return re.compile(sought)
    end = "(?![a-z])" if word.isupper() else ""
    return re.compile(f"(?<![a-z]){sought}{end}")


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
