"""A person's facts as guidance reads them: from a file, from options, or from a result folder."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bonescan.errors import UsageError
from bonescan.files.fact_dates import parse_date
from bonescan.files.fact_names import YES_NO_WORDS
from bonescan.files.fact_values import Refused
from bonescan.guidance.load import RuleBook
from bonescan.model.guidance import FactQuestion, FactSheet, Known

TOP_KEYS = frozenset({"patient_id", "on", "facts"})


def read_fact_sheet(path: Path, book: RuleBook, today: date) -> FactSheet:
    """Read facts from a TOML file.

    Parameters
    ----------
    path : Path
        ``patient_id`` and ``on`` (a date; today when absent) at the top, and
        a table ``[facts]`` with the names that ``bonescan guide --list-facts``
        gives.
    book : RuleBook
    today : date

    Returns
    -------
    sheet : FactSheet

    Raises
    ------
    UsageError
        BS-E401 with the name and what it takes.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise UsageError("BS-E401", f"the facts can't be read: {fault}.", file=path) from fault
    odd = sorted(set(table) - TOP_KEYS)
    if odd or not isinstance(table.get("facts"), dict):
        found = f"found {', '.join(odd)}" if odd else "found no table [facts]"
        raise UsageError("BS-E401", f"{found}, wanted patient_id, on and [facts].", file=path)
    on = table.get("on", today)
    if type(on) is not date:
        raise UsageError("BS-E401", f"on: found {on!r}, wanted a date as 2026-03-01.", file=path)
    values = {name: fact_value(name, v, book) for name, v in table["facts"].items()}
    return FactSheet(patient_id=str(table.get("patient_id", "")), on=on, values=values)


def with_options(sheet: FactSheet, options: Iterable[str], book: RuleBook) -> FactSheet:
    """Add facts written as NAME=VALUE; they go before what was known.

    Raises
    ------
    UsageError
        BS-E401 with the name and what it takes.
    """
    values, sources = dict(sheet.values), dict(sheet.sources)
    for option in options:
        name, equals, text = option.partition("=")
        if not equals:
            raise UsageError("BS-E401", f"found {option!r}, wanted NAME=VALUE.")
        values[name.strip()] = fact_value(name.strip(), text.strip(), book)
        sources[name.strip()] = "option"
    return FactSheet(patient_id=sheet.patient_id, on=sheet.on, values=values, sources=sources)


def fact_value(name: str, value: Any, book: RuleBook) -> Known:
    """Turn a value into what its fact takes.

    Raises
    ------
    UsageError
        BS-E401: the fact is not known, or can't have the value.
    """
    fact = book.facts.get(name)
    if fact is None:
        near = get_close_matches(name, book.facts, n=1)
        wanted = f"wanted {near[0]}?" if near else "wanted a name of `bonescan guide --list-facts`."
        raise UsageError("BS-E401", f"found the fact {name!r}, {wanted}")
    found: Known | None = _KINDS[fact.kind](fact, value)
    if found is None:
        raise UsageError("BS-E401", f"{name}: found {value!r}, wanted {wanted_words(fact)}.")
    return found


def wanted_words(fact: FactQuestion) -> str:
    """Say what a fact takes."""
    if fact.words:
        several = "words" if fact.kind == "words" else "one"
        return f"{several} of {', '.join(fact.words)}"
    return {
        "yes-no": "yes or no",
        "number": "a number",
        "date": "a date as 2026-03-01",
        "words": "words, separated by commas",
        "word": "a word",
    }[fact.kind]


def _yes_no(_fact: FactQuestion, value: Any) -> Known | None:
    if isinstance(value, bool):
        return value
    word = YES_NO_WORDS.get(str(value).casefold())
    return None if word is None else word == "yes"


def _number(_fact: FactQuestion, value: Any) -> Known | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < 1e9 else None  # noqa: PLR2004 - also refuses infinite and NaN


def _word(fact: FactQuestion, value: Any) -> Known | None:
    if not isinstance(value, str) or not value.strip():
        return None
    word = value.strip()
    if not fact.words:
        return word
    return next((w for w in fact.words if w.casefold() == word.casefold()), None)


def _words(fact: FactQuestion, value: Any) -> Known | None:
    parts = value if isinstance(value, list) else str(value).split(",")
    found = [_word(fact, part) for part in parts]
    return None if None in found or not found else tuple(str(f) for f in found)


def _date(_fact: FactQuestion, value: Any) -> Known | None:
    if type(value) is date:
        return value
    try:
        return parse_date(str(value), minguo=False)
    except Refused:
        return None


_KINDS: Mapping[str, Any] = {
    "yes-no": _yes_no,
    "number": _number,
    "word": _word,
    "words": _words,
    "date": _date,
}
