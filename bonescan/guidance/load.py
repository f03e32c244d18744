"""Reads the rule tables: TOML files of rules and of the facts that they read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bonescan.errors import UsageError
from bonescan.model.guidance import Evidence, FactQuestion, Rule, RuleKind

from .condition import names_in
from .condition_kinds import check_kinds
from .wording import wording_fault

RULES = Path(__file__).parent / "rules"
FACTS_FILE = "facts.toml"
_FACT_KINDS = frozenset({"yes-no", "number", "word", "words", "date"})
_TEXTS = ("rule_id", "topic", "when", "text_en", "text_zh", "source")
_LISTS = ("conflicts", "conflicts_zh", "safety_ids", "blocked_by")
_KEYS = frozenset(
    {*_TEXTS, *_LISTS, "kind", "evidence", "value", "names_drug", "default_on", "interval_years",
     "rank", "shows_state"}
)  # fmt: skip
# What presses most comes first; a row may say its own rank.
_TOPIC_RANKS: Mapping[str, int] = {
    "mht-contraindication": 10, "plo": 20, "denosumab": 24, "safety": 28, "fls": 30, "class": 34,
    "ctibl": 40, "retest": 44, "follow-up": 46, "poi": 50, "sequence": 54, "mht": 60,
    "mht-dose": 62, "mht-society": 64, "frax": 70, "plo-risk": 72, "pop": 74, "taiwan": 76,
    "exercise": 80, "nutrition": 90,
}  # fmt: skip
_OTHER_TOPICS_RANK = 60
_INFORMATION_RANK = 100  # added: information stands after every recommendation


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """Every rule by id, and every fact by name."""

    rules: Mapping[str, Rule]
    facts: Mapping[str, FactQuestion]


@cache
def load_rules(user_dir: Path | None = None) -> RuleBook:
    """Read the shipped tables, and those of a folder of the user's beside them.

    Parameters
    ----------
    user_dir : Path, optional
        TOML files of the same form; a rule id that is shipped already is refused.

    Returns
    -------
    book : RuleBook

    Raises
    ------
    UsageError
        BS-E400 naming file, rule and what is wrong with it: an unknown key, a
        condition that can't be read or compares a fact with what it can't be,
        a fact nobody can ask for, a drug without its safety rules, a safety
        rule that does not exist, a recommendation from memory that is on, a
        word that no output may say.
    """
    files = sorted(RULES.glob("*.toml"))
    if user_dir is not None:
        files += sorted(user_dir.glob("*.toml"))
    facts: dict[str, FactQuestion] = {}
    rules: dict[str, Rule] = {}
    for file in files:
        table = _table(file)
        for fact in (_fact(row, file) for row in table.get("fact", ())):
            _refuse_twice(fact.name, facts, file)
            facts[fact.name] = fact
        for rule in (_rule(row, file) for row in table.get("rule", ())):
            _refuse_twice(rule.rule_id, rules, file)
            rules[rule.rule_id] = rule
    for rule in rules.values():
        _check_links(rule, rules, facts)
    return RuleBook(rules=rules, facts=facts)


def _table(file: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise UsageError("BS-E400", f"{file.name} can't be read: {fault}.", file=file) from fault
    odd = set(found) - {"rule", "fact"}
    if odd:
        raise _fault(file, "", f"found the table {', '.join(sorted(odd))}, wanted rule or fact")
    return found


def _fault(file: Path, name: str, what: str) -> UsageError:
    return UsageError("BS-E400", f"{file.name}{f', {name}' if name else ''}: {what}.", file=file)


def _refuse_twice(name: str, known: Mapping[str, Any], file: Path) -> None:
    if name in known:
        raise _fault(file, name, "found it twice, wanted one row")


def _fact(row: Mapping[str, Any], file: Path) -> FactQuestion:
    name = str(row.get("name", ""))
    odd = set(row) - {"name", "kind", "ask_en", "ask_zh", "words"}
    if odd or not name.isidentifier() or row.get("kind") not in _FACT_KINDS:
        raise _fault(file, name, "wanted name, kind (one of "
                     f"{', '.join(sorted(_FACT_KINDS))}), ask_en, ask_zh and no more")  # fmt: skip
    if not row.get("ask_en") or not row.get("ask_zh"):
        raise _fault(file, name, "wanted a question in both languages")
    return FactQuestion(
        name=name,
        kind=str(row["kind"]),
        ask_en=str(row["ask_en"]),
        ask_zh=str(row["ask_zh"]),
        words=tuple(map(str, row.get("words", ()))),
    )


def _rule(row: Mapping[str, Any], file: Path) -> Rule:
    rule_id = str(row.get("rule_id", ""))
    odd = set(row) - _KEYS
    if odd:
        raise _fault(file, rule_id, f"found {', '.join(sorted(odd))}, which rules do not have")
    empty = [key for key in _TEXTS if not isinstance(row.get(key), str) or not row[key].strip()]
    if empty:
        raise _fault(file, rule_id, f"found nothing for {', '.join(empty)}")
    try:
        kind, evidence = RuleKind(row.get("kind", "")), Evidence(row.get("evidence", ""))
        needs = names_in(row["when"])
    except ValueError as fault:
        raise _fault(file, rule_id, str(fault)) from fault
    usual = evidence is not Evidence.MEMORY or kind is RuleKind.SAFETY
    on = _switch(row, "default_on", usual, file)
    if on and kind is RuleKind.RECOMMENDATION and evidence is Evidence.MEMORY:
        raise _fault(file, rule_id, "a recommendation from memory has to be off by default")
    return Rule(
        kind=kind,
        needs=needs,
        evidence=evidence,
        value=str(row.get("value", "")),
        names_drug=_switch(row, "names_drug", False, file),
        default_on=on,
        rank=_rank(row, kind, file),
        shows_state=_switch(row, "shows_state", False, file),
        interval_years=_interval(row, file),
        file=file.name,
        rule_id=rule_id,
        topic=row["topic"],
        when=row["when"],
        text_en=row["text_en"],
        text_zh=row["text_zh"],
        source=row["source"],
        conflicts=_words(row, "conflicts", file),
        conflicts_zh=_words(row, "conflicts_zh", file),
        safety_ids=_words(row, "safety_ids", file),
        blocked_by=_words(row, "blocked_by", file),
    )


def _words(row: Mapping[str, Any], key: str, file: Path) -> tuple[str, ...]:
    found = row.get(key, [])
    if not isinstance(found, list) or not all(isinstance(w, str) for w in found):
        raise _fault(file, str(row["rule_id"]), f"wanted {key} as a list of texts")
    return tuple(found)


def _switch(row: Mapping[str, Any], key: str, default: bool, file: Path) -> bool:
    found = row.get(key, default)
    if not isinstance(found, bool):
        raise _fault(file, str(row["rule_id"]), f"found {key} = {found!r}, wanted true or false")
    return found


def _interval(row: Mapping[str, Any], file: Path) -> tuple[float, float] | None:
    found = row.get("interval_years")
    if found is None:
        return None
    if not (isinstance(found, list) and len(found) == 2 and 0 <= found[0] <= found[1]):  # noqa: PLR2004 - from, until
        raise _fault(file, str(row["rule_id"]), "wanted interval_years = [from, until]")
    return float(found[0]), float(found[1])


def _rank(row: Mapping[str, Any], kind: RuleKind, file: Path) -> int:
    by_topic = _TOPIC_RANKS.get(row["topic"], _OTHER_TOPICS_RANK)
    found = row.get("rank", by_topic + _INFORMATION_RANK * (kind is RuleKind.INFORMATION))
    if type(found) is not int or found < 0:
        raise _fault(file, str(row["rule_id"]), f"found rank {found!r}, wanted a whole number")
    return found


def _check_links(rule: Rule, rules: Mapping[str, Rule], facts: Mapping[str, FactQuestion]) -> None:
    file = Path(rule.file)
    unasked = _absent(rule.needs, facts)
    if unasked:
        raise _fault(file, rule.rule_id, f"nobody can ask for {unasked}; add it to {FACTS_FILE}")
    unlinked = _absent((*rule.safety_ids, *rule.blocked_by), rules)
    if unlinked:
        raise _fault(file, rule.rule_id, f"there is no rule {unlinked}")
    if rule.names_drug and rule.kind is not RuleKind.SAFETY and not rule.safety_ids:
        raise _fault(file, rule.rule_id, "it names a drug and has no safety rule beside it")
    if wrong := wording_fault(rule):
        raise _fault(file, rule.rule_id, wrong)
    try:
        check_kinds(rule.when, facts)
    except ValueError as fault:
        raise _fault(file, rule.rule_id, str(fault)) from fault
    beside = [i for i in rule.safety_ids if rules[i].kind is not RuleKind.SAFETY]
    if beside:
        raise _fault(file, rule.rule_id, f"{', '.join(beside)} is no safety rule")


def _absent(names: Iterable[str], known: Mapping[str, Any]) -> str:
    return ", ".join(name for name in names if name not in known)
