"""The value of a fact in its one spelling."""

from __future__ import annotations

import math
import unicodedata

from .fact_dates import parse_date
from .fact_names import YES_NO_WORDS, FactKind, FactName
from .fact_values_error import Refused

__all__ = ["Refused", "parse_value"]

LONGEST_TEXT = 500


def parse_value(fact: FactName, text: str, *, minguo: bool = False) -> str:
    """Read a value as its fact takes it.

    Parameters
    ----------
    fact : FactName
    text : str
        As written; full-width characters count as their plain ones.
    minguo : bool
        Whether the column says that its years are Minguo.

    Returns
    -------
    value : str
        A word of the closed list, a plain decimal number, an ISO date, "yes"
        or "no", or the text itself.

    Raises
    ------
    Refused
        When the fact does not take it.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    match fact.kind:
        case FactKind.EVENT:
            return _event(fact, plain)
        case FactKind.DATE:
            return parse_date(plain, minguo=minguo).isoformat()
        case FactKind.WORD:
            return _word(fact.words, plain, fact.allowed)
        case FactKind.YES_NO:
            return _word(YES_NO_WORDS, plain, fact.allowed)
        case FactKind.NUMBER:
            return _number(fact, plain)
        case FactKind.TEXT:
            if not plain or len(plain) > LONGEST_TEXT:
                raise Refused(f"found {len(plain)} characters, wanted 1 to {LONGEST_TEXT}")
            return plain


def _event(fact: FactName, plain: str) -> str:
    if not plain or YES_NO_WORDS.get(plain.casefold()) == "yes":
        return "yes"
    raise Refused(f"found {plain!r}, wanted {fact.allowed}")


def _word(words: dict[str, str], plain: str, allowed: str) -> str:
    found = words.get(plain.casefold())
    if found is None:
        raise Refused(f"found {plain!r}, wanted {allowed}")
    return found


def _number(fact: FactName, plain: str) -> str:
    try:
        number = float(plain) if "_" not in plain else math.nan  # Python takes 1_000, people don't
    except ValueError:
        number = math.nan
    if fact.low is None or fact.high is None or not fact.low <= number <= fact.high:
        raise Refused(f"found {plain!r}, wanted {fact.allowed}")
    return f"{number:g}" if float(f"{number:g}") == number else repr(number)
